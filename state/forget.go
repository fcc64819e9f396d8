package state

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"earshot/capture"
)

// forgetEvery is how often, in packet time, a recorder that has no room makes some. That
// bounds what floods bring to a disk: a quarter of what a recorder keeps, once an hour.
const forgetEvery = time.Hour

// forget makes room for a quarter of what a recorder keeps, if it is full: what has no
// name goes before what has one, and what was heard longest ago first. All of it has been
// flushed.
//
// What is heard again later is counted under another origin, since the counts of one do
// not add up.
func (r *Recorder) forget() {
	limit := r.limit()
	if !r.cfg.Forget || r.known.Len() < limit && len(r.known.hosts) < 2*limit {
		return
	}
	if !r.forgot.IsZero() && r.now.Sub(r.forgot).Abs() < forgetEvery {
		return
	}
	r.forgot = r.now
	r.pass()
	r.origin = fmt.Sprintf("%s@%d", r.own, r.now.UnixNano())
	if r.known.Len() >= limit {
		r.forgetServices(max(1, limit/4))
	}
	if len(r.known.hosts) >= 2*limit {
		r.forgetHosts(max(1, limit/2))
	}
	r.known.order, r.known.noted = nil, nil
}

func (r *Recorder) forgetServices(n int) {
	type old struct {
		ep    capture.Endpoint
		named bool
		last  time.Time
	}
	all := make([]old, 0, r.known.Len())
	for ep, x := range r.known.services {
		o := old{ep: ep, last: x.open.last}
		if x.closed != nil {
			o.last = later(o.last, x.closed.last)
		}
		for _, c := range x.claims {
			o.last = later(o.last, c.Last)
			o.named = o.named || c.Result.Product != ""
		}
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b old) int {
		switch {
		case a.named != b.named && b.named:
			return -1
		case a.named != b.named:
			return 1
		}
		return cmp.Or(a.last.Compare(b.last), compareEndpoints(a.ep, b.ep), a.ep.Addr.Compare(b.ep.Addr))
	})
	for _, o := range all[:min(n, len(all))] {
		for _, c := range r.known.services[o.ep].claims {
			r.samples -= len(c.Banner)
		}
		delete(r.known.services, o.ep)
		r.Stats.Forgot++
	}
}

func (r *Recorder) forgetHosts(n int) {
	type old struct {
		k    hostKey
		last time.Time
	}
	all := make([]old, 0, len(r.known.hosts))
	for k, f := range r.known.hosts {
		o := old{k: k}
		for i := range f.hints {
			o.last = later(o.last, f.hints[i].Last)
		}
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b old) int { return cmp.Or(a.last.Compare(b.last), a.k.compare(b.k)) })
	for _, o := range all[:min(n, len(all))] {
		delete(r.known.hosts, o.k)
		r.Stats.Forgot++
	}
}

// forget makes room for a quarter of what a full tracker knows. Hosts of which no service
// is left go, too.
func (t *Tracker) forget() {
	if t.forgot != 0 && t.now-t.forgot < int64(forgetEvery) {
		return
	}
	t.forgot = t.now
	type old struct {
		ep    capture.Endpoint
		heard int64
	}
	all := make([]old, 0, len(t.services))
	for ep, x := range t.services {
		all = append(all, old{ep, x.heard})
	}
	slices.SortFunc(all, func(a, b old) int {
		return cmp.Or(cmp.Compare(a.heard, b.heard), hostOf(a.ep).compare(hostOf(b.ep)), compareEndpoints(a.ep, b.ep))
	})
	for _, o := range all[:len(all)/4] {
		delete(t.services, o.ep)
		t.hosts[hostOf(o.ep)].services--
	}
	for k, h := range t.hosts {
		if h.services == 0 {
			delete(t.hosts, k)
		}
	}
}
