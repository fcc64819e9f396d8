package active

import (
	"bytes"
	"context"
	"time"

	"earshot/matcher"
)

// ntp asks thrice in the interleaved mode of NTP (RFC 9769 §2), which a server of chrony
// takes part in: its answer then begins with when we say that we received, and not, as
// everyone else's, with when we say that we sent.
func (q *quiet) ntp(ctx context.Context) {
	q.hangUp()
	l, err := q.p.dial.udp(ctx, q.t.host, q.t.ep.Addr, "interleaved NTP")
	if err != nil {
		return
	}
	q.link = l
	var origin [8]byte
	buf := make([]byte, 512)
	for turn := range byte(3) {
		req := ntpInterleaved(origin, turn)
		if l.send(ctx, "interleaved NTP", req, time.Second) != nil {
			return
		}
		n, err := l.read(buf, scaled(waitDatagram, q.t.rtt))
		data := buf[:n]
		if err != nil || n < 48 || data[0]&7 != 4 {
			return
		}
		switch {
		case turn > 0 && bytes.Equal(data[24:32], req[32:40]):
			r := matcher.Result{Kind: matcher.Hard, Service: "ntp", Fields: matcher.Fields{
				Product: "chrony", Info: "NTP v4", CPE: []string{"cpe:/a:tuxfamily:chrony"},
			}}
			q.p.cfg.tracef("%s: interleaved mode: %s", q.t.where(), r.Product)
			now := time.Now()
			q.p.rec.claim(banner(q.t.ep, req, data, now, now), r)
			q.best = r
			return
		case !bytes.Equal(data[24:32], req[40:48]):
			return // it answers someone else
		}
		origin = [8]byte(data[32:40])
	}
}

// ntpInterleaved is a client's packet of NTP 4 that names the time at which the server's
// last answer says that it received, none at first, and two times that are not one.
func ntpInterleaved(origin [8]byte, turn byte) []byte {
	b := make([]byte, 48)
	b[0] = 4<<3 | 3
	copy(b[24:], origin[:])
	if origin != [8]byte{} {
		copy(b[32:], "earshot")
		b[39] = turn
	}
	copy(b[40:], "toldnow")
	b[47] = turn
	return b
}
