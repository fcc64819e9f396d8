package active

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/matcher/request"
	"earshot/state"
)

const alikeProbes = quietProbes + `
Probe TCP First q|first\n|
rarity 9
ports 1-65535
Probe TCP Second q|second\n|
rarity 2
match late m|^late (\S+)| p/Late/ v/$1/
Probe TCP Third q|third\n|
rarity 4
match late m|^late (\S+)| p/Late/ v/$1/
Probe TCP Fourth q|fourth\n|
rarity 5
match late m|^late (\S+)| p/Late/ v/$1/
`

// across runs a probe of one port of so many addresses of this machine, one after the
// other; say is what the server says to a question on an address, "" for a close. It
// returns what each was asked, and the trace.
func across(t *testing.T, hosts int, say func(host int, q string) string) (asked [][]string, trace, ledger string, known map[int]state.Belief) {
	t.Helper()
	l, err := net.Listen("tcp4", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	asked = make([][]string, hosts+1)
	var mu sync.Mutex
	go accept(l, func(c net.Conn) {
		host := int(c.LocalAddr().(*net.TCPAddr).IP.To4()[3])
		b := make([]byte, 4096)
		if n, _ := c.Read(b); n > 0 {
			mu.Lock()
			asked[host] = append(asked[host], strings.Fields(string(b[:n]) + " ?")[0])
			mu.Unlock()
			_, _ = c.Write([]byte(say(host, string(b[:n]))))
		}
	})
	port := uint16(l.Addr().(*net.TCPAddr).Port)
	var tr, led strings.Builder
	cfg := &Config{
		DB: database(t, false, alikeProbes), Scope: scope(t, fmt.Sprintf("127.0.9.1-%d", hosts)), Store: new(state.Memory),
		Ports: []Port{{request.TCP, port}}, Intensity: 7, AllPorts: true, Hosts: 1, Ledger: &Ledger{W: &led},
		Trace: func(l string) { tr.WriteString(l + "\n") },
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if err := Run(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	known = map[int]state.Belief{}
	err = cfg.Store.Hosts(func(h *state.Host) error {
		for i := range h.Services {
			known[int(h.Addr.As4()[3])] = state.Believe(&h.Services[i], nil)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	return asked, tr.String(), led.String(), known
}

// A port that closes on many hosts whatever it is asked is asked the first questions only
// on the others; one of them that answers these is known all the same.
func TestAlike(t *testing.T) {
	asked, trace, ledger, known := across(t, 14, func(host int, q string) string {
		if host == 12 && strings.HasPrefix(q, "GET ") {
			return "HTTP/1.1 200 OK\r\nServer: Z/1.5\r\nContent-Length: 0\r\n\r\n"
		}
		return ""
	})
	if n := len(asked[1]); n < 4 {
		t.Fatalf("the first host was asked %q only", asked[1])
	}
	for host := 9; host <= 14; host++ {
		if want := alikeAsked; host != 12 && len(asked[host]) != want {
			t.Errorf("host %d was asked %q", host, asked[host])
		}
	}
	if b := known[12]; b.Product != "Z" {
		t.Errorf("host 12: %+v", b)
	}
	if why := "left after 2 questions: closes, as on 8 other hosts"; !strings.Contains(trace, why) || !strings.Contains(ledger, why) {
		t.Errorf("neither the trace nor the ledger says why:\n%s\n%s", trace, ledger)
	}
}

// A port that answers a later question on one host is asked everything on every other.
func TestAlikeNot(t *testing.T) {
	asked, _, _, known := across(t, 12, func(host int, q string) string {
		if (host == 3 || host == 12) && strings.HasPrefix(q, "fourth") {
			return "late 4"
		}
		return ""
	})
	for _, host := range []int{3, 12} {
		if known[host].Product != "Late" {
			t.Errorf("host %d: %+v, asked %q", host, known[host], asked[host])
		}
	}
	if !slices.Contains(asked[11], "fourth") {
		t.Errorf("host 11 was asked %q", asked[11])
	}
}

// What is kept of silence is bounded.
func TestAlikeBound(t *testing.T) {
	var s silences
	for n := range 1 << 16 {
		s.said(silence{Port{request.TCP, uint16(n)}, false})
		s.spoke(Port{request.UDP, uint16(n)})
	}
	if len(s.hosts) > maxSilences {
		t.Errorf("%d kept", len(s.hosts))
	}
}
