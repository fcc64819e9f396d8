package active

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"time"

	"earshot/active/oldtls"
	"earshot/capture"
)

// legacyTLS makes a TLS connection of a plain one with a hello for servers that crypto/tls
// has nothing in common with: Diffie-Hellman in the integers, signatures with SHA-1, no
// certificate at all, and with bare, SSL 3.0 without extensions. The facts are in l.tls, as
// far as they were learned.
func (l *link) legacyTLS(ctx context.Context, sni string, bare bool, timeout time.Duration) error {
	l.paid += 2
	if err := l.d.pace.wait(ctx, nil, 2); err != nil {
		return err
	}
	l.asks++
	l.entry.Asked = append(l.entry.Asked, "TLS, old hello")
	counted := &counting{Conn: l.raw, l: l}
	l.raw.SetDeadline(time.Now().Add(timeout))
	c := &oldtls.Conn{Conn: counted, ServerName: sni}
	if bare {
		c.Max, c.Bare = oldtls.SSL30, true
	}
	if err := c.Handshake(); err != nil {
		l.tls = l.refusal(counted, sni, nil)
		l.eof = true
		return err
	}
	l.raw.SetDeadline(time.Time{})
	counted.done()
	facts := &capture.TLS{Version: c.Version, Cipher: c.Cipher, SNI: sni}
	if len(c.Certificates) > 0 {
		facts.ReadCertificate(c.Certificates[0])
	}
	l.tls, l.conn, l.opened = facts, c, time.Now()
	return nil
}

// waitRest is how long more of a server's first words is waited for after a handshake has
// failed.
const waitRest = 150 * time.Millisecond

// refusal reads what a failed handshake tells all the same: an old server's version,
// cipher and certificate stand in its first words, in the clear. nil is a server that does
// not speak TLS.
func (l *link) refusal(c *counting, sni string, offered []string) *capture.TLS {
	if !c.hello {
		return nil
	}
	if len(c.head) >= 7 && c.head[0] == 21 {
		l.alert = c.head[6]
	}
	facts, more := capture.ReadTLS(nil, c.head)
	for until := time.Now().Add(waitRest); more && facts != nil && len(c.head) < maxHead && time.Now().Before(until); {
		l.raw.SetReadDeadline(until)
		if _, err := c.Read(make([]byte, 4<<10)); err != nil {
			break
		}
		facts, more = capture.ReadTLS(nil, c.head)
	}
	if facts == nil {
		facts = new(capture.TLS)
	}
	facts.SNI, facts.Offered = sni, offered
	return facts
}

// hello says how a TLS connection is begun.
type hello struct {
	alpn []string
	old  bool
	bare bool // SSL 3.0, and nothing that is younger
	rare bool // only where the usual protocols were refused
}

// rareProtocols are offered to a server that refuses those of HTTP: some take no
// connection without their own (PostgreSQL 17's manual, "Direct TLS"; RFC 8915 section 4;
// RFC 7858 and RFC 9250; XEP-0368; IANA's registry of ALPN protocol IDs).
func rareProtocols() []string {
	return []string{"postgresql", "ntske/1", "dot", "xmpp-client", "xmpp-server", "mqtt", "imap", "pop3", "ftp", "nntp", "irc", "sip/2", "stun.turn", "bep/1.0"}
}

// shake begins TLS as h says.
func (l *link) shake(ctx context.Context, h hello, sni string, timeout time.Duration) error {
	if h.old || h.bare {
		return l.legacyTLS(ctx, sni, h.bare, timeout)
	}
	return l.startTLS(ctx, sni, h.alpn, timeout)
}

// noProtocol is the alert of a server that wants none of the protocols that it was
// offered (RFC 7301 §3.2).
const noProtocol = 120

// noVersion is the alert of a server that speaks none of the versions that it was offered
// (RFC 5246 §7.2.2).
const noVersion = 70

// wantsName is the alert of a server that must be told for which of its hosts (RFC 6066
// §3, unrecognized_name).
const wantsName = 112

// others says which of the hellos that are left are worth a try after a handshake failed
// with err.
func (l *link) others(left []hello, err error) []hello {
	var remote *net.OpError
	keep := func(wanted func(hello) bool) []hello {
		return slices.DeleteFunc(slices.Clone(left), func(h hello) bool { return !wanted(h) })
	}
	switch refused := errors.As(err, &remote) && remote.Op == "remote error"; {
	case l.tls == nil:
		return nil // no TLS
	case l.alert == wantsName:
		return nil
	case l.tls.Version == oldtls.SSL30:
		return keep(func(h hello) bool { return h.old })
	case l.alert == noProtocol, refused && remote.Err.Error() == tls.AlertError(noProtocol).Error(): // TLS 1.3 says it behind its hello, in cipher
		return keep(func(h hello) bool { return !h.old && !h.bare })
	case refused && l.tls.Version != 0:
		return nil // it has agreed to a hello, and wants something else
	case l.alert != 0, l.tls.Version != 0:
		return keep(func(h hello) bool { return h.old || h.bare && l.tls.Version == 0 })
	}
	return keep(func(h hello) bool { return !h.rare })
}
