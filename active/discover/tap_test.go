package discover

import (
	"net/netip"
	"testing"
)

// What the system asks because of us is told apart from what we ask, and from what others do.
func TestTapNeighbours(t *testing.T) {
	us, them := [6]byte{2, 0, 0, 0, 0, 1}, [6]byte{2, 0, 0, 0, 0, 2}
	a, b, c := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.3")
	a6, b6 := netip.MustParseAddr("fe80::1"), netip.MustParseAddr("fe80::2")
	reply := func(b []byte, mac [6]byte, src, dst netip.Addr) []byte {
		out := append([]byte(nil), b...)
		copy(out[6:], mac[:])
		if src.Is4() {
			out[21] = 2
			copy(out[28:], src.AsSlice())
			copy(out[38:], dst.AsSlice())
		} else {
			out[54] = 136
			copy(out[22:], src.AsSlice())
			copy(out[38:], dst.AsSlice())
			copy(out[62:], src.AsSlice())
		}
		return out
	}
	tap := &Tap{links: map[netip.Addr]int{b: 1, b6: 1}}
	for _, x := range []struct {
		name   string
		frame  []byte
		system bool
		before func()
	}{
		{"a request of ours", whoHas(us, a, b), false, func() { tap.solicits(b) }},
		{"its answer", reply(whoHas(us, a, b), them, b, a), false, nil},
		{"one of the system", whoHas(us, a, b), true, nil},
		{"its answer", reply(whoHas(us, a, b), them, b, a), true, nil},
		{"they ask", whoHas(them, b, a), true, nil},
		{"we answer", reply(whoHas(them, b, a), us, a, b), true, nil},
		{"somebody else", whoHas(us, a, c), false, nil},
		{"they ask somebody else for us", whoHas(them, c, a), false, nil},
		{"a solicitation of ours", whoHas(us, a6, b6), false, func() { tap.solicits(b6) }},
		{"an advertisement", reply(whoHas(us, a6, b6), them, b6, a6), false, nil},
		{"a solicitation of the system", whoHas(us, a6, b6), true, nil},
		{"they solicit", whoHas(them, b6, a6), true, nil},
		{"we advertise", reply(whoHas(them, b6, a6), us, a6, b6), true, nil},
	} {
		if x.before != nil {
			x.before()
		}
		n, ok := readNeighbour(x.frame, us)
		if !ok {
			t.Errorf("%s: not read: %x", x.name, x.frame)
			continue
		}
		if got := tap.neighbourly(&n); got != x.system {
			t.Errorf("%s: %+v: %v", x.name, n, got)
		}
	}
}

func FuzzReadNeighbour(f *testing.F) {
	mac := [6]byte{2, 0, 0, 0, 0, 1}
	f.Add(whoHas(mac, netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")))
	f.Add(whoHas(mac, netip.MustParseAddr("fe80::1"), netip.MustParseAddr("fe80::2")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, ok := readNeighbour(b, mac); ok && !n.with.IsValid() {
			t.Errorf("%x: %+v", b, n)
		}
	})
}
