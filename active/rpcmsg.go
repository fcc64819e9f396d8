package active

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// ONC RPC messages as RFC 5531 §9 and §11 write them, and the lists of a portmapper
// (RFC 1833 §2.2.1, §3). All integers are 32 bits, the highest byte first.

// callSize is the length of a call without arguments and with no credentials.
const callSize = 40

// appendCall appends a call without arguments.
func appendCall(b []byte, xid, program, version, procedure uint32) []byte {
	for _, v := range [callSize / 4]uint32{xid, 0, 2, program, version, procedure} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// appendRecord appends the same call as a record of one fragment, for TCP.
func appendRecord(b []byte, xid, program, version, procedure uint32) []byte {
	b = binary.BigEndian.AppendUint32(b, lastFragment|callSize)
	return appendCall(b, xid, program, version, procedure)
}

// lastFragment marks the last fragment of a record; the other bits are its length.
const lastFragment = 1 << 31

// outcome is what a server makes of a call.
type outcome uint8

// The outcomes. What is not one of the first four has no meaning for us beyond that the
// server speaks RPC.
const (
	rpcSuccess     outcome = iota // accept_stat SUCCESS: results follow
	rpcUnavailable                // PROG_UNAVAIL: another program lives here
	rpcMismatch                   // PROG_MISMATCH: the program, and the versions it has
	rpcDenied                     // MSG_DENIED: it wants credentials, or another RPC version
	rpcOther                      // PROC_UNAVAIL, GARBAGE_ARGS, SYSTEM_ERR
)

// reply is a reply message.
type reply struct {
	xid       uint32
	outcome   outcome
	low, high uint32 // with rpcMismatch, as received: they may be nonsense
	results   []byte // with rpcSuccess
}

// maxVerifier bounds a reply's verifier (RFC 5531 §8.2).
const maxVerifier = 400

// parseReply reads a reply. It returns false for bytes that are none.
func parseReply(b []byte) (r reply, ok bool) {
	x := xdr{b: b}
	r.xid = x.uint32()
	if x.uint32() != 1 { // REPLY
		return r, false
	}
	switch x.uint32() {
	case 0: // MSG_ACCEPTED
	case 1:
		r.outcome = rpcDenied
		return r, x.uint32() <= 1 && !x.bad
	default:
		return r, false
	}
	x.uint32() // flavour of the verifier
	x.opaque(maxVerifier)
	switch stat := x.uint32(); stat {
	case 0:
		r.outcome, r.results = rpcSuccess, x.b
	case 1:
		r.outcome = rpcUnavailable
	case 2:
		r.outcome, r.low, r.high = rpcMismatch, x.uint32(), x.uint32()
	case 3, 4, 5:
		r.outcome = rpcOther
	default:
		return r, false
	}
	return r, !x.bad
}

// xdr reads XDR (RFC 4506). After an error bad is set and everything is zero.
type xdr struct {
	b   []byte
	bad bool
}

func (x *xdr) uint32() uint32 {
	if len(x.b) < 4 {
		x.b, x.bad = nil, true
		return 0
	}
	v := binary.BigEndian.Uint32(x.b)
	x.b = x.b[4:]
	return v
}

// opaque reads bytes with their length before them, at most limit of them.
func (x *xdr) opaque(limit uint32) []byte {
	n := x.uint32()
	padded := (uint64(n) + 3) &^ 3
	if n > limit || padded > uint64(len(x.b)) {
		x.b, x.bad = nil, true
		return nil
	}
	v := x.b[:n]
	x.b = x.b[padded:]
	return v
}

// mapping is one line of a portmapper's list: that program is served there.
type mapping struct {
	program, version uint32
	udp, v6          bool
	port             uint16
}

// Bounds of a portmapper's list.
const (
	maxMappings = 4096
	maxName     = 1024 // bytes of a network identifier, an address or an owner
)

// parseDump reads the results of DUMP of a version of the portmapper. What has no port
// that we know, such as local sockets, is left out. A list that is cut or broken is read
// until there.
func parseDump(version uint32, results []byte) []mapping {
	var out []mapping
	x := xdr{b: results}
	for len(out) < maxMappings && x.uint32() == 1 {
		m := mapping{program: x.uint32(), version: x.uint32()}
		known := true
		if version == 2 {
			proto, port := x.uint32(), x.uint32()
			m.udp = proto == 17
			m.port = uint16(port)
			known = (proto == 6 || m.udp) && port <= 65535
		} else {
			netid := strings.TrimRight(string(x.opaque(maxName)), "\x00")
			m.port, known = universalPort(string(x.opaque(maxName)))
			x.opaque(maxName) // the owner
			switch netid {
			case "tcp":
			case "udp":
				m.udp = true
			case "tcp6":
				m.v6 = true
			case "udp6":
				m.udp, m.v6 = true, true
			default:
				known = false
			}
		}
		if x.bad {
			break
		}
		if known && m.port != 0 {
			out = append(out, m)
		}
	}
	return out
}

// universalPort returns the port of a universal address, whose last two numbers it is
// (RFC 5665 §5.2.3.3): "0.0.0.0.8.1" is port 2049.
func universalPort(s string) (uint16, bool) {
	s = strings.TrimRight(s, "\x00")
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return 0, false
	}
	j := strings.LastIndexByte(s[:i], '.')
	low, err := strconv.ParseUint(s[i+1:], 10, 8)
	high, err2 := strconv.ParseUint(s[j+1:i], 10, 8)
	if err != nil || err2 != nil {
		return 0, false
	}
	return uint16(high<<8 | low), true
}

// of reports whether a line is about the address family of a host.
func (m *mapping) of(a netip.Addr, version uint32) bool {
	return version == 2 || m.v6 == (a.Is6() && !a.Is4In6())
}

// Bounds of a record that a server sends.
const (
	maxFragments = 400 // of a list
	maxEmpty     = 16  // fragments without a byte
)

// errNotRPC is what bytes end with that are no records of RPC, or more of them than any
// answer has.
var errNotRPC = errors.New("no ONC RPC")

// records takes a TCP stream apart into records.
type records struct {
	limit     int // bytes of one record; a longer one is an error
	in        []byte
	record    []byte // fragments of the record that is not whole yet
	fragments int
	empty     int
}

// next returns the next whole record, nil if more bytes are needed.
func (r *records) next() ([]byte, error) {
	for len(r.in) >= 4 {
		head := binary.BigEndian.Uint32(r.in)
		n := int(head &^ lastFragment)
		if n == 0 {
			r.empty++
		}
		r.fragments++
		if n > r.limit-len(r.record) || r.fragments > maxFragments || r.empty > maxEmpty {
			return nil, errNotRPC
		}
		if len(r.in) < 4+n {
			r.fragments-- // it is counted when it is whole
			return nil, nil
		}
		r.record = append(r.record, r.in[4:4+n]...)
		r.in = r.in[4+n:]
		if head&lastFragment != 0 {
			whole := append([]byte{}, r.record...) // never nil
			r.record, r.fragments = r.record[:0], 0
			return whole, nil
		}
	}
	return nil, nil
}
