// Package oldtls is a client of SSL 3.0, TLS 1.0, 1.1 and 1.2 for servers that crypto/tls
// has nothing in common with: with Diffie-Hellman in the integers, with RC4, without a
// certificate at all (anonymous), or with nothing newer than SSL 3.0.
//
// It proves nothing and keeps nothing secret: no certificate and no signature is verified,
// weak groups and keys are taken. It is for finding out what is inside. Sources: RFC 6101,
// 2246, 4346, 5246, 8422.
package oldtls

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"net"

	"golang.org/x/crypto/cryptobyte"
)

// Conn is a connection. Max, ServerName and Bare are to be set before Handshake; what
// comes before Max is filled in by it.
type Conn struct {
	net.Conn
	Version      uint16   // that was agreed on, 0 until then
	Cipher       uint16   // the suite
	Certificates [][]byte // of the server, in DER; none of an anonymous one

	Max        uint16 // newest version offered; 0 is TLS 1.2
	ServerName string // "" for none
	Bare       bool   // without any extension

	suite      *suite
	transcript []byte
	random     [32]byte // the client's
	peer       [32]byte
	master     []byte
	exchange   []byte // the server's message about the key exchange
	wanted     bool   // the server asks for a certificate

	rand            io.Reader // of the tests; nil is crypto/rand
	raw, hand, text []byte    // of a record, of messages, for Read
	in, out         *half
}

// Kinds of handshake messages (RFC 5246 §7.4).
const (
	helloRequest       = 0
	clientHello        = 1
	serverHello        = 2
	certificates       = 11
	serverKeyExchange  = 12
	certificateRequest = 13
	serverHelloDone    = 14
	clientKeyExchange  = 16
	finished           = 20
)

// maxMessage bounds a handshake message, maxMessages how many there may be.
const (
	maxMessage  = 128 << 10
	maxMessages = 16
)

var errMessage = errors.New("a handshake message that cannot be read")

// Handshake begins TLS. The deadline is the connection's.
func (c *Conn) Handshake() error {
	if c.Max == 0 {
		c.Max = TLS12
	}
	if _, err := io.ReadFull(c.source(), c.random[:]); err != nil {
		return err
	}
	if err := c.send(clientHello, c.hello()); err != nil {
		return err
	}
	for range maxMessages {
		sort, body, err := c.message()
		if err != nil {
			return err
		}
		ok := true
		switch sort {
		case serverHello:
			ok = c.agreed(body)
		case certificates:
			ok = c.chain(body)
		case serverKeyExchange:
			c.exchange = body
		case certificateRequest:
			c.wanted = true
		case serverHelloDone:
			if c.suite == nil {
				return errMessage
			}
			return c.conclude()
		}
		if !ok {
			return errMessage
		}
	}
	return errMessage
}

// hello is the client's first message (RFC 5246 §7.4.1.2).
func (c *Conn) hello() []byte {
	var b cryptobyte.Builder
	b.AddUint16(c.Max)
	b.AddBytes(c.random[:])
	b.AddUint8(0)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, s := range suites() {
			if c.Max != SSL30 || s.mac != 0 && s.kx != byECDH && s.mac.Size() <= 20 {
				b.AddUint16(s.id)
			}
		}
		b.AddUint16(0x00ff) // renegotiation is safe (RFC 5746 §3.3)
	})
	b.AddBytes([]byte{1, 0})
	if !c.Bare {
		b.AddUint16LengthPrefixed(c.extensions)
	}
	return b.BytesOrPanic() // everything in it is short
}

func (c *Conn) extensions(b *cryptobyte.Builder) {
	if c.ServerName != "" && net.ParseIP(c.ServerName) == nil && len(c.ServerName) < 256 {
		b.AddUint16(0)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				b.AddUint8(0)
				b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(c.ServerName)) })
			})
		})
	}
	b.AddBytes([]byte{0, 10, 0, 10, 0, 8, 0, 29, 0, 23, 0, 24, 0, 25}) // groups
	b.AddBytes([]byte{0, 11, 0, 2, 1, 0})                              // points uncompressed
	if c.Max >= TLS12 {
		b.AddBytes([]byte{0, 13, 0, 22, 0, 20, 4, 3, 5, 3, 6, 3, 8, 4, 8, 5, 4, 1, 5, 1, 6, 1, 2, 1, 2, 3})
	}
}

func (c *Conn) agreed(body []byte) bool {
	s := cryptobyte.String(body)
	var random []byte
	var session cryptobyte.String
	var version, id uint16
	if c.suite != nil || !s.ReadUint16(&version) || !s.ReadBytes(&random, 32) || !s.ReadUint8LengthPrefixed(&session) || !s.ReadUint16(&id) ||
		version < SSL30 || version > c.Max {
		return false
	}
	c.Version, c.Cipher = version, id
	copy(c.peer[:], random)
	for _, x := range suites() {
		if x.id == id {
			c.suite = &x
		}
	}
	return c.suite != nil && (c.suite.mac != 0 || version == TLS12)
}

func (c *Conn) chain(body []byte) bool {
	s := cryptobyte.String(body)
	var all cryptobyte.String
	if !s.ReadUint24LengthPrefixed(&all) {
		return false
	}
	for !all.Empty() && len(c.Certificates) < 16 {
		var one cryptobyte.String
		if !all.ReadUint24LengthPrefixed(&one) {
			return false
		}
		c.Certificates = append(c.Certificates, one)
	}
	return true
}

// conclude is the client's second part, and the server's.
func (c *Conn) conclude() error {
	if c.wanted {
		if c.Version == SSL30 {
			if err := c.write(recordAlert, []byte{1, 41}); err != nil { // no certificate
				return err
			}
		} else if err := c.send(certificates, []byte{0, 0, 0}); err != nil {
			return err
		}
	}
	secret, words, err := c.agree()
	if err != nil {
		return err
	}
	if err := c.send(clientKeyExchange, words); err != nil {
		return err
	}
	both := append(append([]byte(nil), c.random[:]...), c.peer[:]...)
	c.master = c.prf(48, secret, "master secret", both)
	in, out, err := c.keys()
	if err != nil {
		return err
	}
	if err := c.write(recordChange, []byte{1}); err != nil {
		return err
	}
	c.out = out
	if err := c.send(finished, c.finished(true)); err != nil {
		return err
	}
	for range maxMessages {
		sort, data, err := c.read()
		if err != nil {
			return err
		}
		if sort == recordChange && len(c.hand) == 0 {
			break
		}
		if sort != recordAlert {
			return errMessage
		}
		if err := alert(data); err != nil {
			return err
		}
	}
	c.in = in
	want := c.finished(false)
	sort, body, err := c.message()
	if err != nil {
		return err
	}
	if sort != finished || subtle.ConstantTimeCompare(body, want) != 1 {
		return errMessage
	}
	c.transcript = nil
	return nil
}

// keys derives what both directions are protected with (RFC 5246 §6.3).
func (c *Conn) keys() (in, out *half, err error) {
	s := c.suite
	mac, iv := s.macSize(), s.iv()
	b := c.prf(2*(mac+s.key+iv), c.master, "key expansion", append(append([]byte(nil), c.peer[:]...), c.random[:]...))
	take := func(n int) []byte {
		part := b[:n:n]
		b = b[n:]
		return part
	}
	macOut, macIn := take(mac), take(mac)
	keyOut, keyIn := take(s.key), take(s.key)
	ivOut, ivIn := take(iv), take(iv)
	if out, err = newHalf(s, c.Version, macOut, keyOut, ivOut); err != nil {
		return nil, nil, err
	}
	in, err = newHalf(s, c.Version, macIn, keyIn, ivIn)
	return in, out, err
}

// agree makes the secret and the words that tell the server of it.
func (c *Conn) agree() (secret, words []byte, err error) {
	s := cryptobyte.String(c.exchange)
	switch c.suite.kx {
	case byDH:
		var p, g, y cryptobyte.String
		if !s.ReadUint16LengthPrefixed(&p) || !s.ReadUint16LengthPrefixed(&g) || !s.ReadUint16LengthPrefixed(&y) {
			return nil, nil, errMessage
		}
		return diffieHellman(new(big.Int).SetBytes(p), new(big.Int).SetBytes(g), new(big.Int).SetBytes(y))
	case byECDH:
		var sort uint8
		var group uint16
		var point cryptobyte.String
		if !s.ReadUint8(&sort) || sort != 3 || !s.ReadUint16(&group) || !s.ReadUint8LengthPrefixed(&point) {
			return nil, nil, errMessage
		}
		return onCurve(group, point)
	}
	if len(c.Certificates) == 0 {
		return nil, nil, errMessage
	}
	return c.toRSA()
}

// maxPrime bounds a group, in bits.
const maxPrime = 8192

func diffieHellman(p, g, y *big.Int) (secret, words []byte, err error) {
	one := big.NewInt(1)
	if p.BitLen() > maxPrime || p.BitLen() < 64 || p.Bit(0) == 0 || g.Cmp(one) <= 0 || y.Cmp(one) <= 0 || y.Cmp(p) >= 0 || g.Cmp(p) >= 0 {
		return nil, nil, errMessage
	}
	x := make([]byte, 32)
	if _, err := rand.Read(x); err != nil {
		return nil, nil, err
	}
	exponent := new(big.Int).SetBytes(x)
	mine := new(big.Int).Exp(g, exponent, p).Bytes()
	secret = new(big.Int).Exp(y, exponent, p).Bytes() // without leading zeroes (RFC 5246 §8.1.2)
	return secret, append(binary.BigEndian.AppendUint16(nil, uint16(len(mine))), mine...), nil
}

func onCurve(group uint16, point []byte) (secret, words []byte, err error) {
	var curve ecdh.Curve
	switch group {
	case 23:
		curve = ecdh.P256()
	case 24:
		curve = ecdh.P384()
	case 25:
		curve = ecdh.P521()
	case 29:
		curve = ecdh.X25519()
	default:
		return nil, nil, errMessage
	}
	theirs, err := curve.NewPublicKey(point)
	if err != nil {
		return nil, nil, err
	}
	mine, err := curve.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if secret, err = mine.ECDH(theirs); err != nil {
		return nil, nil, err
	}
	public := mine.PublicKey().Bytes()
	return secret, append([]byte{byte(len(public))}, public...), nil
}

// toRSA encrypts a secret of our own to the certificate's key (RFC 5246 §7.4.7.1), by
// arithmetic, since the library wants keys longer than old servers have.
func (c *Conn) toRSA() (secret, words []byte, err error) {
	cert, err := x509.ParseCertificate(c.Certificates[0])
	if err != nil {
		return nil, nil, err
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok || key.N.BitLen() > 2*maxPrime || key.N.BitLen() < 488 || key.N.Bit(0) == 0 {
		return nil, nil, errMessage
	}
	secret = make([]byte, 48)
	if _, err := io.ReadFull(c.source(), secret); err != nil {
		return nil, nil, err
	}
	binary.BigEndian.PutUint16(secret, c.Max)
	size := (key.N.BitLen() + 7) / 8
	block := make([]byte, size)
	if _, err := io.ReadFull(c.source(), block); err != nil {
		return nil, nil, err
	}
	block[0], block[1] = 0, 2
	for i := range block[2 : size-49] {
		block[2+i] |= 1 // not zero
	}
	block[size-49] = 0
	copy(block[size-48:], secret)
	sealed := new(big.Int).Exp(new(big.Int).SetBytes(block), big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, size))
	if c.Version == SSL30 {
		return secret, sealed, nil
	}
	return secret, append(binary.BigEndian.AppendUint16(nil, uint16(size)), sealed...), nil
}

// send sends a handshake message.
func (c *Conn) send(sort byte, body []byte) error {
	m := append([]byte{sort, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
	c.transcript = append(c.transcript, m...)
	return c.write(recordHandshake, m)
}

// message returns the next handshake message.
func (c *Conn) message() (sort byte, body []byte, err error) {
	for {
		if len(c.hand) >= 4 {
			n := int(c.hand[1])<<16 | int(c.hand[2])<<8 | int(c.hand[3])
			if n > maxMessage {
				return 0, nil, errMessage
			}
			if len(c.hand) >= 4+n {
				m := c.hand[: 4+n : 4+n]
				c.hand = c.hand[4+n:]
				if m[0] == helloRequest {
					continue // it may ask at any time, and need not be answered
				}
				c.transcript = append(c.transcript, m...)
				return m[0], m[4:], nil
			}
		}
		sort, data, err := c.read()
		if err != nil {
			return 0, nil, err
		}
		switch sort {
		case recordHandshake:
			c.hand = append(c.hand, data...)
		case recordAlert:
			if err := alert(data); err != nil {
				return 0, nil, err
			}
		default:
			return 0, nil, errMessage
		}
	}
}

// source is where random bytes come from.
func (c *Conn) source() io.Reader {
	if c.rand != nil {
		return c.rand
	}
	return rand.Reader
}
