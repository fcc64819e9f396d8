package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

// The magic numbers of classic pcap files, as their writer's byte order has
// them (draft-ietf-opsawg-pcap, section 4; the third is Kuznetzov's patched
// libpcap of 1999, whose record headers are 8 bytes longer).
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34
)

// pcapFile reads classic pcap.
type pcapFile struct {
	*feed
	numbers
	name    string
	head    int    // length of a record header: 16, or 24 for the modified format
	tick    int64  // nanoseconds of one unit of a time stamp's fraction
	link    uint32 // LINKTYPE_
	most    uint32 // a captured length above it means that the record headers are damaged
	lengths lengthOrder
	debt    int64 // bytes of the last record still to pass over
}

// lengthOrder says in which order a record header has its two lengths: files
// before format version 2.3 had the original length first, and 2.3 had both.
type lengthOrder uint8

const (
	capturedFirst lengthOrder = iota
	originalFirst
	smallerIsCaptured
)

// isPcap says whether a file that starts with b (4 bytes or more) is a classic
// pcap, and whether its byte order is big endian.
func isPcap(b []byte) (ok, swapped bool) {
	m := binary.LittleEndian.Uint32(b)
	switch m {
	case magicMicro, magicNano, magicModified:
		return true, false
	}
	switch bits.ReverseBytes32(m) {
	case magicMicro, magicNano, magicModified:
		return true, true
	}
	return false, false
}

// newPcapFile reads the file header. The feed stands at its first byte, and the
// magic number has been seen.
func newPcapFile(d *feed, name string) (*pcapFile, error) {
	r := &pcapFile{feed: d, name: name, head: 16, tick: 1000}
	if !d.need(24) {
		return nil, r.damaged("the file header is cut short")
	}
	b := d.buf[d.pos : d.pos+24]
	_, r.swapped = isPcap(b)
	switch r.u32(b) {
	case magicNano:
		r.tick = 1
	case magicModified:
		r.head = 24
	}
	major, minor := r.u16(b[4:]), r.u16(b[6:])
	if major == 2 && minor < 3 || major == 543 {
		r.lengths = originalFirst
	} else if major == 2 && minor == 3 {
		r.lengths = smallerIsCaptured
	}
	// The upper bits tell of a frame check sequence, which nothing here needs:
	// every decoder takes its length from the network layer.
	r.link = r.u32(b[20:]) & 0x03ffffff
	r.most = mostCaptured(r.link)
	d.pos += 24
	return r, nil
}

// mostCaptured is the longest record libpcap takes as sound. D-Bus, USBPcap and
// EBHSCR have longer ones than a network has frames.
func mostCaptured(link uint32) uint32 {
	switch link {
	case 231, 249:
		return 128 << 20
	case 279:
		return 8 << 20
	}
	return MaxFrame
}

// numbers reads a file's numbers.
type numbers struct {
	swapped bool // the writer's byte order was big endian
}

func (r *numbers) u32(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if r.swapped {
		return bits.ReverseBytes32(v)
	}
	return v
}

func (r *numbers) u16(b []byte) uint16 {
	v := binary.LittleEndian.Uint16(b)
	if r.swapped {
		return bits.ReverseBytes16(v)
	}
	return v
}

// Next gives the next record. A snapshot length in the file header that the
// records do not keep to is not held against them.
func (r *pcapFile) Next(f *Frame) error {
	if r.debt > 0 {
		if !r.skip(r.debt) {
			return r.damaged("the last record is cut short")
		}
		r.debt = 0
	}
	if !r.need(r.head) {
		return r.end("a record header is cut short")
	}
	b := r.buf[r.pos:][:16]
	first, second := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	if r.swapped {
		first, second = bits.ReverseBytes64(bits.RotateLeft64(first, 32)), bits.ReverseBytes64(bits.RotateLeft64(second, 32))
	}
	sec, frac, n, orig := uint32(first), uint32(first>>32), uint32(second), uint32(second>>32)
	if r.lengths != capturedFirst && (r.lengths == originalFirst || n > orig) {
		n, orig = orig, n
	}
	if n > r.most {
		return r.damaged(fmt.Sprintf("a record of %d bytes, more than any frame has", n))
	}
	m := int(min(n, MaxFrame))
	if !r.need(r.head + m) {
		// Its bytes are not given out: tcpdump does not read them either.
		return r.damaged("the last record is cut short")
	}
	at := r.pos + r.head
	f.Data = r.buf[at : at+m : at+m]
	f.Time = int64(sec)*1e9 + int64(frac)*r.tick
	f.OrigLen = max(int(orig), m)
	f.Link = r.link
	f.Interface = 0
	f.Buf = r.cur
	r.pos = at + m
	r.debt = int64(n) - int64(m)
	return nil
}

// end tells a clean end from one inside a record header.
func (r *pcapFile) end(what string) error {
	if r.left() == 0 && r.err == io.EOF {
		return io.EOF
	}
	return r.damaged(what)
}

func (r *pcapFile) damaged(what string) error {
	return damage(r.feed, r.name, what)
}
