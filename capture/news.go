package capture

// maxTold is from where on an endpoint's counts begin anew: what was told is taken off.
const maxTold = 1 << 30

// news are a shard's endpoints of which the sink does not know all. The zero news keeps
// none: everything is told at the end.
type news struct {
	on    bool
	fresh []uint32 // never told
	heard []uint32 // told before, and heard since
	near  int      // neighbours that have been told once
	pairs int      // clients that have
	ways  int      // ways to begin a connection that have
}

// note puts an endpoint on the list.
func (n *news) note(sh *shard, i uint32) {
	if !n.on {
		return
	}
	e := sh.ends.list.at(i)
	if e.fresh {
		return
	}
	e.fresh = true
	if e.told == 0 {
		n.fresh = append(n.fresh, i)
	} else {
		n.heard = append(n.heard, i)
	}
}

// tell tells what is new, and with all what was heard again, too. An endpoint's place may
// have gone to another since: that one is on the list by itself.
func (n *news) tell(sh *shard, all bool) {
	n.fresh = n.through(sh, n.fresh)
	near, pairs, ways := n.near, n.pairs, n.ways
	if all {
		n.heard = n.through(sh, n.heard)
		near, pairs, ways = 0, 0, 0
	}
	sh.near.tell(sh.sink, near)
	sh.clients.tell(sh.sink, pairs)
	sh.stacks.tell(sh.sink, ways)
	n.near, n.pairs, n.ways = len(sh.near.list), len(sh.clients.list), len(sh.stacks.list)
}

func (n *news) through(sh *shard, list []uint32) []uint32 {
	for _, i := range list {
		e := sh.ends.list.at(i)
		if !e.fresh {
			continue
		}
		e.fresh = false
		sh.tell(e)
		if e.told >= maxTold {
			e.count, e.told, e.next = 1, 1, 0 // of 0 the place would be free
		}
	}
	if cap(list) > 1<<12 {
		return nil
	}
	return list[:0]
}

// tell tells the sinks what has become known.
func (r *run) tell() {
	all := r.ticked-r.retold >= r.tells || r.ticked < r.retold
	if all {
		r.retold = r.ticked
	}
	for _, s := range r.shards {
		s.news.tell(s, all)
	}
}

// again counts one more connection to an endpoint.
func (e *endpoint) again(why reason, at int64) {
	if e.count < 1<<32-1 {
		e.count++
	}
	e.first = min(e.first, at)
	e.last = max(e.last, at)
	e.reason = min(e.reason, why)
}
