package capture

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
)

// quicVersion says how the Initial packets of a version of QUIC are protected:
// the salt of their secrets (RFC 9001 §5.2, RFC 9369 §3.3.1), the prefix of the
// labels that keys are derived with (§5.1, §3.3.2) and the type that an Initial
// packet has in its first byte (RFC 9000 §17.2, RFC 9369 §3.2). known is false for
// a version whose salt was never published.
func quicVersion(v uint32) (salt, label string, initial byte, known bool) {
	const (
		salt1  = "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a"
		salt2  = "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9"
		salt29 = "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99"
		salt23 = "\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02"
		salt51 = "\x7a\x4e\xde\xf4\xe7\xcc\xee\x5f\xa4\x50\x6c\x19\x12\x4f\xc8\xcc\xda\x6e\x03\x3d"
		salt22 = "\x7f\xbc\xdb\x0e\x7c\x66\xbb\xe9\x2a\x96\xcd\x21\x51\x9e\xbd\x7a\x02\x64\x41\x90"
	)
	switch {
	case v == 1, v == 0xff000021, v == 0xff000022:
		return salt1, "quic ", 0x00, true
	case v == 0x6b3343cf:
		return salt2, "quicv2 ", 0x10, true
	case v >= 0xff00001d && v <= 0xff000020:
		return salt29, "quic ", 0x00, true
	case v == 0x54303531: // "T051", Google's with TLS (Chromium, net/third_party/quiche, kT051Salt)
		return salt51, "quic ", 0x00, true
	case v >= 0xff000017 && v <= 0xff00001c, v == 0xfaceb002, v == 0xfaceb00e: // and Facebook's mvfst
		return salt23, "quic ", 0x00, true
	case v == 0xff000015, v == 0xff000016, v == 0xfaceb001:
		return salt22, "quic ", 0x00, true
	}
	return "", "", 0, false
}

// quicKeys protect the Initial packets that one side sends.
type quicKeys struct {
	aead cipher.AEAD
	head cipher.Block // for the mask of the header
	iv   [12]byte
}

// quicInitialKeys derives the keys of one side from the connection identifier that
// the client chose for the server (RFC 9001 §5.2); label is "client in" or "server in".
func quicInitialKeys(version uint32, dcid []byte, label string) (k quicKeys, ok bool) {
	salt, prefix, _, known := quicVersion(version)
	if !known {
		return k, false
	}
	initial, err := hkdf.Extract(sha256.New, dcid, []byte(salt))
	if err != nil {
		return k, false
	}
	secret := expandLabel(initial, label, 32)
	key, iv, hp := expandLabel(secret, prefix+"key", 16), expandLabel(secret, prefix+"iv", 12), expandLabel(secret, prefix+"hp", 16)
	block, err := aes.NewCipher(key)
	if err != nil {
		return k, false
	}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return k, false
	}
	if k.head, err = aes.NewCipher(hp); err != nil {
		return k, false
	}
	return k, copy(k.iv[:], iv) == len(k.iv)
}

// expandLabel is HKDF-Expand-Label of TLS 1.3 with an empty context (RFC 8446 §7.1).
func expandLabel(secret []byte, label string, n int) []byte {
	info := make([]byte, 0, 32)
	info = append(info, byte(n>>8), byte(n), byte(6+len(label)))
	info = append(info, "tls13 "...)
	info = append(append(info, label...), 0)
	out, err := hkdf.Expand(sha256.New, secret, string(info), n)
	if err != nil { // only for more than 255 hashes
		return nil
	}
	return out
}

// quicPacket is a packet with a long header whose protection was not yet taken off.
type quicPacket struct {
	version    uint32
	initial    bool
	dcid, scid []byte
	all        []byte // header and protected payload
	number     int    // where in all the packet number begins
}

// nextQUIC reads the header of the first packet in a datagram (RFC 9000 §17.2). rest
// is what follows the packet: others may share its datagram (§12.2). The second bit,
// which was fixed once, may be anything (RFC 9287).
func nextQUIC(b []byte) (p quicPacket, rest []byte, ok bool) {
	if len(b) < 7 || b[0]&0x80 == 0 {
		return p, nil, false
	}
	p.version = binary.BigEndian.Uint32(b[1:])
	_, _, initial, known := quicVersion(p.version)
	if !known {
		return p, nil, false
	}
	at := 5
	id := func() []byte {
		if at >= len(b) {
			return nil
		}
		n := int(b[at])
		if n > 20 || at+1+n > len(b) {
			at = len(b) + 1
			return nil
		}
		at += 1 + n
		return b[at-n : at]
	}
	p.dcid = id()
	p.scid = id()
	if at > len(b) {
		return p, nil, false
	}
	num := func() uint64 {
		v, n := quicInt(b[min(at, len(b)):])
		at += n
		if n == 0 {
			at = len(b) + 1
		}
		return v
	}
	typ := b[0] & 0x30
	p.initial = typ == initial
	if typ == (initial+0x30)&0x30 { // Retry: it has no length and no protection
		return p, nil, true
	}
	if p.initial {
		token := num()
		if token > uint64(len(b)) {
			return p, nil, false
		}
		at += int(token)
	}
	length := num()
	if at > len(b) || length > uint64(len(b)-at) {
		return p, nil, false
	}
	p.number = at
	p.all = b[:at+int(length)]
	return p, b[at+int(length):], true
}

// quicInt reads an integer of variable length (RFC 9000 §16); n is 0 if it is cut off.
func quicInt(b []byte) (v uint64, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	n = 1 << (b[0] >> 6)
	if n > len(b) {
		return 0, 0
	}
	v = uint64(b[0] & 0x3f)
	for _, c := range b[1:n] {
		v = v<<8 | uint64(c)
	}
	return v, n
}

// open takes the protection off an Initial packet (RFC 9001 §5.3, §5.4) and returns its
// frames, written behind to, which must have room for p.all. ok is false if the keys
// are not the packet's.
func (k *quicKeys) open(p *quicPacket, to []byte) (frames []byte, ok bool) {
	if len(p.all)-p.number < 4+16 || cap(to)-len(to) < len(p.all) {
		return nil, false
	}
	var mask [aes.BlockSize]byte
	k.head.Encrypt(mask[:], p.all[p.number+4:p.number+4+aes.BlockSize])
	b := append(to, p.all...)[len(to):]
	b[0] ^= mask[0] & 0x0f
	n := int(b[0]&3) + 1
	nonce := k.iv
	for i := range n {
		b[p.number+i] ^= mask[1+i]
		nonce[len(nonce)-n+i] ^= b[p.number+i] // the first packets' numbers are sent whole
	}
	head, body := b[:p.number+n], b[p.number+n:]
	frames, err := k.aead.Open(body[:0], nonce[:], body, head)
	return frames, err == nil
}
