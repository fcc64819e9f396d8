package active

import (
	"bytes"
	"context"
	"flag"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/active/discover"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

// TestMain has many tests run at once: most of them wait for time-outs.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = flag.Set(f.Name, "16")
	}
	os.Exit(m.Run())
}

// serveUDP hands what comes to a new UDP port of 127.0.0.1 to talk, which may answer by say.
func serveUDP(t *testing.T, talk func(b []byte, from netip.AddrPort, say func(string))) (port uint16) {
	t.Helper()
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			talk(b[:n], from, func(s string) { _, _ = c.WriteToUDPAddrPort([]byte(s), from) })
		}
	}()
	return uint16(c.LocalAddr().(*net.UDPAddr).Port)
}

// scripted is a server on loopback that keeps count of what it was asked.
type scripted struct {
	port  uint16
	mu    sync.Mutex
	conns int
	first []string // what each connection sent first
}

// serve runs talk for every connection to a new port of 127.0.0.1. talk may return at
// any time: the connection is closed then.
func serve(t *testing.T, talk func(net.Conn, *scripted)) *scripted {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{port: uint16(l.Addr().(*net.TCPAddr).Port)}
	var open sync.Map
	t.Cleanup(func() {
		l.Close()
		open.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
	})
	go accept(l, func(c net.Conn) {
		s.mu.Lock()
		s.conns++
		s.mu.Unlock()
		open.Store(c, true)
		defer open.Delete(c)
		talk(c, s)
	})
	return s
}

// accept runs talk for every connection until the listener is closed, and closes the
// connection when talk returns.
func accept(l net.Listener, talk func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			talk(c)
		}()
	}
}

// asked reads one question and notes it.
func (s *scripted) asked(c net.Conn) string {
	b := make([]byte, 4096)
	n, err := c.Read(b)
	if err != nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.first = append(s.first, string(b[:n]))
	return string(b[:n])
}

func (s *scripted) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

func (s *scripted) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.first...)
}

// database reads probes written in a test.
func database(t *testing.T, strict bool, text string) *matcher.DB {
	t.Helper()
	f, err := matcher.ParseFile("t.probes", []byte(strings.TrimLeft(text, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	db, err := matcher.New(matcher.Options{Strict: strict, Validate: true}, f)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// scope reads targets; "-" comes before those to be excluded. Every name is 127.0.0.1.
func scope(t *testing.T, words ...string) *discover.Targets {
	t.Helper()
	var exclude []string
	if i := slices.Index(words, "-"); i >= 0 {
		words, exclude = words[:i], words[i+1:]
	}
	s, err := discover.ParseTargets(context.Background(), words, exclude, discover.TargetOptions{
		Resolve: func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{addr("127.0.0.1")}, nil },
	})
	if err != nil || len(s.Skipped()) > 0 {
		t.Fatal(err, s.Skipped())
	}
	return s
}

// result is what a run made of one port.
type result struct {
	state.Belief
	state, reason string
	evidence      []state.Evidence
	ledger        string
	totals        Totals
	trace         string
}

// asking runs a probe of one TCP port of 127.0.0.1 to its end.
func asking(t *testing.T, db *matcher.DB, port uint16, change func(*Config)) result {
	t.Helper()
	var ledger bytes.Buffer
	var mu sync.Mutex
	var trace strings.Builder
	cfg := &Config{
		DB: db, Scope: scope(t, "127.0.0.1"), Store: new(state.Memory), Ports: []Port{{request.TCP, port}}, Intensity: 7,
		AllPorts: true, // the kernel gives out ports of industrial control, too
		Ledger:   &Ledger{W: &ledger},
		Trace: func(l string) {
			mu.Lock()
			defer mu.Unlock()
			trace.WriteString(l + "\n")
		},
	}
	if change != nil {
		change(cfg)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if err := Run(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	r := result{ledger: ledger.String(), totals: cfg.Ledger.Totals(), trace: trace.String()}
	err := cfg.Store.Hosts(func(h *state.Host) error {
		for i := range h.Services {
			if s := &h.Services[i]; s.Endpoint.Addr.Port() == cfg.Ports[0].Port {
				r.Belief, r.state, r.reason, r.evidence = state.Believe(s, nil), s.State(), s.Life().Reason, s.Evidence
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func classicMode(c *Config) { c.Strategy = Classic }

// silent reads and says nothing until the other side is gone.
func silent(c net.Conn, s *scripted) {
	s.asked(c)
	_, _ = io.Copy(io.Discard, c)
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }
