package active

import (
	"net/netip"
	"strings"
)

// Asked says of a port whether it was tried before, and whether it was spoken to; of the
// zero Port, whether the host was looked for in vain.
type Asked func(a netip.Addr, p Port) (tried, spoken bool)

// History is what the ledgers of earlier runs tell of what was asked. The zero History is
// empty and ready.
type History struct {
	ports  map[netip.AddrPort]*[2]uint8 // by transport, tcp and udp
	sought map[netip.Addr]bool          // looked for in vain
}

const (
	wasTried  = 1
	wasSpoken = 2
)

// looking is how the reason of what was sent to find a host begins on the ledger, notThere
// the reason of the line that says it was in vain.
const (
	looking      = "host: "
	soughtInVain = looking + "not there"
)

// unfinished is the outcome of a port whose questions were interrupted.
const unfinished = "interrupted"

// Search reports whether a line of the ledger was about whether a host is there, and not
// about a port of it, and if so whether the host was given up.
func Search(why, proto string) (is, inVain bool) {
	return strings.HasPrefix(why, looking) || proto == "", why == soughtInVain
}

// Sought notes that a host was looked for in vain.
func (h *History) Sought(a netip.Addr) {
	if h.sought == nil {
		h.sought = map[netip.Addr]bool{}
	}
	h.sought[a] = true
}

// Note takes one entry's essentials: asked are the probes sent over the connection.
func (h *History) Note(a netip.AddrPort, proto string, asked []string, outcome string) {
	if h.ports == nil {
		h.ports = map[netip.AddrPort]*[2]uint8{}
	}
	p := h.ports[a]
	if p == nil {
		p = new([2]uint8)
		h.ports[a] = p
	}
	t := 0
	if proto == "udp" {
		t = 1
	}
	p[t] |= wasTried
	switch { // what spoke by itself, or never did, has been listened to
	case outcome == unfinished:
		p[t] = 0
	case len(asked) > 0, outcome == "answered", outcome == "silent", outcome == "reset":
		p[t] |= wasSpoken
	}
}

// Asked is an Asked; of no port it says whether the host was looked for in vain.
func (h *History) Asked(a netip.Addr, p Port) (tried, spoken bool) {
	if p == (Port{}) {
		return h.sought[a], false
	}
	was := h.ports[netip.AddrPortFrom(a, p.Port)]
	if was == nil {
		return false, false
	}
	t := 0
	if p.Proto.String() == "udp" {
		t = 1
	}
	return was[t]&wasTried != 0, was[t]&wasSpoken != 0
}
