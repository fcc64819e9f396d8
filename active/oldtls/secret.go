package oldtls

import (
	"crypto"
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // what old servers have
	"crypto/sha1" //nolint:gosec // the same
	"crypto/subtle"
	"encoding/binary"
)

// The versions.
const (
	SSL30 = 0x0300
	TLS10 = 0x0301
	TLS11 = 0x0302
	TLS12 = 0x0303
)

// pHash is the expansion of RFC 5246 §5, into out.
func pHash(out []byte, h crypto.Hash, secret, seed []byte) {
	m := hmac.New(h.New, secret)
	sum := func(parts ...[]byte) []byte {
		m.Reset()
		for _, p := range parts {
			m.Write(p)
		}
		return m.Sum(nil)
	}
	for a := sum(seed); len(out) > 0; a = sum(a) {
		out = out[copy(out, sum(a, seed)):]
	}
}

// prf is the pseudo-random function of a version, n bytes of it (RFC 2246 §5, RFC 5246 §5,
// RFC 6101 §6.1 and §6.2.2).
func (c *Conn) prf(n int, secret []byte, label string, seed []byte) []byte {
	out := make([]byte, n)
	switch {
	case c.Version == SSL30:
		ssl3Expand(out, secret, seed)
	case c.Version == TLS12:
		pHash(out, c.suite.hash, secret, append([]byte(label), seed...))
	default:
		full := append([]byte(label), seed...)
		half := (len(secret) + 1) / 2
		other := make([]byte, n)
		pHash(out, crypto.MD5, secret[:half], full)
		pHash(other, crypto.SHA1, secret[len(secret)-half:], full)
		subtle.XORBytes(out, out, other)
	}
	return out
}

// ssl3Expand fills out with MD5 of the secret and SHA of A, BB, CCC … with both.
func ssl3Expand(out, secret, seed []byte) {
	for i := 1; len(out) > 0 && i <= 26; i++ {
		s := sha1.New()
		for range i {
			s.Write([]byte{byte('A' + i - 1)})
		}
		s.Write(secret)
		s.Write(seed)
		m := md5.New()
		m.Write(secret)
		m.Write(s.Sum(nil))
		out = out[copy(out, m.Sum(nil)):]
	}
}

// ssl3Pads are the pads of SSL 3.0 for that hash.
func ssl3Pads(h crypto.Hash) (one, two []byte) {
	n := 40
	if h == crypto.MD5 {
		n = 48
	}
	one, two = make([]byte, n), make([]byte, n)
	for i := range one {
		one[i], two[i] = 0x36, 0x5c
	}
	return one, two
}

// finished is what the side of that label ends its part with.
func (c *Conn) finished(client bool) []byte {
	label, sender := "server finished", "SRVR"
	if client {
		label, sender = "client finished", "CLNT"
	}
	sum := func(h crypto.Hash, parts ...[]byte) []byte {
		f := h.New()
		for _, p := range parts {
			f.Write(p)
		}
		return f.Sum(nil)
	}
	switch c.Version {
	case SSL30:
		var out []byte
		for _, h := range []crypto.Hash{crypto.MD5, crypto.SHA1} {
			one, two := ssl3Pads(h)
			out = append(out, sum(h, c.master, two, sum(h, c.transcript, []byte(sender), c.master, one))...)
		}
		return out
	case TLS12:
		return c.prf(12, c.master, label, sum(c.suite.hash, c.transcript))
	}
	return c.prf(12, c.master, label, append(sum(crypto.MD5, c.transcript), sum(crypto.SHA1, c.transcript)...))
}

// mac is the code that a record is signed with (RFC 5246 §6.2.3.1, RFC 6101 §5.2.3.1).
func (h *half) mac(sort byte, data []byte) []byte {
	head := binary.BigEndian.AppendUint64(nil, h.seq)
	head = append(head, sort)
	if h.version == SSL30 {
		head = binary.BigEndian.AppendUint16(head, uint16(len(data)))
		one, two := ssl3Pads(h.suite.mac)
		in, out := h.suite.mac.New(), h.suite.mac.New()
		for _, p := range [][]byte{h.macKey, one, head, data} {
			in.Write(p)
		}
		for _, p := range [][]byte{h.macKey, two, in.Sum(nil)} {
			out.Write(p)
		}
		return out.Sum(nil)
	}
	head = binary.BigEndian.AppendUint16(head, h.version)
	head = binary.BigEndian.AppendUint16(head, uint16(len(data)))
	m := hmac.New(h.suite.mac.New, h.macKey)
	m.Write(head)
	m.Write(data)
	return m.Sum(nil)
}
