package oldtls

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// record is the address of a server of SSL 3.0 whose words are to be kept for TestSSL3.
var record = flag.String("record", "", "keep what the server at this `address` says in testdata/ssl3")

func selfSigned(t *testing.T, elliptical bool) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "old.example"}, NotAfter: time.Now().Add(time.Hour)}
	if elliptical {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// Every suite that crypto/tls serves, in every version, with much said both ways.
func TestSuites(t *testing.T) {
	byRSA, byCurve := selfSigned(t, false), selfSigned(t, true)
	said := bytes.Repeat([]byte("0123456789abcdef"), 3000)
	n := 0
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		for _, version := range []uint16{TLS10, TLS11, TLS12} {
			ours := false
			for _, x := range suites() {
				ours = ours || x.id == s.ID
			}
			offered := false
			for _, v := range s.SupportedVersions {
				offered = offered || v == version
			}
			if !ours || !offered {
				continue
			}
			n++
			t.Run(fmt.Sprintf("%s/%#x", s.Name, version), func(t *testing.T) {
				cert := byRSA
				if strings.Contains(s.Name, "ECDSA") {
					cert = byCurve
				}
				a, b := net.Pipe()
				defer a.Close()
				go func() {
					c := tls.Server(b, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: version, MaxVersion: version, CipherSuites: []uint16{s.ID}})
					defer c.Close()
					_, _ = io.CopyN(c, c, int64(len(said)))
				}()
				c := &Conn{Conn: a, ServerName: "old.example"}
				_ = a.SetDeadline(time.Now().Add(20 * time.Second))
				if err := c.Handshake(); err != nil {
					t.Fatal(err)
				}
				if c.Version != version || c.Cipher != s.ID || len(c.Certificates) != 1 {
					t.Errorf("%#x %#x, %d certificates", c.Version, c.Cipher, len(c.Certificates))
				}
				go func() { _, _ = c.Write(said) }()
				got, err := io.ReadAll(c)
				if !bytes.Equal(got, said) || err != nil {
					t.Errorf("%d bytes of %d came back: %v", len(got), len(said), err)
				}
			})
		}
	}
	if n < 20 {
		t.Errorf("%d handshakes only", n)
	}
}

// same gives the same bytes every time.
type same struct{ at byte }

func (s *same) Read(b []byte) (int, error) {
	for i := range b {
		s.at = s.at*5 + 113
		b[i] = s.at
	}
	return len(b), nil
}

// replay is a connection whose other side says what it once said.
type replay struct {
	net.Conn
	in  io.Reader
	out bytes.Buffer
}

func (r *replay) Read(b []byte) (int, error)  { return r.in.Read(b) }
func (r *replay) Write(b []byte) (int, error) { return r.out.Write(b) }

// SSL 3.0 with RSA and RC4, as a server that is not ours spoke it. It would not have gone
// on if a bit of ours had been wrong.
func TestSSL3(t *testing.T) {
	const file = "testdata/ssl3"
	talk := func(conn net.Conn) ([]byte, error) {
		c := &Conn{Conn: conn, Max: SSL30, Bare: true, rand: new(same)}
		if err := c.Handshake(); err != nil {
			return nil, err
		}
		if c.Version != SSL30 || c.Cipher != 5 || len(c.Certificates) != 1 {
			t.Errorf("%#x %#x", c.Version, c.Cipher)
		}
		if _, err := c.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
			return nil, err
		}
		return io.ReadAll(c)
	}
	if *record != "" {
		conn, err := net.Dial("tcp", *record)
		if err != nil {
			t.Fatal(err)
		}
		var kept bytes.Buffer
		if _, err := talk(&keeping{conn, &kept}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, kept.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	words, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := talk(&replay{in: bytes.NewReader(words)})
	if err != nil || string(got) != "HTTP/1.0 200 OK\r\nServer: nginx/1.2.3\r\n\r\nhi" {
		t.Errorf("%q, %v", got, err)
	}
	words[len(words)-30] ^= 1
	if _, err := talk(&replay{in: bytes.NewReader(words)}); err == nil {
		t.Error("a record that was changed is read")
	}
}

// keeping keeps what is read.
type keeping struct {
	net.Conn
	kept *bytes.Buffer
}

func (k *keeping) Read(b []byte) (int, error) {
	n, err := k.Conn.Read(b)
	k.kept.Write(b[:n])
	return n, err
}

// A refusal is told as crypto/tls tells it.
func TestRefusal(t *testing.T) {
	c := &Conn{Conn: &replay{in: bytes.NewReader([]byte{21, 3, 1, 0, 2, 2, 40})}}
	var remote *net.OpError
	if err := c.Handshake(); !errors.As(err, &remote) || remote.Op != "remote error" {
		t.Error(err)
	}
}

func FuzzHandshake(f *testing.F) {
	if words, err := os.ReadFile("testdata/ssl3"); err == nil {
		f.Add(words)
	}
	f.Add([]byte{21, 3, 1, 0, 2, 2, 40})
	f.Add([]byte{22, 3, 3, 0, 4, 14, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, max := range []uint16{SSL30, TLS12} {
			c := &Conn{Conn: &replay{in: bytes.NewReader(b)}, Max: max, rand: new(same)}
			if c.Handshake() == nil {
				_, _ = io.Copy(io.Discard, io.LimitReader(c, 1<<20))
			}
		}
	})
}
