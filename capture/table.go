package capture

import (
	"math/bits"
	"net/netip"

	"earshot/matcher/request"
)

// tuple is a flow's identity in one order, whoever sent the packet: the side
// with the lower address (then port) is side 0. Addresses are two big-endian
// halves; an IPv4 address is the low 32 bits of the second.
type tuple struct {
	addr  [2][2]uint64
	port  [2]uint16
	vni   uint32
	vlan  uint16
	proto Proto
	v6    bool
}

// normalise puts the lower side first and returns which side was first before.
func (t *tuple) normalise() (from uint8) {
	a, b := &t.addr[0], &t.addr[1]
	switch {
	case a[0] != b[0]:
		if a[0] < b[0] {
			return 0
		}
	case a[1] != b[1]:
		if a[1] < b[1] {
			return 0
		}
	case t.port[0] <= t.port[1]:
		return 0
	}
	*a, *b = *b, *a
	t.port[0], t.port[1] = t.port[1], t.port[0]
	return 1
}

// The constants of the hash are odd numbers with mixed bits (the fractions of π).
const (
	mix1 = 0x243f6a8885a308d3
	mix2 = 0x13198a2e03707345
	mix3 = 0xa4093822299f31d1
)

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^mix1, b^mix2)
	return hi ^ lo
}

// hash is symmetric because the tuple is normalised.
func (t *tuple) hash() uint64 {
	h := mix(t.addr[0][1], t.addr[1][1])
	if t.v6 {
		h = mix(h^t.addr[0][0], t.addr[1][0]^mix3)
	}
	return mix(h^(uint64(t.port[0])<<48|uint64(t.port[1])<<32|uint64(t.vni)), uint64(t.vlan)<<8|uint64(t.proto))
}

// Shards is how many Sinks a Run asks for.
const Shards = shards

// shards is the number of virtual shards. Workers own shards; what happens in
// one shard never depends on another, so the number of workers is not seen in
// the results.
const shards = 64

// endpointHash is the hash of a side alone.
func (t *tuple) endpointHash(side uint8) uint32 {
	a := &t.addr[side]
	return uint32(mix(a[0]^a[1], uint64(t.port[side])<<48^uint64(t.vni)<<16^uint64(t.vlan)^mix3) >> 16)
}

// lower is the side with the lower port: most likely the server.
func (t *tuple) lower() uint8 {
	if t.port[1] < t.port[0] {
		return 1
	}
	return 0
}

// shardOf says where a flow lives: by the side with the lower port, whose hash
// end is. So all connections to a server are in one shard, which needs to
// recognise the server only once; and what is rare does not matter: a flow whose
// server has the higher port.
func shardOf(end uint32) uint32 { return end >> 24 % shards }

// addrPort returns the address and port of a side.
func (t *tuple) addrPort(side uint8) netip.AddrPort {
	return netip.AddrPortFrom(t.ip(side), t.port[side])
}

func (t *tuple) ip(side uint8) netip.Addr {
	a := &t.addr[side]
	if !t.v6 {
		v := uint32(a[1])
		return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
	}
	var b [16]byte
	for i := range 8 {
		b[i] = byte(a[0] >> (56 - 8*i))
		b[8+i] = byte(a[1] >> (56 - 8*i))
	}
	return netip.AddrFrom16(b)
}

// slot is what is remembered of every flow, decided or not. It holds no
// pointer, so a table of millions costs the garbage collector nothing. It is 44
// bytes long; the addresses of an IPv6 flow lie beside the table.
type slot struct {
	a, b   uint32 // the sides' IPv4 addresses; with isV6, a is the number of the pair of addresses
	ap, bp uint16
	vni    uint32
	vlan   uint16
	proto  Proto
	state  uint8     // flowNew … flowClosed
	flags  uint16    // slotXxx
	turns  uint16    // for a datagram flow: answers delivered
	seq    [2]uint32 // TCP: sequence number after each side's SYN, or of its first byte seen; UDP: hash of the last payload
	conn   uint32    // number of the connection's heads, plus 1; 0 if it has none
	hash   uint32    // low half of the flow's hash
	seen   uint32    // packet time of the last packet, seconds since the shard's first
}

// The flags of a slot.
const (
	slotV6 uint16 = 1 << iota
	slotUsed
	slotOrigHi  // with slotRoles: side 1 is the originator
	slotRoles   // the originator is known
	slotGuess   // … but only from content or ports
	slotSyn0    // side 0 sent a SYN (or its sequence number is known from an acknowledgement of it); UDP: its content asked
	slotSyn1    // the same for side 1
	slotSynAck  // the responder accepted
	slotFin0    // side 0 sent a FIN or RST
	slotFin1    // the same for side 1
	slotData0   // side 0 sent payload
	slotData1   // the same for side 1
	slotCounted // counted in its endpoint
)

// slab is a growing list of slots that never move: chunks are allocated as they
// are needed, so growing copies nothing and leaves no garbage.
type slab[T any] struct {
	chunks []*[1 << chunkBits]T
	n      uint32
	free   []uint32
}

const chunkBits = 8

func (s *slab[T]) at(i uint32) *T { return &s.chunks[i>>chunkBits][i&(1<<chunkBits-1)] }

// take returns the number of a zero element.
func (s *slab[T]) take() uint32 {
	if k := len(s.free); k > 0 {
		i := s.free[k-1]
		s.free = s.free[:k-1]
		return i
	}
	i := s.n
	if int(i>>chunkBits) == len(s.chunks) {
		s.chunks = append(s.chunks, new([1 << chunkBits]T))
	}
	s.n++
	return i
}

// give takes an element back.
func (s *slab[T]) give(i uint32) {
	var zero T
	*s.at(i) = zero
	s.free = append(s.free, i)
}

// used is how many elements are taken.
func (s *slab[T]) used() int { return int(s.n) - len(s.free) }

// index finds elements of a slab by hash: open addressing with linear probing.
// An entry is the high half of a hash and the element's number plus 1.
type index struct {
	entries []uint64
	used    int
}

const indexMin = 64

func (x *index) put(hash uint32, i uint32) {
	if x.used >= len(x.entries)-len(x.entries)/4 {
		x.grow()
	}
	mask := uint32(len(x.entries) - 1)
	for p := hash & mask; ; p = (p + 1) & mask {
		if x.entries[p] == 0 {
			x.entries[p] = uint64(hash)<<32 | uint64(i+1)
			x.used++
			return
		}
	}
}

func (x *index) grow() {
	old := x.entries
	x.entries = make([]uint64, max(indexMin, 2*len(old)))
	mask := uint32(len(x.entries) - 1)
	for _, e := range old {
		if e == 0 {
			continue
		}
		p := uint32(e>>32) & mask
		for x.entries[p] != 0 {
			p = (p + 1) & mask
		}
		x.entries[p] = e
	}
}

// remove takes out the entry of element i, and closes the hole it leaves.
func (x *index) remove(hash uint32, i uint32) {
	if len(x.entries) == 0 {
		return
	}
	mask := uint32(len(x.entries) - 1)
	want := uint64(hash)<<32 | uint64(i+1)
	p := hash & mask
	for x.entries[p] != want {
		if x.entries[p] == 0 {
			return
		}
		p = (p + 1) & mask
	}
	x.used--
	for q := p; ; {
		q = (q + 1) & mask
		e := x.entries[q]
		if e == 0 {
			break
		}
		// An entry may move back to the hole if the hole lies between its home and its place.
		if home := uint32(e>>32) & mask; (q-home)&mask >= (q-p)&mask {
			x.entries[p] = e
			p = q
		}
	}
	x.entries[p] = 0
}

// hint returns the entry at a hash's first place.
func (x *index) hint(hash uint32) uint64 {
	e := x.entries
	if len(e) == 0 {
		return 0
	}
	return e[hash&uint32(len(e)-1)]
}

// seek returns the number, plus 1, of the first element with a hash, or 0. e is what
// hint said.
func (x *index) seek(hash uint32, e uint64) uint32 {
	for p := hash; e != 0; e = x.hint(p) {
		if uint32(e>>32) == hash {
			return uint32(e)
		}
		p++
	}
	return 0
}

// table is one shard's flows.
type table struct {
	index index
	slots slab[slot]
	pairs slab[[2][2]uint64] // addresses of IPv6 flows
	udp   int                // slots of UDP
	hand  uint32             // where the search for something to evict goes on
}

// find returns the number of a flow's slot, plus 1, or 0.
func (t *table) find(k *tuple, hash uint32) uint32 {
	e := t.index.entries
	if len(e) == 0 {
		return 0
	}
	mask := uint32(len(e) - 1)
	for p := hash & mask; ; p = (p + 1) & mask {
		v := e[p]
		if v == 0 {
			return 0
		}
		if uint32(v>>32) == hash && t.same(t.slots.at(uint32(v)-1), k) {
			return uint32(v)
		}
	}
}

func (t *table) same(s *slot, k *tuple) bool {
	if s.ap != k.port[0] || s.bp != k.port[1] || s.vni != k.vni || s.vlan != k.vlan || s.proto != k.proto || (s.flags&slotV6 != 0) != k.v6 {
		return false
	}
	if k.v6 {
		return *t.pairs.at(s.a) == k.addr
	}
	return s.a == uint32(k.addr[0][1]) && s.b == uint32(k.addr[1][1])
}

// add makes a slot for a flow that has none.
func (t *table) add(k *tuple, hash uint32) uint32 {
	i := t.slots.take()
	s := t.slots.at(i)
	s.flags = slotUsed
	if k.v6 {
		s.flags |= slotV6
		s.a = t.pairs.take()
		*t.pairs.at(s.a) = k.addr
	} else {
		s.a, s.b = uint32(k.addr[0][1]), uint32(k.addr[1][1])
	}
	s.ap, s.bp, s.vni, s.vlan, s.proto, s.hash = k.port[0], k.port[1], k.vni, k.vlan, k.proto, hash
	if k.proto == request.UDP {
		t.udp++
	}
	t.index.put(hash, i)
	return i + 1
}

// drop forgets a flow.
func (t *table) drop(n uint32) {
	s := t.slots.at(n - 1)
	t.index.remove(s.hash, n-1)
	if s.flags&slotV6 != 0 {
		t.pairs.give(s.a)
	}
	if s.proto == request.UDP {
		t.udp--
	}
	t.slots.give(n - 1)
}

// tuple returns a slot's identity.
func (t *table) tuple(s *slot) tuple {
	k := tuple{port: [2]uint16{s.ap, s.bp}, vni: s.vni, vlan: s.vlan, proto: s.proto}
	if s.flags&slotV6 != 0 {
		k.v6 = true
		k.addr = *t.pairs.at(s.a)
	} else {
		k.addr[0][1], k.addr[1][1] = uint64(s.a), uint64(s.b)
	}
	return k
}
