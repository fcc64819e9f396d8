package active

import (
	"crypto/tls"
	"errors"
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
	l.alert = 0
	for _, h := range l.others(left, errors.New("closed")) {
		if h.rare {
			t.Error("rare protocols after a connection that was closed")
		}
	}
}
