package state

import (
	"net/netip"

	"earshot/capture"
)

// What hosts say of others (capture.Hint.Told: a resolver's answers, what a DHCP client
// asks for) is kept apart: a resolver speaks of the whole internet, and only what it says
// of hosts that are known otherwise becomes part of the record.

// maxHearsay bounds the addresses that one recorder has hearsay of. When there are more, the
// older half goes.
const maxHearsay = 4096

// rumour is an address that others spoke of. It has no VLAN: who speaks may be on another.
type rumour struct {
	addr netip.Addr
	vni  uint32
}

// hearsay is what one recorder heard, in two generations: what was spoken of lately is
// in the young one.
type hearsay struct {
	young, old map[rumour]*facts
}

func (s *hearsay) note(h capture.Hint) {
	k := rumour{h.Addr, h.VNI}
	f := s.young[k]
	if f == nil {
		if len(s.young) >= maxHearsay/2 {
			s.young, s.old = nil, s.young
		}
		if s.young == nil {
			s.young = map[rumour]*facts{}
		}
		if f = s.old[k]; f == nil {
			f = new(facts)
		}
		s.young[k] = f
	}
	f.note(hintOf(h))
}

// of returns what was said of a host.
func (s *hearsay) of(k hostKey) []Hint {
	r := rumour{k.addr, k.vni}
	if f := s.young[r]; f != nil {
		return f.hints
	}
	if f := s.old[r]; f != nil {
		return f.hints
	}
	return nil
}

// Hearsay adds to m, of each host that it has, what recorders heard others say of it.
// Recorders may go on afterwards.
func (m *Memory) Hearsay(recorders ...*Recorder) {
	var to []hostKey
	seen := map[hostKey]struct{}{}
	add := func(k hostKey) {
		if _, ok := seen[k]; !ok {
			seen[k] = struct{}{}
			to = append(to, k)
		}
	}
	for ep := range m.services {
		add(hostOf(ep))
	}
	for k := range m.hosts {
		add(k)
	}
	for _, r := range recorders {
		if len(r.hearsay.young) == 0 {
			continue
		}
		for _, k := range to {
			hints := r.hearsay.of(k)
			if len(hints) == 0 {
				continue
			}
			f := m.factsOf(k)
			for _, h := range hints {
				f.note(h)
			}
		}
	}
}
