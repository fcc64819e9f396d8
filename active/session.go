package active

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"time"

	"earshot/matcher"
	"earshot/matcher/request"
)

// sessionIntensity is from which intensity on sessions are had.
const sessionIntensity = 5

// session goes on where one question and one answer do not tell what there is to tell:
// it has the talk that a client of the service would begin with, without a name and
// without a password, and what is said is matched like any other answer.
func (q *quiet) session(ctx context.Context) {
	if q.p.cfg.Intensity < sessionIntensity || q.t.quiet || q.tunnel || q.t.closed || ctx.Err() != nil {
		return
	}
	tcp := q.t.ep.Proto == request.TCP
	switch service := q.best.Service; {
	case tcp && (service == "netbios-ssn" || service == "microsoft-ds") && q.best.Version == "":
		q.smb(ctx)
	case !tcp && service == "ntp" && q.best.Product == "":
		q.ntp(ctx)
	case !tcp && service == "dtls":
		q.dtls(ctx)
	}
}

// vary makes a question one that was not asked before, where servers remember what they
// were asked: greylisting answers a sender's first mail only.
func vary(payload []byte, now time.Time) []byte {
	head, tail, ok := bytes.Cut(payload, []byte("\nsender=probe@"))
	if !ok || !bytes.HasPrefix(payload, []byte("request=")) {
		return payload
	}
	return bytes.Join([][]byte{head, []byte("\nsender=probe" + strconv.FormatInt(now.UnixNano()/1e6, 36) + "@"), tail}, nil)
}

// discardWait is how long a server of nothing is listened to.
const discardWait = 300 * time.Millisecond

// discards tells whether the port of that name does what RFC 863 says, and nothing else:
// it took every question without a word and without a close, and it ends the connection
// once we have ended it.
func (q *quiet) discards(ctx context.Context) {
	if q.t.name != "discard" || q.tunnel || q.heard || q.cut || !q.quietly || q.spokeTLS || q.silent < maxWrapped || ctx.Err() != nil {
		return
	}
	q.hangUp()
	if !q.connected(ctx, "discard") || q.link.send(ctx, "discard", []byte("\r\nearshot\r\n\r\n"), time.Second) != nil {
		return
	}
	buf := make([]byte, 64)
	if n, err := q.link.read(buf, scaled(discardWait, q.t.rtt)); n > 0 || q.link.eof || err == nil {
		return
	}
	if c, ok := q.link.raw.(*net.TCPConn); !ok || c.CloseWrite() != nil {
		return
	}
	if n, err := q.link.read(buf, scaled(time.Second, q.t.rtt)); n > 0 || !errors.Is(err, io.EOF) {
		return
	}
	now := time.Now()
	q.best = matcher.Result{Kind: matcher.Soft, Service: "discard"}
	q.p.rec.claim(banner(q.t.ep, nil, nil, now, now), q.best)
}
