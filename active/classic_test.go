package active

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/matcher"
	"earshot/matcher/request"
)

// What nmap 7.93 was measured to do, against scripted servers. The waits are
// shorter here than nmap's; their order is the same.
const classicProbes = `
Probe TCP NULL q||
totalwaitms 300
tcpwrappedms 200
softmatch ftp m|^220 .*FTP|
match late m|^late hello| p/Late/
match both m|^both: (\S+) | p/Both/ v/$1/
match wordy m|^0123456789| p/Wordy/
Probe TCP GenericLines q|\r\n\r\n|
rarity 1
totalwaitms 300
match ftp m|^500 lines| p/A/
softmatch soft m|^SOFT|
match soft m|^SOFT hard| p/Hidden/
Probe TCP GetRequest q|GET / HTTP/1.0\r\n\r\n|
rarity 1
totalwaitms 300
match http m|^HTTP/1.0 200| p/Web/
match ssl m|^\x15\x03|
Probe TCP Help q|HELP\r\n|
rarity 3
totalwaitms 300
match ftp m|^214 help| p/B/
match soft m|^HARD (\S+)| p/Firm/ i/info/
Probe TCP Rare q|RARE\r\n|
rarity 9
totalwaitms 300
match ftp m|^rare| p/C/
Probe TCP Other q|OTHER\r\n|
rarity 9
totalwaitms 300
match other m|^other| p/D/
`

// patientProbes are those with long waits for all that is asked: for servers that do answer.
func patientProbes() string {
	return strings.Replace(strings.ReplaceAll(classicProbes, "totalwaitms 300", "totalwaitms 20000"), "totalwaitms 20000", "totalwaitms 300", 1)
}

func TestClassicNullAtIntensity0(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c net.Conn, _ *scripted) {
		_, _ = c.Write([]byte("both: 1.2 \r\n"))
		time.Sleep(time.Second)
	})
	r := asking(t, database(t, true, classicProbes), s.port, func(c *Config) { c.Strategy, c.Intensity = Classic, 0 })
	if r.Product != "Both" || r.Version != "1.2" || r.Method != "active" || r.Confidence != 10 {
		t.Errorf("%+v", r.Belief)
	}
}

// A soft match limits the probes to those with a line for its service, whatever their
// rarity; intensity 9 sends all.
func TestClassicSoftFilter(t *testing.T) {
	t.Parallel()
	greet := func(c net.Conn, s *scripted) {
		_, _ = c.Write([]byte("220 some FTP\r\n"))
		for s.asked(c) != "" {
		}
	}
	for _, x := range []struct {
		intensity int
		want      []string
	}{
		{7, []string{"\r\n\r\n", "HELP\r\n", "RARE\r\n"}},
		{9, []string{"\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "HELP\r\n", "RARE\r\n", "OTHER\r\n"}},
	} {
		s := serve(t, greet)
		r := asking(t, database(t, true, classicProbes), s.port, func(c *Config) { c.Strategy, c.Intensity = Classic, x.intensity })
		if got := s.questions(); !slices.Equal(got, x.want) {
			t.Errorf("intensity %d: asked %q, want %q", x.intensity, got, x.want)
		}
		if r.Service != "ftp" || r.Product != "" {
			t.Errorf("%+v", r.Belief)
		}
	}
}

// The connection of NULL carries the next probe, and its bytes stay before the answer.
func TestClassicSharesNull(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c net.Conn, s *scripted) {
		_, _ = c.Write([]byte("who are you\r\n"))
		if s.asked(c) != "" {
			_, _ = c.Write([]byte("what?\r\n"))
		}
		for s.asked(c) != "" {
		}
	})
	r := asking(t, database(t, true, classicProbes), s.port, classicMode)
	// One connection to see that it is open, one for NULL and GenericLines, then one each,
	// and one to see whether it speaks RPC, since no line has named it.
	if n := s.connections(); n != 1+1+2+1 {
		t.Errorf("%d connections", n)
	}
	got := map[string]string{}
	for _, e := range r.evidence {
		got[e.Result.Probe] = string(e.Banner)
	}
	if got["NULL"] != "who are you\r\n" || got["GenericLines"] != "who are you\r\nwhat?\r\n" {
		t.Errorf("saved %q", got)
	}
	if r.By != nil {
		t.Errorf("named %+v", r.Belief)
	}
}

func TestClassicDribble(t *testing.T) {
	s := serve(t, func(c net.Conn, _ *scripted) {
		for _, b := range "0123456789" {
			_, _ = c.Write([]byte{byte(b)})
			time.Sleep(5 * time.Millisecond)
		}
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := c.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) { // who knows enough has gone
			_, _ = c.Write([]byte("abcdefghij"))
		}
	})
	text := strings.Replace(classicProbes, "totalwaitms 300", "totalwaitms 30000", 1)
	r := asking(t, database(t, true, text), s.port, classicMode)
	if r.Product != "Wordy" {
		t.Fatalf("%+v", r.Belief)
	}
	if n := r.evidence[0].Size; n > 10 {
		t.Errorf("it waited for %d bytes", n)
	}
}

// A server that floods passes the limit of 4096 bytes at once, so that no probe waits.
func TestClassicFlood(t *testing.T) {
	s := serve(t, func(c net.Conn, _ *scripted) {
		b := []byte(strings.Repeat("x", 4096))
		for {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	})
	text := strings.ReplaceAll(classicProbes, "totalwaitms 300", "totalwaitms 30000")
	begin := time.Now()
	r := asking(t, database(t, true, text), s.port, classicMode)
	if took := time.Since(begin); took > 25*time.Second {
		t.Errorf("it took %v", took)
	}
	if r.By != nil || len(r.evidence) == 0 {
		t.Errorf("%+v, %d answers saved", r.Belief, len(r.evidence))
	}
}

func TestClassicSoftHidesHard(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c net.Conn, s *scripted) {
		if s.asked(c) == "\r\n\r\n" {
			_, _ = c.Write([]byte("SOFT hard"))
		}
		for s.asked(c) != "" {
		}
	})
	r := asking(t, database(t, true, classicProbes), s.port, classicMode)
	if r.Service != "soft" || r.Product != "" {
		t.Errorf("%+v", r.Belief)
	}
}

// A hard match inherits what an earlier soft match set.
func TestClassicInherits(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(classicProbes, "softmatch soft m|^SOFT|", "softmatch soft m|^SOFT (\\S+)| p/Soft/ v/$1/ h/host/ o/OS/ d/dev/ cpe:/a:x:y:1/")
	s := serve(t, func(c net.Conn, s *scripted) {
		for {
			switch s.asked(c) {
			case "":
				return
			case "\r\n\r\n":
				_, _ = c.Write([]byte("SOFT 1.0"))
			case "HELP\r\n":
				_, _ = c.Write([]byte("HARD x"))
			}
		}
	})
	r := asking(t, database(t, true, text), s.port, classicMode)
	want := matcher.Fields{Product: "Firm", Version: "1.0", Info: "info", Hostname: "host", OS: "OS", Device: "dev"}
	cpe := r.CPE
	r.CPE = nil
	if r.Product != want.Product || r.Version != want.Version || r.Info != want.Info || r.Hostname != want.Hostname || r.OS != want.OS ||
		r.Device != want.Device || !slices.Equal(cpe, []string{"cpe:/a:x:y:1"}) {
		t.Errorf("%+v %q", r.Belief, cpe)
	}
}

// A greeting that comes after NULL's time, while GenericLines waits, matches a line of NULL.
func TestClassicNullCheat(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c net.Conn, s *scripted) {
		if s.asked(c) != "" { // NULL's time is over
			_, _ = c.Write([]byte("late hello"))
		}
		for s.asked(c) != "" {
		}
	})
	r := asking(t, database(t, true, patientProbes()), s.port, classicMode)
	if r.Product != "Late" || !strings.Contains(r.trace, "Probe GenericLines matched with NULL") {
		t.Errorf("%+v\n%s", r.Belief, r.trace)
	}
}

func TestClassicWrapped(t *testing.T) {
	t.Parallel()
	linger := func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }
	for name, x := range map[string]struct {
		talk    func(net.Conn, *scripted)
		wrapped bool
		conns   int
	}{
		"early FIN": {func(net.Conn, *scripted) {}, true, 2},
		"early RST": {func(c net.Conn, _ *scripted) { linger(c) }, true, 2},
		"late FIN": {func(c net.Conn, _ *scripted) {
			time.Sleep(time.Second)
		}, true, 5},
		"one silence": {func(c net.Conn, s *scripted) {
			if s.connections() != 4 {
				time.Sleep(time.Second)
				return
			}
			silent(c, s)
		}, false, 6}, // the last one to see whether it speaks RPC
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, x.talk)
			text := strings.ReplaceAll(classicProbes, "totalwaitms 300", "totalwaitms 9000")
			if strings.HasPrefix(name, "early") {
				text = strings.ReplaceAll(text, "tcpwrappedms 200", "tcpwrappedms 8000")
			} else { // a second later is later by far
				text = strings.ReplaceAll(text, "tcpwrappedms 200", "tcpwrappedms 100")
			}
			r := asking(t, database(t, true, text), s.port, classicMode)
			if (r.Service == "tcpwrapped") != x.wrapped {
				t.Errorf("%+v", r.Belief)
			}
			if x.wrapped && r.Confidence != 8 {
				t.Errorf("confidence %d", r.Confidence)
			}
			if n := s.connections(); n != x.conns {
				t.Errorf("%d connections, want %d", n, x.conns)
			}
		})
	}
}

// certificate is for tests of TLS.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "probe.example"}, DNSNames: []string{"probe.example", "www.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A match of the service ssl begins the port again inside TLS.
func TestClassicTLS(t *testing.T) {
	t.Parallel()
	cert := certificate(t)
	var sni []string
	s := serve(t, func(c net.Conn, s *scripted) {
		head := make([]byte, 1)
		if n, _ := c.Read(head); n == 0 {
			return
		}
		if head[0] != 22 {
			_, _ = c.Write([]byte("\x15\x03\x01\x00\x02\x02\x46"))
			return
		}
		in := tls.Server(&pushedBack{Conn: c, head: head}, &tls.Config{Certificates: []tls.Certificate{cert}, GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			s.mu.Lock()
			sni = append(sni, h.ServerName)
			s.mu.Unlock()
			return nil, nil
		}})
		if s.asked(in) == "GET / HTTP/1.0\r\n\r\n" {
			_, _ = in.Write([]byte("HTTP/1.0 200 OK\r\n\r\n"))
		}
		_ = in.Close()
	})
	r := asking(t, database(t, true, classicProbes), s.port, classicMode)
	if r.Service != "http" || r.Tunnel != "ssl" || r.Product != "Web" {
		t.Errorf("%+v\n%s", r.Belief, r.trace)
	}
	if r.Hostname != "" {
		t.Errorf("hostname %q out of a certificate: nmap takes none from there", r.Hostname)
	}
	if len(sni) == 0 || sni[0] != "" {
		t.Errorf("SNI %q for a target that was typed as an address", sni)
	}
	sni = nil
	asking(t, database(t, true, classicProbes), s.port, func(c *Config) {
		c.Strategy, c.Scope = Classic, scope(t, "typed.example")
	})
	if len(sni) == 0 || sni[0] != "typed.example" {
		t.Errorf("SNI %q", sni)
	}
}

// pushedBack is a connection of which some bytes were read too early.
type pushedBack struct {
	net.Conn
	head []byte
}

func (p *pushedBack) Read(b []byte) (int, error) {
	if len(p.head) > 0 {
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}

// One socket carries all probes of a UDP port; an answer makes it open.
func TestClassicUDP(t *testing.T) {
	from := make(chan netip.AddrPort, 10)
	port := serveUDP(t, func(b []byte, a netip.AddrPort, say func(string)) {
		from <- a
		if string(b) == "two" {
			say("answer 7")
		}
	})
	db := database(t, true, "Probe UDP One q|one|\nrarity 1\ntotalwaitms 100\nProbe UDP Two q|two|\nrarity 1\ntotalwaitms 20000\nmatch x m|^answer (\\d)| p/X/ v/$1/\n")
	r := asking(t, db, 0, func(c *Config) { c.Strategy, c.Ports = Classic, []Port{{request.UDP, port}} })
	if r.Product != "X" || r.Version != "7" || r.state != "open" || r.reason != "udp-response" {
		t.Errorf("%+v %s %s", r.Belief, r.state, r.reason)
	}
	if a, b := <-from, <-from; a != b {
		t.Errorf("sent from %s and %s", a, b)
	}
}

// The order of nmap.org/book/vscan-technique.html.
func TestClassicOrder(t *testing.T) {
	db := database(t, true, `
Probe TCP NULL q||
Probe TCP A q|a|
rarity 1
Probe TCP B q|b|
rarity 9
ports 80
Probe TCP C q|c|
rarity 3
ports 80
sslports 443
match svc m|c|
Probe UDP U q|u|
rarity 1
Probe TCP D q|d|
rarity 8
match svc m|d|
Probe TCP E q|e|
rarity 2
fallback D
`)
	for _, x := range []struct {
		port      uint16
		tunnel    bool
		intensity int
		soft      string
		want      string
	}{
		{80, false, 7, "", "NULL B C A E"},
		{81, false, 7, "", "NULL A C E"},
		{81, false, 0, "", "NULL"},
		{80, false, 0, "", "NULL B C"},
		{443, true, 1, "", "NULL C A"},
		{80, true, 1, "", "NULL A"},
		{80, false, 7, "svc", "NULL C D"},
		{80, false, 9, "svc", "NULL B C A D E"},
	} {
		o := &classicOrder{db: db, proto: request.TCP, port: x.port, tunnel: x.tunnel, intensity: x.intensity}
		var got []string
		for p := o.next(x.soft); p != nil; p = o.next(x.soft) {
			got = append(got, p.Name)
		}
		if s := strings.Join(got, " "); s != x.want {
			t.Errorf("%+v: %s", x, s)
		}
	}
	o := &classicOrder{db: db, proto: request.UDP, port: 53, intensity: 7}
	if p := o.next(""); p == nil || p.Name != "U" || o.next("") != nil {
		t.Error("UDP")
	}
}
