package state

import (
	"bytes"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// Matching identifies words by a database's match lines: those of the probes that
// the request is equal to, else every line of the transport. Where no line names the
// words, Result.Probe still says what they answer, and Result.Service the protocol
// they are of, if that can be told without knowing any product. A line found among
// all the lines, whose probe nobody asked, does not stand against that. What a certificate
// says (request.Cert) is read by the lines for that.
func Matching(db *matcher.DB) Identify {
	return func(p capture.Proto, kind request.Kind, req, data []byte, cut int) matcher.Result {
		if p == request.Cert {
			return db.MatchCertificate(data)
		}
		if len(data) == 0 && kind.Sink() {
			return matcher.Result{Service: kind.Service(p), Any: true} // it took what its clients sent
		}
		r := db.MatchRequest(p, req, data, cut)
		matched := r.Kind == matcher.Hard || r.Kind == matcher.Soft
		if matched && !r.Any && (r.Kind == matcher.Hard || !carrier(r.Service)) {
			return r
		}
		if p == request.UDP && cut > 0 && cut < leastCut {
			return matcher.Result{Degraded: r.Degraded}
		}
		spoken, asked := protocols(p, kind, data)
		if matched && believable(&r, p, spoken, asked) {
			return likely(&r, kind)
		}
		if matched {
			r = matcher.Result{Degraded: r.Degraded}
		}
		if cut == 0 && parrots(req, data) {
			return matcher.Result{Service: "echo", Degraded: r.Degraded}
		}
		r.Service, r.Any = byShape(spoken, asked)
		if like := db.Equivalent(p, req); len(like) > 0 {
			r.Probe = like[0].Name
		}
		return r
	}
}

// likely is what a line that was found among all the lines says to a question of that kind: a soft one of a protocol
// that is easily taken for another names no more than that, where nobody knows the question.
func likely(r *matcher.Result, kind request.Kind) matcher.Result {
	if r.Kind == matcher.Soft && kind == "" && slight(r.Service) {
		return matcher.Result{Service: r.Service, Any: true, Probe: r.Probe, Degraded: r.Degraded}
	}
	return *r
}

// leastCut is how many bytes there have to be of a datagram that the capture cut off for its shape to tell the
// protocol: many short messages are known by their length, and what asked for them was cut off, too.
const leastCut = 24

// protocols tells the one that the words are of and the one that was asked for, as far as
// that can be told without any line; "" for none.
func protocols(p capture.Proto, kind request.Kind, data []byte) (spoken, asked string) {
	spoken, asked = request.Spoken(p, kind, data), kind.Asked(p)
	if p != request.TCP || !request.Foreign(asked, data) {
		return spoken, asked
	}
	if spoken == asked {
		spoken = ""
	}
	return spoken, ""
}

// byShape names what words are of that no line knows. likely says that it is no more than
// a likeness, or that only the question tells.
func byShape(spoken, asked string) (service string, likely bool) {
	if asked != "" && asked != spoken && (spoken == "" || slight(spoken)) {
		return asked, spoken == "" // it answered, in words that nobody here knows
	}
	return spoken, asked == "" && slight(spoken)
}

// believable reports whether a line that was found among all the lines agrees with the
// protocol that the words are of, and with the one that was asked for; "" stands for one
// that is not known.
func believable(r *matcher.Result, p capture.Proto, spoken, asked string) bool {
	asSpoken := spoken == "" || spoken == r.Service || r.Kind == matcher.Hard && carrier(spoken)
	asAsked := asked == "" || asked == r.Service || spoken != "" || p != request.UDP
	return asSpoken && asAsked
}

// parrots reports whether an answer that no line knows is the question again (RFC 862).
// Binary protocols repeat some requests as they are, and peers greet each other alike; a
// line of text comes back like that from nobody else.
func parrots(req, data []byte) bool {
	if len(data) < 4 || !bytes.Equal(req, data) {
		return false
	}
	for _, b := range data {
		if (b < ' ' || b > '~') && b != '\r' && b != '\n' && b != '\t' {
			return false
		}
	}
	return true
}

// carrier reports whether a protocol says nothing of what is spoken in it.
func carrier(service string) bool { return service == "jsonrpc" }

// slight reports whether answers of a service have so few fixed bytes that those of
// others look like them: where the request says otherwise, it is right.
func slight(service string) bool {
	switch service {
	case "socks", "socks4", "socks5", "coap", "ntp", "pop3", "tftp", "printer", "openvpn", "rip", "syslog", "telnet", "modbus", "stun":
		return true
	}
	return false
}
