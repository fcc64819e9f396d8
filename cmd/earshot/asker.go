package main

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"earshot/active"
	"earshot/active/discover"
	"earshot/capture"
	"earshot/matcher/request"
	"earshot/state"
)

// asker asks what a sensor's listening left open: one host at a time, in the order in
// which their ports were heard of.
type asker struct {
	sensor  *sensor
	cfg     active.Config
	scope   *discover.Targets // the law
	exclude []string
	options discover.TargetOptions
	local   []netip.Addr

	enough             func(*state.Belief) bool // known of a service
	grace, recheck     time.Duration
	budget, hostBudget int // connections and datagrams a day
	quiet              daily
	stopFile           string
	ledger             *os.File

	begin   time.Time
	waiting map[told]*port        // unidentified ports that may be asked; of the keeper's goroutine
	queued  atomic.Int64          // how many they are
	known   map[told]struct{}     // identified ones, by whatever means and whenever
	asked   map[told]time.Time    // by earlier runs
	vlans   []uint16              // in which hosts are asked, too
	seen    map[netip.Addr]uint16 // the VLAN that a host in scope was heard in; ambiguous: in several
	untold  bool                  // that hosts are spared for their VLAN has been said
	busy    sync.WaitGroup
	cancel  context.CancelFunc
	asking  bool
	current []current // ports of the host that is being asked

	mu      sync.Mutex
	answers state.Memory           // what was said
	reasons map[active.Port]string // why the ports of the host that is being asked are
	begun   map[active.Port]bool   // those of them to which anything was sent
	denied  bool                   // and nothing more may be
	fresh   []*state.Memory        // answers of a host that is done, for the sensor to tell and to keep
	spent   map[netip.Addr]int     // by host, and the zero address for all, on the day
	day     int
	idle    bool // the asking of a host is over
	warned  bool // the budget has run out, and that was said
}

// port is one that listening has not identified.
type port struct {
	ep    capture.Endpoint
	since time.Time // that it was heard of, on our clock
	asked time.Time
	why   string
	now   bool // without waiting for the grace to pass
}

// own reports whether packets between two addresses are this machine's own with someone it
// may ask: its questions pass the mirror, too.
func (a *asker) own(x, y netip.Addr) bool {
	return slices.Contains(a.local, x) && a.scope.Contains(y) || slices.Contains(a.local, y) && a.scope.Contains(x)
}

func (a *asker) openLedger(path string) error {
	a.cfg.Ledger = &active.Ledger{Keep: a.keep}
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return tidy(err)
	}
	a.ledger, a.cfg.Ledger.W = f, f
	return nil
}

// keep takes a line of the ledger.
func (a *asker) keep(e *active.Entry) {
	a.mu.Lock()
	if why := a.reasons[portOf(e)]; why != "" {
		e.Why = why + ": " + e.Why
	}
	a.mu.Unlock()
	if a.sensor.disk != nil {
		keepEntry(a.sensor.disk, e)
	}
}

// turn begins a new day's account. The lock is held.
func (a *asker) turn() {
	if d := time.Now().YearDay(); d != a.day {
		a.day, a.warned = d, false
		clear(a.spent)
	}
}

// may reports whether a connection or a datagram may be sent now, and takes it out of the
// budgets. Once it may not, the asking of the host ends.
func (a *asker) may(to netip.AddrPort, proto string) bool {
	allowed := a.allowed(time.Now())
	a.mu.Lock()
	defer a.mu.Unlock()
	host := to.Addr().WithZone("")
	if a.denied || !allowed || a.spent[host] >= a.hostBudget {
		a.denied = true
		a.cancel()
		return false
	}
	a.spent[netip.Addr{}]++
	a.spent[host]++
	p := active.Port{Proto: request.TCP, Port: to.Port()}
	if proto == "udp" {
		p.Proto = request.UDP
	}
	a.begun[p] = true
	return true
}

// heard takes what the sensor has just learned and what of it is a change, and asks if it
// is time. It is called by the keeper's goroutine, about once a second.
func (a *asker) heard(fresh *state.Memory, changes []state.Change) {
	now := time.Now()
	_ = fresh.Hosts(func(h *state.Host) error { // memory does not fail
		if !a.reachable(h) {
			return nil
		}
		a.sort(h, func(where told, ep capture.Endpoint) {
			if a.waiting[where] == nil && len(a.waiting) < maxWaiting {
				a.waiting[where] = &port{ep: ep, since: now, asked: a.asked[where.untagged()], why: "heard, not identified"}
			}
		})
		return nil
	})
	for i := range changes {
		a.changed(&changes[i], now)
	}
	a.mu.Lock()
	done, answers := a.idle, a.fresh
	a.idle, a.fresh = false, nil
	a.mu.Unlock()
	if done {
		a.asking = false
		a.spared()
	}
	for _, m := range answers {
		a.sensor.learn(m)
		a.sensor.meters.answered(m)
		a.answered(m)
	}
	if !a.asking && a.allowed(now) {
		a.next(now)
	}
	a.queued.Store(int64(len(a.waiting)))
}

// maxWaiting bounds the ports that wait to be asked.
const maxWaiting = 1 << 16

// allowed reports whether anything may be asked now.
func (a *asker) allowed(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.quiet.has(now) {
		return false
	}
	if a.stopFile != "" {
		if _, err := os.Stat(a.stopFile); err == nil {
			return false
		}
	}
	a.turn()
	if a.spent[netip.Addr{}] < a.budget {
		return true
	}
	if !a.warned {
		a.warned = true
		a.sensor.talk.note(fmt.Sprintf("the day's budget of %d questions is spent; listening goes on", a.budget))
	}
	return false
}

// next asks the host whose port has waited longest.
func (a *asker) next(now time.Time) {
	var first *port
	for _, p := range a.waiting {
		if a.due(p, now) && (first == nil || p.since.Before(first.since) || p.since.Equal(first.since) && p.ep.Addr.Compare(first.ep.Addr) < 0) {
			first = p
		}
	}
	if first == nil {
		return
	}
	host, vlan := first.ep.Addr.Addr(), first.ep.VLAN
	a.mu.Lock()
	cfg := a.cfg
	a.mu.Unlock()
	reasons := map[active.Port]string{}
	for where, p := range a.waiting {
		if p.ep.Addr.Addr() != host || p.ep.VLAN != vlan || !a.due(p, now) {
			continue
		}
		at := active.Port{Proto: p.ep.Proto, Port: p.ep.Addr.Port()}
		reasons[at] = p.why
		cfg.Ports = append(cfg.Ports, at)
		a.current = append(a.current, current{where, p, *p})
		p.asked, p.now = now, false
		if _, known := a.known[where]; known {
			delete(a.waiting, where) // it was asked because it had changed
		}
	}
	slices.SortFunc(cfg.Ports, func(x, y active.Port) int { return cmp.Or(cmp.Compare(x.Proto, y.Proto), cmp.Compare(x.Port, y.Port)) })
	scope, err := discover.ParseTargets(context.Background(), []string{host.String()}, a.exclude, a.options)
	if err != nil || !a.scope.Contains(host) {
		a.current = nil
		return
	}
	m := new(state.Memory)
	cfg.Scope, cfg.Store = scope, state.Store(m)
	if vlan != 0 {
		cfg.Store = &tagged{m, vlan}
	}
	a.mu.Lock()
	a.reasons, a.begun, a.denied = reasons, map[active.Port]bool{}, false
	a.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	a.cancel, a.asking = cancel, true
	a.busy.Add(1)
	go func() {
		defer a.busy.Done()
		defer cancel()
		err := active.Run(ctx, &cfg)
		if err != nil && ctx.Err() == nil {
			a.sensor.talk.say("earshot: asking " + host.String() + ": " + legible(tidy(err).Error()))
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		_ = m.Replay(&a.answers) // memory does not fail
		a.fresh, a.idle = append(a.fresh, m), true
	}()
}

// current is a port of the host that is being asked, and what it was before.
type current struct {
	where told
	p     *port
	was   port
}

// spared lets the ports wait on to which nothing was sent, because it was no longer allowed.
func (a *asker) spared() {
	a.mu.Lock()
	denied, begun := a.denied, a.begun
	a.mu.Unlock()
	for _, c := range a.current {
		if denied && !begun[active.Port{Proto: c.p.ep.Proto, Port: c.p.ep.Addr.Port()}] {
			c.p.asked, c.p.now = c.was.asked, c.was.now
			if c.p.now {
				a.waiting[c.where] = c.p
			}
		}
	}
	a.current = nil
}

// due reports whether a port has waited long enough, and its host's budget is not spent.
func (a *asker) due(p *port, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return (p.now || now.Sub(p.since) >= a.grace && (p.asked.IsZero() || now.Sub(p.asked) >= a.recheck)) &&
		a.spent[p.ep.Addr.Addr().WithZone("")] < a.hostBudget && (p.ep.VLAN == 0 || a.seen[p.ep.Addr.Addr()] == p.ep.VLAN)
}

// totals returns what was asked, and how many ports wait.
func (a *asker) totals() (active.Totals, int) { return a.cfg.Ledger.Totals(), int(a.queued.Load()) }

// end stops the asking and adds what was answered to what was heard.
func (a *asker) end(known *state.Memory) {
	if a.cancel != nil {
		a.cancel()
	}
	a.busy.Wait()
	for _, m := range a.fresh {
		a.sensor.learn(m)
	}
	_ = a.answers.Replay(known) // memory does not fail
	t := a.cfg.Ledger.Totals()
	a.sensor.talk.note(fmt.Sprintf("asked: %d connections, %d datagrams, about %d packets sent", t.Connections, t.Datagrams, t.Sent))
	if a.ledger != nil {
		if err := a.ledger.Close(); err != nil {
			a.sensor.talk.say("earshot: " + tidy(err).Error())
		}
	}
}
