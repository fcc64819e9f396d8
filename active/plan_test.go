package active

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

// Whatever asks for it, a dial outside the scope sends nothing.
func TestDialObeysScope(t *testing.T) {
	s := serve(t, silent)
	cfg := &Config{Scope: scope(t, "192.0.2.0/24")}
	d := newDialer(cfg)
	to := netip.AddrPortFrom(addr("127.0.0.1"), s.port)
	if _, err := d.tcp(context.Background(), nil, to, time.Second, "test"); !errors.Is(err, ErrScope) {
		t.Errorf("tcp: %v", err)
	}
	if _, err := d.udp(context.Background(), nil, to, "test"); !errors.Is(err, ErrScope) {
		t.Errorf("udp: %v", err)
	}
	time.Sleep(20 * time.Millisecond)
	if n := s.connections(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

// A capture that shows open ports of other hosts, and names of them, leads nowhere.
func TestRunObeysScope(t *testing.T) {
	t.Parallel()
	in, out := serve(t, silent), serve(t, silent)
	m := new(state.Memory)
	for _, p := range []uint16{in.port, out.port} {
		_ = m.See(state.Sighting{Origin: "t", Sighting: capture.Sighting{
			Endpoint: capture.Endpoint{Addr: netip.AddrPortFrom(addr("127.0.0.1"), p), Proto: request.TCP}, Count: 1, Reason: "syn-ack",
		}})
	}
	cfg := &Config{
		DB: database(t, false, "Probe TCP NULL q||\n"), Store: m,
		Scope: scope(t, "127.0.0.0/30", "-", "127.0.0.1"),
	}
	if err := Run(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	if a, b := in.connections(), out.connections(); a+b != 0 {
		t.Errorf("%d and %d connections to what is excluded", a, b)
	}
	cfg.Scope = scope(t, "127.0.0.1")
	if err := Run(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	if in.connections() == 0 || out.connections() == 0 {
		t.Error("what is in scope was not asked")
	}
}

// What is known, closed, or better left alone is not spoken to.
func TestDecide(t *testing.T) {
	db := database(t, false, `
Exclude T:7000
Probe TCP NULL q||
match ssh m|^SSH-2.0-X_(\S+)| p/X/ v/$1/
Probe TCP GetRequest q|GET / HTTP/1.0\r\n\r\n|
match http m|^HTTP/1.0 200| p/Y/
Probe TCP Version q|version|
match http m|^Y (\d+)| p/Y/ v/$1/
`)
	ep := func(p uint16) capture.Endpoint {
		return capture.Endpoint{Addr: netip.AddrPortFrom(addr("192.0.2.1"), p), Proto: request.TCP}
	}
	m := new(state.Memory)
	life := func(p uint16, closed bool, why string) {
		_ = m.See(state.Sighting{Closed: closed, Origin: "t", Sighting: capture.Sighting{Endpoint: ep(p), Count: 1, Reason: why}})
	}
	life(1, false, "syn-ack")
	life(2, true, "reset")
	life(3, true, "no-response")
	add := func(p uint16, r matcher.Result) {
		r.Kind = matcher.Hard
		_ = m.Add(state.Evidence{Endpoint: ep(p), Result: r, Origin: "t", Count: 1})
	}
	add(4, matcher.Result{Service: "ssh", Fields: matcher.Fields{Product: "X", Version: "1"}})
	add(5, matcher.Result{Service: "http", Fields: matcher.Fields{Product: "Y"}})
	add(6, matcher.Result{Service: "http", Fields: matcher.Fields{Product: "Z"}})
	cfg := &Config{DB: db, Scope: scope(t, "192.0.2.0/28"), Store: m, Intensity: 7}
	known, err := views(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		port            uint16
		ask, speak, all bool
	}{
		{port: 1, ask: true, speak: true},
		{port: 2},
		{port: 3, ask: true, speak: true},
		{port: 4},
		{port: 5, ask: true, speak: true}, // a question could tell the version
		{port: 6},
		{port: 502, ask: true},
		{port: 502, ask: true, speak: true, all: true},
		{port: 9100, ask: true},
		{port: 7000, ask: true},
		{port: 80, ask: true, speak: true},
	} {
		cfg.AllPorts = c.all
		s := cfg.decide(addr("192.0.2.1"), Port{request.TCP, c.port}, known[addr("192.0.2.1")])
		if s.Ask != c.ask || s.Speak != c.speak {
			t.Errorf("port %d: %+v", c.port, s)
		}
	}
	cfg.AllPorts = false
	if s := cfg.decide(addr("192.0.2.1"), Port{request.UDP, 47808}, nil); s.Ask {
		t.Errorf("BACnet: %+v", s)
	}
	if s := cfg.decide(addr("198.51.100.1"), Port{request.TCP, 80}, nil); s.Ask {
		t.Errorf("out of scope: %+v", s)
	}
}

// An industrial port is connected to and listened to, and hears nothing from us.
func TestSparedPortHearsNothing(t *testing.T) {
	t.Parallel()
	heard := make(chan int, 16)
	l, err := net.Listen("tcp4", "127.0.0.1:20547")
	if err != nil {
		t.Skip("port 20547 is in use here")
	}
	defer l.Close()
	go accept(l, func(c net.Conn) {
		n, _ := c.Read(make([]byte, 100))
		heard <- n
	})
	db := database(t, false, "Probe TCP NULL q||\nProbe TCP GetRequest q|GET / HTTP/1.0\\r\\n\\r\\n|\nrarity 1\n")
	r := asking(t, db, 20547, func(c *Config) { c.AllPorts = false })
	if r.state != "open" {
		t.Errorf("state %q", r.state)
	}
	if n := <-heard; n != 0 {
		t.Errorf("it was sent %d bytes", n)
	}
}
