package request

// rtp recognises a packet of RTP (RFC 3550 §5.1) with a payload as one of the types that
// have a number (RFC 3551 §6) or one that was agreed upon. It is little to go by:
// what speaks RTP is named only if both sides do.
func rtp(b []byte) (Kind, Side) {
	if len(b) < 20 || len(b) > 1500 || b[0] != 0x80 && b[0] != 0x90 || be32(b, 8) == 0 {
		return "", Unknown
	}
	n := len(b) - 12
	switch t := b[1] & 0x7f; {
	case b[0] == 0x90: // an extension: WebRTC's
		if t < 96 || n < 4 || 4+4*be16(b, 14) >= n {
			return "", Unknown
		}
	case t == 0 || t == 8 || t == 9: // G.711, G.722: 8 bytes a millisecond
		if n%80 != 0 || n > 480 {
			return "", Unknown
		}
	case t == 3: // GSM
		if n%33 != 0 {
			return "", Unknown
		}
	case t == 18: // G.729
		if n%10 != 0 && n%10 != 2 || n > 120 {
			return "", Unknown
		}
	case t < 96 && t != 26 && t != 31 && t != 32 && t != 33 && t != 34: // pictures
		return "", Unknown
	}
	return "rtp-media", Unknown
}

// rtcp recognises a compound of RTCP packets (RFC 3550 §6.1): a report first, and each
// with its length up to the datagram's end.
func rtcp(b []byte) (Kind, Side) {
	if len(b) < 8 || b[1] != 200 && b[1] != 201 {
		return "", Unknown
	}
	blocks := int(b[0] & 0x1f)
	if n := be16(b, 2); b[1] == 200 && n != 6+6*blocks || b[1] == 201 && n != 1+6*blocks {
		return "", Unknown
	}
	for len(b) > 0 {
		n := 4 + 4*be16(b, 2)
		if len(b) < 4 || b[0]>>6 != 2 || b[1] < 200 || b[1] > 207 || n > len(b) {
			return "", Unknown
		}
		b = b[n:]
	}
	return "rtcp-report", Unknown
}

// ras recognises the words between an H.323 endpoint and its gatekeeper (H.225.0 §7.8):
// packed encoding of a choice, a number, and the protocol's object identifier, which the
// messages that begin a conversation have.
func ras(b []byte) (Kind, Side) {
	if len(b) < 12 || b[0]&0x80 != 0 || !within(b, 16, "\x06\x00\x08\x91\x4a\x00") {
		return "", Unknown
	}
	switch b[0] >> 2 & 0x1f {
	case 0, 3: // GRQ, RRQ
		return "ras-request", Originator
	case 1, 2, 4, 5: // GCF, GRJ, RCF, RRJ
		return "ras-answer", Responder
	}
	return "", Unknown
}
