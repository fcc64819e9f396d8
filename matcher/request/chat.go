package request

import "bytes"

// oscar recognises the frames of ICQ and AIM: a mark, a channel, a length; the first has a
// version, later ones a family of services.
func oscar(b []byte) (Kind, Side) {
	n := be16(b, 4)
	if len(b) < 10 || b[0] != '*' || n < 4 || 6+n > len(b) || 6+n < len(b) && b[6+n] != '*' {
		return "", Unknown
	}
	switch {
	case b[1] == 1 && be32(b, 6) == 1 && n > 4:
		return "oscar-login", Originator
	case b[1] == 1 && be32(b, 6) == 1:
		return "oscar-hello", Unknown
	case b[1] == 2 && n >= 10 && be16(b, 6) >= 1 && be16(b, 6) < 0x30 && be16(b, 8) >= 1 && be16(b, 8) < 0x40:
		return "oscar-message", Unknown
	}
	return "", Unknown
}

// messenger recognises the words of Yahoo's and Microsoft's messengers and of MSRP
// (RFC 4975 §7).
func messenger(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "YMSG") && len(b) >= 20 && be16(b, 8) <= len(b)-20:
		return "ymsg-message", Unknown
	case has(b, 0, "VER ") && within(b, 32, " MSNP"), has(b, 0, "VER ") && within(b, 32, " CVR"):
		return "msnp-version", Unknown
	case has(b, 0, "MSRP "):
		i := bytes.IndexByte(b[5:min(len(b), 64)], ' ')
		if i < 4 || !within(b, 512, "To-Path: msrp") {
			return "", Unknown
		}
		if c := at(b, 6+i); c >= '2' && c <= '5' {
			return "msrp-answer", Responder
		}
		return "msrp-request", Originator
	}
	return "", Unknown
}

// xmpp recognises how a stream of XMPP begins; the responder's has an identifier, or what it offers (RFC 6120 §4.7).
func xmpp(b []byte) (Kind, Side) {
	if !within(b, 256, "<stream:stream") && !within(b, 256, "<stream ") {
		return "", Unknown
	}
	if within(b, 512, " id='") || within(b, 512, " id=\"") || within(b, 512, "<stream:features") || within(b, 512, "<stream:error") {
		return "xmpp-answer", Responder
	}
	return "xmpp-stream", Originator
}

// stanza recognises what is said inside an XMPP stream (RFC 6120 §8). Servers write who
// sent it; clients leave that to them.
func stanza(b []byte) (Kind, Side) {
	end := bytes.IndexByte(b[:min(len(b), 512)], '>')
	if end < 0 {
		return "", Unknown
	}
	head := b[:end]
	switch {
	case has(b, 0, "<iq "):
		if !within(head, 512, " type=") || !within(head, 512, " id=") {
			return "", Unknown
		}
	case has(b, 0, "<message "), has(b, 0, "<presence "):
		if !within(head, 512, " to=") || !within(head, 512, "@") {
			return "", Unknown
		}
	default:
		return "", Unknown
	}
	if within(head, 512, " from=") {
		return "xmpp-answer", Responder
	}
	return "xmpp-stanza", Originator
}

// ircNotice recognises what an IRC server says first: a notice, or a number of three digits,
// with its name before it or without.
func ircNotice(b []byte) (Kind, Side) {
	if b[0] == 'N' {
		if has(b, 0, "NOTICE ") && within(b, 64, " :") {
			return "irc-answer", Responder
		}
		return "", Unknown
	}
	line, _ := firstLine(b)
	if i := bytes.IndexByte(line, ' '); i > 1 && (has(line, i, " NOTICE ") || len(line) > i+4 && number(line[i+1:i+4]) && line[i+4] == ' ') {
		return "irc-answer", Responder
	}
	return "", Unknown
}

// ircPrefix recognises what a server passes on: who said it, and a command (RFC 2812 §2.3.1).
func ircPrefix(b []byte) (Kind, Side) {
	line, rest := firstLine(b)
	if rest == 0 || len(line) > 510 {
		return "", Unknown
	}
	who, what, _ := bytes.Cut(line[1:], []byte(" "))
	if len(who) == 0 || !bytes.ContainsAny(who, "!.") {
		return "", Unknown
	}
	for _, c := range [...]string{"PRIVMSG ", "NOTICE ", "JOIN ", "PART ", "QUIT ", "NICK ", "MODE ", "TOPIC ", "KICK ", "PONG "} {
		if has(what, 0, c) {
			return "irc-answer", Responder
		}
	}
	return "", Unknown
}

// zephyr recognises MIT's notices: the version, the number of fields and the kind, each a word that NUL ends (zephyr.h).
func zephyr(b []byte) (Kind, Side) {
	if !has(b, 0, "ZEPH0.") || !has(b, 7, "\x000x000000") || !has(b, 18, "\x000x0000000") {
		return "", Unknown
	}
	switch at(b, 28) {
	case '3', '5', '6': // the host manager's acknowledgement, the server's, its refusal
		return "zephyr-answer", Responder
	case '4', '8': // between host manager and server, the host manager's state
		return "zephyr-request", Originator
	}
	return "zephyr-notice", Unknown
}

// whatsApp recognises how WhatsApp's client begins: two letters, versions of the protocol and of
// its words, and a message of Noise behind its length.
func whatsApp(b []byte) (Kind, Side) {
	if has(b, 0, "ED\x00\x01") { // which way to route it
		n := be24(b, 4)
		if n < 1 || n > 64 {
			return "", Unknown
		}
		b = b[min(7+n, len(b)):]
	}
	if has(b, 0, "WA") && at(b, 2) >= 4 && at(b, 2) <= 7 && at(b, 3) <= 5 && be24(b, 4) >= 32 && be24(b, 4) <= 1024 && (at(b, 7) == 0x12 || at(b, 7) == 0x0a) {
		return "whatsapp-hello", Originator
	}
	return "", Unknown
}

// mtProto recognises how Telegram's client makes a key with a server where nothing is hidden (its
// "Transports", "Creating an authorization key"): no key yet, and the length again.
func mtProto(b []byte) (Kind, Side) {
	i, n := 0, int64(0)
	switch {
	case b[0] == 0xef:
		i, n = 2, 4*int64(at(b, 1))
	case has(b, 0, "\xee\xee\xee\xee"):
		i, n = 8, le32(b, 4)
	default:
		return "", Unknown
	}
	if n < 28 || n != int64(len(b)-i) || !zero(b, i, i+8) || le32(b, i+16) != n-20 {
		return "", Unknown
	}
	return "mtproto-key", Originator
}

// discord recognises how one's own address is asked of Discord's voice servers (its "Voice
// Connections", "IP Discovery"): a kind, the length 70, a number, an address, a port.
func discord(b []byte) (Kind, Side) {
	switch {
	case len(b) != 74 || be16(b, 2) != 70:
	case be16(b, 0) == 1 && zero(b, 8, 74):
		return "discord-search", Originator
	case be16(b, 0) == 2 && isDigit(b[8]):
		return "discord-answer", Responder
	}
	return "", Unknown
}

// gaduGadu recognises the greeting of Gadu-Gadu's servers: a kind, a length, a number to be
// answered with.
func gaduGadu(b []byte) (Kind, Side) {
	if len(b) == 12 && le32(b, 0) == 1 && le32(b, 4) == 4 && be32(b, 8) != 0 {
		return "gadugadu-greeting", Responder
	}
	return "", Unknown
}
