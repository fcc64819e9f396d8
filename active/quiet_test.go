package active

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/active/discover"
	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

const quietProbes = `
Probe TCP NULL q||
match ssh m|^SSH-2.0-X_(\S+)\r\n| p/X/ v/$1/
match ftp m|^220 Y FTP\r\n| p/Y/
Probe TCP GetRequest q|GET / HTTP/1.0\r\n\r\n|
rarity 1
match http m|^HTTP/1\.\d .*\r\nServer: Z/(\S+)\r\n|s p/Z/ v/$1/
match http m|^HTTP/2 .*\r\nserver: Z/(\S+)\r\n|s p/Z/ v/$1/
softmatch http m|^HTTP/1|
Probe TCP DNSVersionTCP q|\0\x1eea\0\0\0\x01\0\0\0\0\0\0\x07version\x04bind\0\0\x10\0\x03|
rarity 3
Probe TCP Stat q|STAT\r\n|
rarity 9
match ftp m|^211 Y (\S+)| p/Y/ v/$1/
Probe TCP Rare q|rare|
rarity 8
`

// One connection finds the port open and carries the greeting, and there is no more.
func TestQuietGreeting(t *testing.T) {
	s := serve(t, func(c net.Conn, s *scripted) {
		_, _ = c.Write([]byte("SSH-2.0-X_9.1\r\n"))
		s.asked(c)
	})
	r := asking(t, database(t, false, quietProbes), s.port, nil)
	if r.Product != "X" || r.Version != "9.1" || r.Method != "active" {
		t.Errorf("%+v", r.Belief)
	}
	if n := s.connections(); n != 1 || len(s.questions()) != 0 || r.totals.SentData != 0 {
		t.Errorf("%d connections, asked %q", n, s.questions())
	}
}

// A product without a version is asked on, over the same connection, by the one
// question that can tell it, however rare.
func TestQuietConverses(t *testing.T) {
	s := serve(t, func(c net.Conn, s *scripted) {
		_, _ = c.Write([]byte("220 Y FTP\r\n"))
		if s.asked(c) == "STAT\r\n" {
			_, _ = c.Write([]byte("211 Y 3.2 status\r\n"))
		}
	})
	r := asking(t, database(t, false, quietProbes), s.port, nil)
	if r.Product != "Y" || r.Version != "3.2" || s.connections() != 1 {
		t.Errorf("%+v in %d connections", r.Belief, s.connections())
	}
}

// A question that is met by silence ends the sending, and what is said then is heard.
func TestQuietLastWord(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c net.Conn, s *scripted) {
		if q, _ := io.ReadAll(c); strings.HasPrefix(string(q), "GET ") {
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nServer: Z/1.6\r\nContent-Length: 0\r\n\r\n"))
		}
	})
	r := asking(t, database(t, false, quietProbes), s.port, nil)
	if r.Product != "Z" || r.Version != "1.6" {
		t.Errorf("%+v\n%s", r.Belief, r.trace)
	}
}

// An answer whose end is known is not waited for any longer.
func TestQuietWholeAnswer(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c net.Conn, s *scripted) {
		if strings.HasPrefix(s.asked(c), "GET ") {
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nServer: Z/1.5\r\nContent-Length: 2\r\n\r\nok"))
		}
		s.asked(c)
	})
	r := asking(t, database(t, false, quietProbes), s.port, nil)
	if r.Product != "Z" || s.connections() != 1 || !slices.Equal(s.questions()[:1], []string{"GET / HTTP/1.0\r\n\r\n"}) {
		t.Errorf("%+v %d %q", r.Belief, s.connections(), s.questions())
	}
}

// TLS is found by a handshake, certificate and ALPN are kept, and what is inside is
// asked for in the words of the protocol that was chosen.
func TestQuietTLS(t *testing.T) {
	t.Parallel()
	for _, h2 := range []bool{false, true} {
		web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Server", "Z/7.7")
		}))
		web.EnableHTTP2 = h2
		web.StartTLS()
		defer web.Close()
		port := web.Listener.Addr().(*net.TCPAddr).AddrPort().Port()
		r := asking(t, database(t, false, quietProbes), port, nil)
		if r.Service != "http" || r.Tunnel != "ssl" || r.Product != "Z" || r.Version != "7.7" {
			t.Errorf("h2 %v: %+v\n%s", h2, r.Belief, r.trace)
		}
		i := slices.IndexFunc(r.evidence, func(e state.Evidence) bool { return e.TLS != nil })
		if i < 0 || r.evidence[i].TLS.ALPN == "" || (r.evidence[i].TLS.ALPN == "h2") != h2 || len(r.evidence[i].TLS.Names) == 0 {
			t.Errorf("h2 %v: the handshake was not kept", h2)
		}
	}
}

// Words in the clear that ask for TLS are heeded at once, however many questions there are
// for what the port seemed to speak.
func TestQuietTLSAskedFor(t *testing.T) {
	t.Parallel()
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", "Z/7.7")
	}))
	defer web.Close()
	port := web.Listener.Addr().(*net.TCPAddr).AddrPort().Port()
	text := strings.Replace(quietProbes, "rarity 1\n", fmt.Sprintf("rarity 1\nports %d\n", port), 1)
	for _, page := range []string{"a", "b", "c", "d", "e"} {
		text += fmt.Sprintf("Probe TCP Page%s q|GET /%s HTTP/1.0\\r\\n\\r\\n|\nrarity 3\nports %d\nmatch http m|^HTTP/1\\.\\d \\d+ .*\\r\\nPage: %s|s p/Z/\n", page, page, port, page)
	}
	r := asking(t, database(t, false, text), port, nil)
	if r.Tunnel != "ssl" || r.Product != "Z" || r.Version != "7.7" || strings.Contains(r.trace, "Page") {
		t.Errorf("%+v\n%s", r.Belief, r.trace)
	}
}

// A server that wants none of the protocols offered is asked again without any.
func TestQuietALPNRefused(t *testing.T) {
	t.Parallel()
	cert := certificate(t)
	s := serve(t, func(c net.Conn, s *scripted) {
		in := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"only-this"}})
		if strings.HasPrefix(s.asked(in), "GET ") {
			_, _ = in.Write([]byte("HTTP/1.0 200 OK\r\nServer: Z/2\r\n\r\n"))
		}
		_ = in.Close()
	})
	r := asking(t, database(t, false, quietProbes), s.port, nil)
	if r.Tunnel != "ssl" || r.Version != "2" {
		t.Errorf("%+v\n%s", r.Belief, r.trace)
	}
}

// What the state knows is not asked; what it knows in part decides the question.
func TestQuietAfterListening(t *testing.T) {
	s := serve(t, func(c net.Conn, s *scripted) {
		_, _ = c.Write([]byte("SSH-2.0-X_9.1\r\n"))
		s.asked(c)
	})
	ep := capture.Endpoint{Addr: netip.AddrPortFrom(addr("127.0.0.1"), s.port), Proto: request.TCP}
	m := new(state.Memory)
	_ = m.Add(state.Evidence{Endpoint: ep, Origin: "listen", Count: 1, Result: matcher.Result{Kind: matcher.Hard, Service: "ssh", Fields: matcher.Fields{Product: "X", Version: "9.1"}}})
	r := asking(t, database(t, false, quietProbes), s.port, func(c *Config) { c.Store = m })
	if n := s.connections(); n != 0 || r.totals.Sent != 0 || r.Product != "X" || r.Method != "passive" {
		t.Errorf("%d connections for what was known: %+v", n, r.Belief)
	}
	m = new(state.Memory)
	_ = m.See(state.Sighting{Closed: true, Origin: "listen", Sighting: capture.Sighting{Endpoint: ep, Count: 1, Reason: "reset"}})
	asking(t, database(t, false, quietProbes), s.port, func(c *Config) { c.Store = m })
	if n := s.connections(); n != 0 {
		t.Errorf("%d connections to what was heard to be closed", n)
	}
}

// A port that answers anything with the same words, one that echoes, one that closes.
func TestQuietOddities(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		talk    func(net.Conn, *scripted)
		service string
		most    int // connections
	}{
		"echo": {func(c net.Conn, s *scripted) {
			_, _ = c.Write([]byte(s.asked(c)))
		}, "echo", 2},
		"the same": {func(c net.Conn, s *scripted) {
			s.asked(c)
			_, _ = c.Write([]byte("what do you want?\r\n"))
		}, "", 4},
		"wrapped": {func(net.Conn, *scripted) {}, "tcpwrapped", 1 + maxWrapped},
	} {
		s := serve(t, x.talk)
		r := asking(t, database(t, false, quietProbes), s.port, nil)
		if r.Service != x.service || s.connections() > x.most {
			t.Errorf("%s: %+v in %d connections\n%s", name, r.Belief, s.connections(), r.trace)
		}
	}
}

// Servers that mean ill end in bounded time, memory and connections.
func TestHostile(t *testing.T) {
	forever := func(c net.Conn, b []byte, wait time.Duration) {
		for {
			if _, err := c.Write(b); err != nil {
				return
			}
			time.Sleep(wait)
		}
	}
	for name, talk := range map[string]func(net.Conn, *scripted){
		"drip":  func(c net.Conn, _ *scripted) { forever(c, []byte("x"), 40*time.Millisecond) },
		"flood": func(c net.Conn, _ *scripted) { forever(c, bytes.Repeat([]byte("y"), 64<<10), 0) },
		"reset": func(c net.Conn, s *scripted) { s.asked(c); _ = c.(*net.TCPConn).SetLinger(0) },
		"endless headers": func(c net.Conn, s *scripted) {
			s.asked(c)
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\n"))
			forever(c, []byte("X-A: b\r\n"), 0)
		},
		"endless body": func(c net.Conn, s *scripted) {
			s.asked(c)
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"))
			forever(c, bytes.Repeat([]byte("z"), 64<<10), 0)
		},
		"TLS hang": func(c net.Conn, s *scripted) {
			s.asked(c)
			_, _ = c.Write([]byte("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"))
			silent(c, s)
		},
		"TLS garbage": func(c net.Conn, s *scripted) {
			s.asked(c)
			_, _ = c.Write(append([]byte("\x16\x03\x03\x40\x00"), make([]byte, 1<<14)...))
		},
		"silence": silent,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, talk)
			r := asking(t, database(t, false, quietProbes), s.port, nil)
			if n := s.connections(); n > 40 {
				t.Errorf("%d connections", n)
			}
			if r.state != "open" {
				t.Errorf("state %q", r.state)
			}
			for _, e := range r.evidence {
				if e.Size > 16<<10 {
					t.Errorf("%d bytes were read for one answer", e.Size)
				}
			}
		})
	}
}

// What was learned is kept when the time for a host is over, and when the user stops.
func TestNothingIsThrownAway(t *testing.T) {
	t.Parallel()
	good := serve(t, func(c net.Conn, s *scripted) {
		_, _ = c.Write([]byte("SSH-2.0-X_9.1\r\n"))
		s.asked(c)
	})
	slow := serve(t, silent)
	m := new(state.Memory)
	cfg := &Config{
		DB: database(t, false, quietProbes), Scope: scope(t, "127.0.0.1"), Store: m, Intensity: 7,
		Ports: []Port{{request.TCP, good.port}, {request.TCP, slow.port}}, HostTimeout: 4 * time.Second,
	}
	if err := Run(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	known := 0
	_ = m.Hosts(func(h *state.Host) error {
		for i := range h.Services {
			if b := state.Believe(&h.Services[i], nil); b.Product == "X" || h.Services[i].State() == "open" {
				known++
			}
		}
		return nil
	})
	if known != 2 {
		t.Errorf("%d ports are known after the host's time was over", known)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	cfg.HostTimeout, cfg.Ports = 0, []Port{{request.TCP, slow.port}}
	if err := Run(ctx, cfg); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stopped: %v", err)
	}
}

// The ledger has a line for every connection, and the sums are right.
func TestLedger(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c net.Conn, s *scripted) {
		if strings.HasPrefix(s.asked(c), "GET ") {
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nServer: Z/1.5\r\nContent-Length: 2\r\n\r\nok"))
		}
	})
	r := asking(t, database(t, false, quietProbes), s.port, nil)
	lines, asked, sent := 0, 0, 0
	for l := range strings.Lines(r.ledger) {
		var e Entry
		if err := json.Unmarshal([]byte(l), &e); err != nil {
			t.Fatalf("%v: %s", err, l)
		}
		lines++
		asked += len(e.Asked)
		sent += e.Sent
		if e.Why == "" || e.Outcome == "" || e.Port != s.port {
			t.Errorf("%+v", e)
		}
	}
	if lines != s.connections() || asked != len(s.questions()) || uint64(sent) != r.totals.Sent {
		t.Errorf("%d lines, %d questions, %d packets; the server saw %d connections and %d questions", lines, asked, sent, s.connections(), len(s.questions()))
	}
}

// The rates hold: so many packets a second, so long between two connections to a host.
func TestPace(t *testing.T) {
	t.Parallel()
	p := &pace{rate: &discover.Rate{Most: 200}}
	begin := time.Now()
	for range 10 {
		if err := p.wait(context.Background(), nil, 4); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begin); took < 150*time.Millisecond {
		t.Errorf("40 packets at 200 a second took %v", took)
	}
	p = &pace{rate: new(discover.Rate), delay: 30 * time.Millisecond}
	h := &hostPace{}
	begin = time.Now()
	for range 4 {
		_ = p.wait(context.Background(), h, 4)
	}
	if took := time.Since(begin); took < 85*time.Millisecond {
		t.Errorf("4 connections 30 ms apart took %v", took)
	}
}

// Many ports at once: closed ones are closed, and the open one is found among them.
func TestConnectScan(t *testing.T) {
	s := serve(t, func(c net.Conn, s *scripted) { _, _ = c.Write([]byte("SSH-2.0-X_9.1\r\n")); s.asked(c) })
	m := new(state.Memory)
	cfg := &Config{DB: database(t, false, quietProbes), Scope: scope(t, "127.0.0.1"), Store: m}
	for p := 1; p < 1000; p++ {
		cfg.Ports = append(cfg.Ports, Port{request.TCP, uint16(p)})
	}
	cfg.Ports = append(cfg.Ports, Port{request.TCP, s.port})
	if err := Run(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	if m.Len() != 1000 {
		t.Errorf("%d ports have a state", m.Len())
	}
	_ = m.Hosts(func(h *state.Host) error {
		for i := range h.Services {
			x := &h.Services[i]
			if x.Endpoint.Addr.Port() == s.port && state.Believe(x, nil).Product != "X" {
				t.Error("the open port was not named")
			}
		}
		return nil
	})
}

func FuzzWhole(f *testing.F) {
	f.Add("http-get", []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
	f.Add("ldap-search", []byte("0\x84\x00\x00\x00\x10"))
	f.Add("postgres-ssl", []byte("R\x00\x00\x00\x08"))
	f.Add("smb-negotiate", []byte("\x00\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, kind string, b []byte) {
		if len(b) == 0 {
			return
		}
		whole(request.Kind(kind), b)
		saysTLS(b)
		if g := gap(b, time.Second); g <= 0 || g > 10*time.Second {
			t.Errorf("gap %v", g)
		}
	})
}

func TestWhole(t *testing.T) {
	for _, c := range []struct {
		kind request.Kind
		data string
		want bool
	}{
		{"http-get", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", false},
		{"http-get", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true},
		{"http-get", "HTTP/1.1 200 OK\r\n\r\nhello", false},
		{"http-get", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true},
		{"http-get", "HTTP/1.1 304 Not Modified\r\n\r\n", true},
		{"http-get", "HTTP/1.1 200 OK\r\nContent-Len", false},
		{"rtsp-options", "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", true},
		{"dns-version", "\x00\x03abc", true},
		{"dns-version", "\x00\x04abc", false},
		{"ldap-search", "0\x03abc", true},
		{"ldap-search", "0\x82\x00\x03abc", true},
		{"ldap-search", "0\x82\x00\x04abc", false},
		{"", "anything\r\n", false},
	} {
		if got := whole(c.kind, []byte(c.data)); got != c.want {
			t.Errorf("%s %q: %v", c.kind, c.data, got)
		}
	}
}

// What is denied is not sent: of a server that says nothing to anything no more is asked
// than Config.May lets through.
func TestMay(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c net.Conn, s *scripted) {
		s.asked(c)
		time.Sleep(20 * time.Millisecond)
	})
	var mu sync.Mutex
	left, denied := 2, 0
	may := func(a netip.AddrPort, proto string) bool {
		mu.Lock()
		defer mu.Unlock()
		if a.Port() != s.port || proto != "tcp" {
			t.Errorf("%v/%s is to be asked", a, proto)
		}
		left--
		if left < 0 {
			denied++
		}
		return left >= 0
	}
	r := asking(t, database(t, false, quietProbes), s.port, func(c *Config) { c.May, c.Up = may, true })
	if n := s.connections(); n != 2 || r.totals.Connections != 2 || denied == 0 {
		t.Errorf("%d connections of 2, %d on the ledger, %d denied", n, r.totals.Connections, denied)
	}
}

// A port that says the same to everything is asked all that it is registered for, and little
// else.
func TestQuietOwnProbes(t *testing.T) {
	s := serve(t, func(c net.Conn, s *scripted) {
		for {
			switch s.asked(c) {
			case "":
				return
			case "e\r\n":
				_, _ = c.Write([]byte("E 5\r\n"))
			default:
				_, _ = c.Write([]byte("?\r\n"))
			}
		}
	})
	text := "Probe TCP NULL q||\n"
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		text += fmt.Sprintf("Probe TCP %s q|%s\\r\\n|\nrarity %d\nports %d\n", name, name, 5+i, s.port)
	}
	text += "match e m|^E (\\d)| p/E/ v/$1/\n"
	for i := range 20 {
		text += fmt.Sprintf("Probe TCP other%d q|other %d\\r\\n|\nrarity 3\n", i, i)
	}
	r := asking(t, database(t, false, text), s.port, nil)
	if r.Product != "E" || r.Version != "5" {
		t.Errorf("%+v, asked %q", r.Belief, s.questions())
	}
	if n := len(s.questions()); n > 8 {
		t.Errorf("asked %d questions: %q", n, s.questions())
	}
}
