package capture

import (
	"bytes"
	"net/netip"
	"strconv"
)

// next says what the rest of a connection is, after an exchange.
type next uint8

// What may follow. After nextTLS and nextProxied the follower starts afresh:
// the next exchange is read without memory of the ones before.
const (
	nextSame    next = iota // more exchanges of the same kind may follow
	nextTLS                 // the next bytes begin a TLS handshake of the same service: Via is StartTLS
	nextProxied             // what follows is another host's: Via is Proxied, Target is step.target
	nextSSH                 // what both sides offer for the exchange of keys; the bytes of this exchange belong to it
	nextStop                // nothing that follows can be read: cipher text, frames of another layer
)

// step is what a follower makes of the head of a turn: how much of it is the
// first exchange, and what comes after that exchange.
type step struct {
	next   next
	req    int    // bytes of the request that belong to the exchange
	data   int    // bytes of the answer that belong to the exchange
	skip   int64  // bytes of the same answer that the responder has yet to send, beyond data; 0 if none or not known
	target string // with nextProxied: the host:port the client asked for
	quiet  bool   // the data say nothing about the service: an interim answer
}

// follower watches the turns of one connection for the places where its
// language changes. The zero follower is ready at a connection's first byte.
//
// A turn is what the originator sent since it last spoke, and what the
// responder sent in answer. A turn holds several exchanges if the client
// pipelined, or if the words after a change of language came at once (a server
// that talks first behind a proxy); so the caller asks again with what is left:
//
//	for len(req) > 0 || len(data) > 0 {
//		s := f.turn(req, data)
//		deliver(req[:s.req], data[:s.data])
//		req, data = req[s.req:], data[s.data:]
//	}
//
// turn takes at least one byte of the two whenever there is one.
type follower struct {
	greeted greeting // what the responder's first words were
}

// greeting is what a connection was heard to begin with, where that is needed
// to read what follows.
type greeting uint8

const (
	greetedMySQL greeting = iota + 1 // a MySQL greeting: the client's first packet may ask for TLS
	greetedSOCKS                     // SOCKS 5: the responder chose a method, requests may follow
	greetedRFB                       // RFB: the versions were told; the desktop's name is three answers away
	chosenRFB                        // RFB: the originator chose a security type
	sharedRFB                        // RFB: the result was told, or a challenge
)

// turn reads the first exchange of a turn. Either side may be empty: a server
// that talks first, a request without an answer. It looks at no more than the
// heads it is given and keeps none of them.
func (f *follower) turn(req, data []byte) step {
	s := f.read(req, data)
	if s.req+s.data == 0 {
		s.req, s.data = len(req), len(data)
	}
	return s
}

func (f *follower) read(req, data []byte) step {
	all := step{req: len(req), data: len(data)}
	if len(req) == 0 {
		switch {
		case isMySQLGreeting(data):
			f.greeted = greetedMySQL
		case bytes.HasPrefix(data, []byte("SSH-")):
			all.next = nextSSH
		}
		return all
	}
	switch f.greeted {
	case greetedMySQL:
		f.greeted = 0
		if n := mysqlTLS(req); n > 0 {
			return step{next: nextTLS, req: n}
		}
		return all
	case greetedSOCKS:
		return f.socks(req, data)
	case greetedRFB, chosenRFB:
		f.greeted++
		return all
	case sharedRFB:
		all.next = nextStop // pixels
		return all
	}
	return f.opening(req, data)
}

// opening reads a turn of a connection of which nothing is known: the request's first bytes
// say what it may be.
func (f *follower) opening(req, data []byte) step {
	all := step{req: len(req), data: len(data)}
	switch c := req[0]; {
	case c >= 0x14 && c <= 0x17 || c >= 0x80:
		if isTLS(req, data) {
			all.next = nextStop
		}
		return all
	case c == 0x00:
		return postgresTLS(req, data, all)
	case c == 0x03:
		return rdpTLS(req, data, all)
	case c == 0x04:
		return socks4(req, data, all)
	case c == 0x05:
		return f.socksGreeting(req, data, all)
	case c == 0x12:
		if len(req) > 10 && req[8] == 0x16 && req[9] == 3 {
			all.next = nextStop // TLS within TDS
		}
		return all
	case c == 0x30:
		if ldapTLS(req, data) {
			all.next = nextTLS
		}
		return all
	case c == '<':
		if bytes.Contains(req, []byte("<starttls")) && bytes.Contains(data, []byte("<proceed")) {
			all.next = nextTLS
		}
		return all
	case bytes.HasPrefix(req, []byte("SSH-")):
		all.next = nextStop
		if bytes.HasPrefix(data, []byte("SSH-")) {
			all.next = nextSSH
		}
		return all
	case bytes.HasPrefix(req, []byte("RFB 00")):
		f.greeted = greetedRFB // ServerInit names the desktop (RFC 6143 §7.3.2)
		return all
	}
	if s, ok := httpExchange(req, data); ok {
		return s
	}
	if lineTLS(req, data) {
		all.next = nextTLS
	}
	return all
}

// isTLS reports whether a handshake begins in req and goes on in data, so that
// what follows is cipher text. A HelloRetryRequest is not yet the answer.
func isTLS(req, data []byte) bool {
	switch {
	case len(req) < 6 || len(data) < 6:
		return false
	case req[0] <= 0x17 && req[1] == 3 && req[0] != 0x16: // past the hellos
		return data[0] >= 0x14 && data[0] <= 0x17 && data[1] == 3
	case req[0] == 0x16 && req[1] == 3 && req[5] == 1, req[0] >= 0x80 && req[2] == 1:
		return (data[0] == 0x16 && data[1] == 3 || data[0] == 0x15 && data[1] == 3 || data[0] >= 0x80 && data[2] == 4) && !isRetry(data)
	}
	return false
}

// lineTLS reports whether the last line of req asks for TLS in one of the
// protocols of lines, and the last line of data grants it.
func lineTLS(req, data []byte) bool {
	ask, answer := lastLine(req), lastLine(data)
	switch {
	case equalFold(ask, "STARTTLS"): // SMTP (RFC 3207), NNTP (RFC 4642), ManageSieve (RFC 5804), IRC
		return bytes.HasPrefix(answer, []byte("220")) || bytes.HasPrefix(answer, []byte("382")) || hasFold(answer, "OK") ||
			bytes.HasPrefix(answer, []byte(":")) && bytes.Contains(answer, []byte(" 670 "))
	case equalFold(ask, "STLS"): // POP3 (RFC 2595)
		return bytes.HasPrefix(answer, []byte("+OK"))
	case equalFold(ask, "AUTH TLS"), equalFold(ask, "AUTH SSL"), equalFold(ask, "AUTH TLS-C"), equalFold(ask, "AUTH TLS-P"): // FTP (RFC 4217)
		return bytes.HasPrefix(answer, []byte("234")) || bytes.HasPrefix(answer, []byte("334"))
	}
	// IMAP (RFC 9051 §6.2.1): the same tag in the answer.
	tag, verb, ok := bytes.Cut(ask, []byte(" "))
	return ok && len(tag) > 0 && equalFold(verb, "STARTTLS") && len(answer) > len(tag) && bytes.HasPrefix(answer, tag) && hasFold(answer[len(tag):], " OK")
}

// lastLine returns the last line of b without its end.
func lastLine(b []byte) []byte {
	b = bytes.TrimRight(b, "\r\n")
	return b[bytes.LastIndexByte(b, '\n')+1:]
}

// ldapTLS reports whether req is the extended operation that asks for TLS (RFC
// 4511 §4.14) and data grants it.
func ldapTLS(req, data []byte) bool {
	if !bytes.Contains(req[:min(len(req), 32)], []byte("\x80\x161.3.6.1.4.1.1466.20037")) {
		return false
	}
	i := bytes.IndexByte(data[:min(len(data), 16)], 0x78)
	return i > 0 && bytes.Contains(data[i:min(len(data), i+10)], []byte("\x0a\x01\x00"))
}

// postgresTLS reads an SSLRequest or GSSENCRequest and its answer of one byte.
func postgresTLS(req, data []byte, all step) step {
	if len(req) < 8 || !bytes.HasPrefix(req, []byte("\x00\x00\x00\x08\x04\xd2\x16")) || req[7] != 0x2f && req[7] != 0x30 || len(data) == 0 {
		return all
	}
	s := step{req: 8, data: 1}
	switch {
	case data[0] == 'S' && req[7] == 0x2f:
		s.next = nextTLS
	case data[0] == 'G' && req[7] == 0x30:
		s.next = nextStop
	case data[0] != 'N':
		return all
	}
	return s
}

// isMySQLGreeting reports whether data is protocol version 10's first packet.
func isMySQLGreeting(data []byte) bool {
	return len(data) > 10 && data[2] == 0 && data[3] == 0 && data[4] == 10 && data[5] >= '0' && data[5] <= '9' && bytes.IndexByte(data[5:], 0) > 0
}

// mysqlTLS returns the length of the packet that asks for TLS, the head of a
// login without a user, if req begins with one. The handshake follows at once.
func mysqlTLS(req []byte) int {
	if len(req) < 9 || req[1] != 0 || req[2] != 0 || req[3] != 1 || req[5]&0x08 == 0 {
		return 0
	}
	switch n := int(req[0]); n {
	case 32, 5:
		if len(req) == 4+n || len(req) > 4+n && req[4+n] == 0x16 {
			return 4 + n
		}
	}
	return 0
}

// rdpTLS reads the negotiation of RDP ([MS-RDPBCGR] §2.2.1.2.1): any protocol
// but the oldest begins with TLS.
func rdpTLS(req, data []byte, all step) step {
	n := tpktLength(data)
	if m := tpktLength(req); n == 19 && m > 0 && m <= len(req) && req[5] == 0xe0 && len(data) >= n && data[5] == 0xd0 && data[11] == 2 && data[15] != 0 {
		return step{next: nextTLS, req: m, data: n}
	}
	return all
}

// tpktLength returns the length of the TPKT packet that b begins with, or 0.
func tpktLength(b []byte) int {
	if len(b) < 11 || b[0] != 3 || b[1] != 0 {
		return 0
	}
	return int(b[2])<<8 | int(b[3])
}

// socks4 reads a SOCKS 4 or 4a request and its answer of eight bytes.
func socks4(req, data []byte, all step) step {
	if len(req) < 9 || req[1] != 1 || len(data) < 8 || data[0] != 0 || data[1] < 0x5a || data[1] > 0x5d {
		return all
	}
	i := bytes.IndexByte(req[8:], 0)
	if i < 0 {
		return all
	}
	s := step{req: 8 + i + 1, data: 8}
	host := netip.AddrFrom4([4]byte(req[4:8])).String()
	if req[4]|req[5]|req[6] == 0 && req[7] != 0 {
		j := bytes.IndexByte(req[s.req:], 0)
		if j < 0 {
			return all
		}
		host = string(req[s.req : s.req+j])
		s.req += j + 1
	}
	if data[1] == 0x5a {
		s.next, s.target = nextProxied, hostPort(host, req[2:])
	}
	return s
}

// socksGreeting reads the choice of a method in SOCKS 5 (RFC 1928 §3). DCE RPC's
// messages begin with the same byte; their second one, 0, would offer no method.
func (f *follower) socksGreeting(req, data []byte, all step) step {
	if len(req) < 3 || req[1] == 0 || len(req) < 2+int(req[1]) || len(data) < 2 || data[0] != 5 {
		return all
	}
	if data[1] == 0 || data[1] == 2 {
		f.greeted = greetedSOCKS
	}
	return step{req: 2 + int(req[1]), data: 2}
}

// socks reads what comes after it: a password (RFC 1929), a request (RFC 1928 §4).
func (f *follower) socks(req, data []byte) step {
	all := step{req: len(req), data: len(data)}
	if req[0] == 1 && len(data) >= 2 && data[0] == 1 && len(req) >= 3 {
		n := 2 + int(req[1])
		if n < len(req) && n+1+int(req[n]) <= len(req) {
			return step{req: n + 1 + int(req[n]), data: 2}
		}
	}
	host, n := socksAddr(req)
	_, m := socksAddr(data)
	if n == 0 || m == 0 || req[1] != 1 {
		return all
	}
	s := step{req: n, data: m}
	if data[1] == 0 {
		s.next, s.target = nextProxied, hostPort(host, req[n-2:])
	}
	return s
}

// socksAddr reads the form that requests and replies share: version, command,
// zero, type of address, address, port. n is its length, 0 if it is not whole.
func socksAddr(b []byte) (host string, n int) {
	if len(b) < 7 || b[0] != 5 || b[2] != 0 {
		return "", 0
	}
	switch b[3] {
	case 1:
		if n = 4 + 4 + 2; n <= len(b) {
			return netip.AddrFrom4([4]byte(b[4:8])).String(), n
		}
	case 3:
		if n = 4 + 1 + int(b[4]) + 2; n <= len(b) {
			return string(b[5 : n-2]), n
		}
	case 4:
		if n = 4 + 16 + 2; n <= len(b) {
			return netip.AddrFrom16([16]byte(b[4:20])).String(), n
		}
	}
	return "", 0
}

// hostPort joins a host and the two bytes of a port.
func hostPort(host string, port []byte) string {
	p := strconv.Itoa(int(port[0])<<8 | int(port[1]))
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		return "[" + host + "]:" + p
	}
	return host + ":" + p
}

// equalFold reports whether b is the upper-case ASCII s in any case.
func equalFold(b []byte, s string) bool { return len(b) == len(s) && hasFold(b, s) }

// hasFold reports whether b begins with the upper-case ASCII s in any case.
func hasFold(b []byte, s string) bool {
	if len(b) < len(s) {
		return false
	}
	for i := range len(s) {
		c := b[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != s[i] {
			return false
		}
	}
	return true
}
