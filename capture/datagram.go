package capture

import "earshot/matcher/request"

// A datagram flow has no beginning and no order: every datagram stands alone.
// An answer is delivered with the request that it most likely belongs to, and
// at most once.

// maxGroup is how many datagrams of a flow to a group are looked at.
const maxGroup = 64

// datagram takes a UDP datagram.
func (sh *shard) datagram(p *unit) {
	n := sh.lookup(p)
	if n == 0 {
		n = sh.create(p)
	}
	s := sh.table.slots.at(n - 1)
	if s.state != flowNew && !sh.servesToo(s, p) {
		sh.stats.Tombstone++
		return
	}
	if y := 1 - p.from; isGroup(p.ip(y)) {
		sh.announce(n, s, p)
		return
	}
	side := sideOf(p)
	if s.flags&slotRoles == 0 {
		s.meet(p, side)
	}
	sh.converse(n, s, p, side)
}

// servesToo reports whether the originator of a decided flow now answers, which peers do
// that serve each other from one port, and begins the flow anew with the roles changed.
// That happens once an endpoint.
func (sh *shard) servesToo(s *slot, p *unit) bool {
	x := p.from
	if s.state != flowDecided || p.port[0] != p.port[1] || s.orig() != x || request.SideOf(p.proto, p.payload) != request.Responder {
		return false
	}
	if k, _ := sh.ends.find(&p.tuple, x, false); k != 0 {
		return false
	}
	s.state = flowNew
	sh.swap(s, 1-x)
	return true
}

// leastCut is how much there has to be of a datagram that the capture cut off for its content to tell
// who speaks: many short messages are known by their length.
const leastCut = 24

// sideOf asks the content, then the ports that only clients have.
func sideOf(p *unit) request.Side {
	side := request.Unknown
	if len(p.payload) == p.wire || len(p.payload) >= leastCut {
		side = request.SideOf(p.proto, p.payload)
	}
	if side == request.Unknown && isReply(p.proto, p.port[p.from], p.port[1-p.from]) {
		return request.Responder
	}
	return side
}

// announce takes a datagram to a group: nobody can answer it in this flow, but
// it may itself be an answer, or a server's announcement of itself.
func (sh *shard) announce(n uint32, s *slot, p *unit) {
	x := p.from
	if isGroup(p.ip(x)) {
		s.state = flowDecided
		return
	}
	sh.stats.SharedPort++
	if s.seq[0]++; s.seq[0] >= maxGroup {
		s.state = flowDecided
	}
	if request.SideOf(p.proto, p.payload) != request.Responder {
		return
	}
	h := digest(p.payload)
	if s.seq[1] == h {
		sh.stats.Duplicates++
		return
	}
	s.seq[1] = h
	s.setOrig(1-x, true)
	if !sh.count(s, x, whyUDP, p.time) {
		s.state = flowDecided
		return
	}
	c := sh.listen(n, s, p.time)
	c.turn = int(s.turns)
	c.orig = 1 - x
	c.heard = p.time
	sh.answer(s, c, p, nil)
	if s.conn != 0 {
		sh.release(s.conn, flowNew)
	}
}

// meet settles the roles at a flow's first datagram.
func (s *slot) meet(p *unit, side request.Side) {
	x := p.from
	switch side {
	case request.Originator:
		s.setOrig(x, true)
	case request.Responder:
		s.setOrig(1-x, true)
	default:
		if o := byPorts(p.proto, p.port); o != nobody && serverish(p.proto, p.port[o]) == 0 {
			s.setOrig(o, true)
			return
		}
		s.setOrig(x, true)
	}
}

// converse takes a datagram (or an SCTP message) between two hosts.
func (sh *shard) converse(n uint32, s *slot, p *unit, side request.Side) {
	x, y := p.from, 1-p.from
	s.flags |= slotData0 << x
	udp := p.proto == request.UDP
	if udp && side == request.Originator {
		s.flags |= slotSyn0 << x
	}
	switch o := s.orig(); {
	case udp && x == o && side == request.Responder && s.flags&(slotSyn0<<y) != 0 && (s.flags&(slotSyn0<<x) == 0 || p.port[0] == p.port[1]):
		// Peers that ask each other: this one now answers. Two that do so from one port serve both.
		sh.swap(s, y)
	case udp && x != o && s.flags&slotCounted != 0 && side == request.Originator && p.port[0] == p.port[1] && s.flags&slotGuess != 0:
		sh.swap(s, x)
	case x != o && s.flags&slotCounted == 0 && side == request.Originator:
		if s.flags&slotGuess == 0 || s.flags&(slotSyn0<<o) != 0 {
			return // it asks too: that is no answer
		}
		sh.swap(s, x)
	case x != o && s.flags&slotCounted == 0 && side == request.Unknown:
		if s.flags&(slotData0<<o) == 0 && s.flags&slotSynAck == 0 {
			return // a server by its port, that nobody asked yet
		}
	}
	o := s.orig()
	if x == o {
		sh.ask(n, s, p)
		return
	}
	if s.flags&slotCounted == 0 && !sh.count(s, x, why(p.proto), p.time) {
		sh.stats.Settled++
		if s.conn != 0 {
			sh.release(s.conn, flowDecided)
		}
		s.state = flowDecided
		return
	}
	c := sh.attend(n, s, p, o)
	if c == nil {
		return
	}
	c.unanswered = 0
	sh.touch(c, s.conn)
	var req []byte
	if !c.quic {
		req = c.request(o, p.payload)
	}
	sh.answer(s, c, p, req)
	if s.conn != 0 {
		sh.rested(s, c)
	}
}

// attend returns the conn of a datagram flow whose originator is o, or nil if the
// packet says what its sender said shortly before. The conn is given back as soon as
// all that was asked is answered; what is remembered of the last payloads stays in
// the slot.
func (sh *shard) attend(n uint32, s *slot, p *unit, o uint8) *conn {
	var c *conn
	if s.conn != 0 {
		c = sh.conns.at(s.conn - 1)
	} else {
		c = sh.listen(n, s, p.time)
		c.turn = int(s.turns)
		for x := range c.marks {
			c.marks[x][2], c.marks[x][3] = uint16(s.seq[x]>>16), uint16(s.seq[x])
		}
	}
	c.orig, c.heard = o, p.time
	if c.repeated(p.from, p.payload) {
		sh.stats.Duplicates++
		sh.rested(s, c)
		return nil
	}
	return c
}

// rested gives the conn of a datagram flow back if it waits for nothing.
func (sh *shard) rested(s *slot, c *conn) {
	if c.answers >= uint32(c.asks) && len(c.buf[1-c.orig]) == 0 {
		sh.dismiss(s, c)
	}
}

// dismiss gives back the conn of a datagram flow that goes on.
func (sh *shard) dismiss(s *slot, c *conn) {
	for x := range c.marks {
		m := c.mark[x]
		s.seq[x] = uint32(c.marks[x][(m-2)%4])<<16 | uint32(c.marks[x][(m-1)%4])
	}
	sh.release(s.conn, flowNew)
}

// swap makes side o the originator of a flow that was thought to be the other's.
func (sh *shard) swap(s *slot, o uint8) {
	if s.conn != 0 {
		sh.release(s.conn, flowNew)
	}
	s.flags &^= slotCounted
	s.turns = 0
	s.setOrig(o, false)
}

func why(p Proto) reason {
	if p == request.SCTP {
		return whySCTP
	}
	return whyUDP
}

// ask keeps a request until its answer comes.
func (sh *shard) ask(n uint32, s *slot, p *unit) {
	x := p.from
	if s.conn == 0 && s.flags&slotCounted == 0 {
		if k, _ := sh.ends.find(&p.tuple, 1-x, false); k != 0 && !sh.ends.list.at(k-1).would(p.time) {
			return // its answer will be counted, not read
		}
	}
	c := sh.attend(n, s, p, x)
	if c == nil {
		return
	}
	// Of a long row of unanswered datagrams only some are kept.
	if c.unanswered++; c.unanswered > 64 && c.unanswered&63 != 0 {
		return
	}
	sh.touch(c, s.conn)
	if p.proto == request.UDP && (c.quic || quicStart(p.payload)) {
		sh.askQUIC(c, p)
		return
	}
	if dtls(c.buf[1-x]) && !asksAgain(c.buf[1-x]) && !sh.handshake(s, c) {
		return
	}
	m := min(len(p.payload), sh.cfg.depth)
	if int(c.asks) == len(c.asked) || len(c.buf[x])+m > sh.cfg.depth {
		c.forgetRequests(x)
	}
	sh.store(c, x, p.payload[:m])
	c.asked[c.asks] = uint32(len(c.buf[x]))
	c.asks++
}

// forgetRequests keeps the newer half of what was asked.
func (c *conn) forgetRequests(x uint8) {
	if half := c.asks / 2; half > 0 && int(c.asks) == len(c.asked) {
		cut := c.asked[half-1]
		c.buf[x] = append(c.buf[x][:0], c.buf[x][cut:]...)
		for i := half; i < c.asks; i++ {
			c.asked[i-half] = c.asked[i] - cut
		}
		c.asks -= half
		if len(c.buf[x]) <= cap(c.buf[x])/2 {
			return
		}
	}
	c.buf[x], c.asks = c.buf[x][:0], 0
}

// request returns the request that an answer belongs to: the newest that starts
// with the same two bytes (the identifier of DNS and of much that was made after
// it), or the newest.
func (c *conn) request(o uint8, answer []byte) []byte {
	if c.asks == 0 {
		return nil
	}
	at := func(i uint8) []byte {
		from := uint32(0)
		if i > 0 {
			from = c.asked[i-1]
		}
		return c.buf[o][from:c.asked[i]]
	}
	if len(answer) >= 2 {
		for i := c.asks; i > 0; i-- {
			if q := at(i - 1); len(q) >= 2 && q[0] == answer[0] && q[1] == answer[1] {
				return q
			}
		}
	}
	return at(c.asks - 1)
}

// answer delivers what a responder said.
func (sh *shard) answer(s *slot, c *conn, p *unit, req []byte) {
	x := p.from
	data := p.payload[:min(len(p.payload), sh.cfg.depth)]
	if c.last[x] = p.time; p.proto == request.SCTP {
		c.carries = p.ack
	}
	if len(c.buf[x]) == 0 {
		c.first[x] = p.time
	}
	if len(data) == 0 {
		return
	}
	if c.quic {
		sh.answerQUIC(s, c, p)
		return
	}
	if dtls(data) && s.proto == request.UDP {
		// A handshake is many datagrams.
		if room := sh.cfg.depth - len(c.buf[x]); len(data) <= room {
			sh.store(c, x, data)
		}
		if _, more := readDTLS(req, c.buf[x]); !more || len(c.buf[x]) >= sh.cfg.depth/2 {
			sh.handshake(s, c)
		}
		return
	}
	c.cut[x], c.at = 0, 0
	if len(data) < p.wire {
		c.cut[x] = int32(len(data))
	}
	c.answers++
	sh.handOver(s, c, req, data, nil)
}

// dtls says whether a datagram looks like a DTLS handshake record.
// (the version of OpenSSL before 0.9.8f is 0x0100).
func dtls(b []byte) bool {
	return len(b) > 13 && b[0] == recordHandshake && (b[1] == 0xfe || b[1] == 1 && b[2] == 0)
}

// asksAgain says whether a server of DTLS has said no more than that it wants another
// hello: with a cookie (RFC 6347 §4.2.1), or with a key of another group (RFC 9147 §5.1).
func asksAgain(b []byte) bool {
	return len(b) >= 25 && (b[13] == helloVerify || b[13] == helloServer && isRetryRandom(b[25:])) && 13+int(be16(b[11:])) >= len(b)
}

// handshake delivers the datagrams of a handshake that were put together, and says
// whether the flow goes on.
func (sh *shard) handshake(s *slot, c *conn) bool {
	if c.quic {
		return sh.doneQUIC(s, c)
	}
	r := 1 - c.orig
	ok := sh.handOver(s, c, c.buf[c.orig], c.buf[r], nil)
	if ok {
		c.buf[r] = c.buf[r][:0]
	}
	return ok
}

// handOver delivers one exchange of a datagram flow, with the facts of its handshake
// if they are known.
func (sh *shard) handOver(s *slot, c *conn, req, data []byte, facts *TLS) bool {
	n := s.conn
	v := sh.exchange(s, c, req, data, facts)
	c.turn++
	if v == Enough || c.turn >= sh.cfg.turns {
		sh.release(n, flowDecided)
		return false
	}
	return true
}

// repeated says whether a side said the same shortly before.
func (c *conn) repeated(x uint8, b []byte) bool {
	h := uint16(digest(b))
	for _, m := range c.marks[x] {
		if m == h {
			return true
		}
	}
	c.marks[x][c.mark[x]%4] = h
	c.mark[x]++
	return false
}

// digest is a hash of a payload, never 0.
func digest(b []byte) uint32 {
	h := uint64(len(b)) * mix1
	for len(b) >= 8 {
		h = mix(h, uint64(be32(b))<<32|uint64(be32(b[4:])))
		b = b[8:]
	}
	var last uint64
	for _, c := range b {
		last = last<<8 | uint64(c)
	}
	return uint32(mix(h, last)>>16) | 1
}

// sctp takes an SCTP packet: the handshake tells who serves, DATA is what it says.
func (sh *shard) sctp(p *unit) {
	const (
		chunkData    = 0
		chunkInit    = 1
		chunkInitAck = 2
		chunkAbort   = 6
	)
	n := sh.lookup(p)
	if n == 0 {
		if p.flags == chunkAbort {
			sh.stats.Stray++
			return
		}
		n = sh.create(p)
	}
	s := sh.table.slots.at(n - 1)
	x := p.from
	switch p.flags {
	case chunkInit:
		if s.flags&(slotRoles|slotSynAck) == 0 || s.flags&slotGuess != 0 {
			s.setOrig(x, false)
			s.flags |= slotSyn0 << x
		}
	case chunkInitAck:
		if s.flags&slotRoles == 0 || s.flags&slotGuess != 0 {
			s.setOrig(1-x, false)
		}
		if s.orig() != x {
			s.flags |= slotSynAck
			sh.count(s, x, whyInitAck, p.time)
		}
	case chunkAbort:
		if s.state == flowNew && s.flags&slotSynAck == 0 && s.flags&(slotSyn0<<(1-x)) != 0 {
			sh.refused(&p.tuple, x, whyAbort, p.time)
			s.state = flowClosed
		}
	}
	if s.state != flowNew || len(p.payload) == 0 {
		return
	}
	side := sideOf(p)
	if s.flags&slotRoles == 0 {
		s.meet(p, side)
	}
	sh.converse(n, s, p, side)
}

// unreachable takes an ICMP message that a port is unreachable; p is the packet
// that it quotes.
func (sh *shard) unreachable(p *unit) {
	x := p.from // who was told
	n := sh.lookup(p)
	if n == 0 {
		n = sh.create(p)
		sh.table.slots.at(n-1).setOrig(x, true)
	}
	s := sh.table.slots.at(n - 1)
	if s.state != flowNew || s.flags&(slotCounted|slotSynAck) != 0 || s.orig() != x && s.orig() != nobody {
		return
	}
	if s.conn != 0 {
		sh.release(s.conn, flowClosed)
	}
	s.state = flowClosed
	sh.refused(&p.tuple, 1-x, whyUnreachable, p.time)
}
