package active

import (
	"context"
	"net/netip"
	"time"

	"earshot/matcher/request"
)

// Finding is what discovery says of one port.
type Finding struct {
	Port   Port
	State  string        // "open", "closed", "filtered", "open|filtered"; "" if it could not be asked
	Reason string        // nmap's word
	RTT    time.Duration // of the answer, 0 for none
	At     time.Time

	link   *link  // an open TCP port's connection, nothing sent over it
	asked  []byte // the payload that an open UDP port answered
	answer []byte // and its answer
}

// Discover finds out which of the ports of a host are open. It calls found for each, in
// one goroutine, as the answers come; found may take its time, and the next port is not
// asked before it returns unless answers are long in coming. It ends early when ctx is
// done or found returns false. A Discover that brings its own packets must ask
// Config.Scope before each of them.
type Discover func(ctx context.Context, host netip.Addr, ports []Port, found func(Finding) bool)

// connector is the Discover that connects.
type connector struct {
	dial *dialer
	pace *hostPace
	most time.Duration // longest wait for a connection; 0: no limit
	wide bool          // many connections may begin at once
	once bool          // nothing is asked of open ports afterwards
	keep bool          // found gets the connections; else they are closed at once

	speaks func(Port) bool // something is said first to a port, at once; nil: to none
}

// isItOpen is why the connect scan connects.
const isItOpen = "is it open?"

// Bounds of the connect scan. A port that has not answered within the grace does not
// hold up the next one.
const (
	maxPending   = 64
	firstGrace   = 50 * time.Millisecond
	manyPorts    = 300 // from here on several connections begin at once
	firstTimeout = 2200 * time.Millisecond
)

func (c *connector) run(ctx context.Context, host netip.Addr, ports []Port, found func(Finding) bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan Finding, maxPending)
	window := 1
	if c.wide || len(ports) > manyPorts {
		window = maxPending / 2
	}
	var srtt time.Duration
	pending, late := 0, 0
	defer func() { // what still comes is hung up
		cancel()
		for ; pending > 0; pending-- {
			if f := <-answers; f.link != nil {
				f.link.close("open")
			}
		}
	}()
	for i := 0; i < len(ports) || pending > 0; {
		for i < len(ports) && pending < maxPending && pending-late < window {
			p := ports[i]
			i++
			if p.Proto == request.TCP {
				pending++
				timeout, dial := c.timeout(srtt), c.dial.tcp
				if c.once || c.speaks != nil && c.speaks(p) { // hung up, or asked, at once
					dial = c.dial.speak
				}
				go func() {
					answers <- c.try(p, func() (*link, error) {
						return dial(ctx, c.pace, netip.AddrPortFrom(host, p.Port), timeout, isItOpen)
					})
				}()
			}
		}
		if pending == 0 {
			break
		}
		grace := time.NewTimer(max(firstGrace, 3*srtt))
		select {
		case f := <-answers:
			grace.Stop()
			pending--
			late = min(late, pending)
			if f.RTT > 0 {
				if srtt == 0 {
					srtt = f.RTT
				}
				srtt += (f.RTT - srtt) / 8
			}
			if !found(c.taken(f)) {
				return
			}
		case <-grace.C:
			late = pending
		}
	}
}

// timeout is how long a connection to a host at that distance, 0 if not known, may take.
func (c *connector) timeout(srtt time.Duration) time.Duration {
	out := firstTimeout
	if srtt > 0 { // the system repeats the first packet after a second
		out = min(1200*time.Millisecond+2*srtt, firstTimeout)
	}
	if c.most > 0 {
		out = min(out, c.most)
	}
	return out
}

// try connects to one port.
func (c *connector) try(p Port, connect func() (*link, error)) Finding {
	l, err := connect()
	f := Finding{Port: p, At: time.Now()}
	if err == nil {
		f.State, f.Reason, f.RTT, f.link = "open", "syn-ack", l.rtt, l
		return f
	}
	f.Reason = reason(err)
	if f.Reason == "reset" { // taken, and reset before we could look: refusals have their own name
		f.Reason = "syn-ack"
	}
	f.State = stateOf(f.Reason)
	return f
}

// taken hears from f that the host is well, and hangs up unless the connection is wanted.
func (c *connector) taken(f Finding) Finding {
	if f.Reason == "syn-ack" || f.Reason == "conn-refused" {
		c.pace.well()
	}
	if f.link != nil && !c.keep {
		f.link.close("open")
		f.link = nil
	}
	return f
}

// stateOf is a TCP port's state by the reason for it; "" for reasons that are ours.
func stateOf(reason string) string {
	switch reason {
	case "":
		return ""
	case "syn-ack":
		return "open"
	case "conn-refused":
		return "closed"
	}
	return "filtered"
}
