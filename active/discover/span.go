package discover

import (
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

// span is the addresses of one target expression: of IPv4 those whose four octets
// are each in a set, of IPv6 a network.
type span struct {
	octets [4]octets
	prefix netip.Prefix // IPv6 if valid
	zone   string
}

// octets is a set of values of one octet.
type octets [4]uint64

func (o *octets) add(lo, hi int) {
	for v := lo; v <= hi; v++ {
		o[v>>6] |= 1 << (v & 63)
	}
}

func (o *octets) has(v byte) bool { return o[v>>6]>>(v&63)&1 != 0 }

func (o *octets) len() uint64 {
	n := 0
	for _, w := range o {
		n += bits.OnesCount64(w)
	}
	return uint64(n)
}

// nth returns the set's i-th value, counted from 0.
func (o *octets) nth(i int) byte {
	for k, w := range o {
		if n := bits.OnesCount64(w); i >= n {
			i -= n
			continue
		}
		for ; i > 0; i-- {
			w &= w - 1
		}
		return byte(k<<6 + bits.TrailingZeros64(w))
	}
	return 0
}

// maxHostBits bounds an IPv6 network that is to be walked: 2^48 addresses are more
// than anybody can ask, and counters stay far from their ends.
const maxHostBits = 48

// size returns the number of addresses; an IPv6 network beyond maxHostBits counts
// as that many.
func (s *span) size() uint64 {
	if s.prefix.IsValid() {
		return 1 << min(128-s.prefix.Bits(), maxHostBits)
	}
	n := uint64(1)
	for i := range s.octets {
		n *= s.octets[i].len()
	}
	return n
}

// at returns the i-th address, 0 ≤ i < size.
func (s *span) at(i uint64) netip.Addr {
	if s.prefix.IsValid() {
		a := s.prefix.Addr().As16()
		for k := 15; k >= 0 && i > 0; k-- {
			a[k] |= byte(i)
			i >>= 8
		}
		return netip.AddrFrom16(a).WithZone(s.zone)
	}
	var a [4]byte
	for k := 3; k >= 0; k-- {
		n := s.octets[k].len()
		a[k] = s.octets[k].nth(int(i % n))
		i /= n
	}
	return netip.AddrFrom4(a)
}

func (s *span) contains(a netip.Addr) bool {
	if s.prefix.IsValid() {
		return a.Zone() == s.zone && s.prefix.Contains(a.WithZone(""))
	}
	if !a.Is4() {
		return false
	}
	b := a.As4()
	return s.octets[0].has(b[0]) && s.octets[1].has(b[1]) && s.octets[2].has(b[2]) && s.octets[3].has(b[3])
}

// single is the span of one address.
func single(a netip.Addr) span { return network(a, a.BitLen()) }

// network is the span of the addresses that share a's first n bits.
func network(a netip.Addr, n int) span {
	if !a.Is4() {
		zone := a.Zone()
		return span{prefix: netip.PrefixFrom(a.WithZone(""), n).Masked(), zone: zone}
	}
	var s span
	b := a.As4()
	for i := range s.octets {
		free := 8 - min(max(n-8*i, 0), 8) // host bits of this octet
		lo := int(b[i]) >> free << free
		s.octets[i].add(lo, lo+1<<free-1)
	}
	return s
}

// parseSpan reads an expression of addresses: one address, an IPv6 address with a
// zone, either with /bits, or lists and ranges of octets (10.0,2-5.-.1). isAddr is
// false for everything else, which then is a name, perhaps with /bits; bits is -1
// without them.
func parseSpan(text string) (s span, name string, nbits int, err error) {
	if len(text) > maxExpression {
		return s, "", 0, fmt.Errorf("%.40q… is too long for a target", text)
	}
	base, slash, cut := strings.Cut(text, "/")
	nbits = -1
	if cut {
		n, perr := strconv.ParseUint(slash, 10, 8)
		if perr != nil || n > 128 || slash[0] == '+' {
			return s, "", 0, fmt.Errorf("%q: %q is no prefix length", text, slash)
		}
		nbits = int(n)
	}
	if strings.HasPrefix(base, "[") && strings.HasSuffix(base, "]") && strings.Contains(base, ":") {
		base = base[1 : len(base)-1]
	}
	if a, perr := netip.ParseAddr(base); perr == nil {
		a = a.Unmap()
		if nbits > a.BitLen() {
			return s, "", 0, fmt.Errorf("%q: a prefix has at most %d bits", text, a.BitLen())
		}
		if nbits < 0 {
			return single(a), "", nbits, nil
		}
		return network(a, nbits), "", nbits, nil
	}
	if strings.Contains(base, ":") {
		return s, "", 0, fmt.Errorf("%q is no IPv6 address", text)
	}
	if strings.Trim(base, "0123456789.,-*") != "" {
		if err := checkName(base); err != nil {
			return s, "", 0, err
		}
		return s, base, nbits, nil // more than 32 bits, too: an IPv6 address may come of it
	}
	s, err = parseOctets(base)
	if err == nil && nbits >= 0 {
		if nbits > 32 {
			return s, "", 0, fmt.Errorf("%q: a prefix has at most 32 bits", text)
		}
		s.widen(nbits)
	}
	return s, "", nbits, err
}

// widen frees all but the first nbits bits of each address, whatever octet they stand in.
func (s *span) widen(nbits int) {
	for i := range s.octets {
		free := 8 - min(max(nbits-8*i, 0), 8)
		var wide octets
		for v := range 256 {
			if s.octets[i].has(byte(v)) {
				lo := v >> free << free
				wide.add(lo, lo+1<<free-1)
			}
		}
		s.octets[i] = wide
	}
}

// maxExpression is the longest target expression: a host name has at most 253 bytes,
// four lists of octets hardly more.
const maxExpression = 1024

func parseOctets(text string) (s span, err error) {
	parts := strings.Split(text, ".")
	if len(parts) != 4 {
		return s, fmt.Errorf("%q has %d parts where an IPv4 address has 4", text, len(parts))
	}
	for i, p := range parts {
		for item := range strings.SplitSeq(p, ",") {
			if item == "*" {
				item = "-"
			}
			lo, hi, isRange := strings.Cut(item, "-")
			a, b := 0, 255
			if lo != "" || !isRange {
				if a, err = parseOctet(lo); err != nil {
					return s, fmt.Errorf("%q: %w", text, err)
				}
			}
			switch {
			case !isRange:
				b = a
			case hi != "":
				if b, err = parseOctet(hi); err != nil {
					return s, fmt.Errorf("%q: %w", text, err)
				}
			}
			if b < a {
				return s, fmt.Errorf("%q: the range %s runs backwards", text, item)
			}
			s.octets[i].add(a, b)
		}
	}
	return s, nil
}

func parseOctet(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil || len(s) > 3 {
		return 0, fmt.Errorf("%q is no number from 0 to 255", s)
	}
	return int(n), nil
}

// checkName refuses what cannot be a host's name, before a name server sees it.
func checkName(s string) error {
	if len(s) > 253 {
		return fmt.Errorf("%.40q… is too long for a host name", s)
	}
	if s == "" || s[0] == '-' || s[0] == '.' || strings.Contains(s, "..") {
		return fmt.Errorf("%q is neither an address nor a host name", s)
	}
	for _, r := range s {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`"'\/@:;<>()[]{}|&$!?*,=%^~`+"`", r) {
			return fmt.Errorf("%q is neither an address nor a host name", s)
		}
	}
	return nil
}
