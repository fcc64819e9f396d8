package active

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/state"
)

const tlsProbes = `
Probe TCP NULL q||
totalwaitms 300
Probe TCP GetRequest q|GET / HTTP/1.0\r\n\r\n|
rarity 1
ports 1-65535
sslports 1-65535
totalwaitms 2000
match http m|^HTTP/1.0 200 ok| p/Old/
Probe TCP Hello q|\x16\x03\x01\0\x08\x01\0\0\x04\x03\x03\0\0|
rarity 1
totalwaitms 2000
match ssl m|^\x15\x03|
`

// opensslServer runs a server of OpenSSL with a certificate of its own.
func opensslServer(t *testing.T, args ...string) uint16 {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip(err)
	}
	file := certificateFile(t)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(strings.Join(args, " "), "RSA") {
		out, err := exec.Command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", file, "-subj", "/CN=old.example", "-addext", "subjectAltName=DNS:old.example").Output()
		if err != nil {
			t.Skipf("openssl: %v", err)
		}
		if text, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
		text = append(text, out...)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	cmd := exec.Command("openssl", append([]string{"s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-www", "-quiet", "-cert", file, "-key", file}, args...)...)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-over
	})
	for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(50 * time.Millisecond) {
		c, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			c.Close()
			return uint16(port)
		}
		select {
		case err := <-over:
			over <- err
			t.Skipf("openssl does not serve that: %v: %s", err, said.String())
		default:
		}
	}
	t.Fatal("openssl does not listen")
	return 0
}

// certificateFile keeps a new key and its certificate in one file.
func certificateFile(t *testing.T) string {
	t.Helper()
	cert := certificate(t)
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "server.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Old servers: what is inside is named, and the facts of the handshake are kept.
func TestTLSOld(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name    string
		args    []string
		version uint16
		cipher  uint16
		nobody  bool // it has no certificate
	}{
		{"TLS 1.0", []string{"-tls1", "-cipher", "AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"}, tls.VersionTLS10, 0xc009, false},
		{"TLS 1.0, DHE", []string{"-tls1", "-cipher", "DHE-RSA-AES256-SHA:@SECLEVEL=0"}, tls.VersionTLS10, 0x39, false},
		{"TLS 1.2, DHE", []string{"-tls1_2", "-cipher", "DHE-RSA-AES128-SHA:@SECLEVEL=0"}, tls.VersionTLS12, 0x33, false},
		{"SHA-1", []string{"-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0", "-sigalgs", "RSA+SHA1"}, tls.VersionTLS12, 0xc013, false},
		{"anonymous", []string{"-tls1_2", "-cipher", "ADH-AES256-GCM-SHA384:@SECLEVEL=0"}, tls.VersionTLS12, 0xa7, true},
		{"anonymous, TLS 1.0", []string{"-tls1", "-cipher", "AECDH-AES128-SHA:@SECLEVEL=0"}, tls.VersionTLS10, 0xc018, true},
	} {
		for _, strategy := range []Strategy{Quiet, Classic} {
			t.Run(fmt.Sprintf("%s/%d", x.name, strategy), func(t *testing.T) {
				port := opensslServer(t, x.args...)
				r := asking(t, database(t, strategy == Classic, tlsProbes), port, func(c *Config) { c.Strategy = strategy })
				var e *state.Evidence
				for i := range r.evidence {
					if f := r.evidence[i].TLS; f != nil && f.Version != 0 {
						e = &r.evidence[i]
					}
				}
				if e == nil || e.TLS.Version != x.version || e.TLS.Cipher != x.cipher || e.TLS.NotAfter.IsZero() != x.nobody {
					t.Errorf("%+v\n%s", e, r.trace)
				}
				if r.Service != "http" || r.Tunnel != "ssl" || r.Product != "Old" {
					t.Errorf("%+v\n%s\n%s", r.Belief, r.trace, r.ledger)
				}
			})
		}
	}
}

// record is a TLS record.
func record(typ byte, version uint16, body []byte) []byte {
	return append([]byte{typ, byte(version >> 8), byte(version), byte(len(body) >> 8), byte(len(body))}, body...)
}

// message is a message of the handshake.
func message(typ byte, body []byte) []byte {
	return append([]byte{typ, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}

// firstWords are those of a server that has chosen a version and a cipher.
func firstWords(version, cipher uint16, cert []byte) []byte {
	hello := []byte{byte(version >> 8), byte(version)}
	hello = append(hello, make([]byte, 32+1)...)
	hello = append(hello, byte(cipher>>8), byte(cipher), 0)
	n := len(cert)
	list := append([]byte{0, byte((n + 3) >> 8), byte(n + 3), 0, byte(n >> 8), byte(n)}, cert...)
	out := record(22, version, message(2, hello))
	out = append(out, record(22, version, message(11, list))...)
	return append(out, record(22, version, message(14, nil))...)
}

// What a server of SSL 3.0, or one with a cipher that nobody has, says in the clear is
// kept, and the port is asked in the clear, too.
func TestTLSFirstWords(t *testing.T) {
	cert := certificate(t).Certificate[0]
	for name, x := range map[string]struct {
		version, cipher uint16
		conns           int
	}{
		"SSL 3.0":    {0x0300, 0x0004, 3},
		"own cipher": {0x0303, 0x0041, 3},
	} {
		s := serve(t, func(c net.Conn, s *scripted) {
			if q := s.asked(c); strings.HasPrefix(q, "GET ") {
				_, _ = c.Write([]byte("HTTP/1.0 200 ok\r\n\r\n"))
				return
			}
			words := firstWords(x.version, x.cipher, cert)
			_, _ = c.Write(words[:40])
			time.Sleep(20 * time.Millisecond)
			_, _ = c.Write(words[40:])
			_, _ = io.Copy(io.Discard, c)
		})
		probes := strings.Replace(tlsProbes, "\nports 1-65535", "\nports 1", 1)
		r := asking(t, database(t, false, probes), s.port, func(c *Config) { c.Names = tlsNames(t, s.port) })
		found := false
		for _, e := range r.evidence {
			if f := e.TLS; f != nil && f.Version == x.version {
				found = f.Cipher == x.cipher && !f.NotAfter.IsZero()
			}
		}
		if !found {
			t.Errorf("%s: %+v\n%s", name, r.evidence, r.trace)
		}
		if r.Service != "http" || r.Product != "Old" {
			t.Errorf("%s: %+v\n%s", name, r.Belief, r.trace)
		}
		if n := s.connections(); n > x.conns {
			t.Errorf("%s: %d connections\n%s", name, n, r.ledger)
		}
	}
}

// tlsNames has a name that means TLS for a port.
func tlsNames(t *testing.T, port uint16) *state.PortNames {
	t.Helper()
	n, err := state.ReadPortNames(fmt.Sprintf("https\t%d/tcp\n", port))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Servers that answer a hello with anything at all do no harm.
func FuzzOldTLS(f *testing.F) {
	f.Add(firstWords(0x0303, 0x0033, []byte("no certificate")))
	f.Add(firstWords(0x0301, 0x0039, nil))
	f.Add(record(21, 0x0301, []byte{2, 40}))
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		go func() {
			_, _ = theirs.Read(make([]byte, 4096))
			_, _ = theirs.Write(b)
			theirs.Close()
		}()
		l := &link{raw: ours, conn: ours, d: &dialer{pace: new(pace)}}
		if err := l.legacyTLS(t.Context(), "", false, time.Second); err == nil && len(b) < 100 {
			t.Error("a handshake in less than 100 bytes")
		}
	})
}
