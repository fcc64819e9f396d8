package capture

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// overheard keeps what is written to a connection.
type overheard struct {
	net.Conn
	mu   sync.Mutex
	said []byte
}

func (o *overheard) Write(b []byte) (int, error) {
	o.mu.Lock()
	o.said = append(o.said, b...)
	o.mu.Unlock()
	return o.Conn.Write(b)
}

// shake returns what the two sides of a handshake said; it may fail.
func shake(t testing.TB, client, server *tls.Config) (ours, theirs []byte) {
	t.Helper()
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	deadline := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	a.SetDeadline(deadline)
	b.SetDeadline(deadline)
	x, y := &overheard{Conn: a}, &overheard{Conn: b}
	done := make(chan error, 1)
	go func() {
		s := tls.Server(y, server)
		err := s.Handshake()
		s.Close()
		b.Close()
		done <- err
	}()
	c := tls.Client(x, client)
	if c.Handshake() == nil {
		c.Read(make([]byte, 1))
	}
	a.Close()
	<-done
	return x.said, y.said
}

func serverConfig(t testing.TB) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "www.example.org", Organization: []string{"Example"}},
		DNSNames:     []string{"www.example.org", "example.org"},
		NotBefore:    time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), NotAfter: time.Date(2051, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	issuer := *c
	issuer.Subject = pkix.Name{CommonName: "Example Root"}
	der, err := x509.CreateCertificate(rand.Reader, c, &issuer, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"h2", "http/1.1"}}
}

func clientConfig(version uint16) *tls.Config {
	return &tls.Config{ServerName: "www.example.org", InsecureSkipVerify: true, NextProtos: []string{"http/1.1", "h2"}, MinVersion: version, MaxVersion: version}
}

// rerecord cuts the handshake records at the start of b into records of n bytes.
func rerecord(b []byte, n int) []byte {
	var out, msgs []byte
	i := 0
	for i+5 <= len(b) && b[i] == recordHandshake {
		l := int(binary.BigEndian.Uint16(b[i+3:]))
		msgs = append(msgs, b[i+5:i+5+l]...)
		i += 5 + l
	}
	for len(msgs) > 0 {
		k := min(n, len(msgs))
		out = append(out, recordHandshake, 3, 3, byte(k>>8), byte(k))
		out = append(out, msgs[:k]...)
		msgs = msgs[k:]
	}
	return append(out, b[i:]...)
}

func checkCertificate(t *testing.T, got *TLS) {
	t.Helper()
	if got.Subject != "www.example.org" || got.Issuer != "Example Root" || !slices.Equal(got.Names, []string{"www.example.org", "example.org"}) ||
		!got.NotBefore.Equal(time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)) || !got.NotAfter.Equal(time.Date(2051, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("certificate read as %+v", got)
	}
}

func TestReadTLS(t *testing.T) {
	server := serverConfig(t)
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		ours, theirs := shake(t, clientConfig(v), server)
		got, more := readTLS(ours, theirs)
		if got == nil || more {
			t.Fatalf("%#x: %+v, more %v", v, got, more)
		}
		if got.SNI != "www.example.org" || !slices.Equal(got.Offered, []string{"http/1.1", "h2"}) || got.Version != v || got.Cipher == 0 {
			t.Errorf("%#x: %+v", v, got)
		}
		if v == tls.VersionTLS13 {
			if got.ALPN != "" || got.Subject != "" {
				t.Errorf("TLS 1.3 hides this: %+v", got)
			}
			continue
		}
		if got.ALPN != "http/1.1" && got.ALPN != "h2" {
			t.Errorf("ALPN %q", got.ALPN)
		}
		checkCertificate(t, got)
		warned, _ := readTLS(ours, append([]byte("\x15\x03\x03\x00\x02\x01\x70\x15\x03\x01\x00\x02\x01\x70"), theirs...)) // unrecognized_name, twice
		checkCertificate(t, warned)
		for _, n := range []int{1, 3, 7, 100, 333, 1 << 14} {
			got, more := readTLS(ours, rerecord(theirs, n))
			if n < 6 { // the first record does not hold a message's header: not told from noise
				continue
			}
			if got == nil || more {
				t.Fatalf("records of %d bytes: %+v, more %v", n, got, more)
			}
			checkCertificate(t, got)
		}
		// Whatever is missing at the end, what came before it is read.
		for n := 200; n < len(theirs); n++ {
			got, more := readTLS(ours, theirs[:n])
			if got == nil || got.Version != v || got.Cipher == 0 || more && got.Subject != "" {
				t.Fatalf("%d bytes of the answer: %+v, more %v", n, got, more)
			}
		}
		if got, more := readTLS(ours, nil); got == nil || got.SNI != "www.example.org" || !more {
			t.Errorf("without an answer: %+v, more %v", got, more)
		}
		if got, _ := readTLS(nil, theirs); got == nil || got.SNI != "" {
			t.Errorf("without a request: %+v", got)
		} else {
			checkCertificate(t, got)
		}
	}
}

// A server of SSLv2 has its certificate in its hello.
func TestReadSSL2(t *testing.T) {
	der := serverConfig(t).Certificates[0].Certificate[0]
	const ciphers, id = "\x07\x00\xc0", "0123456789abcdef"
	hello := append([]byte{4, 0, 1, 0, 2, byte(len(der) >> 8), byte(len(der)), 0, byte(len(ciphers)), 0, byte(len(id))}, der...)
	hello = append(hello, ciphers+id...)
	hello = append([]byte{0x80 | byte(len(hello)>>8), byte(len(hello))}, hello...)
	facts, more := ReadTLS(nil, hello)
	if facts == nil || facts.Version != 0x0002 || facts.Subject != "www.example.org" || facts.Issuer != "Example Root" || more {
		t.Errorf("%+v, more %v", facts, more)
	}
	for n := range hello { // cut anywhere it is read as far as it goes
		if facts, _ := ReadTLS(nil, hello[:n:n]); n < len(hello)-len(id)-len(ciphers) && facts != nil && facts.SHA256 != "" {
			t.Fatalf("a certificate in %d of %d bytes", n, len(hello))
		}
	}
}

func TestReadTLSRefused(t *testing.T) {
	server := serverConfig(t)
	server.MinVersion = tls.VersionTLS13
	ours, theirs := shake(t, clientConfig(tls.VersionTLS12), server)
	if got, more := readTLS(ours, theirs); got == nil || got.SNI != "www.example.org" || got.Version != 0 || more {
		t.Errorf("%+v, more %v", got, more)
	}
}

func TestReadTLSNone(t *testing.T) {
	ours, theirs := shake(t, clientConfig(tls.VersionTLS12), serverConfig(t))
	for _, c := range [][2][]byte{
		{nil, nil},
		{[]byte("GET / HTTP/1.0\r\n\r\n"), []byte("HTTP/1.0 200 OK\r\n\r\n")},
		{ours, []byte("HTTP/1.0 400 Bad Request\r\n\r\n")},
		{[]byte("SSH-2.0-x\r\n"), nil},
		{nil, theirs[len(theirs)-20:]},
	} {
		if got, more := readTLS(c[0], c[1]); got != nil || more {
			t.Errorf("%.20q %.20q: %+v", c[0], c[1], got)
		}
		if n := testing.AllocsPerRun(10, func() { readTLS(c[0], c[1]); readDTLS(c[0], c[1]) }); n != 0 {
			t.Errorf("%.20q %.20q: %v allocations for no handshake", c[0], c[1], n)
		}
	}
}

// datagrams turns the handshake records at the start of a TLS flight into DTLS
// with fragments of n bytes.
func asDatagrams(b []byte, n int, hello bool) []byte {
	var msgs, out []byte
	for i := 0; i+5 <= len(b) && b[i] == recordHandshake; {
		l := int(binary.BigEndian.Uint16(b[i+3:]))
		msgs = append(msgs, b[i+5:i+5+l]...)
		i += 5 + l
	}
	for seq := 0; len(msgs) >= 4; seq++ {
		size := int(msgs[1])<<16 | int(msgs[2])<<8 | int(msgs[3])
		typ, body := msgs[0], slices.Clone(msgs[4:4+size])
		msgs = msgs[4+size:]
		if typ == helloClient || typ == helloServer {
			body[0], body[1] = 0xfe, 0xfd
		}
		if hello { // an empty cookie behind the session
			at := 2 + 32 + 1 + int(body[34])
			body = slices.Insert(body, at, 0)
			size++
			msgs = nil
		}
		for at := 0; at == 0 || at < size; at += n {
			part := body[at:min(at+n, size)]
			l := 12 + len(part)
			out = append(out, recordHandshake, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, byte(seq), byte(l>>8), byte(l))
			out = append(out, typ, byte(size>>16), byte(size>>8), byte(size), 0, byte(seq), byte(at>>16), byte(at>>8), byte(at), byte(len(part)>>16), byte(len(part)>>8), byte(len(part)))
			out = append(out, part...)
		}
	}
	return out
}

func TestReadDTLS(t *testing.T) {
	ours, theirs := shake(t, clientConfig(tls.VersionTLS12), serverConfig(t))
	verify := []byte("\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x1b\x03\x00\x00\x0f\x00\x00\x00\x00\x00\x00\x00\x0f\xfe\xff\x0ccookiecookie")
	for _, n := range []int{50, 300, 5000} {
		client, server := asDatagrams(ours, 5000, true), asDatagrams(theirs, n, false)
		got, more := readDTLS(client, append(bytes.Clone(verify), server...))
		if got == nil || more || got.SNI != "www.example.org" || got.Version != 0xfefd || got.Cipher == 0 {
			t.Fatalf("fragments of %d bytes: %+v, more %v", n, got, more)
		}
		checkCertificate(t, got)
	}
	if got, more := readDTLS(asDatagrams(ours, 5000, true), verify); got == nil || !more {
		t.Errorf("a cookie only: %+v, more %v", got, more)
	}
}

func FuzzTLS(f *testing.F) {
	ours, theirs := shake(f, clientConfig(tls.VersionTLS12), serverConfig(f))
	f.Add(ours, theirs)
	f.Add(ours, rerecord(theirs, 100))
	f.Add(asDatagrams(ours, 5000, true), asDatagrams(theirs, 100, false))
	f.Add([]byte("\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01\x00\x80"), []byte("\x80\x20\x04\x00\x01\x00\x02\x00\x10\x00\x03\x00\x10"))
	f.Fuzz(func(t *testing.T, ours, theirs []byte) {
		for _, read := range []func(a, b []byte) (*TLS, bool){readTLS, readDTLS} {
			got, more := read(ours, theirs)
			if got == nil {
				if more {
					t.Error("more of nothing")
				}
				continue
			}
			if len(got.Names) > maxNames || len(got.Offered) > maxOffered || len(got.SNI) > maxTLSName || len(got.Subject) > 2*maxTLSName {
				t.Errorf("out of bounds: %d %d %d %d", len(got.Names), len(got.Offered), len(got.SNI), len(got.Subject))
			}
		}
	})
}

// A server that asks for another hello is heard to the end: the client's fingerprint is
// that of its first hello, the server's that of its own.
func TestTLSRetry(t *testing.T) {
	ours, theirs := shake(t, clientConfig(tls.VersionTLS13), serverConfig(t))
	ours, theirs = ours[:5+int(ours[3])<<8+int(ours[4])], theirs[:5+int(theirs[3])<<8+int(theirs[4])]
	retry := bytes.Clone(theirs)
	copy(retry[11:], "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c")
	again := bytes.Clone(ours)
	again[len(again)-1]++
	const change = "\x14\x03\x03\x00\x01\x01"
	k := newTalk()
	p := k.pair("10.0.0.1:50000", "10.0.0.2:4433", 100, 200)
	p.open()
	p.client(string(ours))
	p.server(string(retry) + change)
	p.client(change + string(again))
	p.server(string(theirs))
	var sink kept
	if _, err := Run(context.Background(), &frames{list: k.frames}, Config{}, func(int) Sink { return retried{&sink} }); err != nil {
		t.Fatal(err)
	}
	whole, _ := readTLS(ours, nil)
	if len(sink.all) != 2 {
		t.Fatalf("%d banners", len(sink.all))
	}
	for i, b := range sink.all {
		if b.TLS == nil || b.TLS.SNI != "www.example.org" || b.TLS.JA3 != whole.JA3 || b.TLS.JA4 != whole.JA4 || b.TLS.Retried != (i == 0) || (b.TLS.JA3S != "") != (i == 1) {
			t.Errorf("banner %d: %+v", i, b.TLS)
		}
	}
}

// retried wants more as long as the server asks again.
type retried struct{ *kept }

func (r retried) Banner(b *Banner) Verdict {
	r.kept.Banner(b)
	if b.TLS != nil && !b.TLS.Retried {
		return Enough
	}
	return More
}

// A cookie is no answer yet.
func TestDTLSCookie(t *testing.T) {
	ours, theirs := shake(t, clientConfig(tls.VersionTLS12), serverConfig(t))
	verify := "\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x1b\x03\x00\x00\x0f\x00\x00\x00\x00\x00\x00\x00\x0f\xfe\xff\x0ccookiecookie"
	hello := string(asDatagrams(ours, 5000, true))
	k := newTalk()
	const c, s = "10.0.0.1:50000", "10.0.0.2:4433"
	k.udp(c, s, hello)
	k.udp(s, c, verify)
	k.udp(c, s, hello+"\x16\xfe\xfd")
	k.udp(s, c, string(asDatagrams(theirs, 5000, false)))
	var sink kept
	if _, err := Run(context.Background(), &frames{list: k.frames}, Config{}, func(int) Sink { return &sink }); err != nil {
		t.Fatal(err)
	}
	if len(sink.all) != 1 || sink.all[0].TLS == nil || sink.all[0].TLS.Version != 0xfefd || sink.all[0].TLS.JA3S == "" || !strings.HasPrefix(sink.all[0].TLS.JA4, "d12d") {
		t.Errorf("%d banners", len(sink.all))
	}
}

// What a certificate says, as the lines for it read it.
func TestCertificateText(t *testing.T) {
	ours, theirs := shake(t, clientConfig(tls.VersionTLS12), serverConfig(t))
	got, _ := readTLS(ours, theirs)
	if got == nil {
		t.Fatal("no handshake was read")
	}
	want := "subject=" + got.SubjectDN + "\nissuer=" + got.IssuerDN + "\nname=www.example.org\nname=example.org\n"
	if text := string(got.CertificateText()); text != want || got.SubjectDN == "" || got.IssuerDN == "" {
		t.Errorf("%q, want %q", text, want)
	}
	hostile := TLS{SHA256: "00", SubjectDN: "CN=a\nissuer=CN=b", IssuerDN: "CN=\x00\x7f"}
	if text := string(hostile.CertificateText()); text != "subject=CN=a?issuer=CN=b\nissuer=CN=??\n" {
		t.Errorf("a name with control characters becomes %q", text)
	}
	if text := new(TLS).CertificateText(); text != nil {
		t.Errorf("without a certificate: %q", text)
	}
}
