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
