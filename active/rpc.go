package active

import (
	"bytes"
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"earshot/matcher"
	"earshot/matcher/request"
)

// rpcIntensity is the least intensity at which programs of ONC RPC are asked for, as
// nmap has it (nmap.org/book/vscan-post-processors.html).
const rpcIntensity = 7

// rpcPort is the portmapper's.
const rpcPort = 111

// listing is what the portmapper of a host says of it. The host's ports share it.
type listing struct {
	mu    sync.Mutex
	taken bool
	lines map[Port][]mapping
	named map[Port]bool // whose program was claimed
}

// listed is what a listing says of one port.
type listed struct {
	program   uint32
	low, high uint32
}

// fill takes a list, of version of the portmapper. It returns the versions of the
// portmapper itself that the list has.
func (l *listing) fill(a netip.Addr, version uint32, lines []mapping) (self listed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken = true
	l.lines = map[Port][]mapping{}
	for _, m := range lines {
		if m.program == portmapper {
			self.take(m)
		}
		if !m.of(a, version) {
			continue
		}
		p := Port{request.TCP, m.port}
		if m.udp {
			p.Proto = request.UDP
		}
		l.lines[p] = append(l.lines[p], m)
	}
	return self
}

func (x *listed) take(m mapping) {
	if x.program == 0 {
		*x = listed{m.program, m.version, m.version}
	}
	x.low, x.high = min(x.low, m.version), max(x.high, m.version)
}

// at returns what is listed for a port: of several programs the one that is met most.
func (l *listing) at(p Port) (x listed, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.lines[p]
	if len(lines) == 0 {
		return x, false
	}
	popular := popularPrograms()
	place := func(p uint32) int {
		if i := slices.Index(popular, p); i >= 0 {
			return i
		}
		return len(popular)
	}
	best := lines[0].program
	for _, m := range lines {
		if place(m.program) < place(best) {
			best = m.program
		}
	}
	for _, m := range lines {
		if m.program == best {
			x.take(m)
		}
	}
	return x, true
}

// name notes that a port's program was claimed.
func (l *listing) name(p Port) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.named == nil {
		l.named = map[Port]bool{}
	}
	l.named[p] = true
}

func (l *listing) has(p Port) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.named[p]
}

func (l *listing) known() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.taken
}

// rpcAnswer is an answer that a port has given already, with the question.
type rpcAnswer struct{ req, data []byte }

// rpcName is the service of a program: its name, "rpc" for one without.
func (p *prober) rpcName(program uint32) string {
	if n := p.cfg.Programs.Name(program); n != "" {
		return n
	}
	return "rpc"
}

// rpcProduct names the one product that has programs of that name; "" if others have
// them, too.
func rpcProduct(service string) string {
	switch service {
	case "glusterd":
		return "GlusterFS glusterd"
	case "glusterfs":
		return "GlusterFS"
	case "kerberos-adm":
		return "MIT Kerberos kadmind"
	}
	return ""
}

// rpcClaim records what program a port serves.
func (p *prober) rpcClaim(t *task, kind matcher.Kind, x listed, ranged bool, data []byte) {
	r := matcher.Result{Kind: kind, Service: p.rpcName(x.program), Probe: "RPC"}
	r.Info = sprintf("RPC #%d", x.program)
	r.Product = rpcProduct(r.Service)
	switch {
	case !ranged, x.high == 0, r.Product != "": // the product's version is another matter
	case x.low == x.high:
		r.Version = sprintf("%d", x.low)
	default:
		r.Version = sprintf("%d-%d", x.low, x.high)
	}
	now := time.Now()
	call := appendRecord(nil, 0, x.program, 1, 0)
	if t.ep.Proto == request.UDP {
		call = call[4:]
	}
	t.listing.name(t.port())
	p.cfg.tracef("%s: %s %s (%s)", t.where(), r.Service, r.Version, r.Info)
	p.rec.claim(banner(t.ep, call, data, now, now), r)
}

// rpcVerify asks a port that the portmapper has listed whether the program is there,
// and reports whether it is: one call, and no other question is needed.
func (p *prober) rpcVerify(ctx context.Context, t *task, l *link) (named bool, rest *link) {
	x, ok := t.listing.at(t.port())
	if !ok || p.cfg.Intensity < rpcIntensity {
		return false, l
	}
	p.cfg.tracef("%s: listed as RPC program %d", t.where(), x.program)
	g := newGrinder(p, t, l)
	found := g.find(ctx, []uint32{x.program})
	switch {
	case found != nil:
		p.rpcOpen(t)
		p.rpcClaim(t, matcher.Hard, listed{found.number, found.low, found.high}, found.ranged, found.raw)
	case g.spoke: // it is RPC, and does not say which: the list does
		p.rpcOpen(t)
		p.rpcClaim(t, matcher.Soft, x, true, nil)
	default:
		if g.link != nil && g.link.asks > 0 && !g.udp() {
			g.hangUp()
		}
		return false, g.link
	}
	g.hangUp()
	return true, nil
}

// rpcOpen notes that a datagram port has answered.
func (p *prober) rpcOpen(t *task) {
	if t.ep.Proto == request.UDP {
		p.opened(t.ep, "udp-response", time.Now())
	}
}

// rpcAsk finds out what program lives at a port that speaks ONC RPC, and what the
// portmapper lists if it is that. l is an open connection, or nil; it is closed. Of
// what the port has answered before, answer is the last. It reports whether the port
// does speak ONC RPC.
func (p *prober) rpcAsk(ctx context.Context, t *task, l *link, best matcher.Result, answer rpcAnswer) bool {
	g := newGrinder(p, t, l)
	defer g.hangUp()
	sure := best.Kind == matcher.Hard && !best.Any && best.Version != ""
	mapper := best.Service == "rpcbind" && sure || t.ep.Addr.Port() == rpcPort
	if mapper && !t.listing.known() {
		lines, version := heardList(t.ep.Addr.Addr(), answer)
		raw := answer.data
		if version == 0 {
			lines, version, raw = g.list(ctx)
		}
		if version != 0 {
			p.cfg.tracef("%s: the portmapper lists %d places (version %d)", t.where(), len(lines), version)
			self := t.listing.fill(t.ep.Addr.Addr(), version, lines)
			if !sure {
				p.rpcOpen(t)
				ranged := self.program != 0
				self.program = portmapper
				p.rpcClaim(t, matcher.Hard, self, ranged, raw)
			}
			t.listing.name(t.port())
			return true
		}
	}
	if sure {
		return true
	}
	programs := p.cfg.Programs.ordered()
	if p.cfg.Strategy == Classic { // nmap knows those of its table only
		programs = slices.DeleteFunc(programs, func(n uint32) bool { return p.cfg.Programs.Name(n) == "" })
	}
	found := g.find(ctx, programs)
	switch {
	case found != nil:
		p.rpcOpen(t)
		p.rpcClaim(t, matcher.Hard, listed{found.number, found.low, found.high}, found.ranged, found.raw)
	case !g.spoke || p.cfg.Strategy == Classic, g.denied && best.Service != "" && best.Service != "rpcbind":
	default:
		now := time.Now()
		r := matcher.Result{Kind: matcher.Hard, Service: "rpc", Probe: "RPC"}
		r.Info = "program unknown"
		if g.denied {
			r.Info = "program unknown, calls denied"
		}
		p.rec.claim(banner(t.ep, nil, answer.data, now, now), r)
	}
	return g.spoke
}

// heardList reads the list out of an answer that came to the question for it. Version 2
// knows no IPv6.
func heardList(a netip.Addr, answer rpcAnswer) (lines []mapping, version uint32) {
	if a.Is6() && !a.Is4In6() {
		return nil, 0
	}
	req, data := answer.req, answer.data
	if len(req) == callSize+4 {
		r := records{limit: listLimit, in: data}
		var err error
		if data, err = r.next(); data == nil || err != nil {
			return nil, 0
		}
		req = req[4:]
	}
	if len(req) != callSize || !bytes.Equal(req[4:], appendCall(nil, 0, portmapper, 2, 4)[4:]) {
		return nil, 0
	}
	r, ok := parseReply(data)
	if !ok || r.outcome != rpcSuccess || !bytes.Equal(req[:4], data[:4]) {
		return nil, 0
	}
	return parseDump(2, r.results), 2
}

// speaksRPC reports whether a service's name says ONC RPC and not which program.
func speaksRPC(service string) bool { return service == "rpcbind" || service == "rpc" }

// listed names a port that the portmapper lists, and asks nothing else if that works.
func (q *quiet) listed(ctx context.Context) (named bool) {
	named, q.link = q.p.rpcVerify(ctx, q.t, q.link)
	return named
}

// isRPC reports whether the port speaks ONC RPC, so that the programs are what is to be
// asked for.
func (q *quiet) isRPC() bool {
	return q.p.cfg.Intensity >= rpcIntensity && !q.tunnel && !q.noRPC && (q.family == "rpc" || q.heard && speaksRPC(q.best.Service))
}

// programs asks for the programs of a port that speaks ONC RPC. It returns false if the
// port does not speak it after all.
func (q *quiet) programs(ctx context.Context) bool {
	ok := q.p.rpcAsk(ctx, q.t, q.link, q.best, q.answer)
	if q.link, q.noRPC = nil, !ok; !ok {
		q.family = ""
	}
	return ok || ctx.Err() != nil
}

// rpcAfter is what the classic strategy does when all ports of a host were asked: those
// that no line has named are tried for ONC RPC, and programs asked for (nmap.org/book/vscan-post-processors.html).
func (p *prober) rpcAfter(ctx context.Context, t *task) {
	name := t.result.Service
	if p.cfg.Intensity < rpcIntensity || t.quiet || t.closed || name != "" && !speaksRPC(name) {
		return
	}
	named, l := p.rpcVerify(ctx, t, nil)
	if named {
		return
	}
	g := newGrinder(p, t, l)
	if name == "" {
		if r, _ := g.call(ctx, portmapper, 2, 0, 1); r == nil {
			g.hangUp()
			return
		}
		p.rpcOpen(t)
	}
	p.rpcAsk(ctx, t, g.link, t.result, rpcAnswer{})
}

// rpcListed names the open ports that nothing but the portmapper's list could name.
func (p *prober) rpcListed(t *task) {
	if x, ok := t.listing.at(t.port()); ok && !t.listing.has(t.port()) && p.cfg.Intensity >= rpcIntensity {
		p.rpcClaim(t, matcher.Soft, x, true, nil)
	}
}

// portmapperFirst puts the portmapper's port before the others: what it lists need not
// be found out.
func portmapperFirst(ports []Port) {
	if i := slices.Index(ports, Port{request.TCP, rpcPort}); i > 0 {
		copy(ports[1:i+1], ports[:i])
		ports[0] = Port{request.TCP, rpcPort}
	}
}

// rpcPackets is the most that asking for programs costs at a port.
func (cfg *Config) rpcPackets(proto matcher.Proto) int {
	switch {
	case cfg.Intensity < rpcIntensity:
		return 0
	case proto == request.UDP:
		return grindTries * (len(cfg.Programs.ordered()) + 3)
	case cfg.Strategy == Classic:
		return askedAcks*(len(cfg.Programs.ordered())+3) + grindDials*cfg.connection()
	}
	return 3*(len(cfg.Programs.ordered())+3) + 64
}
