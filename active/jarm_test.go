package active

import (
	"bytes"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// serverHello is a ServerHello in a record, with a session's number of so many bytes.
func serverHello(session byte) []byte {
	hello := append([]byte{3, 3}, make([]byte, 32)...)
	hello = append(append(hello, session), make([]byte, session)...)
	hello = append(hello, 0xc0, 0x2f, 0, 0, 14, 0xff, 1, 0, 1, 0, 0, 16, 0, 5, 0, 3, 2, 'h', '2')
	return record(22, 0x0303, message(2, hello))
}

func TestArranged(t *testing.T) {
	odd, even := []int{1, 2, 3, 4, 5}, []int{1, 2, 3, 4}
	for order, want := range map[jarmOrder][2][]int{
		forward:    {{1, 2, 3, 4, 5}, {1, 2, 3, 4}},
		reverse:    {{5, 4, 3, 2, 1}, {4, 3, 2, 1}},
		bottomHalf: {{4, 5}, {3, 4}},
		topHalf:    {{3, 2, 1}, {2, 1}},
		middleOut:  {{3, 4, 2, 5, 1}, {3, 2, 4, 1}},
	} {
		if got := arranged(odd, order); !slices.Equal(got, want[0]) {
			t.Errorf("%d: %v", order, got)
		}
		if got := arranged(even, order); !slices.Equal(got, want[1]) {
			t.Errorf("%d: %v", order, got)
		}
	}
}

// The fingerprint of a server that says the same to each hello, as the tool of that name
// gives it, and of one that says nothing.
func TestJARM(t *testing.T) {
	t.Parallel()
	const known = "ba2508893bc0298318f0aa1ba91aaf03"
	for _, x := range []struct {
		said []byte
		late int // bytes that come in a segment of their own
		want string
	}{
		{serverHello(0), 0, strings.Repeat("29d", 10) + known},
		{serverHello(0), 4, strings.Repeat("29d", 10) + known},
		{serverHello(3), 5, strings.Repeat("29d", 10) + known}, // the length of the record is 61
		{record(21, 0x0303, []byte{2, 40}), 0, strings.Repeat("0", 62)},
	} {
		s := serve(t, func(c net.Conn, s *scripted) {
			s.asked(c)
			n := len(x.said) - x.late
			_, _ = c.Write(x.said[:n])
			if x.late > 0 {
				time.Sleep(20 * time.Millisecond)
				_, _ = c.Write(x.said[n:])
			}
		})
		q := quiet{p: &prober{cfg: &Config{Scope: scope(t, "127.0.0.1")}}, t: &task{host: new(hostPace)}}
		q.t.ep = endpoint(addr("127.0.0.1"), Port{0, s.port})
		q.p.dial = newDialer(q.p.cfg)
		if got := q.jarm(t.Context()); got != x.want || s.connections() != 10 {
			t.Errorf("%s, want %s, %d connections", got, x.want, s.connections())
		}
	}
}

// What a hello offers counts only if it came whole.
func TestReadJARM(t *testing.T) {
	for session := range byte(33) {
		whole := serverHello(session)
		for n := range len(whole) + 1 {
			a := readJARM(whole[:n])
			if got := a.alpn == "h2" && slices.Equal(a.extensions, []uint16{0xff01, 16}); got != (n == len(whole)) {
				t.Errorf("%d of %d bytes: %+v", n, len(whole), a)
			}
			if got := a.cipher == 0xc02f && a.version == 0x0303; got != (n >= len(whole)-16) {
				t.Errorf("%d of %d bytes: %+v", n, len(whole), a)
			}
		}
	}
}

func FuzzJARM(f *testing.F) {
	f.Add(serverHello(0))
	f.Add(serverHello(32))
	f.Add(record(21, 0x0303, []byte{2, 40}))
	f.Fuzz(func(t *testing.T, b []byte) {
		a := readJARM(b)
		if len(a.extensions)*4 > len(b) || len(a.alpn) > len(b) {
			t.Errorf("%d bytes: %+v", len(b), a)
		}
		// The same whatever follows.
		if c := readJARM(append(bytes.Clone(b), 7, 7, 7)); len(a.extensions) > 0 && !slices.Equal(a.extensions, c.extensions) {
			t.Errorf("%+v, and with more behind it %+v", a, c)
		}
		if h := jarmHash([]jarmAnswer{a}); len(h) < 35 {
			t.Errorf("%q", h)
		}
	})
}
