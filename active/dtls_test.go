package active

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os/exec"
	"regexp"
	"testing"

	"earshot/data"
	"earshot/matcher/request"
)

// A server of DTLS tells its version, cipher and certificate, with and without a cookie.
func TestDTLS(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip(err)
	}
	text, err := data.Probes.ReadFile("probes/tls.probes")
	if err != nil {
		t.Fatal(err)
	}
	db := database(t, false, regexp.MustCompile(`(?m)^ports 443,853,2221.*`).ReplaceAllString(string(text), "ports 1-65535"))
	for _, args := range [][]string{{"-dtls1_2"}, {"-dtls1_2", "-listen"}, {"-dtls1_2", "-mtu", "400", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"}} {
		t.Run(fmt.Sprint(args), func(t *testing.T) {
			c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			port := c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
			c.Close()
			cmd := exec.Command("openssl", append([]string{"s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-cert", certificateFile(t)}, args...)...)
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			said, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Skip(err)
			}
			t.Cleanup(func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			})
			lines := bufio.NewReader(said)
			for line := ""; line != "ACCEPT\n"; {
				if line, err = lines.ReadString('\n'); err != nil {
					t.Fatalf("openssl does not listen: %v", err)
				}
			}
			go func() { _, _ = io.Copy(io.Discard, lines) }()
			r := asking(t, db, 0, func(c *Config) { c.Ports = []Port{{request.UDP, port}} })
			found := false
			for _, e := range r.evidence {
				if e.TLS != nil && e.TLS.Version == 0xfefd {
					found = e.TLS.Cipher != 0 && e.TLS.Subject == "probe.example"
				}
			}
			if r.Service != "dtls" || !found {
				t.Errorf("%+v\n%+v\n%s", r.Belief, r.evidence, r.trace)
			}
		})
	}
}

// Whatever a server says for a flight, nothing breaks.
func FuzzDTLSCookie(f *testing.F) {
	f.Add(append(make([]byte, 27), 200))
	f.Add(dtlsHello([32]byte{}, []byte("cookie"), "host.example", 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, ok := dtlsCookie(b); ok && len(c) > 255 {
			t.Error(len(c))
		}
	})
}
