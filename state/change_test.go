package state

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// What changed is told in the order in which it happened, of whatever service it was.
func TestChangesInOrder(t *testing.T) {
	var m Memory
	say := func(port, second int, version string) {
		ep := endpoint("192.0.2.1", port, request.TCP)
		_ = m.See(Sighting{Sighting: capture.Sighting{Endpoint: ep, First: at(second), Last: at(second), Count: 1, Reason: "syn-ack"}})
		_ = m.Add(Evidence{Endpoint: ep, First: at(second), Last: at(second), Count: 1, Result: matcher.Result{Kind: matcher.Hard, Service: "ssh", Fields: matcher.Fields{Product: "S", Version: version}}})
	}
	say(22, 50, "1")
	say(22, 90, "2")
	say(80, 10, "7")
	say(80, 70, "8")
	for second, mac := range map[int]string{20: "00:00:5e:00:53:01", 80: "00:00:5e:00:53:02"} {
		_ = m.Note(capture.Hint{Addr: netip.MustParseAddr("192.0.2.1"), Kind: "mac", Value: mac, From: "arp", First: at(second), Last: at(second)})
	}
	var got []string
	_ = m.Hosts(func(h *Host) error {
		for _, c := range h.Changes(nil, at(100), 0) {
			got = append(got, c.Time.Sub(at(0)).String()+" "+c.Kind+" "+c.From+">"+c.To)
		}
		return nil
	})
	want := []string{"10s new-host >", "10s new-service >S 7", "50s new-service >S 1", "1m10s version-changed S 7>S 8", "1m20s address-moved 00:00:5e:00:53:01>00:00:5e:00:53:02", "1m30s version-changed S 1>S 2"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// What a certificate says is no version of what is heard beside it, nor is what is not sure, or another host's.
func TestVersionsOfWords(t *testing.T) {
	said := func(second int, product string, shown *capture.TLS) Evidence {
		return Evidence{First: at(second), Last: at(second), TLS: shown, Result: matcher.Result{Kind: matcher.Hard, Service: "http", Fields: matcher.Fields{Product: product, Version: "1"}}}
	}
	with := func(e Evidence, change func(*Evidence)) Evidence { change(&e); return e }
	s := Service{Evidence: []Evidence{
		said(10, "S", nil), said(20, "Example NAS", &capture.TLS{}), said(30, "S", nil), said(40, "", nil),
		with(said(50, "T", nil), func(e *Evidence) { e.Result.Kind = matcher.Soft }),
		with(said(60, "U", nil), func(e *Evidence) { e.Result.Version = "" }),
		with(said(70, "V", nil), func(e *Evidence) { e.Target = "www.example.org" }),
	}}
	if got := versions(&s); len(got) != 1 || got[0].what != "S 1" {
		t.Errorf("%v", got)
	}
}

func TestCertificateWords(t *testing.T) {
	day := func(y int) time.Time { return time.Date(y, 2, 3, 0, 0, 0, 0, time.UTC) }
	for want, c := range map[string]capture.TLS{
		"a.example by CA, 2025-02-03 to 2026-02-03":     {Subject: "a.example", Issuer: "CA", Names: []string{"b.example"}},
		"a.example, 2025-02-03 to 2026-02-03":           {Subject: "a.example", Issuer: "a.example"},
		"b.example c.example, 2025-02-03 to 2026-02-03": {Names: []string{"b.example", "c.example"}},
		"a certificate by CA, 2025-02-03 to 2026-02-03": {Issuer: "CA"},
	} {
		c.NotBefore, c.NotAfter = day(2025), day(2026)
		if got := certificate(&c); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
