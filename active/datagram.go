package active

import (
	"bytes"
	"context"
	"errors"
	"os"
	"time"

	"earshot/matcher/request"
)

// datagrams is the conversation over UDP: one socket, one question after the other. The
// questions that the port is known for are repeated once, since datagrams get lost.
func (q *quiet) datagrams(ctx context.Context) {
	if q.t.quiet {
		return
	}
	if q.link == nil {
		l, err := q.p.dial.udp(ctx, q.t.host, q.t.ep.Addr, "questions")
		if err != nil {
			return
		}
		q.link = l
	}
	for ctx.Err() == nil {
		list := q.questions()
		if len(list) == 0 || q.silent >= q.patience() || q.unknown >= maxUnknown || q.likeOthers(list[0]) {
			break
		}
		x := list[0]
		q.done[x.probe] = true
		if !q.heard && x.score >= scoreGet && q.silent >= maxSilent*3/4 {
			break
		}
		if q.datagram(ctx, x) {
			return
		}
		q.silent++
		if q.best.Service != "" && !q.best.Any {
			if q.more++; q.more > maxMore {
				return
			}
		}
	}
	if !q.heard && ctx.Err() == nil {
		q.p.rec.see(q.t.ep, true, "no-response", time.Now())
	}
}

// datagram asks one question over UDP, twice if it is a likely one and nothing comes. It
// returns true if the port needs no more, or if nothing more can be had of it.
func (q *quiet) datagram(ctx context.Context, x question) bool {
	tries, wait := 1, waitDatagram/2
	if x.score < scoreGet {
		tries, wait = 2, waitDatagram
	}
	buf := make([]byte, 64<<10)
	for try := range tries {
		q.p.cfg.tracef("%s: %s", q.t.where(), x.probe.Name)
		l := q.link
		if try == 0 && request.Classify(request.UDP, x.probe.Payload).Family() == "tftp" {
			from, err := q.p.dial.udpAnyPort(ctx, q.t.host, q.t.ep.Addr, "TFTP, answered from another port")
			if err != nil {
				return true
			}
			defer from.close("done")
			l = from
		}
		if err := l.send(ctx, x.probe.Name, x.probe.Payload, time.Second); err != nil {
			q.refused(err)
			return true
		}
		n, err := l.read(buf, scaled(wait, q.t.rtt))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			q.quietly = true
			continue
		}
		if err != nil {
			q.refused(err)
			return true
		}
		now := time.Now()
		if !q.heard {
			q.p.opened(q.t.ep, "udp-response", now)
		}
		q.nth()
		q.silent = -1
		data := bytes.Clone(buf[:n])
		if onlyAcknowledges(data) {
			if n, err := l.read(buf, scaled(waitFlightEnd, q.t.rtt)); err == nil {
				data = bytes.Clone(buf[:n])
			}
		}
		return q.learn(x.probe, x.probe.Payload, data, now)
	}
	return false
}

// refused takes the end of a datagram socket: a port that answers by ICMP is closed.
func (q *quiet) refused(err error) {
	q.failed++
	if why := reason(err); why != "" && !q.heard {
		if why == "conn-refused" {
			why = "port-unreach"
		}
		q.p.rec.see(q.t.ep, true, why, time.Now())
	}
}
