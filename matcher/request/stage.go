package request

// appleMIDI recognises the sessions of RTP-MIDI: two letters behind a mark, version 2.
func appleMIDI(b []byte) (Kind, Side) {
	if !has(b, 0, "\xff\xff") || len(b) < 12 {
		return "", Unknown
	}
	switch {
	case has(b, 2, "IN\x00\x00\x00\x02"):
		return "applemidi-invitation", Originator
	case has(b, 2, "OK\x00\x00\x00\x02"), has(b, 2, "NO\x00\x00\x00\x02"):
		return "applemidi-answer", Responder
	}
	return "", Unknown
}

// osc recognises Open Sound Control 1.0: an address and the types of what follows, each
// filled up to four bytes, or a bundle of such.
func osc(b []byte) (Kind, Side) {
	if len(b)&3 != 0 || len(b) < 8 {
		return "", Unknown
	}
	if has(b, 0, "#bundle\x00") && len(b) >= 16 {
		return "osc-message", Unknown
	}
	if b[0] != '/' {
		return "", Unknown
	}
	n := 1
	for n < len(b) && b[n] > ' ' && b[n] < 0x7f {
		n++
	}
	if end := n&^3 + 4; n > 1 && zero(b, n, end) && at(b, end) == ',' {
		return "osc-message", Unknown
	}
	return "", Unknown
}

// artnet recognises Art-Net (specification 4, table 1): who lights are, and what they show.
func artnet(b []byte) (Kind, Side) {
	switch le16(b, 8) {
	case 0x2000:
		return "artnet-poll", Originator
	case 0x2100:
		return "artnet-answer", Responder
	case -1:
		return "", Unknown
	}
	return "artnet-data", Unknown
}

// pjlink recognises the commands to projectors and what they answer (PJLink class 1 and 2, §3).
func pjlink(b []byte) (Kind, Side) {
	if at(b, 1) != '1' && at(b, 1) != '2' || len(b) <= 7 || !isAlpha(b[2]) || !isAlpha(b[3]) || b[len(b)-1] != '\r' {
		return "", Unknown
	}
	switch b[6] {
	case ' ':
		if has(b, 2, "INF1") {
			return "pjlink-maker", Originator
		}
		return "pjlink-command", Originator
	case '=':
		return "pjlink-answer", Responder
	}
	return "", Unknown
}

// jamulus recognises the messages of Jamulus: a zero word, a kind, a counter, a length, and
// the CRC-16 of all of it (src/protocol.cpp); the kinds from 1001 up need no connection.
func jamulus(b []byte) (Kind, Side) {
	if len(b) < 9 || le16(b, 0) != 0 || le16(b, 5) != len(b)-9 || le16(b, len(b)-2) != int(^crcCCITT(b[:len(b)-2])) {
		return "", Unknown
	}
	switch kind := le16(b, 2); {
	case kind == 1012:
		return "jamulus-version", Originator
	case kind == 1007, kind == 1014:
		return "jamulus-list", Originator
	case kind == 1006, kind == 1011, kind == 1013:
		return "jamulus-answer", Responder
	case kind > 0 && kind < 40, kind > 1000 && kind < 1030:
		return "jamulus-message", Unknown
	}
	return "", Unknown
}

// jackTrip recognises what a client of JackTrip's hub begins with (UdpHubListener.cpp): its port
// in four bytes, and its name in 64.
func jackTrip(b []byte) (Kind, Side) {
	if len(b) != 68 || le32(b, 0) < 1024 || le32(b, 0) > 0xffff {
		return "", Unknown
	}
	name := 0
	for name < 64 && b[4+name] >= 0x20 && b[4+name] < 0x7f {
		name++
	}
	for _, c := range b[4+name:] {
		if c != 0 {
			return "", Unknown
		}
	}
	return "jacktrip-port", Originator
}

// crestron recognises the search for Crestron's control systems: a name of 256 bytes.
func crestron(b []byte) (Kind, Side) {
	switch {
	case len(b) < 200:
	case has(b, 0, "\x14\x00\x00\x00\x01\x04\x00\x03\x00\x00"):
		return "crestron-query", Originator
	case has(b, 0, "\x15\x00\x00\x00\x01\x04\x00\x03\x00\x00"):
		return "crestron-answer", Responder
	}
	return "", Unknown
}

// ember recognises Ember+ of mixers and routers (its documentation, "S101"): a frame's mark, a
// slot, the kind, a command, version 1.
func ember(b []byte) (Kind, Side) {
	if has(b, 0, "\xfe\x00\x0e") && at(b, 3) >= 0 && at(b, 3) <= 2 && at(b, 4) == 1 {
		return "ember-message", Unknown
	}
	return "", Unknown
}

// mos recognises what newsrooms and their machines say in XML of two bytes a letter (MOS
// protocol 2.8 §2).
func mos(b []byte) (Kind, Side) {
	if has(b, 0, "\x00<\x00m\x00o\x00s\x00>") {
		return "mos-message", Unknown
	}
	return "", Unknown
}
