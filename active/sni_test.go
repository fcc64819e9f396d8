package active

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"earshot/matcher/request"
)

// A server of TLS that has nothing for who does not name it is asked again for a name that
// a certificate of another port of its host has, once.
func TestQuietNamesHost(t *testing.T) {
	t.Parallel()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Server", "Z/7.9") })
	first := httptest.NewTLSServer(page) // for example.com
	defer first.Close()
	second := httptest.NewUnstartedServer(page)
	second.Config.ErrorLog = log.New(io.Discard, "", 0)
	var mu sync.Mutex
	var names []string
	second.TLS = &tls.Config{GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		mu.Lock()
		defer mu.Unlock()
		if names = append(names, h.ServerName); h.ServerName == "" {
			return nil, errors.New("who?")
		}
		return nil, nil
	}}
	second.StartTLS()
	defer second.Close()
	port := second.Listener.Addr().(*net.TCPAddr).AddrPort().Port()
	db := database(t, false, quietProbes)
	if r := asking(t, db, port, nil); r.Product != "" {
		t.Errorf("nobody knows a name: %+v", r.Belief)
	}
	names = nil
	r := asking(t, db, port, func(c *Config) {
		c.Ports = []Port{{request.TCP, first.Listener.Addr().(*net.TCPAddr).AddrPort().Port()}, {request.TCP, port}}
	})
	if want := fmt.Sprintf("127.0.0.1:%d/tcp: 90 bytes: http Z 7.9", port); !strings.Contains(r.trace, want) {
		t.Errorf("not %q:\n%s", want, r.trace)
	}
	if i := slices.Index(names, "example.com"); i < 1 || slices.ContainsFunc(names[i:], func(n string) bool { return n != "example.com" }) {
		t.Errorf("asked for %q", names)
	}
}

func TestHostNames(t *testing.T) {
	var h hostNames
	for _, n := range []string{"localhost", "192.0.2.1", "bad name.example", "", "*.example.org", "b.example.org"} {
		h.add(n)
	}
	if got := h.first(); got != "www.example.org" || len(h.names) != 2 {
		t.Errorf("%q", h.names)
	}
	for range 100 {
		h.add("a.example")
	}
	if len(h.names) > maxNames {
		t.Errorf("%d names", len(h.names))
	}
	if (*hostNames)(nil).first() != "" {
		t.Error("a name of nobody")
	}
}
