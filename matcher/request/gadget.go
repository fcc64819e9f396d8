package request

// gadget recognises the datagrams of what hangs in sockets and lamps, by marks of their own.
func gadget(b []byte) (Kind, Side) {
	switch {
	case len(b) < 4:
	case has(b, 0, "HF-A11ASSISTHREAD"):
		return "magichome-search", Originator
	case has(b, 0, "LoxLIVE: "):
		return "loxone-answer", Responder
	case has(b, 0, "\x20\x00\x00\x00\x16\x02\x62\x3a\xd5\xed\xa3\x01"):
		return "milight-session", Originator
	case has(b, 0, "\x28\x00\x00\x00\x11\x00\x02") && len(b) == 22:
		return "milight-answer", Responder
	case has(b, 0, "hd") && be16(b, 2) == len(b) && len(b) >= 6 && isAlpha(b[4]) && isAlpha(b[5]):
		return orvibo(b)
	}
	return "", Unknown
}

// broadlink recognises Broadlink's remote controls and sockets: a mark and a number for what is said, or, of
// the search, 48 bytes and their sum.
func broadlink(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x5a\xa5\xaa\x55\x5a\xa5\xaa\x55") && len(b) >= 56:
		if le16(b, 0x26) >= 0x3e8 || le16(b, 0x26) == 7 {
			return "broadlink-answer", Responder
		}
		return "broadlink-command", Originator
	case len(b) == 48 && zero(b, 0, 8) && b[0x26] == 6 && broadlinkSum(b):
		return "broadlink-search", Originator
	}
	return "", Unknown
}

// broadlinkSum holds the sum of a search against the one in it.
func broadlinkSum(b []byte) bool {
	sum := 0xbeaf
	for i, c := range b {
		if i != 0x20 && i != 0x21 {
			sum += int(c)
		}
	}
	return le16(b, 0x20) == sum&0xffff
}

// orvibo recognises Orvibo's sockets: a word, the length, two letters. The search is that alone.
func orvibo(b []byte) (Kind, Side) {
	switch {
	case has(b, 4, "qa") && len(b) == 6, has(b, 4, "qg") && len(b) == 18:
		return "orvibo-search", Originator
	case has(b, 4, "qa"), has(b, 4, "qg"):
		return "orvibo-answer", Responder
	}
	return "orvibo-message", Unknown
}

// kinet recognises Color Kinetics' lights: a number, a version, a kind.
func kinet(b []byte) (Kind, Side) {
	switch {
	case len(b) < 12 || !has(b, 0, "\x04\x01\xdc\x4a"):
	case be16(b, 6) == 0x0100:
		return "kinet-search", Originator
	case be16(b, 6) == 0x0200:
		return "kinet-answer", Responder
	default:
		return "kinet-data", Unknown
	}
	return "", Unknown
}

// visca recognises the control of Sony's cameras (VISCA over IP, "Message format"): a payload's
// kind, its length, a number, and a command that ends with ones.
func visca(b []byte) (Kind, Side) {
	if len(b) < 9 || be16(b, 2) != len(b)-8 || len(b) > 24 {
		return "", Unknown
	}
	end := b[len(b)-1] == 0xff
	switch be16(b, 0) {
	case 0x0100, 0x0110:
		if end && b[8]&0xf0 == 0x80 {
			return "visca-command", Originator
		}
	case 0x0111:
		if end && b[8]&0x80 != 0 {
			return "visca-answer", Responder
		}
	}
	return "", Unknown
}

// atem recognises Blackmagic's mixers: flags and the length in two bytes, a session's number.
// It begins with 20 bytes that say hello.
func atem(b []byte) (Kind, Side) {
	if len(b) != 20 || be16(b, 0)&0x7ff != 20 || b[0]>>3 != 2 && b[0]>>3 != 6 || !zero(b, 4, 8) || !zero(b, 13, 14) {
		return "", Unknown
	}
	switch b[12] {
	case 1:
		return "atem-hello", Originator
	case 2:
		return "atem-answer", Responder
	}
	return "", Unknown
}

// zip recognises Z-Wave over IP (Z/IP packet command class): its numbers, and flags for what is
// acknowledged.
func zip(b []byte) (Kind, Side) {
	if !has(b, 0, "\x23\x02") || len(b) < 7 || len(b) > 512 || b[3]&0x0f != 0 || b[2]&0x03 != 0 {
		return "", Unknown
	}
	switch {
	case b[2]&0xc0 == 0x80 && b[3]&0x40 != 0 && len(b) > 8:
		return "zip-command", Originator
	case b[2]&0xc0 == 0x40 && b[3]&0x40 == 0 && len(b) <= 16:
		return "zip-answer", Responder
	}
	return "", Unknown
}

// matter recognises how a session with a device of Matter begins (Matter Core Specification
// §4.4, §4.14): a message in the clear of the secure channel's protocol, whose payload is a structure.
func matter(b []byte) (Kind, Side) {
	if len(b) < 20 || b[0]&0xf0 != 0 || b[0]&3 == 3 || !zero(b, 1, 4) {
		return "", Unknown
	}
	i := 8
	if b[0]&4 != 0 {
		i += 8
	}
	i += [4]int{0, 8, 2}[b[0]&3]
	flags, opcode, payload := at(b, i), at(b, i+1), i+6
	if flags < 0 || flags > 0x1f || flags&0x08 != 0 || le16(b, i+4) != 0 {
		return "", Unknown
	}
	if flags&2 != 0 {
		payload += 4
	}
	if at(b, payload) != 0x15 {
		return "", Unknown
	}
	switch opcode {
	case 0x20, 0x22, 0x24, 0x30, 0x32:
		return "matter-request", Originator
	case 0x21, 0x23, 0x31, 0x33:
		return "matter-answer", Responder
	}
	return "", Unknown
}
