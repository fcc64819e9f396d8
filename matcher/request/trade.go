package request

// soupBin recognises how a trader's connection begins (SoupBinTCP 3.00 §2.2): a length, a
// letter, and fields of a width.
func soupBin(b []byte) (Kind, Side) {
	switch n := be16(b, 0); {
	case n == 47 && at(b, 2) == 'L' && len(b) == 49 && printable(b[2:]):
		return "soupbintcp-login", Originator
	case n == 31 && at(b, 2) == 'A' && len(b) >= 33 && printable(b[2:33]):
		return "soupbintcp-answer", Responder
	}
	return "", Unknown
}

// kdb recognises the messages of kdb+ (Kx's reference, "Serialization"): the order of bytes,
// who waits, two zeros, the whole length, a type.
func kdb(b []byte) (Kind, Side) {
	if len(b) < 10 || b[0] != 1 || b[1] > 2 || be16(b, 2) != 0 && be16(b, 2) != 0x0100 || le32(b, 4) < int64(len(b)) || le32(b, 4) > 1<<24 || be16(b, 6) != 0 && len(b) < 512 {
		return "", Unknown
	}
	if le32(b, 4) != int64(len(b)) && len(b) < 512 {
		return "", Unknown
	}
	if c := b[8]; c > 20 && c < 96 || c > 127 && c < 236 || c < 20 && b[9] > 5 {
		return "", Unknown // no type, or a list of no order
	}
	if b[1] == 2 {
		return "kdb-answer", Responder
	}
	return "kdb-query", Originator
}
