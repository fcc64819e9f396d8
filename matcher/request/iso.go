package request

// tpkt recognises ISO transport on TCP (RFC 1006): RDP ([MS-RDPBCGR] §2.2.1.1),
// S7, MMS and H.323.
func tpkt(b []byte) (Kind, Side) {
	n := be16(b, 2)
	if at(b, 1) != 0 || n < 7 || n > 8192 {
		return "", Unknown
	}
	switch {
	case has(b, 4, "\x08\x02"):
		return h323(b)
	case has(b, 4, "\x02\xf0"):
		return isoData(b)
	}
	li := at(b, 4)
	if li < 6 || li+5 > n || li+5 > len(b) {
		return "", Unknown
	}
	v := b[11 : li+5] // variable part
	switch b[5] & 0xf0 {
	case 0xe0:
		if b[10]&0xf0 != 0 && b[10]&0x0f != 0 {
			return "", Unknown
		}
		return isoConnect(v), Originator
	case 0xd0:
		switch {
		case len(v) == 8 && (v[0] == 2 || v[0] == 3), len(v) == 0:
			return "rdp-answer", Responder
		}
		return "iso-answer", Responder
	case 0x80:
		return "iso-answer", Responder // disconnect request
	}
	return "", Unknown
}

// isoConnect tells by the variable part of a connection request who is called.
func isoConnect(v []byte) Kind {
	switch {
	case has(v, 0, "Cookie: "):
		return "rdp-cookie"
	case len(v) == 8 && v[0] == 1:
		return "rdp-neg"
	case len(v) == 0:
		return "rdp-plain"
	}
	return "iso-connect"
}

// isoData recognises what a COTP data unit carries, by its first byte.
func isoData(b []byte) (Kind, Side) {
	switch at(b, 7) {
	case 0x32:
		return s7(b)
	case 0x72:
		return "s7-plus", Unknown
	case 0x0d:
		return "mms-connect", Originator
	case 0x0e:
		return "mms-answer", Responder
	case 0x01:
		if has(b, 8, "\x00\x01\x00\x61") { // user data of a session, for a presentation
			return "mms-data", Unknown
		}
	case 0x04, 0x28, 0x2e, 0x38, 0x3e, 0x64, 0x68, 0x7f:
		return mcs(b)
	}
	return "", Unknown
}

// h323 recognises the signalling of calls, which is Q.931's behind the length, without the rest of ISO transport.
func h323(b []byte) (Kind, Side) {
	switch at(b, 8) {
	case 0x05:
		return "h323-setup", Originator
	case 0x01, 0x02, 0x03, 0x07, 0x0d, 0x0f, 0x5a, 0x62, 0x6e, 0x75, 0x7b, 0x7d:
		// Of a call that began before: ALERTING, CALL PROCEEDING, CONNECT, FACILITY, STATUS and the like (Q.931 §3.1).
		switch {
		case !within(b, 64, "\x7e\x00"):
		case b[6]&0x80 != 0:
			return "h323-answer", Responder
		default:
			return "h323-message", Originator
		}
	}
	return "", Unknown
}

// s7 recognises the kind of a message of S7 communication.
func s7(b []byte) (Kind, Side) {
	switch at(b, 8) {
	case 1:
		return "s7-job", Originator
	case 2, 3:
		return "s7-answer", Responder
	case 7: // the kind of function tells; the method before it says 0x12 in both
		switch at(b, 22) >> 4 {
		case 4:
			return "s7-userdata", Originator
		case 8:
			return "s7-answer", Responder
		}
	}
	return "", Unknown
}

// mcs recognises the units of T.125 (§7), on which remote desktops are built.
func mcs(b []byte) (Kind, Side) {
	whole := be16(b, 2) == len(b)
	channel := be16(b, 10) >= 1001 && be16(b, 10) < 1100 && at(b, 12) == 0x70
	switch c := b[7]; {
	case c == 0x7f && at(b, 8) == 0x65, // connect
		whole && (c == 0x28 && len(b) == 8 || c == 0x04 && len(b) == 12 || c == 0x38 && len(b) == 12), // attach a user, erect a domain, join a channel
		c == 0x64 && channel: // data to one
		return "rdp-mcs", Originator
	case c == 0x7f && at(b, 8) == 0x66, whole && (c == 0x2e && len(b) == 11 || c == 0x3e && len(b) == 15), c == 0x68 && channel:
		return "rdp-answer", Responder
	}
	return "", Unknown
}
