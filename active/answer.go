package active

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"earshot/matcher"
	"earshot/matcher/request"
)

// ending is how an answer ended.
type ending uint8

const (
	over     ending = iota // whole, or nothing more came
	timedOut               // nothing came
	closed                 // the other side ended the connection
	reset
)

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
