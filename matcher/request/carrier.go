package request

// carrier recognises what networks' operators run between their machines, on streams.
func carrier(b []byte) (Kind, Side) { return first(b, rpki, twamp, xot, bmp, pcep, msdp) }

// rpki recognises the routes that a cache vouches for, versions 0 to 2 (RFC 8210 §5): a
// router's question, a cache's answer.
func rpki(b []byte) (Kind, Side) {
	if len(b) < 8 || b[0] > 2 {
		return "", Unknown
	}
	switch n := be32(b, 4); {
	case b[1] == 2 && n == 8 && be16(b, 2) == 0 && len(b) == 8, b[1] == 1 && n == 12 && len(b) == 12:
		return "rpki-query", Originator
	case b[1] == 3 && n == 8 && at(b, 8) == int(b[0]) && (at(b, 9) == 4 || at(b, 9) == 6 || at(b, 9) == 7), b[1] == 8 && n == 8 && len(b) == 8 && be16(b, 2) == 0:
		return "rpki-answer", Responder
	}
	return "", Unknown
}

// twamp recognises the greeting of who measures delays (RFC 5357 §3.1; RFC 4656 §3.1 has the
// same): modes, a challenge, a salt, a power of two.
func twamp(b []byte) (Kind, Side) {
	count := be32(b, 48)
	if len(b) != 64 || !zero(b, 0, 12) || be32(b, 12) < 1 || be32(b, 12) > 0x3ff || zero(b, 16, 32) || count < 1024 || count&(count-1) != 0 || !zero(b, 52, 64) {
		return "", Unknown
	}
	return "twamp-greeting", Responder
}

// xot recognises the first packets of X.25 calls over TCP (RFC 1613 §4).
func xot(b []byte) (Kind, Side) {
	if be32(b, 0) != int64(len(b)-4) || len(b) < 7 || len(b) > 260 || b[4]&0x3f != 0x10 && b[4]&0x3f != 0x20 {
		return "", Unknown
	}
	switch b[6] {
	case 0x0b:
		return "xot-call", Originator
	case 0x0f:
		return "xot-answer", Responder
	}
	return "", Unknown
}

// msdp recognises the discovery of multicast sources (RFC 3618 §12): both sides say the same.
func msdp(b []byte) (Kind, Side) {
	for i, n := 0, 0; n < 4; n++ {
		l := be16(b, i+1)
		switch {
		case i == len(b) && n > 0:
			return "msdp-message", Unknown
		case at(b, i) == 4 && l == 3:
		case at(b, i) == 1 && at(b, i+3) > 0 && l >= 8+12*at(b, i+3) && zero(b, i+8, i+11) && at(b, i+11) == 32:
			return "msdp-message", Unknown
		default:
			return "", Unknown
		}
		i += l
	}
	return "msdp-message", Unknown
}

// mobileIP recognises a registration of Mobile IPv4 (RFC 5944 §3.3, §3.4): each has to be
// authenticated by an extension.
func mobileIP(b []byte) (Kind, Side) {
	i, k, s := 24, Kind("mobileip-register"), Originator
	switch b[0] {
	case 1:
	case 3:
		i, k, s = 20, "mobileip-answer", Responder
	default:
		return "", Unknown
	}
	for range 16 {
		kind, n := at(b, i), at(b, i+1)
		switch {
		case kind >= 32 && kind <= 34 && n == 20 && i+2+n <= len(b) && be32(b, i+2) > 255:
			return k, s
		case n < 0 || i+2+n > len(b):
			return "", Unknown
		}
		i += 2 + n
	}
	return "", Unknown
}

// bmp recognises what routers tell of their BGP (RFC 7854 §4): who listens never answers.
func bmp(b []byte) (Kind, Side) {
	n := be32(b, 1)
	if b[0] != 3 || n < 6 || n > 4096 || at(b, 5) != 4 || be16(b, 6) < 0 || be16(b, 6) > 2 || be16(b, 8) > int(n)-10 {
		return "", Unknown
	}
	return "bmp-initiation", Originator
}

// pcep recognises how path computation begins (RFC 5440 §6.2): both sides open.
func pcep(b []byte) (Kind, Side) {
	if b[0] != 0x20 || at(b, 1) != 1 || be16(b, 2) != len(b) || at(b, 4) != 1 || at(b, 5)&0xf0 != 0x10 || be16(b, 6) > len(b)-4 || at(b, 8)&0xe0 != 0x20 {
		return "", Unknown
	}
	return "pcep-open", Unknown
}
