package active

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
)

func TestMurmur3(t *testing.T) {
	for in, want := range map[string]uint32{"": 0, "hello": 0x248bfa47, "hello, world": 0x149bbb7f, "The quick brown fox jumps over the lazy dog": 0x2e4ff723} {
		if got := murmur3([]byte(in)); got != want {
			t.Errorf("%q: %#x, want %#x", in, got, want)
		}
	}
}

func TestIcon(t *testing.T) {
	for in, want := range map[string]string{
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nicon":                                           "icon",
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nicon":                                           "",
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nno":                                       "",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nicon":                                    "",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nic\r\nA;x\r\non23456789\r\n0\r\n": "icon23456789",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nic":                        "",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nic":                                       "",
		"HTTP/1.1 200":  "",
		"SSH-2.0-x\r\n": "",
	} {
		if got := iconOf([]byte(in)); string(got) != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := iconText(make([]byte, 58)); strings.Count(string(got), "\n") != 2 || len(got) != 76+1+4+1 {
		t.Errorf("%q", got)
	}
}

func FuzzIcon(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nic\r\n0\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(iconOf(b)) > len(b) {
			t.Error("longer than the answer")
		}
		readJARM(b)
	})
}

// The icon is asked for if that is wanted, and its hashes stand with the host.
func TestFavicon(t *testing.T) {
	t.Parallel()
	for _, wanted := range []bool{true, false} {
		s := serve(t, func(c net.Conn, s *scripted) {
			body := "page"
			if strings.HasPrefix(s.asked(c), "GET /favicon.ico ") {
				body = "icon"
			}
			_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nServer: Z/1.5\r\nContent-Length: 4\r\n\r\n%s", body)
		})
		var lines []string
		asking(t, database(t, false, quietProbes), s.port, func(c *Config) {
			c.Favicon, c.Trace = wanted, func(l string) { lines = append(lines, l) }
		})
		// base64 of "icon" and a line's end, hashed
		want := fmt.Sprintf("favicon %d sha256:", int32(murmur3([]byte("aWNvbg==\n"))))
		if got := slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, want) }); got != wanted {
			t.Errorf("wanted %v: %q", wanted, lines)
		}
		if n := s.connections(); n != 1 && !wanted {
			t.Errorf("%d connections", n)
		}
	}
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
	hello := append([]byte{3, 3}, make([]byte, 33)...)
	hello = append(hello, 0xc0, 0x2f, 0, 0, 14, 0xff, 1, 0, 1, 0, 0, 16, 0, 5, 0, 3, 2, 'h', '2')
	words := record(22, 0x0303, message(2, hello))
	for _, x := range []struct {
		said []byte
		want string
	}{
		{words, strings.Repeat("29d", 10) + "ba2508893bc0298318f0aa1ba91aaf03"},
		{record(21, 0x0303, []byte{2, 40}), strings.Repeat("0", 62)},
	} {
		s := serve(t, func(c net.Conn, s *scripted) {
			s.asked(c)
			_, _ = c.Write(x.said)
		})
		q := quiet{p: &prober{cfg: &Config{Scope: scope(t, "127.0.0.1")}}, t: &task{host: new(hostPace)}}
		q.t.ep = endpoint(addr("127.0.0.1"), Port{0, s.port})
		q.p.dial = newDialer(q.p.cfg)
		if got := q.jarm(t.Context()); got != x.want || s.connections() != 10 {
			t.Errorf("%s, want %s, %d connections", got, x.want, s.connections())
		}
	}
}
