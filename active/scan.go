package active

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"earshot/active/discover"
	"earshot/capture"
	"earshot/matcher/request"
	"earshot/state"
)

// Scan finds the ports of all hosts in one go, ahead of the questions: raw SYNs where
// the process may send them, UDP payloads, hosts looked for first. Its Discover method
// is a Discover for Config, host by host.
type Scan struct {
	cfg    *Config
	mu     sync.Mutex
	freed  *sync.Cond
	hosts  map[netip.Addr]*scanned
	ready  int // hosts that are done and not yet fetched
	most   int // of these; 0: any number
	ended  bool
	err    error
	ctx    context.Context
	finish chan struct{}
}

// scanned is what was found on one host.
type scanned struct {
	done     chan struct{}
	known    bool // done is closed
	findings []Finding
	up       discover.HostState
	told     bool // whether it is there has been found
}

// maxReady bounds how many hosts the scan may be ahead of the questions. It is more
// than discover works on at once, so the host that is waited for is never behind it.
const maxReady = 1 << 15

// NewScan starts a scan of cfg.Scope for cfg.Ports, as how says. Ports and hosts that
// cfg.Store knows enough of are left out. ctx ends it; Wait must be called.
func NewScan(ctx context.Context, cfg *Config, how discover.Config) (*Scan, error) {
	known, err := views(cfg)
	if err != nil {
		return nil, err
	}
	s := &Scan{cfg: cfg, hosts: map[netip.Addr]*scanned{}, ctx: ctx, finish: make(chan struct{})}
	if !how.Shuffle { // else the host that is waited for may be the last
		s.most = maxReady
	}
	s.freed = sync.NewCond(&s.mu)
	var ports discover.Ports
	for _, p := range cfg.Ports {
		if p.Proto == request.UDP {
			ports.UDP = append(ports.UDP, p.Port)
		} else {
			ports.TCP = append(ports.TCP, p.Port)
		}
	}
	how.SkipPing = how.SkipPing || cfg.Up
	how.Alive = func(a netip.Addr) bool { return known[a] != nil && (known[a].up || cfg.swept(a, known[a])) }
	how.Skip = func(a netip.Addr, p request.Proto, port uint16) bool {
		step := cfg.decide(a, Port{p, port}, known[a])
		return !step.Ask
	}
	how.Payloads = s.payloads
	how.Sent = s.sent
	how.Host = func(h discover.HostState) {
		s.mu.Lock()
		x := s.host(h.Addr)
		x.told = true
		if h.Up {
			x.up = h
		}
		s.mu.Unlock()
		if !h.Up {
			s.inVain(h)
			s.close(h.Addr)
		}
	}
	how.Done = s.close
	stop := context.AfterFunc(ctx, s.freed.Broadcast)
	go func() {
		defer close(s.finish)
		defer stop()
		err := discover.Run(ctx, how, cfg.Scope, ports, s.take)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ended, s.err = true, err
		for _, h := range s.hosts {
			if !h.known {
				h.known = true
				s.ready++
				close(h.done)
			}
		}
	}()
	return s, nil
}

// Wait returns when the scan has ended, with its error. What Discover was not asked for, as
// nothing is once the run is interrupted, is added to the store now: nobody else may use it.
func (s *Scan) Wait() error {
	<-s.finish
	p := &prober{cfg: s.cfg, rec: newRecorder(s.cfg), identify: state.Matching(s.cfg.DB)}
	s.mu.Lock()
	defer s.mu.Unlock()
	for a, h := range s.hosts {
		if !h.up.Up {
			continue
		}
		p.rec.up(a, h.up.Reason, h.up.MAC, time.Now())
		for i := range h.findings {
			f := &h.findings[i]
			ep := endpoint(a, f.Port)
			switch {
			case f.State != "open":
				p.rec.see(ep, true, f.Reason, f.At)
			case len(f.answer) > 0:
				p.opened(ep, f.Reason, f.At)
				p.answered(f, ep)
			default:
				p.opened(ep, f.Reason, f.At)
			}
		}
	}
	clear(s.hosts)
	if s.err == nil {
		s.err = p.rec.err
	}
	return s.err
}

// quietPayloads is how many payloads the quiet strategy sends to one port at once.
const quietPayloads = 2

// payloads are what our probes for a UDP port send.
func (s *Scan) payloads(port uint16) [][]byte {
	var out [][]byte
	for _, p := range s.cfg.DB.Probes() {
		if p.Proto == request.UDP && !p.NoPayload() && p.Ports.Has(port) {
			if out = append(out, p.Payload); s.cfg.Strategy == Quiet && len(out) == quietPayloads {
				break
			}
		}
	}
	return out
}

// inVain notes that a host is not there, unless it could not be looked for.
func (s *Scan) inVain(h discover.HostState) {
	if h.Reason == "no-response" || h.Reason == "host-unreach" {
		notThere(s.cfg.Ledger, h.Addr, h.Reason)
	}
}

// sent puts what the scan sends and hears on the ledger.
func (s *Scan) sent(x discover.Sent) {
	s.mu.Lock()
	h := s.hosts[x.Addr]
	why := "scan: "
	if h == nil || !h.told {
		why = looking
	}
	s.mu.Unlock()
	e := newEntry(netip.AddrPortFrom(x.Addr, x.Port), x.Proto.String(), why+x.Why)
	e.Time, e.Sent, e.Got, e.Exact = x.At, x.Sent, x.Got, x.Exact
	e.SentData, e.Raw, e.Outcome = x.Data, x.Frame != nil, x.Outcome
	if e.Outcome == "" {
		e.Outcome = "sent"
	}
	datagrams := 0
	if x.Proto == request.UDP {
		datagrams = x.Sent
	}
	s.cfg.Ledger.add(&e, x.Outcome == "open", datagrams)
}

func (s *Scan) host(a netip.Addr) *scanned {
	h := s.hosts[a]
	if h == nil {
		h = &scanned{done: make(chan struct{})}
		if s.ended {
			h.known = true
			s.ready++
			close(h.done)
		}
		s.hosts[a] = h
	}
	return h
}

func (s *Scan) take(p discover.PortState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.host(p.Addr.Addr())
	h.findings = append(h.findings, Finding{
		Port: Port{p.Proto, p.Addr.Port()}, State: p.State.String(), Reason: p.Reason, RTT: p.RTT, At: p.At, asked: p.Asked, answer: p.Answer,
	})
}

// close notes that all of a host is known.
func (s *Scan) close(a netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.host(a)
	if h.known {
		return
	}
	h.known = true
	close(h.done)
	s.ready++
	for s.most > 0 && s.ready > s.most && s.ctx.Err() == nil {
		s.freed.Wait()
	}
}

// Await returns when the scan is through with the host, or when ctx is done.
func (s *Scan) Await(ctx context.Context, a netip.Addr) { s.await(ctx, a) }

// await returns the host that the scan is through with; nil if ctx is done before.
func (s *Scan) await(ctx context.Context, a netip.Addr) *scanned {
	s.mu.Lock()
	h := s.host(a)
	s.mu.Unlock()
	select {
	case <-h.done:
		return h
	case <-ctx.Done():
		return nil
	}
}

// Discover implements Discover: it waits until the scan is through with the host, and
// forgets the host then.
func (s *Scan) Discover(ctx context.Context, a netip.Addr, ports []Port, found func(Finding) bool) {
	h := s.await(ctx, a)
	if h == nil {
		return
	}
	s.mu.Lock()
	findings := h.findings
	delete(s.hosts, a)
	s.ready--
	s.freed.Signal()
	s.mu.Unlock()
	wanted := make(map[Port]bool, len(ports))
	for _, p := range ports {
		wanted[p] = true
	}
	for i, f := range findings {
		if wanted[f.Port] && !found(f) {
			if ctx.Err() != nil { // Wait takes them
				s.mu.Lock()
				s.hosts[a] = &scanned{done: h.done, known: true, up: h.up, findings: findings[i+1:]}
				s.mu.Unlock()
			}
			return
		}
	}
}

// Found says what was found of a host that Await has returned for; the zero HostState if it
// is not up.
func (s *Scan) Found(a netip.Addr) discover.HostState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.host(a).up
}

// Sweep looks for the hosts of cfg.Scope as how says, records those that are up, and asks
// no ports; of hosts that an earlier run has looked for nothing is asked, either. It returns ctx's error if that ended it; what was learned until then is in
// the store.
func Sweep(ctx context.Context, cfg *Config, how discover.Config) error {
	known, err := views(cfg)
	if err != nil {
		return err
	}
	s := &Scan{cfg: cfg}
	d := newDialer(cfg)
	rec := newRecorder(cfg)
	how.PingOnly, how.Sent = true, s.sent
	how.SkipPing = how.SkipPing || cfg.Up
	how.Alive = func(a netip.Addr) bool { return known[a] != nil && known[a].up }
	how.Pass = func(a netip.Addr) bool { return cfg.swept(a, known[a]) }
	look := func(a netip.Addr) {
		cfg.Reverse.begin(ctx, d, a, func(name, from string) {
			at := time.Now()
			rec.hint(capture.Hint{Addr: a, Kind: "name", Value: name, From: from, First: at, Last: at})
		})
	}
	how.Host = func(h discover.HostState) {
		if !h.Up {
			s.inVain(h)
		} else {
			rec.up(h.Addr, h.Reason, h.MAC, time.Now())
			if name := cfg.Scope.Name(h.Addr); name != "" {
				rec.name(h.Addr, name, time.Now())
			}
		}
		if cfg.Reverse != nil && (h.Up || cfg.Reverse.All) {
			look(h.Addr)
		}
	}
	err = discover.Run(ctx, how, cfg.Scope, discover.Ports{}, func(discover.PortState) {})
	cfg.Reverse.wait()
	if err == nil {
		err = rec.err
	}
	if err == nil && cfg.Ledger != nil {
		err = cfg.Ledger.Err()
	}
	return err
}
