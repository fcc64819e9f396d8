package discover

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"earshot/matcher"
	"earshot/matcher/request"
)

// Ports are the ports to ask of every host, in the order of asking.
type Ports struct {
	TCP, UDP []uint16
}

// PortChoice says which ports are meant. The zero value with Common set means the
// 1000 most common TCP ports, shuffled.
type PortChoice struct {
	TCP, UDP bool   // transports to ask; neither means TCP, and UDP too if Spec says U:
	Spec     string // -p list; "" for the most common ports
	Fast     bool   // the 100 most common
	Top      int    // the so many most common; 0 means 1000, or with Spec no limit
	Exclude  string // -p list of ports never asked; it goes before Top is counted
	InOrder  bool   // ascending, instead of shuffled with the most common in front
	Seed     uint64 // of the shuffle

	Common *CommonPorts                              // ranking; nil ranks nothing
	Name   func(p request.Proto, port uint16) string // service table, for names in lists; may be nil
}

// defaultTop and fastTop are how many ports are asked when none are named
// (nmap.org/book/man-port-specification.html).
const (
	defaultTop = 1000
	fastTop    = 100
)

// Ports makes the list. The second result are warnings for the user, one line each.
// An error says which word of the choice cannot be carried out.
func (c *PortChoice) Ports() (Ports, []string, error) {
	var out Ports
	switch {
	case c.Spec != "" && c.Fast:
		return out, nil, errors.New("-F and -p exclude each other: -p says which ports, -F the 100 most common")
	case c.Fast && c.Top != 0:
		return out, nil, errors.New("-F is --top-ports 100: give one of them")
	case c.Top < 0 || c.Top > 65536:
		return out, nil, fmt.Errorf("--top-ports takes 1 to 65536, not %d", c.Top)
	}
	spec, err := c.parse("-p", c.Spec)
	if err != nil {
		return out, nil, err
	}
	exclude, err := c.parse("--exclude-ports", c.Exclude)
	if err != nil {
		return out, nil, err
	}
	tcp, udp := c.TCP, c.UDP
	if !tcp && !udp {
		tcp = spec == nil || spec.Speaks(request.TCP, false)
		udp = spec != nil && spec.Speaks(request.UDP, true)
	}
	warn := warnings(spec, tcp, udp)
	if tcp {
		out.TCP = c.pick(request.TCP, spec, exclude)
	}
	if udp {
		out.UDP = c.pick(request.UDP, spec, exclude)
	}
	if len(out.TCP)+len(out.UDP) == 0 {
		return out, warn, errors.New("no port is left to ask")
	}
	for i, ports := range [...][]uint16{out.TCP, out.UDP} {
		slices.Sort(ports)
		if c.InOrder {
			continue
		}
		rng := rand.New(rand.NewPCG(c.Seed, uint64(i)))
		rng.Shuffle(len(ports), func(i, j int) { ports[i], ports[j] = ports[j], ports[i] })
		if i == 0 {
			c.Common.front(ports)
		}
	}
	return out, warn, nil
}

// warnings says what of a -p list is not carried out as it stands.
func warnings(spec *matcher.PortSpec, tcp, udp bool) (warn []string) {
	if spec == nil {
		return nil
	}
	for _, p := range []struct {
		proto request.Proto
		on    bool
		flag  string
	}{{request.TCP, tcp, "T:"}, {request.UDP, udp, "U:"}, {request.SCTP, false, "S:"}} {
		if !p.on && spec.Speaks(p.proto, true) {
			warn = append(warn, fmt.Sprintf("-p names %s ports, but %s is not asked", p.flag, p.proto))
		}
	}
	if spec.Doubled() {
		warn = append(warn, "-p names a port twice; it is asked once")
	}
	return warn
}

// most is how many ports of a transport are asked; 0 means all that are named.
func (c *PortChoice) most() int {
	switch {
	case c.Fast:
		return fastTop
	case c.Top == 0 && c.Spec == "":
		return defaultTop
	case c.Top == 65536:
		return 0
	}
	return c.Top
}

// pick returns the ports of a transport: the most common ones, or all from 1 on, and 0 if it
// is named. spec and exclude may be nil.
func (c *PortChoice) pick(p request.Proto, spec, exclude *matcher.PortSpec) (ports []uint16) {
	if top := c.most(); top > 0 {
		for _, port := range c.Common.ranked(p) {
			if len(ports) == top {
				break
			}
			if (spec == nil || spec.Has(p, port, c.Name)) && !exclude.Has(p, port, c.Name) {
				ports = append(ports, port)
			}
		}
		return ports
	}
	for port := range 1 << 16 {
		if spec == nil && port == 0 || spec != nil && !spec.Has(p, uint16(port), c.Name) {
			continue
		}
		if !exclude.Has(p, uint16(port), c.Name) {
			ports = append(ports, uint16(port))
		}
	}
	return ports
}

func (c *PortChoice) parse(flag, text string) (*matcher.PortSpec, error) {
	if text == "" {
		return nil, nil
	}
	spec, err := matcher.ParsePortSpec(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	if g := spec.Unmatched(c.Name); g != "" {
		return nil, fmt.Errorf("%s: %q is no service that the table of ports knows", flag, g)
	}
	return spec, nil
}

// CommonPorts ranks ports by how often they are met, most common first.
type CommonPorts struct {
	tcp, udp []uint16
}

// ReadCommonPorts reads a ranking: lines "port/proto", most common first; '#' begins
// a comment line. It returns an error that names the line for a line it cannot read
// and for a port that stands twice.
func ReadCommonPorts(text string) (*CommonPorts, error) {
	var c CommonPorts
	var seen [2][1 << 16]bool
	in := bufio.NewScanner(strings.NewReader(text))
	for n := 1; in.Scan(); n++ {
		line := strings.TrimSpace(in.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		port, proto, _ := strings.Cut(line, "/")
		p, err := strconv.ParseUint(port, 10, 16)
		list, k := &c.tcp, 0
		if proto == "udp" {
			list, k = &c.udp, 1
		}
		if err != nil || proto != "tcp" && proto != "udp" {
			return nil, fmt.Errorf("common ports, line %d: want port/tcp or port/udp, not %.40q", n, line)
		}
		if seen[k][p] {
			return nil, fmt.Errorf("common ports, line %d: %s stands twice", n, line)
		}
		seen[k][p] = true
		*list = append(*list, uint16(p))
	}
	return &c, in.Err()
}

func (c *CommonPorts) ranked(p request.Proto) []uint16 {
	switch {
	case c == nil:
		return nil
	case p == request.UDP:
		return c.udp
	}
	return c.tcp
}

// first is how many of the most common ports are asked before all others, so that a
// host's timing is learned from ports that answer.
const first = 24

// front moves the most common of the ports to the front and keeps all else as it is.
func (c *CommonPorts) front(ports []uint16) {
	if c == nil {
		return
	}
	head := c.tcp[:min(first, len(c.tcp))]
	slices.SortStableFunc(ports, func(a, b uint16) int {
		switch x, y := slices.Contains(head, a), slices.Contains(head, b); {
		case x == y:
			return 0
		case x:
			return -1
		}
		return 1
	})
}
