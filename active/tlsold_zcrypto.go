//go:build linux || darwin

package active

import (
	"crypto/tls"
	"fmt"
	"net"

	old "github.com/zmap/zcrypto/tls"

	"earshot/capture"
)

// haveOld reports whether there is a library for old servers. The one that is used is a
// client of TLS 1.0 to 1.2 with DHE and with signatures of SHA-1, which crypto/tls has
// not. It builds on Linux and macOS only, and SSL 3.0 is gone from it, too.
const haveOld = true

// oldClient makes a handshake with its hello over conn.
func oldClient(conn net.Conn, sni string) (net.Conn, *capture.TLS, error) {
	c := old.Client(conn, &old.Config{
		InsecureSkipVerify: true, //nolint:gosec // what is behind it is to be known, not trusted
		ServerName:         sni,
		MinVersion:         tls.VersionTLS10,
		MaxVersion:         tls.VersionTLS12,
		CipherSuites:       legacyCiphers(),
		ForceSuites:        true,
	})
	if err := legacyShake(c); err != nil {
		return nil, nil, err
	}
	s := c.ConnectionState()
	facts := &capture.TLS{Version: s.Version, Cipher: s.CipherSuite}
	if len(s.PeerCertificates) > 0 {
		certificateFacts(facts, s.PeerCertificates[0].Raw)
	}
	return c, facts, nil
}

// legacyShake is the handshake. A server's bytes shall not end the program, whatever the
// library makes of them.
func legacyShake(c *old.Conn) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("old TLS: %v", r)
		}
	}()
	return c.Handshake()
}

// legacyCiphers are the suites of the hello, the better first: those that crypto/tls has,
// so that a server that wants no other hello finds one, and those with DHE.
func legacyCiphers() []uint16 {
	return []uint16{
		0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, // ECDHE, AEAD
		0x009e, 0x009f, 0xccaa, 0x00a2, 0x00a3, // DHE, AEAD
		0xc009, 0xc013, 0xc00a, 0xc014, 0xc023, 0xc027, // ECDHE, CBC
		0x0033, 0x0039, 0x0067, 0x006b, 0x0032, 0x0038, 0x0040, 0x006a, // DHE, CBC
		0x009c, 0x009d, 0x002f, 0x0035, 0x003c, 0x003d, // RSA
		0xc008, 0xc012, 0x0016, 0x0013, 0x000a, // 3DES
		0xc007, 0xc011, 0x0066, 0x0005, // RC4
	}
}
