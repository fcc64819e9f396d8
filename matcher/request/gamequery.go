package request

// gameWord recognises the queries of San Andreas Multiplayer and of The All-Seeing Eye, and
// what answers GameSpy's: names and values, divided by backslashes.
func gameWord(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "SAMP"):
		return samp(b)
	case has(b, 0, "EYE1") && at(b, 4) > 1 && at(b, 4) < 32:
		return "ase-answer", Responder
	case b[0] == '\\' && len(b) > 20 && (has(b, 0, `\gamename\`) || has(b, 0, `\hostname\`)):
		return "gamespy-answer", Responder
	}
	return "", Unknown
}

// samp recognises the query of San Andreas Multiplayer: the word, the server's address and
// port, a letter. An answer repeats all of it and goes on.
func samp(b []byte) (Kind, Side) {
	switch at(b, 10) {
	case 'r', 'i':
		if len(b) == 11 {
			if b[10] == 'r' {
				return "samp-rules", Originator
			}
			return "samp-info", Originator
		}
	case 'c', 'd':
		if len(b) == 11 {
			return "samp-players", Originator
		}
	case 'p': // four bytes, which come back
		if len(b) == 15 {
			return "samp-ping", Unknown
		}
		return "", Unknown
	case 'x':
		return "samp-rcon", Unknown
	case 'o':
	default:
		return "", Unknown
	}
	if len(b) > 12 {
		return "samp-answer", Responder
	}
	return "", Unknown
}

// frostbite recognises the administration of Frostbite's games (its remote administration
// interface, "Packet format"): a number with the sides in its highest bits, a length, words.
func frostbite(b []byte) (Kind, Side) {
	n, words := le32(b, 4), le32(b, 8)
	if len(b) < 18 || n < 18 || n > 1<<14 || words < 1 || words > 1<<10 || int64(len(b)) > n && le32(b, int(n)+4) < 12 {
		return "", Unknown
	}
	first := le32(b, 12)
	if first < 1 || first > 64 || int64(len(b)) < 17+first || b[16+first] != 0 || !printable(b[16:16+first]) || b[3]&0x3f != 0 {
		return "", Unknown
	}
	if words == 1 && n != 17+first {
		return "", Unknown
	}
	switch {
	case b[3]&0x40 != 0:
		return "frostbite-answer", Responder
	case has(b, 16, "version\x00"):
		return "frostbite-version", Originator
	case b[3]&0x80 == 0:
		return "frostbite-command", Originator
	}
	return "frostbite-event", Responder
}
