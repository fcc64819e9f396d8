package oldtls

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // what old servers have
	"crypto/rc4" //nolint:gosec // the same
)

// exchange is how both sides come to a secret.
type exchange uint8

const (
	byRSA  exchange = iota // encrypted to the certificate's key
	byDH                   // Diffie-Hellman in the integers, signed or not
	byECDH                 // on a curve, signed or not
)

// bulk is how records are encrypted.
type bulk uint8

const (
	rc4128 bulk = iota
	des3
	aesCBC
	aesGCM
)

// suite is a cipher suite (RFC 2246 A.5, 4346 A.5, 5246 A.5, 5288, 8422).
type suite struct {
	id   uint16
	kx   exchange
	bulk bulk
	key  int         // bytes of the key
	mac  crypto.Hash // of records; 0 with GCM
	hash crypto.Hash // of the pseudo-random function of TLS 1.2
}

// suites are those that are offered, the better first. The anonymous ones come last: a
// server that has a certificate shall show it.
func suites() []suite {
	const md5, sha1, sha256, sha384 = crypto.MD5, crypto.SHA1, crypto.SHA256, crypto.SHA384
	return []suite{
		{0xc02b, byECDH, aesGCM, 16, 0, sha256},
		{0xc02f, byECDH, aesGCM, 16, 0, sha256},
		{0xc02c, byECDH, aesGCM, 32, 0, sha384},
		{0xc030, byECDH, aesGCM, 32, 0, sha384},
		{0x009e, byDH, aesGCM, 16, 0, sha256},
		{0x009f, byDH, aesGCM, 32, 0, sha384},
		{0x00a2, byDH, aesGCM, 16, 0, sha256},
		{0xc009, byECDH, aesCBC, 16, sha1, sha256},
		{0xc013, byECDH, aesCBC, 16, sha1, sha256},
		{0xc00a, byECDH, aesCBC, 32, sha1, sha256},
		{0xc014, byECDH, aesCBC, 32, sha1, sha256},
		{0xc027, byECDH, aesCBC, 16, sha256, sha256},
		{0x0033, byDH, aesCBC, 16, sha1, sha256},
		{0x0039, byDH, aesCBC, 32, sha1, sha256},
		{0x0067, byDH, aesCBC, 16, sha256, sha256},
		{0x006b, byDH, aesCBC, 32, sha256, sha256},
		{0x0032, byDH, aesCBC, 16, sha1, sha256},
		{0x0038, byDH, aesCBC, 32, sha1, sha256},
		{0x009c, byRSA, aesGCM, 16, 0, sha256},
		{0x009d, byRSA, aesGCM, 32, 0, sha384},
		{0x002f, byRSA, aesCBC, 16, sha1, sha256},
		{0x0035, byRSA, aesCBC, 32, sha1, sha256},
		{0x003c, byRSA, aesCBC, 16, sha256, sha256},
		{0x003d, byRSA, aesCBC, 32, sha256, sha256},
		{0xc008, byECDH, des3, 24, sha1, sha256},
		{0xc012, byECDH, des3, 24, sha1, sha256},
		{0x0016, byDH, des3, 24, sha1, sha256},
		{0x0013, byDH, des3, 24, sha1, sha256},
		{0x000a, byRSA, des3, 24, sha1, sha256},
		{0xc007, byECDH, rc4128, 16, sha1, sha256},
		{0xc011, byECDH, rc4128, 16, sha1, sha256},
		{0x0005, byRSA, rc4128, 16, sha1, sha256},
		{0x0004, byRSA, rc4128, 16, md5, sha256},
		{0x00a7, byDH, aesGCM, 32, 0, sha384}, // from here on without a certificate
		{0x00a6, byDH, aesGCM, 16, 0, sha256},
		{0x006d, byDH, aesCBC, 32, sha256, sha256},
		{0x006c, byDH, aesCBC, 16, sha256, sha256},
		{0x003a, byDH, aesCBC, 32, sha1, sha256},
		{0x0034, byDH, aesCBC, 16, sha1, sha256},
		{0x001b, byDH, des3, 24, sha1, sha256},
		{0x0018, byDH, rc4128, 16, md5, sha256},
		{0xc019, byECDH, aesCBC, 32, sha1, sha256},
		{0xc018, byECDH, aesCBC, 16, sha1, sha256},
		{0xc017, byECDH, des3, 24, sha1, sha256},
		{0xc016, byECDH, rc4128, 16, sha1, sha256},
	}
}

// block is the length of a cipher's block, 0 of a stream.
func (s *suite) block() int {
	switch s.bulk {
	case des3:
		return des.BlockSize
	case aesCBC:
		return aes.BlockSize
	}
	return 0
}

// iv is how many bytes of the key block are an initialization vector.
func (s *suite) iv() int {
	if s.bulk == aesGCM {
		return 4
	}
	return s.block()
}

func (s *suite) macSize() int {
	if s.mac == 0 {
		return 0
	}
	return s.mac.Size()
}

// half is the protection of one direction.
type half struct {
	suite   *suite
	version uint16
	seq     uint64
	macKey  []byte
	iv      []byte
	stream  *rc4.Cipher
	cbc     cipher.Block
	gcm     cipher.AEAD
}

func newHalf(s *suite, version uint16, macKey, key, iv []byte) (*half, error) {
	h := &half{suite: s, version: version, macKey: macKey, iv: iv}
	var err error
	switch s.bulk {
	case rc4128:
		h.stream, err = rc4.NewCipher(key)
	case des3:
		h.cbc, err = des.NewTripleDESCipher(key)
	case aesCBC:
		h.cbc, err = aes.NewCipher(key)
	case aesGCM:
		var b cipher.Block
		if b, err = aes.NewCipher(key); err == nil {
			h.gcm, err = cipher.NewGCM(b)
		}
	}
	return h, err
}
