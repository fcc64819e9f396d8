package matcher

import (
	"slices"
	"sync"

	"earshot/matcher/request"
)

// equivalents finds probes by the kind of request they are.
type equivalents struct {
	once   sync.Once
	kinds  [2]map[request.Kind]*answerers // by transport: TCP, UDP
	family [2]map[string]*answerers
	null   answerers // for TCP responders that speak first
}

// answerers are the probes that provoke one kind of answer.
type answerers struct {
	probes []*Probe
	chain  lazyChain // their lists, one after the other
}

// Equivalent returns the probes whose answers the request req provokes as well:
// those whose payload asks for the same thing, then those that only speak the
// same protocol, each in file order. Without a request, and for protocols whose
// responder speaks first, it is the NULL probe. It returns nil if the request is
// not recognised or no probe is like it. The payloads themselves are classified,
// so it holds for any probe file. The slice must not be changed.
func (db *DB) Equivalent(p Proto, req []byte) []*Probe {
	if a := db.answerers(p, req); a != nil {
		return a.probes
	}
	return nil
}

// MatchRequest tries data, the head of what a responder sent, against the lists
// of the probes req is equivalent to. If they know nothing, or only the service,
// every line of the transport is tried: what it finds then is marked Any, and
// must not contradict the service. HTTP/2 answers are read as the HTTP/1 answers
// they stand for (not in strict mode).
//
// cut is how many bytes of data came before the first that are missing in it or behind it, 0 if none are: a
// value that reaches so far may be only a part of one, or two parts of different ones, and is left out.
func (db *DB) MatchRequest(p Proto, req, data []byte, cut int) Result {
	if p == request.TCP && !db.opts.Strict {
		whole := data
		if cut > 0 {
			whole = data[:min(cut, len(data))]
		}
		if head := http2Answer(whole); head != nil {
			if r := db.MatchRequest(p, []byte("GET / HTTP/1.0\r\n\r\n"), head, 0); r.Product != "" {
				return r
			}
		}
	}
	s := db.begin()
	defer db.end(s)
	s.cut = cut
	var r Result
	if a := db.answerers(p, req); a != nil {
		a.chain.once.Do(func() {
			var list []*Probe
			for _, q := range a.probes {
				list = append(list, q)
				list = append(list, q.Fallback...)
			}
			if p == request.TCP && db.null != nil {
				list = append(list, db.null)
			}
			db.link(&a.chain.chain, list)
		})
		db.try(&r, &a.chain.chain, data, s)
	}
	if r.Kind == Hard || db.opts.Strict && r.Kind == Soft {
		return r
	}
	var wide Result
	s.wide = true
	db.try(&wide, db.anyChain(p), data, s)
	if wide.Kind == None || r.Kind == Soft && (wide.Kind != Hard || wide.Service != r.Service) || r.Kind == Timeout && wide.Kind == Timeout {
		return r
	}
	wide.Any, wide.Degraded = wide.Kind != Timeout, wide.Degraded || r.Degraded
	return wide
}

// answerers returns what a request provokes, or nil.
func (db *DB) answerers(p Proto, req []byte) *answerers {
	e := &db.equiv
	e.once.Do(func() { e.build(db) })
	i := 0
	if p == request.UDP {
		i = 1
	}
	k := request.Kind("")
	if len(req) > 0 {
		if k = request.Classify(p, req); k == "" {
			return nil
		}
	}
	if a := e.kinds[i][k]; a != nil {
		return a
	}
	if a := e.family[i][k.Family()]; a != nil && k != "" {
		return a
	}
	if p != request.UDP && len(e.null.probes) > 0 && (k == "" || k.Greeted()) {
		return &e.null
	}
	return nil
}

// build classifies every payload.
func (e *equivalents) build(db *DB) {
	if db.null != nil {
		e.null.probes = []*Probe{db.null}
	}
	for i, p := range []Proto{request.TCP, request.UDP} {
		e.kinds[i], e.family[i] = map[request.Kind]*answerers{}, map[string]*answerers{}
		kinds := map[request.Kind][]*Probe{}
		for _, q := range db.probes {
			if q.Proto != p || q.IsNull() {
				continue
			}
			k := request.Classify(p, q.Payload)
			if k == "" {
				continue
			}
			kinds[k] = append(kinds[k], q)
			f := e.family[i][k.Family()]
			if f == nil {
				f = new(answerers)
				e.family[i][k.Family()] = f
			}
			f.probes = append(f.probes, q)
		}
		for k, probes := range kinds {
			for _, q := range e.family[i][k.Family()].probes {
				if !slices.Contains(probes, q) {
					probes = append(probes, q)
				}
			}
			e.kinds[i][k] = &answerers{probes: probes}
		}
	}
}
