package request

// pjl recognises a printer job language command behind UEL.
func pjl(b []byte) (Kind, Side) {
	if !has(b, 0, "\x1b%-12345X") {
		return "", Unknown
	}
	if within(b, 64, "@PJL INFO") {
		return "pjl-info", Originator
	}
	return "pjl-job", Originator
}

// lpd recognises the line printer daemon's commands (RFC 1179 §5).
func lpd(b []byte) (Kind, Side) {
	line, rest := firstLine(b)
	if b[0] > 5 || rest != len(b) || len(line) < 2 || len(line) > 128 || !printable(line[1:]) {
		return "", Unknown
	}
	switch b[0] {
	case 3, 4:
		return "lpd-status", Originator
	}
	return "lpd-job", Originator
}

// bjnp recognises the talk of Canon's printers and scanners.
func bjnp(b []byte) (Kind, Side) {
	if len(b) < 16 || !has(b, 0, "BJNP") && !has(b, 0, "BJNB") && !has(b, 0, "MFNP") && !has(b, 0, "BNJB") || be32(b, 12) != int64(len(b)-16) {
		return "", Unknown
	}
	switch b[4] {
	case 1, 2, 3:
		return "bjnp-request", Originator
	case 0x81, 0x82, 0x83:
		return "bjnp-answer", Responder
	}
	return "", Unknown
}

// enpc recognises EPSON's network protocol of control: capital letters ask, small ones answer.
func enpc(b []byte) (Kind, Side) {
	switch c := at(b, 5); {
	case len(b) < 12:
	case c == 'Q' || c == 'P' || c == 'C':
		return "enpc-query", Originator
	case c == 'q' || c == 'p' || c == 'c':
		return "enpc-answer", Responder
	}
	return "", Unknown
}
