package discover

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// Resolver finds a name's addresses. It returns an error for a name without any.
type Resolver func(ctx context.Context, name string) ([]netip.Addr, error)

// TargetOptions say how target expressions are read. The zero value resolves no
// names and knows no address of this machine.
type TargetOptions struct {
	Resolve    Resolver       // nil: a name is an error
	ResolveAll bool           // all addresses of a name, not only the first
	IPv6       bool           // of a name's addresses prefer IPv6
	Local      []netip.Prefix // addresses of this machine with their networks; see LocalNetworks
}

// Skipped is a target expression, or a part of one, that is not asked, and why.
type Skipped struct {
	Text string
	Err  error
}

// Targets is a set of addresses that may be asked: what the expressions name, minus
// what was excluded, minus what nobody means by a range (multicast, broadcast and
// this machine's own addresses, unless named one by one). It takes memory by the
// number of expressions, not of addresses.
type Targets struct {
	spans   []span
	wide    []int              // spans of more than one address
	singles map[netip.Addr]int // first span of one address
	named   map[netip.Addr]bool
	exclude []span
	exactly map[netip.Addr]bool // excluded single addresses
	local   []netip.Prefix
	names   map[netip.Addr]string
	skipped []Skipped
}

// ParseTargets reads target expressions: addresses, IPv6 addresses with a zone,
// either with /bits, lists and ranges of octets (10.0,2-5.-.1), host names, host
// names with /bits (nmap.org/book/man-target-specification.html). An expression that cannot be read or resolved
// is skipped and listed by Skipped; one of exclude is an error, for nobody may be
// asked because of a typing error.
func ParseTargets(ctx context.Context, words, exclude []string, opt TargetOptions) (*Targets, error) {
	t := &Targets{
		singles: map[netip.Addr]int{}, named: map[netip.Addr]bool{}, exactly: map[netip.Addr]bool{},
		names: map[netip.Addr]string{}, local: opt.Local,
	}
	for _, w := range exclude {
		s, name, nbits, err := parseSpan(w)
		if err != nil {
			return nil, fmt.Errorf("exclude: %w", err)
		}
		spans := []span{s}
		if name != "" {
			addrs, err := resolve(ctx, name, opt)
			if err != nil {
				return nil, fmt.Errorf("exclude: %w", err)
			}
			spans = spans[:0] // every address of an excluded name is excluded
			for _, a := range addrs {
				spans = append(spans, widen(a, nbits))
			}
		}
		for _, s := range spans {
			if s.size() == 1 {
				t.exactly[s.at(0)] = true
			} else {
				t.exclude = append(t.exclude, s)
			}
		}
	}
	for _, w := range words {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := t.add(ctx, w, opt); err != nil {
			t.skipped = append(t.skipped, Skipped{w, err})
		}
	}
	return t, nil
}

func (t *Targets) add(ctx context.Context, word string, opt TargetOptions) error {
	s, name, nbits, err := parseSpan(word)
	if err != nil {
		return err
	}
	if name != "" {
		return t.addName(ctx, word, name, nbits, opt)
	}
	if s.prefix.IsValid() && 128-s.prefix.Bits() > maxHostBits {
		return fmt.Errorf("%q holds more addresses than can ever be asked; name a network of at most 2^%d", word, maxHostBits)
	}
	if s.size() == 1 && nbits < 0 && !strings.ContainsAny(word, ",-*") {
		t.named[s.at(0)] = true
	}
	t.put(s)
	return nil
}

// addName adds the addresses of a host name, or the networks of nbits bits that they are in;
// nbits is -1 for none.
func (t *Targets) addName(ctx context.Context, word, name string, nbits int, opt TargetOptions) error {
	addrs, err := resolve(ctx, name, opt)
	if err != nil {
		return err
	}
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int {
		switch {
		case a.Is4() == b.Is4():
			return 0
		case a.Is4() != opt.IPv6:
			return -1
		}
		return 1
	})
	for i, a := range addrs {
		if i > 0 && !opt.ResolveAll {
			t.skipped = append(t.skipped, Skipped{name, fmt.Errorf("%s, another address of %s, is not asked", a, name)})
			continue
		}
		if nbits > a.BitLen() || !a.Is4() && nbits >= 0 && 128-nbits > maxHostBits {
			return fmt.Errorf("%q: /%d does not fit %s", word, nbits, a)
		}
		// A name server cannot name what the user did not: only this machine's own
		// addresses count as named, as in "localhost" or the machine's own name.
		if nbits < 0 && t.own(a) {
			t.named[a] = true
		}
		if nbits < 0 && t.refused(a) {
			return fmt.Errorf("%s is %s, which is asked only when named as an address", name, a)
		}
		if t.names[a] == "" {
			t.names[a] = name
		}
		t.put(widen(a, nbits))
	}
	return nil
}

func (t *Targets) put(s span) {
	if s.size() > 1 {
		t.wide = append(t.wide, len(t.spans))
	} else if _, ok := t.singles[s.at(0)]; !ok {
		t.singles[s.at(0)] = len(t.spans)
	} else {
		return
	}
	t.spans = append(t.spans, s)
}

func widen(a netip.Addr, nbits int) span {
	if nbits < 0 || nbits > a.BitLen() {
		return single(a)
	}
	return network(a, nbits)
}

func resolve(ctx context.Context, name string, opt TargetOptions) ([]netip.Addr, error) {
	if opt.Resolve == nil {
		return nil, fmt.Errorf("%q is no address, and names are not resolved", name)
	}
	ascii := name
	if strings.ContainsFunc(name, func(r rune) bool { return r >= 0x80 }) {
		var err error
		if ascii, err = idna.Lookup.ToASCII(name); err != nil {
			return nil, fmt.Errorf("%q is no host name: %w", name, err)
		}
	}
	addrs, err := opt.Resolve(ctx, ascii)
	if err != nil {
		return nil, fmt.Errorf("cannot resolve %q: %w", name, err)
	}
	out := make([]netip.Addr, 0, len(addrs))
	for _, a := range addrs {
		if a = a.Unmap(); a.IsValid() && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("cannot resolve %q: no address", name)
	}
	return out, nil
}

// Skipped lists the expressions that are not asked.
func (t *Targets) Skipped() []Skipped { return t.skipped }

// Name returns the name that the user gave for an address, or "".
func (t *Targets) Name(a netip.Addr) string { return t.names[a] }

// Size returns how many addresses the expressions name, counting one that several
// name, or that is excluded, every time.
func (t *Targets) Size() uint64 {
	var n uint64
	for i := range t.spans {
		n += t.spans[i].size()
		if n >= 1<<62 {
			return 1 << 62
		}
	}
	return n
}

// Contains reports whether a may be asked: the law that everything which sends a
// packet keeps.
func (t *Targets) Contains(a netip.Addr) bool { return t.owner(a.Unmap()) >= 0 }

// owner returns the first span that holds a, or -1 if a must not be asked.
func (t *Targets) owner(a netip.Addr) int {
	if !a.IsValid() || t.exactly[a] || t.exactly[a.WithZone("")] || t.refused(a) {
		return -1
	}
	for i := range t.exclude {
		if s := &t.exclude[i]; s.contains(a) || s.contains(a.WithZone("")) {
			return -1
		}
	}
	owner := -1
	if i, ok := t.singles[a]; ok {
		owner = i
	}
	for _, i := range t.wide {
		if owner >= 0 && i > owner {
			break
		}
		if t.spans[i].contains(a) {
			return i
		}
	}
	return owner
}

// refused reports an address that no range means.
func (t *Targets) refused(a netip.Addr) bool {
	if t.named[a] {
		return false
	}
	if a.IsMulticast() || a.IsUnspecified() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return true
	}
	if t.own(a) {
		return true
	}
	for _, p := range t.local {
		if !p.Addr().Is4() || p.Bits() >= 31 || !p.Contains(a) {
			continue
		}
		s := network(p.Addr(), p.Bits())
		if a == s.at(0) || a == s.at(s.size()-1) { // both are broadcast (RFC 1122 §3.2.1.3)
			return true
		}
	}
	return false
}

// own reports an address of this machine's; the loopback network is not meant, for
// who names it means it.
func (t *Targets) own(a netip.Addr) bool {
	if a.IsLoopback() {
		return false
	}
	for _, p := range t.local {
		if p.Addr() == a.WithZone("") {
			return true
		}
	}
	return false
}

// All yields every address that may be asked once, in the order given.
func (t *Targets) All() iter.Seq[netip.Addr] { return t.walk(func(i uint64) uint64 { return i }) }

// Shuffled yields what All does in an order that seed decides.
func (t *Targets) Shuffled(seed uint64) iter.Seq[netip.Addr] {
	p := newPermutation(t.Size(), seed)
	return t.walk(p.at)
}

func (t *Targets) walk(order func(uint64) uint64) iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		ends := make([]uint64, len(t.spans)) // first index behind each span
		var total uint64
		for i := range t.spans {
			total += t.spans[i].size()
			ends[i] = total
		}
		for i := range total {
			k := order(i)
			n, found := slices.BinarySearch(ends, k)
			if found {
				n++
			}
			off := k
			if n > 0 {
				off -= ends[n-1]
			}
			if a := t.spans[n].at(off); t.owner(a) == n && !yield(a) {
				return
			}
		}
	}
}

// ReadTargetList reads a target list: expressions between blanks, '#' begins a
// comment that runs to the end of the line (nmap.org/book/man-target-specification.html, -iL).
func ReadTargetList(r io.Reader) ([]string, error) {
	var out []string
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	n := 1
	for ; in.Scan(); n++ {
		line, _, _ := strings.Cut(in.Text(), "#")
		out = append(out, strings.Fields(line)...)
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d of the target list is longer than a MiB", n)
	} else if err != nil {
		return nil, err
	}
	return out, nil
}

// SplitTargets splits an --exclude list. Commas part expressions, except between
// the octets of a list such as 10.0.0.1,3,5: a part that is only numbers and ranges
// belongs to what stands before it.
func SplitTargets(s string) []string {
	var out []string
	for _, w := range strings.Fields(s) {
		var cur string
		for part := range strings.SplitSeq(w, ",") {
			switch {
			case cur == "":
				cur = part
			case strings.Count(cur, ".") < 3 && strings.Trim(cur, "0123456789.,-*") == "",
				part != "" && strings.Trim(part, "0123456789-*") == "" && strings.Trim(cur, "0123456789.,-*") == "":
				cur += "," + part
			default:
				out = append(out, cur)
				cur = part
			}
		}
		if cur != "" {
			out = append(out, cur)
		}
	}
	return out
}

// LocalNetworks returns the addresses of this machine, each with its network.
func LocalNetworks() ([]netip.Prefix, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var out []netip.Prefix
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(n.IP)
		if !ok {
			continue
		}
		ones, size := n.Mask.Size()
		ip = ip.Unmap()
		if ip.Is4() && size == 128 {
			ones -= 96
		}
		out = append(out, netip.PrefixFrom(ip, ones))
	}
	return out, nil
}
