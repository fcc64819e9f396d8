package active

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

// quiet is the conversation with one port in the quiet strategy:
//
//   - The connection that found the port open carries the greeting or the first question.
//   - A greeting is waited for long only where the port's service is known to greet; on
//     a port that is known for another first question, not at all: if it greets all the
//     same, the greeting stands before the answer.
//   - The questions come in the order of what is likely (order.go). TLS is tried early.
//   - An answer ends when it is whole, or when nothing more has come for a few
//     round-trips; what it says decides what is asked next.
//   - A product with a version ends the port, and so does a product whose version no
//     further question could tell.
//   - After maxSilent questions that were all met the same way, by silence or by a close,
//     the port is left alone.
type quiet struct {
	p *prober
	t *task

	link     *link
	done     map[*matcher.Probe]bool
	best     matcher.Result
	family   string // of the protocol that the words heard are of
	tunnel   bool
	alpn     string
	h2c      bool  // it speaks HTTP/2 and nothing else
	hello    hello // that the tunnel began with
	triedTLS bool
	wantsTLS bool
	spokeTLS bool            // it answered a hello of TLS, and no tunnel came of it
	heard    bool            // any byte
	silent   int             // questions in a row that were not answered
	unknown  int             // answers that nobody knows; the same one again counts three times
	last     []byte          // the last of them
	more     int             // questions asked after the service was known
	failed   int             // connections that did not come about
	unasked  bool            // the first connection was closed before anything was said
	tired    int             // what the questions in a row without an answer have cost (see patience)
	throttle bool            // it said that we come too often, and was given time
	quietly  bool            // some question was left without an answer and without a close
	cut      bool            // some question was answered by a close
	left     bool            // it was asked less, like others of its port
	speaks   int             // which question in the clear, or which handshake, it answered first
	rested   int             // how often it refused connections after it had taken one, and was given time
	anew     bool            // after a rest: what is likely is to be asked again
	families map[string]bool // of the questions that were not answered
	answer   rpcAnswer       // the one that told that it speaks ONC RPC
	noRPC    bool            // it only looked like that
	said     []byte          // what was heard in the clear, the first of it
	noPage   bool            // there is no first page
	greeting []byte          // the whole of it, in the clear
}

// restTime is how long a server that takes one client at a time may rest between two:
// OpenVPN's five seconds, and one more.
const restTime = 6 * time.Second

// maxRests bounds these rests.
const maxRests = 2

// greeting is why a connection is made to hear what comes without a question.
const greeting = "greeting"

// stale is after how long a connection that carried nothing yet is given up for a new one.
const stale = time.Second

// Bounds of the quiet strategy.
const (
	maxSilent  = 20 // questions in a row without an answer
	maxTired   = 60 // what these may cost: silenceCost each, or closeCost if the port closes at once
	maxWrapped = 5  // questions of a port that closes before anything is said
	maxUnknown = 6  // answers without a match
	maxMore    = 4  // questions after the service is known
)

// What questions without an answer cost of the patience with a port: silence takes time,
// a close does not.
const (
	silenceCost = 3
	closeCost   = 1
)

// ending is how an answer ended.
type ending uint8

const (
	over     ending = iota // whole, or nothing more came
	timedOut               // nothing came
	closed                 // the other side ended the connection
	reset
)

func (q *quiet) port() uint16 { return q.t.ep.Addr.Port() }

// tlsPort reports whether the port is known for TLS: by what was heard, by its name, or
// by the probes that are for the inside of tunnels only.
func (q *quiet) tlsPort() bool {
	if q.t.tls || state.InsideTLS(q.t.name) {
		return true
	}
	own, inside := false, false
	for _, p := range q.p.cfg.DB.Probes() {
		if p.Proto == request.TCP {
			own = own || p.Ports.Has(q.port()) && !isTLSProbe(p)
			inside = inside || p.SSLPorts.Has(q.port())
		}
	}
	return inside && !own
}

func (q *quiet) run(ctx context.Context) {
	q.begin()
	defer func() { q.hangUp() }()
	if !q.t.quiet && q.listed(ctx) {
		return
	}
	for again := true; again; again = q.isRPC() && !q.programs(ctx) {
		q.conversation(ctx)
	}
	if !q.t.quiet && ctx.Err() == nil {
		q.remember()
	}
	q.session(ctx)
	q.upgrade(ctx)
	q.facts(ctx)
}

// begin takes over what is known of the port.
func (q *quiet) begin() {
	q.link = q.t.link
	q.done, q.families = map[*matcher.Probe]bool{}, map[string]bool{}
	if q.link != nil && time.Since(q.link.opened) > stale {
		q.hangUp() // the server may have lost patience with it
	}
	if b := q.t.known; b != nil && b.By != nil && b.Tunnel == "" {
		q.best = matcher.Result{Kind: b.By.Result.Kind, Service: b.Service, Fields: b.Fields, Any: b.By.Result.Any}
		if b.Service == "ssl" { // what is inside is to be found out
			q.best, q.wantsTLS = matcher.Result{}, true
		}
	}
}

// conversation asks until the port needs no more, or until it turns out to speak ONC RPC.
func (q *quiet) conversation(ctx context.Context) {
	if q.t.ep.Proto == request.UDP {
		q.datagrams(ctx)
		return
	}
	q.level(ctx)
	if q.insideNamed() {
		q.level(ctx)
	}
	q.discards(ctx)
	if q.unasked && !q.heard && !q.quietly && ctx.Err() == nil {
		q.p.wrapped(q.t, time.Now())
	}
}

func (q *quiet) hangUp() {
	if q.link != nil {
		outcome := "silent"
		if q.link.entry.GotData > 0 {
			outcome = "answered"
		}
		q.link.close(outcome)
		q.link = nil
	}
}

// level asks at the present tunnel level, and inside TLS once that is reached. It
// returns true if no more can be learned.
func (q *quiet) level(ctx context.Context) bool {
	if over, again := q.greet(ctx); over {
		return true
	} else if again {
		return q.level(ctx)
	}
	for ctx.Err() == nil {
		list := q.questions()
		if len(list) == 0 || q.enough() || q.likeOthers(list[0]) {
			return true
		}
		if q.heard && sure(&q.best) {
			if q.more++; q.more > maxMore {
				return true
			}
		}
		x := list[0]
		if x.probe == nil {
			q.triedTLS = true
			if q.shake(ctx) {
				return q.level(ctx)
			}
			continue
		}
		q.done[x.probe] = true
		if q.put(ctx, x) {
			return true
		}
	}
	return true
}

// greet hears the greeting, where one is worth waiting for. over says that the port needs no
// more, again that it has complained and was given time.
func (q *quiet) greet(ctx context.Context) (over, again bool) {
	wait := q.greetingWait()
	if q.t.quiet {
		wait = waitMaybe
	}
	if wait <= 0 {
		return false, false
	}
	if !q.connected(ctx, greeting) {
		return true, false // open, and gone
	}
	data, first, end := q.hear(ctx, "", wait)
	if q.throttled(ctx, data) {
		return false, true
	}
	if len(data) > 0 {
		if q.learn(q.p.cfg.DB.Null(), nil, data, first) {
			return true, false
		}
	} else if end == closed || end == reset {
		q.unasked = !q.tunnel && time.Since(q.link.opened) < q.wrappedWithin()
		q.hangUp()
	}
	return q.t.quiet, false
}

// enough reports whether what was met so far is reason to leave the port alone.
func (q *quiet) enough() bool {
	return q.silent >= q.patience() || q.tired >= maxTired || q.unknown >= maxUnknown || q.failed > 1
}

// sure reports whether a service is known well enough to ask it nothing but what it is for.
func sure(r *matcher.Result) bool {
	return r.Service != "" && (!r.Any || r.Kind == matcher.Hard && r.Product != "")
}

// closes reports whether the port ends every connection at once, whatever it is asked.
func (q *quiet) closes() bool { return q.cut && !q.heard && q.tired < q.silent*2 }

// patience is how many questions in a row may go without an answer.
func (q *quiet) patience() int {
	switch {
	case q.unasked && !q.heard:
		return maxWrapped
	case q.spokeTLS && !q.tunnel:
		return maxWrapped // it wants TLS, and none that we know
	case q.t.name == "discard" && !q.heard && !q.cut:
		return maxWrapped
	case q.closes():
		return maxTired
	}
	return maxSilent
}

func (q *quiet) wrappedWithin() time.Duration {
	if n := q.p.cfg.DB.Null(); n != nil {
		return n.TCPWrapped
	}
	return 2 * time.Second
}

// connected makes sure that there is a connection over which a question can go.
func (q *quiet) connected(ctx context.Context, why string) bool {
	if q.link != nil && !q.link.eof {
		return true
	}
	q.hangUp()
	for try := range 2 {
		dial := q.p.dial.speak
		if why == greeting {
			dial = q.p.dial.tcp
		}
		l, err := dial(ctx, q.t.host, q.t.ep.Addr, scaled(2*time.Second, q.t.rtt), why)
		if err == nil {
			q.link = l
			if !q.tunnel {
				return true
			}
			if err = l.shake(ctx, q.hello, q.t.sni, scaled(waitHello, q.t.rtt)); err == nil {
				q.alpn = l.tls.ALPN
				return true
			}
			q.hangUp()
		}
		if ctx.Err() != nil || errors.Is(err, ErrScope) || errors.Is(err, ErrDenied) || errors.Is(err, ErrEnough) {
			q.failed = maxSilent
			return false
		}
		if !q.heard && reason(err) == "reset" && q.silent == 0 {
			q.p.wrapped(q.t, time.Now())
			q.failed = maxSilent
			return false
		}
		if reason(err) == "conn-refused" && q.rested < maxRests && !q.heard {
			q.rested++ // it takes one at a time, and rests between them
			if sleep(ctx, restTime) == nil {
				q.anew = true
				continue
			}
		}
		if reason(err) != "net-unreach" { // that is not its fault
			q.t.host.hurt() // it was open a moment ago: give it time, and ask once more
		}
		q.p.cfg.tracef("%s: %s: %v (try %d)", q.t.where(), why, err, try+1)
	}
	q.failed++
	return false
}

func (q *quiet) offer() []string { return []string{"h2", "http/1.1"} }

// shake tries TLS: with the protocols offered, then, if it speaks TLS at all, as old
// servers do it, and without the protocols. It reports whether there is a tunnel now.
func (q *quiet) shake(ctx context.Context) bool {
	if q.link != nil && q.link.asks > 0 {
		q.hangUp()
	}
	spoke, agreed := false, false
	hellos := []hello{{alpn: q.offer()}, {alpn: rareProtocols(), rare: true}, {old: true}, {}, {bare: true}}
	for len(hellos) > 0 {
		h := hellos[0]
		if !q.connected(ctx, "TLS") {
			return false
		}
		begin := time.Now()
		err := q.link.shake(ctx, h, q.t.sni, scaled(waitHello, q.t.rtt))
		facts := q.link.tls
		if err == nil {
			q.p.cfg.tracef("%s: TLS %#04x, %q", q.t.where(), facts.Version, facts.ALPN)
			q.p.handshake(q.t, facts, begin)
			q.nth()
			q.tunnel, q.alpn, q.heard, q.hello = true, facts.ALPN, true, h
			q.silent, q.tired, q.unknown, q.best, q.family = 0, 0, 0, matcher.Result{}, ""
			clear(q.done)
			clear(q.families)
			return true
		}
		q.p.cfg.tracef("%s: no TLS: %v", q.t.where(), err)
		hellos = q.link.others(hellos[1:], err)
		wrong := q.link.alert == noVersion
		q.hangUp()
		if facts == nil {
			break
		}
		spoke, agreed = true, agreed || facts.Version != 0 || wrong
		q.nth()
		q.p.handshake(q.t, facts, begin)
	}
	if !agreed && (spoke || q.tlsPort()) && ctx.Err() == nil && q.renamed() {
		return q.shake(ctx)
	}
	q.spokeTLS = spoke
	if !spoke {
		q.silent++
		q.tired += closeCost
	}
	return false
}

// nth notes which question is the first that is answered.
func (q *quiet) nth() {
	if q.speaks == 0 && !q.heard {
		q.speaks = q.silent + 1
	}
}

// maxComplaint bounds the words of a server that says no more than that we come too often.
const maxComplaint = 400

// throttled reports whether the server says that we come too often, and gives it time
// then, once: IRC servers have it after the second connection within some seconds.
func (q *quiet) throttled(ctx context.Context, data []byte) bool {
	if q.throttle || len(data) > maxComplaint || isHTTP(data) {
		return false
	}
	words := bytes.ToLower(data)
	if !bytes.Contains(words, []byte("too fast")) && !bytes.Contains(words, []byte("throttled")) {
		return false
	}
	q.throttle = true
	q.p.cfg.tracef("%s: comes too often, it says", q.t.where())
	q.hangUp()
	return sleep(ctx, restTime) == nil
}

// put asks one question and takes the answer. It returns true if the port needs no more.
func (q *quiet) put(ctx context.Context, x question) bool {
	p := x.probe
	if q.link != nil && q.link.asks > 0 && !q.converse(p) && !(q.tunnel && q.link.asks == 1 && !q.link.eof && q.link.entry.GotData == 0) {
		q.hangUp()
	}
	if !q.connected(ctx, p.Name) {
		return false
	}
	if q.anew { // another client may have been there the first time
		q.anew = false
		delete(q.done, p)
		for d := range q.done {
			if registered(d, q.port(), q.tunnel) {
				delete(q.done, d)
			}
		}
		return false
	}
	payload := vary(p.Payload, time.Now())
	payload = q.inH2(payload)
	q.p.cfg.tracef("%s: %s", q.t.where(), p.Name)
	if err := q.link.send(ctx, p.Name, payload, 5*time.Second); err != nil {
		q.hangUp()
		q.silent++
		return false
	}
	kind := request.Classify(q.t.ep.Proto, payload)
	data, first, end := q.hear(ctx, kind, q.answerWait(x))
	if len(data) == 0 && end == timedOut && x.score <= scoreGet {
		data, first = q.lastWord(ctx, kind)
	}
	if len(data) == 0 {
		q.unanswered(kind, end)
		return false
	}
	if q.throttled(ctx, data) {
		delete(q.done, p)
		return false
	}
	q.nth()
	q.silent, q.tired = 0, 0
	q.t.host.well()
	if !q.tunnel && saysTLS(data) {
		q.wantsTLS = true
	}
	return q.learn(p, payload, data, first)
}

// unanswered takes it that a question was met by silence or by a close.
func (q *quiet) unanswered(kind request.Kind, end ending) {
	q.silent++
	if f := kind.Family(); f != "" {
		q.families[f] = true
	}
	if end == timedOut {
		q.quietly = true
		q.tired += silenceCost
	} else {
		q.cut = true
		q.tired += closeCost
	}
	q.hangUp()
}

// lastWord ends the sending of a connection whose question was met by silence, and hears
// what comes then: some servers read a question to the end of the stream, as that of Xymon
// does. The packet is one that is due anyway.
func (q *quiet) lastWord(ctx context.Context, kind request.Kind) (data []byte, first time.Time) {
	c, ok := q.link.raw.(*net.TCPConn)
	if !ok || q.tunnel || c.CloseWrite() != nil {
		return nil, first
	}
	data, first, _ = q.hear(ctx, kind, scaled(waitLast, q.t.rtt))
	q.link.eof = true // no other question goes over it
	return data, first
}

// converse reports whether p can be asked over a connection that was used already: the
// service greets, speaks in lines, and so does p.
func (q *quiet) converse(p *matcher.Probe) bool {
	if q.link.eof || len(p.Payload) == 0 || p.Payload[len(p.Payload)-1] != '\n' {
		return false
	}
	switch q.best.Service {
	case "ftp", "smtp", "pop3", "imap", "nntp", "irc", "sieve", "lmtp", "mpd", "dict", "munin":
		return true
	}
	return false
}

func (q *quiet) answerWait(x question) time.Duration {
	var w time.Duration
	switch {
	case q.best.Service != "" && !q.best.Any:
		w = waitKnown
	case x.score < scoreGet && q.silent == 0:
		w = waitLikely
	case x.score <= scoreTLS && q.silent == 0, x.score < scoreGet:
		w = waitCommon
	default:
		w = waitRare
	}
	return min(scaled(w, q.t.rtt), x.probe.TotalWait)
}

func isGet(payload []byte) bool { return string(payload) == "GET / HTTP/1.0\r\n\r\n" }

// hear reads one answer: until it is whole, nothing more comes, or there is enough.
func (q *quiet) hear(ctx context.Context, kind request.Kind, wait time.Duration) (data []byte, first time.Time, end ending) {
	buf := make([]byte, 4<<10)
	until := time.Now().Add(wait)
	for len(data) < maxAnswer && ctx.Err() == nil {
		w := time.Until(until)
		if w <= 0 {
			break
		}
		if len(data) > 0 {
			w = min(w, gap(data, q.t.rtt))
		}
		n, err := q.link.read(buf, w)
		if n > 0 {
			if len(data) == 0 {
				first = time.Now()
				until = first.Add(3*time.Second + 4*q.t.rtt) // whoever drips shall not keep us
			}
			data = append(data, buf[:n]...)
			if lookingUp(data) {
				until = first.Add(waitLookup + 4*q.t.rtt)
			}
			if whole(kind, data) {
				return data, first, over
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			if len(data) == 0 {
				return nil, first, timedOut
			}
			return data, first, over
		case errors.Is(err, io.EOF):
			return data, first, closed
		default:
			return data, first, reset
		}
	}
	if len(data) == 0 {
		end = timedOut
	}
	return data, first, end
}

// learn takes an answer, p's to req, and reports whether the port needs no more.
func (q *quiet) learn(p *matcher.Probe, req, data []byte, first time.Time) bool {
	q.heard = true
	r := q.recognised(p, req, data)
	q.p.rec.claim(banner(q.t.ep, req, data, first, time.Now()), r)
	q.p.cfg.tracef("%s: %d bytes: %s %s %s (%s)", q.t.where(), len(data), r.Service, r.Product, r.Version, signature(&r))
	if !q.tunnel && r.Service == "ssl" {
		q.wantsTLS = true
		return false
	}
	q.keep(p, req, data, r)
	if q.isRPC() {
		q.answer = rpcAnswer{req, data}
		return true
	}
	if r.Service == "" || r.Any && r.Product == "" {
		q.unknown++
		if bytes.Equal(data, q.last) { // it says the same whatever it is asked
			q.unknown += 2
		}
		q.last = data
	}
	return !(q.wantsTLS && !q.tunnel && !q.triedTLS) && q.settled()
}

// recognised says what an answer, p's to req, is of.
func (q *quiet) recognised(p *matcher.Probe, req, data []byte) matcher.Result {
	proto := q.t.ep.Proto
	own := p != nil && registered(p, q.port(), q.tunnel)
	r := q.p.match(proto, p, req, data, own)
	b := &q.best
	if len(q.greeting) > 0 && len(req) > 0 && r.Product == "" && (b.Product == "" || b.Kind == matcher.Soft) && p != nil && !q.tunnel {
		r = q.greetedAnswer(p, req, data, own, r)
	}
	if q.tunnel && r.Tunnel == "" && r.Service != "" {
		r.Tunnel = "ssl"
	}
	if !asksPage(p) && namesProduct(b) && r.Kind == matcher.Hard && !strings.EqualFold(r.Product, b.Product) {
		r.Any = true // it was asked for the version of what is known: a page of the server below says no more
	}
	return r
}

// keep keeps what later questions are chosen by of an answer, p's to req, that r is said of.
func (q *quiet) keep(p *matcher.Probe, req, data []byte, r matcher.Result) {
	page := asksPage(p)
	if w := weight(&r); w > weight(&q.best) || page && w == weight(&q.best) {
		q.best = r
	}
	if k, side := request.Recognise(q.t.ep.Proto, data); k != "" && side != request.Originator {
		q.family = k.Family()
	}
	if q.t.ep.Proto == request.TCP {
		q.turnsH2(p, data)
	}
	if page {
		q.noPage = isHTTP(data) && bytes.Contains(data[:min(len(data), 16)], []byte(" 404"))
	}
	if q.tunnel {
		return
	}
	q.said = append(q.said, data[:min(len(data), max(0, maxAnswer-len(q.said)))]...)
	if len(req) == 0 {
		q.greeting = data
	}
}

// settled reports whether the product is known and no question is left that could tell more
// of it.
func (q *quiet) settled() bool {
	b := &q.best
	return namesProduct(b) && !slices.ContainsFunc(q.p.cfg.DB.Probes(), func(p *matcher.Probe) bool {
		return p.Proto == q.t.ep.Proto && !q.done[p] && !p.IsNull() && (q.p.tells(p, b) || q.firstPage(p) || q.metrics(p))
	})
}

// asksPage reports whether p, which may be nil, asks for the first page of a web server.
func asksPage(p *matcher.Probe) bool { return p != nil && isGet(p.Payload) }

// namesProduct reports whether a hard match names a product.
func namesProduct(r *matcher.Result) bool { return r.Kind == matcher.Hard && r.Product != "" }

// weight orders what answers say of a service.
func weight(r *matcher.Result) int {
	w := 0
	switch {
	case r.Service == "":
		return 0
	case r.Kind == matcher.Hard && !r.Any:
		w = 50
	case r.Kind == matcher.Soft && !r.Any:
		w = 40
	case r.Kind == matcher.Hard:
		w = 30
	case !r.Any:
		w = 20
	default:
		w = 10
	}
	if r.Product != "" {
		w++
	}
	if r.Version != "" {
		w++
	}
	return w
}

func signature(r *matcher.Result) string {
	if r.Line == 0 {
		return "no line"
	}
	return sprintf("%s:%d", r.File, r.Line)
}

// datagrams is the conversation over UDP: one socket, one question after the other. The
// questions that the port is known for are repeated once, since datagrams get lost.
func (q *quiet) datagrams(ctx context.Context) {
	if q.t.quiet {
		return
	}
	if q.link == nil {
		l, err := q.p.dial.udp(ctx, q.t.host, q.t.ep.Addr, "questions")
		if err != nil {
			return
		}
		q.link = l
	}
	for ctx.Err() == nil {
		list := q.questions()
		if len(list) == 0 || q.silent >= q.patience() || q.unknown >= maxUnknown || q.likeOthers(list[0]) {
			break
		}
		x := list[0]
		q.done[x.probe] = true
		if !q.heard && x.score >= scoreGet && q.silent >= maxSilent*3/4 {
			break
		}
		if q.datagram(ctx, x) {
			return
		}
		q.silent++
		if q.best.Service != "" && !q.best.Any {
			if q.more++; q.more > maxMore {
				return
			}
		}
	}
	if !q.heard && ctx.Err() == nil {
		q.p.rec.see(q.t.ep, true, "no-response", time.Now())
	}
}

// datagram asks one question over UDP, twice if it is a likely one and nothing comes. It
// returns true if the port needs no more, or if nothing more can be had of it.
func (q *quiet) datagram(ctx context.Context, x question) bool {
	tries, wait := 1, waitDatagram/2
	if x.score < scoreGet {
		tries, wait = 2, waitDatagram
	}
	buf := make([]byte, 64<<10)
	for try := range tries {
		q.p.cfg.tracef("%s: %s", q.t.where(), x.probe.Name)
		l := q.link
		if try == 0 && request.Classify(request.UDP, x.probe.Payload).Family() == "tftp" {
			from, err := q.p.dial.udpAnyPort(ctx, q.t.host, q.t.ep.Addr, "TFTP, answered from another port")
			if err != nil {
				return true
			}
			defer from.close("done")
			l = from
		}
		if err := l.send(ctx, x.probe.Name, x.probe.Payload, time.Second); err != nil {
			q.refused(err)
			return true
		}
		n, err := l.read(buf, scaled(wait, q.t.rtt))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			q.quietly = true
			continue
		}
		if err != nil {
			q.refused(err)
			return true
		}
		now := time.Now()
		if !q.heard {
			q.p.opened(q.t.ep, "udp-response", now)
		}
		q.nth()
		q.silent = -1
		data := bytes.Clone(buf[:n])
		if onlyAcknowledges(data) {
			if n, err := l.read(buf, scaled(waitFlightEnd, q.t.rtt)); err == nil {
				data = bytes.Clone(buf[:n])
			}
		}
		return q.learn(x.probe, x.probe.Payload, data, now)
	}
	return false
}

// refused takes the end of a datagram socket: a port that answers by ICMP is closed.
func (q *quiet) refused(err error) {
	q.failed++
	if why := reason(err); why != "" && !q.heard {
		if why == "conn-refused" {
			why = "port-unreach"
		}
		q.p.rec.see(q.t.ep, true, why, time.Now())
	}
}
