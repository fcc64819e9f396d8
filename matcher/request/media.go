package request

// rtp recognises a packet of RTP (RFC 3550 §5.1) with a payload as one of the types that
// have a number (RFC 3551 §6) or one that was agreed upon. It is little to go by:
// what speaks RTP is named only if both sides do.
func rtp(b []byte) (Kind, Side) {
	if len(b) < 20 || len(b) > 1500 || b[0] != 0x80 && b[0] != 0x90 || be32(b, 8) == 0 {
		return "", Unknown
	}
	n, t := len(b)-12, b[1]&0x7f
	sane := rtpPayload(t, n)
	if b[0] == 0x90 { // an extension: WebRTC's
		sane = t >= 96 && n >= 4 && 4+4*be16(b, 14) < n
	}
	if !sane {
		return "", Unknown
	}
	return "rtp-media", Unknown
}

// rtpPayload reports whether n bytes may be a payload of type t.
func rtpPayload(t byte, n int) bool {
	switch t {
	case 0, 8, 9: // G.711, G.722: 8 bytes a millisecond
		return n%80 == 0 && n <= 480
	case 3: // GSM
		return n%33 == 0
	case 18: // G.729
		return (n%10 == 0 || n%10 == 2) && n <= 120
	case 26, 31, 32, 33, 34: // pictures
		return true
	}
	return t >= 96
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
