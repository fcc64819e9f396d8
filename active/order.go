package active

import (
	"bytes"
	"slices"
	"strings"

	"earshot/matcher"
	"earshot/matcher/request"
)

// classicOrder is the order of nmap.org/book/vscan-technique.html for one port and tunnel level,
// given probe by probe: NULL, those that are registered for the port, the others.
type classicOrder struct {
	db        *matcher.DB
	proto     matcher.Proto
	port      uint16
	tunnel    bool
	intensity int
	phase     int // 0 NULL, 1 registered, 2 general
	at        int // place in the file
}

func registered(p *matcher.Probe, port uint16, tunnel bool) bool {
	if tunnel {
		return p.SSLPorts.Has(port)
	}
	return p.Ports.Has(port)
}

// next returns the next probe, nil when there is none; soft is the service that was
// soft-matched so far, or "".
func (o *classicOrder) next(soft string) *matcher.Probe {
	if o.phase == 0 {
		o.phase = 1
		if n := o.db.Null(); n != nil && o.proto == request.TCP {
			return n
		}
	}
	probes := o.db.Probes()
	for ; o.phase <= 2; o.phase, o.at = o.phase+1, 0 {
		for o.at < len(probes) {
			p := probes[o.at]
			o.at++
			if p.Proto != o.proto || p.IsNull() || registered(p, o.port, o.tunnel) != (o.phase == 1) {
				continue
			}
			if soft != "" && o.intensity < 9 && !o.db.HasService(p, soft) {
				continue
			}
			if o.phase == 2 && soft == "" && p.Rarity > o.intensity {
				continue
			}
			return p
		}
	}
	return nil
}

// speaksFirst reports whether the service of that port name greets its clients, so that
// a greeting is worth waiting for.
func speaksFirst(name string) bool {
	switch name {
	case "ssh", "ftp", "ftps", "smtp", "smtps", "submission", "submissions", "urd", "telnet", "telnets", "pop3", "pop3s", "imap", "imaps",
		"imap3", "nntp", "nntps", "mysql", "mysqlx", "ircd", "ircs", "ircs-u", "daytime", "time", "qotd", "chargen", "sieve", "rsync", "rfb", "vnc", "svn", "mpd",
		"munin", "dict", "nbd", "lmtp", "netconf-ssh", "sftp", "acap", "mupdate", "poppassd", "teamspeak", "nats", "asterisk":
		return true
	}
	return false
}

// question is the next thing to ask a port in the quiet strategy: a probe, or a TLS
// handshake.
type question struct {
	probe *matcher.Probe // nil: TLS
	score int            // the lower the sooner
}

// Scores: what makes a question likely to be answered, best first.
const (
	scoreWanted  = -1 // TLS, where an answer in the clear has asked for it: nothing else is answered there
	scoreKnown   = 0  // it asks for the service that was heard there
	scoreTLSPort = 10 // TLS, on a port known for it
	scoreOwn     = 20 // the port is registered for it
	scoreGet     = 40 // what most ports answer
	scoreTLS     = 41
	scoreNear    = 42 // the port resembles one that it is registered for
	scoreGeneral = 50 // by rarity
)

// questions lists what is worth asking a port of which that much is known, in order.
// Probes in done are left out.
func (q *quiet) questions() []question {
	var out []question
	known := sure(&q.best)
	for _, p := range q.p.cfg.DB.Probes() {
		if p.Proto != q.t.ep.Proto || p.IsNull() || q.done[p] || isTLSProbe(p) || q.onlyH1(p) {
			continue
		}
		kind := request.Classify(p.Proto, p.Payload)
		if !known && q.hopeless(p, kind) {
			continue
		}
		if score, ok := q.score(p, kind, known); ok {
			out = append(out, question{probe: p, score: score})
		}
	}
	if q.t.ep.Proto == request.TCP && !q.tunnel && !q.triedTLS && (!known || q.wantsTLS) {
		x := question{score: scoreTLS}
		if q.wantsTLS {
			x.score = scoreWanted
		} else if q.tlsPort() {
			x.score = scoreTLSPort
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b question) int { return a.score - b.score })
	return out
}

// hopeless reports whether what was met so far tells that p will not be answered: what
// speaks first has not, and what did not answer its like will not answer this. A probe that
// the port is registered for is asked all the same.
func (q *quiet) hopeless(p *matcher.Probe, kind request.Kind) bool {
	if q.t.ep.Proto != request.TCP || registered(p, q.port(), q.tunnel) {
		return false
	}
	greeted := q.heard
	if q.tunnel {
		greeted = q.family != ""
	}
	return q.families[kind.Family()] || kind.Greeted() && !greeted
}

// score says how likely p is to be answered, the lower the likelier; ok is false if it is not
// worth asking. known says that the service is known.
func (q *quiet) score(p *matcher.Probe, kind request.Kind, known bool) (score int, ok bool) {
	own := registered(p, q.port(), q.tunnel)
	switch {
	case q.metrics(p):
		return scoreKnown, true
	case known:
		return q.scoreOfKnown(p, kind, own)
	case q.rested > 0 && !q.heard && kind.Family() == "openvpn":
		return scoreKnown, true
	case q.sameFamily(p), q.family == "reply" && string(p.Payload) == "HELP\r\n": // FTP and SMTP greet alike
		return scoreKnown + p.Rarity, true
	case own:
		return scoreOwn + p.Rarity, true
	case q.p.near(p, q.port()):
		return scoreNear + p.Rarity, true
	case p.Rarity > q.p.cfg.Intensity && (p.Rarity > q.p.cfg.Intensity+1 || !q.closes()):
		return 0, false // where nothing takes time, one step more
	case isGet(p.Payload):
		return scoreGet, true
	}
	return scoreGeneral + p.Rarity, true
}

// scoreOfKnown is the score of p where the service is known: what is asked is what it is for.
func (q *quiet) scoreOfKnown(p *matcher.Probe, kind request.Kind, own bool) (score int, ok bool) {
	s := &q.best
	if s.Product != "" {
		return scoreKnown + p.Rarity, q.p.tells(p, s) || q.firstPage(p) || q.doubts(kind)
	}
	if q.more > 0 && p.Rarity > q.p.cfg.Intensity && !own {
		return 0, false // one rare question about what is known is enough
	}
	if !q.p.cfg.DB.HasService(p, s.Service) && !q.sameFamily(p) && kind.Service(p.Proto) != s.Service {
		return 0, false
	}
	switch {
	case !own:
		return scoreKnown + p.Rarity + 10, true
	case p.Rarity > 7:
		return scoreKnown, true // asked at few ports, and so the most telling there
	}
	return scoreKnown + p.Rarity, true
}

// firstPage reports whether p asks for the first page of a server that is known by its
// complaint about another question only: what serves may be known, and not what is served.
func (q *quiet) firstPage(p *matcher.Probe) bool {
	return q.best.Service == "http" && isGet(p.Payload) && !q.done[p]
}

// doubts reports whether a greeting told which product it is and left open which of its
// services: a question in its language may decide that.
func (q *quiet) doubts(k request.Kind) bool {
	return q.best.Kind == matcher.Soft && q.best.Service == "smtp" && k.Family() == "smtp" && len(q.greeting) > 0 && q.more <= 1
}

// metrics reports whether p asks for the metrics of a server of HTTP that has no first page
// and does not say what it is: often there is nothing else to be had of it.
func (q *quiet) metrics(p *matcher.Probe) bool {
	return q.noPage && q.best.Service == "http" && !q.done[p] && bytes.HasPrefix(p.Payload, []byte("GET /metrics")) &&
		(q.best.Product == "" || strings.HasPrefix(q.best.Product, "Golang net/http"))
}

// isTLSProbe reports whether a probe is a hello of TLS: the quiet strategy shakes hands
// instead.
func isTLSProbe(p *matcher.Probe) bool {
	f := request.Classify(p.Proto, p.Payload).Family()
	return p.Proto == request.TCP && (f == "tls" || f == "ssl2" || f == "ssl")
}

func (q *quiet) sameFamily(p *matcher.Probe) bool {
	return q.family != "" && request.Classify(p.Proto, p.Payload).Family() == q.family
}

// tells reports whether an answer to p may name what r lacks: one of its own lines
// names the same product with a version.
func (p *prober) tells(probe *matcher.Probe, r *matcher.Result) bool {
	if r.Version != "" {
		return false
	}
	return slices.ContainsFunc(p.cfg.DB.Lines(), func(l *matcher.Line) bool {
		if l.Soft || l.Service != r.Service || l.Probe != probe && !((r.Service == "http" || r.Service == "http-proxy") && probe.Name == "FourOhFourRequest" && slices.Contains(probe.Fallback, l.Probe)) {
			return false
		}
		product, version := false, false
		for i := range l.Fields {
			switch f := &l.Fields[i]; f.Key {
			case matcher.KeyProduct:
				product = f.Text == r.Product || couldBe(f.Text, r.Product)
			case matcher.KeyVersion:
				version = f.Text != ""
			}
		}
		return product && version
	})
}

// couldBe reports whether a template such as "Prometheus $1 exporter" could have
// written text.
func couldBe(template, text string) bool {
	head, _, refs := strings.Cut(template, "$")
	if !refs || len(head) < 4 || !strings.HasPrefix(text, head) {
		return false
	}
	tail := template[strings.LastIndexByte(template, '$')+1:]
	return strings.HasSuffix(text[len(head):], strings.TrimLeft(tail, "0123456789"))
}

// near reports whether a port resembles one that probe is registered for, as ports do that
// people choose for a second server, or to be out of the way. Nobody chooses a port that
// resembles a controller's.
func (p *prober) near(probe *matcher.Probe, port uint16) bool {
	return slices.ContainsFunc(probe.Ports, func(r matcher.PortRange) bool {
		if r.Hi-r.Lo > 64 {
			return false
		}
		for n := int(r.Lo); n <= int(r.Hi); n++ {
			if resembles(int(port), n) && p.cfg.spared(Port{probe.Proto, uint16(n)}) == "" {
				return true
			}
		}
		return false
	})
}

// resembles reports whether port looks like another: 10055 like 10050, 15432 and 54320
// like 5432, 1143 and 10143 like 143, 2121 like 21.
func resembles(port, other int) bool {
	if port == other {
		return true
	}
	switch {
	case other >= 1000:
		return port-other < 10 && other-port < 10 || port%10000 == other || port/10 == other
	case other >= 100:
		return port%1000 == other
	}
	return port%1000 == other || port == other*101
}
