package active

import (
	"context"
	"net/netip"
	"time"

	"earshot/capture"
	"earshot/matcher/request"
	"earshot/state"
)

// visit is the asking of one host.
type visit struct {
	*engine
	addr   netip.Addr
	known  *view // nil if nothing is known of it
	steps  map[Port]Step
	names  *hostNames
	list   *listing
	pace   *hostPace
	whole  context.Context //nolint:containedctx // of the run: the host's own time does not end the looking up of its name
	looked bool            // its name is being looked up, or has been
	up     bool
	rtt    time.Duration // a moving average, 0 before the first answer
	silent []Finding     // until the host is known to be up
	open   []*task       // TCP ports found open
	later  []*task       // asked once discovery is over
}

// silentPorts is after how many TCP ports without any answer a host is taken to be
// down, unless it is known to be up.
const silentPorts = 16

// host asks one host.
func (e *engine) host(ctx context.Context, a netip.Addr) {
	v := &visit{
		engine: e, addr: a, known: e.known[a], whole: ctx,
		steps: map[Port]Step{}, names: new(hostNames), list: new(listing), pace: new(hostPace),
	}
	v.up = e.cfg.Up || v.known != nil && v.known.up
	v.arrive()
	if e.cfg.HostTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.cfg.HostTimeout)
		defer cancel()
	}
	tcp, udp := v.plan()
	v.discover(ctx, tcp)
	if !v.up && len(v.silent) > 0 && len(udp) == 0 {
		if v.whole.Err() == nil {
			notThere(e.cfg.Ledger, a, "no-response")
		}
		return
	}
	if v.up {
		if name := e.cfg.Scope.Name(a); name != "" {
			e.p.rec.name(a, name, time.Now())
		}
		v.lookUp()
	}
	v.datagrams(ctx, udp)
	e.classic(ctx, v.later)
	for _, t := range v.later {
		e.leave(v.whole, t)
	}
	for _, t := range v.open {
		e.p.rpcListed(t)
	}
}

// arrive waits for the scan ahead, if there is one, and takes what it found out about the
// host.
func (v *visit) arrive() {
	if v.cfg.Reverse != nil && v.cfg.Reverse.All {
		v.lookUp()
	}
	if v.cfg.Await != nil {
		v.cfg.Await(v.whole, v.addr)
	}
	if v.cfg.Found == nil {
		return
	}
	if h := v.cfg.Found(v.addr); h.Up {
		v.p.rec.up(v.addr, h.Reason, h.MAC, time.Now())
		v.lookUp()
	}
}

// lookUp looks up the names of the host meanwhile, once.
func (v *visit) lookUp() {
	if v.looked {
		return
	}
	v.looked = true
	v.cfg.Reverse.begin(v.whole, v.p.dial, v.addr, func(name, from string) {
		v.names.add(name)
		at := time.Now()
		v.p.rec.hint(capture.Hint{Addr: v.addr, Kind: "name", Value: name, From: from, First: at, Last: at})
	})
}

// plan decides about each port. It returns those that discovery is to look at and the UDP
// ports that are asked without: a Discover from outside knows both kinds.
func (v *visit) plan() (look, udp []Port) {
	for _, p := range v.cfg.ports(v.known) {
		s := v.cfg.decide(v.addr, p, v.known)
		if !s.Ask {
			continue
		}
		v.steps[p] = s
		if p.Proto == request.TCP {
			look = append(look, p)
		} else {
			udp = append(udp, p)
		}
	}
	if v.cfg.Strategy == Quiet && v.cfg.Intensity >= rpcIntensity {
		portmapperFirst(look)
	}
	if v.cfg.Discover != nil {
		return append(look, udp...), nil
	}
	return look, udp
}

// discover finds out which ports are open. In the quiet strategy they are asked as they
// are found.
func (v *visit) discover(ctx context.Context, look []Port) {
	if len(look) == 0 {
		return
	}
	discover := v.cfg.Discover
	if discover == nil {
		quiet := v.cfg.Strategy == Quiet
		c := &connector{dial: v.p.dial, pace: v.pace, most: v.cfg.Patience, wide: !quiet, keep: quiet && !v.cfg.ScanOnly, once: v.cfg.ScanOnly}
		if c.keep {
			c.speaks = v.speaks
		}
		discover = c.run
	}
	discover(ctx, v.addr, look, func(f Finding) bool { return v.found(ctx, f) })
}

// speaks reports whether an open port of the host is asked something at once, and not listened to
// first.
func (v *visit) speaks(p Port) bool {
	t := v.task(endpoint(v.addr, p))
	if t.quiet {
		return false
	}
	if t.known == nil && !t.tls {
		return v.p.saysFirst(t)
	}
	q := quiet{p: v.p, t: t}
	return q.greetingWait() <= 0
}

// found takes what discovery says of a port. It reports whether to go on.
func (v *visit) found(ctx context.Context, f Finding) bool {
	v.up = v.up || v.cfg.Discover != nil // it speaks of hosts that are up only
	if f.State == "" {
		return ctx.Err() == nil
	}
	if !v.up && f.fromNobody() {
		v.silent = append(v.silent, f)
		return len(v.silent) < silentPorts
	}
	v.answered(f.RTT)
	ep := endpoint(v.addr, f.Port)
	switch {
	case f.State == "open":
		v.asOpen(ctx, &f, ep)
	case f.State == "open|filtered" && v.cfg.Strategy == Classic && !v.cfg.ScanOnly:
		v.later = append(v.later, v.task(ep))
	default:
		v.p.rec.see(ep, true, f.Reason, f.At)
	}
	return ctx.Err() == nil
}

// fromNobody reports whether a finding does not show that the host is there: nothing came,
// or others said that they cannot reach it.
func (f *Finding) fromNobody() bool {
	return f.Reason == "no-response" || f.Reason == "net-unreach" || f.Reason == "host-unreach"
}

// answered takes an answer of the host, rtt being 0 if it was not timed: what was silent
// before is filtered then, and no sign of a host that is down.
func (v *visit) answered(rtt time.Duration) {
	v.up = true
	for _, s := range v.silent {
		v.p.rec.see(endpoint(v.addr, s.Port), true, s.Reason, s.At)
	}
	v.silent = nil
	v.lookUp()
	if rtt <= 0 {
		return
	}
	if v.rtt == 0 {
		v.rtt = rtt
	}
	v.rtt += (rtt - v.rtt) / 8
}

// asOpen takes an open port, and asks it unless that is for later.
func (v *visit) asOpen(ctx context.Context, f *Finding, ep capture.Endpoint) {
	v.p.opened(ep, f.Reason, f.At)
	t := v.task(ep)
	t.link = f.link
	v.open = append(v.open, t)
	switch {
	case v.cfg.ScanOnly || t.quiet && v.cfg.Strategy == Classic:
		f.link.close("open") // nil is well
	case v.cfg.Strategy == Classic:
		v.later = append(v.later, t)
	case len(f.answer) > 0 && v.p.answered(f, ep):
	default:
		v.p.ask(ctx, t)
		v.leave(v.whole, t)
	}
}

// datagrams asks the UDP ports that no discovery has looked at.
func (v *visit) datagrams(ctx context.Context, udp []Port) {
	for _, p := range udp {
		t := v.task(endpoint(v.addr, p))
		if v.cfg.Strategy == Classic {
			v.later = append(v.later, t)
			continue
		}
		if ctx.Err() == nil {
			v.p.ask(ctx, t)
			v.leave(v.whole, t)
		}
	}
}

// task is a port to be asked, with what is known already.
func (v *visit) task(ep capture.Endpoint) *task {
	port := Port{ep.Proto, ep.Addr.Port()}
	t := &task{
		ep: ep, rtt: v.rtt, name: v.cfg.Names.Name(port.Proto, port.Port), host: v.pace, quiet: !v.steps[port].Speak,
		sni: v.cfg.Scope.Name(v.addr), listing: v.list, names: v.names,
	}
	if v.known == nil {
		return t
	}
	if s := v.known.services[port]; s != nil {
		t.recall(s, v.cfg.Names)
	}
	if t.sni == "" && len(v.known.names) > 0 {
		t.sni = v.known.names[0]
	}
	return t
}

// recall takes over what the state believes of the port.
func (t *task) recall(s *state.Service, names *state.PortNames) {
	if b := state.Believe(s, names); b.By != nil {
		t.known = &b
	}
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if e.TLS == nil {
			continue
		}
		t.upgraded = t.upgraded || e.Via == capture.StartTLS
		if e.Via != capture.Direct {
			continue
		}
		t.tls = true
		if t.sni == "" {
			t.sni = e.TLS.SNI
		}
	}
}
