package capture

import (
	"strconv"
	"time"
)

// How a system fills in the headers of its first segment, SYN or SYN-ACK, tells what
// system it is. Here that is only written down; state knows what it means.

// How many ways of that are remembered by a shard, of clients (SYN) and of servers
// (SYN-ACK); less where the table of flows is small. Of what comes when it is full,
// nothing is told. Of clients there are many that nobody wants to know.
const (
	maxCallers = 128
	maxStacks  = 512
)

// flowsPerStack is how many flows a shard must have room for to remember one more.
const flowsPerStack = 64

// maxOptions is how many TCP options are looked at.
const maxOptions = 16

// stack is how one host begins a connection.
type stack struct {
	window, mss uint16
	scale       uint8 // noScale if the option is not there
	n           uint8
	options     [maxOptions]uint8 // kinds in order; 1 is padding, 0 the end
	quirks      uint8
	answer      bool // SYN-ACK
	v6          bool
}

const noScale = 0xff

// The quirks of headers.
const (
	quirkDF     = 1 << iota // do not fragment
	quirkID                 // an identification where it means nothing: with DF
	quirkNoID               // identification 0 where it means something: without DF
	quirkECN                // asks for explicit congestion notification
	quirkNoTS               // a timestamp of zero
	quirkFlow               // an IPv6 flow label
	quirkAfter              // bytes other than zero after the options' end
	quirkUrgent             // an urgent pointer or an acknowledgement number without its flag
)

// heardStack is a stack of a host.
type heardStack struct {
	stack
	key   uint64
	first int64
	clock *stampClock // nil until a second timestamp is heard
	vlan  uint16
	vni   uint32
	addr  [2]uint64
	peer  uint64 // who it was for
}

// stackNews is what changes with each packet of a stack. It lies apart, in half a cache line.
type stackNews struct {
	key   uint64
	last  int64
	deaf  int64  // the clock heeds nothing earlier
	ts    uint32 // the first timestamp; 0 if there was none, or they tell nothing
	place uint16 // of the stack in the list, and 1; 0 for none
	ttl   uint8  // the highest heard
	told  bool   // the sink knows it as it is
}

// hash tells two of them apart.
func (s *stack) hash(p *unit) uint64 {
	a := p.addr[p.from]
	h := mix(a[0]^uint64(p.vni), a[1]^uint64(p.vlan))
	h = mix(h^uint64(s.window)<<48^uint64(s.mss)<<32^uint64(s.scale)<<24^uint64(s.n)<<16^uint64(s.quirks), be64(s.options[:]))
	h = mix(h, be64(s.options[8:]))
	if s.answer {
		h ^= mix3
	}
	return h
}

// stacks is a shard's list of them, in order of their first word.
type stacks struct {
	at   []stackNews // by hash; after those that are taken comes the next. Its length is a power of two
	list []heardStack
	of   [2]int // how many of SYN, of SYN-ACK

	// Of whom: a bit for the hash of each address. Without it, nothing of the host is in
	// the list. It keeps floods of senders that do not exist from being read.
	whose [2][32]uint64
}

// hear takes a packet with SYN whose payload begins at its IP header and whose TCP
// payload begins skip bytes later. room is how many of each side are remembered.
func (ss *stacks) hear(p *unit, room int) {
	side, most := 0, min(room, maxCallers)
	if p.flags&ACK != 0 {
		side, most = 1, min(room, maxStacks)
	}
	who := mix(p.addr[p.from][0], p.addr[p.from][1])
	bits, bit := &ss.whose[side][who>>6&31], uint64(1)<<(who&63)
	if ss.of[side] >= most && *bits&bit == 0 {
		return
	}
	var s stack
	ttl, ts, ok := s.read(p.payload[:p.skip])
	if !ok {
		return
	}
	key := s.hash(p)
	k := ss.find(key)
	if k == nil || k.place == 0 {
		if ss.of[side] >= most {
			return
		}
		ss.of[side]++
		*bits |= bit
		ss.list = append(ss.list, heardStack{
			stack: s, key: key, addr: p.addr[p.from], vni: p.vni, vlan: p.vlan, first: p.time, peer: p.addr[1-p.from][1],
		})
		ss.grow()
		*ss.find(key) = stackNews{key: key, last: p.time, ts: ts, place: uint16(len(ss.list)), ttl: ttl}
		return
	}
	h := &ss.list[k.place-1]
	if k.ttl, k.told = max(k.ttl, ttl), false; p.time >= k.last {
		k.last = p.time
	} else {
		h.first = min(h.first, p.time)
	}
	if ts == 0 || k.ts == 0 || p.time < k.deaf {
		return
	}
	if h.clock == nil {
		h.clock = new(stampClock)
		h.clock.hear(k.ts, h.first, h.peer)
	}
	if h.clock.hear(ts, p.time, p.addr[1-p.from][1]); h.clock.bad {
		k.ts = 0 // it need not be heard any more
	}
	k.deaf = h.clock.deaf()
}

// find returns what has the key, or the free place for it; nil if there is no place at all.
func (ss *stacks) find(key uint64) *stackNews {
	if len(ss.at) == 0 {
		return nil
	}
	for i := key; ; i++ {
		if k := &ss.at[i&uint64(len(ss.at)-1)]; k.key == key || k.place == 0 {
			return k
		}
	}
}

// grow makes room for one more.
func (ss *stacks) grow() {
	if 8*len(ss.list) <= 5*len(ss.at) {
		return
	}
	old := ss.at
	ss.at = make([]stackNews, max(32, 2*len(old)))
	for i := range old {
		if old[i].place != 0 {
			*ss.find(old[i].key) = old[i]
		}
	}
}

// read fills s from an IP and a TCP header. ts is the timestamp, 0 if there is none.
func (s *stack) read(b []byte) (ttl uint8, ts uint32, ok bool) {
	if len(b) < 40 {
		return 0, 0, false
	}
	var t []byte
	switch b[0] >> 4 {
	case 4:
		t = b[min(len(b), int(b[0]&15)*4):]
		id := be16(b[4:])
		if b[6]&0x40 != 0 {
			s.quirks |= quirkDF
			if id != 0 {
				s.quirks |= quirkID
			}
		} else if id == 0 {
			s.quirks |= quirkNoID
		}
		ttl = b[8]
	case 6:
		s.v6 = true
		t = b[40:]
		ttl = b[7]
		if be32(b)&0xfffff != 0 {
			s.quirks |= quirkFlow
		}
	}
	if len(t) < 20 || int(t[12]>>4)*4 != len(t) {
		return 0, 0, false // extension headers between them
	}
	s.window, s.scale, s.answer = be16(t[14:]), noScale, t[13]&ACK != 0
	if t[13]&0xc0 != 0 {
		s.quirks |= quirkECN
	}
	if t[13]&URG == 0 && be16(t[18:]) != 0 || !s.answer && be32(t[8:]) != 0 {
		s.quirks |= quirkUrgent
	}
	for o := t[20:]; len(o) > 0 && s.n < maxOptions; {
		kind := o[0]
		s.options[s.n] = kind
		s.n++
		if kind == 0 {
			for _, c := range o[1:] {
				if c != 0 {
					s.quirks |= quirkAfter
				}
			}
			break
		}
		if kind == 1 {
			o = o[1:]
			continue
		}
		if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) {
			return 0, 0, false
		}
		switch {
		case kind == 2 && o[1] == 4:
			s.mss = be16(o[2:])
		case kind == 3 && o[1] == 3:
			s.scale = o[2]
		case kind == 8 && o[1] == 10:
			if ts = be32(o[2:]); ts == 0 {
				s.quirks |= quirkNoTS
			}
		}
		o = o[o[1]:]
	}
	return ttl, ts, true
}

// text writes a stack: time to live as heard, window, maximum segment size, window scale,
// the options in order, quirks.
func (s *stack) text(ttl uint8) string {
	var room [128]byte
	b := room[:0]
	b = append(strconv.AppendUint(b, uint64(ttl), 10), ' ')
	b = append(strconv.AppendUint(b, uint64(s.window), 10), ' ')
	b = append(strconv.AppendUint(b, uint64(s.mss), 10), ' ')
	if s.scale == noScale {
		b = append(b, '-')
	} else {
		b = strconv.AppendUint(b, uint64(s.scale), 10)
	}
	b = append(b, ' ')
	if s.n == 0 {
		b = append(b, '-')
	}
	for i, o := range s.options[:s.n] {
		if i > 0 {
			b = append(b, ',')
		}
		switch o {
		case 0:
			b = append(b, "eol"...)
		case 1:
			b = append(b, "nop"...)
		case 2:
			b = append(b, "mss"...)
		case 3:
			b = append(b, "ws"...)
		case 4:
			b = append(b, "sok"...)
		case 8:
			b = append(b, "ts"...)
		default:
			b = strconv.AppendUint(append(b, '?'), uint64(o), 10)
		}
	}
	sep := byte(' ')
	for i, q := range [...]string{"df", "id+", "id-", "ecn", "ts0", "flow", "eol+", "odd"} {
		if s.quirks>>i&1 != 0 {
			b = append(append(b, sep), q...)
			sep = ','
		}
	}
	if sep == ' ' {
		b = append(b, " -"...)
	}
	return string(b)
}

// tell gives those to the sink that it does not know, from the given one on.
func (ss *stacks) tell(to Sink, first int) {
	for i := first; i < len(ss.list); i++ {
		h := &ss.list[i]
		news := ss.find(h.key)
		if news.told {
			continue
		}
		news.told = true
		k := tuple{v6: h.v6}
		k.addr[0] = h.addr
		if !isHost(k.ip(0)) {
			continue
		}
		from := "syn"
		if h.answer {
			from = "syn-ack"
		}
		hint := Hint{
			Addr: k.ip(0), VLAN: h.vlan, VNI: h.vni, Kind: "stack", Value: h.text(news.ttl), From: from, First: stamp(h.first), Last: stamp(news.last),
		}
		to.Hint(hint)
		if boot, hz := h.clock.boot(); hz != 0 {
			hint.Kind, hint.From = "boot", from+" timestamps of "+strconv.Itoa(hz)+" Hz"
			hint.Value = boot.Truncate(time.Minute).Format(time.RFC3339)
			to.Hint(hint)
		}
	}
}

// stampClock watches a host's timestamps (RFC 7323 §5.4). Systems of today begin at
// a value of their own for each pair of hosts: their clock says nothing of when they were
// started. So at least three readings must agree, of at least two peers, and none may
// contradict.
type stampClock struct {
	ts      uint32
	hz      uint16
	agreed  uint8
	bad     bool
	peers   bool // more than one
	time    int64
	peer    uint64
	lastTS  uint32
	lastAt  int64
	started bool
}

// hear takes a reading from a segment to a peer.
func (c *stampClock) hear(ts uint32, at int64, peer uint64) {
	if !c.started {
		*c = stampClock{ts: ts, time: at, peer: peer, lastTS: ts, lastAt: at, started: true}
		return
	}
	passed := at - c.time
	if c.bad || at < c.deaf() {
		return
	}
	ticks := uint64(ts - c.ts)
	rate := float64(ticks) * 1e9 / float64(passed)
	hz := uint16(0)
	for _, f := range [...]uint16{2, 10, 100, 200, 250, 300, 500, 1000} {
		if slack := 0.02*float64(f) + 2e9/float64(passed); rate > float64(f)-slack && rate < float64(f)+slack && float64(ticks) >= 10 {
			hz = f
		}
	}
	if hz == 0 || c.hz != 0 && c.hz != hz {
		c.bad = true
		return
	}
	c.hz = hz
	c.peers = c.peers || peer != c.peer
	if c.agreed < 0xff {
		c.agreed++
	}
	c.lastTS, c.lastAt = ts, at
}

// deaf is the time before which a reading tells nothing.
func (c *stampClock) deaf() int64 { return max(c.time+2e9, c.lastAt+1e9) }

// boot is when the host's clock was at zero, and how fast it runs; 0 if it is not known.
func (c *stampClock) boot() (time.Time, int) {
	if c == nil || c.bad || !c.peers || c.agreed < 2 {
		return time.Time{}, 0
	}
	return stamp(c.lastAt - int64(c.lastTS)*(1e9/int64(c.hz))), int(c.hz)
}
