package active

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

// Limits of the classic strategy (nmap 7.93, measured).
const (
	classicConnect = 5 * time.Second
	classicTLS     = 8 * time.Second
	classicBuffer  = 4096    // an answer that long is not read on
	classicRead    = 8192    // bytes of one read
	classicMost    = 0x8ffff // bytes of one delivery
)

// classic is the conversation with one port as nmap -sV holds it.
type classic struct {
	p *prober
	t *task

	link     *link
	fresh    bool // nothing was sent over link
	buf      []byte
	begun    time.Time // of buf
	soft     matcher.Result
	answered bool
	wrap     bool // nothing has happened that rules tcpwrapped out
	tunnel   bool
	hello    hello // of the tunnel
	saved    []savedAnswer
}

// savedAnswer is what a probe got and no line named.
type savedAnswer struct {
	probe       *matcher.Probe
	data        []byte
	first, last time.Time
}

// verdict is what became of one probe.
type verdict uint8

const (
	nextProbe  verdict = iota
	finished           // named
	incomplete         // a connection failed
	restart            // begin again inside TLS
	isWrapped
	refused // a UDP port that is closed
)

func (c *classic) run(ctx context.Context) {
	c.wrap = true
	o := c.order()
	v := nextProbe
	for v == nextProbe {
		probe := o.next(c.soft.Service)
		if probe == nil {
			break
		}
		if v = c.probe(ctx, probe); v == restart {
			c.hangUp("answered")
			c.tunnel, c.soft, c.saved, c.buf = true, matcher.Result{}, nil, nil
			o, v = c.order(), nextProbe
		}
	}
	c.hangUp("done")
	now := time.Now()
	switch {
	case v == finished || v == refused:
		c.t.closed = v == refused
		return
	case c.wrap && c.t.ep.Proto == request.TCP && (ctx.Err() == nil || v == isWrapped): // nmap says it of UDP, too: a slip
		c.p.wrapped(c.t, now)
		c.t.result.Service = state.Wrapped
	case c.soft.Kind == matcher.Soft:
		r := c.soft
		if v == incomplete { // "name?": a connection failed before all was asked
			r.Kind, r.Any = matcher.None, true
		}
		c.claim(r, c.buf, c.begun)
	case c.tunnel: // TLS, and nobody knows what is inside: "ssl/name?"
		c.claim(matcher.Result{Service: cmp.Or(c.t.name, "unknown"), Any: true}, nil, now)
	}
	c.t.saved = c.saved
	for i := range c.saved {
		s := &c.saved[i]
		r := matcher.Result{Probe: s.probe.Name}
		if c.tunnel {
			r.Tunnel = "ssl"
		}
		c.p.rec.claim(banner(c.t.ep, s.probe.Payload, s.data, s.first, s.last), r)
	}
}

func (c *classic) order() *classicOrder {
	return &classicOrder{db: c.p.cfg.DB, proto: c.t.ep.Proto, port: c.t.ep.Addr.Port(), tunnel: c.tunnel, intensity: c.p.cfg.Intensity}
}

func (c *classic) hangUp(outcome string) {
	if c.link != nil {
		c.link.close(outcome)
		c.link = nil
	}
}

// connect makes a connection for a probe, unless the one that NULL left can be used.
func (c *classic) connect(ctx context.Context, why string) error {
	if c.link != nil {
		return nil
	}
	c.buf, c.fresh = nil, true
	var err error
	switch {
	case c.t.ep.Proto == request.UDP:
		c.link, err = c.p.dial.udp(ctx, c.t.host, c.t.ep.Addr, why)
		return err
	case c.tunnel:
		begin := time.Now()
		if c.link, err = c.p.dial.tcp(ctx, c.t.host, c.t.ep.Addr, classicTLS, why); err != nil {
			return err
		}
		err = c.link.shake(ctx, c.hello, c.typed(), max(classicTLS-time.Since(begin), time.Millisecond))
		if f := c.link.tls; f != nil {
			f.Subject, f.Names = "", nil // nmap takes no host name from a certificate
			c.p.handshake(c.t, f, begin)
		}
		if err != nil {
			again := !c.hello.old && len(c.link.others([]hello{{old: true}}, err)) > 0
			c.hangUp("TLS failed")
			if again { // nmap's library knows them, too
				c.hello.old = true
				return c.connect(ctx, why)
			}
		}
		return err
	}
	if c.t.link != nil {
		c.link, c.t.link = c.t.link, nil
		return nil
	}
	if c.link, err = c.p.dial.tcp(ctx, c.t.host, c.t.ep.Addr, classicConnect, why); err == nil {
		c.p.opened(c.t.ep, "tcp-response", c.link.opened)
	}
	return err
}

// typed is the name that TLS asks for: only one that the user gave.
func (c *classic) typed() string { return c.p.cfg.Scope.Name(c.t.ep.Addr.Addr()) }

// probe sends one probe and reads what comes back.
func (c *classic) probe(ctx context.Context, p *matcher.Probe) verdict {
	c.p.cfg.tracef("Service scan sending probe %s to %s (%s)", p.Name, c.t.ep.Addr, c.t.ep.Proto)
	if err := c.connect(ctx, p.Name); err != nil {
		return incomplete
	}
	start := c.link.opened
	if !p.IsNull() {
		if c.t.ep.Proto == request.UDP {
			c.buf = nil
		}
		start = time.Now()
		if err := c.link.send(ctx, p.Name, p.Payload, p.TotalWait); err != nil {
			return c.unsent(err)
		}
	}
	if len(c.buf) == 0 {
		c.begun = start
	}
	chunk := make([]byte, classicRead)
	for {
		left := p.TotalWait - time.Since(start)
		if left <= 0 {
			return c.silence(p)
		}
		n, err := c.link.read(chunk, left)
		if ctx.Err() != nil && n == 0 {
			return incomplete
		}
		if n == 0 {
			return c.ended(p, err, start)
		}
		c.took(chunk, n)
		if v := c.matched(p); v != nextProbe {
			return v
		}
		if len(c.buf) >= classicBuffer {
			return c.silence(p)
		}
	}
}

// unsent is what becomes of a probe that could not be sent.
func (c *classic) unsent(err error) verdict {
	switch {
	case c.t.ep.Proto != request.UDP || reason(err) != "conn-refused":
		return incomplete
	case c.answered:
		return nextProbe
	}
	return c.refusal()
}

// refusal records that a UDP port is closed. nmap's port scan, before the version scan, would
// have found that.
func (c *classic) refusal() verdict {
	c.p.rec.see(c.t.ep, true, "port-unreach", time.Now())
	return refused
}

// took adds the n bytes of a read to what was heard, and of a stream what has arrived with
// them.
func (c *classic) took(chunk []byte, n int) {
	c.wrap, c.answered = false, true
	if len(c.buf) == 0 {
		c.begun = time.Now()
	}
	c.buf = append(c.buf, chunk[:n]...)
	if c.t.ep.Proto == request.UDP {
		c.p.opened(c.t.ep, "udp-response", time.Now())
		return
	}
	c.more(chunk, n)
}

// ended is what becomes of a probe, sent at start, whose reading ended with err.
func (c *classic) ended(p *matcher.Probe, err error, start time.Time) verdict {
	udp := c.t.ep.Proto == request.UDP
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.wrap = false
		return c.silence(p)
	case udp && reason(err) == "conn-refused" && !c.answered:
		return c.refusal()
	case errors.Is(err, io.EOF):
		c.save(p)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		c.wrap = false
		return incomplete
	case !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, syscall.ECONNABORTED):
		c.wrap = false // no end of the connection, so no word of a wrapper
	}
	if udp {
		return nextProbe
	}
	early := time.Since(start) < p.TCPWrapped
	c.hangUp("closed")
	if c.wrap && p.IsNull() && len(c.buf) == 0 && early {
		return isWrapped
	}
	return nextProbe
}

// more takes what has arrived with the last read and fills it: one delivery of data is
// all that lies there.
func (c *classic) more(chunk []byte, n int) {
	for n == len(chunk) && len(c.buf) < classicMost {
		var err error
		if n, err = c.link.read(chunk, time.Millisecond); err != nil || n == 0 {
			return
		}
		c.buf = append(c.buf, chunk[:n]...)
	}
}

// silence ends a probe whose time is over, or that got enough.
func (c *classic) silence(p *matcher.Probe) verdict {
	c.save(p)
	if !p.IsNull() && c.t.ep.Proto == request.TCP {
		c.hangUp("done")
	}
	return nextProbe
}

// save keeps the answer for the fingerprint.
func (c *classic) save(p *matcher.Probe) {
	if len(c.buf) > 0 {
		c.saved = append(c.saved, savedAnswer{p, c.buf[:len(c.buf):len(c.buf)], c.begun, time.Now()})
	}
}

// matched matches all that was received so far.
func (c *classic) matched(p *matcher.Probe) verdict {
	r := c.p.cfg.DB.Match(c.buf, p)
	switch r.Kind {
	case matcher.Soft:
		if c.soft.Kind != matcher.Soft {
			c.soft = r
			c.trace("soft", p, &r)
		}
		return nextProbe
	case matcher.Hard:
	default:
		return nextProbe
	}
	c.trace("hard", p, &r)
	if r.Service == "ssl" && !c.tunnel && c.t.ep.Proto == request.TCP {
		return restart
	}
	if c.soft.Kind == matcher.Soft {
		r = matcher.Merge(c.soft, r, true)
	}
	c.claim(r, c.buf, c.begun)
	return finished
}

func (c *classic) trace(kind string, p *matcher.Probe, r *matcher.Result) {
	c.p.cfg.tracef("Service scan %s match (Probe %s matched with %s line %d): %s is %s.  Version: |%s|%s|%s|",
		kind, p.Name, r.Probe, r.Line, c.t.ep.Addr, r.Service, r.Product, r.Version, r.Info)
}

func (c *classic) claim(r matcher.Result, data []byte, first time.Time) {
	if c.tunnel {
		r.Tunnel = "ssl"
	}
	c.t.result = r
	b := banner(c.t.ep, nil, data, first, time.Now())
	if speaksRPC(r.Service) && r.Version == "" && c.p.cfg.Intensity >= rpcIntensity {
		c.t.held = func() { c.p.rec.claim(b, r) } // the program is asked for later
		return
	}
	if c.p.cfg.Intensity >= extraIntensity && (r.Service == "amqp" || r.Service == "murmur" || r.Service == "stun") {
		c.t.held = func() { c.p.rec.claim(b, r) } // extra may know better
		return
	}
	c.p.rec.claim(b, r)
}
