package matcher

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"earshot/matcher/request"
)

// PortRange is the ports Lo to Hi, both included.
type PortRange struct{ Lo, Hi uint16 }

// PortSet is a set of ports: sorted ranges that neither overlap nor touch. The
// nil PortSet is empty.
type PortSet []PortRange

// Has reports whether port is in the set.
func (s PortSet) Has(port uint16) bool {
	i, _ := slices.BinarySearchFunc(s, port, func(r PortRange, p uint16) int { return int(r.Hi) - int(p) })
	return i < len(s) && s[i].Lo <= port
}

// Union returns the ports of s and of t.
func (s PortSet) Union(t PortSet) PortSet {
	all := slices.Concat(s, t)
	slices.SortFunc(all, func(a, b PortRange) int { return int(a.Lo) - int(b.Lo) })
	var out PortSet
	for _, r := range all {
		if n := len(out); n > 0 && int(r.Lo) <= int(out[n-1].Hi)+1 {
			out[n-1].Hi = max(out[n-1].Hi, r.Hi)
			continue
		}
		out = append(out, r)
	}
	return out
}

// String writes the set as a ports directive would: "80,443,8000-8010".
func (s PortSet) String() string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(int(r.Lo)))
		if r.Hi != r.Lo {
			b.WriteString("-" + strconv.Itoa(int(r.Hi)))
		}
	}
	return b.String()
}

// parsePorts reads the argument of ports and sslports: numbers and a-b ranges,
// separated by commas, blanks allowed around numbers. No open ranges, names or
// prefixes.
func parsePorts(s string) (PortSet, error) {
	var all PortSet
	for item := range strings.SplitSeq(s, ",") {
		lo, hi, isRange := strings.Cut(item, "-")
		a, err := parsePort(lo)
		if err != nil {
			return nil, err
		}
		b := a
		if isRange {
			if b, err = parsePort(hi); err != nil {
				return nil, err
			}
		}
		if b < a {
			return nil, fmt.Errorf("port range %s runs backwards", strings.TrimSpace(item))
		}
		all = append(all, PortRange{a, b})
	}
	return all.Union(nil), nil
}

func parsePort(s string) (uint16, error) {
	s = strings.TrimSpace(s)
	n, err := strconv.ParseUint(s, 10, 16)
	switch {
	case s == "":
		return 0, fmt.Errorf("a port number is missing (write 80, 80-90, or 80,443)")
	case err != nil:
		return 0, fmt.Errorf("%.20q is no port number from 0 to 65535", s)
	}
	return uint16(n), nil
}

// PortSpec is a port list in the grammar of a port scan's -p option, as the
// Exclude directive holds it (nmap.org/book/man-port-specification.html).
type PortSpec struct {
	Text  string // as written
	items []portItem
}

// portItem is one element of a PortSpec: a range, or a glob over service names.
type portItem struct {
	tcp, udp, sctp bool
	PortRange
	glob  string // if not empty: the ports whose service name fits
	known bool   // stood in [ ]: only ports that have a service name
}

// ParsePortSpec reads a -p list: N, A-B, -B, A-, -, prefixes T: U: S: P: that
// hold until the next prefix, service names with * and ?, and [ ] around items
// that shall count only if the service table knows the port.
func ParsePortSpec(s string) (*PortSpec, error) {
	spec := &PortSpec{Text: s}
	all := portItem{tcp: true, udp: true, sctp: true}
	cur, outer, inside := all, all, false
	for rest := s; ; {
		rest = strings.TrimLeft(rest, " \t")
		if !inside && strings.HasPrefix(rest, "[") {
			inside, outer, rest = true, cur, rest[1:]
			continue
		}
		if len(rest) > 1 && rest[1] == ':' {
			var err error
			if cur, err = portPrefix(rest[:2]); err != nil {
				return nil, err
			}
			rest = rest[2:]
			continue
		}
		end := strings.IndexAny(rest, ",]")
		if end < 0 {
			end = len(rest)
		}
		it := cur
		it.known = inside
		if err := it.parse(strings.TrimSpace(rest[:end])); err != nil {
			return nil, err
		}
		spec.items = append(spec.items, it)
		rest = rest[end:]
		if strings.HasPrefix(rest, "]") {
			if !inside {
				return nil, fmt.Errorf("] without [ in the port list")
			}
			inside, cur = false, outer
			rest = strings.TrimLeft(rest[1:], " \t")
		}
		if rest == "" {
			break
		}
		if rest[0] != ',' {
			return nil, fmt.Errorf("expected a comma before %.20q in the port list", rest)
		}
		rest = rest[1:]
	}
	if inside {
		return nil, fmt.Errorf("[ without ] in the port list")
	}
	return spec, nil
}

// portPrefix returns what items are of after a prefix; P: means IP protocols, no transport.
func portPrefix(s string) (portItem, error) {
	switch s[0] {
	case 'T':
		return portItem{tcp: true}, nil
	case 'U':
		return portItem{udp: true}, nil
	case 'S':
		return portItem{sctp: true}, nil
	case 'P':
		return portItem{}, nil
	}
	return portItem{}, fmt.Errorf("unknown protocol prefix %q (known: T: U: S: P:)", s)
}

// parse reads what stands between two commas: a port, a range, or a service name.
func (it *portItem) parse(text string) error {
	if text == "" {
		return fmt.Errorf("an empty item in the port list")
	}
	if c := text[0]; 'a' <= c && c <= 'z' || c == '*' || c == '?' {
		if _, err := path.Match(text, ""); err != nil || strings.ContainsAny(text, `[\`) {
			return fmt.Errorf("%.40q is no service name pattern", text)
		}
		it.glob = text
		return nil
	}
	lo, hi, isRange := strings.Cut(text, "-")
	it.Lo, it.Hi = 1, 65535
	var err error
	if strings.TrimSpace(lo) != "" || !isRange {
		if it.Lo, err = parsePort(lo); err != nil {
			return err
		}
	}
	switch {
	case !isRange:
		it.Hi = it.Lo
	case strings.TrimSpace(hi) != "":
		if it.Hi, err = parsePort(hi); err != nil {
			return err
		}
	}
	if it.Hi < it.Lo {
		return fmt.Errorf("port range %s runs backwards", text)
	}
	return nil
}

// Has reports whether the list names port of the transport p. name gives the
// service table's name of a port, or ""; it may be nil, and then items that
// need the table name no port.
func (s *PortSpec) Has(p Proto, port uint16, name func(Proto, uint16) string) bool {
	if s == nil {
		return false
	}
	known, asked := "", name == nil
	for i := range s.items {
		it := &s.items[i]
		if !(it.tcp && p == request.TCP || it.udp && p == request.UDP || it.sctp && p == request.SCTP) {
			continue
		}
		if it.glob == "" && (port < it.Lo || port > it.Hi) {
			continue
		}
		if it.glob == "" && !it.known {
			return true
		}
		if !asked { // few items ask, and a choice goes through all ports
			known, asked = strings.ToLower(name(p, port)), true
		}
		if known == "" {
			continue
		}
		if ok, _ := path.Match(it.glob, known); ok || it.glob == "" {
			return true
		}
	}
	return false
}

// Unmatched returns the first name or glob that fits no port of the service table,
// or "".
func (s *PortSpec) Unmatched(name func(Proto, uint16) string) string {
next:
	for i := range s.items {
		it := &s.items[i]
		if it.glob == "" {
			continue
		}
		one := PortSpec{items: s.items[i : i+1]}
		for port := range 1 << 16 {
			for _, p := range [...]Proto{request.TCP, request.UDP, request.SCTP} {
				if one.Has(p, uint16(port), name) {
					continue next
				}
			}
		}
		return it.glob
	}
	return ""
}

// Speaks reports whether an item of the list holds for the transport p; with only,
// whether one holds for p and no other, as behind a prefix.
func (s *PortSpec) Speaks(p Proto, only bool) bool {
	for i := range s.items {
		it := &s.items[i]
		on := it.tcp && p == request.TCP || it.udp && p == request.UDP || it.sctp && p == request.SCTP
		if on && !(only && it.tcp && it.udp) {
			return true
		}
	}
	return false
}

// Doubled reports whether two items of the list hold for one port of one transport.
// Items that need the service table are not looked at.
func (s *PortSpec) Doubled() bool {
	for _, of := range [...]func(*portItem) bool{
		func(it *portItem) bool { return it.tcp }, func(it *portItem) bool { return it.udp }, func(it *portItem) bool { return it.sctp },
	} {
		var ranges []PortRange
		for i := range s.items {
			if it := &s.items[i]; it.glob == "" && !it.known && of(it) {
				ranges = append(ranges, it.PortRange)
			}
		}
		slices.SortFunc(ranges, func(a, b PortRange) int { return int(a.Lo) - int(b.Lo) })
		top := -1
		for _, r := range ranges {
			if int(r.Lo) <= top {
				return true
			}
			top = max(top, int(r.Hi))
		}
	}
	return false
}
