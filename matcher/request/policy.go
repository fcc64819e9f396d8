package request

// cops recognises how decisions about traffic are asked for (RFC 2748 §2.1, §2.2): a header
// with the whole length, and objects of four bytes and more.
func cops(b []byte) (Kind, Side) {
	n := be32(b, 4)
	if len(b) < 8 || b[0]>>4 != 1 || b[0]&0x0f > 1 || n < 8 || n%4 != 0 || n > 1<<14 {
		return "", Unknown
	}
	if n == 8 {
		if b[1] == 9 && be16(b, 2) == 0 {
			return "cops-alive", Unknown
		}
		return "", Unknown
	}
	if size := be16(b, 8); size < 4 || int64(size) > n-8 || at(b, 10) < 1 || at(b, 10) > 16 || at(b, 11) < 1 || at(b, 11) > 8 {
		return "", Unknown
	}
	switch b[1] {
	case 1, 3, 4, 6, 10:
		return "cops-request", Originator
	case 2, 5, 7:
		return "cops-answer", Responder
	case 8:
		return "cops-close", Unknown
	}
	return "", Unknown
}

// ancp recognises how an access node and its gateway greet (RFC 6320 §3.5.1): the word and
// the length that GSMP has on TCP, version 3, and an adjacency message. Both sides say the same.
func ancp(b []byte) (Kind, Side) {
	if !has(b, 0, "\x88\x0c") || be16(b, 2) < 36 || be16(b, 2) > 256 || at(b, 4)>>4 != 3 || at(b, 5) != 10 || at(b, 7)&0x7f < 1 || at(b, 7)&0x7f > 4 {
		return "", Unknown
	}
	return "ancp-adjacency", Unknown
}

// sxp recognises the exchange of Cisco's group tags (draft-smith-kandula-sxp §5): who speaks
// opens, and says whether it tells or listens.
func sxp(b []byte) (Kind, Side) {
	if n := be32(b, 0); n < 16 || n > 4096 || n < int64(len(b)) || be32(b, 8) < 1 || be32(b, 8) > 5 || be32(b, 12) < 1 || be32(b, 12) > 3 {
		return "", Unknown
	}
	switch be32(b, 4) {
	case 1:
		return "sxp-open", Originator
	case 2:
		return "sxp-answer", Responder
	}
	return "", Unknown
}

// pana recognises how a client of a network asks to be let in (RFC 5191 §6.2): the client
// begins, and it is asked from then on.
func pana(b []byte) (Kind, Side) {
	if len(b) < 16 || be16(b, 0) != 0 || be16(b, 2) != len(b) || be16(b, 4)&0x03ff != 0 || b[6] != 0 || b[7] < 1 || b[7] > 4 {
		return "", Unknown
	}
	if b[7] == 1 && be16(b, 4) == 0 {
		if be32(b, 8) == 0 && len(b) == 16 {
			return "pana-initiation", Originator
		}
		return "", Unknown
	}
	switch flags := be16(b, 4); {
	case !panaAttributes(b) || be32(b, 8) == 0 || flags&0x3c00 != 0 && flags&0xc000 == 0:
		return "", Unknown
	case b[7] == 2 && flags&0xc000 == 0xc000: // authentication begins
		return "pana-request", Responder
	}
	return "pana-message", Unknown
}

// panaAttributes reports whether attributes fill the message behind its header.
func panaAttributes(b []byte) bool {
	for i := 16; i < len(b); {
		n := be16(b, i+4)
		if n < 0 || be16(b, i) == 0 || be16(b, i+6) != 0 || i+8+n > len(b) {
			return false
		}
		i += 8 + (n+3)&^3
	}
	return true
}

// lisp recognises the mapping system of the locator and identifier separation protocol (RFC
// 9301 §5): maps that are asked for and registered.
func lisp(b []byte) (Kind, Side) {
	if len(b) < 24 || b[3] == 0 || b[3] > 32 {
		return "", Unknown
	}
	switch b[0] >> 4 {
	case 1:
		next := 14 // behind the sender's own address
		switch be16(b, 12) {
		case 1:
			next += 4
		case 2:
			next += 16
		}
		if b[1]&0x1f == 0 && family(b, next) {
			return "lisp-request", Originator
		}
	case 2:
		if b[1] == 0 && b[2] == 0 && family(b, 22) {
			return "lisp-answer", Responder
		}
	case 3, 4:
		n := be16(b, 14)
		if be16(b, 12) > 2 || n != 0 && n != 20 && n != 32 || !family(b, 16+n+10) {
			return "", Unknown
		}
		if b[0]>>4 == 4 {
			return "lisp-answer", Responder
		}
		return "lisp-register", Originator
	}
	return "", Unknown
}

// family reports whether the number of an address family stands at offset i: IPv4, IPv6,
// LISP's own, a MAC address.
func family(b []byte, i int) bool {
	switch be16(b, i) {
	case 1, 2, 16387, 16389:
		return true
	}
	return false
}
