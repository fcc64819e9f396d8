package sqlite

import (
	"net/netip"
	"time"
)

// Question is one line of the prober's ledger: one connection, or one datagram socket's
// life, from its first packet to its last.
type Question struct {
	Time              time.Time
	Addr              netip.Addr
	Port              uint16
	Proto             string // "tcp", "udp"
	Why               string
	Asked             []string // the probes sent over it, in order
	Outcome           string
	Sent, Got         int // packets
	SentData, GotData int // bytes of payload
	Took              float64
}

// Asked keeps a question that was asked.
func (d *DB) Asked(q Question) error {
	return d.hold(func(p *pending) { p.questions = append(p.questions, q) })
}
