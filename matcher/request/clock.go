package request

// ntp recognises the modes of NTP (RFC 5905 §7.3, RFC 9327 §2, ntpd's private mode 7).
func ntp(b []byte) (Kind, Side) {
	mode, version := b[0]&7, b[0]>>3&7
	switch mode {
	case 6:
		return ntpControl(b, version)
	case 7:
		return ntpPrivate(b, version)
	}
	if version < 1 || version > 4 || !ntpLength(b) || !ntpClock(b) {
		return "", Unknown
	}
	switch mode {
	case 3:
		return "ntp-client", Originator
	case 4:
		if !zero(b, 40, 48) {
			return "ntp-answer", Responder
		}
	case 5:
		return "ntp-broadcast", Responder
	case 1, 2:
		return "ntp-peer", Unknown
	case 0:
		if version == 1 && zero(b, 1, 40) {
			return "ntp-client", Originator
		}
	}
	return "", Unknown
}

// ntpControl recognises NTP's control messages.
func ntpControl(b []byte, version byte) (Kind, Side) {
	n := be16(b, 10)
	if version < 1 || version > 4 || b[0] >= 0x40 || n < 0 || len(b) < 12+n || len(b) > 12+n+3+24 || b[1]&0x1f > 12 {
		return "", Unknown
	}
	switch {
	case b[1]&0x80 != 0:
		return "ntp-answer", Responder
	case b[1]&0x40 == 0 && b[1] != 0 && be16(b, 4) == 0: // a command has no status (RFC 1305 appendix B)
		return "ntp-control", Originator
	}
	return "", Unknown
}

// ntpPrivate recognises the messages of ntpd's own mode.
func ntpPrivate(b []byte, version byte) (Kind, Side) {
	if len(b) < 8 || version < 2 || version > 4 || !ntpPrivateHeader(b) {
		return "", Unknown
	}
	n := 8 + be16(b, 4)&0xfff*be16(b, 6) // items of one size
	switch {
	case b[0]&0x80 != 0:
		if n == len(b) || n <= 508 && n > len(b) && len(b) > 40 {
			return "ntp-answer", Responder
		}
	case b[0]&0x40 != 0 || b[1]&0x7f != 0 || b[4]>>4 != 0 || (be16(b, 4) == 0) != (be16(b, 6) == 0):
		// a request is one packet, the first, and has no error (ntp_request.h)
	case n <= len(b) && (len(b) == 8 || len(b) >= 40 && len(b) <= 216):
		return "ntp-private", Originator
	}
	return "", Unknown
}

// ntpPrivateHeader reports whether a program of ntpd's asks for or answers one of its
// requests: who asks, what, errors, and a field that is zero (ntp_request.h).
func ntpPrivateHeader(b []byte) bool {
	return (b[2] == 0 || b[2] == 2 || b[2] == 3) && b[3] <= 45 && b[4]>>4 <= 7 && b[6]>>4 == 0
}

// ntpClock reports whether a header tells of a clock as there are: a stratum, and how often it asks, and it does
// not tick in days; root delay and dispersion are below a minute in any message that makes sense.
func ntpClock(b []byte) bool {
	poll, precision := at(b, 2), at(b, 3)
	return at(b, 1) <= 16 && (poll <= 20 || poll >= 0xf0) && (precision <= 16 || precision >= 0x80) && be16(b, 4) <= 64 && be16(b, 8) <= 64
}

// ntpLength tells a header, with or without a message authentication code and
// extension fields.
func ntpLength(b []byte) bool {
	switch n := len(b); n {
	case 48, 52, 68, 72:
		return true
	default:
		l := be16(b, 50)
		return l >= 16 && l%4 == 0 && n >= 48+l && n <= 1280
	}
}

// chronyc recognises chrony's command protocol, version 6 (candm.h of chrony).
func chronyc(b []byte) (Kind, Side) {
	if len(b) < 20 || b[0] < 5 || b[0] > 6 || b[2] != 0 || b[3] != 0 || be16(b, 4) > 80 {
		return "", Unknown
	}
	switch b[1] {
	case 1:
		if zero(b, 12, 20) {
			return "chronyc-request", Originator
		}
	case 2:
		if be16(b, 6) < 32 && be16(b, 8) < 32 {
			return "chronyc-answer", Responder
		}
	}
	return "", Unknown
}

// ptp recognises the messages of the precision time protocol, version 2 (IEEE 1588-2019
// §13.3), by their kind, their length and what version 1 called the kind (§13.3.2.13).
func ptp(b []byte) (Kind, Side) {
	n := be16(b, 2)
	if len(b) < 44 || b[1]&15 != 2 || n > len(b) || n < 44 || b[0]>>4 > 1 || be32(b, 16) != 0 {
		return "", Unknown
	}
	for _, m := range [...]struct {
		kind, control byte
		size          int
		k             Kind
		s             Side
	}{
		{0, 0, 44, "ptp-sync", Unknown}, // Sync and Follow_Up: a master's to everybody, which may come from any side
		{0, 2, 44, "ptp-sync", Unknown},
		{8, 0, 44, "ptp-sync", Unknown},
		{8, 2, 44, "ptp-sync", Unknown},
		{1, 1, 44, "ptp-request", Originator}, // Delay_Req
		{2, 5, 54, "ptp-request", Originator}, // Pdelay_Req
		{3, 5, 54, "ptp-answer", Responder},   // Pdelay_Resp
		{10, 5, 54, "ptp-answer", Responder},  // its Follow_Up
		{9, 3, 54, "ptp-answer", Responder},   // Delay_Resp
	} {
		if m.kind == b[0]&15 && m.control == b[32] && m.size == n {
			return m.k, m.s
		}
	}
	if b[0]&15 == 11 && b[32] == 5 && n >= 64 { // Announce
		return "ptp-announce", Unknown
	}
	return "", Unknown
}

// roughtime recognises Roughtime by its mark and length: a question is filled up.
func roughtime(b []byte) (Kind, Side) {
	switch n := le32(b, 8); {
	case !has(b, 0, "ROUGHTIM") || n != int64(len(b)-12):
		return "", Unknown
	case n >= 1000:
		return "roughtime-query", Originator
	}
	return "roughtime-answer", Responder
}
