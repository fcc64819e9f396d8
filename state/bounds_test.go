package state

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// only returns the one host that a store has.
func only(t *testing.T, m *Memory) (host Host) {
	t.Helper()
	n := 0
	err := m.Hosts(func(h *Host) error {
		n++
		host = Host{Hints: slices.Clone(h.Hints), Services: slices.Clone(h.Services)}
		return nil
	})
	if err != nil || n != 1 {
		t.Fatalf("%d hosts, %v", n, err)
	}
	return host
}

// Of the hints of one kind and source those that sort first stay, in whatever order they
// come; those of another kind or source have a room of their own.
func TestMaxHints(t *testing.T) {
	const extra = 20
	values := func(of string) (out []string) {
		for i := range MaxHints + extra {
			out = append(out, fmt.Sprintf("%s%03d", of, i))
		}
		return out
	}
	for seed := range uint64(20) {
		var m Memory
		var all []capture.Hint
		for _, c := range [][2]string{{"name", "dhcp"}, {"name", "sni"}, {"os", "dhcp"}} {
			for _, v := range values(c[0] + c[1]) {
				all = append(all, capture.Hint{Addr: endpoint("192.0.2.1", 1, request.TCP).Addr.Addr(), Kind: c[0], From: c[1], Value: v, First: at(1), Last: at(1)})
			}
		}
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, h := range append(all, all...) { // who is told twice knows no more
			if err := m.Note(h); err != nil {
				t.Fatal(err)
			}
		}
		got := map[string][]string{}
		for _, h := range only(t, &m).Hints {
			got[h.Kind+h.From] = append(got[h.Kind+h.From], h.Value)
		}
		for _, of := range []string{"namedhcp", "namesni", "osdhcp"} {
			if want := values(of)[:MaxHints]; !slices.Equal(got[of], want) {
				t.Fatalf("order %d: of %s there are %q", seed, of, got[of])
			}
		}
	}
}

// A service keeps so many claims and not one more.
func TestMaxClaims(t *testing.T) {
	var m Memory
	for i := range MaxClaims + 5 {
		e := Evidence{
			Endpoint: endpoint("192.0.2.1", 22, request.TCP), First: at(i), Last: at(i), Origin: "x", Count: 1,
			Result: matcher.Result{Kind: matcher.Hard, Service: "ssh", File: "x.probes", Line: 1, Fields: matcher.Fields{Product: fmt.Sprint("P", i)}},
		}
		if err := m.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(only(t, &m).Services[0].Evidence); n != MaxClaims {
		t.Errorf("%d claims are kept, not %d", n, MaxClaims)
	}
}

// A refusal is kept as one, beside what was open.
func TestSeeClosed(t *testing.T) {
	var m Memory
	ep := endpoint("192.0.2.1", 22, request.TCP)
	for _, x := range []struct {
		closed bool
		from   int
		reason string
	}{{false, 1, "syn-ack"}, {true, 5, "conn-refused"}, {true, 3, "reset"}} {
		s := capture.Sighting{Endpoint: ep, First: at(x.from), Last: at(x.from + 1), Count: 2, Reason: x.reason}
		if err := m.See(Sighting{Sighting: s, Closed: x.closed, Origin: x.reason}); err != nil {
			t.Fatal(err)
		}
	}
	s := only(t, &m).Services[0]
	if want := (Life{First: at(1), Last: at(2), Reason: "syn-ack", Count: 2}); s.Open != want {
		t.Errorf("open: %+v", s.Open)
	}
	if want := (Life{First: at(3), Last: at(6), Reason: "conn-refused", Count: 4}); s.Closed != want {
		t.Errorf("closed: %+v", s.Closed)
	}
}

// No reason is weaker than any; an answer of the service is stronger than silence, and than
// what a router says.
func TestReasonRank(t *testing.T) {
	last := -1
	for _, r := range []string{"syn-ack", "udp-response", "tcp-response", "reset", "host-unreach", "no-response", ""} {
		if n := ReasonRank(r); n <= last {
			t.Errorf("%q: %d after %d", r, n, last)
		} else {
			last = n
		}
	}
}
