package state

import (
	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// Matching identifies words by a database's match lines: those of the probes that
// the request is equal to, else every line of the transport.
func Matching(db *matcher.DB) Identify {
	return func(p capture.Proto, _ request.Kind, req, data []byte) matcher.Result {
		var r matcher.Result
		if p == request.TCP && len(req) == 0 {
			r = db.Match(data, db.Null())
		}
		if r.Kind == matcher.None {
			r = db.MatchAny(data, p)
		}
		return r
	}
}
