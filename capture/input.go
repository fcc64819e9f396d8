package capture

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// ErrNotCapture says that a file is no capture of a kind that is read here.
var ErrNotCapture = errors.New("not a capture file")

// maxZstdWindow is the largest window of a zstd stream that is allocated: what
// zstd --long=27 writes, and what zstd itself reads without being told to.
const maxZstdWindow = 128 << 20

// input is one capture file of a Files.
type input struct {
	name    string // as the user named it
	found   bool   // in a directory, not named by the user
	rank    int    // its place among all files
	size    int64  // bytes of a regular file, else -1
	again   bool   // it can be opened a second time
	stdin   io.Reader
	waits   func(io.Reader) io.Reader
	file    *os.File // nil for standard input and pipes
	decoder io.Closer
	feed    feed
	r       reader // nil while it is closed
	head    Frame  // its next frame
	headed  bool   // head is filled
	late    error  // what its first call of Next said, if it is kept open
	counted atomic.Int64
}

// reader is a format's reader. It gives io.EOF or a *DamagedError at the end.
type reader interface {
	Next(f *Frame) error
}

// expand makes inputs of the names, and of the files in directories among them. A
// directory that cannot be read is passed over; unread says why.
func expand(paths []string) (list []*input, unread []error) {
	for _, p := range paths {
		st, err := os.Stat(p)
		if p == "-" || err != nil || !st.IsDir() {
			list = append(list, &input{name: p}) // an error comes when it is opened
			continue
		}
		filepath.WalkDir(p, func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				unread = append(unread, err)
				return nil
			}
			// A link is followed, a pipe or a device is not waited for.
			if st, err := os.Stat(name); err == nil && st.Mode().IsRegular() {
				list = append(list, &input{name: name, found: true})
			}
			return nil
		})
	}
	return list, unread
}

// open reads the file's header.
func (in *input) open(s *Files) error {
	raw, err := in.raw()
	if err != nil {
		return err
	}
	in.feed = feed{pool: &s.pool}
	if err = in.detect(raw, s); err != nil {
		in.close()
		s.read.Add(-in.counted.Swap(0))
	}
	return err
}

// raw returns the bytes of the file as they stand there.
func (in *input) raw() (io.Reader, error) {
	in.size = -1
	var r io.Reader
	if in.name != "-" {
		st, err := os.Stat(in.name)
		switch {
		case err != nil:
			return nil, err
		case st.IsDir():
			return nil, fmt.Errorf("%s: is a directory", in.name)
		case st.Mode().IsRegular():
			if in.file, err = os.Open(in.name); err != nil {
				return nil, err
			}
			in.size, in.again = st.Size(), true
			return in.file, nil
		}
		r = &pipe{name: in.name}
	} else if r = in.stdin; r == nil {
		r = os.Stdin
	}
	if in.waits != nil {
		r = in.waits(r)
	}
	return r, nil
}

// pipe is a named pipe or a device. Opening it waits for a writer, so that is left to
// the first Read.
type pipe struct {
	name string
	file *os.File
}

// Read implements io.Reader.
func (p *pipe) Read(b []byte) (n int, err error) {
	if p.file == nil {
		if p.file, err = os.Open(p.name); err != nil {
			return 0, err
		}
	}
	if n, err = p.file.Read(b); err != nil {
		p.file.Close()
	}
	return n, err
}

// detect finds out how the bytes of raw are packed and laid out.
func (in *input) detect(raw io.Reader, s *Files) error {
	head := make([]byte, 6)
	n, err := io.ReadFull(raw, head)
	head = head[:n]
	if n == 0 {
		if err == io.EOF {
			return fmt.Errorf("%s: %w: it is empty", called(in.name), ErrNotCapture)
		}
		return fmt.Errorf("%s: %w", called(in.name), err)
	}
	count := &counter{raw, &s.read, &in.counted}
	s.read.Add(int64(n))
	in.counted.Add(int64(n))
	packed := io.MultiReader(bytes.NewReader(head), count)
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(packed)
		if err != nil {
			return in.broken("gzip", err)
		}
		in.feed.r, in.decoder = z, z
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}), n > 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18":
		z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecoderMaxMemory(maxZstdWindow))
		if err != nil {
			return in.broken("zstd", err)
		}
		in.feed.r, in.decoder = z, z.IOReadCloser()
	case bytes.HasPrefix(head, []byte("BZh")):
		in.feed.r = bzip2.NewReader(packed)
	default:
		in.feed.r = packed
	}
	if !in.feed.need(4) {
		if in.feed.err != nil && in.feed.err != io.EOF {
			return in.broken("beginning", in.feed.err)
		}
		return fmt.Errorf("%s: %w: it has only %d bytes", called(in.name), ErrNotCapture, in.feed.left())
	}
	b := in.feed.buf[in.feed.pos:]
	if ok, _ := isPcap(b); ok {
		in.r, err = newPcapFile(&in.feed, in.name)
	} else if isPcapng(b) {
		in.r, err = newPcapng(&in.feed, in.name)
	} else {
		return fmt.Errorf("%s: %w: %s", called(in.name), ErrNotCapture, kindOf(b))
	}
	if err != nil {
		in.r = nil // not an interface around a nil pointer
	}
	return err
}

// broken is a compressed file whose first bytes cannot be unpacked.
func (in *input) broken(what string, err error) error {
	return &DamagedError{File: in.name, What: what + " cannot be read", Err: err}
}

// kindOf says what a file that is no capture of ours starts like.
func kindOf(b []byte) string {
	for _, k := range [...]struct{ magic, name string }{
		{"\xfd7zX", "it is packed by xz: unpack it first (xz -dc FILE | earshot listen -r -)"},
		{"\x04\x22\x4d\x18", "it is packed by lz4: unpack it first (lz4 -dc FILE | earshot listen -r -)"},
		{"PK\x03\x04", "it is a zip archive: unpack it first"},
		{"snoo", "it looks like a snoop file: convert it first (editcap FILE out.pcapng)"},
		{"GMBU", "it looks like a Network Monitor file: convert it first (editcap FILE out.pcapng)"},
		{"RTSS", "it looks like a Network Monitor file: convert it first (editcap FILE out.pcapng)"},
		{"TRSN", "it looks like a Sniffer file: convert it first (editcap FILE out.pcapng)"},
		{"XCP\x00", "it looks like a NetXRay file: convert it first (editcap FILE out.pcapng)"},
	} {
		if bytes.HasPrefix(b, []byte(k.magic)) {
			return k.name
		}
	}
	return fmt.Sprintf("it starts with the bytes % x", b[:4])
}

// next reads the frame that comes next into head.
func (in *input) next() error {
	err := in.r.Next(&in.head)
	in.headed = err == nil
	return err
}

// close ends the use of the file; frames from it stay valid.
func (in *input) close() {
	if in.feed.pool != nil {
		in.feed.close()
	}
	if in.decoder != nil {
		in.decoder.Close()
	}
	if in.file != nil {
		in.file.Close()
	}
	in.r, in.file, in.decoder = nil, nil, nil
}

// counter counts the bytes read through it.
type counter struct {
	r    io.Reader
	all  *atomic.Int64
	mine *atomic.Int64
}

// Read implements io.Reader.
func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.all.Add(int64(n))
	c.mine.Add(int64(n))
	return n, err
}
