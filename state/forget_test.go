package state

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher/request"
)

// A recorder that is full makes room once an hour for what it has not heard of: what has
// no name and was heard longest ago goes. The store keeps all of it, and counts what is
// heard again once more.
func TestForget(t *testing.T) {
	hour := int(time.Hour / time.Second)
	r := NewRecorder(&Config{Identify: identify, Track: true, Forget: true, MaxServices: 8})
	r.Own("a")
	var store Memory
	port := func(n int) capture.Endpoint { return endpoint("192.0.2.1", n, request.TCP) }
	open := func(n, when int) {
		r.Open(capture.Sighting{Endpoint: port(n), First: at(when), Last: at(when), Count: 1, Reason: "syn-ack"})
	}
	flush := func() {
		t.Helper()
		if err := r.Flush(&store); err != nil {
			t.Fatal(err)
		}
	}
	known := func() (s string) {
		for n := range 30 {
			if r.known.services[port(n)] != nil {
				s += fmt.Sprint(n, " ")
			}
		}
		return s
	}
	for n := range 8 {
		open(n, n)
	}
	r.Banner(&capture.Banner{Endpoint: port(0), Data: []byte("ssh OpenSSH 9.2p1"), First: at(0), Last: at(0)})
	open(20, 10)
	if got := known(); got != "0 1 2 3 4 5 6 7 " {
		t.Fatalf("before anything was flushed it knows %s", got)
	}
	flush()
	if got := known(); got != "0 3 4 5 6 7 " {
		t.Fatalf("after a flush it knows %s", got)
	}
	open(21, 11)
	open(1, 12) // again
	flush()
	if got := known(); got != "0 1 3 4 5 6 7 21 " {
		t.Fatalf("within the hour it knows %s", got)
	}
	open(0, hour+100) // the oldest is heard: it is the youngest now
	flush()
	if got := known(); got != "0 1 5 6 7 21 " {
		t.Fatalf("an hour later it knows %s", got)
	}
	if r.Stats.Forgot != 4 || r.Stats.Overflow != 1 {
		t.Errorf("counts: %+v", r.Stats)
	}
	counts := map[uint16]uint64{}
	err := store.Hosts(func(h *Host) error {
		for i := range h.Services {
			counts[h.Services[i].Endpoint.Addr.Port()] = h.Services[i].Open.Count
		}
		return nil
	})
	if err != nil || len(counts) != 9 || counts[1] != 2 || counts[0] != 2 || counts[2] != 1 {
		t.Errorf("the store has %v (%v)", counts, err)
	}

	// Hosts with hints are forgotten in the same way.
	for n := range 40 {
		r.Hint(capture.Hint{Addr: endpoint(fmt.Sprintf("192.0.2.%d", n+1), 1, request.TCP).Addr.Addr(), Kind: "mac", Value: "x", First: at(3*hour + n), Last: at(3*hour + n)})
	}
	flush()
	if n := len(r.known.hosts); n != 12 || r.Stats.Forgot != 8 {
		t.Errorf("%d hosts are left, not 12; %+v", n, r.Stats)
	}
	// The clock of the packets may jump.
	r.Open(capture.Sighting{Endpoint: port(5), First: at(0), Last: at(0), Count: 1})
	flush()
	if got := known(); got == "" {
		t.Error("it forgot everything")
	}
}

// What a recorder knows is told in order, also where as much came as was forgotten since.
func TestForgetTold(t *testing.T) {
	hour := int(time.Hour / time.Second)
	r := NewRecorder(&Config{Identify: identify, Track: true, Forget: true, MaxServices: 8})
	var store Memory
	open := func(n, when int) {
		r.Open(capture.Sighting{Endpoint: endpoint("192.0.2.1", n, request.TCP), First: at(when), Last: at(when), Count: 1, Reason: "syn-ack"})
		r.Hint(capture.Hint{Addr: endpoint(fmt.Sprintf("192.0.2.%d", n), 1, request.TCP).Addr.Addr(), Kind: "mac", Value: "x", First: at(when), Last: at(when)})
	}
	told := func() (ports []uint16, hosts int) {
		t.Helper()
		err := r.known.Hosts(func(h *Host) error {
			hosts += len(h.Hints)
			for i := range h.Services {
				ports = append(ports, h.Services[i].Endpoint.Addr.Port())
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return ports, hosts
	}
	for n := range 16 {
		open(n+1, n)
	}
	told()
	if err := r.Flush(&store); err != nil {
		t.Fatal(err)
	}
	for n := range 8 { // as many hosts as went, and services up to the limit
		open(n+21, hour+n)
	}
	ports, hosts := told()
	if want := []uint16{3, 4, 5, 6, 7, 8, 21, 22}; !slices.Equal(ports, want) {
		t.Errorf("it tells of the ports %v, want %v", ports, want)
	}
	if want := len(r.known.hosts); hosts != want {
		t.Errorf("it tells of %d hosts, want %d", hosts, want)
	}
	for n := range 16 { // those that were heard longest ago are forgotten
		addr := netip.MustParseAddr(fmt.Sprintf("192.0.2.%d", n+1))
		if known := r.known.hosts[hostKey{addr: addr}] != nil; known != (n >= 4) {
			t.Errorf("host %d: known %v", n+1, known)
		}
	}
}

// What has no name goes first, and of what is alike in that, what was heard longest ago in
// any way: open, closed, or by what it said.
func TestForgetOrder(t *testing.T) {
	hour := int(time.Hour / time.Second)
	r := NewRecorder(&Config{Identify: identify, Track: true, Closed: true, Forget: true, MaxServices: 16})
	r.Own("a")
	var store Memory
	port := func(n int) capture.Endpoint { return endpoint("192.0.2.1", n, request.TCP) }
	says := func(n, when int, words string) {
		r.Banner(&capture.Banner{Endpoint: port(n), Data: []byte(words), First: at(when), Last: at(when)})
	}
	left := func() (out []int) {
		t.Helper()
		if err := r.Flush(&store); err != nil {
			t.Fatal(err)
		}
		for n := range 40 {
			if r.known.services[port(n)] != nil {
				out = append(out, n)
			}
		}
		return out
	}
	for n := range 16 {
		r.Open(capture.Sighting{Endpoint: port(n), First: at(n), Last: at(n), Count: 1, Reason: "syn-ack"})
		if n%2 == 0 {
			says(n, n, "ssh OpenSSH 9.2p1")
		}
	}
	r.Closed(capture.Sighting{Endpoint: port(1), First: at(100), Last: at(100), Count: 1, Reason: "reset"})
	says(3, 101, "ssh")
	if got, want := left(), []int{0, 1, 2, 3, 4, 6, 8, 10, 12, 13, 14, 15}; !slices.Equal(got, want) {
		t.Errorf("those without a name that were heard last stay: %v, not %v", got, want)
	}
	for n := 20; n < 24; n++ {
		says(n, 2*hour+n, "ssh OpenSSH 9.2p1")
	}
	if got, want := left(), []int{0, 2, 4, 6, 8, 10, 12, 14, 20, 21, 22, 23}; !slices.Equal(got, want) {
		t.Errorf("those with a name stay: %v, not %v", got, want)
	}
	for n := 24; n < 28; n++ {
		says(n, 4*hour+n, "ssh OpenSSH 9.2p1")
	}
	if got, want := left(), []int{8, 10, 12, 14, 20, 21, 22, 23, 24, 25, 26, 27}; !slices.Equal(got, want) {
		t.Errorf("the oldest go: %v, not %v", got, want)
	}
	if r.samples != 12*len("ssh OpenSSH 9.2p1") || r.Stats.Forgot != 12 {
		t.Errorf("%d bytes of samples are kept; %+v", r.samples, r.Stats)
	}
}

// Who is not to forget does not, and what has room forgets nothing.
func TestForgetNot(t *testing.T) {
	for _, c := range []struct{ forget, full bool }{{false, true}, {true, false}} {
		r := NewRecorder(&Config{Identify: identify, Track: true, Forget: c.forget, MaxServices: 8})
		r.Own("a")
		n := 7
		if c.full {
			n = 8
		}
		for i := range n {
			r.Open(capture.Sighting{Endpoint: endpoint("192.0.2.1", i+1, request.TCP), First: at(i), Last: at(i), Count: 1})
		}
		if err := r.Flush(new(Memory)); err != nil {
			t.Fatal(err)
		}
		if r.Stats.Forgot != 0 || r.known.Len() != n || r.origin != "a" {
			t.Errorf("%+v: %d forgotten, %d known, under %q", c, r.Stats.Forgot, r.known.Len(), r.origin)
		}
	}
}

// A tracker that is full tells what is new again after an hour.
func TestTrackerForgets(t *testing.T) {
	hour := int(time.Hour / time.Second)
	tracker := Tracker{Max: 8}
	tells := func(n, when int) string {
		var m Memory
		ep := endpoint(fmt.Sprintf("192.0.2.%d", n+1), 22, request.TCP)
		if err := m.See(Sighting{Sighting: capture.Sighting{Endpoint: ep, First: at(when), Last: at(when), Count: 1, Reason: "syn-ack"}}); err != nil {
			t.Fatal(err)
		}
		s := ""
		_ = m.Hosts(func(h *Host) error { // memory does not fail
			for _, c := range tracker.Learn(h) {
				s += c.Kind + " "
			}
			return nil
		})
		return s
	}
	const news = "new-host new-service "
	for n := range 8 {
		if got := tells(n, n); got != news {
			t.Fatalf("host %d: %q", n, got)
		}
	}
	for _, c := range []struct {
		n, when int
		want    string
	}{
		{8, 10, news}, // there was room to make
		{9, 11, news},
		{10, 12, ""}, // and is none for an hour
		{11, hour + 9, ""},
		{7, hour + 20, ""},
		{10, hour + 21, news},
		{0, hour + 22, news}, // it was forgotten
		{7, hour + 23, ""},
	} {
		if got := tells(c.n, c.when); got != c.want {
			t.Errorf("host %d at %d: %q, not %q", c.n, c.when, got, c.want)
		}
	}
}

// What is handed over in parts is all of it in the end, once each, and nothing is forgotten
// before that.
func TestFlushSome(t *testing.T) {
	r := NewRecorder(&Config{Identify: identify, Track: true, Forget: true, MaxServices: 10})
	r.Own("a")
	for n := range 10 {
		r.Open(capture.Sighting{Endpoint: endpoint(fmt.Sprintf("192.0.2.%d", n+1), 22, request.TCP), First: at(n), Last: at(n), Count: 1, Reason: "syn-ack"})
		r.Hint(capture.Hint{Addr: endpoint(fmt.Sprintf("192.0.2.%d", n+101), 1, request.TCP).Addr.Addr(), Kind: "mac", Value: "x", First: at(n), Last: at(n)})
	}
	var hosts, services int
	for part, want := range []bool{true, true, false, false} {
		var m Memory
		more, err := r.FlushSome(&m, 4)
		if err != nil || more != want {
			t.Errorf("part %d: more %v, error %v", part, more, err)
		}
		if more && r.Stats.Forgot > 0 {
			t.Error("it forgot what it had not told")
		}
		_ = m.Hosts(func(h *Host) error { // memory does not fail
			hosts, services = hosts+1, services+len(h.Services)
			return nil
		})
	}
	if hosts != 20 || services != 10 || r.Stats.Forgot == 0 {
		t.Errorf("%d hosts, %d services, %d forgotten", hosts, services, r.Stats.Forgot)
	}
}
