package capture

import "sync/atomic"

// MaxFrame is the most bytes of one frame that are kept: libpcap's own maximum
// snapshot length.
const MaxFrame = 262144

// Keep is how many further calls of Source.Next a frame's Data outlives when
// its Buffer is not held: enough for a reader that puts frames in time order in
// a ring.
const Keep = 512

// Frame is one captured frame as the file or the wire gave it.
type Frame struct {
	Data      []byte  // captured bytes, from the link layer's header on; at most MaxFrame
	Time      int64   // nanoseconds since the Unix epoch, packet time
	OrigLen   int     // length on the wire, in bytes; never less than len(Data)
	Link      uint32  // LINKTYPE_ value, 32 bits, without the frame check sequence's bits
	Interface int     // index of the interface in its file section; 0 in a classic pcap
	Buf       *Buffer // the memory that Data lies in; nil if Data belongs to nobody
}

// Source gives frames one after the other.
//
// Next fills f. The frame's Data is read-only and stays valid for Keep further
// calls of Next on the same Source, and beyond that for as long as its Buf is
// held. Next returns io.EOF after the last frame; an error for which
// errors.Is(err, ErrPartial) holds after the last frame that could be read; any
// other error when reading stopped for a reason outside the input. After an
// error, Next is not called again.
//
// Close closes what is open. Frames that are held stay valid.
type Source interface {
	Next(f *Frame) error
	Close() error
}

// Buffer is a piece of memory that many frames lie in, 256 KiB or more. Who needs a frame's bytes for longer
// than Keep calls of Next holds its Buffer, once for all the frames in it.
type Buffer struct {
	refs atomic.Int32
	mem  []byte
	last uint64 // frames its pool had given out when the last frame of this Buffer was
}

// Hold keeps the buffer's memory valid until Release. A nil Buffer needs none.
func (b *Buffer) Hold() {
	if b != nil {
		b.refs.Add(1)
	}
}

// Release ends one Hold. It may be called from any goroutine.
func (b *Buffer) Release() {
	if b != nil {
		b.refs.Add(-1)
	}
}

// pool owns the buffers of one Source, which may read many files. Buffers that
// are read through wait in retired until their last frame is Keep calls old and
// nobody holds them; then their memory is used again.
type pool struct {
	frames  uint64 // frames given out so far, and the one being looked for
	retired []*Buffer
	free    []*Buffer
}

// get returns a buffer with at least n bytes of memory.
func (p *pool) get(n int) *Buffer {
	p.reap()
	for i, b := range p.free {
		if cap(b.mem) >= n {
			p.free[i] = p.free[len(p.free)-1]
			p.free = p.free[:len(p.free)-1]
			b.mem = b.mem[:cap(b.mem)]
			return b
		}
	}
	return &Buffer{mem: make([]byte, n)}
}

// retire takes back a buffer that gets no further frames. Before the first frame
// is given out, nobody can be looking at it.
func (p *pool) retire(b *Buffer) {
	if b == nil {
		return
	}
	if p.frames == 0 {
		p.recycle(b)
		return
	}
	b.last = p.frames
	p.retired = append(p.retired, b)
}

// reap moves what nobody can look at any more to the free list.
func (p *pool) reap() {
	kept := p.retired[:0]
	for _, b := range p.retired {
		if b.refs.Load() > 0 || p.frames < b.last+Keep+1 {
			kept = append(kept, b)
			continue
		}
		p.recycle(b)
	}
	for i := len(kept); i < len(p.retired); i++ {
		p.retired[i] = nil
	}
	p.retired = kept
}

func (p *pool) recycle(b *Buffer) {
	if len(p.free) < 8 {
		p.free = append(p.free, b)
	}
}
