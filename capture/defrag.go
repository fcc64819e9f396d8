package capture

// The bounds on fragmented datagrams.
const (
	maxRuns       = 64          // separate runs of bytes of one datagram: 63 holes
	maxDatagram   = 65535       // bytes of one datagram
	maxDatagrams  = 4096        // datagrams waiting for fragments
	maxFragBytes  = 16 << 20    // memory that these take together
	fragLife      = int64(30e9) // packet time from a datagram's first fragment to its last
	fragAgain     = int64(1e9)  // packet time in which a fragment may come twice
	fragRoundSize = 2048        // memory for one grows in such steps
)

// piece is one fragment.
type piece struct {
	id     uint32
	proto  uint8
	more   bool
	offset int
	data   []byte // as far as it was captured
	wire   int    // length on the wire
}

// fragKey says to which datagram a fragment belongs (RFC 791, section 3.2; RFC
// 8200, section 4.5), and in which network. IPv6 does not count the protocol,
// which only the first fragment must have right.
type fragKey struct {
	src, dst [16]byte
	id, vni  uint32
	vlan     uint16
	proto    uint8
	v6       bool
}

// span is a run of bytes that have come, [lo,hi).
type span struct{ lo, hi int }

// pending is a datagram of which some fragments have come.
type pending struct {
	key        fragKey
	start      int64 // packet time of its first fragment
	buf        []byte
	have       []span // in order, not touching each other
	total      int    // -1 until the last fragment has come
	proto      uint8
	prev, next *pending // by start
}

// fragments joins fragments to datagrams. Of bytes that come twice, the first
// that came count: what Linux does with IPv4 duplicates, and what cannot be
// used to change a datagram that is complete. All bounds are by packet time and
// size, never by the clock. The number of fragments is not bounded as such, for
// a datagram may come in pieces of 16 bytes: its size and its holes are.
type fragments struct {
	byKey      map[fragKey]*pending
	head, tail *pending // oldest, youngest
	bytes      int
	spare      *pending // one to use again
	done       [8]last  // the fragments that completed datagrams, the newest of them
	next       int      // which of done goes next
}

// last is a fragment that completed a datagram. The same one again, as in captures
// that have every packet twice, is no part of another.
type last struct {
	key    fragKey
	offset int
	sum    uint32
	at     int64 // packet time
}

// again says whether a fragment that belongs to no datagram completed one shortly before.
func (r *fragments) again(key *fragKey, x *piece, now int64) bool {
	for i := range r.done {
		if o := &r.done[i]; o.offset == x.offset && o.key == *key && now-o.at < fragAgain && o.sum == digest(x.data[:x.wire]) {
			return true
		}
	}
	return false
}

// fragment takes one fragment, and opens the datagram that it completes.
func (d *Decoder) fragment(x piece, p *Packet, depth int) verdict {
	d.Stats.Fragments++
	if d.alone {
		return quiet
	}
	if len(x.data) < x.wire {
		// It can never be complete; its beginning still says who and what.
		if x.offset == 0 {
			return d.transport(x.proto, x.data, x.wire, p, depth)
		}
		return d.short()
	}
	if x.wire <= 0 || x.more && x.wire%8 != 0 || x.offset+x.wire > maxDatagram {
		return d.malformed()
	}
	key := fragKey{src: p.Src, dst: p.Dst, id: x.id, vni: p.VNI, vlan: p.VLAN, proto: x.proto, v6: p.V6}
	if p.V6 {
		key.proto = 44
	}
	g, v := d.gather(key, x, p.Time)
	if g == nil {
		return v
	}
	d.Stats.Joined++
	p.Buf, p.Joined = nil, true
	d.missing = 0
	return d.transport(g.proto, g.buf[:g.total], g.total, p, depth)
}

// gather adds a fragment to its datagram and returns that when it is complete;
// its memory then belongs to the packet.
func (d *Decoder) gather(key fragKey, x piece, now int64) (*pending, verdict) {
	r := &d.frags
	for r.head != nil && now-r.head.start > fragLife {
		d.giveUp(r.head)
	}
	g := r.byKey[key]
	if g != nil && now-g.start > fragLife {
		d.giveUp(g)
		g = nil
	}
	if g == nil {
		if r.again(&key, &x, now) {
			d.Stats.Again++
			return nil, quiet
		}
		g = r.add(key, now)
	}
	end := x.offset + x.wire
	if !g.fits(end, x.more) {
		return nil, d.malformed()
	}
	if x.offset == 0 {
		g.proto = x.proto
	}
	if !x.more {
		g.total = end
	}
	r.grow(g, end)
	if g.put(x.offset, x.data[:x.wire]) {
		d.Stats.Overlaps++
	}
	if g.whole() {
		r.remove(g)
		r.done[r.next] = last{key, x.offset, digest(x.data[:x.wire]), now}
		r.next = (r.next + 1) % len(r.done)
		return g, got
	}
	if len(g.have) > maxRuns {
		d.giveUp(g)
	}
	for r.bytes > maxFragBytes || len(r.byKey) > maxDatagrams {
		d.giveUp(r.head)
	}
	return nil, quiet
}

// fits reports whether a fragment that ends there, with more behind it or as the last one,
// agrees with those that have come.
func (g *pending) fits(end int, more bool) bool {
	if g.total >= 0 && (end > g.total || !more && end != g.total) {
		return false
	}
	return more || g.reach() <= end
}

// whole reports whether every byte has come.
func (g *pending) whole() bool {
	return g.total >= 0 && len(g.have) == 1 && g.have[0] == (span{0, g.total})
}

// reach returns the end of the last byte that has come.
func (g *pending) reach() int {
	if len(g.have) == 0 {
		return 0
	}
	return g.have[len(g.have)-1].hi
}

// put copies the bytes of data that are not there yet, and says whether data
// overlapped others only in part.
func (g *pending) put(at int, data []byte) (overlap bool) {
	lo, hi := at, at+len(data)
	i := 0
	for i < len(g.have) && g.have[i].hi < lo {
		i++
	}
	j := i // have[i:j] touch or overlap the new span
	next := lo
	fresh := 0
	for j < len(g.have) && g.have[j].lo <= hi {
		if s := g.have[j]; next < s.lo {
			fresh += copy(g.buf[next:s.lo], data[next-at:])
		}
		next = max(next, g.have[j].hi)
		j++
	}
	if next < hi {
		fresh += copy(g.buf[next:hi], data[next-at:])
	}
	if j > i {
		lo, hi = min(lo, g.have[i].lo), max(hi, g.have[j-1].hi)
	}
	if i == j {
		g.have = append(g.have, span{})
		copy(g.have[i+1:], g.have[i:])
	} else {
		g.have = append(g.have[:i+1], g.have[j:]...)
	}
	g.have[i] = span{lo, hi}
	return fresh > 0 && fresh < len(data)
}

func (r *fragments) add(key fragKey, now int64) *pending {
	g := r.spare
	if r.spare = nil; g == nil {
		g = &pending{have: make([]span, 0, 4)}
	}
	r.bytes += len(g.buf)
	g.key, g.start, g.total, g.have, g.proto = key, now, -1, g.have[:0], key.proto
	if r.byKey == nil {
		r.byKey = make(map[fragKey]*pending)
	}
	r.byKey[key] = g
	if g.prev, g.next = r.tail, nil; r.tail == nil {
		r.head = g
	} else {
		r.tail.next = g
	}
	r.tail = g
	return g
}

// grow makes room for n bytes, which are at most maxDatagram.
func (r *fragments) grow(g *pending, n int) {
	if n <= len(g.buf) {
		return
	}
	n = max(n, min(2*len(g.buf), maxDatagram))
	b := make([]byte, (n+fragRoundSize-1)/fragRoundSize*fragRoundSize)
	copy(b, g.buf)
	r.bytes += len(b) - len(g.buf)
	g.buf = b
}

func (r *fragments) remove(g *pending) {
	delete(r.byKey, g.key)
	r.bytes -= len(g.buf)
	if g.prev == nil {
		r.head = g.next
	} else {
		g.prev.next = g.next
	}
	if g.next == nil {
		r.tail = g.prev
	} else {
		g.next.prev = g.prev
	}
	g.prev, g.next = nil, nil
}

// giveUp forgets a datagram.
func (d *Decoder) giveUp(g *pending) {
	d.Stats.Lost++
	d.frags.remove(g)
	if len(g.buf) > 4*fragRoundSize {
		g.buf = nil
	}
	d.frags.spare = g
}
