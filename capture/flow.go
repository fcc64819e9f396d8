package capture

import (
	"time"

	"earshot/matcher/request"
)

// unit is what the flow table takes of a Packet.
type unit struct {
	tuple
	hash     uint64
	entry    uint64 // what the table's index has at the flow's place
	slot     uint32 // number of the slot that this led to, plus 1; 0 if none
	endEntry uint64 // the same for the endpoint with the lower port
	end      uint32 // hash of that
	shard    uint32
	time     int64 // nanoseconds since the Unix epoch
	payload  []byte
	wire     int    // length of the payload on the wire, at least len(payload)
	seq      uint32 // TCP
	ack      uint32 // TCP
	from     uint8  // the side that sent it
	flags    uint8  // TCP; for SCTP, the type of the first chunk
	what     What
	skip     uint8 // TCP with SYN: where in payload, which then begins with the IP header, the payload begins
	buf      *Buffer
}

// The states of a slot.
const (
	flowNew     uint8 = iota // nothing decided
	flowDecided              // its payload matters no more
	flowClosed               // ended; only a SYN with another sequence number begins anew
)

// Idle times, in packet time, after which a flow is forgotten. What is decided
// stays for long: it is what keeps a late packet from looking like a new flow.
const (
	idleHalfOpen = 60
	idleClosed   = 120
	idleDatagram = 300
	idleFlow     = 3600
)

// shard is one part of the flows with all that belongs to them. What it does
// depends on its own packets and on the ticks only.
type shard struct {
	cfg     *limits
	sink    Sink
	stats   FlowStats
	table   table
	ends    endpoints
	near    neighbours
	news    news
	clients clients
	earlier *earlier
	words   mouth
	stacks  stacks
	conns   slab[conn]
	pools   [len(bufferSizes)][][]byte
	live    [2]list // undecided connections, least recently heard first: [0] with something to deliver, [1] without
	now     int64
	buf     int64 // bytes held by connections

	evicting bool

	banner Banner
}

// FlowStats counts what became of packets and flows, by reason.
type FlowStats struct {
	Flows            uint64 // flows begun
	Connections      uint64 // flows whose first words were looked at
	Banners          uint64 // delivered
	Settled          uint64 // flows to endpoints known well enough: counted, not listened to
	Stray            uint64 // TCP packets without payload that belong to no known flow
	Tombstone        uint64 // packets of flows already decided
	Duplicates       uint64 // segments and datagrams already heard
	OutOfOrder       uint64 // segments that waited for earlier ones
	Gaps             uint64 // places where bytes are missing
	GapBytes         uint64 // and how many these are
	Idle             uint64 // connections delivered because nothing came for long
	EvictedFlows     uint64 // flows forgotten for room
	EvictedOpen      uint64 // of those, ones that were not decided: half open, or with words (these are delivered before)
	EvictedBuffers   uint64 // connections ended early because MaxBuffered was reached
	EvictedEndpoints uint64 // endpoints told and forgotten for room
	SharedPort       uint64 // datagram flows between one group or broadcast address and a sender
}

// add sums two counts.
func (s *FlowStats) add(o *FlowStats) {
	s.Flows += o.Flows
	s.Connections += o.Connections
	s.Banners += o.Banners
	s.Settled += o.Settled
	s.Stray += o.Stray
	s.Tombstone += o.Tombstone
	s.Duplicates += o.Duplicates
	s.OutOfOrder += o.OutOfOrder
	s.Gaps += o.Gaps
	s.GapBytes += o.GapBytes
	s.Idle += o.Idle
	s.EvictedFlows += o.EvictedFlows
	s.EvictedOpen += o.EvictedOpen
	s.EvictedBuffers += o.EvictedBuffers
	s.EvictedEndpoints += o.EvictedEndpoints
	s.SharedPort += o.SharedPort
}

// take is the way in: one packet, in the order of time.
func (sh *shard) take(p *unit) {
	sh.now = p.time
	switch p.what {
	case Segment:
		if p.skip != 0 {
			sh.stacks.hear(p, 16+sh.cfg.flows/flowsPerStack)
			p.payload, p.skip = p.payload[p.skip:], 0
		}
		sh.segment(p)
	case Datagram:
		sh.overhear(p)
		sh.datagram(p)
	case SCTPPacket:
		sh.sctp(p)
	case Unreachable:
		sh.unreachable(p)
	case Neighbour:
		sh.near.hear(p)
		if p.flags == 134 {
			sh.routes(p)
		}
	case Said:
		sh.announced(p)
	}
}

// lookup finds the slot of a packet's flow. A flow that was silent for too long is
// ended and forgotten first.
func (sh *shard) lookup(p *unit) uint32 {
	n := p.slot
	if n == 0 || !sh.table.same(sh.table.slots.at(n-1), &p.tuple) { // or it was forgotten since
		if n = sh.table.find(&p.tuple, uint32(p.hash)); n == 0 {
			return 0
		}
	}
	s := sh.table.slots.at(n - 1)
	sec := seconds(p.time)
	if sec > s.seen {
		if sec-s.seen > s.patience() {
			sh.forget(n)
			return 0
		}
		s.seen = sec
	}
	return n
}

// create makes a slot for a packet's flow.
func (sh *shard) create(p *unit) uint32 {
	t := &sh.table
	sh.stats.Flows++
	// Two steps of the hand for every new flow, many at once: what is out of time
	// goes, so a table grows only with flows that are really there.
	steps := 0
	if sh.stats.Flows%16 == 0 {
		steps = 32
	}
	for range steps {
		if n := t.turn(); n != 0 {
			if s := t.slots.at(n - 1); s.conn == 0 && seconds(p.time) > s.seen && seconds(p.time)-s.seen > s.patience() {
				sh.forget(n)
			}
		}
	}
	if t.slots.used() >= sh.cfg.flows {
		sh.makeRoom()
	}
	n := t.add(&p.tuple, uint32(p.hash))
	t.slots.at(n - 1).seen = seconds(p.time)
	return n
}

// turn moves the hand on to the next slot and returns its number, plus 1, or 0
// if it is not used.
func (t *table) turn() uint32 {
	if t.slots.n == 0 {
		return 0
	}
	t.hand++
	if t.hand >= t.slots.n {
		t.hand = 0
	}
	if t.slots.at(t.hand).flags&slotUsed == 0 {
		return 0
	}
	return t.hand + 1
}

// makeRoom forgets the flow that matters least of the next few the hand comes
// to: closed before decided before half open before undecided, then the oldest.
func (sh *shard) makeRoom() {
	var best uint32
	var grade, age int64
	now := int64(seconds(sh.now))
	for looked, steps := 0, 0; looked < 16 && steps < 256; steps++ {
		n := sh.table.turn()
		if n == 0 {
			continue
		}
		looked++
		s := sh.table.slots.at(n - 1)
		g, a := int64(1), now-int64(s.seen)
		switch {
		case s.conn != 0:
			g = 0
		case s.state == flowClosed:
			g = 3
		case s.state == flowDecided:
			g = 2
		}
		if best == 0 || g > grade || g == grade && a > age {
			best, grade, age = n, g, a
		}
	}
	if best != 0 {
		sh.stats.EvictedFlows++
		if grade <= 1 {
			sh.stats.EvictedOpen++
		}
		sh.forget(best)
	}
}

// forget ends what the flow may still have to say, and drops its slot.
func (sh *shard) forget(n uint32) {
	if c := sh.table.slots.at(n - 1).conn; c != 0 {
		sh.finish(c)
	}
	sh.table.drop(n)
}

// patience is for how many seconds of silence a flow is remembered.
func (s *slot) patience() uint32 {
	switch {
	case s.state == flowClosed:
		return idleClosed
	case s.proto != request.TCP:
		return idleDatagram
	case s.flags&(slotSynAck|slotData0|slotData1) == 0:
		return idleHalfOpen
	}
	return idleFlow
}

// orig returns the side that is the originator, or nobody.
func (s *slot) orig() uint8 {
	switch {
	case s.flags&slotRoles == 0:
		return nobody
	case s.flags&slotOrigHi != 0:
		return 1
	}
	return 0
}

// setOrig notes who is the originator.
func (s *slot) setOrig(side uint8, guess bool) {
	s.flags = s.flags&^(slotOrigHi|slotGuess) | slotRoles
	if side == 1 {
		s.flags |= slotOrigHi
	}
	if guess {
		s.flags |= slotGuess
	}
}

// segment takes a TCP segment.
func (sh *shard) segment(p *unit) {
	n := sh.lookup(p)
	if n == 0 {
		if p.flags&SYN == 0 && (p.wire == 0 || p.flags&RST != 0) {
			// The end of something, or a sign of life: no flow begins with it.
			sh.stats.Stray++
			return
		}
		n = sh.create(p)
	}
	s := sh.table.slots.at(n - 1)
	if s.state == flowClosed && s.goesOn(p) {
		s.state = flowNew
		s.flags &^= slotFin0 | slotFin1
	}
	if s.state != flowNew && p.flags&SYN == 0 {
		sh.stats.Tombstone++
		s.ended(p)
		return
	}
	if p.flags&SYN != 0 {
		if p.flags&ACK == 0 {
			sh.syn(s, p)
		} else {
			sh.synAck(s, p)
		}
		if s.state != flowNew {
			return
		}
		if p.wire > 0 {
			sh.speak(n, s, p, p.seq+1)
		}
		return
	}
	if p.flags&RST != 0 {
		sh.rst(s, p)
		return
	}
	if p.wire > 0 || s.conn != 0 {
		sh.speak(n, s, p, p.seq)
	} else if y := 1 - p.from; p.flags&ACK != 0 && s.flags&(slotSyn0<<p.from) != 0 && s.flags&(slotSyn0<<y) == 0 {
		// The end of a handshake whose middle comes later, or never: the first that a
		// client acknowledges is the SYN.
		s.seq[y] = p.ack
		s.flags |= slotSyn0 << y
	}
	s.ended(p)
}

// goesOn says whether a side of a connection that was cut off before a word was said says
// its first, by its number. The cut was a stranger's, or was not believed (RFC 5961 §3,
// RFC 2385 §2.0): who means to hang up does not go on.
func (s *slot) goesOn(p *unit) bool {
	return p.wire > 0 && p.flags&(SYN|RST) == 0 && s.flags&slotSynAck != 0 && s.flags&(slotData0<<p.from) == 0 && p.seq == s.seq[p.from]
}

// ended notes that a side will say no more; when both have, or one was cut off,
// the flow is closed.
func (s *slot) ended(p *unit) {
	if p.flags&RST != 0 {
		s.flags |= slotFin0 | slotFin1
	} else if p.flags&FIN != 0 {
		s.flags |= slotFin0 << p.from
	}
	if s.flags&(slotFin0|slotFin1) == slotFin0|slotFin1 && s.conn == 0 {
		s.state = flowClosed
	}
}

// syn takes a connection request. The same one again changes nothing.
func (sh *shard) syn(s *slot, p *unit) {
	x := p.from
	if s.flags&(slotSyn0<<x) != 0 && s.seq[x] == p.seq+1 {
		if s.flags&slotGuess != 0 {
			s.setOrig(x, false)
		}
		return
	}
	if s.flags&(slotSyn0|slotSyn1|slotData0|slotData1) != 0 {
		if s.flags&slotRoles != 0 && s.flags&(slotGuess|slotSynAck|slotSyn0<<x) == 0 && s.orig() != x {
			// Both sides asked at once: the first to ask is the originator.
			s.seq[x], s.flags = p.seq+1, s.flags|slotSyn0<<x
			return
		}
		sh.anew(s)
	}
	s.setOrig(x, false)
	s.flags |= slotSyn0 << x
	s.seq[x] = p.seq + 1
}

// anew makes a slot ready for another connection between the same ports.
func (sh *shard) anew(s *slot) {
	if s.conn != 0 {
		sh.finish(s.conn)
	}
	s.state, s.turns, s.seq = flowNew, 0, [2]uint32{}
	s.flags &= slotV6 | slotUsed
}

// synAck takes a responder's consent: its port is open.
func (sh *shard) synAck(s *slot, p *unit) {
	x := p.from
	o := 1 - x
	switch {
	case s.flags&slotSynAck != 0:
		if s.seq[x] == p.seq+1 || s.orig() != o {
			return
		}
		sh.anew(s) // the SYN between was not captured
	case s.state == flowClosed:
		if s.flags&(slotSyn0<<o) == 0 || p.ack != s.seq[o] {
			return
		}
		s.state = flowNew // by a clock that is late: what ended is to begin
	case s.flags&slotRoles != 0 && s.flags&slotGuess == 0 && s.orig() == x:
		return // the other half of two SYNs that crossed
	}
	s.setOrig(o, false)
	s.flags |= slotSynAck | slotSyn0<<x | slotSyn0<<o
	s.seq[x] = p.seq + 1
	if s.conn == 0 {
		s.seq[o] = p.ack
	} else if c := sh.conns.at(s.conn - 1); c.reach[x] == 0 && len(c.held) == 0 {
		c.know[x], c.want[x] = true, p.seq+1 // the client's words came first, and told otherwise
	}
	if !sh.count(s, x, whySynAck, p.time) && s.conn == 0 {
		s.state = flowDecided
		s.flags |= slotData0 | slotData1 // whatever comes, none of its words is the first
		sh.stats.Settled++
	}
}

// rst takes a refusal or a cut.
func (sh *shard) rst(s *slot, p *unit) {
	x := p.from
	if s.conn != 0 {
		sh.finish(s.conn) // what was heard is all
	}
	const life = slotSynAck | slotData0 | slotData1
	if s.flags&life == 0 && s.flags&(slotSyn0<<(1-x)) != 0 && s.flags&(slotSyn0<<x) == 0 {
		sh.refused(&p.tuple, x, whyReset, p.time)
	}
	s.ended(p)
	s.state = flowClosed
}

// count notes that side x of a flow answered, and says whether its banners are
// wanted. One flow counts once.
func (sh *shard) count(s *slot, x uint8, why reason, at int64) (wanted bool) {
	if s.flags&slotCounted != 0 {
		return true
	}
	s.flags |= slotCounted
	k := sh.table.tuple(s)
	e := sh.endpoint(&k, x, at)
	if sh.cfg.clients {
		sh.clients.hear(&k, x, at)
	}
	wanted = e.wants(at)
	e.again(why, at)
	return wanted
}

// endpoint returns the record of side x of a flow.
func (sh *shard) endpoint(k *tuple, x uint8, at int64) *endpoint {
	n, hash := sh.ends.find(k, x, false)
	if n == 0 {
		sh.roomForEndpoint()
		n = sh.ends.add(k, x, false, hash, at)
	}
	sh.news.note(sh, n-1)
	return sh.ends.list.at(n - 1)
}

// refused notes that side x of a flow has nobody listening.
func (sh *shard) refused(k *tuple, x uint8, why reason, at int64) {
	n, hash := sh.ends.find(k, x, true)
	if n == 0 {
		sh.roomForEndpoint()
		n = sh.ends.add(k, x, true, hash, at)
	}
	sh.ends.list.at(n-1).again(why, at)
	sh.news.note(sh, n-1)
}

// roomForEndpoint tells and forgets the oldest of a few endpoints if there are too many.
func (sh *shard) roomForEndpoint() {
	es := &sh.ends
	if es.list.used() < sh.cfg.endpoints {
		return
	}
	best, steps := uint32(0), 0
	for looked := 0; looked < 16 && steps < 256; steps++ {
		es.hand++
		if es.hand >= es.list.n {
			es.hand = 0
		}
		e := es.list.at(es.hand)
		if e.count == 0 {
			continue
		}
		looked++
		if best == 0 || e.last < es.list.at(best-1).last {
			best = es.hand + 1
		}
	}
	if best == 0 {
		return
	}
	e := es.list.at(best - 1)
	sh.tell(e)
	sh.stats.EvictedEndpoints++
	es.index.remove(e.hash, best-1)
	es.list.give(best - 1)
}

// tell gives to the sink what it has not been told of an endpoint's life.
func (sh *shard) tell(e *endpoint) {
	if e.count == e.told {
		return
	}
	k := tuple{v6: e.v6}
	k.addr[0], k.port[0] = e.addr, e.port
	s := Sighting{
		Endpoint: Endpoint{Addr: k.addrPort(0), Proto: e.proto, VLAN: e.vlan, VNI: e.vni},
		First:    stamp(e.first), Last: stamp(e.last), Count: uint64(e.count - e.told), Reason: e.reason.String(),
	}
	if e.closed {
		sh.sink.Closed(s)
	} else {
		sh.sink.Open(s)
	}
	e.told = e.count
}

// tick lets time pass: connections that were silent for long are delivered.
func (sh *shard) tick(now int64) {
	sh.now = now
	sh.idle(now)
}

// flush ends everything, in the order in which it began.
func (sh *shard) flush() {
	for i := range sh.table.slots.n {
		if s := sh.table.slots.at(i); s.flags&slotUsed != 0 && s.conn != 0 {
			sh.finish(s.conn)
		}
	}
	for i := range sh.ends.list.n {
		sh.tell(sh.ends.list.at(i))
	}
	sh.near.tell(sh.sink, 0)
	sh.clients.tell(sh.sink, 0)
	sh.stacks.tell(sh.sink, 0)
}

func seconds(t int64) uint32 { return uint32(uint64(max(t, 0)) / 1e9) }

// stamp makes a time out of packet time.
func stamp(t int64) time.Time { return time.Unix(0, t).UTC() }
