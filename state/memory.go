package state

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
	"time"

	"earshot/capture"
	"earshot/matcher"
)

// Memory is a Store that lives in memory. The zero Memory is empty and ready. It
// is not for concurrent use.
type Memory struct {
	services map[capture.Endpoint]*record
	hosts    map[hostKey]*facts

	order []capture.Endpoint // the keys of services as reports show them, see sort
	noted []hostKey          // the keys of hosts
}

// hostKey is an address on one network.
type hostKey struct {
	addr netip.Addr
	vlan uint16
	vni  uint32
}

func hostOf(ep capture.Endpoint) hostKey { return hostKey{ep.Addr.Addr(), ep.VLAN, ep.VNI} }

func (k hostKey) compare(o hostKey) int {
	return cmp.Or(k.addr.Compare(o.addr), cmp.Compare(k.vlan, o.vlan), cmp.Compare(k.vni, o.vni))
}

// record is a service as it is kept.
type record struct {
	open   span
	closed *span // nil if never refused: most never are
	claims []*claim
	origin string // that a recorder counts it under
}

// span is a Life as it is kept: with the counts of each origin apart.
type span struct {
	first, last time.Time
	reason      string
	counts      []tally
}

// tally is what one origin counted.
type tally struct {
	origin string
	n      uint64
}

// claim is an Evidence as it is kept; its Origin and Count are unused.
type claim struct {
	Evidence
	key    Key
	said   *matcher.Result // what it was made from, if a recorder made it: equal pointers are equal claims
	counts []tally
}

// facts are a host's hints.
type facts struct {
	hints []Hint // sorted
}

// union is how counts of one origin join: max merges two accounts of one pass,
// sum joins the disjoint parts of a pass.
type union func(a, b uint64) uint64

func unionMax(a, b uint64) uint64 { return max(a, b) }
func unionSum(a, b uint64) uint64 { return a + b }

func addTally(t []tally, origin string, n uint64, join union) []tally {
	i, ok := slices.BinarySearchFunc(t, origin, func(t tally, o string) int { return cmp.Compare(t.origin, o) })
	if !ok {
		if t == nil {
			return []tally{{origin, n}}
		}
		return slices.Insert(t, i, tally{origin, n})
	}
	t[i].n = join(t[i].n, n)
	return t
}

func sumTally(t []tally) (n uint64) {
	for _, x := range t {
		n += x.n
	}
	return n
}

func (s *span) add(first, last time.Time, reason string, counts []tally, join union) {
	s.first, s.last = earlier(s.first, first), later(s.last, last)
	if s.reason == "" || reason != "" && stronger(reason, s.reason) {
		s.reason = reason
	}
	for _, t := range counts {
		s.counts = addTally(s.counts, t.origin, t.n, join)
	}
}

func (s *span) life() Life {
	return Life{First: s.first, Last: s.last, Reason: s.reason, Count: sumTally(s.counts)}
}

// stronger says which of two reasons is shown: a total order, so that merging obeys
// the law.
func stronger(a, b string) bool {
	return cmp.Or(cmp.Compare(reasonRank(a), reasonRank(b)), cmp.Compare(a, b)) < 0
}

// ReasonRank orders reasons, the strongest first; of one rank the one that sorts first
// is shown. No reason comes last.
func ReasonRank(r string) int {
	if r == "" {
		return 9
	}
	return reasonRank(r)
}

func reasonRank(r string) int {
	switch r {
	case "syn-ack", "init-ack":
		return 0
	case "udp-response":
		return 1
	case "tcp-response":
		return 2
	case "no-response":
		return 5
	case "host-unreach", "net-unreach", "perm-denied", "admin-prohibited", "proto-unreach":
		return 4
	}
	return 3
}

// record returns the record of an endpoint, made if there was none.
func (m *Memory) record(ep capture.Endpoint) *record {
	r := m.services[ep]
	if r == nil {
		if m.services == nil {
			m.services = map[capture.Endpoint]*record{}
		}
		r = new(record)
		m.services[ep] = r
	}
	return r
}

// Len returns the number of endpoints known.
func (m *Memory) Len() int { return len(m.services) }

// Add implements Store.
func (m *Memory) Add(e Evidence) error {
	m.record(e.Endpoint).add(&claim{Evidence: e, key: e.Key(), counts: []tally{{e.Origin, e.Count}}}, unionMax)
	return nil
}

// add unites c with the record's claims and returns the claim that holds it, nil
// if it was too weak to be kept. It takes c over.
func (r *record) add(c *claim, join union) *claim {
	c.Banner = c.Banner[:min(len(c.Banner), MaxSample)]
	for _, old := range r.claims {
		if old.key == c.key {
			old.merge(c, join)
			if c.said != nil {
				old.said = c.said
			}
			return old
		}
	}
	if len(r.claims) < MaxClaims {
		r.claims = append(r.claims, c)
		return c
	}
	worst := 0
	for i := range r.claims {
		if compareContent(r.claims[i], r.claims[worst]) > 0 {
			worst = i
		}
	}
	if compareContent(c, r.claims[worst]) > 0 {
		return nil
	}
	r.claims[worst] = c
	return c
}

// merge unites two accounts of one claim.
func (c *claim) merge(o *claim, join union) {
	if sampleBefore(o, c) {
		c.Banner, c.Size, c.Client = o.Banner, o.Size, o.Client
	}
	c.First, c.Last = earlier(c.First, o.First), later(c.Last, o.Last)
	for _, t := range o.counts {
		c.counts = addTally(c.counts, t.origin, t.n, join)
	}
}

// sampleBefore says whether a's sample is to be kept rather than b's: the one heard
// first; of two heard at one time, the one that sorts first.
func sampleBefore(a, b *claim) bool {
	if a.First.IsZero() != b.First.IsZero() {
		return b.First.IsZero()
	}
	if c := cmp.Or(a.First.Compare(b.First), bytes.Compare(a.Banner, b.Banner), cmp.Compare(a.Size, b.Size)); c != 0 {
		return c < 0
	}
	return a.ClientText() < b.ClientText()
}

// See implements Store.
func (m *Memory) See(s Sighting) error {
	m.record(s.Endpoint).see(s.Closed, s.First, s.Last, s.Reason, []tally{{s.Origin, s.Count}}, unionMax)
	return nil
}

func (r *record) see(closed bool, first, last time.Time, reason string, counts []tally, join union) {
	if !closed {
		r.open.add(first, last, reason, counts, join)
		return
	}
	if r.closed == nil {
		r.closed = new(span)
	}
	r.closed.add(first, last, reason, counts, join)
}

// Note implements Store.
func (m *Memory) Note(h capture.Hint) error {
	said := hintOf(h)
	m.factsOf(hostKey{h.Addr, h.VLAN, h.VNI}).note(&said)
	return nil
}

// factsOf returns the facts of a host, made if there were none.
func (m *Memory) factsOf(k hostKey) *facts {
	f := m.hosts[k]
	if f == nil {
		if m.hosts == nil {
			m.hosts = map[hostKey]*facts{}
		}
		f = new(facts)
		m.hosts[k] = f
	}
	return f
}

func hintOf(h capture.Hint) Hint {
	return Hint{Kind: h.Kind, Value: h.Value, From: h.From, First: h.First, Last: h.Last}
}

// note adds a hint, or unites it with the one that is there.
func (f *facts) note(h *Hint) {
	i, end := 0, len(f.hints)
	for i < end {
		mid := int(uint(i+end) / 2)
		old := &f.hints[mid]
		switch c := compareHints(old, h); {
		case c == 0:
			old.First, old.Last = earlier(old.First, h.First), later(old.Last, h.Last)
			return
		case c < 0:
			i = mid + 1
		default:
			end = mid
		}
	}
	// Of the hints of this kind from this source the last goes if they become too many.
	if len(f.hints) >= MaxHints {
		n, last := 0, 0
		for k := range f.hints {
			if x := &f.hints[k]; x.Kind == h.Kind && x.From == h.From {
				n, last = n+1, k
			}
		}
		if n >= MaxHints {
			if last < i {
				return
			}
			copy(f.hints[i+1:last+1], f.hints[i:last])
			f.hints[i] = *h
			return
		}
	}
	f.hints = slices.Insert(f.hints, i, *h)
}

// join unites all that o holds into m, which may keep parts of o.
func (m *Memory) join(o *Memory, join union) {
	for ep, r := range o.services {
		to := m.services[ep]
		if to == nil {
			if m.services == nil {
				m.services = make(map[capture.Endpoint]*record, len(o.services))
			}
			m.services[ep] = r
			continue
		}
		if len(r.open.counts) > 0 {
			to.see(false, r.open.first, r.open.last, r.open.reason, r.open.counts, join)
		}
		if c := r.closed; c != nil {
			to.see(true, c.first, c.last, c.reason, c.counts, join)
		}
		for _, c := range r.claims {
			to.add(c, join)
		}
	}
	for k, f := range o.hosts {
		to := m.hosts[k]
		if to == nil {
			if m.hosts == nil {
				m.hosts = make(map[hostKey]*facts, len(o.hosts))
			}
			m.hosts[k] = f
			continue
		}
		for i := range f.hints {
			to.note(&f.hints[i])
		}
	}
}

// Hosts implements Store; it returns no error but yield's.
func (m *Memory) Hosts(yield func(*Host) error) error {
	m.sort()
	eps, noted := m.order, m.noted
	for len(eps) > 0 || len(noted) > 0 {
		var k hostKey
		if len(noted) == 0 || len(eps) > 0 && hostOf(eps[0]).compare(noted[0]) < 0 {
			k = hostOf(eps[0])
		} else {
			k = noted[0]
			noted = noted[1:]
		}
		h := Host{Addr: k.addr, VLAN: k.vlan, VNI: k.vni}
		if f := m.hosts[k]; f != nil {
			h.Hints = slices.Clone(f.hints)
		}
		n := 0
		for n < len(eps) && hostOf(eps[n]) == k {
			n++
		}
		h.Services = make([]Service, n)
		for i, ep := range eps[:n] {
			h.Services[i] = m.services[ep].service(ep)
		}
		eps = eps[n:]
		if err := yield(&h); err != nil {
			return err
		}
	}
	return nil
}

// sort brings order and noted up to date: what is known once is never taken out, so
// equal lengths mean equal contents.
func (m *Memory) sort() {
	if len(m.order) != len(m.services) {
		m.order = make([]capture.Endpoint, 0, len(m.services))
		for ep := range m.services {
			m.order = append(m.order, ep)
		}
		slices.SortFunc(m.order, func(a, b capture.Endpoint) int {
			return cmp.Or(hostOf(a).compare(hostOf(b)), compareEndpoints(a, b))
		})
	}
	if len(m.noted) != len(m.hosts) {
		m.noted = make([]hostKey, 0, len(m.hosts))
		for k := range m.hosts {
			m.noted = append(m.noted, k)
		}
		slices.SortFunc(m.noted, hostKey.compare)
	}
}

func (r *record) service(ep capture.Endpoint) Service {
	s := Service{Endpoint: ep, Open: r.open.life()}
	if r.closed != nil {
		s.Closed = r.closed.life()
	}
	claims := r.claims
	if len(claims) > 1 {
		claims = slices.Clone(claims)
		slices.SortFunc(claims, compareClaims)
	}
	if len(claims) > 0 {
		s.Evidence = make([]Evidence, 0, len(claims))
	}
	for _, c := range claims {
		e := c.Evidence
		e.Origin, e.Count = "", sumTally(c.counts)
		s.Evidence = append(s.Evidence, e)
	}
	return s
}
