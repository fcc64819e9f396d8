package active

import (
	"bytes"
	"cmp"
	"net/netip"
	"sync"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

// recorder puts what is learned into the state, one thing at a time.
type recorder struct {
	mu     sync.Mutex
	store  state.Store
	origin string // what the counts of this run are counted under
	err    error
}

func newRecorder(cfg *Config) *recorder {
	return &recorder{store: cfg.Store, origin: cmp.Or(cfg.Origin, "probe")}
}

func (r *recorder) keep(err error) {
	if r.err == nil {
		r.err = err
	}
}

// see takes the life of an endpoint: open, or refused or silent for that reason.
func (r *recorder) see(ep capture.Endpoint, closed bool, reason string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(r.store.See(state.Sighting{Closed: closed, Origin: r.origin, Sighting: capture.Sighting{
		Endpoint: ep, First: at, Last: at, Count: 1, Reason: reason,
	}}))
}

// claim takes what a banner told. The banner's bytes are copied.
func (r *recorder) claim(b *capture.Banner, res matcher.Result) {
	e := state.Evidence{
		Endpoint: b.Endpoint, Source: state.Active, Result: res, Via: b.Via, First: b.First, Last: b.Last, Origin: r.origin, Count: 1,
		Banner: bytes.Clone(b.Data[:min(len(b.Data), state.MaxSample)]), Size: len(b.Data), Client: b.Client, TLS: b.TLS,
	}
	if len(b.Request) > 0 {
		e.Request = string(request.Classify(b.Proto, b.Request))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(r.store.Add(e))
}

// name notes the name that the user gave a host.
func (r *recorder) name(a netip.Addr, name string, at time.Time) {
	r.hint(capture.Hint{Addr: a, Kind: "name", Value: name, From: "user", First: at, Last: at})
}

// fact notes a fact of a port among those of its host.
func (r *recorder) fact(ep capture.Endpoint, kind, value string, at time.Time) {
	from := sprintf("%d/%s", ep.Addr.Port(), ep.Proto)
	r.hint(capture.Hint{Addr: ep.Addr.Addr(), VLAN: ep.VLAN, VNI: ep.VNI, Kind: kind, Value: value, From: from, First: at, Last: at})
}
