package state

import (
	"net/netip"
	"slices"
	"time"

	"earshot/capture"
)

// What hosts say of others (capture.Hint.Told: a resolver's answers, what a DHCP client
// asks for) is kept apart: a resolver speaks of the whole internet, and only what it says
// of hosts that are known otherwise becomes part of the record.

// maxHearsay bounds what one recorder keeps of it, in sayings. When there are more, the
// older half goes.
const maxHearsay = 4096

// rumour is an address that others spoke of. It has no VLAN: who speaks may be on another.
type rumour struct {
	addr netip.Addr
	vni  uint32
}

// saying is what was said of an address.
type saying struct {
	rumour
	kind, value, from string
}

// spoken is when it was said, in nanoseconds of Unix time.
type spoken struct{ first, last int64 }

// hearsay is what one recorder heard, in two generations: what was said lately is in the
// young one. Most resolvers say much that is never heard of again, so it has no order
// and no index.
type hearsay struct {
	young, old map[saying]*spoken
}

func (s *hearsay) note(h *capture.Hint) {
	k := saying{rumour{h.Addr, h.VNI}, h.Kind, h.Value, h.From}
	first, last := h.First.UnixNano(), h.Last.UnixNano()
	when := s.young[k]
	if when == nil {
		if len(s.young) >= maxHearsay/2 {
			clear(s.old)
			s.young, s.old = s.old, s.young
		}
		if s.young == nil {
			s.young = map[saying]*spoken{}
		}
		if when = s.old[k]; when == nil {
			when = &spoken{first, last}
		}
		s.young[k] = when
	}
	when.first, when.last = min(when.first, first), max(when.last, last)
}

// Hearsay adds to m, of each host that it has, what recorders heard others say of it.
// Recorders may go on afterwards.
func (m *Memory) Hearsay(recorders ...*Recorder) {
	var to map[rumour][]hostKey
	for _, r := range recorders {
		if len(r.hearsay.young) == 0 {
			continue
		}
		if to == nil {
			if to = m.spokenOf(); len(to) == 0 {
				return
			}
		}
		for _, generation := range [...]map[saying]*spoken{r.hearsay.old, r.hearsay.young} {
			for k, when := range generation {
				for _, host := range to[k.rumour] {
					m.factsOf(host).note(&Hint{
						Kind: k.kind, Value: k.value, From: k.from,
						First: time.Unix(0, when.first).UTC(), Last: time.Unix(0, when.last).UTC(),
					})
				}
			}
		}
	}
}

// spokenOf returns the hosts of m by what a rumour calls them.
func (m *Memory) spokenOf() map[rumour][]hostKey {
	to := make(map[rumour][]hostKey, len(m.hosts))
	add := func(k hostKey) {
		r := rumour{k.addr, k.vni}
		if l := to[r]; !slices.Contains(l, k) {
			to[r] = append(l, k)
		}
	}
	for ep := range m.services {
		add(hostOf(ep))
	}
	for k := range m.hosts {
		add(k)
	}
	return to
}
