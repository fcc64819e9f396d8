package active

import (
	"bytes"
	"context"
	"net/netip"
	"sync"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

// Run asks every host in scope about its ports and adds what it learns to cfg.Store,
// which nobody else may use until it returns. It returns ctx's error if that ended it,
// else the first error of the store or the ledger; what was learned until then is in the
// store in any case.
func Run(ctx context.Context, cfg *Config) error {
	known, err := views(cfg)
	if err != nil {
		return err
	}
	e := &engine{cfg: cfg, known: known, p: &prober{
		cfg: cfg, dial: newDialer(cfg), rec: newRecorder(cfg), identify: state.Matching(cfg.DB),
	}}
	if cfg.Strategy == Classic {
		n := cfg.PerHost
		if n == 0 {
			n = 20
		}
		e.classicSlots = make(chan struct{}, n)
	}
	hosts := make(chan netip.Addr)
	var done sync.WaitGroup
	for range cfg.hosts() {
		done.Add(1)
		go func() {
			defer done.Done()
			for a := range hosts {
				e.host(ctx, a)
			}
		}()
	}
	for a := range cfg.Scope.All() {
		if cfg.Ports == nil && known[a] == nil {
			continue
		}
		select {
		case hosts <- a:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(hosts)
	done.Wait()
	cfg.Reverse.wait()
	e.p.dial.end()
	if err := ctx.Err(); err != nil {
		return err
	}
	if e.p.rec.err != nil {
		return e.p.rec.err
	}
	if cfg.Ledger != nil {
		return cfg.Ledger.Err()
	}
	return nil
}

// engine is one run.
type engine struct {
	cfg          *Config
	p            *prober
	known        map[netip.Addr]*view
	classicSlots chan struct{} // bounds the ports that Classic works on
}

// silentPorts is after how many TCP ports without any answer a host is taken to be
// down, unless it is known to be up.
const silentPorts = 16

// host asks one host.
func (e *engine) host(ctx context.Context, a netip.Addr) {
	names := new(hostNames)
	all, looked := ctx, false // the host's time does not end the looking up of its name
	lookUp := func() {
		if !looked {
			looked = true
			e.named(all, a, names)
		}
	}
	if e.cfg.Reverse != nil && e.cfg.Reverse.All {
		lookUp()
	}
	if e.cfg.Await != nil {
		e.cfg.Await(ctx, a)
	}
	if e.cfg.Found != nil {
		if h := e.cfg.Found(a); h.Up {
			e.p.rec.up(a, h.Reason, h.MAC, time.Now())
			lookUp()
		}
	}
	if e.cfg.HostTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.cfg.HostTimeout)
		defer cancel()
	}
	v := e.known[a]
	pace := &hostPace{}
	up := e.cfg.Up || v != nil && v.up
	var tcp, udp []Port
	steps := map[Port]Step{}
	for _, p := range e.cfg.ports(v) {
		s := e.cfg.decide(a, p, v)
		if !s.Ask {
			continue
		}
		steps[p] = s
		if p.Proto == request.TCP {
			tcp = append(tcp, p)
		} else {
			udp = append(udp, p)
		}
	}
	if e.cfg.Strategy == Quiet && e.cfg.Intensity >= rpcIntensity {
		portmapperFirst(tcp)
	}
	list := new(listing)
	var rtt time.Duration
	var open, later []*task
	var silent []Finding // until the host is known to be up
	answered := false
	found := func(f Finding) bool {
		ep := endpoint(a, f.Port)
		up = up || e.cfg.Discover != nil // it speaks of hosts that are up only
		if f.State == "" {
			return ctx.Err() == nil
		}
		if !up && (f.Reason == "no-response" || f.Reason == "net-unreach" || f.Reason == "host-unreach") { // these others say, if anybody
			silent = append(silent, f)
			return len(silent) < silentPorts
		}
		answered = answered || f.Reason != "no-response"
		if !up {
			up = true
			for _, s := range silent {
				e.p.rec.see(endpoint(a, s.Port), true, s.Reason, s.At)
			}
			silent = nil
		}
		if up {
			lookUp()
		}
		if f.RTT > 0 {
			if rtt == 0 {
				rtt = f.RTT
			}
			rtt += (f.RTT - rtt) / 8
		}
		if f.State == "open|filtered" && e.cfg.Strategy == Classic && !e.cfg.ScanOnly {
			t := e.task(ep, v, rtt, pace, steps[f.Port].Speak)
			t.listing, t.names = list, names
			later = append(later, t)
			return ctx.Err() == nil
		}
		if f.State != "open" {
			e.p.rec.see(ep, true, f.Reason, f.At)
			return ctx.Err() == nil
		}
		e.p.opened(ep, f.Reason, f.At)
		t := e.task(ep, v, rtt, pace, steps[f.Port].Speak)
		t.link, t.listing, t.names = f.link, list, names
		open = append(open, t)
		switch {
		case e.cfg.ScanOnly || t.quiet && e.cfg.Strategy == Classic:
			f.link.close("open") // nil is well
		case e.cfg.Strategy == Classic:
			later = append(later, t)
		case len(f.answer) > 0 && e.p.answered(&f, ep):
		default:
			e.p.ask(ctx, t)
			e.leave(all, t)
		}
		return ctx.Err() == nil
	}
	discover := e.cfg.Discover
	if discover == nil {
		c := &connector{dial: e.p.dial, pace: pace, most: e.cfg.Patience, wide: e.cfg.Strategy == Classic, keep: e.cfg.Strategy == Quiet && !e.cfg.ScanOnly, once: e.cfg.ScanOnly}
		discover = c.run
	}
	if e.cfg.Discover != nil { // it knows both
		tcp, udp = append(tcp, udp...), nil
	}
	if len(tcp) > 0 {
		discover(ctx, a, tcp, found)
	}
	if !up && len(silent) > 0 {
		if len(udp) == 0 {
			if all.Err() == nil {
				notThere(e.cfg.Ledger, a, "no-response")
			}
			return
		}
	}
	name := e.cfg.Scope.Name(a)
	if up && name != "" {
		e.p.rec.name(a, name, time.Now())
	}
	if up {
		lookUp()
	}
	for _, p := range udp {
		t := e.task(endpoint(a, p), v, rtt, pace, steps[p].Speak)
		t.listing, t.names = list, names
		if e.cfg.Strategy == Classic {
			later = append(later, t)
			continue
		}
		if ctx.Err() == nil {
			e.p.ask(ctx, t)
			e.leave(all, t)
		}
	}
	e.classic(ctx, later)
	for _, t := range later {
		e.leave(all, t)
	}
	for _, t := range open {
		e.p.rpcListed(t)
	}
}

// leave notes that a port was left in the middle of its questions, if it was: the next run
// with this state asks it again.
func (e *engine) leave(ctx context.Context, t *task) {
	if ctx.Err() != nil {
		x := newEntry(t.ep.Addr, t.ep.Proto.String(), "left unfinished")
		x.Outcome, x.Exact = unfinished, true
		e.cfg.Ledger.note(&x)
	}
}

// notThere notes that a host was looked for in vain.
func notThere(l *Ledger, a netip.Addr, reason string) {
	x := newEntry(netip.AddrPortFrom(a, 0), "", soughtInVain)
	x.Outcome, x.Exact = reason, true
	l.note(&x)
}

// named looks up the names of a host that is up, meanwhile.
func (e *engine) named(ctx context.Context, a netip.Addr, names *hostNames) {
	e.cfg.Reverse.begin(ctx, e.p.dial, a, func(name, from string) {
		names.add(name)
		at := time.Now()
		e.p.rec.hint(capture.Hint{Addr: a, Kind: "name", Value: name, From: from, First: at, Last: at})
	})
}

// classic asks several ports at once, and once all have answered those that may speak
// ONC RPC: the portmapper, whose list says of the others, first.
func (e *engine) classic(ctx context.Context, tasks []*task) {
	e.each(ctx, tasks, func(t *task) {
		if t.ep.Proto == request.UDP {
			e.p.rec.see(t.ep, true, "no-response", time.Now())
		}
		e.p.ask(ctx, t)
	})
	var mappers, others []*task
	for _, t := range tasks {
		if t.ep.Addr.Port() == rpcPort {
			mappers = append(mappers, t)
		} else {
			others = append(others, t)
		}
	}
	after := func(t *task) {
		e.p.rpcAfter(ctx, t)
		e.p.extra(ctx, t)
		q := quiet{p: e.p, t: t, best: t.result, tunnel: t.result.Tunnel != ""}
		q.upgrade(ctx)
		q.hangUp()
	}
	e.each(ctx, mappers, after)
	e.each(ctx, others, after)
	for _, t := range tasks {
		if t.held != nil && !t.extra && !t.listing.has(t.port()) {
			t.held()
		}
	}
}

// each works on several ports at once.
func (e *engine) each(ctx context.Context, tasks []*task, work func(*task)) {
	var done sync.WaitGroup
	for _, t := range tasks {
		select {
		case e.classicSlots <- struct{}{}:
		case <-ctx.Done():
			done.Wait()
			return
		}
		done.Add(1)
		go func() {
			defer done.Done()
			defer func() { <-e.classicSlots }()
			work(t)
		}()
	}
	done.Wait()
}

// task is a port to be asked, with what is known already.
func (e *engine) task(ep capture.Endpoint, v *view, rtt time.Duration, pace *hostPace, speak bool) *task {
	a := ep.Addr.Addr()
	t := &task{ep: ep, rtt: rtt, name: e.cfg.Names.Name(ep.Proto, ep.Addr.Port()), host: pace, quiet: !speak, sni: e.cfg.Scope.Name(a)}
	if v == nil {
		return t
	}
	if s := v.services[Port{ep.Proto, ep.Addr.Port()}]; s != nil {
		b := state.Believe(s, e.cfg.Names)
		if b.By != nil {
			t.known = &b
		}
		for i := range s.Evidence {
			if tls := s.Evidence[i].TLS; tls != nil && s.Evidence[i].Via == capture.Direct {
				t.tls = true
				if t.sni == "" {
					t.sni = tls.SNI
				}
			}
			t.upgraded = t.upgraded || s.Evidence[i].TLS != nil && s.Evidence[i].Via == capture.StartTLS
		}
	}
	if t.sni == "" && len(v.names) > 0 {
		t.sni = v.names[0]
	}
	return t
}

// opened records that a port is open.
func (p *prober) opened(ep capture.Endpoint, reason string, at time.Time) {
	p.rec.see(ep, false, reason, at)
	if p.cfg.Opened != nil {
		p.cfg.Opened(ep.Addr, ep.Proto.String())
	}
}

// answered takes the answer that discovery got from a UDP port. It reports whether it
// names the product, so that nothing needs to be asked again.
func (p *prober) answered(f *Finding, ep capture.Endpoint) bool {
	for _, probe := range p.cfg.DB.Probes() {
		if probe.Proto == ep.Proto && bytes.Equal(probe.Payload, f.asked) {
			r := p.match(ep.Proto, probe, f.asked, f.answer, true)
			p.rec.claim(banner(ep, f.asked, f.answer, f.At, f.At), r)
			return r.Kind == matcher.Hard && r.Product != ""
		}
	}
	return false
}
