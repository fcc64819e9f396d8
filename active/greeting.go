package active

import (
	"bytes"
	"slices"
	"time"

	"earshot/matcher"
	"earshot/matcher/request"
)

// greetingWait says how long a greeting is worth waiting for.
func (q *quiet) greetingWait() time.Duration {
	switch {
	case q.best.Service != "" && q.best.Product == "" && speaksFirst(q.best.Service):
		return waitGreeting // known by name only: its greeting was not heard
	case q.tunnel && (q.alpn == "h2" || q.alpn == "http/1.1"):
		return 0
	case !q.tunnel && q.tlsPort():
		return 0
	case speaksFirst(q.t.name):
		return waitGreeting
	case q.tunnel:
		return scaled(waitMaybe/2, q.t.rtt)
	}
	for _, p := range q.p.cfg.DB.Probes() {
		if p.Proto == request.TCP && !p.IsNull() && p.Ports.Has(q.port()) && !request.Classify(p.Proto, p.Payload).Greeted() {
			return 0
		}
	}
	return scaled(waitMaybe, q.t.rtt)
}

// saysFirst reports whether a port of which nothing is known is asked something without hearing first
// whether it greets, which takes a look at every probe and is remembered.
func (p *prober) saysFirst(t *task) bool {
	port := t.ep.Addr.Port()
	p.first.Lock()
	defer p.first.Unlock()
	says, known := p.first.ports[port]
	if !known {
		q := quiet{p: p, t: t}
		says = q.greetingWait() <= 0
		if p.first.ports == nil {
			p.first.ports = map[uint16]bool{}
		}
		p.first.ports[port] = says
	}
	return says
}

// greetedAnswer is what an answer says that alone says no more than r, once the greeting is
// put before it, or is taken from it where the server greeted the new connection, too.
func (q *quiet) greetedAnswer(p *matcher.Probe, req, data []byte, own bool, r matcher.Result) matcher.Result {
	proto := q.t.ep.Proto
	both := q.p.match(proto, p, req, slices.Concat(q.greeting, data), own)
	if both.Product != "" && both.Kind == matcher.Hard && !both.Any {
		r = both
	}
	if rest, again := bytes.CutPrefix(data, q.greeting); again && len(rest) > 0 {
		if alone := q.p.match(proto, p, req, rest, own); !alone.Any && weight(&alone) > weight(&r) {
			r = alone
		}
	}
	return r
}
