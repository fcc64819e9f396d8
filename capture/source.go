package capture

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"sync/atomic"
)

// Order says how the frames of several files follow each other.
type Order uint8

// The orders.
const (
	ByTime  Order = iota // merged by time
	AsGiven              // one file after the other
)

// maxActive is how many files are read at once when their times overlap.
const maxActive = 128

// Options say how files are read. The zero value is ready.
type Options struct {
	Order  Order
	Stdin  io.Reader                 // what the name "-" stands for; os.Stdin if nil
	Waits  func(io.Reader) io.Reader // goes around what may be waited for without end, standard input and pipes; may be nil
	Filter *Filter                   // which frames are given out; all if nil
	Note   func(line string)         // takes what the user may want to know; may be nil
}

// Files is a Source over capture files: pcap and pcapng, plain or compressed.
//
// With ByTime, frames of several files are merged by time as mergecap does:
// each file's own order is kept. A file is opened when its first frame is due.
type Files struct {
	pool    pool
	order   Order
	filter  *Filter
	note    func(string)
	waiting []*input // not yet open or not yet due, in order of their first frames
	active  []*input // open, with a frame ready in head
	cur     *input   // the one in active that the last frame came from; its head is used up
	limit   int64    // cur goes on alone while its frames are not later than this
	flaws   []error
	read    atomic.Int64 // bytes of the files that are read, before decompression
	total   int64        // bytes of all files; -1 if unknown
	crowd   bool         // maxActive was reached and the user told
}

// Open opens capture files in the order given. A directory stands for the
// captures in it and below it, in order of their names; what is no capture there
// is passed over with a note. "-" is standard input.
//
// A file that cannot be read makes Open fail if it is the only one; else it is
// reported by Next after the last frame, in an error that is an ErrPartial.
func Open(paths []string, o Options) (*Files, error) {
	s := &Files{order: o.Order, filter: o.Filter, note: o.Note}
	if s.note == nil {
		s.note = func(string) {}
	}
	if s.filter != nil {
		s.filter.note = s.note
	}
	list, unread := expand(paths)
	for _, err := range unread {
		s.flaws = append(s.flaws, &unreadError{err})
	}
	for i, in := range list {
		in.rank, in.stdin, in.waits = i, o.Stdin, o.Waits
		if err := s.first(in, len(list) == 1); err != nil {
			if in.found && errors.Is(err, ErrNotCapture) {
				s.note(err.Error() + ": passed over")
				continue
			}
			if !errors.Is(err, ErrPartial) {
				err = &unreadError{err}
			}
			s.flaws = append(s.flaws, err)
			continue
		}
		if in.size < 0 || s.total < 0 {
			s.total = -1
		} else {
			s.total += in.size
		}
		s.waiting = append(s.waiting, in)
	}
	if len(s.waiting) == 0 {
		s.Close()
		if len(s.flaws) == 0 {
			return nil, &noCaptureError{paths}
		}
		var u *unreadError
		if errors.As(s.flaws[0], &u) && len(s.flaws) == 1 {
			return nil, u.error // nothing at all could be read: no part of it
		}
		return nil, errors.Join(s.flaws...)
	}
	if s.order == ByTime {
		sort.SliceStable(s.waiting, func(i, j int) bool { return s.waiting[i].head.Time < s.waiting[j].head.Time })
	}
	return s, nil
}

// noCaptureError says that there is no capture in any of the folders.
type noCaptureError struct{ folders []string }

// Error names the folders.
func (e *noCaptureError) Error() string {
	return "no capture file in " + strings.Join(e.folders, ", ")
}

// Is makes it an ErrNotCapture.
func (e *noCaptureError) Is(target error) bool { return target == ErrNotCapture }

// unreadError is a whole file of several that could not be read.
type unreadError struct{ error }

// Unwrap returns the cause.
func (e *unreadError) Unwrap() error { return e.error }

// Is makes it an ErrPartial: the other files were read.
func (e *unreadError) Is(target error) bool { return target == ErrPartial }

// first opens in and looks at its first frame. Unless it is the only one, what
// can be opened again later is closed again.
func (s *Files) first(in *input, only bool) error {
	if err := in.open(s); err != nil {
		return err
	}
	if only {
		return nil
	}
	if s.order == ByTime || !in.again {
		if err := in.next(); err != nil && !in.again {
			in.late = err // said in its turn
		}
	}
	if in.again {
		in.close()
		in.head = Frame{Time: in.head.Time}
		s.read.Add(-in.counted.Swap(0))
	}
	return nil
}

// Next implements Source.
func (s *Files) Next(f *Frame) error {
	// Frames that the filter drops do not age the others.
	s.pool.frames++
	for {
		if err := s.next(f); err != nil || s.filter == nil || s.filter.Match(f) {
			return err
		}
	}
}

func (s *Files) next(f *Frame) error {
	if s.cur != nil {
		err := s.cur.r.Next(f)
		if err == nil && f.Time <= s.limit {
			return nil
		}
		if err == nil {
			s.cur.head = *f
		} else {
			s.finish(s.cur, err)
		}
		s.cur = nil
	}
	return s.choose(f)
}

// choose gives the earliest of the frames that are ready, and lets its file go
// on alone for as long as it has the earliest.
func (s *Files) choose(f *Frame) error {
	for {
		best, second := s.earliest()
		if len(s.waiting) > 0 && len(s.active) < maxActive && (best == nil || s.order == ByTime && s.waiting[0].head.Time < best.head.Time) {
			s.start()
			continue
		}
		if best == nil {
			break
		}
		s.cur, s.limit = best, second
		*f = best.head
		return nil
	}
	if len(s.flaws) > 0 {
		return errors.Join(s.flaws...)
	}
	return io.EOF
}

// earliest returns the active file with the earliest head, the first named of
// equals, and the time up to which no other file has anything.
func (s *Files) earliest() (best *input, until int64) {
	until = 1<<63 - 1
	for _, in := range s.active {
		if best == nil || in.head.Time < best.head.Time || in.head.Time == best.head.Time && in.rank < best.rank {
			best = in
		}
	}
	if best == nil {
		return nil, until
	}
	for _, in := range s.active {
		if in == best {
			continue
		}
		t := in.head.Time
		if in.rank < best.rank {
			t-- // of equals, the other one comes first
		}
		until = min(until, t)
	}
	if s.order == ByTime && len(s.waiting) > 0 && len(s.active) < maxActive {
		until = min(until, s.waiting[0].head.Time-1)
	}
	return best, until
}

// start makes the first waiting file an active one.
func (s *Files) start() {
	in := s.waiting[0]
	s.waiting = s.waiting[1:]
	if in.r == nil {
		if err := in.open(s); err != nil {
			s.flaws = append(s.flaws, err)
			return
		}
		in.headed = false
	}
	s.active = append(s.active, in)
	if len(s.active) == maxActive && len(s.waiting) > 0 && !s.crowd {
		s.crowd = true
		s.note(fmt.Sprintf("more than %d files overlap in time: the others follow as those end", maxActive))
	}
	err := in.late
	if !in.headed && err == nil {
		err = in.next()
	}
	if err != nil {
		s.finish(in, err)
	}
}

// finish takes a file that has ended out of the active ones.
func (s *Files) finish(in *input, err error) {
	if err != io.EOF {
		s.flaws = append(s.flaws, err)
	}
	in.close()
	if in.size >= 0 {
		s.read.Add(in.size - in.counted.Load())
	}
	for i, x := range s.active {
		if x == in {
			s.active = append(s.active[:i], s.active[i+1:]...)
			break
		}
	}
}

// Progress returns how many bytes of the files have been read, before
// decompression, and how many there are; total is -1 if that is not known. It
// may be called from any goroutine.
func (s *Files) Progress() (read, total int64) { return s.read.Load(), s.total }

// Reads says whether a file is one of those that are still to be read.
func (s *Files) Reads(file os.FileInfo) bool {
	for _, list := range [][]*input{s.active, s.waiting} {
		for _, in := range list {
			if st, err := os.Stat(in.name); err == nil && os.SameFile(st, file) {
				return true
			}
		}
	}
	return false
}

// Close implements Source.
func (s *Files) Close() error {
	for _, in := range s.active {
		in.close()
	}
	for _, in := range s.waiting {
		in.close()
	}
	s.active, s.waiting, s.cur = nil, nil, nil
	return nil
}
