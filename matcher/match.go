package matcher

import "earshot/matcher/request"

// Proto is a transport protocol: request.TCP or request.UDP.
type Proto = request.Proto

// Kind says how a Result was reached.
type Kind uint8

// The kinds of result. Timeout means that a budget ran out before any line
// matched: not the same as None.
const (
	None Kind = iota
	Soft
	Hard
	Timeout
)

// Fields are the version fields of a match line after substitution. Every field
// is printable ASCII, cut or dropped as version-detection.md §10 says.
type Fields struct {
	Product, Version, Info, Hostname, OS, Device string
	CPE                                          []string // at most one a part, in the order a, h, o; CPE 2.2 URIs
}

// Result is what the database makes of a response.
type Result struct {
	Kind    Kind
	Service string // as in the file, without a leading "ssl/"
	Tunnel  string // "ssl" if the line's service name began with "ssl/"; else ""
	Fields
	Probe    string // name of the probe that owns the line
	File     string // base name of the file the line stands in
	Line     int    // its line number, from 1
	Any      bool   // found by MatchAny: the request was not recognised, so the claim is weaker
	Degraded bool   // some line's budget ran out on the way; a better line may exist
}
