package discover

import "net/netip"

// Cost is the most packets of ours that finding a host and its open ports can take, by kind.
type Cost struct {
	Hosts  int // whether it is there
	Link   int // its hardware address, or its gateway's: ours
	System int // the same, asked by the system
	Scan   int // which ports are open
}

// Add adds up.
func (c *Cost) Add(o Cost) {
	c.Hosts, c.Link, c.System, c.Scan = c.Hosts+o.Hosts, c.Link+o.Link, c.System+o.System, c.Scan+o.Scan
}

// ConnectMost is what a connection costs that is ended at once, what came in before included.
const ConnectMost = mostEnding + connectPackets + 16

// Estimator tells what Run would cost at most.
type Estimator struct {
	cfg      Config
	ahead    bool // Run is what finds the ports, and not the first questions
	mayRaw   bool
	paths    paths
	gateways map[netip.Addr]bool
}

// What is allowed for where it is not ours to count: how often a kernel asks for one hardware
// address goes by its timers, once a second at the most.
const (
	systemHost = 16 // for each neighbour
	systemPort = 1  // and for each of its ports: it may be open, and asked through the system
)

// NewEstimator returns one for Run with cfg; ahead is false if the ports are not found by Run
// but by one connection each. Close must be called.
func NewEstimator(cfg Config, ahead bool) *Estimator {
	cfg.Timing = cfg.Timing.orDefault()
	e := &Estimator{cfg: cfg, ahead: ahead, gateways: map[netip.Addr]bool{}}
	e.mayRaw = ahead && cfg.Method != Connect && canRaw() == nil
	e.paths.open()
	return e
}

// Close ends it.
func (e *Estimator) Close() { e.paths.close() }

// late is what a connection costs beyond its SYNs when it does not come about: a reset for an
// answer that came too late.
const late = 1

// Host is what a host costs of which so many TCP ports, and these UDP ports, are asked.
func (e *Estimator) Host(a netip.Addr, tcp int, udp []uint16) (c Cost) {
	if tcp == 0 && len(udp) == 0 && !e.cfg.PingOnly {
		return c
	}
	path := e.paths.to(a)
	raw := e.mayRaw && path.raw
	tries, pings := 1+max(e.cfg.Timing.Retries, 0), 1+min(max(e.cfg.Timing.Retries, 0), 1)
	next := a
	if path.next.IsValid() {
		next = path.next
	}
	neighbour := !path.local && !e.gateways[next]
	if neighbour {
		e.gateways[next] = true
		c.System += systemHost
	}
	if !path.local {
		c.System += systemPort * (tcp + len(udp))
	}
	alive := e.cfg.Alive != nil && e.cfg.Alive(a)
	switch {
	case !e.ahead:
		c.Scan += tcp * (MostSYNs + late)
		return c
	case raw && !path.next.IsValid():
		c.Link += pings
		if !e.cfg.FarPings {
			break
		}
		fallthrough
	default:
		if raw && neighbour && path.next.IsValid() {
			c.Link += gatewayTries
		}
		if e.cfg.SkipPing || alive || a.IsLoopback() {
			break
		}
		r := run{cfg: e.cfg}
		connect, far, far6 := defaultPlans()
		if len(e.cfg.Pings) > 0 {
			connect, far, far6 = r.chosen()
		}
		p := connect
		switch {
		case raw && a.Is4():
			p = far
		case raw:
			p = far6
		}
		for _, q := range p.qs {
			n := pings
			if q.kind == p.once {
				n = 1
			}
			c.Hosts += n * q.kind.most()
		}
	}
	if e.cfg.PingOnly {
		return c
	}
	if raw {
		c.Scan += tcp * tries * askSYN.most()
	} else {
		c.Scan += tcp * ((tries-1)*(MostSYNs+late) + askConnect.most())
	}
	for _, port := range udp {
		n := 1
		if e.cfg.Payloads != nil {
			n = max(n, len(e.cfg.Payloads(port)))
		}
		c.Scan += 2 * n * tries // TFTP's are sent from two ports
	}
	return c
}

// most is what one question of a kind costs at most, its end included.
func (k kind) most() int {
	switch k {
	case askSYN:
		return 2 // the kernel resets what it opens
	case askConnect:
		return MostSYNs + late + ConnectMost
	}
	return 1
}

// gatewayTries is how often a gateway's hardware address is asked for.
const gatewayTries = 3

// defaultPlans are how hosts are looked for if the user does not say.
func defaultPlans() (connect, far, far6 *plan) {
	connect = newPlan([]question{{askConnect, 443}, {askConnect, 80}})
	far = newPlan([]question{{askEcho, 0}, {askSYN, 443}, {askACK, 80}, {askEmpty, 40125}})
	far.stages, far.once = []int{1, 3}, askEmpty
	return connect, far, far
}

// path is how a packet would reach a host.
type path struct {
	local bool       // without a hardware address
	raw   bool       // a raw frame can
	next  netip.Addr // the gateway, if there is one
}
