package request

// skinny recognises the messages between telephones and Cisco's call manager: a length, a
// version, a number that says which side sends it.
func skinny(b []byte) (Kind, Side) {
	n, version, id := le32(b, 0), le32(b, 4), le32(b, 8)
	if n < 4 || n > 2048 || len(b) < 12 || version != 0 && (version < 10 || version > 22) || !skinnyWhole(b, n, version, id) {
		return "", Unknown
	}
	switch {
	case id == 1:
		if has(b, 12, "SEP") || has(b, 12, "ATA") || has(b, 12, "VG") || has(b, 12, "SKIGW") { // what telephones and gateways are called
			return "skinny-register", Originator
		}
	case id == 0:
		if n == 4 || n == 8 && version != 0 {
			return "skinny-keepalive", Originator
		}
	case skinnyAnswer(id, n):
		return "skinny-answer", Responder
	case skinnyMessage(id, n, version):
		return "skinny-message", Originator
	}
	return "", Unknown
}

// skinnyWhole reports whether b ends with a message of n bytes, or one of the same version
// follows it. Only a registration may be longer than what was heard.
func skinnyWhole(b []byte, n, version, id int64) bool {
	rest := int64(len(b)) - 8 - n
	if rest <= 0 {
		return rest == 0 || id == 1
	}
	return rest >= 12 && le32(b, int(8+n)) <= 2048 && le32(b, int(12+n)) == version
}

// skinnyMessage reports whether a telephone's message of that number may have n bytes; those
// of version 0 are short.
func skinnyMessage(id, n, version int64) bool {
	switch {
	case id == 2:
		return n <= 12
	case id == 3, id == 6, id == 7:
		return n <= 16
	case id == 5:
		return n <= 20
	}
	return id >= 0x08 && id <= 0x49 && id != 0x20 && (version != 0 || n <= 36)
}

// skinnyAnswer is skinnyMessage for the call manager's.
func skinnyAnswer(id, n int64) bool {
	return id == 0x100 && n <= 8 || id >= 0x81 && id <= 0x160
}

// megaco recognises H.248 in words, long and short (RFC 3525 annex B).
func megaco(b []byte) (Kind, Side) {
	if !has(b, 0, "MEGACO/") && !has(b, 0, "!/") || !isDigit(byte(max(0, at(b, indexOf(b[:min(8, len(b))], "/")+1)))) {
		return "", Unknown
	}
	switch {
	case within(b, 160, "Reply="), within(b, 160, "Reply ="), within(b, 96, "P="), within(b, 160, "Pending="):
		return "megaco-answer", Responder
	case within(b, 160, "Transaction="), within(b, 160, "Transaction ="), within(b, 96, "T="):
		return "megaco-request", Originator
	}
	return "", Unknown
}

// mgcpAnswer recognises a response of MGCP (RFC 3435 §3.3.1): a code, the
// command's number, a comment.
func mgcpAnswer(b []byte) (Kind, Side) {
	if len(b) < 6 || !isDigit(b[1]) || !isDigit(b[2]) || b[3] != ' ' {
		return "", Unknown
	}
	line, rest := firstLine(b)
	i := 4
	for i < len(line) && i < 13 && isDigit(line[i]) {
		i++
	}
	if i > 4 && rest > 0 && (i == len(line) || line[i] == ' ') && printable(line) {
		return "mgcp-answer", Unknown
	}
	return "", Unknown
}

// iax2 recognises the full frames that begin an IAX2 dialogue (RFC 5456 §8.1).
func iax2(b []byte) (Kind, Side) {
	if len(b) < 12 || b[0]&0x80 == 0 || b[10] != 6 {
		return "", Unknown
	}
	switch {
	case be16(b, 2) == 0 && b[8] == 0 && b[9] == 0 && (b[11] == 0x01 || b[11] == 0x0d || b[11] == 0x1e):
		return "iax2-new", Originator
	case be16(b, 2) > 0 && be16(b, 2) < 0x8000 && b[8] == 0 && b[9] == 1 && b[11] >= 3 && b[11] <= 0x28:
		return "iax2-answer", Responder
	}
	return "", Unknown
}

// zrtp recognises the agreement on keys for calls (RFC 6189 §5): its cookie.
func zrtp(b []byte) (Kind, Side) {
	if len(b) >= 28 && b[0] == 0x10 && b[1] == 0 && has(b, 4, "ZRTP") && has(b, 12, "\x50\x5a") {
		return "zrtp-message", Unknown
	}
	return "", Unknown
}

// bfcp recognises who may speak in a conference (RFC 8855 §5.1): version 1 on streams, 2 in
// datagrams, and its length in words.
func bfcp(b []byte) (Kind, Side) {
	n := be16(b, 2)
	if len(b) < 12 || b[0]&0xef != 0x20 && b[0]&0xef != 0x40 || 12+4*n != len(b) || be32(b, 4) == 0 {
		return "", Unknown
	}
	switch b[1] {
	case 1, 2, 3, 5, 6, 7, 9, 11:
		return "bfcp-request", Originator
	case 4, 8, 10, 12, 13:
		return "bfcp-answer", Responder
	}
	return "", Unknown
}

// binrpc recognises the control protocol of SER and Kamailio (src/modules/ctl/binrpc.h): a mark,
// a type with the sizes of the length and of the cookie, both, and so many bytes.
func binrpc(b []byte) (Kind, Side) {
	if len(b) < 5 || b[0] != 0xa1 || b[1]&0x0c != 0 { // a length of one byte holds what is asked and most answers
		return "", Unknown
	}
	if len(b) != 3+int(b[1]&3)+1+int(b[2]) {
		return "", Unknown
	}
	switch b[1] >> 4 {
	case 0:
		return "binrpc-request", Originator
	case 1, 3:
		return "binrpc-answer", Responder
	}
	return "", Unknown
}

// stun recognises STUN and TURN (RFC 8489 §5), and classic STUN (RFC 3489 §11).
func stun(b []byte) (Kind, Side) {
	t, n := be16(b, 0), be16(b, 2)
	cookie := be32(b, 4) == 0x2112a442
	if len(b) < 20 || t < 1 || t&^0x3fff != 0 || t&0x3c00 != 0 || // no method above 0xff is known; ICP repeats a question's number at the cookie's place
		n%4 != 0 || n > len(b)-20 || n < len(b)-20 && !cookie {
		return "", Unknown
	}
	if !cookie && !classicSTUN(b, t) {
		return "", Unknown
	}
	switch class := t>>4&1 | t>>7&2; class {
	case 0:
		switch t {
		case 1:
			return "stun-binding", Originator
		case 3:
			return "stun-allocate", Originator
		}
		return "stun-other", Originator
	case 1:
		return "stun-indication", Unknown
	}
	return "stun-answer", Responder
}

// classicSTUN reports whether a message of type t without the cookie is one of the three that
// there were before it, with a number and with attributes that fill it.
func classicSTUN(b []byte, t int) bool {
	if t != 0x0001 && t != 0x0101 && t != 0x0111 {
		return false
	}
	for i := 20; i < len(b); {
		l := be16(b, i+2)
		if l < 0 || be16(b, i) == 0 || i+4+l > len(b) {
			return false
		}
		i += 4 + (l+3)&^3
	}
	return !zero(b, 4, 20)
}

// mumble recognises Mumble's ping: zeros, then a number to be sent back.
func mumble(b []byte) (Kind, Side) {
	if len(b) == 12 && zero(b, 0, 4) && !zero(b, 4, 12) {
		return "mumble-ping", Originator
	}
	return "", Unknown
}

// teamSpeak recognises the first packets of TeamSpeak 3: a client's header has its number
// before the type.
func teamSpeak(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "TS3INIT1"):
		return "", Unknown
	case at(b, 10) == 0x88:
		return "teamspeak-answer", Responder
	case at(b, 12) == 0x88:
		return "teamspeak-init", Originator
	}
	return "teamspeak-init", Unknown
}

// csta recognises the control of telephone systems in XML on TCP (ECMA-323 annex G): zeros, the
// length of all, a number of four digits.
func csta(b []byte) (Kind, Side) {
	if be16(b, 0) == 0 && be16(b, 2) >= 16 && be16(b, 2) <= len(b) && len(b) > 12 && number(b[4:8]) && has(b, 8, "<?xml") {
		return "csta-message", Unknown
	}
	return "", Unknown
}

// teamSpeak2 recognises the log-in at a server of TeamSpeak 2, and the answer: a class of messages, a kind.
func teamSpeak2(b []byte) (Kind, Side) {
	switch {
	case len(b) == 180 && has(b, 0, "\xf4\xbe\x03\x00"):
		return "teamspeak-login", Originator
	case len(b) >= 100 && has(b, 0, "\xf4\xbe\x04\x00"):
		return "teamspeak-answer", Responder
	}
	return "", Unknown
}
