package active

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"earshot/active/discover"
	"earshot/capture"
	"earshot/matcher/request"
	"earshot/state"
)

// With a scan ahead of the questions, TCP and UDP ports are found and named, what the
// scan got from a UDP port is not asked again, and what is known is left alone.
func TestScan(t *testing.T) {
	greeter := serve(t, func(c net.Conn, _ *scripted) {
		_, _ = io.WriteString(c, "220 acme ftp 1.2\r\n")
		_, _ = io.Copy(io.Discard, c)
	})
	known := serve(t, func(c net.Conn, _ *scripted) { _, _ = io.Copy(io.Discard, c) })
	asked := make(chan string, 100)
	udp := serveUDP(t, func(b []byte, _ netip.AddrPort, say func(string)) {
		asked <- string(b)
		say("acme time 7")
	})
	db := database(t, false, `
Probe TCP NULL q||
match ftp m|^220 acme ftp ([\d.]+)| p/Acme ftpd/ v/$1/
Probe UDP Time q|what time|
rarity 1
ports `+strconv.Itoa(int(udp))+`
match time m|^acme time (\d+)| p/Acme timed/ v/$1/
`)
	store := new(state.Memory)
	heard := capture.Endpoint{Addr: netip.AddrPortFrom(addr("127.0.0.1"), known.port), Proto: request.TCP}
	now := time.Now()
	if err := store.See(state.Sighting{Closed: true, Sighting: capture.Sighting{Endpoint: heard, First: now, Last: now, Count: 1, Reason: "reset"}}); err != nil {
		t.Fatal(err)
	}
	var ledger bytes.Buffer
	cfg := &Config{
		DB: db, Scope: scope(t, "127.0.0.1"), Store: store, Intensity: 7, Ledger: &Ledger{W: &ledger},
		Ports: []Port{{request.TCP, greeter.port}, {request.TCP, known.port}, {request.UDP, udp}},
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// So patient that nothing is asked twice where the machine is busy.
	patient := discover.Timing{InitialTimeout: time.Minute, MinTimeout: time.Minute, MaxTimeout: time.Minute, Retries: 1}
	s, err := NewScan(ctx, cfg, discover.Config{Method: discover.Connect, Timing: patient})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Discover, cfg.Await = s.Discover, s.Await
	if err := Run(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	got := map[uint16]string{}
	err = store.Hosts(func(h *state.Host) error {
		for i := range h.Services {
			b := state.Believe(&h.Services[i], nil)
			got[h.Services[i].Endpoint.Addr.Port()] = h.Services[i].State() + " " + b.Service + " " + b.VersionText()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for port, want := range map[uint16]string{
		greeter.port: "open ftp Acme ftpd 1.2", udp: "open time Acme timed 7", known.port: "closed  ",
	} {
		if got[port] != want {
			t.Errorf("port %d: %q, want %q", port, got[port], want)
		}
	}
	if n := known.connections(); n != 0 {
		t.Errorf("a port heard to be closed was asked %d times", n)
	}
	if n := len(asked); n != 1 {
		t.Errorf("the UDP port was asked %d times, want once", n)
	}
	if tot := cfg.Ledger.Totals(); tot.Datagrams != 1 || tot.Connections < 2 || !bytes.Contains(ledger.Bytes(), []byte(`"proto":"udp"`)) {
		t.Errorf("ledger: %+v\n%s", tot, ledger.Bytes())
	}
}
