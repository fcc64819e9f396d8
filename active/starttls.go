package active

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// upgrade asks a service that was heard in the clear for TLS, in its own words, and
// keeps the facts of the handshake: version, cipher and certificate. It goes over the
// connection that is open already where the language allows that. It is asked once, of a
// service that is known or whose words offer it, and not if such a handshake is known.
func (q *quiet) upgrade(ctx context.Context) {
	u := upgrader{q: q, service: q.best.Service, ctx: ctx}
	if q.best.Service == "" || q.best.Any {
		u.service = offersTLS(q.said)
	}
	if !q.p.cfg.StartTLS || q.tunnel || q.t.quiet || q.t.closed || q.t.upgraded || q.t.ep.Proto != request.TCP || ctx.Err() != nil || !u.knows() || u.declined() {
		return
	}
	for _, h := range []hello{{}, {old: true}} {
		if done := u.handshake(h); done {
			break
		}
	}
	q.hangUp() // nothing that follows is in the clear
}

// handshake agrees on TLS and begins it with h. It returns false if another hello may do
// better.
func (u *upgrader) handshake(h hello) bool {
	q := u.q
	if u.alone() && q.link != nil && (q.link.asks > 0 || q.link.entry.GotData > 0 && len(q.greeting) == 0) {
		q.hangUp()
	}
	fresh := q.link == nil || q.link.eof
	if !q.connected(u.ctx, "STARTTLS") {
		return true
	}
	u.fresh = fresh || q.link.entry.GotData == 0
	begin := time.Now()
	if !u.agree() {
		q.p.cfg.tracef("%s: no TLS within %s", q.t.where(), u.service)
		return true
	}
	err := q.link.shake(u.ctx, h, q.t.sni, scaled(waitHello, q.t.rtt))
	facts := q.link.tls
	if facts != nil && (err == nil || facts.Version != 0) {
		q.p.cfg.tracef("%s: TLS %#04x within %s", q.t.where(), facts.Version, u.service)
		q.t.names.certificate(facts)
		b := banner(q.t.ep, nil, nil, begin, begin)
		b.TLS, b.Via = facts, capture.StartTLS
		q.p.rec.claim(b, matcher.Result{})
	}
	if err == nil && u.login {
		u.credssp()
	}
	if err != nil {
		q.p.cfg.tracef("%s: no TLS within %s: %v", q.t.where(), u.service, err)
	}
	return err == nil || len(q.link.others([]hello{{old: true}}, err)) == 0
}

// upgrader agrees on TLS in the words of one service.
type upgrader struct {
	q       *quiet
	ctx     context.Context //nolint:containedctx // of this one conversation
	service string
	fresh   bool // nothing was said over the connection, a greeting may be due
	login   bool // the server wants CredSSP inside
}

// maxUpgrade bounds the bytes of one answer on the way to TLS.
const maxUpgrade = 16 << 10

// knows reports whether there are words for it.
func (u *upgrader) knows() bool {
	switch u.service {
	case "smtp", "lmtp", "imap", "pop3", "ftp", "nntp", "sieve", "irc", "ldap", "xmpp", "xmpp-client", "xmpp-server", "jabber", "postgresql", "mysql", "ms-wbt-server":
		return true
	}
	return false
}

// alone reports whether the words for it must be the first ones of a connection.
func (u *upgrader) alone() bool {
	return u.service == "postgresql" || u.service == "mysql" || u.service == "ms-wbt-server"
}

// declined reports whether what the service has said so far tells that it has no TLS: a
// list of what it can do, and that not in it.
func (u *upgrader) declined() bool {
	said := u.q.said
	switch u.service {
	case "imap":
		return bytes.Contains(said, []byte("CAPABILITY ")) && !bytes.Contains(said, []byte("STARTTLS"))
	case "smtp", "lmtp":
		return bytes.Contains(said, []byte("\n250 ")) && !bytes.Contains(said, []byte("STARTTLS")) && bytes.Contains(said, []byte("\n250-"))
	case "sieve":
		return bytes.Contains(said, []byte(`"SIEVE"`)) && !bytes.Contains(said, []byte(`"STARTTLS"`))
	case "mysql":
		return isMySQL(u.q.greeting) && !mysqlOffers(u.q.greeting)
	}
	return false
}

// offersTLS names the language in which a service offers TLS that is not known by
// itself.
func offersTLS(said []byte) string {
	has := func(s string) bool { return bytes.Contains(said, []byte(s)) }
	switch {
	case has(`"STARTTLS"`):
		return "sieve"
	case has("<starttls "):
		return "xmpp-client"
	case has("* OK") && has("STARTTLS"), has("* CAPABILITY") && has("STARTTLS"):
		return "imap"
	case has("250-STARTTLS"), has("250 STARTTLS"):
		return "smtp"
	case has("+OK") && has("\nSTLS"):
		return "pop3"
	case has("211-") && has("AUTH TLS"):
		return "ftp"
	}
	return ""
}

// agree has the talk that ends with the server's consent. It returns false if there is
// none; the connection may be in any state then.
func (u *upgrader) agree() bool {
	switch u.service {
	case "smtp":
		return u.smtp("EHLO earshot\r\n")
	case "lmtp":
		return u.smtp("LHLO earshot\r\n")
	case "ftp":
		return u.greeted(lastCode) && bytes.HasPrefix(u.ask("AUTH TLS\r\n", lastCode), []byte("234"))
	case "nntp":
		return u.greeted(lastCode) && bytes.HasPrefix(u.ask("STARTTLS\r\n", lastCode), []byte("382"))
	case "pop3":
		return u.greeted(wholeLine) && bytes.HasPrefix(u.ask("STLS\r\n", wholeLine), []byte("+OK"))
	case "imap":
		return u.greeted(wholeLine) && bytes.Contains(u.ask("es1 STARTTLS\r\n", imapTagged), []byte("es1 OK"))
	case "sieve":
		return u.greeted(sieveStatus) && lineWith(u.ask("STARTTLS\r\n", sieveStatus), "OK") != ""
	case "irc":
		return bytes.Contains(u.ask("STARTTLS\r\n", ircNumeric), []byte(" 670 "))
	case "ms-wbt-server":
		chosen := rdpAgreed(u.ask(rdpRequest, wholeTPKT))
		u.login = chosen == rdpHybrid || chosen == rdpEarlier
		return chosen != 0
	case "ldap":
		return ldapAgrees(u.ask(ldapStartTLS, wholeBER))
	case "postgresql":
		return string(u.ask(postgresSSLRequest, func(b []byte) bool { return len(b) > 0 })) == "S"
	case "mysql":
		return u.mysql()
	}
	return u.xmpp()
}

// smtp asks what the server can do, if it has not said, and then for TLS (RFC 3207 §4).
func (u *upgrader) smtp(hello string) bool {
	if !u.greeted(lastCode) {
		return false
	}
	if u.fresh || !bytes.Contains(u.q.said, []byte("STARTTLS")) {
		if can := u.ask(hello, lastCode); !bytes.HasPrefix(can, []byte("250")) || !bytes.Contains(bytes.ToUpper(can), []byte("STARTTLS")) {
			return false
		}
	}
	return bytes.HasPrefix(u.ask("STARTTLS\r\n", lastCode), []byte("220"))
}

// imapTagged reports whether b has the line that ends the answer to the command es1.
func imapTagged(b []byte) bool { return wholeLine(b) && lineWith(b, "es1 ") != "" }

// sieveStatus reports whether b has the line that ends an answer (RFC 5804 §1.2).
func sieveStatus(b []byte) bool {
	return wholeLine(b) && (lineWith(b, "OK") != "" || lineWith(b, "NO") != "" || lineWith(b, "BYE") != "")
}

// ircNumeric reports whether b has an answer to STARTTLS: yes, no, not known (ERR_UNKNOWNCOMMAND)
// or not registered.
func ircNumeric(b []byte) bool {
	has := func(s string) bool { return bytes.Contains(b, []byte(s)) }
	return wholeLine(b) && (has(" 670 ") || has(" 691 ") || has(" 421 ") || has(" 451 "))
}

// mysql asks for TLS once the greeting has offered it.
func (u *upgrader) mysql() bool {
	greeting := u.q.greeting
	if u.fresh {
		greeting = u.hear(func(b []byte) bool { return len(b) >= 4 && len(b) >= 4+(int(b[0])|int(b[1])<<8) })
	}
	return mysqlOffers(greeting) && u.say(mysqlSSLRequest)
}

// greeted waits for the greeting where it is still to come.
func (u *upgrader) greeted(done func([]byte) bool) bool {
	return !u.fresh || len(u.hear(done)) > 0
}

// ask says something and returns the answer, as far as it came.
func (u *upgrader) ask(words string, done func([]byte) bool) []byte {
	if !u.say(words) {
		return nil
	}
	return u.hear(done)
}

func (u *upgrader) say(words string) bool {
	return u.q.link.send(u.ctx, "STARTTLS of "+u.service, []byte(words), 5*time.Second) == nil
}

// hear reads until the answer is whole.
func (u *upgrader) hear(done func([]byte) bool) []byte {
	var out []byte
	buf := make([]byte, 4<<10)
	for until := time.Now().Add(scaled(waitKnown, u.q.t.rtt)); len(out) < maxUpgrade && u.ctx.Err() == nil; {
		left := time.Until(until)
		if left <= 0 {
			return out
		}
		n, err := u.q.link.read(buf, left)
		out = append(out, buf[:n]...)
		if err != nil || done(out) {
			return out
		}
	}
	return out
}

// wholeLine reports whether b ends with a line's end.
func wholeLine(b []byte) bool { return len(b) > 0 && b[len(b)-1] == '\n' }

// lastCode reports whether b ends with the last line of a reply of SMTP or its kin
// (RFC 5321 §4.2.1): three digits that no '-' follows.
func lastCode(b []byte) bool {
	if !wholeLine(b) {
		return false
	}
	last := b[bytes.LastIndexByte(b[:len(b)-1], '\n')+1:]
	return len(last) >= 4 && last[0] >= '1' && last[0] <= '5' && last[3] != '-' || len(last) == 0
}

// lineWith returns the first line that begins with prefix, "" if there is none.
func lineWith(b []byte, prefix string) string {
	for line := range bytes.Lines(b) {
		if bytes.HasPrefix(line, []byte(prefix)) {
			return string(line)
		}
	}
	return ""
}

// ldapStartTLS is the extended operation of RFC 4511 §4.14.1.
const ldapStartTLS = "\x30\x1d\x02\x01\x7e\x77\x18\x80\x161.3.6.1.4.1.1466.20037"

// ldapAgrees reads the answer: an ExtendedResponse to message 126 with result code
// success. Lengths may be in any form.
func ldapAgrees(b []byte) bool {
	_, rest, ok := bytes.Cut(b[:min(len(b), 64)], []byte("\x02\x01\x7e\x78"))
	if !ok || len(rest) < 4 {
		return false
	}
	n := 1
	if rest[0] >= 0x80 {
		n += int(rest[0] & 0x7f)
	}
	return len(rest) >= n+3 && string(rest[n:n+3]) == "\x0a\x01\x00"
}

// postgresSSLRequest asks for TLS (PostgreSQL, "Message Formats", SSLRequest).
const postgresSSLRequest = "\x00\x00\x00\x08\x04\xd2\x16\x2f"

// mysqlSSLRequest asks for TLS: protocol 4.1, secure connection, packets of 16 MiB,
// utf8 (MySQL internals, Protocol::SSLRequest).
const mysqlSSLRequest = "\x20\x00\x00\x01\x00\x8a\x00\x00\x00\x00\x00\x01\x21" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// isMySQL reports whether b begins with a greeting of protocol 10.
func isMySQL(b []byte) bool { return len(b) > 5 && b[3] == 0 && b[4] == 10 }

// mysqlOffers reports whether a greeting's capabilities have CLIENT_SSL.
func mysqlOffers(b []byte) bool {
	if !isMySQL(b) {
		return false
	}
	end := bytes.IndexByte(b[5:], 0)
	at := 5 + end + 1 + 4 + 8 + 1 // version, thread, first half of the salt, a filler
	return end >= 0 && len(b) >= at+2 && binary.LittleEndian.Uint16(b[at:])&0x0800 != 0
}

// xmpp opens a stream where none is, and asks for TLS in it (RFC 6120 §5.4.2).
func (u *upgrader) xmpp() bool {
	if u.fresh || !bytes.Contains(u.q.said, []byte("<starttls")) {
		ns, to := "jabber:client", u.q.t.sni
		if u.service == "xmpp-server" {
			ns = "jabber:server"
		}
		if to == "" {
			to = attribute(u.q.said, "from")
		}
		if to == "" {
			to = u.q.t.ep.Addr.Addr().String()
		}
		features := u.ask("<?xml version='1.0'?><stream:stream to='"+to+"' xmlns='"+ns+
			"' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>", func(b []byte) bool {
			return bytes.Contains(b, []byte("</stream:features>")) || bytes.Contains(b, []byte("</stream:stream>"))
		})
		if !bytes.Contains(features, []byte("<starttls")) {
			return false
		}
	}
	return bytes.Contains(u.ask("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", func(b []byte) bool {
		return bytes.Contains(b, []byte("<proceed")) && b[len(b)-1] == '>' || bytes.Contains(b, []byte("<failure"))
	}), []byte("<proceed"))
}

// attribute returns the value of the first attribute of that name that looks like a
// host's name, "" if there is none.
func attribute(b []byte, name string) string {
	_, rest, ok := bytes.Cut(b, []byte(" "+name+"="))
	if !ok || len(rest) < 2 || rest[0] != '\'' && rest[0] != '"' {
		return ""
	}
	v, _, ok := bytes.Cut(rest[1:], rest[:1])
	if !ok || len(v) > 253 || strings.Trim(strings.ToLower(string(v)), "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" {
		return ""
	}
	return string(v)
}
