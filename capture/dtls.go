package capture

import (
	"encoding/binary"
)

// readDTLS is readTLS for datagrams: client and server are the payloads each
// side sent, one after the other.
func readDTLS(client, server []byte) (t *TLS, more bool) {
	ours, theirs := isDatagramHello(client), isDatagramHello(server)
	if !ours && !theirs || ours && client[13] != helloClient || theirs && server[13] == helloClient ||
		!theirs && len(server) > 0 && (server[0] != recordAlert || len(server) < 15 || server[1] != 0xfe) {
		return nil, false
	}
	t = new(TLS)
	if ours {
		var p pieces
		p.read(client, func(typ byte, body []byte, cut bool) bool {
			if typ == helloClient {
				t.clientHello(body, overDTLS, cut)
			}
			return true // the last hello counts: it is the one with the cookie
		})
	}
	if !theirs {
		return t, len(server) == 0
	}
	var p pieces
	p.read(server, t.server)
	return t, !p.over
}

// isDatagramHello reports whether b begins with a record of DTLS that begins
// with a hello of either side.
func isDatagramHello(b []byte) bool {
	return len(b) >= 25 && b[0] == recordHandshake && (b[1] == 0xfe && b[2] >= 0xfc || b[1] == 1 && b[2] == 0) &&
		b[3] == 0 && b[4] == 0 && b[13] >= helloClient && b[13] <= helloVerify && b[14] == 0
}

// pieces puts the fragments of DTLS's handshake messages together (RFC 6347
// §4.2.3), if they come in order; others are passed over.
type pieces struct {
	msg  []byte // the message being put together
	seq  int    // its number
	have int    // bytes of it
	over bool
}

func (p *pieces) read(b []byte, take func(typ byte, body []byte, cut bool) bool) {
	p.seq = -1
	for len(b) >= 13 && !p.over {
		n := int(binary.BigEndian.Uint16(b[11:]))
		if b[1] != 0xfe && b[1] != 1 || n == 0 {
			break
		}
		body := b[13:min(13+n, len(b))]
		switch {
		case b[0] != recordHandshake || b[3] != 0 || b[4] != 0: // an alert, or encrypted
			p.over = p.over || b[0] == recordChange || b[0] == recordAlert || b[0] == recordData
		default:
			p.record(body, take)
		}
		b = b[13+len(body):]
	}
}

// record reads the fragments in one record.
func (p *pieces) record(body []byte, take func(typ byte, body []byte, cut bool) bool) {
	for len(body) >= 12 && !p.over {
		typ := body[0]
		u24 := func(i int) int { return int(body[i])<<16 | int(body[i+1])<<8 | int(body[i+2]) }
		size, seq, at, n := u24(1), int(binary.BigEndian.Uint16(body[4:])), u24(6), u24(9)
		if size > maxHandshake || at+n > size {
			p.over = true
			return
		}
		part := body[12:min(12+n, len(body))]
		switch {
		case typ == helloVerify:
		case at == 0 && len(part) == size:
			p.over = !take(typ, part, false)
		case at == 0:
			p.msg, p.seq, p.have = append(p.msg[:0], part...), seq, len(part)
		case seq == p.seq && at == p.have:
			p.msg = append(p.msg, part...)
			if p.have += len(part); p.have == size {
				p.over = !take(typ, p.msg, false)
				p.seq = -1
			}
		}
		body = body[12+len(part):]
	}
}
