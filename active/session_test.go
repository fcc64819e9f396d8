package active

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"earshot/matcher/request"
	"earshot/state"
)

// What swallows every question, and ends when we do, on the port of that name, is the
// service that throws away what it is told; what never ends is not.
func TestDiscard(t *testing.T) {
	for _, c := range []struct {
		name  string
		talk  func(net.Conn, *scripted)
		named string
		want  string
	}{
		{"discard", func(c net.Conn, _ *scripted) { _, _ = io.Copy(io.Discard, c) }, "discard", "discard"},
		{"another port", func(c net.Conn, _ *scripted) { _, _ = io.Copy(io.Discard, c) }, "other", ""},
		{"it closes", func(c net.Conn, _ *scripted) { _, _ = c.Read(make([]byte, 64)) }, "discard", ""},
		{"it has a last word", func(c net.Conn, _ *scripted) {
			_, _ = io.Copy(io.Discard, c)
			_, _ = c.Write([]byte("bye"))
		}, "discard", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.talk)
			q := quiet{
				p: &prober{cfg: &Config{Scope: scope(t, "127.0.0.1")}, rec: &recorder{store: new(state.Memory)}},
				t: &task{name: c.named, host: new(hostPace)}, quietly: true, silent: maxWrapped,
			}
			q.t.ep = endpoint(addr("127.0.0.1"), Port{request.TCP, s.port})
			q.p.dial = newDialer(q.p.cfg)
			q.discards(t.Context())
			q.hangUp()
			if q.best.Service != c.want {
				t.Errorf("%q, want %q", q.best.Service, c.want)
			}
		})
	}
}

// A greeting and an answer that tell nothing each may do so together.
func TestGreetingAndAnswer(t *testing.T) {
	s := serve(t, func(c net.Conn, s *scripted) {
		_, _ = c.Write([]byte("+OK\r\n"))
		if s.asked(c) != "" {
			_, _ = c.Write([]byte("-ERR\r\n"))
		}
	})
	db := database(t, false, `
Probe TCP NULL q||
softmatch pop3 m|^\+OK|
Probe TCP Capa q|CAPA\r\n|
rarity 3
match pop3 m|^\+OK\r\n-ERR\r\n$| p/Terse/
softmatch pop3 m|^-ERR|
`)
	if r := asking(t, db, s.port, nil); r.Product != "Terse" || s.connections() != 1 {
		t.Errorf("%+v in %d connections", r.Belief, s.connections())
	}
}

// Greylisting is asked a question that it was not asked before; nothing else changes.
func TestVary(t *testing.T) {
	policy := []byte("request=smtpd_access_policy\nsender=probe@example.com\nrecipient=probe@example.com\n\n")
	a, b := vary(policy, time.UnixMilli(1)), vary(policy, time.UnixMilli(2))
	if bytes.Equal(a, b) || !bytes.HasSuffix(a, []byte("@example.com\nrecipient=probe@example.com\n\n")) || request.Classify(request.TCP, a) != request.Classify(request.TCP, policy) {
		t.Errorf("%q, %q", a, b)
	}
	other := []byte("GET / HTTP/1.0\r\n\nsender=probe@x")
	if got := vary(other, time.UnixMilli(1)); !bytes.Equal(got, other) {
		t.Errorf("%q", got)
	}
}

// A server that takes one client at a time is given time between two.
func TestRests(t *testing.T) {
	if testing.Short() {
		t.Skip("it rests for seconds")
	}
	t.Parallel()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	where := l.Addr().String()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		l.Close()
		_, _ = c.Read(make([]byte, 64))
		c.Close()
		time.Sleep(2 * time.Second)
		if l, err = net.Listen("tcp4", where); err != nil {
			return
		}
		defer l.Close()
		if c, err = l.Accept(); err == nil {
			_, _ = c.Read(make([]byte, 64))
			_, _ = c.Write([]byte("HTTP/1.0 200 OK\r\nServer: Z/1.5\r\n\r\n"))
			c.Close()
		}
	}()
	r := asking(t, database(t, false, quietProbes+"ports 1-65535\n"), uint16(l.Addr().(*net.TCPAddr).Port), nil)
	if r.Product != "Z" {
		t.Errorf("%+v\n%s", r.Belief, r.trace)
	}
}

// A server of NTP that takes part in the interleaved mode is chrony; one that sends back
// the other time is not.
func TestInterleaved(t *testing.T) {
	for _, interleaved := range []bool{true, false} {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		go func() {
			buf, known := make([]byte, 512), false
			for {
				n, from, err := c.ReadFromUDP(buf)
				if err != nil {
					return
				}
				if n < 48 {
					continue
				}
				b := make([]byte, 48)
				b[0] = 4<<3 | 4
				copy(b[24:], buf[40:48])
				if interleaved && known && string(buf[24:32]) == "receipt." {
					copy(b[24:], buf[32:40])
				}
				known = string(buf[24:32]) == "receipt."
				copy(b[32:], "receipt.")
				_, _ = c.WriteToUDP(b, from)
			}
		}()
		db := database(t, false, "Probe UDP NTP q|\\x23"+string(bytes.Repeat([]byte(`\0`), 47))+"|\nrarity 1\nsoftmatch ntp m|^\\x24|\n")
		port := c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		r := asking(t, db, 0, func(c *Config) { c.Ports = []Port{{request.UDP, port}} })
		if want := map[bool]string{true: "chrony"}[interleaved]; r.Service != "ntp" || r.Product != want {
			t.Errorf("interleaved %v: %+v\n%s", interleaved, r.Belief, r.trace)
		}
	}
}
