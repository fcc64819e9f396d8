package matcher

import (
	"encoding/binary"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"earshot/matcher/request"
)

// chain is an ordered list of lines to try: the lines of a probe and of those it
// falls back to, or every line of a transport. It never changes once built.
type chain struct {
	ids   []int32  // places in DB.lines, in the order of trial
	order []uint32 // by probe: what the prefilter calls the order of lists
}

// lazyChain is a chain built on first use.
type lazyChain struct {
	once sync.Once
	chain
}

// chainSet holds the chains of sets of probes, built on first use. Readers take
// no lock: the map is replaced, never changed.
type chainSet struct {
	known atomic.Pointer[map[string]*chain]
	mu    sync.Mutex // held by who replaces it
}

// maxUnions bounds the chains kept in a chainSet. There is about one for every
// kind of request.
const maxUnions = 256

// listOf returns the probes whose lines are tried for an answer to p: p, those
// it falls back to, and for TCP NULL (version-detection.md §5).
func (db *DB) listOf(p *Probe) []*Probe {
	list := append([]*Probe{p}, p.Fallback...)
	if p.Proto == request.TCP && db.null != nil && !p.IsNull() {
		list = append(list, db.null)
	}
	return list
}

// chainOf returns the chain of a probe. No probe's lines stand in it twice.
func (db *DB) chainOf(p *Probe) *chain {
	p.chain.once.Do(func() { db.link(&p.chain.chain, db.listOf(p)) })
	return &p.chain.chain
}

// union returns the chains of several probes, one behind the other; of a line
// that stands in several the first place counts. key is room for a map's key.
func (db *DB) union(ps []*Probe, key []byte) (*chain, []byte) {
	key = key[:0]
	for _, p := range ps {
		key = binary.LittleEndian.AppendUint32(key, uint32(p.id))
	}
	if known := db.unions.known.Load(); known != nil {
		if c := (*known)[string(key)]; c != nil {
			return c, key
		}
	}
	var list []*Probe
	for _, p := range ps {
		list = append(list, db.listOf(p)...)
	}
	c := new(chain)
	db.link(c, list)
	db.unions.mu.Lock()
	defer db.unions.mu.Unlock()
	next := map[string]*chain{}
	if known := db.unions.known.Load(); known != nil && len(*known) < maxUnions {
		next = maps.Clone(*known)
	}
	next[string(key)] = c
	db.unions.known.Store(&next)
	return c, key
}

// anyChain returns every line of a transport: NULL's first, then the probes' in
// file order. SCTP has no probes of its own; what runs over it also runs over TCP.
func (db *DB) anyChain(proto Proto) *chain {
	i := 0
	if proto == request.UDP {
		i = 1
	} else {
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
		db.link(&db.any[i].chain, list)
	})
	return &db.any[i].chain
}

// link fills in a chain with the lines of the probes in list.
func (db *DB) link(c *chain, list []*Probe) {
	c.order = make([]uint32, len(db.probes))
	for i, p := range list {
		if !slices.Contains(list[:i], p) {
			c.order[p.id] = uint32(len(c.ids)) + 1
			c.ids = append(c.ids, p.lines...)
		}
	}
}
