package active

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"earshot/matcher/request"
)

// grinder finds out which ONC RPC program a port serves: it calls the NULL procedure of
// one program after the other in a version that nobody has, and the program that lives
// there answers with the versions that it has (nmap.org/book/vscan-post-processors.html). The calls go over one TCP
// connection, many at once, or over one UDP socket, a few at once and repeated if lost.
// Whatever the port sends, calls, bytes and time are bounded.
type grinder struct {
	p    *prober
	t    *task
	link *link // open, or nil

	version uint32 // that nobody has
	xid     uint32
	in      records
	budget  int  // bytes that may still be read
	strange int  // replies to no call of ours, and bytes that are no reply
	dials   int  // connections made
	single  bool // one call at a time: the server hangs up after each
	spoke   bool // it has answered a call
	denied  bool // it wants credentials
	success []uint32
	over    bool              // no more can be learned
	asked   map[uint32]uint32 // programs by the identifiers of the calls under way
	until   time.Time         // the time is over then
}

// Bounds of the grinder.
const (
	grindTime    = 15 * time.Second
	grindBytes   = 128 << 10
	grindStrange = 8
	grindDials   = 4
	grindTries   = 3 // of one datagram
	grindWindow  = 6 // datagrams at once
	replyLimit   = 2 << 10
	listLimit    = 128 << 10
	waitReply    = 2 * time.Second        // for the first answer over TCP
	waitRepeat   = 300 * time.Millisecond // before a datagram is repeated; doubles
)

// program is what the grinder has found.
type program struct {
	number    uint32
	ranged    bool // low and high are known
	low, high uint32
	raw       []byte // the reply
}

func newGrinder(p *prober, t *task, l *link) *grinder {
	return &grinder{
		p: p, t: t, link: l, version: 1<<16 + rand.Uint32N(1<<19), xid: rand.Uint32(),
		budget: grindBytes, asked: map[uint32]uint32{}, until: time.Now().Add(grindTime),
	}
}

func (g *grinder) udp() bool { return g.t.ep.Proto == request.UDP }

// find asks for the programs in their order and returns the first that lives there, nil
// for none.
func (g *grinder) find(ctx context.Context, programs []uint32) *program {
	for at := 0; at < len(programs) && !g.over && g.time(ctx); {
		n := min(firstPrograms, len(programs))
		if at > 0 {
			n = len(programs) - at
		}
		if g.udp() {
			n = min(n, grindWindow)
		}
		batch := programs[at : at+n]
		at += n
		var hit *program
		if g.udp() {
			hit = g.datagrams(ctx, batch)
		} else {
			hit = g.stream(ctx, batch)
		}
		if hit != nil {
			return hit
		}
	}
	// A server that answers for one program alone, whatever the version, has that one.
	if len(g.success) == 1 && len(programs) > 1 {
		return &program{number: g.success[0]}
	}
	return nil
}

// stream asks for a batch over TCP: all at once while the server bears that.
func (g *grinder) stream(ctx context.Context, left []uint32) (hit *program) {
	for len(left) > 0 && !g.over && g.time(ctx) && g.connected(ctx) {
		n := len(left)
		if g.single {
			n = 1
		}
		first := g.xid
		var out []byte
		for _, p := range left[:n] {
			out = appendRecord(out, g.take(p), p, g.version, 0)
		}
		if err := g.link.send(ctx, sprintf("RPC programs %d to %d", left[0], left[n-1]), out, 5*time.Second); err != nil {
			g.hangUp()
			g.single = true
			continue
		}
		answered := map[uint32]bool{}
		wait := scaled(waitReply, g.t.rtt)
		for len(answered) < n {
			record, err := g.record(replyLimit, wait)
			if err != nil {
				g.over = errors.Is(err, errNotRPC) || errors.Is(err, os.ErrDeadlineExceeded) && (len(answered) == 0 || g.single)
				g.hangUp()
				g.single = true
				break
			}
			p, found, ok := g.heard(record, first)
			if !ok {
				if g.strange++; g.strange > grindStrange {
					g.over = true
					g.hangUp()
					break
				}
				continue
			}
			answered[p] = true
			if found != nil && hit == nil {
				hit = found
				wait = g.t.rtt + 20*time.Millisecond // for those under way, so that the end is clean
			}
		}
		if hit != nil || g.over {
			return hit
		}
		left = slices.DeleteFunc(slices.Clone(left), func(p uint32) bool { return answered[p] })
	}
	return nil
}

// time reports whether there is any left.
func (g *grinder) time(ctx context.Context) bool {
	return ctx.Err() == nil && time.Now().Before(g.until)
}

// take returns the transaction identifier for a call to p.
func (g *grinder) take(p uint32) uint32 {
	g.xid++
	g.asked[g.xid] = p
	return g.xid
}

// heard reads a reply: to which program's call it is, and what it finds. Not ok are
// those that are no replies to the calls since first.
func (g *grinder) heard(b []byte, first uint32) (p uint32, found *program, ok bool) {
	r, ok := parseReply(b)
	if !ok || r.xid-first-1 >= g.xid-first {
		return 0, nil, false
	}
	p, ok = g.asked[r.xid]
	if !ok {
		return 0, nil, false
	}
	delete(g.asked, r.xid)
	g.spoke = true
	switch r.outcome {
	case rpcMismatch:
		found = &program{number: p, ranged: true, low: r.low, high: r.high, raw: slices.Clone(b)}
	case rpcSuccess:
		g.success = append(g.success, p)
	case rpcDenied:
		g.denied = true
	}
	return p, found, true
}

// record reads the next record of at most limit bytes over TCP.
func (g *grinder) record(limit int, wait time.Duration) ([]byte, error) {
	g.in.limit = limit
	until := time.Now().Add(wait)
	if g.until.Before(until) {
		until = g.until
	}
	buf := make([]byte, 8<<10)
	for {
		if r, err := g.in.next(); r != nil || err != nil {
			return r, err
		}
		left := time.Until(until)
		if left <= 0 {
			return nil, os.ErrDeadlineExceeded
		}
		n, err := g.link.read(buf, left)
		if n == 0 && err != nil {
			return nil, err
		}
		if g.budget -= n; g.budget < 0 {
			return nil, errNotRPC
		}
		g.in.in = append(g.in.in, buf[:n]...)
	}
}

// connected makes sure that there is a connection, or a socket.
func (g *grinder) connected(ctx context.Context) bool {
	if g.link != nil && !g.link.eof {
		return true
	}
	g.hangUp()
	if g.dials++; g.dials > grindDials {
		g.over = true
		return false
	}
	var err error
	if g.udp() {
		g.link, err = g.p.dial.udp(ctx, g.t.host, g.t.ep.Addr, "RPC: which program?")
	} else {
		g.link, err = g.p.dial.tcp(ctx, g.t.host, g.t.ep.Addr, scaled(2*time.Second, g.t.rtt), "RPC: which program?")
	}
	g.in = records{}
	clear(g.asked)
	if err != nil {
		g.link, g.over = nil, true
	}
	return err == nil
}

func (g *grinder) hangUp() {
	g.link.hangUp()
	g.link = nil
}

// datagrams asks for a few programs over UDP, and repeats what is not answered.
func (g *grinder) datagrams(ctx context.Context, left []uint32) *program {
	if !g.connected(ctx) {
		return nil
	}
	first := g.xid
	calls := map[uint32]uint32{} // identifiers by program: a repeated call keeps its own
	for _, p := range left {
		calls[p] = g.take(p)
	}
	buf := make([]byte, 64<<10)
	wait := scaled(waitRepeat, g.t.rtt)
	for try := range grindTries {
		if try > 0 && !g.time(ctx) {
			break
		}
		for _, p := range left {
			if g.asked[calls[p]] != p {
				continue
			}
			call := appendCall(nil, calls[p], p, g.version, 0)
			if err := g.link.send(ctx, sprintf("RPC program %d", p), call, time.Second); err != nil {
				g.over = true
				return nil
			}
		}
		for until := time.Now().Add(wait); ; {
			n, err := g.link.read(buf, max(time.Until(until), time.Microsecond))
			if err != nil {
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					g.over = true // refused
					return nil
				}
				break
			}
			g.budget -= n
			_, found, ok := g.heard(buf[:n], first)
			if found != nil {
				return found
			}
			if !ok {
				g.strange++
			}
			if g.strange > grindStrange+len(calls)*grindTries || g.budget < 0 {
				g.over = true
				return nil
			}
			if !slices.ContainsFunc(left, func(p uint32) bool { return g.asked[calls[p]] == p }) {
				return nil
			}
		}
		wait *= 2
	}
	if !g.spoke {
		g.over = true
	}
	return nil
}

// list asks a portmapper for all that it knows, in version 4, 3 or 2 of its language.
// version is that of the answer; 0 if there is none.
func (g *grinder) list(ctx context.Context) (lines []mapping, version uint32, raw []byte) {
	version = 4
	for range 2 {
		r, b := g.call(ctx, portmapper, version, 4, grindTries)
		switch {
		case r == nil:
			return nil, 0, nil
		case r.outcome == rpcSuccess:
			return parseDump(version, r.results), version, b
		case r.outcome == rpcMismatch && r.high >= 2 && r.high < version:
			version = r.high
		default:
			return nil, 0, nil
		}
	}
	return nil, 0, nil
}

// call makes one call and returns the reply to it, nil if none came. A datagram is sent
// up to tries times.
func (g *grinder) call(ctx context.Context, p, version, procedure uint32, tries int) (*reply, []byte) {
	if !g.connected(ctx) {
		return nil, nil
	}
	xid := g.take(p)
	name := sprintf("RPC program %d version %d procedure %d", p, version, procedure)
	wait := scaled(waitReply, g.t.rtt)
	out := appendRecord(nil, xid, p, version, procedure)
	if g.udp() {
		wait, out = scaled(waitRepeat, g.t.rtt), out[4:]
	} else {
		tries = 1
	}
	for range tries {
		if err := g.link.send(ctx, name, out, 5*time.Second); err != nil {
			return nil, nil
		}
		for until := time.Now().Add(wait); time.Now().Before(until); {
			var b []byte
			var err error
			if g.udp() {
				buf := make([]byte, 64<<10)
				var n int
				n, err = g.link.read(buf, time.Until(until))
				b = buf[:n]
				g.budget -= n
			} else {
				b, err = g.record(listLimit, time.Until(until))
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil || g.budget < 0 {
				return nil, nil
			}
			if r, ok := parseReply(b); ok && r.xid == xid {
				g.spoke = true
				return &r, b
			}
			if g.strange++; g.strange > grindStrange {
				return nil, nil
			}
		}
		wait *= 2
	}
	return nil, nil
}
