package state

import (
	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// Spoken is what stands in place of a signature file in the result of a banner
// that no line knows but whose words are of a known protocol.
const Spoken = "content"

// Matching identifies with the lines of db, and where none of them names the
// service, by the protocol the words are of.
func Matching(db *matcher.DB) Identify {
	return func(p capture.Proto, kind request.Kind, req, data []byte) matcher.Result {
		r := db.MatchRequest(p, req, data)
		if r.Kind == matcher.None || r.Kind == matcher.Timeout || r.Kind == matcher.Soft && r.Any {
			if s := request.Spoken(p, kind, data); s != "" && s != r.Service {
				return matcher.Result{Kind: matcher.Soft, Service: s, Probe: string(kind), File: Spoken, Degraded: r.Kind == matcher.Timeout}
			}
		}
		return r
	}
}
