package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// readAll reads a capture given as bytes, and copies the frames.
func readAll(t testing.TB, data []byte) ([]Frame, error) {
	t.Helper()
	s, err := Open([]string{"-"}, Options{Stdin: bytes.NewReader(data)})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return drain(t, s)
}

func drain(t testing.TB, s Source) ([]Frame, error) {
	t.Helper()
	var out []Frame
	for {
		var f Frame
		if err := s.Next(&f); err == io.EOF {
			return out, nil
		} else if err != nil {
			return out, err
		}
		if len(f.Data) > MaxFrame || f.OrigLen < len(f.Data) {
			t.Fatalf("frame %d has %d bytes of %d", len(out), len(f.Data), f.OrigLen)
		}
		f.Data, f.Buf = bytes.Clone(f.Data), nil
		out = append(out, f)
	}
}

// show writes frames as one line each.
func show(frames []Frame) string {
	var b strings.Builder
	for _, f := range frames {
		fmt.Fprintf(&b, "%d.%09d link %d if %d %d/%d %x\n", f.Time/1e9, f.Time%1e9, f.Link, f.Interface, len(f.Data), f.OrigLen, f.Data)
	}
	return b.String()
}

// classic builds a pcap of any kind.
type classic struct {
	order binary.AppendByteOrder
	magic uint32
	minor uint16
	snap  uint32
	link  uint32
}

func (c classic) build(records ...[5]uint32) []byte {
	o := c.order
	b := o.AppendUint32(nil, c.magic)
	b = o.AppendUint16(b, 2)
	b = o.AppendUint16(b, c.minor)
	b = o.AppendUint32(b, 0)
	b = o.AppendUint32(b, 0)
	b = o.AppendUint32(b, c.snap)
	b = o.AppendUint32(b, c.link)
	for _, r := range records { // seconds, fraction, first length, second length, bytes that follow
		for _, v := range r[:4] {
			b = o.AppendUint32(b, v)
		}
		if c.magic == magicModified {
			b = append(b, make([]byte, 8)...)
		}
		b = append(b, bytes.Repeat([]byte{0xab}, int(r[4]))...)
	}
	return b
}

func TestPcap(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	one := [5]uint32{1700000000, 7, 3, 60, 3}
	for _, c := range []struct {
		name string
		data []byte
		want string
		err  string // part of a DamagedError
	}{
		{"microseconds", classic{le, magicMicro, 4, 65535, 1}.build(one), "1700000000.000007000 link 1 if 0 3/60 ababab\n", ""},
		{"microseconds, big endian", classic{be, magicMicro, 4, 65535, 1}.build(one), "1700000000.000007000 link 1 if 0 3/60 ababab\n", ""},
		{"nanoseconds", classic{le, magicNano, 4, 65535, 1}.build(one), "1700000000.000000007 link 1 if 0 3/60 ababab\n", ""},
		{"nanoseconds, big endian", classic{be, magicNano, 4, 65535, 1}.build(one, one), "1700000000.000000007 link 1 if 0 3/60 ababab\n1700000000.000000007 link 1 if 0 3/60 ababab\n", ""},
		{"modified", classic{le, magicModified, 4, 65535, 1}.build(one, one), "1700000000.000007000 link 1 if 0 3/60 ababab\n1700000000.000007000 link 1 if 0 3/60 ababab\n", ""},
		{"header only", classic{le, magicMicro, 4, 65535, 1}.build(), "", ""},
		{"link type above 255", classic{le, magicMicro, 4, 65535, 276}.build(one), "1700000000.000007000 link 276 if 0 3/60 ababab\n", ""},
		{"frame check sequence bits", classic{le, magicMicro, 4, 65535, 1 | 4<<28 | 1<<26}.build(one), "1700000000.000007000 link 1 if 0 3/60 ababab\n", ""},
		{"snapshot length that lies", classic{le, magicMicro, 4, 2, 1}.build(one), "1700000000.000007000 link 1 if 0 3/60 ababab\n", ""},
		{"lengths in the old order", classic{le, magicMicro, 2, 65535, 1}.build([5]uint32{1, 2, 60, 3, 3}), "1.000002000 link 1 if 0 3/60 ababab\n", ""},
		{"lengths in either order", classic{le, magicMicro, 3, 65535, 1}.build([5]uint32{1, 2, 60, 3, 3}, [5]uint32{1, 2, 3, 60, 3}), "1.000002000 link 1 if 0 3/60 ababab\n1.000002000 link 1 if 0 3/60 ababab\n", ""},
		{"original length too small", classic{le, magicMicro, 4, 65535, 1}.build([5]uint32{1, 2, 3, 0, 3}), "1.000002000 link 1 if 0 3/3 ababab\n", ""},
		{"empty record", classic{le, magicMicro, 4, 65535, 1}.build([5]uint32{1, 2, 0, 0, 0}, one), "1.000002000 link 1 if 0 0/0 \n1700000000.000007000 link 1 if 0 3/60 ababab\n", ""},
		{"absurd length", classic{le, magicMicro, 4, 65535, 1}.build(one, [5]uint32{1, 2, 1 << 31, 60, 3}), "1700000000.000007000 link 1 if 0 3/60 ababab\n", "at byte 43: a record of 2147483648 bytes"},
		{"length just too large", classic{le, magicMicro, 4, 65535, 1}.build([5]uint32{1, 2, MaxFrame + 1, MaxFrame + 1, MaxFrame + 1}), "", "a record of 262145 bytes"},
		{"record cut short", classic{le, magicMicro, 4, 65535, 1}.build(one, [5]uint32{1, 2, 9, 9, 3}), "1700000000.000007000 link 1 if 0 3/60 ababab\n", "at byte 43: the last record is cut short"},
	} {
		frames, err := readAll(t, c.data)
		if show(frames) != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.name, show(frames), c.want)
		}
		var d *DamagedError
		if c.err == "" && err != nil || c.err != "" && (!errors.As(err, &d) || !strings.Contains(err.Error(), c.err) || !errors.Is(err, ErrPartial)) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.err)
		}
	}
}

// Link types whose records may be longer than any frame are cut, and read past.
func TestPcapLongRecord(t *testing.T) {
	c := classic{binary.LittleEndian, magicMicro, 4, 65535, 249}
	frames, err := readAll(t, c.build([5]uint32{1, 0, 1 << 20, 1 << 20, 1 << 20}, [5]uint32{2, 0, 3, 3, 3}))
	if err != nil || len(frames) != 2 || len(frames[0].Data) != MaxFrame || frames[0].OrigLen != 1<<20 || len(frames[1].Data) != 3 {
		t.Errorf("%d frames, %v", len(frames), err)
	}
	frames, err = readAll(t, c.build([5]uint32{1, 0, 1 << 20, 1 << 20, 1 << 19}))
	if len(frames) != 1 || !errors.Is(err, ErrPartial) {
		t.Errorf("cut short behind the part that is kept: %d frames, %v", len(frames), err)
	}
}

// A file cut at any byte gives the whole records before that, and an error
// unless the cut is between two records.
func TestPcapCut(t *testing.T) {
	data := pcapBytes(tcpFrame(), tcpFrame()[:20], tcpFrame())
	whole := map[int]int{24: 0, 24 + 16 + 61: 1, 24 + 16 + 61 + 16 + 20: 2, len(data): 3}
	n := 0
	for cut := range len(data) + 1 {
		frames, err := readAll(t, data[:cut])
		if k, clean := whole[cut]; clean {
			n = k
			if err != nil {
				t.Errorf("cut at %d, between records: %v", cut, err)
			}
		} else if err == nil || cut >= 4 && !errors.Is(err, ErrPartial) || cut < 4 && !errors.Is(err, ErrNotCapture) {
			t.Errorf("cut at %d: error %v", cut, err)
		}
		if len(frames) != n {
			t.Errorf("cut at %d: %d frames, want %d", cut, len(frames), n)
		}
	}
}

func FuzzPcap(f *testing.F) {
	f.Add(pcapBytes(tcpFrame(), tcpFrame()))
	for _, m := range []uint32{magicMicro, magicNano, magicModified} {
		f.Add(classic{binary.BigEndian, m, 4, 65535, 1}.build([5]uint32{1, 2, 3, 60, 3}, [5]uint32{1, 2, 0, 60, 0}))
		f.Add(classic{binary.LittleEndian, m, 3, 65535, 249}.build([5]uint32{1, 2, 300000, 3, 60}))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := readAll(t, data)
		if err != nil && !errors.Is(err, ErrPartial) && !errors.Is(err, ErrNotCapture) {
			t.Fatalf("error of no kind: %v", err)
		}
		// The same bytes from a file that is read in small pieces.
		s, err2 := Open([]string{"-"}, Options{Stdin: &dribble{data}})
		if err2 != nil {
			if err == nil || err.Error() != err2.Error() {
				t.Fatalf("%v, in small pieces %v", err, err2)
			}
			return
		}
		b, err2 := drain(t, s)
		if show(a) != show(b) || fmt.Sprint(err) != fmt.Sprint(err2) {
			t.Fatalf("read otherwise in small pieces: %v, %v", err, err2)
		}
	})
}

// dribble gives seven bytes at a time.
type dribble struct{ b []byte }

func (d *dribble) Read(p []byte) (int, error) {
	if len(d.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(7, len(p))], d.b)
	d.b = d.b[n:]
	return n, nil
}

func BenchmarkReadDecode(b *testing.B) {
	for _, c := range []struct {
		name string
		pad  int
	}{{"small", 0}, {"large", 1400}} {
		b.Run(c.name, func(b *testing.B) {
			frame := cat(tcpFrame(), make([]byte, c.pad))
			frames := make([][]byte, 20000)
			for i := range frames {
				frames[i] = frame
			}
			name := filepath.Join(b.TempDir(), "a.pcap")
			if err := os.WriteFile(name, pcapBytes(frames...), 0o600); err != nil {
				b.Fatal(err)
			}
			var d Decoder
			var p Packet
			var f Frame
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				s, err := Open([]string{name}, Options{})
				if err != nil {
					b.Fatal(err)
				}
				for s.Next(&f) == nil {
					d.Decode(&f, &p)
					n++
				}
				s.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/packet")
		})
	}
}
