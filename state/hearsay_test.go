package state

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"earshot/capture"
)

// What a resolver says becomes part of the record of hosts that are known, whichever
// recorder heard it, on whatever VLAN, and whenever; it makes no host.
func TestHearsay(t *testing.T) {
	cfg := &Config{}
	a, b := NewRecorder(cfg), NewRecorder(cfg)
	at := time.Unix(1700000000, 0).UTC()
	say := func(r *Recorder, addr, name string) {
		r.Hint(capture.Hint{Addr: netip.MustParseAddr(addr), VLAN: 7, Kind: "name", Value: name, From: "dns", Told: true, First: at, Last: at})
	}
	say(a, "192.0.2.1", "www.example")
	say(a, "192.0.2.9", "elsewhere.example")
	b.Open(capture.Sighting{Endpoint: capture.Endpoint{Addr: netip.MustParseAddrPort("192.0.2.1:80"), Proto: 1}, First: at, Last: at, Count: 1})
	m, _ := Gather(a, b)
	var got []string
	_ = m.Hosts(func(h *Host) error { got = append(got, fmt.Sprint(h.Addr, h.Hinted("name"))); return nil })
	if want := []string{"192.0.2.1 [www.example]"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A recorder's memory of what it was told has a bound, and what was told last stays.
func TestHearsayIsBounded(t *testing.T) {
	var s hearsay
	say := func(i int) capture.Hint {
		return capture.Hint{Addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), Kind: "name", Value: fmt.Sprint("h", i), From: "dns"}
	}
	for i := range 10 * maxHearsay {
		h, own := say(i), say(0)
		own.First, own.Last = time.Unix(int64(i), 0), time.Unix(int64(i), 0)
		s.note(&h)
		s.note(&own) // again and again
	}
	if n := len(s.young.list) + len(s.old.list); n > maxHearsay || n < maxHearsay/2 {
		t.Errorf("%d sayings", n)
	}
	if i := slices.IndexFunc(s.young.list, func(x saying) bool { return string(s.young.value(&x)) == "h0" }); i < 0 || s.young.list[i].last != (10*maxHearsay-1)*1e9 || s.young.list[i].first > 0 {
		t.Errorf("what is said again and again is kept at %d of %+v", i, s.young.list[:min(2, len(s.young.list))])
	}
	for _, i := range []int{0, 10*maxHearsay - 1} {
		h := say(i)
		if !slices.ContainsFunc(s.young.list, func(x saying) bool { return x.rumour().addr == h.Addr && string(s.young.value(&x)) == h.Value }) {
			t.Errorf("saying %d is forgotten", i)
		}
	}
}
