package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
)

// Block types of pcapng (draft-ietf-opsawg-pcapng, section 11.1).
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 2 // obsolete
	blockSimple    = 3
	blockEnhanced  = 6
)

const (
	byteOrderMagic = 0x1a2b3c4d

	// maxWhole is the longest block that is looked at as a whole. A longer one
	// may only be a packet with very long options, or is not looked at.
	maxWhole = 1 << 20

	// maxInterfaces bounds what a section may describe.
	maxInterfaces = 1 << 16
)

// pcapng reads pcapng files.
type pcapng struct {
	*feed
	numbers // of the section
	name    string
	ifaces  []iface
	time    int64 // of the last packet that had one
	flaw    error // the first damage that could be read past
	debt    int64 // bytes of the last block still to pass over
}

// iface is what an Interface Description Block tells.
type iface struct {
	link  uint32
	snap  uint32
	clock clock
}

// clock turns time stamps into nanoseconds since the Unix epoch.
type clock struct {
	times  uint64 // nanoseconds of a tick, or
	ticks  uint64 // ticks of a nanosecond, or
	shift  uint8  // a tick is 2^-shift seconds
	offset int64  // seconds
}

// newClock reads if_tsresol: the exponent of 2 or 10, negated.
func newClock(res byte) clock {
	e := res & 0x7f
	switch {
	case res&0x80 != 0:
		return clock{shift: e}
	case e <= 9:
		return clock{times: pow10(9 - e)}
	case e <= 28:
		return clock{ticks: pow10(e - 9)}
	}
	return clock{ticks: math.MaxUint64} // finer than 64 bits can tell: no time at all
}

func pow10(n byte) uint64 {
	v := uint64(1)
	for range n {
		v *= 10
	}
	return v
}

// nano stops at the ends of what an int64 holds.
func (c *clock) nano(t uint64) int64 {
	var hi, lo uint64
	switch {
	case c.times != 0:
		hi, lo = bits.Mul64(t, c.times)
	case c.ticks != 0:
		lo = t / c.ticks
	default:
		hi, lo = bits.Mul64(t, 1e9)
		if c.shift >= 64 {
			hi, lo = 0, hi>>(c.shift-64)
		} else {
			hi, lo = hi>>c.shift, hi<<(64-c.shift)|lo>>c.shift
		}
	}
	if hi != 0 || lo > math.MaxInt64 {
		return math.MaxInt64
	}
	if c.offset == 0 {
		return int64(lo)
	}
	const most = math.MaxInt64 / 1_000_000_000
	off := max(-most, min(most, c.offset)) * 1_000_000_000
	sum := int64(lo) + off
	if off > 0 && sum < 0 {
		return math.MaxInt64
	}
	return sum
}

// isPcapng says whether a file that starts with b (4 bytes or more) is a pcapng.
func isPcapng(b []byte) bool { return binary.LittleEndian.Uint32(b) == blockSection }

// newPcapng reads the first section header. The feed stands at the file's first
// byte, and the block type there has been seen.
func newPcapng(d *feed, name string) (*pcapng, error) {
	r := &pcapng{feed: d, name: name}
	if !d.need(28) {
		return nil, damage(d, name, "the section header is cut short")
	}
	if _, ok := r.section(); !ok {
		return nil, damage(d, name, "the section header has no byte order mark")
	}
	return r, nil
}

// section takes the byte order of the section header the feed stands at, of
// which 12 bytes are ready, and gives the block's length.
func (r *pcapng) section() (n uint32, ok bool) {
	b := r.buf[r.pos:]
	switch binary.LittleEndian.Uint32(b[8:]) {
	case byteOrderMagic:
		r.swapped = false
	case bits.ReverseBytes32(byteOrderMagic):
		r.swapped = true
	default:
		return 0, false
	}
	r.ifaces = r.ifaces[:0]
	return r.u32(b[4:]), true
}

// Next gives the packet of the next block that has one.
func (r *pcapng) Next(f *Frame) error {
	for {
		if r.debt > 0 && !r.skip(r.debt) {
			return r.cut()
		}
		r.debt = 0
		if !r.need(12) {
			return r.end()
		}
		b := r.buf[r.pos:]
		kind, n := r.u32(b), r.u32(b[4:])
		if kind == blockSection {
			var ok bool
			if n, ok = r.section(); !ok {
				return damage(r.feed, r.name, "a section header has no byte order mark")
			}
		}
		if n < 12 {
			return damage(r.feed, r.name, fmt.Sprintf("a block of %d bytes, fewer than a block has", n))
		}
		n64 := (int64(n) + 3) &^ 3
		switch kind {
		case blockEnhanced, blockPacket, blockSimple, blockInterface:
		default:
			if !r.skip(n64) {
				return r.cut()
			}
			continue
		}
		whole := n64 <= maxWhole
		size := int(min(n64, 64+MaxFrame)) // of the part that is looked at
		if whole {
			size = int(n64)
		}
		if !r.need(size) {
			return r.cut()
		}
		b = r.buf[r.pos : r.pos+size : r.pos+size]
		if whole {
			if r.u32(b[size-4:]) != n {
				return damage(r.feed, r.name, "a block tells two lengths")
			}
			b = b[:size-4]
		}
		var err error
		got := false
		switch kind {
		case blockInterface:
			err = r.describe(b)
		case blockSimple:
			got, err = r.simple(b, n64, f)
		default:
			got, err = r.packet(kind, b, n64, f)
		}
		if err != nil {
			return err
		}
		r.pos += size
		r.debt = n64 - int64(size)
		if got {
			f.Buf = r.cur
			return nil
		}
	}
}

// describe reads an Interface Description Block.
func (r *pcapng) describe(b []byte) error {
	if len(b) < 16 {
		return damage(r.feed, r.name, "an interface description is too short")
	}
	if len(r.ifaces) >= maxInterfaces {
		return damage(r.feed, r.name, "too many interfaces in one section")
	}
	x := iface{link: uint32(r.u16(b[8:])), snap: r.u32(b[12:]), clock: newClock(6)}
	var offset int64
	for o := b[16:]; len(o) >= 4; {
		code, n := r.u16(o), int(r.u16(o[2:]))
		if code == 0 || 4+n > len(o) {
			break
		}
		v := o[4 : 4+n]
		switch {
		case code == 9 && n >= 1: // if_tsresol
			x.clock = newClock(v[0])
		case code == 14 && n >= 8: // if_tsoffset
			offset = int64(binary.LittleEndian.Uint64(v))
			if r.swapped {
				offset = int64(binary.BigEndian.Uint64(v))
			}
		}
		o = o[min(len(o), 4+(n+3)&^3):]
	}
	x.clock.offset = offset
	r.ifaces = append(r.ifaces, x)
	return nil
}

// packet reads an Enhanced Packet Block, or the Packet Block before it. b is the
// block's beginning; n is its length.
func (r *pcapng) packet(kind uint32, b []byte, n int64, f *Frame) (bool, error) {
	if len(b) < 28 {
		return false, damage(r.feed, r.name, "a packet block is too short")
	}
	id := r.u32(b[8:])
	if kind == blockPacket {
		id = uint32(r.u16(b[8:]))
	}
	caplen, orig := r.u32(b[20:]), r.u32(b[24:])
	if int64(caplen) > n-32 {
		return false, damage(r.feed, r.name, "a packet is longer than its block")
	}
	if int64(id) >= int64(len(r.ifaces)) {
		r.blemish(fmt.Sprintf("a packet of interface %d, which is not described", id))
		return false, nil
	}
	x := &r.ifaces[id]
	f.Time = x.clock.nano(uint64(r.u32(b[12:]))<<32 | uint64(r.u32(b[16:])))
	r.time = f.Time
	r.fill(f, b[28:], caplen, orig, int(id))
	return true, nil
}

// simple reads a Simple Packet Block. It has no time: that of the packet before
// it stands in.
func (r *pcapng) simple(b []byte, n int64, f *Frame) (bool, error) {
	if len(b) < 12 {
		return false, damage(r.feed, r.name, "a packet block is too short")
	}
	if len(r.ifaces) == 0 {
		r.blemish("a packet of an interface that is not described")
		return false, nil
	}
	orig := r.u32(b[8:])
	caplen := uint32(min(int64(orig), n-16))
	if snap := r.ifaces[0].snap; snap != 0 {
		caplen = min(caplen, snap)
	}
	f.Time = r.time
	r.fill(f, b[12:], caplen, orig, 0)
	return true, nil
}

func (r *pcapng) fill(f *Frame, b []byte, caplen, orig uint32, id int) {
	m := min(int64(caplen), int64(len(b)), MaxFrame)
	f.Data = b[:m:m]
	f.OrigLen = max(int(orig), int(m))
	f.Link = r.ifaces[id].link
	f.Interface = id
}

// blemish keeps the first damage that does not end the reading.
func (r *pcapng) blemish(what string) {
	if r.flaw == nil {
		r.flaw = damage(r.feed, r.name, what)
	}
}

func (r *pcapng) cut() error {
	return damage(r.feed, r.name, "the last block is cut short")
}

// end tells a clean end from one inside a block.
func (r *pcapng) end() error {
	if r.left() != 0 || r.err != io.EOF {
		return r.cut()
	}
	if r.flaw != nil {
		return r.flaw
	}
	return io.EOF
}
