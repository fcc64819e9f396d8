package active

import (
	"net/netip"
	"strings"
)

// Asked says of a port whether it was tried before, and whether it was spoken to; of the
// zero Port, whether the host was looked for.
type Asked func(a netip.Addr, p Port) (tried, spoken bool)

// History is what the ledgers of earlier runs tell of what was asked. The zero History is
// empty and ready.
type History struct {
	ports  map[netip.AddrPort]*[2]uint8 // by transport, tcp and udp
	hosts  map[netip.Addr]*heard
	sought map[netip.Addr]bool // looked for
}

// heard is what came of asking a host's TCP ports.
type heard struct {
	silent   int
	answered bool
}

const (
	wasTried  = 1
	wasSpoken = 2
)

// looking is how the reason of what was sent to find a host begins on the ledger.
const looking = "host: "

// IsSearch reports whether a line of the ledger was about whether a host is there, and not
// about a port of it.
func IsSearch(why, proto string) bool { return strings.HasPrefix(why, looking) || proto == "" }

// Sought notes that a host was looked for.
func (h *History) Sought(a netip.Addr) {
	if h.sought == nil {
		h.sought = map[netip.Addr]bool{}
	}
	h.sought[a] = true
}

// Note takes one entry's essentials: asked are the probes sent over the connection.
func (h *History) Note(a netip.AddrPort, proto string, asked []string, outcome string) {
	if h.ports == nil {
		h.ports, h.hosts = map[netip.AddrPort]*[2]uint8{}, map[netip.Addr]*heard{}
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
	case len(asked) > 0, outcome == "answered", outcome == "silent", outcome == "reset":
		p[t] |= wasSpoken
	}
	if t == 1 {
		return
	}
	x := h.hosts[a.Addr()]
	if x == nil {
		x = new(heard)
		h.hosts[a.Addr()] = x
	}
	switch {
	case outcome == "no-response" || strings.Contains(outcome, "unreach"):
		x.silent++
	case outcome != "" && outcome != "sent": // given up with the host; of a raw frame the answer is not on the ledger
		x.answered = true
	}
}

// Asked is an Asked; of no port it says whether the host was looked for. All ports of a host that was given up as silent count as tried.
func (h *History) Asked(a netip.Addr, p Port) (tried, spoken bool) {
	if p == (Port{}) {
		return h.sought[a], false
	}
	if x := h.hosts[a]; x != nil && !x.answered && x.silent >= silentPorts {
		return true, false
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
