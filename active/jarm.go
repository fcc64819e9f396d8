package active

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// jarm asks a server of TLS with ten hellos, each in another order, what it chooses of
// them: its JARM, the fingerprint of Salesforce's tool of that name, as far as ten
// connections may be spent on it (Config.JARM). "" is a server that could not be asked.
func (q *quiet) jarm(ctx context.Context) string {
	host := q.t.sni
	if host == "" {
		host = q.t.ep.Addr.Addr().String()
	}
	var answers [10]jarmAnswer
	for i, h := range jarmHellos() {
		q.hangUp()
		l, err := q.p.dial.speak(ctx, q.t.host, q.t.ep.Addr, scaled(2*time.Second, q.t.rtt), "JARM")
		if err != nil {
			return ""
		}
		q.link = l
		if l.send(ctx, "JARM", h.bytes(host), 5*time.Second) != nil {
			return ""
		}
		answers[i] = readJARM(q.serverHello(ctx))
	}
	q.hangUp()
	return jarmHash(answers[:])
}

// serverHello reads the first record of a server, as far as it comes, at most its first
// 1,484 bytes.
func (q *quiet) serverHello(ctx context.Context) []byte {
	const most = 1484
	var out []byte
	buf := make([]byte, most)
	for until := time.Now().Add(scaled(waitHello, q.t.rtt)); len(out) < most && ctx.Err() == nil; {
		n, err := q.link.read(buf[:most-len(out)], time.Until(until))
		out = append(out, buf[:n]...)
		if err != nil || len(out) >= 5 && len(out) >= 5+(int(out[3])<<8|int(out[4])) {
			break
		}
	}
	return out
}

// jarmOrder is the order of what is offered.
type jarmOrder uint8

const (
	forward jarmOrder = iota
	reverse
	topHalf
	bottomHalf
	middleOut
)

// arranged returns a list in another order, some of them without a half of it.
func arranged[T any](list []T, order jarmOrder) []T {
	out := slices.Clone(list)
	n := len(list)
	switch order {
	case reverse:
		slices.Reverse(out)
	case bottomHalf:
		out = out[(n+1)/2:]
	case topHalf: // from the middle to the beginning
		out = out[:(n+1)/2]
		slices.Reverse(out)
	case middleOut: // from the middle, one behind it and one before it by turns
		out = out[:0]
		if n%2 == 1 {
			out = append(out, list[n/2])
		}
		for i := range n / 2 {
			out = append(out, list[(n+1)/2+i], list[n/2-1-i])
		}
	}
	return out
}

// jarmHello is one of the ten.
type jarmHello struct {
	version  uint16 // 0x0304 for TLS 1.3
	old      bool   // without the suites of TLS 1.3
	order    jarmOrder
	grease   bool
	rare     bool // protocols without those of the web
	upto     byte // the list of versions: 0 none, 2 up to TLS 1.2, 3 up to 1.3
	backward bool // versions and protocols from the newest on
}

func jarmHellos() [10]jarmHello {
	const tls11, tls12, tls13 = 0x0302, 0x0303, 0x0304
	return [10]jarmHello{
		{version: tls12, order: forward, upto: 2, backward: true},
		{version: tls12, order: reverse, upto: 2},
		{version: tls12, order: topHalf},
		{version: tls12, order: bottomHalf, rare: true},
		{version: tls12, order: middleOut, grease: true, rare: true, backward: true},
		{version: tls11, order: forward},
		{version: tls13, order: forward, upto: 3, backward: true},
		{version: tls13, order: reverse, upto: 3},
		{version: tls13, old: true, order: forward, upto: 3},
		{version: tls13, order: middleOut, grease: true, upto: 3, backward: true},
	}
}

// jarmSuites are offered in this order, or in one made of it.
func jarmSuites() []uint16 {
	return []uint16{
		0x0016, 0x0033, 0x0067, 0xc09e, 0xc0a2, 0x009e, 0x0039, 0x006b, 0xc09f, 0xc0a3, 0x009f, 0x0045, 0x00be, 0x0088, 0x00c4, 0x009a,
		0xc008, 0xc009, 0xc023, 0xc0ac, 0xc0ae, 0xc02b, 0xc00a, 0xc024, 0xc0ad, 0xc0af, 0xc02c, 0xc072, 0xc073, 0xcca9, 0x1302, 0x1301,
		0xcc14, 0xc007, 0xc012, 0xc013, 0xc027, 0xc02f, 0xc014, 0xc028, 0xc030, 0xc060, 0xc061, 0xc076, 0xc077, 0xcca8, 0x1305, 0x1304,
		0x1303, 0xcc13, 0xc011, 0x000a, 0x002f, 0x003c, 0xc09c, 0xc0a0, 0x009c, 0x0035, 0x003d, 0xc09d, 0xc0a1, 0x009d, 0x0041, 0x00ba,
		0x0084, 0x00c0, 0x0007, 0x0004, 0x0005,
	}
}

func isTLS13(suite uint16) bool { return suite>>8 == 0x13 }

// jarmGrease is a value that no server knows (RFC 8701 §2). The tool takes any of
// sixteen; what servers make of them is one thing.
const jarmGrease = 0x2a2a

// bytes is the hello on the wire.
func (h *jarmHello) bytes(host string) []byte {
	var random [96]byte
	_, _ = rand.Read(random[:]) // it does not fail; and nothing is kept secret with it
	suites := jarmSuites()
	if h.old {
		suites = slices.DeleteFunc(suites, isTLS13)
	}
	suites = arranged(suites, h.order)
	if h.grease {
		suites = slices.Insert(suites, 0, jarmGrease)
	}
	record, inside := h.version, h.version
	if h.version == 0x0304 {
		record, inside = 0x0301, 0x0303
	}
	var b cryptobyte.Builder
	b.AddUint8(22)
	b.AddUint16(record)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint8(1)
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint16(inside)
			b.AddBytes(random[:32])
			b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(random[32:64]) })
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				for _, s := range suites {
					b.AddUint16(s)
				}
			})
			b.AddBytes([]byte{1, 0})
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { h.extensions(b, host, random[64:]) })
		})
	})
	return b.BytesOrPanic() // everything in it is short
}

func (h *jarmHello) extensions(b *cryptobyte.Builder, host string, share []byte) {
	within := func(id uint16, add func(*cryptobyte.Builder)) {
		b.AddUint16(id)
		b.AddUint16LengthPrefixed(add)
	}
	raw := func(id uint16, body ...byte) { within(id, func(b *cryptobyte.Builder) { b.AddBytes(body) }) }
	order := forward
	if h.backward {
		order = reverse
	}
	if h.grease {
		raw(jarmGrease)
	}
	within(0, func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint8(0)
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(host[:min(len(host), 255)])) })
		})
	})
	raw(23)                                         // extended master secret
	raw(1, 1)                                       // fragments of 512 bytes
	raw(0xff01, 0)                                  // renegotiation
	raw(10, 0, 8, 0, 0x1d, 0, 0x17, 0, 0x18, 0, 25) // groups
	raw(11, 1, 0)                                   // points
	raw(35)                                         // tickets
	within(16, func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			// "spdy/3" and "h2" stay together whatever the order
			names := [][]string{{"http/0.9"}, {"http/1.0"}, {"http/1.1"}, {"spdy/1"}, {"spdy/2"}, {"spdy/3", "h2"}, {"h2c"}, {"hq"}}
			if h.rare {
				names = [][]string{{"http/0.9"}, {"http/1.0"}, {"spdy/1"}, {"spdy/2"}, {"spdy/3"}, {"h2c"}, {"hq"}}
			}
			for _, group := range arranged(names, order) {
				for _, name := range group {
					b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(name)) })
				}
			}
		})
	})
	raw(13, 0, 18, 4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 6, 6, 1, 2, 1) // signatures
	within(51, func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			if h.grease {
				b.AddUint16(jarmGrease)
				b.AddBytes([]byte{0, 1, 0})
			}
			b.AddUint16(29)
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(share) })
		})
	})
	raw(45, 1, 1) // modes of keys agreed before
	if h.upto == 0 {
		return
	}
	within(43, func(b *cryptobyte.Builder) {
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) {
			versions := []uint16{0x0301, 0x0302, 0x0303, 0x0304}[:h.upto+1]
			if h.grease {
				b.AddUint16(jarmGrease)
			}
			for _, v := range arranged(versions, order) {
				b.AddUint16(v)
			}
		})
	})
}

// jarmAnswer is what a server chose. The zero answer is a refusal.
type jarmAnswer struct {
	cipher, version uint16
	alpn            string
	extensions      []uint16 // in their order
}

// readJARM reads a ServerHello.
func readJARM(b []byte) (a jarmAnswer) {
	s := cryptobyte.String(b)
	var head []byte
	var session, extensions cryptobyte.String
	var version, cipher uint16
	if !s.ReadBytes(&head, 9) || head[0] != 22 || head[5] != 2 || !s.ReadUint16(&version) || !s.Skip(32) ||
		!s.ReadUint8LengthPrefixed(&session) || !s.ReadUint16(&cipher) || !s.Skip(1) {
		return a
	}
	a.cipher, a.version = cipher, version
	if len(b) < 9+(int(head[6])<<16|int(head[7])<<8|int(head[8])) || !s.ReadUint16LengthPrefixed(&extensions) {
		return a
	}
	for !extensions.Empty() {
		var id uint16
		var body cryptobyte.String
		if !extensions.ReadUint16(&id) || !extensions.ReadUint16LengthPrefixed(&body) {
			break
		}
		if id == 16 && len(body) > 3 {
			a.alpn = string(body[3:])
		}
		a.extensions = append(a.extensions, id)
	}
	return a
}

// jarmHash makes the fingerprint of ten answers: for each the place of the cipher and a
// letter for the version, and the first half of a SHA-256 over protocols and extensions.
func jarmHash(answers []jarmAnswer) string {
	places := jarmSuites()
	slices.SortFunc(places, func(a, b uint16) int { // by number, those of TLS 1.3 last
		switch {
		case isTLS13(a) == isTLS13(b):
			return cmp.Compare(a, b)
		case isTLS13(a):
			return 1
		}
		return -1
	})
	var out, rest strings.Builder
	heard := false
	for _, a := range answers {
		if a.version == 0 {
			out.WriteString("000")
			continue
		}
		heard = true
		fmt.Fprintf(&out, "%02x%c", slices.Index(places, a.cipher)+1, 'a'+rune(min(a.version&0xf, 5)))
		rest.WriteString(a.alpn)
		for i, id := range a.extensions {
			if i > 0 {
				rest.WriteByte('-')
			}
			fmt.Fprintf(&rest, "%04x", id)
		}
	}
	if !heard {
		return strings.Repeat("0", 62)
	}
	sum := sha256.Sum256([]byte(rest.String()))
	return out.String() + hex.EncodeToString(sum[:16])
}
