package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// frag is a fragment to be built: bytes [from,to) of a datagram's payload.
type frag struct {
	id       uint32
	proto    byte
	from, to int
	more     bool
	at       int64 // seconds
	v6       bool
	options  bool // IPv4 header of 24 bytes
}

func (x frag) build(payload []byte) *Frame {
	part := payload[x.from:x.to]
	var b []byte
	if x.v6 {
		h := []byte{x.proto, 0, 0, 0, 0, 0, 0, 0}
		m := uint16(x.from)
		if x.more {
			m |= 1
		}
		binary.BigEndian.PutUint16(h[2:], m)
		binary.BigEndian.PutUint32(h[4:], x.id)
		b = ip6(44, cat(h, part))
	} else {
		b = ip4(x.proto, part)
		if x.options {
			b = cat(b[:20], []byte{1, 1, 1, 0}, part)
			b[0] = 0x46
			binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		}
		binary.BigEndian.PutUint16(b[4:], uint16(x.id))
		m := uint16(x.from / 8)
		if x.more {
			m |= 0x2000
		}
		binary.BigEndian.PutUint16(b[6:], m)
	}
	return &Frame{Data: b, OrigLen: len(b), Link: 101, Time: x.at * 1e9}
}

// joinAll decodes fragments and returns the payloads of what was handed on.
func joinAll(d *Decoder, payload []byte, list ...frag) (out []string) {
	var p Packet
	for _, x := range list {
		if d.Decode(x.build(payload), &p) {
			out = append(out, string(p.Payload))
		}
	}
	return out
}

func TestDefrag(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789abcdef"), 200)
	whole := udp(1, 53, text[:3000])
	other := udp(1, 53, bytes.Repeat([]byte("x"), 3000))
	const n = 3008
	type step struct {
		frag
		payload []byte
	}
	in := func(x frag) step { return step{x, whole} }
	for _, c := range []struct {
		name  string
		steps []step
		want  int // datagrams that come out, all equal to text[:3000]
		check func(*DecodeStats) bool
	}{
		{
			"in order",
			[]step{in(frag{id: 1, proto: 17, to: 1480, more: true}), in(frag{id: 1, proto: 17, from: 1480, to: 2960, more: true}), in(frag{id: 1, proto: 17, from: 2960, to: n})},
			1,
			func(s *DecodeStats) bool { return s.Joined == 1 && s.Fragments == 3 && s.Overlaps == 0 },
		},
		{"backwards", []step{in(frag{id: 1, proto: 17, from: 2960, to: n}), in(frag{id: 1, proto: 17, from: 1480, to: 2960, more: true}), in(frag{id: 1, proto: 17, to: 1480, more: true})}, 1, nil},
		{"IPv6", []step{in(frag{v6: true, id: 1, proto: 17, from: 1480, to: n}), in(frag{v6: true, id: 1, proto: 17, to: 1480, more: true})}, 1, nil},
		{"header options", []step{in(frag{id: 1, proto: 17, to: 1480, more: true, options: true}), in(frag{id: 1, proto: 17, from: 1480, to: n, options: true})}, 1, nil},
		{"last of less than 8 bytes", []step{in(frag{id: 1, proto: 17, to: 3000, more: true}), in(frag{id: 1, proto: 17, from: 3000, to: n})}, 1, nil},
		{
			"one comes twice",
			[]step{in(frag{id: 1, proto: 17, to: 1480, more: true}), in(frag{id: 1, proto: 17, to: 1480, more: true}), in(frag{id: 1, proto: 17, from: 1480, to: n})},
			1,
			func(s *DecodeStats) bool { return s.Overlaps == 0 },
		},
		{
			"overlap, the first wins",
			[]step{
				in(frag{id: 1, proto: 17, to: 1480, more: true}),
				{frag{id: 1, proto: 17, from: 800, to: 1600, more: true}, slices.Concat(other[:1480], whole[1480:])},
				{frag{id: 1, proto: 17, from: 0, to: 800, more: true}, other},
				in(frag{id: 1, proto: 17, from: 1600, to: n}),
			},
			1,
			func(s *DecodeStats) bool { return s.Overlaps == 1 },
		},
		{
			"overlap over a hole",
			[]step{in(frag{id: 1, proto: 17, to: 800, more: true}), in(frag{id: 1, proto: 17, from: 1600, to: n}), {frag{id: 1, proto: 17, from: 400, to: 2000, more: true}, slices.Concat(other[:800], whole[800:1600], other[1600:])}},
			1,
			func(s *DecodeStats) bool { return s.Overlaps == 1 },
		},
		{"another protocol", []step{in(frag{id: 1, proto: 17, to: 1480, more: true}), in(frag{id: 1, proto: 6, from: 1480, to: n})}, 0, nil},
		{"another identifier", []step{in(frag{id: 1, proto: 17, to: 1480, more: true}), in(frag{id: 2, proto: 17, from: 1480, to: n})}, 0, nil},
		{
			"too late",
			[]step{in(frag{id: 1, proto: 17, to: 1480, more: true}), in(frag{id: 1, proto: 17, from: 1480, to: n, at: 31})},
			0,
			func(s *DecodeStats) bool { return s.Lost == 1 },
		},
		{"the identifier again later", []step{in(frag{id: 1, proto: 17, to: 1480, more: true}), in(frag{id: 1, proto: 17, to: 1480, more: true, at: 31}), in(frag{id: 1, proto: 17, from: 1480, to: n, at: 32})}, 1, nil},
		{
			"each twice, then the identifier again",
			[]step{
				in(frag{id: 1, proto: 17, to: 1480, more: true}), in(frag{id: 1, proto: 17, to: 1480, more: true}),
				in(frag{id: 1, proto: 17, from: 1480, to: n}), in(frag{id: 1, proto: 17, from: 1480, to: n}),
				in(frag{id: 1, proto: 17, to: 1488, more: true}), in(frag{id: 1, proto: 17, from: 1488, to: n}),
			},
			2,
			func(s *DecodeStats) bool { return s.Joined == 2 && s.Overlaps == 0 && s.Again == 1 },
		},
		{
			"two last ones",
			[]step{in(frag{id: 1, proto: 17, from: 1480, to: n}), in(frag{id: 1, proto: 17, from: 1480, to: 2000}), in(frag{id: 1, proto: 17, to: 1480, more: true})},
			1,
			func(s *DecodeStats) bool { return s.Malformed == 1 },
		},
		{
			"last one inside",
			[]step{in(frag{id: 1, proto: 17, to: 1480, more: true}), in(frag{id: 1, proto: 17, from: 800, to: 1000}), in(frag{id: 1, proto: 17, from: 1480, to: n})},
			1,
			func(s *DecodeStats) bool { return s.Malformed == 1 },
		},
		{"middle one of odd length", []step{in(frag{id: 1, proto: 17, to: 1481, more: true})}, 0, func(s *DecodeStats) bool { return s.Malformed == 1 }},
	} {
		var d Decoder
		var out []string
		for _, s := range c.steps {
			out = append(out, joinAll(&d, s.payload, s.frag)...)
		}
		if len(out) != c.want {
			t.Errorf("%s: %d datagrams, want %d", c.name, len(out), c.want)
		}
		for _, o := range out {
			if o != string(text[:3000]) {
				t.Errorf("%s: joined wrongly", c.name)
			}
		}
		if c.check != nil && !c.check(&d.Stats) {
			t.Errorf("%s: %+v", c.name, d.Stats)
		}
	}
}

// Every order of many small fragments gives the same datagram.
// In IPv6 only the first fragment's next header counts (RFC 8200 §4.5); in IPv4 fragments of
// two protocols are two datagrams (RFC 791 §3.2).
func TestDefragNextHeader(t *testing.T) {
	whole := udp(1, 53, bytes.Repeat([]byte("0123456789abcdef"), 100))
	for _, v6 := range []bool{false, true} {
		d := new(Decoder)
		got := joinAll(d, whole, frag{v6: v6, proto: 17, id: 7, to: 800, more: true}, frag{v6: v6, proto: 59, id: 7, from: 800, to: len(whole)})
		if v6 && (len(got) != 1 || got[0] != string(whole[8:])) || !v6 && len(got) != 0 {
			t.Errorf("IPv6 %v: %d packets", v6, len(got))
		}
	}
}

func TestDefragOrders(t *testing.T) {
	payload := udp(1, 53, []byte("the quick brown fox jumps over the lazy dog, many times over and over again"))
	var list []frag
	for at := 0; at < len(payload); at += 8 {
		list = append(list, frag{id: 9, proto: 17, from: at, to: min(at+8, len(payload)), more: at+8 < len(payload)})
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		var d Decoder
		if out := joinAll(&d, payload, list...); len(out) != 1 || out[0] != string(payload[8:]) {
			t.Fatalf("%v gives %q", list, out)
		}
		if len(d.frags.byKey) != 0 || d.frags.bytes != 0 || d.frags.head != nil || d.frags.tail != nil {
			t.Fatalf("something is left: %+v", d.frags)
		}
	}
}

func TestDefragBounds(t *testing.T) {
	payload := make([]byte, maxDatagram)
	var d Decoder
	for i := range 3 * maxDatagrams {
		joinAll(&d, payload, frag{id: uint32(i), v6: true, proto: 17, from: 65000, to: 65008, more: true})
		if len(d.frags.byKey) > maxDatagrams || d.frags.bytes > maxFragBytes {
			t.Fatalf("%d datagrams wait with %d bytes", len(d.frags.byKey), d.frags.bytes)
		}
	}
	if d.Stats.Lost == 0 {
		t.Error("none was given up")
	}
	d = Decoder{}
	for i := range maxDatagrams + 9 { // small ones are bounded by their number
		joinAll(&d, payload, frag{id: uint32(i), v6: true, proto: 17, to: 8, more: true})
		if n := len(d.frags.byKey); n != min(i+1, maxDatagrams) {
			t.Fatalf("%d small datagrams wait of %d", n, i+1)
		}
	}
	d = Decoder{}
	for at := 0; at < 16*(maxRuns+2); at += 16 {
		joinAll(&d, payload, frag{id: 1, proto: 17, from: at, to: at + 8, more: true})
		if wait := at < 16*maxRuns; wait != (d.Stats.Lost == 0) {
			t.Errorf("after %d runs: %+v", at/16+1, d.Stats)
		}
	}
	if d.Stats.Lost != 1 {
		t.Errorf("a datagram of holes: %+v", d.Stats)
	}
	d = Decoder{}
	if out := joinAll(&d, make([]byte, 70000), frag{id: 1, proto: 17, from: 65528, to: 65528 + 16}); out != nil || d.Stats.Malformed != 1 {
		t.Errorf("beyond 65,535 bytes: %q, %+v", out, d.Stats)
	}
}

// The fragment that completed a datagram comes again in captures that have every packet
// twice. It is no part of another datagram, and what only resembles it is.
func TestDefragAgain(t *testing.T) {
	payload := udp(1, 53, bytes.Repeat([]byte("x"), 1500-8))
	first := func(id uint32, at int64) frag { return frag{id: id, proto: 17, to: 1480, more: true, at: at} }
	last := func(id uint32, at int64) frag { return frag{id: id, proto: 17, from: 1480, to: 1500, at: at} }
	for name, c := range map[string]struct {
		list          []frag
		joined, again uint64
	}{
		"the same":                {[]frag{first(1, 0), last(1, 0), last(1, 0)}, 1, 1},
		"of another datagram":     {[]frag{first(1, 0), last(1, 0), last(2, 0), first(2, 0)}, 2, 0},
		"a second later":          {[]frag{first(1, 0), last(1, 0), last(1, 1), first(1, 1)}, 2, 0},
		"from another place":      {[]frag{first(1, 0), last(1, 0), first(1, 0), last(1, 0)}, 2, 0},
		"half a minute apart":     {[]frag{first(1, 0), last(1, 30)}, 1, 0},
		"and a second more":       {[]frag{first(1, 0), last(1, 31)}, 0, 0},
		"the last twice":          {[]frag{last(1, 0), last(1, 0), first(1, 0)}, 1, 0},
		"the end came before":     {[]frag{first(1, 0), {id: 1, proto: 17, from: 1480, to: 1496, more: true}, {id: 1, proto: 17, from: 1480, to: 1496}}, 1, 0},
		"one of two before it":    {[]frag{first(1, 0), last(1, 0), first(2, 0), last(2, 0), last(1, 0), last(2, 0)}, 2, 2},
		"an older one came later": {[]frag{first(1, 100), first(2, 0), last(2, 35)}, 0, 0},
		"older, in time":          {[]frag{first(1, 100), first(2, 0), last(2, 30)}, 1, 0},
		"the first, which closed": {[]frag{last(1, 0), first(1, 0), first(1, 0)}, 1, 1},
	} {
		var d Decoder
		if joinAll(&d, payload, c.list...); d.Stats.Joined != c.joined || d.Stats.Again != c.again {
			t.Errorf("%s: %+v", name, d.Stats)
		}
		waiting := 0
		for g := d.frags.head; g != nil; g = g.next {
			waiting++
		}
		if waiting != len(d.frags.byKey) {
			t.Errorf("%s: %d datagrams wait in order, %d by their key", name, waiting, len(d.frags.byKey))
		}
	}
	var d Decoder
	joinAll(&d, payload, first(1, 0), last(1, 0))
	if out := joinAll(&d, udp(1, 53, bytes.Repeat([]byte("y"), 1500-8)), last(1, 0), first(1, 0)); len(out) != 1 || d.Stats.Again != 0 {
		t.Errorf("other bytes: %q, %+v", out, d.Stats)
	}
}

// A datagram may have 65,535 bytes, and a fragment not none. Who only looks at frames one
// by one keeps no fragment.
func TestDefragLimits(t *testing.T) {
	payload := make([]byte, maxDatagram)
	var d Decoder
	if joinAll(&d, payload, frag{id: 1, proto: 17, from: 65528, to: 65535}); d.Stats.Malformed != 0 || len(d.frags.byKey) != 1 {
		t.Errorf("up to 65,535 bytes: %+v", d.Stats)
	}
	if joinAll(&d, payload, frag{id: 1, proto: 17, from: 65528, to: 65535}); d.Stats.Malformed != 0 {
		t.Errorf("its end again: %+v", d.Stats)
	}
	if joinAll(&d, payload, frag{id: 2, proto: 17, from: 8, to: 8, more: true}); d.Stats.Malformed != 1 || len(d.frags.byKey) != 1 {
		t.Errorf("an empty fragment: %+v", d.Stats)
	}
	d = Decoder{}
	if joinAll(&d, payload, frag{id: 1, proto: 17, from: 16, to: 20}, frag{id: 1, proto: 17, from: 24, to: 32, more: true}); d.Stats.Malformed != 1 {
		t.Errorf("beyond its last: %+v", d.Stats)
	}
	d = Decoder{alone: true}
	out := joinAll(&d, udp(1, 53, make([]byte, 1492)), frag{id: 1, proto: 17, to: 1480, more: true}, frag{id: 1, proto: 17, from: 1480, to: 1500})
	if out != nil || len(d.frags.byKey) != 0 || d.Stats.Fragments != 2 {
		t.Errorf("one by one: %q, %+v", out, d.Stats)
	}
}

// Padding that the capture cut off behind the last fragment is not missing in what the
// fragments are joined to, whose length its own header may leave to the frame.
func TestDefragPadding(t *testing.T) {
	inner := ip4(6, cat([]byte{0, 1, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0}, bytes.Repeat([]byte("x"), 1500)))
	inner[2], inner[3] = 0, 0
	var d Decoder
	var p Packet
	d.Decode(frag{id: 1, proto: 4, to: 1480, more: true}.build(inner), &p)
	f := frag{id: 1, proto: 4, from: 1480, to: len(inner)}.build(inner)
	f.OrigLen += 6
	if !d.Decode(f, &p) || len(p.Payload) != 1500 || p.Truncated() {
		t.Errorf("%d bytes, truncated %v, %+v", len(p.Payload), p.Truncated(), d.Stats)
	}
}

// A fragment that the capture cut can never be joined; the first one still
// tells who spoke to whom.
func TestDefragCut(t *testing.T) {
	payload := udp(1, 53, bytes.Repeat([]byte("x"), 2000))
	var d Decoder
	var p Packet
	f := frag{id: 1, proto: 17, to: 1480, more: true}.build(payload)
	f.Data = f.Data[:100]
	if !d.Decode(f, &p) || p.DstPort != 53 || len(p.Payload) != 100-28 || !p.Truncated() {
		t.Errorf("%+v, %+v", p, d.Stats)
	}
	f = frag{id: 1, proto: 17, from: 1480, to: 2008}.build(payload)
	f.Data = f.Data[:100]
	if d.Decode(f, &p) || d.Stats.Short != 1 {
		t.Errorf("%+v, %+v", p, d.Stats)
	}
}

// Fragments of different networks are kept apart, and a tunnel's own fragments
// are joined before it is opened.
func TestDefragNetworks(t *testing.T) {
	payload := udp(1, 53, bytes.Repeat([]byte("x"), 2000))
	a := frag{id: 1, proto: 17, to: 1480, more: true}.build(payload).Data
	b := frag{id: 1, proto: 17, from: 1480, to: 2008}.build(payload).Data
	var d Decoder
	var p Packet
	frame := func(data []byte) *Frame { return &Frame{Data: data, OrigLen: len(data), Link: 1} }
	if d.Decode(frame(tagged(eth(0x0800, a), 1)), &p) || d.Decode(frame(tagged(eth(0x0800, b), 2)), &p) {
		t.Error("joined over two VLANs")
	}
	if !d.Decode(frame(tagged(eth(0x0800, b), 1)), &p) || p.VLAN != 1 || !p.Joined || p.Buf != nil || len(p.Payload) != 2000 {
		t.Errorf("not joined: %+v", p)
	}

	inner := eth(0x0800, ip4(17, payload))
	outer := udp(50000, 4789, cat(hx("08000000 00000500"), inner))
	d = Decoder{}
	var out []string
	for _, x := range []frag{{id: 7, proto: 17, to: 1480, more: true}, {id: 7, proto: 17, from: 1480, to: len(outer)}} {
		if d.Decode(x.build(outer), &p) {
			out = append(out, fmt.Sprint(p.VNI, len(p.Payload)))
		}
	}
	if fmt.Sprint(out) != "[5 2000]" {
		t.Errorf("fragmented VXLAN: %v, %+v", out, d.Stats)
	}
}

func FuzzDefrag(f *testing.F) {
	f.Add([]byte{0, 8, 1, 0, 8, 8, 0, 1}, []byte("payload of a datagram"))
	f.Add([]byte{2, 3, 1, 0, 0, 4, 1, 0, 5, 9, 0, 7}, []byte("another payload"))
	f.Fuzz(func(t *testing.T, plan, text []byte) {
		// Each 4 bytes of plan are a fragment: offset and end in units of 8, flags, seconds.
		var d Decoder
		payload := append(udp(1, 2, nil), bytes.Repeat(append(text, 'x'), 3000/(len(text)+1)+1)...)
		binary.BigEndian.PutUint16(payload[4:], 0)
		var p Packet
		for ; len(plan) >= 4; plan = plan[4:] {
			from, to := 8*int(plan[0]), 8*int(plan[1])
			if to <= from || to > len(payload) {
				continue
			}
			x := frag{id: uint32(plan[2] >> 4), proto: 17, from: from, to: to, more: plan[2]&1 != 0, v6: plan[2]&2 != 0, at: int64(plan[3])}
			if d.Decode(x.build(payload), &p) && p.Joined && !bytes.HasPrefix(payload[8:], p.Payload) {
				t.Fatalf("joined to other bytes: %q", p.Payload)
			}
			n := 0
			for g := d.frags.head; g != nil; g = g.next {
				n++
				for i, s := range g.have {
					if s.lo >= s.hi || i > 0 && s.lo <= g.have[i-1].hi || s.hi > len(g.buf) {
						t.Fatalf("runs %v", g.have)
					}
				}
			}
			if n != len(d.frags.byKey) {
				t.Fatalf("%d in the list, %d in the map", n, len(d.frags.byKey))
			}
		}
	})
}
