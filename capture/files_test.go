package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// timed builds a pcap whose frames are the digits of name, one a second from
// start on, step seconds apart.
func timed(mark byte, start, step, n int) []byte {
	le := binary.LittleEndian
	b := pcapBytes()
	for i := range n {
		b = le.AppendUint32(b, uint32(start+i*step))
		b = append(b, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, mark, byte('0'+i%10))
	}
	return b
}

// write puts files into a new directory.
func write(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func gz(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func zst(data []byte) []byte {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b)
	if err != nil {
		panic(err)
	}
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// marks reads everything and returns the frames' bytes in a row.
func marks(t testing.TB, paths []string, o Options) (string, error) {
	t.Helper()
	s, err := Open(paths, o)
	if err != nil {
		return "", err
	}
	defer s.Close()
	frames, err := drain(t, s)
	var b strings.Builder
	for _, f := range frames {
		b.Write(f.Data)
	}
	if read, total := s.Progress(); err == nil && total >= 0 && read != total {
		t.Errorf("%q: %d bytes read of %d", paths, read, total)
	}
	return b.String(), err
}

func TestFiles(t *testing.T) {
	a, b := timed('a', 100, 10, 3), timed('b', 105, 10, 3)
	dir := write(t, map[string][]byte{
		"a.pcap": a, "b.pcap": b, "a.gz": gz(a), "a.zst": zst(a),
		"two.gz": append(gz(a[:30]), gz(a[30:])...), "skip.zst": append(hx("502a4d18 04000000 01020304"), zst(a)...),
		"cut.gz": gz(a)[:len(gz(a))-12], "cut.pcap": a[:len(a)-1], "cut.zst": zst(a)[:len(zst(a))-6],
		"empty": {}, "text": []byte("not a capture at all"), "three": []byte("abc"), "xz": []byte("\xfd7zXZ\x00\x00"),
		// What bzip2 makes of a.pcap.
		"a.bz2":      hx(`425a6839314159265359199d3b2c000020c99e7c807000240100402000100008000400200031434d30002254d310c469e6337b3508db852906906ec7503b9a60633efdbdfe2ee48a70a120333a7658`),
		"later.pcap": timed('l', 500, 1, 2), "same.pcap": timed('s', 100, 10, 3), "header.pcap": pcapBytes(),
		"ng.pcapng":       newNG(binary.BigEndian).section().iface(1, 0).packet(0, 107e6, 2, "n0").packet(0, 112e6, 2, "n1").b,
		"dir/2.pcap":      timed('2', 300, 1, 1),
		"dir/1.pcap":      timed('1', 300, 1, 1),
		"dir/sub/3.pcap":  timed('3', 299, 1, 1),
		"dir/readme.text": []byte("hello there"),
		"none/text":       []byte("not a capture"),
	})
	for _, c := range []struct {
		paths string
		order Order
		want  string
		err   error  // nil, or what the error is
		says  string // part of the error's text
	}{
		{"a.pcap", ByTime, "a0a1a2", nil, ""},
		{"a.gz", ByTime, "a0a1a2", nil, ""},
		{"two.gz", ByTime, "a0a1a2", nil, ""},
		{"a.zst", ByTime, "a0a1a2", nil, ""},
		{"a.bz2", ByTime, "a0a1a2", nil, ""},
		{"skip.zst", ByTime, "a0a1a2", nil, ""},
		{"ng.pcapng", ByTime, "n0n1", nil, ""},
		{"header.pcap", ByTime, "", nil, ""},
		{"a.pcap b.pcap", ByTime, "a0b0a1b1a2b2", nil, ""},
		{"b.pcap a.pcap", ByTime, "a0b0a1b1a2b2", nil, ""},
		{"b.pcap a.pcap", AsGiven, "b0b1b2a0a1a2", nil, ""},
		{"a.pcap same.pcap", ByTime, "a0s0a1s1a2s2", nil, ""},
		{"same.pcap a.pcap", ByTime, "s0a0s1a1s2a2", nil, ""},
		{"later.pcap a.gz header.pcap ng.pcapng", ByTime, "a0n0a1n1a2l0l1", nil, ""},
		{"dir", ByTime, "301020", nil, ""},
		{"dir", AsGiven, "102030", nil, ""},
		{"dir a.pcap", ByTime, "a0a1a2301020", nil, ""},
		{"cut.pcap", ByTime, "a0a1", ErrPartial, "cut.pcap: at byte 60: the last record is cut short"},
		{"cut.pcap b.pcap", ByTime, "a0b0a1b1b2", ErrPartial, "cut.pcap: at byte 60"},
		{"cut.gz", ByTime, "a0a1", ErrPartial, "unexpected EOF"},
		{"cut.zst", ByTime, "", ErrPartial, "cut.zst: at byte 0: beginning cannot be read"},
		{"a.pcap text", ByTime, "a0a1a2", ErrPartial, "text: not a capture file: it starts with the bytes 6e 6f 74 20"},
		{"a.pcap missing", AsGiven, "a0a1a2", ErrPartial, "missing"},
		{"empty", ByTime, "", ErrNotCapture, "it is empty"},
		{"three", ByTime, "", ErrNotCapture, "it has only 3 bytes"},
		{"text", ByTime, "", ErrNotCapture, "text: not a capture file"},
		{"xz", ByTime, "", ErrNotCapture, "packed by xz"},
		{"missing", ByTime, "", fs.ErrNotExist, "missing"},
		{"none", ByTime, "", ErrNotCapture, "no capture file in"},
	} {
		var paths []string
		for _, p := range strings.Fields(c.paths) {
			paths = append(paths, filepath.Join(dir, p))
		}
		got, err := marks(t, paths, Options{Order: c.order})
		if got != c.want {
			t.Errorf("%s: frames %s, want %s", c.paths, got, c.want)
		}
		if c.err == nil && err != nil || c.err != nil && (!errors.Is(err, c.err) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: error %v, want %v with %q", c.paths, err, c.err, c.says)
		}
		if c.err != nil && c.err != ErrPartial && errors.Is(err, ErrPartial) {
			t.Errorf("%s: nothing could be read, but the error is said to be partial", c.paths)
		}
	}
}

func TestFilesNotes(t *testing.T) {
	dir := write(t, map[string][]byte{"a.pcap": timed('a', 1, 1, 1), "b.txt": []byte("some text")})
	var notes []string
	got, err := marks(t, []string{dir}, Options{Note: func(s string) { notes = append(notes, s) }})
	if got != "a0" || err != nil || len(notes) != 1 || !strings.Contains(notes[0], "b.txt") {
		t.Errorf("%q, %v, notes %q", got, err, notes)
	}
}

func TestStdin(t *testing.T) {
	dir := write(t, map[string][]byte{"b.pcap": timed('b', 105, 10, 3)})
	for name, data := range map[string][]byte{"plain": timed('a', 100, 10, 3), "gzip": gz(timed('a', 100, 10, 3))} {
		got, err := marks(t, []string{filepath.Join(dir, "b.pcap"), "-"}, Options{Stdin: &dribble{data}})
		if got != "a0b0a1b1a2b2" || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// More files that overlap in time than are open at once are still all read.
func TestManyFiles(t *testing.T) {
	files := map[string][]byte{}
	for i := range maxActive + 40 {
		files[fmt.Sprintf("%03d.pcap", i)] = timed('x', 100, 1, 3)
	}
	notes := 0
	got, err := marks(t, []string{write(t, files)}, Options{Note: func(string) { notes++ }})
	if len(got) != 6*len(files) || err != nil || notes != 1 {
		t.Errorf("%d bytes of %d, %v, %d notes", len(got), 6*len(files), err, notes)
	}
}

// A frame's bytes stay for Keep further calls, and longer if they are held.
func TestFramesStay(t *testing.T) {
	const n = 60000
	build := func(from int) []byte {
		b := pcapBytes()
		for i := range n {
			b = binary.LittleEndian.AppendUint32(b, uint32(1000+from+2*i))
			b = append(b, 0, 0, 0, 0, 100, 0, 0, 0, 100, 0, 0, 0)
			b = append(b, fmt.Sprintf("%100d", from+2*i)...)
		}
		return b
	}
	dir := write(t, map[string][]byte{"even": build(0), "odd": gz(build(1))})
	accept, err := NewFilter("len >= 100", true)
	if errors.Is(err, ErrNoBPF) {
		accept, err = nil, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open([]string{filepath.Join(dir, "even"), filepath.Join(dir, "odd")}, Options{Filter: accept})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var ring [Keep + 1]Frame
	held := map[int]Frame{}
	check := func(i int, f Frame) {
		if string(f.Data) != fmt.Sprintf("%100d", i) {
			t.Fatalf("frame %d has become %q", i, f.Data)
		}
	}
	for i := 0; ; i++ {
		f := &ring[i%len(ring)]
		if err := s.Next(f); err == io.EOF {
			if i != 2*n {
				t.Fatalf("%d frames, want %d", i, 2*n)
			}
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if old := i - Keep; old >= 0 {
			check(old, ring[old%len(ring)])
		}
		if i%5000 == 0 {
			f.Buf.Hold()
			held[i] = *f
		}
	}
	for i, f := range held {
		check(i, f)
		f.Buf.Release()
	}
	if m := len(s.pool.retired) + len(s.pool.free); m > 80 {
		t.Errorf("%d buffers for %d MB of frames", m, 2*n*100>>20)
	}
}

func TestReadingDoesNotAllocate(t *testing.T) {
	frames := make([][]byte, 30000)
	for i := range frames {
		frames[i] = tcpFrame()
	}
	s, err := Open([]string{"-"}, Options{Stdin: bytes.NewReader(pcapBytes(frames...))})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var f Frame
	for range 15000 { // more than the buffers that come into use
		if err := s.Next(&f); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(10000, func() { s.Next(&f) }); n != 0 {
		t.Errorf("%v allocations a frame, want 0", n)
	}
}
