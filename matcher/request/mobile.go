package request

// pfcp recognises the control of user planes (3GPP TS 29.244 §7.2.2).
func pfcp(b []byte) (Kind, Side) {
	head := 8
	if at(b, 0)&1 != 0 {
		head = 16
	}
	if len(b) < head || b[0]&0xfc != 0x20 || be16(b, 2) != len(b)-4 {
		return "", Unknown
	}
	for i := head; i < len(b); { // elements fill it
		n := be16(b, i+2)
		if n < 0 || be16(b, i) == 0 || i+4+n > len(b) {
			return "", Unknown
		}
		i += 4 + n
	}
	switch b[1] {
	case 1, 3, 5, 7, 9, 12, 14, 50, 52, 54, 56:
		return "pfcp-request", Originator
	case 2, 4, 6, 8, 10, 11, 13, 15, 51, 53, 55, 57:
		return "pfcp-answer", Responder
	}
	return "", Unknown
}

// gtpPrime recognises the transfer of charging records (3GPP TS 32.295 §6.1), whose header
// has 6 bytes, or 20 in its first version.
func gtpPrime(b []byte) (Kind, Side) {
	if len(b) < 6 || b[0]>>5 > 2 || b[0]&0x1e != 0x0e || be16(b, 2) != len(b)-6 && be16(b, 2) != len(b)-20 {
		return "", Unknown
	}
	switch b[1] {
	case 1, 4, 6, 240:
		return "gtp-charging", Originator
	case 2, 5, 7, 241:
		return "gtp-answer", Responder
	}
	return "", Unknown
}

// access recognises how a base station sets up its association with the core or with
// another one: a PDU in aligned packed encoding, whose first element names the sender.
func access(b []byte) (Kind, Side) {
	if len(b) < 12 || at(b, 2) != 0 || b[0]&0x9f != 0 || b[0] > 0x40 {
		return "", Unknown
	}
	n, i := int(b[3]), 4
	if n&0x80 != 0 {
		n, i = be16(b, 3)&0x3fff, 5
	}
	if n != len(b)-i || b[i] != 0 {
		return "", Unknown
	}
	k := accessKind(b[1], be16(b, i+3))
	switch {
	case k == "":
		return "", Unknown
	case b[0] == 0:
		return k, Originator
	}
	return k, Responder
}

// accessKind tells the protocol of a set-up by the procedure's number and the first
// element's (3GPP TS 36.413 §9.1.8, 38.413 §9.2.6, 36.423 §9.1.2).
func accessKind(procedure byte, element int) Kind {
	switch procedure {
	case 17:
		switch element {
		case 2, 59, 60, 61, 105:
			return "s1ap-setup"
		}
	case 21:
		switch element {
		case 1, 15, 27, 82:
			return "ngap-setup"
		}
	case 6:
		switch element {
		case 5, 20, 21:
			return "x2ap-setup"
		}
	}
	return ""
}

// capwapControl recognises the control channel of CAPWAP (RFC 5415 §4.3, §4.5): in the
// clear while controllers are sought, in DTLS then. Answers have even numbers.
func capwapControl(b []byte) (Kind, Side) {
	if has(b, 0, "\x01\x00\x00\x00\x16\xfe") || has(b, 0, "\x01\x00\x00\x00\x16\x01\x00") {
		if at(b, 17) == 1 {
			return "capwap-dtls", Originator
		}
		return "capwap-answer", Responder
	}
	n := at(b, 1) >> 3 * 4
	if len(b) < 16 || b[0] != 0 || n < 8 || n > 32 || b[3]&0x08 != 0 {
		return "", Unknown
	}
	typ, length := be32(b, n), be16(b, n+5)
	if typ < 1 || typ > 26 || length < 3 || length != len(b)-n-5 || at(b, n+7) != 0 {
		return "", Unknown
	}
	if typ%2 == 0 {
		return "capwap-answer", Responder
	}
	return "capwap-request", Originator
}

// wccp recognises the talk of web caches with a router (draft-mclaggan-wccp-v2rev1 §5): the
// cache calls first.
func wccp(b []byte) (Kind, Side) {
	if len(b) < 12 || be16(b, 4) != 0x0200 && be16(b, 4) != 0x0201 || be16(b, 6) != len(b)-8 {
		return "", Unknown
	}
	switch be32(b, 0) {
	case 10, 13:
		return "wccp-cache", Originator
	case 11, 12:
		return "wccp-router", Responder
	}
	return "", Unknown
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

// icp recognises the questions of caches to each other (RFC 2186 §2).
func icp(b []byte) (Kind, Side) {
	if len(b) < 20 || b[1] < 2 || b[1] > 3 || be16(b, 2) != len(b) {
		return "", Unknown
	}
	end := len(b) > 20 && b[len(b)-1] == 0
	switch b[0] {
	case 1:
		if end && len(b) > 24 && printable(b[24:len(b)-1]) && within(b, 64, "://") {
			return "icp-query", Originator
		}
	case 2, 3, 4, 21, 22:
		if end && printable(b[20:len(b)-1]) && within(b, 64, "://") {
			return "icp-answer", Responder
		}
	}
	return "", Unknown
}

// isns recognises the storage name service (RFC 4171 §5).
func isns(b []byte) (Kind, Side) {
	if len(b) < 12 || be16(b, 0) != 1 || be16(b, 4) != len(b)-12 || be16(b, 4)%4 != 0 || be16(b, 10) != 0 {
		return "", Unknown
	}
	switch f, flags := be16(b, 2), be16(b, 6); {
	case f >= 1 && f <= 15 && flags&0x8c00 == 0x8c00:
		return "isns-request", Originator
	case f >= 0x8001 && f <= 0x800f && flags&0x4c00 == 0x4c00:
		return "isns-answer", Responder
	}
	return "", Unknown
}
