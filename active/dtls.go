package active

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"net"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"earshot/capture"
)

// Bounds of a DTLS handshake as far as it is had.
const (
	maxFlight     = 32 << 10               // bytes of the server's first flight
	waitFlightEnd = 250 * time.Millisecond // for the next datagram of it
)

// dtls goes through a handshake of DTLS as far as the server speaks in the clear, with
// the cookie that it asks for (RFC 6347 §4.2.1), and keeps the facts: version, cipher and
// certificate. The server is left waiting then, as by anyone who goes away.
func (q *quiet) dtls(ctx context.Context) {
	l, turn := q.link, uint16(1)
	cookie, ok := dtlsCookie(q.said)
	if l == nil || l.eof || !ok {
		q.hangUp()
		var err error
		if l, err = q.p.dial.udp(ctx, q.t.host, q.t.ep.Addr, "DTLS"); err != nil {
			return
		}
		q.link, turn, cookie = l, 0, nil
	}
	var random [32]byte
	if _, err := rand.Read(random[:]); err != nil {
		return
	}
	begin := time.Now()
	var hello, flight []byte
	for ; turn < 3; turn++ {
		hello = dtlsHello(random, cookie, q.t.sni, turn)
		if l.send(ctx, "DTLS", hello, time.Second) != nil {
			return
		}
		flight = q.flight(ctx, l)
		asked, ok := dtlsCookie(flight)
		if !ok {
			break
		}
		cookie = asked
	}
	facts, _ := capture.ReadDTLS(hello, flight)
	if facts == nil || facts.Version == 0 {
		return
	}
	q.p.cfg.tracef("%s: DTLS %#04x, cipher %#04x", q.t.where(), facts.Version, facts.Cipher)
	facts.SNI = q.t.sni
	q.p.handshake(q.t, facts, begin)
}

// flight reads the datagrams that come one upon the other.
func (q *quiet) flight(ctx context.Context, l *link) []byte {
	var out []byte
	buf := make([]byte, 16<<10)
	wait := scaled(waitDatagram, q.t.rtt)
	for len(out) < maxFlight && ctx.Err() == nil {
		n, err := l.read(buf, wait)
		if err != nil {
			break
		}
		out = append(out, buf[:n]...)
		if _, ok := dtlsCookie(out); ok {
			break
		}
		if _, more := capture.ReadDTLS(nil, out); !more {
			break
		}
		wait = scaled(waitFlightEnd, q.t.rtt)
	}
	return out
}

// dtlsCookie reads the cookie of a HelloVerifyRequest (RFC 6347 §4.2.1).
func dtlsCookie(b []byte) (cookie []byte, ok bool) {
	const at = 13 + 12 + 2 // the record's head, the message's, the version
	if len(b) < at+1 || b[0] != 22 || b[13] != 3 || len(b) < at+1+int(b[at]) {
		return nil, false
	}
	return b[at+1 : at+1+int(b[at])], true
}

// dtlsHello is a client's first message, as one record with that number.
func dtlsHello(random [32]byte, cookie []byte, sni string, number uint16) []byte {
	var b cryptobyte.Builder
	b.AddUint16(0xfefd)
	b.AddBytes(random[:])
	b.AddUint8(0)
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(cookie) })
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, s := range []uint16{
			0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc0ac, 0xc0ae, 0x009e, 0x009f, 0xc009, 0xc013, 0xc00a, 0xc014, 0xc023, 0xc027,
			0x0033, 0x0039, 0x009c, 0x009d, 0x002f, 0x0035, 0x003c, 0x003d, 0x000a, 0x00ff,
		} {
			b.AddUint16(s)
		}
	})
	b.AddBytes([]byte{1, 0})
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		if sni != "" && len(sni) < 256 && net.ParseIP(sni) == nil {
			b.AddUint16(0)
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
					b.AddUint8(0)
					b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(sni)) })
				})
			})
		}
		b.AddBytes([]byte{0, 10, 0, 10, 0, 8, 0, 29, 0, 23, 0, 24, 0, 25}) // groups
		b.AddBytes([]byte{0, 11, 0, 2, 1, 0})                              // points uncompressed
		b.AddBytes([]byte{0, 13, 0, 20, 0, 18, 4, 3, 5, 3, 6, 3, 8, 4, 8, 5, 4, 1, 5, 1, 6, 1, 2, 1})
		b.AddBytes([]byte{0, 23, 0, 0}) // extended master secret
	})
	body := b.BytesOrPanic() // everything in it is short
	size := []byte{byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}
	out := []byte{22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, byte(number >> 8), byte(number)}
	out = binary.BigEndian.AppendUint16(out, uint16(12+len(body)))
	out = append(append(out, 1), size...)
	out = append(out, byte(number>>8), byte(number), 0, 0, 0)
	out = append(out, size...)
	return append(out, body...)
}
