package capture

import (
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

// Bounds of what is taken from a handshake. Names beyond them are left out.
const (
	maxHandshake = 64 << 10 // bytes of handshake messages a side
	maxNames     = 64       // DNS names of a certificate
	maxOffered   = 16       // ALPN names of a client
	maxTLSName   = 255      // bytes of any name
)

// Types of records and handshake messages (RFC 8446 §4, §5.1, RFC 6347 §4.3.2).
const (
	recordChange    = 20
	recordAlert     = 21
	recordHandshake = 22
	recordData      = 23

	helloClient    = 1
	helloServer    = 2
	helloVerify    = 3
	msgCertificate = 11
	msgServerDone  = 14
)

// readTLS reads the facts of a TLS handshake out of the heads of a connection's
// two sides, from the first byte of the ClientHello on; either may be empty or
// cut short. It returns nil, and has allocated nothing, if neither side is a
// handshake. more reports that further bytes of the responder could tell more
// (the certificate has not been read to its end); it is false once the
// certificate is read, the rest is encrypted, or the responder refused.
func readTLS(client, server []byte) (t *TLS, more bool) {
	server = pastWarnings(server)
	ours := isHello(client, helloClient) || isHello2(client, 1)
	theirs := isHello(server, helloServer) || isHello2(server, 4)
	if !theirs && (!ours || len(server) > 0 && !isAlert(server)) {
		return nil, false
	}
	t = new(TLS)
	if ours && client[0] == recordHandshake {
		f := flight{rest: client}
		f.read(func(typ byte, body []byte, cut bool) bool {
			if typ == helloClient {
				t.clientHello(body, overTCP, cut)
			}
			return false
		})
	}
	switch {
	case isHello2(server, 4):
		t.serverHello2(server)
		return t, false
	case theirs:
		f := flight{rest: server}
		f.read(t.server)
		return t, !f.over
	}
	return t, len(server) == 0
}

// isHello reports whether b begins with a record that begins with that message.
func isHello(b []byte, typ byte) bool {
	return len(b) >= 11 && b[0] == recordHandshake && b[1] == 3 && b[2] <= 4 && b[5] == typ && b[6] == 0 && (b[9] == 3 || b[9] == 0x7f) // 0x7f: drafts of 1.3
}

// pastWarnings returns what follows alerts that warn only: a server that does not know
// the name asked for may say so before its hello (RFC 6066 §3).
func pastWarnings(b []byte) []byte {
	for len(b) > 7 && b[0] == recordAlert && b[1] == 3 && b[3] == 0 && b[4] == 2 && b[5] == 1 && (b[7] == recordHandshake || b[7] == recordAlert) {
		b = b[7:]
	}
	return b
}

func isAlert(b []byte) bool {
	return len(b) >= 7 && b[0] == recordAlert && b[1] == 3 && b[3] == 0 && b[4] == 2 && (b[5] == 1 || b[5] == 2)
}

// isRetry reports whether b begins with a HelloRetryRequest (RFC 8446 §4.1.3).
func isRetry(b []byte) bool {
	return isHello(b, helloServer) && len(b) >= 43 && isRetryRandom(b[9:])
}

// isRetryRandom reports whether the body of a ServerHello is that of a HelloRetryRequest.
func isRetryRandom(body []byte) bool {
	const random = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"
	return len(body) >= 34 && string(body[2:34]) == random
}

// isHello2 reports whether b begins with a hello of SSLv2: 1 the client's, 4 the server's.
func isHello2(b []byte, typ byte) bool {
	if len(b) < 13 || b[0] < 0x80 || b[2] != typ {
		return false
	}
	n := int(b[0]&0x7f)<<8 | int(b[1])
	u16 := func(i int) int { return int(b[i])<<8 | int(b[i+1]) }
	if typ == 1 {
		return (b[3] == 3 || u16(3) == 2) && u16(5)%3 == 0 && n == 9+u16(5)+u16(7)+u16(9)
	}
	return u16(5) == 2 && n == 11+u16(7)+u16(9)+u16(11)
}

// flight reads the handshake messages of one side, however they are spread over records.
type flight struct {
	rest []byte // records not read yet
	msgs []byte // handshake bytes read and not understood yet
	own  bool   // msgs is a copy
	over bool   // what follows is no handshake, or is encrypted, or was enough
}

// read hands each message to take, until take says false. A message that is cut
// off by the end of the bytes is handed over as far as it goes, with cut set.
func (f *flight) read(take func(typ byte, body []byte, cut bool) bool) {
	for {
		for len(f.msgs) >= 4 {
			n := int(f.msgs[1])<<16 | int(f.msgs[2])<<8 | int(f.msgs[3])
			if n > maxHandshake {
				f.over = true
				return
			}
			if n > len(f.msgs)-4 {
				break
			}
			if !take(f.msgs[0], f.msgs[4:4+n], false) {
				f.over = true
				return
			}
			f.msgs = f.msgs[4+n:]
		}
		if !f.next() {
			break
		}
	}
	if !f.over && len(f.msgs) > 4 {
		f.over = !take(f.msgs[0], f.msgs[4:], true)
	}
}

// next adds the handshake bytes of one more record, or says that there is none.
func (f *flight) next() bool {
	if len(f.rest) < 5 {
		return false
	}
	n := int(binary.BigEndian.Uint16(f.rest[3:]))
	if f.rest[0] != recordHandshake || f.rest[1] != 3 || n == 0 || n > 1<<14+2048 {
		f.over = true
		return false
	}
	body := f.rest[5:min(5+n, len(f.rest))]
	f.rest = f.rest[5+len(body):]
	if len(body) == 0 {
		return false
	}
	f.add(body)
	return true
}

// add puts bytes behind those not understood yet. Only a message that is spread
// over records is copied.
func (f *flight) add(body []byte) {
	switch {
	case len(f.msgs) == 0:
		f.msgs, f.own = body, false
	case len(f.msgs)+len(body) > maxHandshake:
		f.over = true
	case f.own:
		f.msgs = append(f.msgs, body...)
	default:
		f.msgs = append(append(make([]byte, 0, len(f.msgs)+len(body)), f.msgs...), body...)
		f.own = true
	}
}

// clientHello reads RFC 8446 §4.1.2 (RFC 6347 §4.2.1 with a cookie). cut says that its
// end is missing.
func (t *TLS) clientHello(body []byte, over carrier, cut bool) {
	if !cut {
		if o, ok := readOffer(body, over); ok {
			t.JA3, t.JA4 = o.ja3(), o.ja4(over)
		}
	}
	s := cryptobyte.String(body)
	var session, cookie, ciphers, methods, extensions cryptobyte.String
	if !s.Skip(2+32) || !s.ReadUint8LengthPrefixed(&session) || over == overDTLS && !s.ReadUint8LengthPrefixed(&cookie) ||
		!s.ReadUint16LengthPrefixed(&ciphers) || !s.ReadUint8LengthPrefixed(&methods) {
		return
	}
	t.extensions(s, func(typ uint16, ext cryptobyte.String) {
		switch typ {
		case 0: // server_name, RFC 6066 §3
			var list, name cryptobyte.String
			var kind uint8
			if t.SNI == "" && ext.ReadUint16LengthPrefixed(&list) && list.ReadUint8(&kind) && kind == 0 && list.ReadUint16LengthPrefixed(&name) && len(name) <= maxTLSName {
				t.SNI = string(name)
			}
		case 16: // application_layer_protocol_negotiation, RFC 7301 §3.1
			var list, name cryptobyte.String
			if t.Offered != nil || !ext.ReadUint16LengthPrefixed(&list) {
				return
			}
			for len(t.Offered) < maxOffered && list.ReadUint8LengthPrefixed(&name) {
				t.Offered = append(t.Offered, string(name))
			}
		}
	}, &extensions)
}

// extensions walks the extensions at the end of a hello, of which the last may
// be cut off.
func (t *TLS) extensions(s cryptobyte.String, each func(typ uint16, ext cryptobyte.String), all *cryptobyte.String) {
	var n, typ uint16
	if !s.ReadUint16LengthPrefixed(all) {
		if !s.ReadUint16(&n) {
			return
		}
		*all = s
	}
	var ext cryptobyte.String
	for all.ReadUint16(&typ) && all.ReadUint16LengthPrefixed(&ext) {
		each(typ, ext)
	}
}

// server takes the messages of a responder; false means that it has said what it can tell.
func (t *TLS) server(typ byte, body []byte, cut bool) bool {
	switch typ {
	case helloServer:
		t.serverHello(body, cut)
		return cut || t.Version < 0x0304 || t.Version >= 0xfe00 // 1.3 encrypts the rest
	case msgCertificate:
		return !t.certificates(body) && cut
	case msgServerDone:
		return false
	}
	return true
}

// serverHello reads RFC 8446 §4.1.3. cut says that its end is missing.
func (t *TLS) serverHello(body []byte, cut bool) {
	s := cryptobyte.String(body)
	var session, extensions cryptobyte.String
	var version, cipher uint16
	if !s.ReadUint16(&version) || !s.Skip(32) {
		return
	}
	if version>>8 == 0x7f { // the drafts of TLS 1.3 before number 22 have neither a session nor a compression
		if !s.ReadUint16(&cipher) {
			return
		}
	} else if !s.ReadUint8LengthPrefixed(&session) || !s.ReadUint16(&cipher) || !s.Skip(1) {
		return
	}
	t.Version, t.Cipher = version, cipher
	var seen []uint16
	t.extensions(s, func(typ uint16, ext cryptobyte.String) {
		seen = append(seen, typ)
		switch typ {
		case 43: // supported_versions, RFC 8446 §4.2.1
			var v uint16
			if ext.ReadUint16(&v) {
				t.Version = v
			}
		case 16:
			var list, name cryptobyte.String
			if ext.ReadUint16LengthPrefixed(&list) && list.ReadUint8LengthPrefixed(&name) {
				t.ALPN = string(name)
			}
		}
	}, &extensions)
	if t.Retried = isRetryRandom(body); !t.Retried && !cut && len(seen) <= maxOffer {
		t.JA3S = ja3s(version, cipher, seen)
	}
}

// certificates reads the first certificate of a chain (RFC 5246 §7.4.2), and
// says whether all of it was there. One that cannot be read leaves no fields.
func (t *TLS) certificates(body []byte) bool {
	s := cryptobyte.String(body)
	var n uint32
	var leaf cryptobyte.String
	if !s.ReadUint24(&n) || !s.ReadUint24LengthPrefixed(&leaf) {
		return n == 0 && len(body) >= 3
	}
	t.ReadCertificate(leaf)
	return true
}

// serverHello2 reads a server's hello of SSLv2 (RFC 6101 appendix E): a
// certificate, then the ciphers.
func (t *TLS) serverHello2(b []byte) {
	t.Version = 0x0002
	n := int(b[7])<<8 | int(b[8])
	if b[4] == 1 && 13+n <= len(b) {
		t.ReadCertificate(b[13 : 13+n])
	}
}
