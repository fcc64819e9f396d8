package capture

import "earshot/matcher/request"

// Slow clocks give all frames of an exchange one time. Among frames of one time and
// one flow, the order is taken from what they say of each other, so that it does
// not matter in which order they came: a TCP connection has a clock of its own, the
// sum of a segment's two numbers, which grows with every byte that either side
// sends and hears. Frames of different flows keep the order in which they came.

// place is where a frame stands in its flow.
type place struct {
	known    bool   // what follows is filled in
	flow     uint64 // hash of the flow; 0 if the frame has no place
	proto    Proto
	from     uint8
	flags    uint8 // TCP
	payload  bool
	seq, ack uint32 // TCP; UDP: seq is the first two bytes
}

// near is how far apart the numbers of one connection's segments are taken to lie.
const near = 1 << 24

// before says whether segment a of a connection comes before b, going by what they say.
func (a *place) before(b *place) bool {
	switch {
	case a.flags&(SYN|ACK) == SYN:
		return b.flags&(SYN|ACK) != SYN && b.follows(a)
	case b.flags&(SYN|ACK) == SYN:
		return false
	case b.flags&RST != 0:
		return a.flags&RST == 0 && b.concerns(a)
	case a.flags&RST != 0, a.flags&b.flags&ACK == 0:
		return false
	}
	if d := int32(a.seq + a.ack - b.seq - b.ack); d != 0 {
		return d < 0
	}
	return a.grade() < b.grade()
}

// follows says whether a segment belongs to the connection that the SYN s began.
func (a *place) follows(s *place) bool {
	n := a.seq
	if a.from != s.from {
		n = a.ack
	}
	return n-s.seq < near
}

// concerns says whether a RST is about the connection that segment b is of.
func (a *place) concerns(b *place) bool {
	n := b.seq
	if a.from != b.from {
		n = b.ack
	}
	return a.seq-n+near < 2*near
}

// grade orders what two sides say at once.
func (a *place) grade() int {
	switch {
	case a.flags&SYN != 0:
		return 0
	case a.flags&FIN != 0:
		return 6 + int(a.from)
	case a.payload:
		return 4 + int(a.from)
	}
	return 2 + int(a.from)
}

// place returns where frame i stands, and looks at it if nobody did before.
func (r *ring) place(i uint64) *place {
	w := &r.slots[i%ringSize]
	x := &w.place
	if x.known {
		return x
	}
	*x = place{known: true}
	var u unit
	if !r.look(w, &u) {
		return x
	}
	x.proto, x.from = u.proto, u.from
	if u.what == Segment {
		x.flags, x.seq, x.ack, x.payload = u.flags, u.seq, u.ack, u.wire > 0
	} else if len(u.payload) >= 2 {
		x.seq = uint32(be16(u.payload))
	}
	x.flow = u.tuple.hash() | 1
	return x
}

// look reads a frame that waits, and says whether it is a segment or a datagram.
func (r *ring) look(w *waiting, u *unit) bool {
	if u.peek(&w.Frame) {
		return true
	}
	p := &r.packet
	r.scout.alone = true
	if !r.scout.Decode(&w.Frame, p) || p.What != Segment && p.What != Datagram {
		return false
	}
	u.fill(p)
	return true
}

// asks says whether datagram i asks what datagram j of the same flow answers.
func (r *ring) asks(i, j uint64) bool {
	a, b := r.place(i), r.place(j)
	return a.from != b.from && a.seq == b.seq && r.side(i) == request.Originator && r.side(j) == request.Responder
}

// side says who says such things as datagram i does. Few frames are worth the question.
func (r *ring) side(i uint64) request.Side {
	var u unit
	if !r.look(&r.slots[i%ringSize], &u) || len(u.payload) < 2 {
		return request.Unknown
	}
	return request.SideOf(u.proto, u.payload)
}

// tie moves frame i back among those of its time that it comes before.
func (r *ring) tie(i uint64) {
	x := r.place(i)
	if x.flow == 0 {
		return
	}
	w := &r.slots[i%ringSize]
	at := i
	for j := i; j > r.head; j-- {
		prev := &r.slots[(j-1)%ringSize]
		if prev.Time != w.Time || w.number-prev.number >= ringSize {
			break
		}
		if y := r.place(j - 1); y.flow == x.flow && (x.proto == request.UDP && r.asks(i, j-1) || x.proto != request.UDP && x.before(y)) {
			at = j - 1
		}
	}
	if at == i {
		return
	}
	late := *w
	for ; i > at; i-- {
		r.slots[i%ringSize] = r.slots[(i-1)%ringSize]
	}
	r.slots[at%ringSize] = late
}
