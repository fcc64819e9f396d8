package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// manner is how a server of the tests treats who connects; the connection is closed after.
type manner func(net.Conn)

// untilEnd reads until the other side ends the connection.
func untilEnd(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// greets says a line at once.
func greets(line string) manner {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, line)
		untilEnd(c)
	}
}

// answersWeb answers the first that comes with an HTTP response.
func answersWeb(head, body string) manner {
	return func(c net.Conn) {
		if n, _ := c.Read(make([]byte, 2048)); n > 0 {
			_, _ = fmt.Fprintf(c, "HTTP/1.0 200 OK\r\n%s\r\n\r\n%s", head, body)
		}
		if t, ok := c.(interface{ CloseWrite() error }); ok {
			_ = t.CloseWrite()
		}
		untilEnd(c)
	}
}

// resets ends the connection with a reset.
func resets(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
}

// closes ends the connection without a word.
func closes(net.Conn) {}

// floods is a server that sends without an end, so many bytes at once.
func floods(size int) manner {
	return func(c net.Conn) {
		for b := bytes.Repeat([]byte{'x'}, size); ; {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	}
}

// drips says a line a byte at a time.
func drips(line string, each time.Duration) manner {
	return func(c net.Conn) {
		for _, b := range []byte(line) {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(each)
		}
		untilEnd(c)
	}
}

// behindTLS wraps a manner.
func behindTLS(t testing.TB, m manner) manner {
	cfg := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	return func(c net.Conn) {
		s := tls.Server(c, cfg)
		if s.Handshake() == nil {
			m(s)
		}
		untilEnd(c)
	}
}

func selfSigned(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "server.test"},
		NotBefore: time.Unix(1e9, 0), NotAfter: time.Unix(4e9, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// ordinaryPort listens at an address. Where the kernel is to choose the port, it is none
// that is not spoken to first: among those it gives out are some of industrial control.
func ordinaryPort(t testing.TB, at string) net.Listener {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		switch l.Addr().(*net.TCPAddr).Port {
		case 34962, 34963, 34964, 34980, 44818, 46824, 47808, 55000, 55001, 55002, 55003:
			if strings.HasSuffix(at, ":0") {
				t.Cleanup(func() { l.Close() }) // kept, so that it is not given out again
				continue
			}
		}
		return l
	}
	t.Fatal("no port")
	return nil
}

// serveTCP serves at an address until the test ends, and returns it with its port.
func serveTCP(t testing.TB, at string, m manner) string {
	t.Helper()
	l := ordinaryPort(t, at)
	t.Cleanup(func() { l.Close() })
	go m.serve(l)
	return l.Addr().String()
}

// serve treats so everyone who connects, until the listener is closed.
func (m manner) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			m(c)
		}()
	}
}

// serveUDP answers datagrams; no answer is none.
func serveUDP(t testing.TB, at string, answer func([]byte) []byte) string {
	t.Helper()
	c, err := net.ListenPacket("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if out := answer(b[:n]); out != nil {
				_, _ = c.WriteTo(out, from)
			}
		}
	}()
	return c.LocalAddr().String()
}
