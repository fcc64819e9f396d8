package active

import (
	"errors"
	"net"
	"sync"

	"earshot/active/discover"
	"earshot/matcher/request"
)

// ErrEnough is what a connection or a question ends with that the port has no packets left
// for; none was sent.
var ErrEnough = errors.New("the port has cost what it may")

// What a port may cost us in packets, whatever its server does: the quiet strategy keeps to
// it, and the plan tells it. It is twice what any server of the lab took.
const (
	allowedTCP  = 400
	allowedUDP  = 96
	allowedJARM = 160
	allowedIcon = 480

	mostAcks    = 96  // what one connection may cost beyond what is asked over it, of it acknowledgements mostly
	classicAcks = 320 // the same where nmap is followed
	iconAcks    = 400 // of the one that brings an icon
	askedAcks   = 8   // and this for each question: it may have to be sent again
	leastSpare  = 12  // what a connection costs at least, some of it twice
	tailCost    = 8   // of one that is being ended: its FIN may have to be sent again
	overshoot   = 64  // what the last connection may cost between two looks at the kernel's count, and by its end
)

// allowed is how many packets the questions to one open port may cost; 0: as many as it takes.
func (cfg *Config) allowed(proto request.Proto) int {
	switch {
	case cfg.Strategy == Classic:
		return 0
	case proto == request.UDP:
		return allowedUDP + cfg.rpcPackets(proto)
	}
	n := allowedTCP + cfg.rpcPackets(proto)
	if cfg.JARM {
		n += allowedJARM
	}
	if cfg.Favicon {
		n += allowedIcon
	}
	return n
}

// costs are what the ports of one host have cost. The zero value is ready.
type costs struct {
	mu    sync.Mutex
	ports map[Port]int
}

func (c *costs) add(p Port, n int) {
	if n == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ports == nil {
		c.ports = map[Port]int{}
	}
	c.ports[p] += n
}

func (c *costs) of(p Port) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ports[p]
}

// acks is what one connection may cost beyond what is asked over it.
func (cfg *Config) acks() int {
	if cfg.Strategy == Classic {
		return classicAcks
	}
	return mostAcks
}

// left is how many packets may still be spent on a port.
func (d *dialer) left(h *hostPace, p Port) int {
	most := d.allowed(p.Proto)
	if most == 0 || h == nil {
		return 1 << 30
	}
	if p.Proto == request.TCP { // of datagrams none is sent but by us
		most -= overshoot
	}
	return most - h.costs.of(p)
}

// pay tells the rate, and the account of the port, of the segments that the connection has
// cost beyond what was paid for. It ends a connection that costs too much: whoever drips or
// floods makes us acknowledge it all.
func (l *link) pay() {
	t, ok := l.raw.(*net.TCPConn)
	if !ok {
		return
	}
	n := discover.Segments(t)
	if n > l.paid {
		l.d.pace.rate.Spend(n - l.paid)
		l.paid = n
	}
	l.charge(n)
	if n > l.most+askedAcks*l.asks || l.host != nil && l.d.left(l.host, l.port) <= 0 {
		l.dear = true
	}
}

// charge puts on the port's account what the link has cost until now.
func (l *link) charge(n int) {
	if l.host != nil && n > l.charged {
		l.host.costs.add(l.port, n-l.charged)
		l.charged = n
	}
}
