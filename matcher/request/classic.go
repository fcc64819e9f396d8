package request

// talk recognises how a user of one host calls one of another (talkd.h, version 1): who calls
// whom, on which terminal. An answer has 24 bytes.
func talk(b []byte) (Kind, Side) {
	switch {
	case len(b) < 24 || b[0] != 1 || b[1] > 3:
	case len(b) == 84 && b[2] == 0 && (be16(b, 8) == 2 || le16(b, 8) == 2) && b[44] > ' ' && b[44] < 0x7f && zero(b, 16, 24):
		return "ntalk-request", Originator
	case len(b) == 24 && b[2] <= 8 && b[3] == 0 && b[8]|b[9] == 2 && zero(b, 16, 24):
		return "ntalk-answer", Responder
	}
	return "", Unknown
}

// rwho recognises what a host tells all of its users (protocols/rwhod.h): the name in 32
// bytes, the load, and 24 bytes for each user.
func rwho(b []byte) (Kind, Side) {
	if len(b) < 60 || (len(b)-60)%24 != 0 || !has(b, 0, "\x01\x01\x00\x00") || be32(b, 4) < 1<<28 {
		return "", Unknown
	}
	name := 0
	for name < 32 && b[12+name] > ' ' && b[12+name] < 0x7f {
		name++
	}
	if name == 0 || !zero(b, 12+name, 44) {
		return "", Unknown
	}
	return "rwho-status", Responder
}

// qmail recognises what qmail's protocols hand over: the whole message as a string behind its length.
// QMTP's begins with how lines end (QMTP §2), and QMQP's message is inside another (QMQP §2).
func qmail(b []byte) (Kind, Side) {
	n, i := netString(b, 0)
	if n <= 0 {
		return "", Unknown
	}
	switch c := at(b, i); {
	case c == '\n' || c == '\r' && at(b, i+1) >= ' ':
		return "qmtp-message", Originator
	case c >= '0' && c <= '9':
		if inner, j := netString(b, i); inner > 0 && inner < n-4 && j+inner > i {
			return "qmqp-message", Originator
		}
	}
	return "", Unknown
}

// netString reads the length before a string at i, which is 0 if there is none, and where
// the string begins.
func netString(b []byte, i int) (n, begin int) {
	for j := i; j < i+8 && j < len(b); j++ {
		switch c := b[j]; {
		case isDigit(c):
			n = n*10 + int(c-'0')
		case c == ':' && j > i:
			return n, j + 1
		default:
			return 0, 0
		}
	}
	return 0, 0
}

// dbus recognises how a client of a message bus begins (D-Bus Specification, "Authentication
// Protocol").
func dbus(b []byte) (Kind, Side) {
	if has(b, 0, "\x00AUTH ") || has(b, 0, "\x00AUTH\r\n") {
		return "dbus-auth", Originator
	}
	return "", Unknown
}
