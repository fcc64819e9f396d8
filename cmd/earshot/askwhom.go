package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"earshot/active"
	"earshot/capture"
	"earshot/matcher/request"
	"earshot/state"
	"earshot/state/sqlite"
)

// Whom the asker may ask, what it knows already, and what it asks again.

// ambiguous is in the place of a VLAN where an address was heard in several networks: an
// answer could be anyone's.
const ambiguous = 0xffff

// reachable reports whether a host may be asked by its address: it is in scope, and it was
// heard on the network that we are on, or behind a tag that --ask-vlan names.
func (a *asker) reachable(h *state.Host) bool {
	if !a.scope.Contains(h.Addr) {
		return false
	}
	if h.VNI != 0 || h.VLAN != 0 && !slices.Contains(a.vlans, h.VLAN) {
		if !a.untold {
			a.untold = true
			where := fmt.Sprintf("VLAN tag %d; hosts behind tags are asked only with --ask-vlan", h.VLAN)
			if h.VNI != 0 {
				where = fmt.Sprintf("a tunnel (VNI %d); hosts behind tunnels are never asked", h.VNI)
			}
			a.sensor.talk.note(fmt.Sprintf("%v is in --ask, but was heard behind %s", h.Addr, where))
		}
		return false
	}
	switch vlan, seen := a.seen[h.Addr]; {
	case !seen && len(a.seen) < maxWaiting:
		a.seen[h.Addr] = h.VLAN
	case seen && vlan != h.VLAN && vlan != ambiguous:
		a.seen[h.Addr] = ambiguous
		a.sensor.talk.note(fmt.Sprintf("%v was heard in two VLANs: it is not asked there", h.Addr))
	}
	return true
}

// sort puts a host's services with those that are identified or those that wait.
func (a *asker) sort(h *state.Host, wait func(told, capture.Endpoint)) {
	beliefs := h.Beliefs(a.sensor.out.opts.Names)
	a.mu.Lock()
	enough := a.enough
	a.mu.Unlock()
	for i := range h.Services {
		s, b := &h.Services[i], &beliefs[i]
		where := told{h.Addr, h.VLAN, h.VNI, s.Endpoint.Addr.Port(), s.Endpoint.Proto.String()}
		switch {
		case s.Endpoint.Proto != request.TCP && s.Endpoint.Proto != request.UDP:
		case s.State() != "open":
			delete(a.waiting, where)
		case b.By != nil && !b.Guess() && b.Service != "" && enough(b):
			if len(a.known) < maxWaiting {
				a.known[where] = struct{}{}
			}
			if p := a.waiting[where]; p != nil && !p.now {
				delete(a.waiting, where)
			}
		default:
			if _, known := a.known[where]; !known {
				wait(where, s.Endpoint)
			}
		}
	}
}

// wants reads what is to be known of a service, so that it is not asked.
func wants(what string) (func(*state.Belief) bool, error) {
	switch what {
	case "service":
		return func(*state.Belief) bool { return true }, nil
	case "product":
		return func(b *state.Belief) bool { return b.Product != "" }, nil
	case "version":
		return func(b *state.Belief) bool { return b.Product != "" && b.Version != "" }, nil
	}
	return nil, usagef("--enough is service, product or version, not %s", what)
}

// recall takes what earlier runs knew of a host.
func (a *asker) recall(h *state.Host) {
	if a.scope.Contains(h.Addr) {
		a.sort(h, func(told, capture.Endpoint) {})
	}
}

// recallLedger takes what earlier runs asked, and what of today's budgets they spent.
func (a *asker) recallLedger(db *sqlite.DB) error {
	now := time.Now()
	a.turn()
	return db.Ledger(func(q *sqlite.Question) error {
		if !a.scope.Contains(q.Addr) {
			return nil
		}
		where := told{q.Addr, 0, 0, q.Port, q.Proto}
		if q.Time.After(a.asked[where]) && (len(a.asked) < maxWaiting || !a.asked[where].IsZero()) {
			a.asked[where] = q.Time
		}
		if t := q.Time.Local(); t.Year() == now.Year() && t.YearDay() == now.YearDay() {
			n := 1
			if q.Proto == "udp" {
				n = max(n, q.Sent)
			}
			a.spent[netip.Addr{}] += n
			a.spent[q.Addr.WithZone("")] += n
		}
		return nil
	})
}

// answered takes what was said to us.
func (a *asker) answered(m *state.Memory) {
	_ = m.Hosts(func(h *state.Host) error { // memory does not fail
		a.sort(h, func(told, capture.Endpoint) {})
		return nil
	})
}

// changed asks again what is no longer what it was, without delay.
func (a *asker) changed(c *state.Change, now time.Time) {
	why := ""
	switch c.Kind {
	case "version-changed":
		why = "its version has changed"
	case "certificate-changed":
		why = "its certificate has changed"
	default:
		return // what is new waits with the others
	}
	where := told{c.Addr, c.VLAN, c.VNI, c.Port, c.Proto}
	if vlan, seen := a.seen[c.Addr]; !seen || vlan != c.VLAN || len(a.waiting) >= maxWaiting {
		return
	}
	p := a.waiting[where]
	if p == nil {
		proto := capture.Proto(request.TCP)
		if c.Proto == "udp" {
			proto = request.UDP
		}
		p = &port{ep: capture.Endpoint{Addr: netip.AddrPortFrom(c.Addr, c.Port), Proto: proto, VLAN: c.VLAN, VNI: c.VNI}, since: now}
		a.waiting[where] = p
	}
	p.now, p.why = true, why
}

// portOf is the port that a line of the ledger is about.
func portOf(e *active.Entry) active.Port {
	p := active.Port{Proto: request.TCP, Port: e.Port}
	if e.Proto == "udp" {
		p.Proto = request.UDP
	}
	return p
}

// untagged is a place as the ledger knows it.
func (t told) untagged() told {
	t.vlan, t.vni = 0, 0
	return t
}

// vlanIDs reads numbers of VLANs.
func vlanIDs(words []string) ([]uint16, error) {
	var out []uint16
	for _, w := range words {
		n, err := strconv.ParseUint(w, 10, 16)
		if err != nil || n < 1 || n > 4094 {
			return nil, usagef("--ask-vlan is the number of a VLAN from 1 to 4094, not %s", w)
		}
		out = append(out, uint16(n))
	}
	return out, nil
}

// tagged is memory in which everything lies in a VLAN: it takes answers that came without
// a tag from hosts that are heard behind one.
type tagged struct {
	*state.Memory
	vlan uint16
}

// Add implements state.Store.
func (t *tagged) Add(e state.Evidence) error {
	e.Endpoint.VLAN = t.vlan
	return t.Memory.Add(e)
}

// See implements state.Store.
func (t *tagged) See(s state.Sighting) error {
	s.VLAN = t.vlan
	return t.Memory.See(s)
}

// Note implements state.Store.
func (t *tagged) Note(h capture.Hint) error {
	h.VLAN = t.vlan
	return t.Memory.Note(h)
}
