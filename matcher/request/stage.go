package request

// stage recognises the protocols of sound, of rooms that meet and of instruments, and a campus's notices.
func stage(b []byte) (Kind, Side) { return first(b, appleMIDI, osc, zrtp, bfcp, zephyr) }

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

// appleMIDI recognises the sessions of RTP-MIDI: two letters behind a mark, version 2.
func appleMIDI(b []byte) (Kind, Side) {
	if !has(b, 0, "\xff\xff") || len(b) < 12 {
		return "", Unknown
	}
	switch {
	case has(b, 2, "IN\x00\x00\x00\x02"):
		return "applemidi-invitation", Originator
	case has(b, 2, "OK\x00\x00\x00\x02"), has(b, 2, "NO\x00\x00\x00\x02"):
		return "applemidi-answer", Responder
	}
	return "", Unknown
}

// osc recognises Open Sound Control 1.0: an address and the types of what follows, each
// filled up to four bytes, or a bundle of such.
func osc(b []byte) (Kind, Side) {
	if len(b)&3 != 0 || len(b) < 8 {
		return "", Unknown
	}
	if has(b, 0, "#bundle\x00") && len(b) >= 16 {
		return "osc-message", Unknown
	}
	if b[0] != '/' {
		return "", Unknown
	}
	n := 1
	for n < len(b) && b[n] > ' ' && b[n] < 0x7f {
		n++
	}
	if end := n&^3 + 4; n > 1 && zero(b, n, end) && at(b, end) == ',' {
		return "osc-message", Unknown
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
