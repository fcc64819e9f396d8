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
