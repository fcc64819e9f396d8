package state

import (
	"fmt"
	"strconv"
	"strings"
)

// Stacks knows which system begins a connection how, and asks a DHCP server for what. It
// is made by ReadStacks.
type Stacks struct {
	tcp  []tcpLine
	dhcp map[string]Clue
}

// Clue is what one sign says of the system of a host.
type Clue struct {
	Family string // "Linux", "Windows", …
	Name   string // as exact as the sign is
	Sure   int    // 0 to 10
	From   string // the sign, for people
}

// tcpLine is a line of the table of TCP stacks.
type tcpLine struct {
	side, opts string
	ttl        int
	window     string
	scaleFrom  int // -1: no option
	scaleTo    int
	anyScale   bool
	df         string
	clue       Clue
}

// ReadStacks reads the tables of TCP stacks and of DHCP clients. Their heads say what the
// columns are. The error names the line.
func ReadStacks(tcp, dhcp string) (*Stacks, error) {
	s := &Stacks{dhcp: map[string]Clue{}}
	err := eachLine(tcp, 10, func(f []string) error {
		l := tcpLine{side: f[0], window: f[2], opts: f[3], df: f[5], clue: Clue{Family: f[6], Name: f[7]}}
		var err error
		if l.ttl, err = strconv.Atoi(f[1]); err != nil {
			return err
		}
		if l.clue.Sure, err = strconv.Atoi(f[8]); err != nil {
			return err
		}
		switch from, to, ok := strings.Cut(f[4], "-"); {
		case f[4] == "*":
			l.anyScale = true
		case f[4] == "-":
			l.scaleFrom, l.scaleTo = -1, -1
		default:
			if !ok {
				to = from
			}
			if l.scaleFrom, err = strconv.Atoi(from); err != nil {
				return err
			}
			if l.scaleTo, err = strconv.Atoi(to); err != nil {
				return err
			}
		}
		s.tcp = append(s.tcp, l)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("table of TCP stacks: %w", err)
	}
	err = eachLine(dhcp, 5, func(f []string) error {
		sure, err := strconv.Atoi(f[3])
		s.dhcp[f[0]] = Clue{Family: f[1], Name: f[2], Sure: sure}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("table of DHCP clients: %w", err)
	}
	return s, nil
}

// eachLine calls f with the columns of each line that is not a comment.
func eachLine(text string, columns int, f func([]string) error) error {
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		cols := strings.Split(line, "\t")
		if len(cols) != columns {
			return fmt.Errorf("line %d has %d columns, not %d", n, len(cols), columns)
		}
		if err := f(cols); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return nil
}

// heardStack is the value of a hint of kind "stack", taken apart.
type heardStack struct {
	ttl, window, mss, scale int // scale is -1 if there is none
	opts, quirks            string
}

func parseStack(v string) (h heardStack, ok bool) {
	f := strings.Fields(v)
	if len(f) != 6 {
		return h, false
	}
	var errs [4]error
	h.ttl, errs[0] = strconv.Atoi(f[0])
	h.window, errs[1] = strconv.Atoi(f[1])
	h.mss, errs[2] = strconv.Atoi(f[2])
	if h.scale = -1; f[3] != "-" {
		h.scale, errs[3] = strconv.Atoi(f[3])
	}
	h.opts, h.quirks = f[4], f[5]
	// Options that come only at times: multipath (RFC 8684), fast open (RFC 7413), experiments (RFC 6994).
	for _, o := range [...]string{",?30", ",?34", ",?254"} {
		if i := strings.Index(h.opts, o); i >= 0 {
			h.opts = h.opts[:i]
		}
	}
	return h, errs == [4]error{}
}

// initial is the time to live that a packet was sent with, going by the one heard: the next
// of the values that systems begin with. 0 if it is too far from any.
func initial(ttl int) int {
	for _, n := range [...]int{64, 128, 255} {
		if ttl <= n {
			if n-ttl > 32 {
				return 0
			}
			return n
		}
	}
	return 0
}

// TCP says whose way of beginning a connection a hint of kind "stack" is; side is
// "syn" or "syn-ack", v6 that it came by IPv6. ok is false if no line has it, or lines of
// several families do.
func (s *Stacks) TCP(side, value string, v6 bool) (c Clue, ok bool) {
	h, ok := parseStack(value)
	if !ok || s == nil {
		return c, false
	}
	for i := range s.tcp {
		l := &s.tcp[i]
		if !l.matches(side, &h, v6) {
			continue
		}
		if c.Family == "" {
			c = l.clue
		} else if c.Family != l.clue.Family {
			return Clue{}, false
		}
	}
	return c, c.Family != ""
}

func (l *tcpLine) matches(side string, h *heardStack, v6 bool) bool {
	switch {
	case l.side != "any" && l.side != side, l.ttl != initial(h.ttl), l.opts != h.opts:
		return false
	case !l.anyScale && (h.scale < l.scaleFrom || h.scale > l.scaleTo):
		return false
	case strings.Contains(h.quirks, "odd"), strings.Contains(h.quirks, "eol+"):
		return false
	}
	if l.df == "df" && !v6 && !strings.HasPrefix(h.quirks, "df") || l.df == "v6" && !v6 {
		return false
	}
	if l.window == "*" {
		return true
	}
	if n, ok := strings.CutPrefix(l.window, "mss*"); ok {
		k, err := strconv.Atoi(n)
		return err == nil && h.mss != 0 && h.window == k*h.mss
	}
	return l.window == strconv.Itoa(h.window)
}

// Distance is how many hops away from the sensor a host is, by the time to live of its
// packets: 1 on the sensor's own link, 0 if it is not known.
func (h *Host) Distance() int {
	best := 0
	for _, x := range h.Hints {
		if x.Kind != "stack" {
			continue
		}
		if s, ok := parseStack(x.Value); ok {
			if n := initial(s.ttl); n != 0 && (best == 0 || n-s.ttl+1 < best) {
				best = n - s.ttl + 1
			}
		}
	}
	return best
}
