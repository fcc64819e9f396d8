package matcher

import (
	"slices"
	"sync"

	"earshot/matcher/request"
)

// chain is an ordered list of lines to try: the lines of a probe and of those it
// falls back to, or every line of a transport. It never changes once built.
type chain struct {
	ids   []int32  // places in DB.lines, in the order of trial
	order []uint32 // by probe: what the prefilter calls the order of lists
	set   uint8    // place in DB.any of the chain that has all of its lines
}

// lazyChain is a chain built on first use.
type lazyChain struct {
	once sync.Once
	chain
}

// chainOf returns the list of a probe: its own lines, those of its fallbacks,
// and for TCP those of NULL (nmap.org/book/vscan-technique.html). No probe's lines stand in
// it twice.
func (db *DB) chainOf(p *Probe) *chain {
	p.chain.once.Do(func() {
		list := append([]*Probe{p}, p.Fallback...)
		if p.Proto == request.TCP && db.null != nil && !p.IsNull() {
			list = append(list, db.null)
		}
		db.link(&p.chain.chain, list)
	})
	return &p.chain.chain
}

// anyChain returns every line of a transport: NULL's first, then the probes' in
// file order, then what they fall back to in the other transport. SCTP has no probes of its own; what runs over it also runs over TCP.
func (db *DB) anyChain(proto Proto) *chain {
	i := setOf(proto)
	if i == 0 {
		proto = request.TCP
	}
	db.any[i].once.Do(func() {
		var list []*Probe
		for _, p := range db.probes {
			if p.Proto != proto {
				continue
			}
			if p.IsNull() {
				list = slices.Insert(list, 0, p)
			} else {
				list = append(list, p)
			}
		}
		// A probe may fall back to the lists of one of the other transport.
		for _, p := range list[:len(list):len(list)] {
			list = append(list, p.Fallback...)
		}
		db.link(&db.any[i].chain, list)
	})
	return &db.any[i].chain
}

// setOf returns the place in DB.any of every line of a transport.
func setOf(proto Proto) uint8 {
	switch proto {
	case request.UDP:
		return 1
	case request.Cert:
		return 2
	}
	return 0
}

// link fills in a chain with the lines of the probes in list, the first of which says of
// what transport it is.
func (db *DB) link(c *chain, list []*Probe) {
	if len(list) > 0 {
		c.set = setOf(list[0].Proto)
	}
	c.order = make([]uint32, len(db.probes))
	for i, p := range list {
		if !slices.Contains(list[:i], p) {
			c.order[p.id] = uint32(len(c.ids)) + 1
			c.ids = append(c.ids, p.lines...)
		}
	}
}
