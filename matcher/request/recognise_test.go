package request

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// h turns hexadecimal text into the bytes it stands for; what is between
// quotes is taken as it is, and "*n" repeats the byte before it n times.
func h(s string) string {
	var out []byte
	for i, part := range strings.Split(s, "'") {
		if i%2 == 1 {
			out = append(out, part...)
			continue
		}
		for _, f := range strings.Fields(part) {
			if n, ok := strings.CutPrefix(f, "*"); ok {
				c := out[len(out)-1]
				k := 0
				for _, d := range n {
					k = k*10 + int(d-'0')
				}
				for range k - 1 {
					out = append(out, c)
				}
				continue
			}
			b, err := hex.DecodeString(f)
			if err != nil {
				panic(f)
			}
			out = append(out, b...)
		}
	}
	return string(out)
}

// messages are all that the tables hold.
func messages() map[Proto][]message {
	return map[Proto][]message{TCP: append(streams(), seldomStreams()...), UDP: append(datagrams(), seldomDatagrams()...), SCTP: associations()}
}

// message is one row of the tables: bytes, and what they are.
type message struct {
	kind  Kind
	side  Side
	bytes string
}

func TestRecognise(t *testing.T) {
	for p, table := range messages() {
		for _, m := range table {
			k, s := Recognise(p, []byte(m.bytes))
			if k != m.kind || s != m.side {
				t.Errorf("%v %.60q: %q %d, want %q %d", p, m.bytes, k, s, m.kind, m.side)
			}
			want := m.kind
			if m.side == Responder {
				want = ""
			}
			if k := Classify(p, []byte(m.bytes)); k != want {
				t.Errorf("Classify %v %.60q: %q, want %q", p, m.bytes, k, want)
			}
		}
	}
}

// What is not a known protocol must not be taken for one.
func TestUnknown(t *testing.T) {
	for _, s := range []string{
		h("05 03 040000"), "", "\x00", "A", "hello world", "\x00\x00\x00\x00\x00\x00\x00\x00", strings.Repeat("A", 1000), strings.Repeat("\xff", 64),
		"The quick brown fox\r\n", "GETTING on\r\n", "\x16\x03\x01\x00", "\x80\x80\x01", "12:30 o'clock\r\n", "{}", "\x30\x82", "\x03\x00\x01",
		strings.Repeat("\xaa\x55", 600), "\x05\x03\x10\x00",
		"\xa7\x41\x03\x2a\x12\x34\x0f\x00 of 8 bytes", "\x50" + strings.Repeat("\x0b", 400), // NTP's mode 7 and OpenVPN's third reset, but for a field
	} {
		for _, p := range []Proto{TCP, UDP, SCTP, 0} {
			if k, side := Recognise(p, []byte(s)); k != "" || side != Unknown {
				t.Errorf("%v %.40q: taken for %q %d", p, s, k, side)
			}
		}
	}
}

// No message may fall into another kind when its end is cut off: less is
// known then, never something else. One family may know itself by more or less.
func TestCut(t *testing.T) {
	for p, table := range messages() {
		for _, m := range table {
			if m.kind == "" {
				continue // a part of what is no message may be one
			}
			for n := range len(m.bytes) {
				k, _ := Recognise(p, []byte(m.bytes[:n]))
				if n >= 16 && k != "" && k != "reply" && k.Family() != m.kind.Family() && m.kind != "openvpn-answer" && (m.bytes[0] != '{' || k.Family() != "jsonrpc") && (n != 20 || k.Family() != "stun") { // JSON is JSON at least, and 20 bytes with zeros may be of RFC 3489
					t.Errorf("%v %q: %d bytes of %q taken for %q", p, m.kind, n, m.bytes, k)
					break
				}
			}
		}
	}
}

// Whatever byte a message begins with, and however soon it ends, nothing reads behind its end.
func TestShort(t *testing.T) {
	for first := range 256 {
		for _, fill := range []byte{0, 1, 0x7f, 0xff, byte(first)} {
			b := bytes.Repeat([]byte{fill}, 80)
			b[0] = byte(first)
			for n := range len(b) {
				for p := TCP; p <= SCTP; p++ {
					k := Classify(p, b[:n:n])
					if k != "" && SideOf(p, b[:n:n]) == Responder {
						t.Errorf("%q is a request of a responder", k)
					}
					Spoken(p, k, b[:n:n])
					Foreign("memcached", b[:n:n])
				}
				Host(b[:n:n])
			}
		}
	}
}

func TestAllocations(t *testing.T) {
	for p, table := range messages() {
		for _, m := range table {
			b := []byte(m.bytes)
			if n := testing.AllocsPerRun(10, func() { Recognise(p, b) }); n != 0 {
				t.Errorf("%q: %v allocations", m.kind, n)
			}
		}
	}
}

func fuzz(f *testing.F, look func(*testing.T, Proto, []byte)) {
	for p, table := range messages() {
		for _, m := range table {
			f.Add(uint8(p), []byte(m.bytes))
		}
	}
	f.Fuzz(func(t *testing.T, p uint8, b []byte) { look(t, Proto(p&3), b) })
}

func FuzzClassify(f *testing.F) {
	fuzz(f, func(t *testing.T, p Proto, b []byte) {
		if k := Classify(p, b); k != "" && (k.Family() == "" || SideOf(p, b) == Responder) {
			t.Errorf("%q is a request of a responder", k)
		}
	})
}

func FuzzSideOf(f *testing.F) {
	fuzz(f, func(t *testing.T, p Proto, b []byte) {
		if k, s := Recognise(p, b); s != Unknown && k == "" {
			t.Errorf("side %d of nothing", s)
		}
		Spoken(p, Classify(p, b), b)
		if len(Host(b)) > len(Authority(b)) {
			t.Errorf("%q in %q", Host(b), Authority(b))
		}
	})
}

func bench(b *testing.B, p Proto, table []message) {
	rows := make([][]byte, len(table))
	for i, m := range table {
		rows[i] = []byte(m.bytes)
	}
	b.ReportAllocs()
	for i := range b.N {
		Classify(p, rows[i%len(rows)])
	}
}

func BenchmarkClassifyStream(b *testing.B)   { bench(b, TCP, streams()) }
func BenchmarkClassifyDatagram(b *testing.B) { bench(b, UDP, datagrams()) }
func BenchmarkClassifyUnknown(b *testing.B) {
	bench(b, TCP, []message{{bytes: strings.Repeat("\xaa\x55", 700)}, {bytes: strings.Repeat("word ", 200)}})
}

// The end of a request's line, where a segment happens to begin, is no status line.
func TestRequestLineInTwo(t *testing.T) {
	if k, s := Recognise(TCP, []byte("HTTP/1.1\r\nHost: a\r\n\r\n")); s == Responder {
		t.Errorf("taken for %q", k)
	}
}

// An empty line is a question where it begins a connection, and tells no side where it is heard in the middle.
func TestSideOfLines(t *testing.T) {
	for _, s := range []string{"\r\n", "\n", "\r\n\r\n"} {
		if k, side := Classify(TCP, []byte(s)), SideOf(TCP, []byte(s)); k != "lines" || side != Unknown {
			t.Errorf("%q: %q, side %d", s, k, side)
		}
	}
}
