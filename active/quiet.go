package active

import (
	"bytes"
	"context"
	"errors"
	"net"
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
		switch { // a line that knew the certificate knew no words
		case b.By.TLS != nil:
			q.best = matcher.Result{Service: b.Service}
		case b.Certified:
			q.best.Fields = b.By.Result.Fields
		}
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
	q.link.hangUp()
	q.link = nil
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
		if len(list) == 0 || q.enough(&list[0]) || q.likeOthers(list[0]) {
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

// enough reports whether what was met so far is reason to leave the port alone, and not to
// ask it x. That it answers in words that nobody knows is none against what it is
// registered for.
func (q *quiet) enough(x *question) bool {
	unknown := maxUnknown
	if x.probe != nil && registered(x.probe, q.port(), q.tunnel) {
		unknown *= 2
	}
	return q.silent >= q.patience() || q.tired >= maxTired || q.unknown >= unknown || q.failed > 1
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
			if name := state.ByALPN(facts.ALPN); name != "" && name != "http" {
				q.best = matcher.Result{Kind: matcher.Soft, Service: name} // both have agreed on it
			}
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
