package capture

import "math/bits"

// An endpoint is remembered by each shard that its flows come to, and told to
// the Sink when the shard ends or needs the room.
// It is as long as a cache line.
type endpoint struct {
	addr        [2]uint64
	first, last int64
	count       uint32 // connections or exchanges
	told        uint32 // of these: told to the Sink already
	vni         uint32
	hash        uint32
	sampled     uint32 // packet time of the last connection whose banners were asked for, in seconds
	vlan        uint16
	port        uint16
	proto       Proto
	v6          bool
	closed      bool
	reason      reason
	enough      uint8 // verdicts Enough so far
	heard       uint8 // connections whose banners were delivered
	next        uint8 // banners are asked for again when the count reaches 1<<next
	fresh       bool  // it stands in the shard's list of those to be told
}

// reason is why an endpoint is said to be open or closed; the lower of two wins.
type reason uint8

const (
	whySynAck reason = iota
	whyInitAck
	whyTCP
	whySCTP
	whyUDP
	whyReset
	whyAbort
	whyUnreachable
)

// String is the word that nmap has for it.
func (r reason) String() string {
	switch r {
	case whySynAck:
		return "syn-ack"
	case whyInitAck:
		return "init-ack"
	case whyTCP:
		return "tcp-response"
	case whySCTP:
		return "sctp-response"
	case whyUDP:
		return "udp-response"
	case whyReset:
		return "reset"
	case whyAbort:
		return "abort"
	}
	return "port-unreach"
}

// When an endpoint's banners need not all be asked for. An endpoint is settled
// when a shard's Sink said settleEnough times that it has enough, or when
// settleHeard connections were listened to without that. From then on banners
// are asked for when the count of its connections doubles, and at least every
// settleSeconds of packet time: servers are upgraded while we listen.
const (
	settleEnough  = 3
	settleHeard   = 8
	settleSeconds = 600
)

// wants says whether the banners of a connection that comes now are worth
// keeping. It is asked once a connection, before it is counted.
func (e *endpoint) wants(now int64) bool {
	if !e.would(now) {
		return false
	}
	if e.settled() {
		e.next = uint8(max(4, bits.Len32(e.count)))
	}
	e.sampled = seconds(now)
	return true
}

// would is wants without taking note.
func (e *endpoint) would(now int64) bool {
	return !e.settled() || uint64(e.count) >= 1<<e.next || int64(seconds(now))-int64(e.sampled) >= settleSeconds
}

func (e *endpoint) settled() bool { return e.enough >= settleEnough || e.heard >= settleHeard }

// endpoints is one shard's list of them, in order of their first packet.
type endpoints struct {
	index index
	list  slab[endpoint]
	hand  uint32
}

// find returns the number of the endpoint that side of k is, plus 1, or 0.
func (es *endpoints) find(k *tuple, side uint8, closed bool) (n, hash uint32) {
	a, port := k.addr[side], k.port[side]
	hash = k.endpointHash(side)
	e := es.index.entries
	if len(e) == 0 {
		return 0, hash
	}
	mask := uint32(len(e) - 1)
	for p := hash & mask; ; p = (p + 1) & mask {
		v := e[p]
		if v == 0 {
			return 0, hash
		}
		if uint32(v>>32) != hash {
			continue
		}
		x := es.list.at(uint32(v) - 1)
		if x.addr == a && x.port == port && x.proto == k.proto && x.vlan == k.vlan && x.vni == k.vni && x.v6 == k.v6 && x.closed == closed {
			return uint32(v), hash
		}
	}
}

// add makes a record for an endpoint that has none.
func (es *endpoints) add(k *tuple, side uint8, closed bool, hash uint32, now int64) uint32 {
	i := es.list.take()
	*es.list.at(i) = endpoint{
		addr: k.addr[side], port: k.port[side], proto: k.proto, vlan: k.vlan, vni: k.vni, v6: k.v6,
		closed: closed, hash: hash, first: now, last: now, reason: whyUnreachable,
	}
	es.index.put(hash, i)
	return i + 1
}
