package active

import (
	"bytes"
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

// prober asks ports what runs on them.
type prober struct {
	cfg      *Config
	dial     *dialer
	rec      *recorder
	identify state.Identify
	silences silences // of the quiet strategy
	first    struct { // which ports are asked without hearing first, as far as that was looked up
		sync.Mutex
		ports map[uint16]bool
	}
}

// task is one open port to be asked.
type task struct {
	ep       capture.Endpoint
	link     *link         // the connection that found it open, nothing sent yet; nil for none
	rtt      time.Duration // to the host, 0 if not measured
	name     string        // of the port, by the table
	known    *state.Belief // what the state believes, nil for nothing
	tls      bool          // TLS was heard there
	upgraded bool          // a handshake after STARTTLS is known
	sni      string        // a name of the host, "" for none
	names    *hostNames    // others, learned in this run; may be nil
	quiet    bool          // it must not be spoken to first

	host *hostPace

	listing *listing       // of the host's portmapper
	result  matcher.Result // Classic: what a line has said
	closed  bool           // Classic: it is, after all
	held    func()         // Classic: records a claim that waits for a better one
	saved   []savedAnswer  // Classic: what no line has named
	extra   bool           // Classic: a better one came
}

func (t *task) port() Port { return Port{t.ep.Proto, t.ep.Addr.Port()} }

func (t *task) where() string {
	return t.ep.Addr.String() + "/" + t.ep.Proto.String()
}

// ask finds out what runs on a port. Whatever it learns is recorded at once.
func (p *prober) ask(ctx context.Context, t *task) {
	if p.cfg.Strategy == Classic {
		c := classic{p: p, t: t}
		c.run(ctx)
		return
	}
	q := quiet{p: p, t: t}
	q.run(ctx)
}

// match asks the lists of the probe that was sent, nil where the database has none, and where
// those know less than everything, what listening would make of the exchange.
//
// own says that the port is known for the probe. Where it is not, an answer that is not
// of the protocol that was asked for says nothing: many services answer anything.
func (p *prober) match(proto matcher.Proto, probe *matcher.Probe, req, data []byte, own bool) matcher.Result {
	name := ""
	if probe != nil {
		name = probe.Name
	}
	if len(req) > 0 && p.echoes(req, data) {
		return matcher.Result{Kind: matcher.Soft, Service: "echo", Probe: name}
	}
	var r matcher.Result
	if probe != nil {
		r = p.cfg.DB.Match(data, probe)
	}
	kind := request.Classify(proto, req)
	framed := proto == request.TCP && kind.Family() == "http2"
	if r.Kind == matcher.Hard && !framed {
		return r
	}
	heard := p.identify(proto, kind, req, data, 0)
	if r.Kind == matcher.Hard {
		if isPage(&heard) { // a line that knows the frames names what an application is built with, its page the application
			return heard
		}
		return r
	}
	matched := heard.Kind == matcher.Hard || heard.Kind == matcher.Soft
	if !matched && heard.Service != "" && (!own || named(kind)) && !speaks(proto, data, kind, heard.Service) {
		heard.Service, heard.Any = "", false
	}
	if r.Kind == matcher.Soft && !betters(&heard, &r) {
		return r
	}
	if !matched && probe != nil {
		heard.Probe = name
	}
	return heard
}

// echoes reports whether an answer is the question again, as it was sent.
func (p *prober) echoes(req, data []byte) bool {
	return bytes.Equal(req, data) || bytes.Equal(signed(req, p.cfg.contact()), data)
}

// isPage reports whether a line knows a web server's page by what made it.
func isPage(r *matcher.Result) bool {
	return r.Kind == matcher.Hard && r.Product != "" && strings.HasPrefix(r.Service, "http")
}

// speaks reports whether an answer is of the protocol that was asked for, or of another that
// is of the service.
func speaks(proto matcher.Proto, data []byte, asked request.Kind, service string) bool {
	k, _ := request.Recognise(proto, data)
	return k != "" && (k.Family() == asked.Family() || service == k.Service(proto))
}

// betters reports whether what listening makes of an exchange says more than soft, the soft
// match of the probe's own list.
func betters(heard, soft *matcher.Result) bool {
	alike := heard.Service == soft.Service ||
		soft.Service == "http" && heard.Service == "http-proxy" // one that answers in HTTP/2 is read as HTTP/1 by listening alone
	if !alike {
		return false
	}
	return heard.Kind == matcher.Hard || soft.Product == "" && heard.Product != "" && !heard.Any
}

// named reports whether every answer of a protocol begins with its name, so that words
// of no known shape are not of it, whatever the port is known for.
func named(k request.Kind) bool {
	switch k.Family() {
	case "http", "rtsp", "sip":
		return true
	}
	return false
}

// banner is an exchange as the matcher and the state see it.
func banner(ep capture.Endpoint, req, data []byte, first, last time.Time) *capture.Banner {
	return &capture.Banner{Endpoint: ep, Request: req, Data: data, First: first, Last: last}
}

// handshake records the facts of a TLS handshake.
func (p *prober) handshake(t *task, facts *capture.TLS, at time.Time) {
	t.names.certificate(facts)
	b := banner(t.ep, nil, nil, at, at)
	b.TLS = facts
	p.rec.claim(b, p.cfg.DB.MatchCertificate(facts.CertificateText()))
}

// wrapped records that a port takes connections and closes them without a word.
func (p *prober) wrapped(t *task, at time.Time) {
	p.rec.claim(banner(t.ep, nil, nil, at, at), matcher.Result{Kind: matcher.Soft, Service: state.Wrapped})
}

func endpoint(a netip.Addr, p Port) capture.Endpoint {
	return capture.Endpoint{Addr: netip.AddrPortFrom(a, p.Port), Proto: p.Proto}
}
