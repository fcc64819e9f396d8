package state

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"slices"
	"time"

	"earshot/capture"
)

// What hosts say of others (capture.Hint.Told: a resolver's answers, what a DHCP client
// asks for) is kept apart: a resolver speaks of the whole internet, and only what it says
// of hosts that are known otherwise becomes part of the record.

// maxHearsay bounds what one recorder keeps of it, in sayings. When there are more, the
// older half goes.
const maxHearsay = 4096

// rumour is an address that others spoke of. It has no VLAN: who speaks may be on another.
type rumour struct {
	addr netip.Addr
	vni  uint32
}

// saying is what was said of an address, and when, in nanoseconds of Unix time. It holds no
// pointer: there may be very many, and the garbage collector need not look at them.
type saying struct {
	addr        [16]byte
	v4          bool
	what        uint8  // place in hearsay.kinds
	length      uint16 // of its text
	text        uint32 // where in talk.text
	vni         uint32
	digest      uint32
	first, last int64
}

// rumour is whom it is about.
func (k *saying) rumour() rumour {
	a := netip.AddrFrom16(k.addr)
	if k.v4 {
		a = a.Unmap()
	}
	return rumour{a, k.vni}
}

// talk is a set of sayings: a list with an index that hashes by digest.
type talk struct {
	list  []saying
	text  []byte   // what was said, one after the other
	index []uint32 // place in the list, from 1, below the upper bits of the digest; 0: none. Its length is a power of two
}

// placeBits is how many bits of a talk's index are a place in its list.
const placeBits = 12

// The places of maxHearsay/2 sayings must fit in placeBits.
var _ [1<<placeBits - 1 - maxHearsay/2]struct{}

// value is what was said.
func (t *talk) value(k *saying) []byte { return t.text[k.text:][:k.length] }

// find returns the saying that is the same as k with the given value, nil if there is none.
func (t *talk) find(k *saying, value string) *saying {
	if len(t.index) == 0 {
		return nil
	}
	for i := k.digest; ; i++ {
		at := t.index[i&uint32(len(t.index)-1)]
		if at == 0 {
			return nil
		}
		if at>>placeBits != k.digest>>placeBits {
			continue
		}
		if x := &t.list[at&(1<<placeBits-1)-1]; x.addr == k.addr && x.v4 == k.v4 && x.vni == k.vni && x.what == k.what && string(t.value(x)) == value {
			return x
		}
	}
}

// add adds what was not found, k.
func (t *talk) add(k *saying, value string) {
	k.text, k.length = uint32(len(t.text)), uint16(len(value))
	if len(t.list) == cap(t.list) { // twice as much each time: there are many of these
		t.list = slices.Grow(t.list, max(32, len(t.list)))
	}
	if len(t.text)+len(value) > cap(t.text) {
		t.text = slices.Grow(t.text, max(1<<10, len(t.text), len(value)))
	}
	t.text = append(t.text, value...)
	t.list = append(t.list, *k)
	if 2*len(t.list) > len(t.index) {
		t.index = make([]uint32, max(64, 2*len(t.index)))
		for i := range t.list {
			t.put(i)
		}
		return
	}
	t.put(len(t.list) - 1)
}

func (t *talk) put(at int) {
	digest := t.list[at].digest
	i := digest
	for t.index[i&uint32(len(t.index)-1)] != 0 {
		i++
	}
	t.index[i&uint32(len(t.index)-1)] = digest&^(1<<placeBits-1) | uint32(at+1)
}

func (t *talk) clear() {
	t.list, t.text = t.list[:0], t.text[:0]
	clear(t.index)
}

// hearsay is what one recorder heard, in two generations: what was said lately is in the
// young one. Most resolvers say much that is never heard of again, so it has no order.
type hearsay struct {
	young, old talk
	kinds      [][2]string // kind and source of sayings, which are few
	seed       maphash.Seed
}

func (s *hearsay) note(h *capture.Hint) {
	if len(h.Value) >= 1<<16 {
		return
	}
	if s.kinds == nil {
		s.seed = maphash.MakeSeed()
	}
	what := slices.Index(s.kinds, [2]string{h.Kind, h.From})
	if what < 0 {
		if what = len(s.kinds); what > 255 {
			return
		}
		s.kinds = append(s.kinds, [2]string{h.Kind, h.From})
	}
	k := saying{addr: h.Addr.As16(), v4: h.Addr.Is4(), vni: h.VNI, what: uint8(what), first: h.First.UnixNano(), last: h.Last.UnixNano()}
	digest := maphash.String(s.seed, h.Value) ^ (binary.NativeEndian.Uint64(k.addr[8:])^binary.NativeEndian.Uint64(k.addr[:]))*0x9e3779b97f4a7c15
	k.digest = uint32(digest ^ digest>>32)
	was := s.young.find(&k, h.Value)
	if was == nil {
		if len(s.young.list) >= maxHearsay/2 {
			s.old.clear()
			s.young, s.old = s.old, s.young
		}
		if was = s.old.find(&k, h.Value); was != nil {
			k.first, k.last = min(k.first, was.first), max(k.last, was.last)
		}
		s.young.add(&k, h.Value)
		return
	}
	was.first, was.last = min(was.first, k.first), max(was.last, k.last)
}

// Hearsay adds to m, of each host that it has, what recorders heard others say of it.
// Recorders may go on afterwards.
func (m *Memory) Hearsay(recorders ...*Recorder) {
	var to map[rumour][]hostKey
	for _, r := range recorders {
		if len(r.hearsay.young.list) == 0 {
			continue
		}
		if to == nil {
			if to = m.spokenOf(); len(to) == 0 {
				return
			}
		}
		for _, generation := range [...]*talk{&r.hearsay.old, &r.hearsay.young} {
			for i := range generation.list {
				k := &generation.list[i]
				for _, host := range to[k.rumour()] {
					m.factsOf(host).note(&Hint{
						Kind: r.hearsay.kinds[k.what][0], Value: string(generation.value(k)), From: r.hearsay.kinds[k.what][1],
						First: time.Unix(0, k.first).UTC(), Last: time.Unix(0, k.last).UTC(),
					})
				}
			}
		}
	}
}

// spokenOf returns the hosts of m by what a rumour calls them.
func (m *Memory) spokenOf() map[rumour][]hostKey {
	to := make(map[rumour][]hostKey, len(m.hosts))
	add := func(k hostKey) {
		r := rumour{k.addr, k.vni}
		if l := to[r]; !slices.Contains(l, k) {
			to[r] = append(l, k)
		}
	}
	for ep := range m.services {
		add(hostOf(ep))
	}
	for k := range m.hosts {
		add(k)
	}
	return to
}
