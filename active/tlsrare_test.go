package active

import (
	"crypto/tls"
	"errors"
	"net"
	"testing"

	"earshot/capture"
)

// A server that refuses the protocols of HTTP is offered the rare ones; one that just
// hangs up is not.
func TestRareProtocols(t *testing.T) {
	left := []hello{{alpn: rareProtocols(), rare: true}, {old: true}, {}, {bare: true}}
	l := &link{tls: &capture.TLS{}, alert: noProtocol}
	got := l.others(left, tls.AlertError(noProtocol))
	if len(got) != 2 || !got[0].rare || got[1].rare {
		t.Errorf("refused: %+v", got)
	}
	// A server of TLS 1.3 refuses in cipher, behind its own hello.
	l.alert, l.tls.Version = 0, tls.VersionTLS13
	hidden := &net.OpError{Op: "remote error", Err: tls.AlertError(noProtocol)}
	if got := l.others(left, hidden); len(got) != 2 || !got[0].rare || got[1].rare {
		t.Errorf("refused in cipher: %+v", got)
	}
	if got := l.others(left, &net.OpError{Op: "remote error", Err: tls.AlertError(116)}); got != nil {
		t.Errorf("asked for a certificate: %+v", got)
	}
	l.tls.Version = 0
	for _, h := range l.others(left, errors.New("closed")) {
		if h.rare {
			t.Error("rare protocols after a connection that was closed")
		}
	}
}
