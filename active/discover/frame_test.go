package discover

import (
	"net/netip"
	"testing"
)

var (
	macHere  = [6]byte{2, 0, 0, 0, 0, 1}
	macThere = [6]byte{2, 0, 0, 0, 0, 2}
)

// What we build is read back, with correct checksums, in both families.
func TestFrames(t *testing.T) {
	for _, x := range []struct{ src, dst string }{{"192.0.2.1", "192.0.2.2"}, {"2001:db8::1", "2001:db8::2"}} {
		src, dst := addr(x.src), addr(x.dst)
		kind, hdr, icmp := uint16(etherIPv4), 20, byte(protoICMP)
		if dst.Is6() {
			kind, hdr, icmp = etherIPv6, 40, protoICMPv6
		}
		from, to := netip.AddrPortFrom(src, 40000), netip.AddrPortFrom(dst, 80)
		begin := func() []byte { return ether(macThere, macHere, kind) }
		for name, f := range map[string]struct {
			b     []byte
			proto byte
		}{
			"syn":  {tcp(begin(), from, to, flagSYN, 7, 0), protoTCP},
			"ack":  {tcp(begin(), from, to, flagACK, 7, 9), protoTCP},
			"udp":  {udp(begin(), from, to), protoUDP},
			"echo": {echo(begin(), src, dst, 40000, 3), icmp},
		} {
			h, ok := parseFrame(f.b)
			if !ok || h.src != src || h.dst != dst || h.ttl == 0 {
				t.Errorf("%s to %s: %+v, %v", name, dst, h, ok)
			}
			body := f.b[14+hdr:]
			start := uint32(0)
			if f.proto != protoICMP {
				start = pseudo(src, dst, f.proto, len(body))
			}
			if sum(start, body) != 0xffff || dst.Is4() && sum(0, f.b[14:34]) != 0xffff {
				t.Errorf("%s to %s: a wrong checksum", name, dst)
			}
			if name == "syn" && (h.flags != flagSYN || h.seq != 7 || h.sport != 40000 || h.dport != 80) {
				t.Errorf("%+v", h)
			}
		}
	}
	if _, ok := parseFrame(whoHas(macHere, addr("192.0.2.1"), addr("192.0.2.2"))); ok {
		t.Error("an ARP request was taken for an answer")
	}
}

func FuzzFrame(f *testing.F) {
	v4, v6 := netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("[2001:db8::1]:40000")
	for _, a := range []netip.AddrPort{v4, v6} {
		kind, icmp := uint16(etherIPv4), byte(protoICMP)
		if a.Addr().Is6() {
			kind, icmp = etherIPv6, protoICMPv6
		}
		syn := tcp(ether(macThere, macHere, kind), a, a, flagSYN, 1, 0)
		f.Add(syn)
		f.Add(echo(ether(macThere, macHere, kind), a.Addr(), a.Addr(), 1, 1))
		f.Add(whoHas(macHere, a.Addr(), a.Addr()))
		quote := append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, syn[14:]...)
		if icmp == protoICMPv6 {
			quote[0], quote[1] = 1, 4
		}
		f.Add(append(ip(ether(macThere, macHere, kind), a.Addr(), a.Addr(), icmp, len(quote)), quote...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, ok := parseFrame(b)
		if ok && !h.src.IsValid() {
			t.Fatalf("an answer from nobody: %+v", h)
		}
		if ok && h.about != nil && h.about.about != nil {
			t.Fatal("an error about an error")
		}
	})
}
