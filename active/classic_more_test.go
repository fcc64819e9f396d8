package active

import (
	"crypto/tls"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/matcher/request"
	"earshot/state"
)

// A soft match is kept when a later connection fails, and told with less confidence.
func TestClassicSoftLost(t *testing.T) {
	var stop func()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop = func() { l.Close() }
	defer stop()
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if n == 1 { // the first was the look whether it is open
				stop()
				_, _ = c.Write([]byte("220 some FTP\r\n"))
			}
			c.Close()
		}
	}()
	port := uint16(l.Addr().(*net.TCPAddr).Port)
	r := asking(t, database(t, true, classicProbes), port, classicMode)
	if r.Service != "ftp" || !r.Guess() {
		t.Errorf("%+v", r.Belief)
	}
}

// What a probe got is kept for the fingerprint when the server has ended the connection,
// and not when it has reset it.
func TestClassicSaved(t *testing.T) {
	t.Parallel()
	for _, reset := range []bool{false, true} {
		s := serve(t, func(c net.Conn, s *scripted) {
			if s.asked(c) != "" {
				_, _ = c.Write([]byte("nobody knows"))
				time.Sleep(100 * time.Millisecond) // it is read before the reset
				if reset {
					_ = c.(*net.TCPConn).SetLinger(0)
				}
			}
		})
		r := asking(t, database(t, true, patientProbes()), s.port, classicMode)
		var got []string
		for _, e := range r.evidence {
			if e.Size > 0 {
				got = append(got, e.Result.Probe)
			}
		}
		slices.Sort(got)
		want := []string{"GenericLines", "GetRequest", "Help"}
		if reset {
			want = nil
		}
		if !slices.Equal(got, want) {
			t.Errorf("reset %v: saved the answers to %q, want %q", reset, got, want)
		}
	}
}

// TLS in which no line knows the words, and TLS that does not come about: the port ends
// there, and is not asked in the clear again.
func TestClassicTLSUnknown(t *testing.T) {
	t.Parallel()
	cert := certificate(t)
	for _, fails := range []bool{false, true} {
		s := serve(t, func(c net.Conn, s *scripted) {
			head := make([]byte, 1)
			if n, _ := c.Read(head); n == 0 {
				return
			}
			if head[0] != 22 || fails {
				s.mu.Lock()
				s.first = append(s.first, string(head))
				s.mu.Unlock()
				_, _ = c.Write([]byte("\x15\x03\x01\x00\x02\x02\x46"))
				return
			}
			in := tls.Server(&pushedBack{Conn: c, head: head}, &tls.Config{Certificates: []tls.Certificate{cert}})
			if s.asked(in) != "" {
				_, _ = in.Write([]byte("nobody knows"))
			}
			_ = in.Close()
		})
		r := asking(t, database(t, true, classicProbes), s.port, classicMode)
		if r.Tunnel != "ssl" || r.By != nil && r.Confidence > 5 || r.Product != "" {
			t.Errorf("fails %v: %+v\n%s", fails, r.Belief, r.trace)
		}
		clear := 0
		for _, q := range s.questions() {
			if len(q) == 1 && (q[0] == '\r' || q[0] == 'G') {
				clear++
			}
		}
		if clear != 2 { // GenericLines after NULL, and GetRequest, whose answer says TLS
			t.Errorf("fails %v: asked %d times in the clear: %q", fails, clear, s.questions())
		}
		inside := 0
		for _, e := range r.evidence {
			if e.Result.Tunnel == "ssl" && e.Size > 0 {
				inside++
			}
		}
		if (inside == 0) != fails {
			t.Errorf("fails %v: %d answers from inside TLS", fails, inside)
		}
	}
}

func TestClassicIPv6(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6: ", err)
	}
	defer l.Close()
	go accept(l, func(c net.Conn) { _, _ = c.Write([]byte("both: 1.2 \r\n")) })
	port := uint16(l.Addr().(*net.TCPAddr).Port)
	r := asking(t, database(t, true, classicProbes), port, func(c *Config) { c.Strategy, c.Scope = Classic, scope(t, "::1") })
	if r.Product != "Both" || r.Version != "1.2" || r.reason != "tcp-response" && r.reason != "syn-ack" {
		t.Errorf("%+v %s", r.Belief, r.reason)
	}
}

// A port that Exclude names is found open and not spoken to, but for --allports.
func TestClassicExclude(t *testing.T) {
	greet := func(c net.Conn, _ *scripted) {
		_, _ = c.Write([]byte("both: 1.2 \r\n"))
		time.Sleep(100 * time.Millisecond)
	}
	for _, all := range []bool{false, true} {
		s := serve(t, greet)
		db := database(t, true, sprintf("Exclude T:%d\n", s.port)+classicProbes)
		r := asking(t, db, s.port, func(c *Config) { c.Strategy, c.AllPorts = Classic, all })
		if r.state != "open" || (r.Product == "Both") != all || s.connections() == 0 {
			t.Errorf("all %v: %+v %s, %d connections", all, r.Belief, r.state, s.connections())
		}
	}
}

// The trace names the probe that was sent and the one whose line matched.
func TestClassicTrace(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c net.Conn, s *scripted) {
		if strings.HasPrefix(s.asked(c), "GET") {
			_, _ = c.Write([]byte("HTTP/1.0 200 OK\r\n\r\n"))
		}
	})
	r := asking(t, database(t, true, classicProbes), s.port, classicMode)
	for _, want := range []string{"sending probe NULL to 127.0.0.1", "sending probe GetRequest", "hard match (Probe GetRequest matched with GetRequest line ", "|Web|"} {
		if !strings.Contains(r.trace, want) {
			t.Errorf("the trace lacks %q:\n%s", want, r.trace)
		}
	}
}

// A datagram that no line knows opens the port all the same, and is saved.
func TestClassicUDPUnknown(t *testing.T) {
	t.Parallel()
	port := serveUDP(t, func(b []byte, _ netip.AddrPort, say func(string)) {
		if string(b) == "one" {
			say("nobody knows")
		}
	})
	db := database(t, true, "Probe UDP One q|one|\nrarity 1\ntotalwaitms 5000\nmatch x m|^x|\n")
	r := asking(t, db, 0, func(c *Config) { c.Strategy, c.Ports = Classic, []Port{{request.UDP, port}} })
	saved := slices.ContainsFunc(r.evidence, func(e state.Evidence) bool { return e.Result.Probe == "One" && e.Size > 0 })
	if r.By != nil || r.state != "open" || r.reason != "udp-response" || !saved {
		t.Errorf("%+v %s %s, saved %v", r.Belief, r.state, r.reason, saved)
	}
}
