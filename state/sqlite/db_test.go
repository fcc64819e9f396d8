package sqlite

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/state"
	"earshot/state/report"
)

// told is one thing that a state can be told.
type told struct {
	e *state.Evidence
	s *state.Sighting
	h *capture.Hint
}

func (x told) tell(to state.Store) error {
	switch {
	case x.e != nil:
		return to.Add(*x.e)
	case x.s != nil:
		return to.See(*x.s)
	}
	return to.Note(*x.h)
}

// network made up: few of everything, so that all of it meets.
func madeUp(r *rand.Rand, n int) []told {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	at := func() time.Time {
		if r.IntN(20) == 0 {
			return time.Time{}
		}
		return time.Unix(1_700_000_000+int64(r.IntN(50)), int64(r.IntN(3))).UTC()
	}
	ep := func() capture.Endpoint {
		addr := netip.MustParseAddr(pick("192.0.2.1", "10.0.0.2", "2001:db8::1", "fe80::1%eth0", "::ffff:192.0.2.9"))
		return capture.Endpoint{Addr: netip.AddrPortFrom(addr, uint16(20+r.IntN(3))), Proto: capture.Proto(1 + r.IntN(3)), VLAN: uint16(r.IntN(2) * 7), VNI: uint32(r.IntN(2) * 70000)}
	}
	var out []told
	for range n {
		a, b := at(), at()
		if b.Before(a) && !b.IsZero() {
			a, b = b, a
		}
		origin := pick("one", "two", "probe")
		switch r.IntN(6) {
		case 0:
			out = append(out, told{s: &state.Sighting{Closed: r.IntN(2) == 0, Origin: origin, Sighting: capture.Sighting{
				Endpoint: ep(), First: a, Last: b, Count: uint64(1 + r.IntN(4)), Reason: pick("", "syn-ack", "reset", "no-response", "udp-response", "abort"),
			}}})
		case 1:
			p := ep()
			out = append(out, told{h: &capture.Hint{Addr: p.Addr.Addr(), VLAN: p.VLAN, VNI: p.VNI, Kind: pick("mac", "name"), Value: pick("00:11:22:33:44:55", "h\xff\x00st", "name.example"), From: pick("arp", "sni"), First: a, Last: b}})
		default:
			e := &state.Evidence{
				Endpoint: ep(), Source: state.Source(r.IntN(2)), Sensor: pick("", "north"), Via: capture.Via(r.IntN(3)), Request: pick("", "http-get"), Mid: r.IntN(8) == 0,
				First: a, Last: b, Origin: origin, Count: uint64(1 + r.IntN(5)), Size: 3 + r.IntN(2), Client: [...]netip.AddrPort{{}, netip.MustParseAddrPort("192.0.2.9:5"), netip.MustParseAddrPort("192.0.2.10:5")}[r.IntN(3)], Banner: []byte(pick("", "220 hi\r\n", "\xff\x00\"<b>", "SSH-2.0-x")),
			}
			switch r.IntN(9) {
			case 0:
				e.SSH = &capture.SSH{HASSHServer: pick("", "0f", "base64:}"), Kex: pick("", "a,b\xff", "}")}
				e.Result.Service = "ssh"
			case 1:
				e.TLS = &capture.TLS{QUIC: 1, JA4: pick("", "q13"), JA3S: "\xff", SHA256: pick("", "00"), SubjectDN: "C=XX", Serial: "01"}
			}
			if e.SSH == nil && e.TLS == nil && r.IntN(5) == 0 {
				e.TLS = &capture.TLS{SNI: pick("", "a.example", "b\xffad", "base64:x"), Offered: []string{"h2"}, Version: 0x303, Names: []string{"\xfe", "n.example"}, NotAfter: time.Unix(1_800_000_000, 0).UTC()}
			} else if e.SSH == nil && e.TLS == nil {
				e.Result = matcher.Result{
					Kind: matcher.Kind(r.IntN(4)), Service: pick("ssh", "http", ""), Probe: "NULL", File: "x.probes", Line: r.IntN(4), Any: r.IntN(3) == 0,
					Fields: matcher.Fields{Product: pick("", "A", "B\xe9"), Version: pick("", "1", "2"), CPE: []string{"cpe:/a:x:y", "cpe:/o:z:w"}[:r.IntN(3)]},
				}
			}
			out = append(out, told{e: e})
		}
	}
	return out
}

func open(t *testing.T, path string) *DB {
	t.Helper()
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // most tests did
	return d
}

// reports are the bytes of every report of a store.
func reports(t *testing.T, s state.Store) []byte {
	t.Helper()
	var b bytes.Buffer
	o := &report.Options{All: true, Reason: true}
	for _, w := range []func(*report.Options) error{
		func(o *report.Options) error { return report.JSON(&b, s, o) },
		func(o *report.Options) error { return report.Normal(&b, s, o) },
		func(o *report.Options) error { return report.XML(&b, s, o) },
		func(o *report.Options) error { return report.Greppable(&b, s, o) },
	} {
		if err := w(o); err != nil {
			t.Fatal(err)
		}
	}
	// What reports do not show counts, too.
	err := s.Hosts(func(h *state.Host) error {
		for i := range h.Services {
			for k := range h.Services[i].Evidence {
				e := &h.Services[i].Evidence[k]
				fmt.Fprintf(&b, "%v %x %q %d %d %v %v\n", e.Endpoint, e.Key(), e.Banner, e.Size, e.Count, e.First, e.Last)
			}
			fmt.Fprintf(&b, "%+v %+v\n", h.Services[i].Open, h.Services[i].Closed)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLaw tells the same things to stores in every way: in another order, some twice,
// parted among several stores that are merged in another order. All say the same.
func TestLaw(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		all := madeUp(r, 1+r.IntN(400))
		memory := new(state.Memory)
		for _, x := range all {
			if err := x.tell(memory); err != nil {
				t.Fatal(err)
			}
		}
		want := reports(t, memory)
		if len(want) < 200 {
			t.Fatalf("seed %d: an empty report", seed)
		}
		dir := t.TempDir()
		parts := make([]*DB, 1+r.IntN(4))
		for i := range parts {
			parts[i] = open(t, filepath.Join(dir, fmt.Sprintf("part%d.db", i)))
		}
		for _, i := range r.Perm(len(all)) {
			for range 1 + r.IntN(2) {
				p := parts[r.IntN(len(parts))]
				if err := all[i].tell(p); err != nil {
					t.Fatal(err)
				}
				if r.IntN(30) == 0 {
					if err := p.Flush(); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		into := open(t, filepath.Join(dir, "into.db"))
		for range 2 { // again adds nothing
			for _, i := range r.Perm(len(parts)) {
				if err := parts[i].Flush(); err != nil {
					t.Fatal(err)
				}
				if err := into.Merge(parts[i].path); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := reports(t, into); !bytes.Equal(got, want) {
			t.Fatalf("seed %d: %d things in %d stores, merged, say otherwise than memory:\n%s", seed, len(all), len(parts), firstDifference(got, want))
		}
		if err := into.Close(); err != nil {
			t.Fatal(err)
		}
		ro, err := OpenForReading(into.path)
		if err != nil {
			t.Fatal(err)
		}
		if got := reports(t, ro); !bytes.Equal(got, want) {
			t.Fatalf("seed %d: opened again it says otherwise", seed)
		}
		if bad, err := ro.integrity(); bad != "" || err != nil {
			t.Fatal(bad, err)
		}
		if err := ro.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func firstDifference(a, b []byte) string {
	la, lb := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(la), len(lb)) {
		if !bytes.Equal(la[i], lb[i]) {
			return fmt.Sprintf("line %d\n got %s\nwant %s", i+1, la[i], lb[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(la), len(lb))
}

// TestManyClaims shows that what is kept of a service that says ever other things is
// bounded on disk as in memory, and is the same.
func TestManyClaims(t *testing.T) {
	d, m := open(t, filepath.Join(t.TempDir(), "s.db")), new(state.Memory)
	for i := range 1000 {
		e := state.Evidence{
			Endpoint: capture.Endpoint{Addr: netip.MustParseAddrPort("192.0.2.1:22"), Proto: 1}, First: time.Unix(int64(i), 0), Last: time.Unix(int64(i), 0),
			Count: 1, Origin: fmt.Sprint(i % 3), Result: matcher.Result{Kind: matcher.Hard, Service: "ssh", Fields: matcher.Fields{Product: fmt.Sprint(i)}},
		}
		for _, s := range []state.Store{d, m} {
			if err := s.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		if i%100 == 99 {
			if err := d.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !bytes.Equal(reports(t, d), reports(t, m)) {
		t.Error("disk and memory keep different claims")
	}
	if _, _, n, err := d.Count(); err != nil || n > 3*state.MaxClaims+200 {
		t.Errorf("%d rows are kept (%v)", n, err)
	}
}

// TestMode shows that nobody else can read the file.
func TestMode(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "s.db"))
	if err := d.Note(capture.Hint{Addr: netip.MustParseAddr("192.0.2.1"), Kind: "name", Value: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := d.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, tail := range []string{"", "-wal", "-shm"} {
		st, err := os.Stat(d.path + tail)
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", filepath.Base(d.path+tail), st.Mode().Perm())
		}
	}
}
