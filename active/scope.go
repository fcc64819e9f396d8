package active

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// ErrScope is what a dial outside the scope ends with; no packet was sent.
var ErrScope = errors.New("out of scope")

// Range is the addresses First to Last of one family, both included.
type Range struct{ First, Last netip.Addr }

// Has reports whether a lies in the range.
func (r Range) Has(a netip.Addr) bool {
	return a.BitLen() == r.First.BitLen() && r.First.Compare(a) <= 0 && a.Compare(r.Last) <= 0
}

// One reports whether the range is a single address: one that was named.
func (r Range) One() bool { return r.First == r.Last }

// octets are the four parts of an IPv4 expression such as 10.0,2-5.-.1, each a set.
type octets [4][256]bool

// Target is one expression of the command line.
type Target struct {
	Text   string
	ranges []Range
	parts  *octets // of an expression with commas and ranges; ranges then is its hull
}

// ParseTarget reads an address, a network in CIDR form or an IPv4 expression with lists
// and ranges in its parts (port-scan.md §2). A host name is not read here: ok is false
// for words that can only be one.
func ParseTarget(s string) (t Target, ok bool, err error) {
	t.Text = s
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap()
		t.ranges = []Range{{a, a}}
		return t, true, nil
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		t.ranges = []Range{span(p)}
		return t, true, nil
	}
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		if _, err := netip.ParseAddr(s[:i]); err == nil {
			return t, true, fmt.Errorf("%s: no network has the prefix length %s", s, s[i+1:])
		}
	}
	if strings.Trim(s, "0123456789.,-") != "" || strings.Count(s, ".") != 3 {
		if strings.Trim(s, "0123456789.,-/") == "" {
			return t, true, fmt.Errorf("%s is no address, network or range", s)
		}
		return t, false, nil
	}
	t.parts = new(octets)
	var lo, hi [4]byte
	for i, part := range strings.Split(s, ".") {
		low, high := 255, 0
		for item := range strings.SplitSeq(part, ",") {
			a, b, err := octetRange(item)
			if err != nil {
				return t, true, fmt.Errorf("%s: %w", s, err)
			}
			low, high = min(low, a), max(high, b)
			for n := a; n <= b; n++ {
				t.parts[i][n] = true
			}
		}
		lo[i], hi[i] = byte(low), byte(high)
	}
	t.ranges = []Range{{netip.AddrFrom4(lo), netip.AddrFrom4(hi)}}
	return t, true, nil
}

func octetRange(s string) (lo, hi int, err error) {
	a, b, ranged := strings.Cut(s, "-")
	lo, hi = 0, 255
	if a != "" || !ranged {
		if lo, err = strconv.Atoi(a); err != nil || lo > 255 {
			return 0, 0, fmt.Errorf("%q is no number from 0 to 255", a)
		}
	}
	switch {
	case !ranged:
		hi = lo
	case b != "":
		if hi, err = strconv.Atoi(b); err != nil || hi > 255 {
			return 0, 0, fmt.Errorf("%q is no number from 0 to 255", b)
		}
	}
	if lo > hi {
		return 0, 0, fmt.Errorf("the range %s runs backwards", s)
	}
	return lo, hi, nil
}

// span is a network as a range.
func span(p netip.Prefix) Range {
	p = p.Masked()
	last := p.Addr().AsSlice()
	for i := range last {
		switch keep := p.Bits() - 8*i; {
		case keep <= 0:
			last[i] = 0xff
		case keep < 8:
			last[i] |= 0xff >> keep
		}
	}
	a, _ := netip.AddrFromSlice(last)
	return Range{p.Addr(), a}
}

// NameTarget is a host name that was resolved to addresses.
func NameTarget(name string, addrs ...netip.Addr) Target {
	t := Target{Text: name}
	for _, a := range addrs {
		a = a.Unmap()
		t.ranges = append(t.ranges, Range{a, a})
	}
	return t
}

// Has reports whether the target names a.
func (t *Target) Has(a netip.Addr) bool {
	if !slices.ContainsFunc(t.ranges, func(r Range) bool { return r.Has(a) }) {
		return false
	}
	if t.parts == nil {
		return true
	}
	for i, b := range a.As4() {
		if !t.parts[i][b] {
			return false
		}
	}
	return true
}

// single reports whether the target is one address alone, and so names it.
func (t *Target) single() bool {
	return len(t.ranges) > 0 && !slices.ContainsFunc(t.ranges, func(r Range) bool { return !r.One() })
}

// Scope is what may be sent packets: the targets, without what is excluded, and without
// the addresses that are nobody's to ask or our own, unless a target names just them.
type Scope struct {
	Targets []Target
	Exclude []Target
	own     []netip.Addr // of this machine
	edges   []netip.Addr // the lowest and highest address of the networks it is on
}

// NewScope returns the scope of targets without exclude. It looks at this machine's
// interfaces to know its own addresses and the broadcast addresses of its networks.
func NewScope(targets, exclude []Target) *Scope {
	s := &Scope{Targets: targets, Exclude: exclude}
	list, _ := net.InterfaceAddrs() // an interface nobody may look at has no say
	for _, a := range list {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(n.IP)
		if !ok {
			continue
		}
		ip = ip.Unmap()
		s.own = append(s.own, ip)
		if bits, _ := n.Mask.Size(); ip.Is4() && bits < 31 {
			r := span(netip.PrefixFrom(ip, bits))
			s.edges = append(s.edges, r.First, r.Last)
		}
	}
	return s
}

// Allows reports whether a may be sent packets.
func (s *Scope) Allows(a netip.Addr) bool {
	a = a.Unmap()
	if a.IsMulticast() || !a.IsValid() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return false // a connection to these cannot be, and a datagram would reach more than one
	}
	if slices.ContainsFunc(s.Exclude, func(t Target) bool { return t.Has(a) }) {
		return false
	}
	delicate := a.IsUnspecified() || slices.Contains(s.edges, a) || slices.Contains(s.own, a) && !a.IsLoopback()
	for i := range s.Targets {
		if t := &s.Targets[i]; t.Has(a) && (!delicate || t.single()) {
			return true
		}
	}
	return false
}

// Each calls yield for every address in scope, in the order of the targets, each once,
// until yield returns false.
func (s *Scope) Each(yield func(netip.Addr) bool) {
	for i := range s.Targets {
		t := &s.Targets[i]
		for _, r := range t.ranges {
			for a := r.First; a.IsValid() && a.Compare(r.Last) <= 0; a = a.Next() {
				if !t.Has(a) {
					if t.parts != nil {
						a = t.skip(a)
					}
					continue
				}
				earlier := slices.ContainsFunc(s.Targets[:i], func(t Target) bool { return t.Has(a) })
				if !earlier && s.Allows(a) && !yield(a) {
					return
				}
			}
		}
	}
}

// skip returns the last address before which nothing can be in t: what a's first part
// that does not fit rules out.
func (t *Target) skip(a netip.Addr) netip.Addr {
	b := a.As4()
	for i := range b {
		if !t.parts[i][b[i]] {
			for k := i + 1; k < 4; k++ {
				b[k] = 255
			}
			break
		}
	}
	return netip.AddrFrom4(b)
}

// Size is the number of addresses the targets hold at most; more than 2^62 is 2^62.
func (s *Scope) Size() uint64 {
	var n uint64
	const most = 1 << 62
	for i := range s.Targets {
		t := &s.Targets[i]
		if t.parts != nil {
			k := uint64(1)
			for _, p := range t.parts {
				c := uint64(0)
				for _, in := range p {
					if in {
						c++
					}
				}
				k *= c
			}
			n += k
			continue
		}
		for _, r := range t.ranges {
			a, z := r.First.AsSlice(), r.Last.AsSlice()
			var k uint64
			for i := range a {
				if k >= 1<<48 {
					k = most
					break
				}
				k = k<<8 + uint64(z[i]) - uint64(a[i])
			}
			n = min(n+k+1, most)
		}
	}
	return min(n, most)
}
