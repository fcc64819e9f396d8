package oldtls

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// Kinds of records (RFC 5246 §6.2.1).
const (
	recordChange    = 20
	recordAlert     = 21
	recordHandshake = 22
	recordData      = 23
)

// maxRecord bounds a record's text, maxCipher what protection adds to it.
const (
	maxRecord = 1 << 14
	maxCipher = maxRecord + 2048
)

var errRecord = errors.New("a record that cannot be read")

// seal protects a record's text.
func (h *half) seal(sort byte, data []byte) ([]byte, error) {
	defer func() { h.seq++ }()
	if h.gcm != nil {
		nonce := binary.BigEndian.AppendUint64(append([]byte(nil), h.iv...), h.seq)
		return h.gcm.Seal(append([]byte(nil), nonce[4:]...), nonce, data, h.gcmHead(sort, len(data))), nil
	}
	b := append(append([]byte(nil), data...), h.mac(sort, data)...)
	if h.stream != nil {
		h.stream.XORKeyStream(b, b)
		return b, nil
	}
	size := h.suite.block()
	pad := size - 1 - len(b)%size
	for range pad + 1 {
		b = append(b, byte(pad))
	}
	iv, explicit := h.iv, []byte(nil)
	if h.version >= TLS11 {
		iv = make([]byte, size)
		if _, err := rand.Read(iv); err != nil {
			return nil, err
		}
		explicit = iv
	}
	cipher.NewCBCEncrypter(h.cbc, iv).CryptBlocks(b, b)
	if h.version < TLS11 {
		h.iv = append([]byte(nil), b[len(b)-size:]...)
	}
	return append(append([]byte(nil), explicit...), b...), nil
}

// open takes the protection of a record off, in place.
func (h *half) open(sort byte, b []byte) ([]byte, error) {
	defer func() { h.seq++ }()
	if h.gcm != nil {
		if len(b) < 8+h.gcm.Overhead() {
			return nil, errRecord
		}
		nonce := append(append([]byte(nil), h.iv...), b[:8]...)
		return h.gcm.Open(nil, nonce, b[8:], h.gcmHead(sort, len(b)-8-h.gcm.Overhead()))
	}
	switch size := h.suite.block(); {
	case h.stream != nil:
		h.stream.XORKeyStream(b, b)
	default:
		iv := h.iv
		if h.version >= TLS11 {
			if len(b) < size {
				return nil, errRecord
			}
			iv, b = b[:size], b[size:]
		}
		if len(b) == 0 || len(b)%size != 0 {
			return nil, errRecord
		}
		next := append([]byte(nil), b[len(b)-size:]...)
		cipher.NewCBCDecrypter(h.cbc, iv).CryptBlocks(b, b)
		if h.version < TLS11 {
			h.iv = next
		}
		pad := int(b[len(b)-1]) + 1
		if pad > len(b) {
			return nil, errRecord
		}
		b = b[:len(b)-pad]
	}
	n := len(b) - h.suite.macSize()
	if n < 0 || subtle.ConstantTimeCompare(b[n:], h.mac(sort, b[:n])) != 1 {
		return nil, errRecord
	}
	return b[:n], nil
}

func (h *half) gcmHead(sort byte, n int) []byte {
	head := append(binary.BigEndian.AppendUint64(nil, h.seq), sort)
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(head, h.version), uint16(n))
}

// write sends one record or more.
func (c *Conn) write(sort byte, data []byte) error {
	for first := true; first || len(data) > 0; first = false {
		part := data[:min(len(data), maxRecord)]
		data = data[len(part):]
		if c.out != nil {
			var err error
			if part, err = c.out.seal(sort, part); err != nil {
				return err
			}
		}
		version := c.Version
		if version == 0 {
			version = TLS10
			if c.Max == SSL30 {
				version = SSL30
			}
		}
		head := []byte{sort, byte(version >> 8), byte(version), byte(len(part) >> 8), byte(len(part))}
		if _, err := c.Conn.Write(append(head, part...)); err != nil {
			return err
		}
	}
	return nil
}

// read returns the next record's text. What has come of a record when a deadline passes
// is kept for the next call.
func (c *Conn) read() (sort byte, data []byte, err error) {
	for {
		if len(c.raw) >= 5 {
			n := int(binary.BigEndian.Uint16(c.raw[3:]))
			if sort = c.raw[0]; sort < recordChange || sort > recordData || c.raw[1] != 3 || n > maxCipher {
				return 0, nil, errRecord
			}
			if len(c.raw) >= 5+n {
				data = append([]byte(nil), c.raw[5:5+n]...)
				c.raw = append(c.raw[:0], c.raw[5+n:]...)
				if c.in != nil {
					data, err = c.in.open(sort, data)
				}
				return sort, data, err
			}
		}
		buf := make([]byte, 4<<10)
		n, err := c.Conn.Read(buf)
		c.raw = append(c.raw, buf[:n]...)
		if err != nil && n == 0 {
			return 0, nil, err
		}
	}
}

// alert takes a record of that kind: a warning is nothing, the end is io.EOF.
func alert(b []byte) error {
	switch {
	case len(b) < 2:
		return errRecord
	case b[1] == 0:
		return io.EOF
	case b[0] == 1:
		return nil
	}
	return &net.OpError{Op: "remote error", Err: fmt.Errorf("TLS alert %d", b[1])}
}

// Read implements net.Conn.
func (c *Conn) Read(b []byte) (int, error) {
	for len(c.text) == 0 {
		sort, data, err := c.read()
		if err != nil {
			return 0, err
		}
		switch sort {
		case recordData:
			c.text = data
		case recordAlert:
			if err := alert(data); err != nil {
				return 0, err
			}
		case recordChange:
			return 0, errRecord
		} // of a handshake it is told that we have none
	}
	n := copy(b, c.text)
	c.text = c.text[n:]
	return n, nil
}

// Write implements net.Conn.
func (c *Conn) Write(b []byte) (int, error) {
	if err := c.write(recordData, b); err != nil {
		return 0, err
	}
	return len(b), nil
}
