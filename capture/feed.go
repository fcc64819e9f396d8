package capture

import "io"

// chunk is how much of a stream is read at once. Small enough to stay in a
// core's second-level cache, large enough that system calls do not count.
const chunk = 256 << 10

// feed gives a format's reader contiguous bytes of a stream. The bytes of a
// buffer stay where they are while frames in it may be looked at: when a record
// does not fit in what is left of a buffer, its beginning is copied into the
// next one.
//
// Mapping files instead was measured and costs twice the CPU: copying 256 KiB at
// a time stays in the cache, and page tables do not. It would also end the
// process when somebody cuts a file short that is being read.
type feed struct {
	pool *pool
	buf  []byte // bytes of cur that are there
	pos  int    // where in buf the next byte is
	base int64  // offset in the stream of buf[0]
	cur  *Buffer
	r    io.Reader
	err  error // what ended the stream; io.EOF at its end
}

// offset returns the place in the stream of the next byte.
func (d *feed) offset() int64 { return d.base + int64(d.pos) }

// left returns how many bytes are ready.
func (d *feed) left() int { return len(d.buf) - d.pos }

// need makes n bytes ready at buf[pos:], and says whether they are there. The
// caller has bounded n.
func (d *feed) need(n int) bool {
	return len(d.buf)-d.pos >= n || d.refill(n)
}

func (d *feed) refill(n int) bool {
	if d.err != nil {
		return false
	}
	if d.cur == nil || d.pos+n > len(d.cur.mem) {
		d.fresh(n)
	}
	for empty := 0; d.left() < n; {
		m, err := d.r.Read(d.cur.mem[len(d.buf):])
		d.buf = d.cur.mem[:len(d.buf)+m]
		if err != nil {
			d.err = err
			break
		}
		if m > 0 {
			empty = 0
		} else if empty++; empty > 100 {
			d.err = io.ErrNoProgress
			break
		}
	}
	return d.left() >= n
}

// fresh goes on in another buffer, with the bytes not yet used at its start.
func (d *feed) fresh(n int) {
	next := d.pool.get(max(n, chunk))
	m := copy(next.mem, d.buf[d.pos:])
	d.pool.retire(d.cur)
	d.base += int64(d.pos)
	d.cur, d.buf, d.pos = next, next.mem[:m], 0
}

// skip passes over n bytes and says whether they were there.
func (d *feed) skip(n int64) bool {
	if n <= int64(d.left()) {
		d.pos += int(n)
		return true
	}
	for n > 0 {
		if d.left() == 0 && !d.need(1) {
			return false
		}
		m := min(n, int64(d.left()))
		d.pos += int(m)
		n -= m
	}
	return true
}

// close ends the use of the stream; the buffers stay with the pool.
func (d *feed) close() {
	d.pool.retire(d.cur)
	d.base += int64(d.pos)
	d.cur, d.buf, d.pos = nil, nil, 0
	if d.err == nil {
		d.err = io.EOF
	}
}
