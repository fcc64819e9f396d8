package state

import (
	"time"

	"earshot/capture"
	"earshot/matcher"
)

// Source says who heard a piece of evidence.
type Source uint8

// The sources.
const (
	Passive Source = iota // overheard
	Active                // answered to a probe of ours
)

// Evidence is one claim about one service: who heard it, what provoked it, which
// line of which signature file named it, and when. Two pieces with equal content
// are one piece; merging takes the earlier First, the later Last.
type Evidence struct {
	Endpoint    capture.Endpoint
	Source      Source
	Sensor      string
	Result      matcher.Result
	TLS         *capture.TLS
	Via         capture.Via
	Request     string // kind of the request that provoked it; empty for a greeting
	Mid         bool   // the connection's beginning was not seen
	First, Last time.Time
	Count       uint64
	Banner      []byte // the raw bytes, capped
}
