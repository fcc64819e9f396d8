package discover

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"earshot/matcher/request"
)

// Method says how TCP ports are found.
type Method uint8

// The methods.
const (
	Auto    Method = iota // raw SYNs where they can be sent, else connections
	Connect               // connections, always
	Raw                   // raw SYNs, or an error
)

// PingKind is a way to ask whether a host is there.
type PingKind uint8

// The kinds. Those of ICMP, and empty datagrams, need raw frames; without these the
// kernel connects where a SYN or an ACK would be sent.
const (
	PingSYN  PingKind = iota + 1 // a SYN
	PingACK                      // an ACK out of nowhere
	PingUDP                      // an empty datagram
	PingEcho                     // ICMP echo
	PingTime                     // ICMP timestamp, IPv4 only
	PingMask                     // ICMP address mask, IPv4 only
)

// Ping is one question to a host.
type Ping struct {
	Kind PingKind
	Port uint16 // of PingSYN, PingACK and PingUDP
}

// Config says how to ask. The zero value asks as nmap does by default: hosts are
// looked for first, TCP ports by SYN where the process may, template 3, no rate.
type Config struct {
	Timing   Timing
	Method   Method
	SkipPing bool   // take every target as up
	Pings    []Ping // how hosts are looked for beyond the local link; none: as Run thinks best
	PingOnly bool   // ask for hosts, not for ports
	FarPings bool   // a neighbour that answers ARP or neighbour discovery is not up for that: it is asked as others are
	Shuffle  bool   // of the hosts, too
	Seed     uint64

	Source     netip.Addr // to send from; the zero Addr leaves it to the route
	SourcePort uint16     // to send from; 0: any
	Interface  string     // to send through; "": by the route

	Rate *Rate // over the whole run, and whoever else shares it; nil: no bounds

	Payloads func(port uint16) [][]byte // what to send to a UDP port; nil, or none: an empty datagram

	Skip  func(a netip.Addr, p request.Proto, port uint16) bool // ports not to be asked; nil: none
	Pass  func(netip.Addr) bool                                 // targets not to be asked anything; nil: none
	Alive func(netip.Addr) bool                                 // hosts known to be up, which are not looked for; nil: none

	Host func(HostState)   // told of every address once; may be nil
	Done func(netip.Addr)  // told of every host all of whose ports are known; may be nil
	Sent func(Sent)        // told of everything sent, from several goroutines; may be nil
	Note func(line string) // told what the user should know, one line; may be nil

	Tap *Tap // is told of every socket and frame; may be nil

	targets *Targets
}

var errScope = errors.New("out of scope")

// allowed is asked by every carrier before it sends: the law of scope.
func (c *Config) allowed(a netip.Addr) bool { return c.targets.Contains(a) }

func (c *Config) sent(s Sent) {
	if c.Sent != nil {
		c.Sent(s)
	}
}

func (c *Config) note(line string) {
	if c.Note != nil {
		c.Note(line)
	}
}

// run is one Run.
type run struct {
	cfg     Config
	ports   Ports
	sink    func(PortState)
	answers chan answer
	sockets *sockets
	raw     *rawCarrier // nil: not available
}

// blockSize is how many addresses are looked for before the ports of those found are
// asked: results come early, and memory stays bounded.
const blockSize = 4096

// Run finds which of the ports answer at which of the targets. The sink gets a
// PortState for every port of every host that is up: open ones at once, the others
// when all of the host's are known. Callbacks come from one goroutine, except Sent.
//
// It returns ctx's error when ctx ends; what was learned by then has been told. With
// Method Raw it returns an error if raw frames cannot be sent.
func Run(ctx context.Context, cfg Config, targets *Targets, ports Ports, sink func(PortState)) error {
	cfg.Timing = cfg.Timing.orDefault()
	cfg.targets = targets
	if cfg.Rate == nil {
		cfg.Rate = new(Rate)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{cfg: cfg, ports: ports, sink: sink, answers: make(chan answer, answersAhead)}
	r.sockets = newSockets(ctx, &r.cfg, r.answers)
	defer r.sockets.wait()
	defer cancel()
	if cfg.Method != Connect {
		raw, err := newRaw(ctx, &r.cfg, r.answers)
		if err != nil && cfg.Method == Raw {
			return err
		}
		if err != nil {
			cfg.note("hosts and TCP ports are looked for by connecting: " + err.Error())
		} else {
			r.raw = raw
			defer raw.close()
		}
	}
	walk := targets.All()
	if cfg.Shuffle {
		walk = targets.Shuffled(cfg.Seed)
	}
	block := make([]*peer, 0, 64)
	flush := func() error {
		err := r.block(ctx, block)
		block = block[:0]
		return err
	}
	size := 256 // the first block is small: first results come soon
	for a := range walk {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if cfg.Pass != nil && cfg.Pass(a) {
			continue
		}
		if block = append(block, &peer{addr: a}); len(block) == size {
			if err := flush(); err != nil {
				return err
			}
			size = blockSize
		}
	}
	return flush()
}

// block finds hosts, then their ports.
func (r *run) block(ctx context.Context, peers []*peer) error {
	if len(peers) == 0 {
		return ctx.Err()
	}
	for _, p := range peers {
		p.up = HostState{Addr: p.addr, Name: r.cfg.targets.Name(p.addr)}
		p.via = r.sockets
		if r.raw != nil {
			r.raw.adopt(p, r.sockets)
		}
	}
	up, err := r.ping(ctx, peers)
	if err != nil {
		return err
	}
	if r.cfg.PingOnly {
		return nil
	}
	if n := len(r.ports.TCP); n > 0 {
		if err := r.scan(ctx, up, request.TCP); err != nil {
			return err
		}
	}
	if n := len(r.ports.UDP); n > 0 {
		if err := r.scan(ctx, up, request.UDP); err != nil {
			return err
		}
	}
	return nil
}

// ping tells which of the peers are up, in the order of answers.
func (r *run) ping(ctx context.Context, peers []*peer) ([]*peer, error) {
	s := r.newSweep()
	for _, p := range peers {
		s.begin(p)
	}
	if len(s.ask) == 0 {
		return s.up, ctx.Err()
	}
	e := &engine{timing: r.cfg.Timing, rate: r.cfg.Rate, answers: r.answers, group: newWindow(50, 300)}
	e.timing.HostTimeout = 0
	e.timing.Retries = min(e.timing.Retries, 1)
	e.group.thresh = 300
	e.known = func(*host, int, *answer) {}
	e.finish = s.end
	next := func() *host {
		if len(s.ask) == 0 {
			return nil
		}
		h := s.ask[0]
		s.ask = s.ask[1:]
		if h.plan == s.link && r.cfg.Timing.InitialTimeout > linkTimeout && !e.timing.Serial {
			h.rtt = rtt{srtt: 1, dev: linkTimeout / 4}
		}
		return h
	}
	err := e.run(ctx, next)
	if s.ask = s.again; err == nil && len(s.ask) > 0 {
		err = e.run(ctx, next)
	}
	return s.up, err
}

// sweep is the looking for the hosts of one block.
type sweep struct {
	*run
	link, connect, far, far6 *plan
	up                       []*peer
	ask                      []*host
	again                    []*host // neighbours whose hardware address is known
}

func (r *run) newSweep() *sweep {
	s := &sweep{run: r, link: newPlan([]question{{askLink, 0}})}
	s.connect, s.far, s.far6 = defaultPlans()
	if len(r.cfg.Pings) > 0 {
		s.connect, s.far, s.far6 = r.chosen()
	}
	for _, p := range []*plan{s.connect, s.link, s.far, s.far6} {
		p.ping = true
	}
	return s
}

// tell reports whether a host is up.
func (s *sweep) tell(p *peer, alive bool, reason string) {
	p.up.Up, p.up.Reason, p.up.RTT, p.up.MAC = alive, reason, p.rtt.srtt, [6]byte{}
	if p.link {
		p.up.MAC = p.mac
	}
	if alive {
		s.up = append(s.up, p)
	}
	if s.cfg.Host != nil {
		s.cfg.Host(p.up)
	}
}

// begin asks for a host, or tells what is known of it without.
func (s *sweep) begin(p *peer) {
	heard := func() bool { return s.cfg.Alive != nil && s.cfg.Alive(p.addr) }
	switch {
	case s.nothing(p.addr):
		s.tell(p, heard(), "heard")
	case p.wire != nil && p.link:
		s.ask = append(s.ask, &host{peer: p, plan: s.link}) // its hardware address is needed in any case
	case s.cfg.SkipPing:
		s.tell(p, true, "user-set")
	case heard():
		s.tell(p, true, "heard")
	case p.addr.IsLoopback():
		s.tell(p, true, "localhost-response")
	case p.wire != nil:
		s.ask = append(s.ask, &host{peer: p, plan: s.farOf(p)})
	default:
		s.ask = append(s.ask, &host{peer: p, plan: s.connect})
	}
}

// farOf is how a host is asked for by raw frames.
func (s *sweep) farOf(p *peer) *plan {
	if p.addr.Is4() {
		return s.far
	}
	return s.far6
}

// end tells what came of the questions to a host.
func (s *sweep) end(h *host, timedOut bool) {
	switch {
	case h.life != nil:
		h.peer.up.TTL = h.life.ttl
		if h.life.q.kind == askLink {
			h.peer.mac = h.life.mac
		}
		if h.plan == s.link && s.cfg.FarPings && !s.cfg.SkipPing {
			s.again = append(s.again, &host{peer: h.peer, plan: s.farOf(h.peer)})
			return
		}
		s.tell(h.peer, true, h.life.reason)
	case timedOut: // interrupted: nothing is known
	case h.gone != nil:
		s.cfg.note(h.addr.String() + ": " + h.gone.Error())
		s.tell(h.peer, false, "no-route")
	case h.nobody:
		s.tell(h.peer, false, "host-unreach")
	default:
		s.tell(h.peer, false, "no-response")
	}
}

// nothing reports whether no port of a host is to be asked: then it is not looked for.
func (r *run) nothing(a netip.Addr) bool {
	if r.cfg.Skip == nil || r.cfg.PingOnly {
		return false
	}
	for _, p := range r.ports.TCP {
		if !r.cfg.Skip(a, request.TCP, p) {
			return false
		}
	}
	for _, p := range r.ports.UDP {
		if !r.cfg.Skip(a, request.UDP, p) {
			return false
		}
	}
	return true
}

// chosen are the plans of the user's own choice: by connecting, and by raw frames of either
// family. Where nothing of the choice can be sent, it is what it is without a choice.
func (r *run) chosen() (connect, far, far6 *plan) {
	var c, f, f6 []question
	type place struct {
		to *[]question
		q  question
	}
	had := map[place]bool{}
	put := func(to *[]question, k kind, port uint16) {
		if p := (place{to, question{k, port}}); !had[p] {
			had[p] = true
			*to = append(*to, p.q)
		}
	}
	for _, p := range r.cfg.Pings {
		k, both := askSYN, true
		switch p.Kind {
		case PingACK:
			k = askACK
		case PingUDP:
			k = askEmpty
		case PingEcho:
			k = askEcho
		case PingTime:
			k, both = askTime, false
		case PingMask:
			k, both = askMask, false
		}
		put(&f, k, p.Port)
		if both {
			put(&f6, k, p.Port)
		}
		if p.Kind == PingSYN || p.Kind == PingACK {
			put(&c, askConnect, p.Port)
		}
	}
	if len(c) == 0 {
		c = []question{{askConnect, 443}, {askConnect, 80}}
	}
	if len(f6) == 0 {
		f6 = []question{{askEcho, 0}}
	}
	return newPlan(c), newPlan(f), newPlan(f6)
}

// linkTimeout is how long a neighbour may take to answer, before any has.
const linkTimeout = 200 * time.Millisecond

// scan asks the ports of one transport.
func (r *run) scan(ctx context.Context, peers []*peer, proto request.Proto) error {
	s := &portScan{run: r, proto: proto, ctx: ctx, list: r.ports.TCP, plans: map[kind]*plan{}}
	e := &engine{timing: r.cfg.Timing, rate: r.cfg.Rate, answers: r.answers, group: newWindow(10, 300)}
	e.step, e.top = 5*time.Millisecond, r.cfg.Timing.MaxDelay
	if proto == request.UDP {
		s.list = r.ports.UDP
		e.step, e.top = 50*time.Millisecond, r.cfg.Timing.MaxUDPDelay
		e.widest = min(1100*time.Millisecond, e.timing.MaxUDPDelay*11/10)
		e.grace = min(lingerUDP/2, e.timing.MaxTimeout)
	}
	if e.timing.Serial {
		e.group = newWindow(1, 1)
	}
	e.known = func(h *host, i int, a *answer) {
		if a.state == Open {
			s.report(h, i, a)
		}
	}
	if r.cfg.Skip != nil {
		e.skip = func(h *host, q question) bool { return r.cfg.Skip(h.addr, proto, q.port) }
	}
	e.finish = s.end
	return e.run(ctx, func() *host {
		if len(peers) == 0 {
			return nil
		}
		p := peers[0]
		peers = peers[1:]
		return s.begin(p)
	})
}

// portScan is the asking of a block's hosts for their ports of one transport.
type portScan struct {
	*run
	ctx   context.Context //nolint:containedctx // of this one scan
	proto request.Proto
	list  []uint16
	plans map[kind]*plan // shared by the hosts that are asked alike
}

// begin is a host with the questions about its ports.
func (s *portScan) begin(p *peer) *host {
	k := askConnect
	switch {
	case s.proto == request.UDP:
		k = askUDP
	case p.wire != nil:
		k = askSYN
	}
	if s.plans[k] == nil {
		qs := make([]question, len(s.list))
		for i, port := range s.list {
			qs[i] = question{k, port}
		}
		s.plans[k] = newPlan(qs)
	}
	h := &host{peer: p, plan: s.plans[k]}
	if k == askUDP && p.wire != nil {
		c := *p // the kernel's sockets carry UDP
		c.via = s.sockets
		h.peer = &c
	}
	return h
}

// report tells the state of a port, once; a is what it answered, nil for nothing.
func (s *portScan) report(h *host, i int, a *answer) {
	m := &h.marks[i]
	if m.told {
		return
	}
	m.told = true
	p := PortState{
		Addr: netip.AddrPortFrom(h.addr, h.plan.qs[i].port), Proto: s.proto, State: m.state, Reason: m.reason,
		TTL: m.ttl, RTT: m.rtt, Tries: int(m.tries), At: time.Now(),
	}
	if a != nil {
		p.Asked, p.Answer, p.At = a.asked, a.data, a.at
	}
	s.sink(p)
}

// end tells what came of the questions to a host.
func (s *portScan) end(h *host, timedOut bool) {
	for i := range h.marks {
		m := &h.marks[i]
		if m.state == 0 && m.silent {
			m.reason = "no-response"
			m.state = Filtered
			if s.proto == request.UDP {
				m.state = OpenFiltered
			}
		}
		if m.state != 0 && m.state != skipped { // what was not asked to the end is not told
			s.report(h, i, nil)
		}
	}
	last := s.proto == request.UDP || len(s.ports.UDP) == 0
	switch {
	case h.gone != nil:
		s.cfg.note(h.addr.String() + ": " + h.gone.Error())
	case timedOut && s.ctx.Err() == nil:
		s.cfg.note(h.addr.String() + ": not all ports were asked within the host's time")
	case last && !timedOut && s.cfg.Done != nil:
		s.cfg.Done(h.addr)
	}
}
