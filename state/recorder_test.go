package state

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// identify is a matcher for tests: the words are "service product version".
func identify(_ capture.Proto, kind request.Kind, _, data []byte, _ int) matcher.Result {
	f := bytes.Fields(data)
	r := matcher.Result{Probe: "NULL", Any: kind != ""}
	if len(f) > 0 && f[0][0] != '?' {
		r.Kind, r.Service, r.File, r.Line = matcher.Soft, string(f[0]), "t.probes", 1
	}
	if len(f) > 1 {
		r.Kind, r.Product = matcher.Hard, string(f[1])
	}
	if len(f) > 2 {
		r.Version = string(f[2])
	}
	return r
}

func TestRecorderVerdict(t *testing.T) {
	ep := endpoint("192.0.2.1", 22, request.TCP)
	for _, c := range []struct {
		b    capture.Banner
		want capture.Verdict
	}{
		{capture.Banner{Data: []byte("ssh OpenSSH 9.2p1")}, capture.Enough},
		{capture.Banner{Data: []byte("ssh OpenSSH 9.2p1"), Via: capture.Proxied}, capture.More},
		{capture.Banner{Data: []byte("ssh OpenSSH")}, capture.More},
		{capture.Banner{Data: []byte("ssh")}, capture.More},
		{capture.Banner{Data: []byte("?")}, capture.More},
		{capture.Banner{}, capture.More},
		{capture.Banner{TLS: &capture.TLS{SNI: "www.example"}}, capture.Enough},
	} {
		r := NewRecorder(&Config{Identify: identify})
		c.b.Endpoint = ep
		for range 2 { // remembered, too
			if got := r.Banner(&c.b); got != c.want {
				t.Errorf("%q: verdict %d, want %d", c.b.Data, got, c.want)
			}
		}
	}
}

// What SCTP says that its data are counts for more than what they look like.
func TestRecorderCarries(t *testing.T) {
	for _, c := range []struct {
		data    string
		carries uint32
		want    string
	}{
		{"?", 18, "s1ap"},
		{"?", 60 << 24, "ngap"}, // the bytes the other way round
		{"m3ua", 2, "m2ua"},
		{"diameter Some", 46, "diameter Some"},
		{"diameter", 0, "diameter"},
		{"x", 51, "x"},
		{"x", 1 << 20, "x"},
	} {
		r := NewRecorder(&Config{Identify: identify})
		r.Banner(&capture.Banner{Endpoint: endpoint("192.0.2.1", 99, request.SCTP), Data: []byte(c.data), Carries: c.carries})
		m, _ := Gather(r)
		got := ""
		err := m.Hosts(func(h *Host) error {
			e := h.Services[0].Evidence[0]
			got = strings.TrimSpace(e.Result.Service + " " + e.Result.Product)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got != c.want {
			t.Errorf("%q of %d: %q, want %q", c.data, c.carries, got, c.want)
		}
	}
}

func TestRecorderKeeps(t *testing.T) {
	ep := endpoint("192.0.2.1", 22, request.TCP)
	buf := bytes.Repeat([]byte("?"), 3000)
	r := NewRecorder(&Config{Identify: identify, Origin: "a"})
	r.Open(capture.Sighting{Endpoint: ep, First: at(1), Last: at(2), Count: 2, Reason: "syn-ack"})
	r.Closed(capture.Sighting{Endpoint: endpoint("192.0.2.1", 23, request.TCP), Count: 1})
	r.Banner(&capture.Banner{Endpoint: ep, Data: buf, First: at(5), Last: at(6)})
	for i := range buf {
		buf[i] = '!' // the recorder may not hold on to it
	}
	early := []byte("?early")
	r.Banner(&capture.Banner{Endpoint: ep, Data: early, First: at(3), Last: at(3)})
	r.Banner(&capture.Banner{Endpoint: ep, TLS: &capture.TLS{SNI: "www.example"}, First: at(7), Last: at(7)})
	m, st := Gather(r)
	if st.Banners != 3 || st.TLS != 1 || st.None != 2 {
		t.Errorf("stats %+v", st)
	}
	n := 0
	err := m.Hosts(func(h *Host) error {
		n++
		if len(h.Services) != 1 {
			t.Fatalf("%d services, want 1: refusals are not asked for", len(h.Services))
		}
		s := &h.Services[0]
		if l := s.Life(); !l.First.Equal(at(1)) || !l.Last.Equal(at(7)) || l.Count != 2 || l.Reason != "syn-ack" {
			t.Errorf("life %+v", l)
		}
		if len(s.Evidence) != 2 {
			t.Fatalf("%d claims, want 2", len(s.Evidence))
		}
		if e := s.Evidence[1]; string(e.Banner) != "?early" || e.Size != 6 || e.Count != 2 {
			t.Errorf("the sample is %q (%d), count %d; want the bytes heard first", e.Banner, e.Size, e.Count)
		}
		if v := h.Hinted("name"); len(v) != 1 || v[0] != "www.example" {
			t.Errorf("names %q", v)
		}
		return nil
	})
	if n != 1 || err != nil {
		t.Errorf("%d hosts, error %v", n, err)
	}
}

// What a handshake tells of the client is the client's; the service keeps what is stable.
func TestRecorderClients(t *testing.T) {
	r := NewRecorder(&Config{Home: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	server, client := endpoint("192.0.2.1", 443, request.TCP), netip.MustParseAddrPort("192.0.2.9:50000")
	hello := func(ja3 string) *capture.TLS { return &capture.TLS{JA3: ja3, JA4: "t13", JA3S: "s", Version: 0x304} }
	for _, ja3 := range []string{"a", "b"} { // a client that shuffles
		if v := r.Banner(&capture.Banner{Endpoint: server, Client: client, TLS: hello(ja3), First: at(1), Last: at(1)}); v != capture.Enough {
			t.Errorf("verdict %v", v)
		}
	}
	if v := r.Banner(&capture.Banner{Endpoint: server, Client: client, TLS: &capture.TLS{Version: 0x304, Retried: true}, First: at(1), Last: at(1)}); v != capture.More {
		t.Errorf("verdict %v of a server that asks again", v)
	}
	keys := &capture.SSH{Client: "paramiko_3.4.0", HASSH: "c", HASSHServer: "s", Kex: "k"}
	r.Banner(&capture.Banner{Endpoint: endpoint("192.0.2.1", 22, request.TCP), Client: client, SSH: keys, Data: []byte("SSH-2.0-x\r\n"), First: at(1), Last: at(1)})
	r.Banner(&capture.Banner{Endpoint: server, Client: netip.MustParseAddrPort("198.51.100.1:5"), TLS: hello("away"), First: at(1), Last: at(1)})
	m, st := Gather(r)
	if st.Away != 0 {
		t.Errorf("%d away: clients from elsewhere are no loss", st.Away)
	}
	got := map[string]string{}
	if err := m.Hosts(func(h *Host) error {
		for _, x := range h.Hints {
			got[h.Addr.String()] += x.Kind + " " + x.Value + " " + x.From + ", "
		}
		for i := range h.Services {
			for _, e := range h.Services[i].Evidence {
				if e.TLS != nil && (e.TLS.JA3 != "" || e.TLS.Retried || e.TLS.JA3S != "" && (e.TLS.JA4 != "t13" || e.Count != 3)) {
					t.Errorf("claim %+v, %d times", *e.TLS, e.Count)
				}
				if e.SSH != nil && (e.SSH.HASSH != "" || e.SSH.Client != "" || e.SSH.Kex != "k" || e.Result.Service != "ssh") {
					t.Errorf("claim %+v", *e.SSH)
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if want := "hassh c ssh, ja3 a tls, ja3 b tls, ja4 t13 tls, software paramiko_3.4.0 ssh, "; len(got) != 1 || got["192.0.2.9"] != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What is asked for by a whole URL is another host's, unless it is the one that is asked.
func TestRecorderWholeURL(t *testing.T) {
	for _, c := range []struct {
		addr, url string
		via       capture.Via
		target    string
		kind      string
	}{
		{"192.0.2.1", "http://192.0.2.2:8080/x", capture.Proxied, "192.0.2.2:8080", "httpproxy-get"},
		{"192.0.2.1", "http://www.example.org/", capture.Proxied, "www.example.org", "httpproxy-get"},
		{"192.0.2.1", "http://192.0.2.1/x", capture.Direct, "", "http-get"},
		{"192.0.2.1", "http://192.0.2.1:80/x", capture.Direct, "", "http-get"},
		{"2001:db8::1", "http://[2001:DB8:0::1]/", capture.Direct, "", "http-get"},
		{"192.0.2.1", "/", capture.Direct, "", "http-get"},
	} {
		r := NewRecorder(&Config{Identify: identify})
		r.Banner(&capture.Banner{Endpoint: endpoint(c.addr, 80, request.TCP), Request: []byte("GET " + c.url + " HTTP/1.1\r\nHost: x\r\n\r\n"), Data: []byte("http A 1"), First: at(1), Last: at(1)})
		m, _ := Gather(r)
		h := only(t, m)
		if e := h.Services[0].Evidence[0]; e.Via != c.via || e.Target != c.target || e.Request != c.kind {
			t.Errorf("%s of %s: via %v, target %q, request %q", c.url, c.addr, e.Via, e.Target, e.Request)
		}
	}
}

// Two results are the same to a service only if they say the same in every field that a claim's key is made of.
func TestSameResult(t *testing.T) {
	full := func() *matcher.Result { return &matcher.Result{Fields: matcher.Fields{CPE: []string{"cpe:/a:x:y"}}} }
	if !sameResult(full(), full()) {
		t.Error("equal results differ")
	}
	for _, field := range resultFields {
		r := full()
		change(t, field, reflect.ValueOf(r).Elem().FieldByName(field))
		if sameResult(full(), r) || sameResult(r, full()) {
			t.Errorf("results with another %s are the same", field)
		}
	}
}

func TestRecorderHomeAndBounds(t *testing.T) {
	r := NewRecorder(&Config{Home: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, MaxServices: 2})
	for _, a := range []string{"10.0.0.1", "10.0.0.2", "192.0.2.1", "10.0.0.3", "10.0.0.1"} {
		r.Open(capture.Sighting{Endpoint: endpoint(a, 1, request.TCP), Count: 1})
		r.Hint(capture.Hint{Addr: netip.MustParseAddr(a), Kind: "name", Value: a})
	}
	if r.known.Len() != 2 || r.Stats.Overflow != 1 || r.Stats.Away != 2 {
		t.Errorf("%d endpoints, stats %+v", r.known.Len(), r.Stats)
	}
	if len(r.known.hosts) != 3 {
		t.Errorf("hints of %d hosts, want 3", len(r.known.hosts))
	}
}

func TestRecorderRefusals(t *testing.T) {
	r := NewRecorder(&Config{Closed: true, MaxServices: 10})
	for i := range 100 {
		r.Closed(capture.Sighting{Endpoint: endpoint(fmt.Sprintf("10.0.0.%d", i), 1, request.TCP), Count: 1})
	}
	for i := range 5 {
		r.Open(capture.Sighting{Endpoint: endpoint(fmt.Sprintf("10.0.1.%d", i), 1, request.TCP), Count: 1})
	}
	if r.known.Len() != 10 || r.Stats.Overflow != 95 {
		t.Errorf("%d endpoints, stats %+v", r.known.Len(), r.Stats)
	}
}

// Of very many unknown banners only the first few bytes are kept.
func TestRecorderSamples(t *testing.T) {
	r := NewRecorder(&Config{MaxSamples: 3000})
	data := bytes.Repeat([]byte("?"), 5000)
	for i := range 10 {
		r.Banner(&capture.Banner{Endpoint: endpoint(fmt.Sprintf("10.0.0.%d", i), 1, request.TCP), Data: data, First: at(1), Last: at(1)})
	}
	m, _ := Gather(r)
	total := 0
	err := m.Hosts(func(h *Host) error {
		e := &h.Services[0].Evidence[0]
		total += len(e.Banner)
		if len(e.Banner) < leastSample || e.Size != len(data) {
			t.Errorf("%v: %d bytes kept, size %d", h.Addr, len(e.Banner), e.Size)
		}
		return nil
	})
	if want := 2*MaxSample + 8*leastSample; total != want || err != nil {
		t.Errorf("%d bytes kept, want %d (%v)", total, want, err)
	}
}

// However the banners of a pass are spread over shards, and in whatever order each
// shard hears them, the pass says the same.
func TestGatherIsOrderFree(t *testing.T) {
	var banners []*capture.Banner
	for i := range 400 {
		b := &capture.Banner{
			Endpoint: endpoint(fmt.Sprintf("192.0.2.%d", i%5), 80, request.TCP), First: at(i * 7 % 100), Last: at(i),
			Data: fmt.Appendf(nil, "http P%d %d", i%3, i%11), Mid: i%17 == 0, Request: []byte("x")[:i%2],
		}
		if i%13 == 0 {
			b.Data = fmt.Appendf(nil, "?%d", i)
		}
		if i%19 == 0 {
			b.TLS = &capture.TLS{ALPN: "h2", SNI: fmt.Sprint("h", i)}
		}
		banners = append(banners, b)
	}
	run := func(shards int) []string {
		rand.Shuffle(len(banners), func(i, j int) { banners[i], banners[j] = banners[j], banners[i] })
		rs := make([]*Recorder, shards)
		cfg := &Config{Identify: identify, Origin: "o"}
		for i := range rs {
			rs[i] = NewRecorder(cfg)
		}
		for _, b := range banners {
			rs[rand.IntN(shards)].Banner(b)
		}
		m, _ := Gather(rs...)
		return dump(t, m)
	}
	want := run(1)
	for _, n := range []int{1, 2, 3, 16} {
		compare(t, fmt.Sprint(n, " shards"), want, run(n))
	}
}

func BenchmarkRecorderRepeatedBanner(b *testing.B) {
	r := NewRecorder(&Config{Identify: identify})
	bn := &capture.Banner{Endpoint: endpoint("192.0.2.1", 22, request.TCP), Data: []byte("ssh OpenSSH 9.2p1"), First: at(1), Last: at(1)}
	b.ReportAllocs()
	for b.Loop() {
		r.Banner(bn)
	}
}

// A certificate is written out for the matcher when it is met first, not at each handshake:
// it is known by its hash, so that another text below the same hash, which no server can
// send, is never seen.
func TestCertificateIsReadOnce(t *testing.T) {
	asked := 0
	r := NewRecorder(&Config{Identify: func(p capture.Proto, _ request.Kind, _, data []byte, _ int) matcher.Result {
		asked++
		if p != request.Cert || !strings.HasPrefix(string(data), "subject=CN=") {
			t.Errorf("asked for %d %q", p, data)
		}
		return matcher.Result{Kind: matcher.Hard, Service: "ssl", Fields: matcher.Fields{Product: string(data[11:12])}}
	}})
	for i := range 6 {
		name := string("ab"[i%2])
		r.Banner(&capture.Banner{Endpoint: endpoint("192.0.2.1", 443, request.TCP), TLS: &capture.TLS{SHA256: name + name, SubjectDN: fmt.Sprintf("CN=%s, O=%d", name, i)}, First: at(i), Last: at(i)})
	}
	if asked != 2 {
		t.Errorf("asked %d times of two certificates", asked)
	}
}

func BenchmarkRecorderRepeatedHandshake(b *testing.B) {
	r := NewRecorder(&Config{Identify: identify})
	tls := &capture.TLS{
		Version: 0x303, SHA256: strings.Repeat("5e", 32), SubjectDN: "C=US, ST=Somewhere, O=Example, CN=www.example.net", IssuerDN: "C=US, O=Example, CN=Example CA 3",
		Names: []string{"www.example.net", "example.net", "www.example.com", "example.com", "mail.example.net"},
	}
	bn := &capture.Banner{Endpoint: endpoint("192.0.2.1", 443, request.TCP), TLS: tls, First: at(1), Last: at(1)}
	b.ReportAllocs()
	for b.Loop() {
		r.Banner(bn)
	}
}
