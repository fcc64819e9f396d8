package capture

import (
	"earshot/matcher/request"
)

// conn is the undecided part of a flow: the heads of what its two sides say,
// and where they are. A TCP connection is put in order and cut into turns; a
// datagram flow uses the same buffers for its last requests (see datagram.go).
//
// The order of the two sides against each other is taken from the sequence and
// acknowledgement numbers, not from the order of the packets: a segment comes
// after everything of the other side that it acknowledges. So the turns do not
// depend on how the packets were shuffled on their way here.
type conn struct {
	slot       uint32 // number of the slot, plus 1
	prev, next uint32 // neighbours in the list of live connections, plus 1
	list       uint8
	talker     uint8 // the side that spoke last, or nobody
	orig       uint8 // the side that is the originator, or nobody
	mid        bool  // the connection's beginning was not heard
	sent       bool  // the turn's banner was delivered: what else its answer says is passed over

	know [2]bool   // want is known
	fin  [2]bool   // a FIN was seen; the side's last byte is the one before end
	done [2]bool   // … and everything before it was heard
	hole [2]bool   // bytes of this turn were not captured
	gap  [2]bool   // … and later ones were
	cut  [2]int32  // how many bytes of buf came before the first that were not kept; 0 for all
	want [2]uint32 // the next sequence number expected of a side
	end  [2]uint32

	buf   [2][]byte // what each side said in this turn, the first Depth bytes
	first [2]int64  // packet time of the first and last byte in buf
	last  [2]int64
	heard int64    // packet time of the last segment
	reach [2]int64 // bytes that a side has said since the beginning

	held []held // segments that cannot be read yet

	turn   int
	at     int // where in buf the answer of the exchange begins that is being delivered
	via    Via
	target string
	follow follower
	hello  *TLS // with a server that asked for another hello: the facts of the first

	// Datagram flows.
	marks [2][4]uint16 // hashes of the last payloads of a side
	mark  [2]uint8     // which of them goes next
	asked [4]uint32    // ends of the last requests in buf
	asks  uint8        // how many those are

	ssh  bool // both sides speak SSH: buf holds what they say, from their identifications on
	quic bool // buf holds datagrams of a QUIC handshake, see quicflow.go

	carries    uint32 // SCTP: the payload protocol identifier of the last answer
	unanswered uint32 // requests since the last answer
	answers    uint32 // delivered
}

// held is a segment that came before something it depends on.
type held struct {
	data     []byte
	wire     int
	time     int64
	seq, ack uint32
	from     uint8
	acks     bool
}

// What may wait in one connection, and for how long in packet time.
const (
	maxHeld   = 32
	heldNanos = 2e9
)

// Silence after which what a connection has is delivered, and after which it is given up.
const (
	idleDeliver = 30e9
	idleGiveUp  = 300e9
)

// How far into a connection is listened at all: bytes of the responder, and of
// either side (a long upload may come before an answer).
const (
	maxAnswer = 1 << 20
	maxSpoken = 64 << 20
)

// listen gives a flow a conn.
func (sh *shard) listen(n uint32, s *slot, at int64) *conn {
	i := sh.conns.take()
	c := sh.conns.at(i)
	keep := c.held
	*c = conn{slot: n, talker: nobody, orig: s.orig(), heard: at, held: keep[:0]}
	c.mid = s.flags&(slotSyn0|slotSyn1) == 0 && s.proto == request.TCP
	s.conn = i + 1
	sh.stats.Connections++
	sh.buf += connSize
	sh.live[0].push(sh, i+1)
	return c
}

// speak takes the payload of a TCP segment, and its FIN.
func (sh *shard) speak(n uint32, s *slot, p *unit, seq uint32) {
	x, y := p.from, 1-p.from
	acks := p.flags&ACK != 0
	var c *conn
	if s.conn != 0 {
		c = sh.conns.at(s.conn - 1)
	} else {
		if p.wire == 0 {
			return
		}
		if s.flags&(slotSyn0|slotSyn1) == 0 && p.wire == 1 && (len(p.payload) == 0 || p.payload[0] == 0) {
			// A keep-alive probe repeats one byte that was said before: that is a
			// sign of life, not a word.
			if byPorts(request.TCP, p.port) == y {
				s.setOrig(y, true)
				sh.count(s, x, whyTCP, p.time)
			}
			return
		}
		c = sh.listen(n, s, p.time)
		for side := range c.know {
			if s.flags&(slotSyn0<<side) != 0 {
				c.know[side], c.want[side] = true, s.seq[side]
			}
		}
	}
	c.heard = p.time
	if !c.know[x] {
		c.know[x], c.want[x] = true, seq
		s.seq[x] = seq
	}
	if !c.know[y] && acks {
		c.know[y], c.want[y] = true, p.ack
		s.seq[y] = p.ack
	}
	s.flags |= slotData0 << x
	if p.flags&FIN != 0 && !c.fin[x] {
		c.fin[x], c.end[x] = true, seq+uint32(p.wire)
	}
	if len(c.held) > 0 && p.time-c.held[0].time > heldNanos {
		sh.unblock(c)
		if s.conn == 0 {
			return
		}
	}
	if p.wire > 0 {
		h := held{data: p.payload, wire: p.wire, time: p.time, seq: seq, ack: p.ack, from: x, acks: acks}
		switch d := int32(seq - c.want[x]); {
		case d+int32(p.wire) <= 0:
			sh.stats.Duplicates++
		case d <= 0 && c.acked(&h):
			sh.say(c, &h)
		default:
			sh.hold(c, &h)
		}
	}
	if s.conn == 0 {
		return // decided
	}
	sh.settle(s, c)
}

// acked says whether everything that a segment acknowledges was heard.
func (c *conn) acked(h *held) bool {
	y := 1 - h.from
	return !h.acks || !c.know[y] || int32(h.ack-c.want[y]) <= 0
}

// settle reads what has become readable, and ends the connection if nothing
// more can come of it.
func (sh *shard) settle(s *slot, c *conn) {
	for progress := len(c.held) > 0; progress; {
		progress = false
		for i := range c.held {
			h := &c.held[i]
			d := int32(h.seq - c.want[h.from])
			if d > 0 || d+int32(h.wire) > 0 && !c.acked(h) {
				continue
			}
			sh.pick(c, i)
			if s.conn == 0 {
				return
			}
			progress = len(c.held) > 0
			break
		}
	}
	for x := range c.fin {
		if c.fin[x] && !c.done[x] && c.want[x] == c.end[x] {
			c.done[x] = true
			c.want[x]++ // a FIN takes a number
		}
	}
	if c.done[0] && c.done[1] || c.orig != nobody && c.done[1-c.orig] {
		// A responder that is through says nothing more.
		closed := c.fin[0] && c.fin[1]
		sh.finish(s.conn)
		if closed {
			s.state = flowClosed
		}
		return
	}
	sh.touch(c, s.conn)
}

// pick reads held segment i if it has anything new, and takes it out.
func (sh *shard) pick(c *conn, i int) {
	h := c.held[i]
	c.held = append(c.held[:i], c.held[i+1:]...)
	mem := h.data
	if int32(h.seq-c.want[h.from])+int32(h.wire) > 0 {
		sh.say(c, &h)
	}
	// say may have freed the connection, but not this memory, which is out of its hands.
	sh.reclaim(mem)
}

// hold keeps a segment for later.
func (sh *shard) hold(c *conn, h *held) {
	for i := range c.held {
		o := &c.held[i]
		if o.from == h.from && o.seq == h.seq && o.wire >= h.wire {
			sh.stats.Duplicates++
			return
		}
	}
	sh.stats.OutOfOrder++
	for len(c.held) >= maxHeld || len(c.held) > 0 && sh.heldBytes(c)+len(h.data) > 2*sh.cfg.depth {
		slot := c.slot
		sh.unblock(c)
		if sh.table.slots.at(slot-1).conn == 0 {
			return
		}
	}
	k := *h
	k.data = nil
	if m := min(len(h.data), sh.cfg.depth); m > 0 {
		k.data = append(sh.memory(c, m), h.data[:m]...)
	}
	c.held = append(c.held, k)
}

func (sh *shard) heldBytes(c *conn) (n int) {
	for i := range c.held {
		n += len(c.held[i].data)
	}
	return n
}

// unblock gives up waiting for the bytes that hold most segments back: they
// were not captured. At least one held segment is read.
func (sh *shard) unblock(c *conn) {
	if len(c.held) == 0 {
		return
	}
	// The earliest segment of each side.
	head := [2]int{-1, -1}
	for i := range c.held {
		h := &c.held[i]
		if j := head[h.from]; j < 0 || int32(h.seq-c.held[j].seq) < 0 {
			head[h.from] = i
		}
	}
	i := head[0]
	if i < 0 || head[1] >= 0 && before(c, head[1], i) {
		i = head[1]
	}
	h := &c.held[i]
	x, y := h.from, 1-h.from
	sh.stats.Gaps++
	slot := c.slot
	if !c.acked(h) {
		// The other side said something before this that nobody heard.
		g := held{wire: int(int32(h.ack - c.want[y])), time: h.time, seq: c.want[y], from: y}
		if j := head[y]; j >= 0 && int32(c.held[j].seq-h.ack) < 0 {
			g.wire = max(0, int(int32(c.held[j].seq-c.want[y])))
		}
		if g.wire > 0 {
			sh.stats.GapBytes += uint64(g.wire)
			sh.say(c, &g)
			if sh.table.slots.at(slot-1).conn == 0 || !c.acked(h) { // the rest of it is held
				return
			}
		} else if j := head[y]; j >= 0 {
			// Each waits for the other, as only damaged numbers can: one must go first.
			sh.pick(c, j)
			return
		}
	}
	if d := int(int32(h.seq - c.want[x])); d > 0 {
		sh.stats.GapBytes += uint64(d)
		g := held{wire: d, time: h.time, seq: c.want[x], from: x}
		sh.say(c, &g)
		if sh.table.slots.at(slot-1).conn == 0 {
			return
		}
	}
	sh.pick(c, i)
}

// before says whether held segment i is to be read before j, of the other side:
// one that waits only for the other side comes after it.
func before(c *conn, i, j int) bool {
	a, b := &c.held[i], &c.held[j]
	if a.acks && int32(a.ack-b.seq) > 0 {
		return false // a saw some of b
	}
	if b.acks && int32(b.ack-a.seq) > 0 {
		return true
	}
	return a.time < b.time || a.time == b.time && i < j
}

// say reads a segment whose turn it is. Bytes already heard are passed over (the
// first version of a byte counts), bytes not captured leave a gap.
func (sh *shard) say(c *conn, h *held) {
	x := h.from
	data, wire := h.data, h.wire
	if d := int(int32(c.want[x] - h.seq)); d > 0 {
		wire -= d
		data = data[min(d, len(data)):]
	}
	c.want[x] += uint32(wire)
	c.reach[x] += int64(wire)
	if c.ssh {
		sh.hearSSH(c, x, data, wire)
		return
	}
	if c.talker != x {
		if c.talker != nobody {
			if c.orig == nobody {
				sh.decide(c, x, data)
			}
			if x == c.orig {
				if !sh.endTurn(c) {
					return
				}
			}
		}
		c.talker = x
	}
	if c.orig == 1-x {
		s := sh.table.slots.at(c.slot - 1)
		if s.flags&slotCounted == 0 && len(data) > 0 && !sh.count(s, x, whyTCP, h.time) {
			sh.stats.Settled++
			sh.release(s.conn, flowDecided)
			return
		}
	}
	if room := sh.cfg.depth - len(c.buf[x]); room > 0 && len(data) > 0 && !(c.sent && x != c.orig) {
		if len(c.buf[x]) == 0 {
			c.first[x] = h.time
		}
		c.last[x] = h.time
		c.gap[x] = c.gap[x] || c.hole[x]
		sh.store(c, x, data[:min(room, len(data))])
		if len(data) > room {
			c.cutHere(x)
		}
	}
	if len(data) < wire {
		c.hole[x] = true
		c.cutHere(x)
	}
	if len(c.buf[x]) >= sh.cfg.depth && !c.sent {
		if c.orig == nobody {
			sh.decide(c, nobody, nil)
		}
		if x != c.orig && !sh.deliver(c) {
			return
		}
	}
	if c.orig != nobody && c.reach[1-c.orig] > maxAnswer || c.reach[x] > maxSpoken {
		sh.finish(sh.table.slots.at(c.slot - 1).conn)
	}
}

// cutHere notes that bytes are missing behind what is kept of a side.
func (c *conn) cutHere(x uint8) {
	if c.cut[x] == 0 {
		c.cut[x] = int32(len(c.buf[x]))
	}
}

// decide settles who is the originator of a stream whose beginning was not
// heard, once its second speaker, y, says something (or will not any more:
// nobody).
func (sh *shard) decide(c *conn, y uint8, words []byte) {
	s := sh.table.slots.at(c.slot - 1)
	first := c.talker
	o := uint8(nobody)
	if first != nobody && len(c.buf[first]) > 0 {
		o = byContent(request.TCP, first, c.buf[first])
		if o == 1-first && y == nobody && s.misplaced(first) {
			o = first
		}
	}
	if y != nobody && len(words) > 0 {
		switch other := byContent(request.TCP, y, words); {
		case o == nobody:
			o = other
		case other == 1-o:
			o = nobody // the two contradict each other
		}
	}
	if o == nobody && first != nobody && y == 1-first && byPorts(request.TCP, [2]uint16{s.ap, s.bp}) == nobody && greets(c.buf[first]) {
		o = y
	}
	if p := byPorts(request.TCP, [2]uint16{s.ap, s.bp}); p != nobody && o == 1-p && (y == p && alerts(words) || first == p && alerts(c.buf[first])) {
		o = nobody
	}
	if o == nobody {
		o = sh.known(s)
	}
	if o == nobody {
		o = byPortsAlone(request.TCP, [2]uint16{s.ap, s.bp})
	}
	c.orig = o
	s.setOrig(o, true)
	if first == 1-o && len(c.buf[first]) > 0 {
		sh.count(s, first, whyTCP, c.first[first])
	}
}

// misplaced says whether the ports speak against x as a responder: it has one that systems
// give to clients, and the other side one that servers are met on. That outweighs the words of one
// side, if nothing is heard of the other.
func (s *slot) misplaced(x uint8) bool {
	port := [2]uint16{s.ap, s.bp}
	return serverish(request.TCP, port[x]) == 0 && serverish(request.TCP, port[1-x]) >= 2
}

// known asks whether one side was heard to accept a connection before.
func (sh *shard) known(s *slot) uint8 {
	k := sh.table.tuple(s)
	a, _ := sh.ends.find(&k, 0, false)
	b, _ := sh.ends.find(&k, 1, false)
	switch {
	case a != 0 && b == 0:
		return 1
	case b != 0 && a == 0:
		return 0
	}
	return nobody
}

// endTurn closes a turn, because the originator speaks again. It says whether
// the connection goes on.
func (sh *shard) endTurn(c *conn) bool {
	if !c.sent && !sh.deliver(c) {
		return false
	}
	c.sent = false
	c.gap, c.hole, c.cut = [2]bool{}, [2]bool{}, [2]int32{}
	if c.ssh {
		return true
	}
	c.buf[0], c.buf[1] = c.buf[0][:0], c.buf[1][:0]
	return true
}

// deliver gives the turn to the sink, an exchange at a time, and says whether
// the connection goes on.
func (sh *shard) deliver(c *conn) bool {
	c.sent = true
	o, r := c.orig, 1-c.orig
	req, data := c.buf[o], c.buf[r]
	s := sh.table.slots.at(c.slot - 1)
	n := s.conn
	for len(req)+len(data) > 0 {
		st := c.follow.turn(req, data)
		if st.req+st.data <= 0 || st.req > len(req) || st.data > len(data) {
			break
		}
		if st.data == 0 && st.req > 0 && !st.quiet {
			sh.unanswered(s, c, req[:st.req])
		}
		c.at = len(c.buf[r]) - len(data)
		if st.data > 0 && !st.quiet && sh.exchange(s, c, req[:st.req], data[:st.data], nil) == Enough && st.next != nextSSH {
			sh.release(n, flowDecided)
			return false
		}
		if st.next != nextSSH {
			req, data = req[st.req:], data[st.data:]
		}
		c.turn++
		switch st.next {
		case nextTLS:
			c.follow = follower{}
			if c.via == Direct {
				c.via = StartTLS
			}
		case nextProxied:
			c.via, c.target, c.follow = Proxied, st.target, follower{}
		case nextSSH:
			c.ssh = true
			c.cut[r] = max(0, c.cut[r]-int32(c.at))
			c.buf[o], c.buf[r], c.at = append(c.buf[o][:0], req...), append(c.buf[r][:0], data...), 0
			return true
		case nextStop:
			sh.release(n, flowDecided)
			return false
		}
		if c.turn >= sh.cfg.turns {
			sh.release(n, flowDecided)
			return false
		}
	}
	return true
}

// exchange delivers one exchange; facts are those of a handshake that was read before,
// else nil.
func (sh *shard) exchange(s *slot, c *conn, req, data []byte, facts *TLS) Verdict {
	r := 1 - c.orig
	k := sh.table.tuple(s)
	b := sh.introduce(s, c, req, data)
	switch {
	case facts != nil:
		b.TLS = facts
	case k.proto == request.UDP:
		b.TLS, _ = readDTLS(req, data)
	default:
		b.TLS, _ = readTLS(req, data)
	}
	if b.TLS != nil && k.proto == request.TCP {
		if c.hello != nil { // the second hello differs from the first in what the server asked for
			b.TLS.SNI, b.TLS.Offered, b.TLS.JA3, b.TLS.JA4 = c.hello.SNI, c.hello.Offered, c.hello.JA3, c.hello.JA4
			c.hello = nil
		}
		if isRetry(data) {
			c.hello = b.TLS
		}
	}
	sh.stats.Banners++
	sh.overhearTurn(b)
	v := sh.sink.Banner(b)
	n, _ := sh.ends.find(&k, r, false)
	if n != 0 {
		e := sh.ends.list.at(n - 1)
		if v == Enough && e.enough < settleEnough {
			e.enough++
		}
		if s.turns == 0 && e.heard < settleHeard {
			e.heard++
		}
	}
	if s.turns < 1<<16-1 {
		s.turns++
	}
	return v
}

// introduce makes the banner of an exchange, without the facts of handshakes.
func (sh *shard) introduce(s *slot, c *conn, req, data []byte) *Banner {
	r := 1 - c.orig
	k := sh.table.tuple(s)
	cut := max(0, int(c.cut[r])-c.at)
	if cut > len(data) {
		cut = 0
	}
	sh.banner = Banner{
		Endpoint: Endpoint{Addr: k.addrPort(r), Proto: k.proto, VLAN: k.vlan, VNI: k.vni},
		Client:   k.addrPort(c.orig),
		Request:  req, Data: data, Turn: c.turn, Via: c.via, Target: c.target,
		Carries: c.carries, Gap: c.gap[r], Cut: cut, Mid: c.mid && c.turn == 0,
		First: stamp(c.first[r]), Last: stamp(c.last[r]),
	}
	return &sh.banner
}

// finish ends connection n: what it holds is read, and its last turn delivered.
func (sh *shard) finish(n uint32) {
	c := sh.conns.at(n - 1)
	s := sh.table.slots.at(c.slot - 1)
	for s.conn != 0 && len(c.held) > 0 {
		sh.unblock(c)
	}
	if s.conn == 0 {
		return
	}
	if !c.ssh && !c.sent && s.proto == request.TCP && c.orig != nobody && len(c.buf[1-c.orig]) == 0 {
		sh.unanswered(s, c, c.buf[c.orig])
		if c.turn == 0 && !c.mid && s.flags&slotCounted != 0 && request.Classify(s.proto, c.buf[c.orig]).Sink() {
			b := sh.introduce(s, c, c.buf[c.orig], nil)
			b.First, b.Last = stamp(c.first[c.orig]), stamp(c.last[c.orig])
			sh.sink.Banner(b)
		}
	}
	if sh.rest(c) {
		sh.release(n, flowDecided)
	}
}

// unanswered reads what a client said, and nobody answered or nobody heard the answer, for
// hints about the client.
func (sh *shard) unanswered(s *slot, c *conn, req []byte) {
	if len(req) == 0 {
		return
	}
	b := sh.introduce(s, c, req, nil)
	b.First, b.Last = stamp(c.first[c.orig]), stamp(c.last[c.orig])
	sh.overhearTurn(b)
}

// pause delivers what a silent connection has, and says whether the connection
// goes on. A request that nobody answered yet is kept.
func (sh *shard) pause(c *conn) bool {
	s := sh.table.slots.at(c.slot - 1)
	for s.conn != 0 && len(c.held) > 0 {
		sh.unblock(c)
	}
	return s.conn != 0 && sh.rest(c)
}

// rest delivers the turn that a connection stands in, if there is an answer in it.
func (sh *shard) rest(c *conn) bool {
	if c.ssh {
		s := sh.table.slots.at(c.slot - 1)
		sh.tellSSH(s, c)
		sh.release(s.conn, flowDecided)
		return false
	}
	if c.sent || len(c.buf[0])+len(c.buf[1]) == 0 {
		return true
	}
	if c.orig == nobody {
		sh.decide(c, nobody, nil)
	}
	if len(c.buf[1-c.orig]) == 0 {
		return true
	}
	if s := sh.table.slots.at(c.slot - 1); s.proto != request.TCP {
		return sh.handshake(s, c)
	}
	if !sh.deliver(c) {
		return false
	}
	if c.ssh {
		return sh.rest(c)
	}
	return true
}

// release frees a connection's memory; its flow stays as a tombstone.
func (sh *shard) release(n uint32, state uint8) {
	c := sh.conns.at(n - 1)
	s := sh.table.slots.at(c.slot - 1)
	for i := range c.held {
		sh.reclaim(c.held[i].data)
		c.held[i] = held{}
	}
	for x := range c.buf {
		sh.reclaim(c.buf[x])
	}
	sh.live[c.list].remove(sh, n)
	sh.buf -= connSize
	s.conn = 0
	if s.state == flowNew {
		s.state = state
	}
	if s.flags&(slotFin0|slotFin1) == slotFin0|slotFin1 {
		s.state = flowClosed
	}
	keep := c.held[:0]
	sh.conns.give(n - 1)
	c.held = keep
}
