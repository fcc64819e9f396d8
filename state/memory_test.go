package state

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// at returns the packet time n seconds into a day of the tests.
func at(n int) time.Time { return time.Unix(1_800_000_000+int64(n), 0).UTC() }

func endpoint(addr string, port int, p capture.Proto) capture.Endpoint {
	return capture.Endpoint{Addr: netip.AddrPortFrom(netip.MustParseAddr(addr), uint16(port)), Proto: p}
}

// act is one thing a store can be told.
type act func(Store) error

// story returns many acts about few hosts, with contents that collide on purpose.
func story(r *rand.Rand, n int) []act {
	addrs := []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"}
	acts := make([]act, 0, n)
	for range n {
		p := capture.Proto(request.TCP)
		if r.IntN(3) == 0 {
			p = request.UDP
		}
		ep := endpoint(addrs[r.IntN(len(addrs))], 20+r.IntN(3), p)
		ep.VLAN = uint16(r.IntN(2) * 7)
		first := at(r.IntN(1000))
		last := first.Add(time.Duration(r.IntN(100)) * time.Second)
		if r.IntN(20) == 0 {
			first, last = time.Time{}, time.Time{}
		}
		origin := fmt.Sprint("pass", r.IntN(3))
		switch r.IntN(6) {
		case 0:
			s := Sighting{Closed: r.IntN(3) == 0, Origin: origin, Sighting: capture.Sighting{
				Endpoint: ep, First: first, Last: last, Count: uint64(1 + r.IntN(9)),
				Reason: []string{"syn-ack", "tcp-response", "reset"}[r.IntN(3)],
			}}
			acts = append(acts, func(st Store) error { return st.See(s) })
		case 1:
			h := capture.Hint{
				Addr: ep.Addr.Addr(), VLAN: ep.VLAN, Kind: []string{"name", "mac", "os"}[r.IntN(3)],
				Value: fmt.Sprint("v", r.IntN(60)), From: []string{"sni", "dhcp"}[r.IntN(2)], First: first, Last: last,
			}
			acts = append(acts, func(st Store) error { return st.Note(h) })
		default:
			e := Evidence{
				Endpoint: ep, First: first, Last: last, Origin: origin, Count: uint64(1 + r.IntN(5)),
				Banner: []byte(strings.Repeat("x", r.IntN(3)*700)), Size: r.IntN(3) * 700, Mid: r.IntN(4) == 0,
				Source: Source(r.IntN(2)), Via: capture.Via(r.IntN(3)),
			}
			if r.IntN(4) == 0 {
				e.TLS = &capture.TLS{SNI: fmt.Sprint("h", r.IntN(9)), ALPN: []string{"", "h2"}[r.IntN(2)]}
			} else {
				e.Result = matcher.Result{
					Kind: matcher.Kind(r.IntN(4)), Service: []string{"ssh", "http"}[r.IntN(2)], Any: r.IntN(2) == 0,
					Fields: matcher.Fields{Product: []string{"", "A", "B"}[r.IntN(3)], Version: []string{"", "1", "2"}[r.IntN(3)]},
					Probe:  "NULL", File: "f", Line: r.IntN(8),
				}
			}
			acts = append(acts, func(st Store) error { return st.Add(e) })
		}
	}
	return acts
}

// dump is all that a store holds, in a form that can be compared.
func dump(t *testing.T, s Store) []string {
	t.Helper()
	var out []string
	err := s.Hosts(func(h *Host) error {
		out = append(out, fmt.Sprintf("%v/%d %+v", h.Addr, h.VLAN, h.Hints))
		for i := range h.Services {
			v := &h.Services[i]
			out = append(out, fmt.Sprintf("  %v %s open %+v closed %+v", v.Endpoint, v.State(), v.Open, v.Closed))
			for _, e := range v.Evidence {
				tls := ""
				if e.TLS != nil {
					tls = fmt.Sprintf("%+v", *e.TLS)
				}
				e.TLS = nil
				out = append(out, fmt.Sprintf("    %s %+v", tls, e))
			}
			b := Believe(v, nil)
			b.By = nil
			out = append(out, fmt.Sprintf("    = %+v", b))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tell(t *testing.T, s Store, acts []act) {
	t.Helper()
	for _, a := range acts {
		if err := a(s); err != nil {
			t.Fatal(err)
		}
	}
}

// The merge law: whatever the order, the repetitions and the partition, the
// knowledge is the same. 3000 acts over 36 endpoints overrun MaxClaims.
func TestMergeLaw(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		acts := story(r, 3000)
		var once Memory
		tell(t, &once, acts)
		want := dump(t, &once)

		var again Memory
		shuffled := append(append([]act(nil), acts...), acts[:1500]...)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		tell(t, &again, shuffled)
		compare(t, fmt.Sprintf("seed %d, permuted and repeated", seed), want, dump(t, &again))

		parts := make([]Memory, 4)
		for _, a := range shuffled {
			tell(t, &parts[r.IntN(len(parts))], []act{a})
		}
		var whole, other Memory
		for i := range parts {
			whole.join(copyOf(t, &parts[i]), unionMax)
		}
		for _, i := range []int{2, 0, 3, 1, 0, 2} {
			other.join(copyOf(t, &parts[i]), unionMax)
		}
		compare(t, fmt.Sprintf("seed %d, in four parts", seed), want, dump(t, &whole))
		compare(t, fmt.Sprintf("seed %d, parts in another order, two of them twice", seed), want, dump(t, &other))
	}
}

// copyOf returns a store of its own with all that m holds; join takes over what it is given.
func copyOf(t *testing.T, m *Memory) *Memory {
	t.Helper()
	c := &Memory{services: map[capture.Endpoint]*record{}, hosts: map[hostKey]*facts{}}
	for ep, r := range m.services {
		n := &record{open: r.open}
		n.open.counts = append([]tally(nil), r.open.counts...)
		if r.closed != nil {
			cl := *r.closed
			cl.counts = append([]tally(nil), cl.counts...)
			n.closed = &cl
		}
		for _, cm := range r.claims {
			cc := *cm
			cc.counts = append([]tally(nil), cm.counts...)
			n.claims = append(n.claims, &cc)
		}
		c.services[ep] = n
	}
	for k, f := range m.hosts {
		c.hosts[k] = &facts{hints: append([]Hint(nil), f.hints...)}
	}
	return c
}

func compare(t *testing.T, what string, want, got []string) {
	t.Helper()
	if reflect.DeepEqual(want, got) {
		return
	}
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			t.Fatalf("%s: line %d\nwant %s\ngot  %s", what, i, want[i], got[i])
		}
	}
	t.Fatalf("%s: %d lines, want %d", what, len(got), len(want))
}

// Every field of a claim's content tells claims apart; what is not content does not.
// A store keeps no more of what was said than a sample of it.
func TestSample(t *testing.T) {
	var m Memory
	_ = m.Add(Evidence{Endpoint: endpoint("192.0.2.1", 22, request.TCP), Count: 1, Size: 2 * MaxSample, Banner: make([]byte, 2*MaxSample)})
	_ = m.Hosts(func(h *Host) error {
		if e := &h.Services[0].Evidence[0]; len(e.Banner) != MaxSample || e.Size != 2*MaxSample {
			t.Errorf("%d bytes of %d", len(e.Banner), e.Size)
		}
		return nil
	})
}

func TestKey(t *testing.T) {
	base := func() Evidence {
		return Evidence{
			Endpoint: endpoint("192.0.2.1", 22, request.TCP),
			Result:   matcher.Result{Kind: matcher.Hard, Fields: matcher.Fields{CPE: []string{"cpe:/a:x:y"}}},
			TLS:      &capture.TLS{Offered: []string{"h2"}, Names: []string{"n"}},
		}
	}
	b := base()
	seen := map[Key]string{b.Key(): "base"}
	for name, change := range map[string]func(*Evidence){
		"addr":     func(e *Evidence) { e.Endpoint.Addr = netip.MustParseAddrPort("[::ffff:192.0.2.1]:22") },
		"port":     func(e *Evidence) { e.Endpoint.Addr = netip.MustParseAddrPort("192.0.2.1:23") },
		"proto":    func(e *Evidence) { e.Endpoint.Proto = request.UDP },
		"vlan":     func(e *Evidence) { e.Endpoint.VLAN = 1 },
		"vni":      func(e *Evidence) { e.Endpoint.VNI = 1 },
		"source":   func(e *Evidence) { e.Source = Active },
		"sensor":   func(e *Evidence) { e.Sensor = "s" },
		"target":   func(e *Evidence) { e.Target = "s" },
		"kind":     func(e *Evidence) { e.Result.Kind = matcher.Soft },
		"service":  func(e *Evidence) { e.Result.Service = "s" },
		"tunnel":   func(e *Evidence) { e.Result.Tunnel = "s" },
		"product":  func(e *Evidence) { e.Result.Product = "s" },
		"version":  func(e *Evidence) { e.Result.Version = "s" },
		"info":     func(e *Evidence) { e.Result.Info = "s" },
		"hostname": func(e *Evidence) { e.Result.Hostname = "s" },
		"os":       func(e *Evidence) { e.Result.OS = "s" },
		"device":   func(e *Evidence) { e.Result.Device = "s" },
		"cpe":      func(e *Evidence) { e.Result.CPE = nil },
		"probe":    func(e *Evidence) { e.Result.Probe = "s" },
		"file":     func(e *Evidence) { e.Result.File = "s" },
		"line":     func(e *Evidence) { e.Result.Line = 1 },
		"any":      func(e *Evidence) { e.Result.Any = true },
		"degraded": func(e *Evidence) { e.Result.Degraded = true },
		"via":      func(e *Evidence) { e.Via = capture.Proxied },
		"request":  func(e *Evidence) { e.Request = "s" },
		"mid":      func(e *Evidence) { e.Mid = true },
		"no tls":   func(e *Evidence) { e.TLS = nil },
		"sni":      func(e *Evidence) { e.TLS.SNI = "s" },
		"offered":  func(e *Evidence) { e.TLS.Offered = []string{"h", "2"} },
		"alpn":     func(e *Evidence) { e.TLS.ALPN = "s" },
		"tls":      func(e *Evidence) { e.TLS.Version = 1 },
		"cipher":   func(e *Evidence) { e.TLS.Cipher = 1 },
		"subject":  func(e *Evidence) { e.TLS.Subject = "s" },
		"names":    func(e *Evidence) { e.TLS.Names = nil },
		"issuer":   func(e *Evidence) { e.TLS.Issuer = "s" },
		"from":     func(e *Evidence) { e.TLS.NotBefore = at(1) },
		"until":    func(e *Evidence) { e.TLS.NotAfter = at(1) },
		"quic":     func(e *Evidence) { e.TLS.QUIC = 1 },
		"hash":     func(e *Evidence) { e.TLS.SHA256 = "s" },
		"serial":   func(e *Evidence) { e.TLS.SHA256, e.TLS.Serial = "s", "s" },
		"subjects": func(e *Evidence) { e.TLS.SHA256, e.TLS.SubjectDN = "s", "s" },
		"issuers":  func(e *Evidence) { e.TLS.SHA256, e.TLS.IssuerDN = "s", "ss" },
		"ja3s":     func(e *Evidence) { e.TLS.JA3S = "s" },
		"ja4":      func(e *Evidence) { e.TLS.JA4 = "s" },
		"ssh":      func(e *Evidence) { e.SSH = &capture.SSH{} },
		"hassh":    func(e *Evidence) { e.SSH = &capture.SSH{HASSHServer: "s"} },
		"kex":      func(e *Evidence) { e.SSH = &capture.SSH{Kex: "s"} },
		"keys":     func(e *Evidence) { e.SSH = &capture.SSH{HostKeys: "s"} },
	} {
		e := base()
		change(&e)
		if was, ok := seen[e.Key()]; ok {
			t.Errorf("%s: same key as %s", name, was)
		}
		seen[e.Key()] = name
	}
	e := base()
	e.First, e.Last, e.Count, e.Origin, e.Banner, e.Size = at(1), at(2), 9, "o", []byte("x"), 1
	if e.Key() != b.Key() {
		t.Error("time, count or sample change a claim's identity")
	}
}
