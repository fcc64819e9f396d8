package sqlite

import (
	"net/netip"
	"slices"
)

// merged returns networks sorted, masked, and without those that lie in another.
func merged(nets []netip.Prefix) []netip.Prefix {
	all := make([]netip.Prefix, 0, len(nets))
	for _, n := range nets {
		all = append(all, n.Masked())
	}
	slices.SortFunc(all, func(a, b netip.Prefix) int {
		if c := a.Addr().Compare(b.Addr()); c != 0 {
			return c
		}
		return a.Bits() - b.Bits()
	})
	var out []netip.Prefix
	for _, n := range all {
		if len(out) == 0 || !out[len(out)-1].Overlaps(n) {
			out = append(out, n)
		}
	}
	return out
}

// lastOf returns a network's last address.
func lastOf(n netip.Prefix) netip.Addr {
	b := n.Masked().Addr().AsSlice()
	for i := n.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
