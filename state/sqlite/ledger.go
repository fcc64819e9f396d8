package sqlite

import (
	"net/netip"
	"strings"
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

// Ledger calls yield for every question, by address, port and time. The question is
// valid only during the call.
func (d *DB) Ledger(yield func(*Question) error) error {
	if err := d.Flush(); err != nil {
		return err
	}
	rows, err := d.read.Query("SELECT time, addr, proto, port, why, asked, outcome, sent, got, sentdata, gotdata, took FROM question ORDER BY addr, proto, port, time")
	if err != nil {
		return plain(d.path, err)
	}
	defer rows.Close()
	for rows.Next() {
		var q Question
		var at int64
		var addr, asked string
		err := rows.Scan(&at, &addr, &q.Proto, &q.Port, &q.Why, &asked, &q.Outcome, &q.Sent, &q.Got, &q.SentData, &q.GotData, &q.Took)
		if err == nil {
			err = q.Addr.UnmarshalText([]byte(addr))
		}
		if err != nil {
			return plain(d.path, err)
		}
		q.Time = timeOf(at)
		if asked != "" {
			q.Asked = strings.Split(asked, "\n")
		}
		if err := yield(&q); err != nil {
			return err
		}
	}
	return plain(d.path, rows.Err())
}
