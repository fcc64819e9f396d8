package active

import (
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

const h2Probes = quietProbes + `
Probe TCP Options q|OPTIONS / HTTP/1.0\r\n\r\n|
rarity 4
softmatch http m|^HTTP/1|
Probe TCP MetricsPage q|GET /metrics HTTP/1.0\r\n\r\n|
rarity 9
fallback GetRequest
match http m|^HTTP/1\.\d 200 .*\nz_build_info\{version="([\d.]+)"|s p/Z metrics/ v/$1/
`

// A server that answers HTTP/1 with frames is asked again in HTTP/2, once, and nothing
// else that only HTTP/1 can say.
func TestQuietH2C(t *testing.T) {
	t.Parallel()
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Server", "Z/7.8") }))
	web.Config.Protocols = new(http.Protocols)
	web.Config.Protocols.SetUnencryptedHTTP2(true)
	web.Start()
	defer web.Close()
	s := serve(t, func(c net.Conn, s *scripted) {
		first := s.asked(c)
		if !strings.HasPrefix(first, http2.ClientPreface) {
			_, _ = c.Write([]byte("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"))
			return
		}
		w, err := net.Dial("tcp", web.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		defer w.Close()
		_, _ = w.Write([]byte(first))
		_, _ = io.Copy(c, w)
	})
	r := asking(t, database(t, false, h2Probes), s.port, nil)
	if r.Service != "http" || r.Product != "Z" || r.Version != "7.8" {
		t.Errorf("%+v\n%s", r.Belief, r.trace)
	}
	if q := s.questions(); len(q) != 2 || !bytes.HasPrefix([]byte(q[1]), []byte(http2.ClientPreface)) {
		t.Errorf("asked %q", q)
	}
}

// A line that knows the frames of a framework does not stand against the page of the application.
func TestQuietFrames(t *testing.T) {
	for _, server := range []string{"Z/7.8", ""} {
		web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if server != "" {
				w.Header().Set("Server", server)
			}
		}))
		web.EnableHTTP2 = true
		web.Config.ErrorLog = log.New(io.Discard, "", 0)
		web.StartTLS()
		port := uint16(web.Listener.Addr().(*net.TCPAddr).Port)
		probes := strings.Replace(quietProbes, "softmatch http m|^HTTP/1|\n", "softmatch http m|^HTTP/1|\nmatch http m|^\\0\\0.\\x04\\0|s p/frames/\nsslports "+strconv.Itoa(int(port))+"\n", 1)
		r := asking(t, database(t, false, probes), port, nil)
		web.Close()
		want := "frames"
		if server != "" {
			want = "Z"
		}
		if r.Service != "http" || r.Product != want {
			t.Errorf("%q: %+v\n%s", server, r.Belief, r.trace)
		}
	}
}

// A server that answers HTTP/2 in its words, and HTTP/1 too, is still asked in HTTP/1.
func TestQuietBothHTTPs(t *testing.T) {
	s := serve(t, func(c net.Conn, s *scripted) {
		switch q := s.asked(c); {
		case strings.HasPrefix(q, http2.ClientPreface):
			_, _ = c.Write([]byte("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"))
		case strings.HasPrefix(q, "GET /version "):
			_, _ = c.Write([]byte("HTTP/1.0 200 OK\r\nContent-Length: 8\r\n\r\nz is 3.5"))
		}
	})
	r := asking(t, database(t, false, strings.ReplaceAll(`
Probe TCP Preface q|PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0|
rarity 1
ports PORT
softmatch http m|^\0\0.\x04\0\0\0\0\0|s
Probe TCP Version q|GET /version HTTP/1.0\r\n\r\n|
rarity 2
ports PORT
match http m|z is ([\d.]+)| p/Z/ v/$1/
`, "PORT", strconv.Itoa(int(s.port)))), s.port, nil)
	if r.Product != "Z" || r.Version != "3.5" {
		t.Errorf("%+v\n%s", r.Belief, r.trace)
	}
}

// A server without a first page that does not say what it is is asked for its metrics,
// however rare that question is; one that has a page is not.
func TestQuietMetrics(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"404 Not Found", "200 OK"} {
		s := serve(t, func(c net.Conn, s *scripted) {
			switch q := s.asked(c); {
			case strings.HasPrefix(q, "GET /metrics "):
				_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 32\r\n\r\nz_x 1\nz_build_info{version=\"1.4\"}"))
			case strings.HasPrefix(q, "GET "):
				_, _ = c.Write([]byte("HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\nno"))
			}
		})
		r := asking(t, database(t, false, h2Probes), s.port, nil)
		none := status == "404 Not Found"
		if (r.Product == "Z metrics") != none {
			t.Errorf("%s: %+v\n%s", status, r.Belief, r.trace)
		}
		if asked := slices.ContainsFunc(s.questions(), func(q string) bool { return strings.Contains(q, "metrics") }); asked != none {
			t.Errorf("%s: asked %q", status, s.questions())
		}
	}
}

func TestPlainGet(t *testing.T) {
	for payload, want := range map[string]string{
		"GET / HTTP/1.0\r\n\r\n":                         "/",
		"GET /api/v1 HTTP/1.0\r\n\r\n":                   "/api/v1",
		"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n":      "",
		"GET http://localhost/ HTTP/1.0\r\n\r\n":         "",
		"OPTIONS / HTTP/1.0\r\n\r\n":                     "",
		"GET / HTTP/1.0\r\nTransfer-Encoding: x\r\n\r\n": "",
	} {
		if got, ok := plainGet([]byte(payload)); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, %v", payload, got, ok)
		}
	}
}
