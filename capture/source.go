package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrNotCapture says that a file is no capture of a kind that is read here.
var ErrNotCapture = errors.New("not a capture file")

// Order says how the frames of several files follow each other.
type Order uint8

// The orders.
const (
	ByTime  Order = iota // merged by time
	AsGiven              // one file after the other
)

// Options say how files are read. The zero value is ready.
type Options struct {
	Order Order
	Stdin io.Reader         // what the name "-" stands for; os.Stdin if nil
	Note  func(line string) // takes what the user may want to know; may be nil
}

// Files is a Source over capture files.
type Files struct {
	pool  pool
	files []*file
}

// file is one open capture.
type file struct {
	feed feed
	r    reader
	f    *os.File
}

// reader is a format's reader.
type reader interface {
	Next(f *Frame) error
}

// Open opens capture files.
func Open(paths []string, o Options) (*Files, error) {
	s := &Files{}
	for _, p := range paths {
		f, err := s.open(p)
		if err != nil {
			s.Close()
			return nil, err
		}
		s.files = append(s.files, f)
	}
	return s, nil
}

func (s *Files) open(name string) (*file, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	x := &file{f: f}
	x.feed = feed{pool: &s.pool, r: f}
	if st, err := f.Stat(); err == nil && st.Mode().IsRegular() && canMap {
		x.feed.file, x.feed.size = f, st.Size()
	}
	if !x.feed.need(4) {
		f.Close()
		return nil, fmt.Errorf("%s: %w", name, ErrNotCapture)
	}
	if ok, _ := isPcap(x.feed.buf); !ok {
		f.Close()
		return nil, fmt.Errorf("%s: %w (it starts with % x)", name, ErrNotCapture, binary.BigEndian.Uint32(x.feed.buf))
	}
	x.r, err = newPcapFile(&x.feed, name)
	return x, err
}

// Next implements Source.
func (s *Files) Next(f *Frame) error {
	for len(s.files) > 0 {
		err := s.files[0].r.Next(f)
		if err != io.EOF {
			return err
		}
		s.files[0].feed.close()
		s.files[0].f.Close()
		s.files = s.files[1:]
	}
	return io.EOF
}

// Close implements Source.
func (s *Files) Close() error {
	for _, f := range s.files {
		f.feed.close()
		f.f.Close()
	}
	s.files = nil
	s.pool.close()
	return nil
}
