package state

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher"
)

// day is a made-up day of one host, as pieces that are heard one after the other.
type day struct {
	all    Memory
	pieces []*Memory
}

func (d *day) at(s int) time.Time { return time.Unix(1_700_000_000+int64(s), 0).UTC() }

func (d *day) say(f func(Store)) {
	f(&d.all)
	// What a recorder flushes of a service is all that it knows of it.
	whole := new(Memory)
	_ = d.all.Replay(whole)
	d.pieces = append(d.pieces, whole)
}

func trackedDay() *day {
	d := &day{}
	web := capture.Endpoint{Addr: netip.MustParseAddrPort("192.0.2.1:443"), Proto: 1}
	ssh := capture.Endpoint{Addr: netip.MustParseAddrPort("192.0.2.1:22"), Proto: 1}
	open := func(ep capture.Endpoint, s, n int) func(Store) {
		return func(to Store) {
			_ = to.See(Sighting{Sighting: capture.Sighting{Endpoint: ep, First: d.at(s), Last: d.at(s), Count: 1, Reason: "syn-ack"}, Origin: fmt.Sprint(n)})
		}
	}
	version := func(v string, s int) func(Store) {
		return func(to Store) {
			_ = to.Add(Evidence{
				Endpoint: ssh, First: d.at(s), Last: d.at(s), Origin: v, Count: 1,
				Result: matcher.Result{Kind: matcher.Hard, Service: "ssh", Line: 1, Fields: matcher.Fields{Product: "S", Version: v}},
			})
		}
	}
	shows := func(year, s int) func(Store) {
		return func(to Store) {
			_ = to.Add(Evidence{
				Endpoint: web, First: d.at(s), Last: d.at(s), Origin: fmt.Sprint("c", s), Count: 1,
				TLS: &capture.TLS{SNI: "a.example", Subject: "a.example", Issuer: "CA", NotBefore: d.at(0), NotAfter: d.at(year * 365 * 86400)},
			})
		}
	}
	mac := func(m string, s int) func(Store) {
		return func(to Store) {
			_ = to.Note(capture.Hint{Addr: ssh.Addr.Addr(), Kind: "mac", Value: m, From: "arp", First: d.at(s), Last: d.at(s)})
		}
	}
	for _, f := range []func(Store){
		open(ssh, 0, 1), version("1.0", 1), mac("00:00:5e:00:53:01", 2), open(web, 3, 1), shows(1, 4), version("1.0", 50), shows(1, 60),
		version("1.1", 100), mac("00:00:5e:00:53:02", 110), shows(2, 120), version("1.1", 130), shows(2, 140), open(web, 4000, 2),
	} {
		d.say(f)
	}
	return d
}

func lines(cs []Change) []string {
	var out []string
	for i := range cs {
		c := &cs[i]
		if c.Kind == "new-service" {
			c.To = "" // is not known yet when it is told
		}
		out = append(out, fmt.Sprint(c.Time.Unix()-1_700_000_000, " ", c.Where(), " ", c.Kind, " ", c.From, " > ", c.To))
	}
	slices.Sort(out)
	return out
}

// What is told on the way is what is told at the end, each change once.
func TestTracker(t *testing.T) {
	d := trackedDay()
	tr := &Tracker{Quiet: time.Hour}
	var told []Change
	for _, m := range d.pieces {
		_ = m.Hosts(func(h *Host) error { told = append(told, tr.Learn(h)...); return nil })
		told = append(told, tr.Sweep()...)
	}
	var want []Change
	_ = d.all.Hosts(func(h *Host) error { want = h.Changes(nil, d.at(4000), time.Hour); return nil })
	got, all := lines(told), lines(want)
	if !slices.Equal(got, all) || len(all) != 7 {
		t.Errorf("on the way %d: %q\nat the end %d: %q", len(got), got, len(all), all)
	}
}

// What was known before is not told, but what has become otherwise since is; and the time
// in which nobody listened makes nothing quiet.
func TestTrackerRecalls(t *testing.T) {
	d := trackedDay()
	tr := &Tracker{Quiet: time.Hour}
	_ = d.pieces[6].Hosts(func(h *Host) error { tr.Recall(h); return nil })
	tr.Begin()
	var told []Change
	for _, m := range d.pieces[6:] {
		_ = m.Hosts(func(h *Host) error { told = append(told, tr.Learn(h)...); return nil })
	}
	got := lines(told)
	if len(got) != 3 {
		t.Errorf("%q, want a version, a certificate and an address", got)
	}
	if q := tr.Sweep(); len(q) != 1 {
		t.Errorf("%v has gone quiet, want ssh", q)
	}
	if q := tr.Sweep(); len(q) != 0 {
		t.Errorf("%v: told twice", q)
	}

	late := &Tracker{Quiet: time.Hour}
	_ = d.pieces[11].Hosts(func(h *Host) error { late.Recall(h); return nil })
	late.Begin()
	_ = d.pieces[12].Hosts(func(h *Host) error { late.Learn(h); return nil })
	if q := late.Sweep(); len(q) != 0 {
		t.Errorf("%v went quiet while nobody listened", q)
	}
}

// A tracker that is full, and has just forgotten a quarter, tells no more and keeps no more.
func TestTrackerFull(t *testing.T) {
	tr := &Tracker{Max: 100}
	n := 0
	for i := range 1000 {
		a := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
		h := &Host{Addr: a, Services: []Service{{
			Endpoint: capture.Endpoint{Addr: netip.AddrPortFrom(a, 22), Proto: 1},
			Open:     Life{First: time.Unix(1, 0), Last: time.Unix(1, 0), Count: 1},
		}}}
		n += len(tr.Learn(h))
	}
	if n != 250 || len(tr.hosts) != 100 || len(tr.services) != 100 {
		t.Errorf("%d changes, %d hosts, %d services", n, len(tr.hosts), len(tr.services))
	}
}
