package active

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"earshot/active/discover"
	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

// A port that resembles another is asked for that one's service early; it need not be a
// common question.
func TestNear(t *testing.T) {
	for _, x := range []struct {
		port, other int
		want        bool
	}{
		{10055, 10050, true},
		{15432, 5432, true},
		{54320, 5432, true},
		{33069, 3306, true},
		{1143, 143, true},
		{10143, 143, true},
		{2121, 21, true},
		{2222, 22, true},
		{8022, 22, true},
		{6380, 6379, true},
		{10060, 10050, false},
		{81, 79, false},
		{144, 143, false},
		{5433, 3306, false},
		{143, 1143, false},
	} {
		if got := resembles(x.port, x.other); got != x.want {
			t.Errorf("%d like %d: %v", x.port, x.other, got)
		}
	}
	db := database(t, false, "Probe TCP GetRequest q|GET / HTTP/1.0\\r\\n\\r\\n|\nrarity 1\nmatch http m|^HTTP| p/H/\n"+
		"Probe TCP Rare q|RARE\\n|\nrarity 9\nports 40010\nmatch rare m|^RARE| p/R/\n"+
		"Probe TCP Plant q|PLANT\\n|\nrarity 5\nports 20000\nmatch plant m|^PLANT| p/P/\n")
	p := &prober{cfg: &Config{DB: db, Intensity: 7}}
	for port, want := range map[uint16]bool{40012: true, 40020: false, 20001: false} {
		got := false
		for _, probe := range db.Probes() {
			got = got || p.near(probe, port)
		}
		if got != want {
			t.Errorf("port %d: near %v", port, got)
		}
	}
}

// Who closes at once is asked more, and rarer questions; who is silent is not.
func TestQuietCloses(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 40 {
		rarity := "6"
		if i == 39 {
			rarity = "8"
		}
		text.WriteString("Probe TCP P" + strings.Repeat("x", i) + " q|" + strings.Repeat("?", i+1) + "|\nrarity " + rarity + "\nmatch m" + strings.Repeat("x", i) + " m|^!|\n")
	}
	db := database(t, false, text.String())
	s := serve(t, func(c net.Conn, s *scripted) {
		if q := s.asked(c); len(q) == 40 {
			_, _ = c.Write([]byte("!"))
		}
	})
	if r := asking(t, db, s.port, nil); !strings.HasPrefix(r.Service, "mxxx") {
		t.Errorf("after %d questions: %q", len(s.questions()), r.Service)
	}
}

// A server that says that one comes too often is asked again after a rest, and so is one
// that takes no connection meanwhile.
func TestQuietRests(t *testing.T) {
	if testing.Short() {
		t.Skip("rests take time")
	}
	t.Parallel()
	db := func(port string) string {
		return "Probe TCP Hello q|HELLO\\n|\nrarity 9\nports " + port + "\nmatch well m|^WELL (.*)\\n| p/Well/ v/$1/\n"
	}
	first := true
	s := serve(t, func(c net.Conn, s *scripted) {
		s.asked(c)
		if first {
			first = false
			_, _ = c.Write([]byte("ERROR :Trying to reconnect too fast.\r\n"))
			return
		}
		_, _ = c.Write([]byte("WELL 7\n"))
	})
	if r := asking(t, database(t, false, db(strconv.Itoa(int(s.port)))), s.port, nil); r.Version != "7" {
		t.Errorf("%q %q\n%s", r.Service, r.Version, r.trace)
	}
}

// What a line made of a certificate does not make the words known that are inside.
func TestQuietHeardCertificate(t *testing.T) {
	p := &prober{cfg: &Config{DB: database(t, false, quietProbes), Intensity: 7, Scope: new(discover.Targets)}}
	by := &state.Evidence{TLS: new(capture.TLS), Result: matcher.Result{Kind: matcher.Hard, Service: "ssl"}}
	q := quiet{p: p, t: &task{ep: endpoint(addr("127.0.0.1"), Port{request.UDP, 4}), known: &state.Belief{Service: "dtls", By: by}}}
	if q.begin(); q.best.Kind != matcher.None || q.best.Service != "dtls" {
		t.Errorf("%+v", q.best)
	}
	by.TLS = nil
	q.t.known.Product = "Example NAS"
	if q.begin(); q.best.Kind != matcher.Hard || q.best.Product != "Example NAS" {
		t.Errorf("of words, %+v", q.best)
	}
	s := state.Service{Endpoint: q.t.ep}
	if !identified(p.cfg, &s, q.t.known) {
		t.Error("the product of the words is not enough")
	}
	q.t.known.Certified = true
	if q.begin(); q.best.Product != "" {
		t.Errorf("of a certificate's product beside words, %+v", q.best)
	}
	if identified(p.cfg, &s, q.t.known) {
		t.Error("the certificate's product is enough")
	}
}

// What is inside TLS is asked for if only TLS was heard.
func TestQuietHeardTLS(t *testing.T) {
	p := &prober{cfg: &Config{DB: database(t, false, quietProbes), Intensity: 7, Scope: new(discover.Targets)}}
	q := quiet{p: p, t: &task{ep: endpoint(addr("127.0.0.1"), Port{request.TCP, 4}), known: &state.Belief{Service: "ssl", By: &state.Evidence{}}}}
	q.begin()
	if list := q.questions(); len(list) == 0 || list[0].probe != nil {
		t.Errorf("not TLS first, of %d questions", len(list))
	}
}
