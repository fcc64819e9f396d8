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
	neighbour := e.newNeighbour(a, path)
	if neighbour {
		c.System += systemHost
	}
	if !path.local {
		c.System += systemPort * (tcp + len(udp))
	}
	if !e.ahead {
		c.Scan += tcp * (MostSYNs + late)
		return c
	}
	byLink := raw && !path.next.IsValid()
	if byLink {
		c.Link += e.pings()
	} else if raw && neighbour {
		c.Link += gatewayTries
	}
	if !byLink || e.cfg.FarPings {
		c.Hosts += e.lookingFor(a, raw)
	}
	if !e.cfg.PingOnly {
		c.Scan += e.ports(tcp, udp, raw)
	}
	return c
}

// newNeighbour reports whether the first hop to a is one of which the hardware address is
// asked now; it is not asked again.
func (e *Estimator) newNeighbour(a netip.Addr, path path) bool {
	next := a
	if path.next.IsValid() {
		next = path.next
	}
	if path.local || e.gateways[next] {
		return false
	}
	e.gateways[next] = true
	return true
}

// pings is how often a host is asked the same question to find it.
func (e *Estimator) pings() int { return 1 + min(max(e.cfg.Timing.Retries, 0), 1) }

// lookingFor is what it costs at most to find out whether a host is up, its hardware address
// aside.
func (e *Estimator) lookingFor(a netip.Addr, raw bool) (packets int) {
	if e.cfg.SkipPing || a.IsLoopback() || e.cfg.Alive != nil && e.cfg.Alive(a) {
		return 0
	}
	plan, far, far6 := defaultPlans()
	if len(e.cfg.Pings) > 0 {
		r := run{cfg: e.cfg}
		plan, far, far6 = r.chosen()
	}
	switch {
	case raw && a.Is4():
		plan = far
	case raw:
		plan = far6
	}
	for _, q := range plan.qs {
		n := e.pings()
		if q.kind == plan.once {
			n = 1
		}
		packets += n * q.kind.most()
	}
	return packets
}

// ports is what it costs at most to find out which ports are open.
func (e *Estimator) ports(tcp int, udp []uint16, raw bool) (packets int) {
	tries := 1 + max(e.cfg.Timing.Retries, 0)
	if raw {
		packets = tcp * tries * askSYN.most()
	} else {
		packets = tcp * ((tries-1)*(MostSYNs+late) + askConnect.most())
	}
	widest := 1
	for _, port := range udp {
		n := 1
		if e.cfg.Payloads != nil {
			n = max(n, len(e.cfg.Payloads(port)))
		}
		packets += 2 * n * tries // TFTP's are sent from two ports
		widest = max(widest, n)
	}
	packets += mostTouchstones(len(udp)) * 2 * widest
	return packets
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
