package request

import "bytes"

// x11Setup recognises the first bytes of an X11 client (X11 protocol, §8).
func x11Setup(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "l\x00\x0b\x00") && le16(b, 4) == 0 && le16(b, 6) <= 64 && le16(b, 8) <= 4096 && len(b) >= 12:
		return "x11-setup", Originator
	case has(b, 0, "B\x00\x00\x0b") && be16(b, 4) == 0 && be16(b, 6) <= 64 && be16(b, 8) <= 4096 && len(b) >= 12:
		return "x11-setup", Originator
	}
	return "", Unknown
}

// x11Answer recognises a server that accepts.
func x11Answer(b []byte) (Kind, Side) {
	if len(b) >= 8 && (be16(b, 2) == 11 && be16(b, 4) == 0 && be16(b, 6) > 8 || le16(b, 2) == 11 && le16(b, 4) == 0 && le16(b, 6) > 8) {
		return "x11-answer", Responder
	}
	return "", Unknown
}

// xdmcp recognises the X display manager control protocol (XDMCP 1.1 §2).
func xdmcp(b []byte) (Kind, Side) {
	if be16(b, 0) != 1 || be16(b, 4) != len(b)-6 || len(b) < 7 {
		return "", Unknown
	}
	switch be16(b, 2) {
	case 1, 2, 3, 4, 7, 10:
		return "xdmcp-query", Originator
	case 5, 6, 8, 9, 11:
		return "xdmcp-answer", Responder
	}
	return "", Unknown
}

// pulse recognises PulseAudio's native protocol: a descriptor without a channel.
func pulse(b []byte) (Kind, Side) {
	if n := be32(b, 0); n > 0 && n < 1<<16 && has(b, 4, "\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00") {
		return "pulse-message", Unknown
	}
	return "", Unknown
}

// canna recognises how a client of the Canna server begins: 1, a length, the version of the
// protocol, a colon and who it is.
func canna(b []byte) (Kind, Side) {
	n := be32(b, 4)
	if be32(b, 0) != 1 || n < 6 || n > 260 || int64(len(b)) < 8+n || !isDigit(b[8]) || b[9] != '.' || !isDigit(b[10]) || b[11] != ':' || b[7+n] != 0 {
		return "", Unknown
	}
	if printable(b[12 : 7+n]) {
		return "canna-init", Originator
	}
	return "", Unknown
}

// wnn recognises how a client of Wnn's servers begins: 1 (open), its version, the names of the
// machine and of the user.
func wnn(b []byte) (Kind, Side) {
	if v := be32(b, 4); be32(b, 0) != 1 || v < 0x4000 || v > 0x4fff || len(b) < 12 || len(b) > 300 {
		return "", Unknown
	}
	host, rest, _ := bytes.Cut(b[8:], []byte{0})
	user, _, ended := bytes.Cut(rest, []byte{0})
	if len(host) > 0 && len(user) > 0 && ended && printable(host) && printable(user) {
		return "wnn-open", Originator
	}
	return "", Unknown
}

// gdomap recognises the questions to GNUstep's map of names (gdomap.h): what is asked, the
// length of a name, a kind of port, a port, the name filled up to 256 bytes.
func gdomap(b []byte) (Kind, Side) {
	if len(b) != 264 || b[3] != 0 || b[2] > 0x40 || !zero(b, 8+int(b[1]), len(b)) || !printable(b[8:8+int(b[1])]) {
		return "", Unknown
	}
	switch b[0] {
	case 'L', 'N', 'P', 'R', 'S', 'U':
		return "gdomap-question", Originator
	}
	return "", Unknown
}

// synergy recognises the hello of a shared keyboard and mouse (Synergy, Barrier and their
// children): a length, a name, two numbers. A client says its own name behind it.
func synergy(b []byte) (Kind, Side) {
	n := be32(b, 0)
	if len(b) < 15 || !has(b, 4, "Synergy\x00\x01\x00") && !has(b, 4, "Barrier\x00\x01\x00") {
		return "", Unknown
	}
	switch {
	case n == 11:
		return "synergy-greeting", Responder
	case n > 15 && n < 512 && be32(b, 15) == n-15:
		return "synergy-hello", Originator
	}
	return "", Unknown
}
