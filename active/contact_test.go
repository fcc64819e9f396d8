package active

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"

	"earshot/matcher/request"
	"earshot/state"
)

func TestSigned(t *testing.T) {
	for _, c := range []struct{ in, contact, want string }{
		{"GET / HTTP/1.0\r\n\r\n", "", "GET / HTTP/1.0\r\n\r\n"},
		{"GET / HTTP/1.0\r\n\r\n", "noc@example.org", "GET / HTTP/1.0\r\nUser-Agent: earshot (noc@example.org)\r\nFrom: noc@example.org\r\n\r\n"},
		{"GET / HTTP/1.0\r\n\r\n", "the NOC, room 7 (Anna)", "GET / HTTP/1.0\r\nUser-Agent: earshot (the NOC, room 7 [Anna])\r\n\r\n"},
		{"OPTIONS sip:nm SIP/2.0\r\nVia: x\r\n\r\n", "a@b", "OPTIONS sip:nm SIP/2.0\r\nVia: x\r\nUser-Agent: earshot (a@b)\r\n\r\n"},
		{"OPTIONS / RTSP/1.0\r\n\r\n", "a@b", "OPTIONS / RTSP/1.0\r\nUser-Agent: earshot (a@b)\r\n\r\n"},
		{"GET / HTTP/1.1\r\nuser-agent: x\r\n\r\n", "a@b", "GET / HTTP/1.1\r\nuser-agent: x\r\n\r\n"},
		{"HELP\r\n", "a@b", "HELP\r\n"},
		{"\r\n\r\n", "a@b", "\r\n\r\n"},
		{"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi", "a@b", "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "a@b", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
	} {
		if got := string(signed([]byte(c.in), c.contact)); got != c.want {
			t.Errorf("%q: %q", c.in, got)
		}
	}
}

// A web server reads who asks; nmap's questions stay as they are.
func TestContact(t *testing.T) {
	t.Parallel()
	for _, strategy := range []Strategy{Quiet, Classic} {
		var mu sync.Mutex
		var agents []string
		s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			agents = append(agents, r.UserAgent()+"|"+r.Header.Get("From"))
		}))
		at := netip.MustParseAddrPort(s.Listener.Addr().String())
		cfg := &Config{
			DB: database(t, strategy == Classic, quietProbes), Scope: scope(t, "127.0.0.1"), Store: new(state.Memory), Ports: []Port{{request.TCP, at.Port()}}, Intensity: 1,
			Strategy: strategy, Contact: "noc@example.org",
		}
		if err := Run(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		s.Close()
		want := "earshot (noc@example.org)|noc@example.org"
		if strategy == Classic {
			want = "|"
		}
		if len(agents) == 0 {
			t.Errorf("strategy %d: it was not asked", strategy)
		}
		for _, a := range agents {
			if a != want {
				t.Errorf("strategy %d: asked by %q", strategy, a)
			}
		}
	}
}

// An echo of a signed request is an echo.
func TestContactEchoed(t *testing.T) {
	cfg := &Config{DB: database(t, false, quietProbes), Contact: "noc@example.org"}
	p := prober{cfg: cfg, identify: state.Matching(cfg.DB)}
	req := []byte("GET / HTTP/1.0\r\n\r\n")
	if r := p.match(request.TCP, cfg.DB.Probes()[1], req, bytes.Clone(signed(req, cfg.Contact)), true); r.Service != "echo" {
		t.Errorf("%+v", r)
	}
}
