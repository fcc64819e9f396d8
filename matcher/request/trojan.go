package request

// What controls machines without their owners' knowledge is heard in captures of malware:
// whoever waits for its victims' calls, or for its master's, is a service like any other.

// trojans are what such programs say first; sorted as openings are.
var trojans = [...]opening{
	{"Gh0st", "gh0st-packet", Unknown},
	{"NetBus 1.", "netbus-greeting", Responder},
	{"NetBus 2.", "netbus-greeting", Responder},
	{"connected. time/date: ", "subseven-greeting", Responder},
}

// trojan looks for them, and for the words of njRAT: a length in digits, NUL, "ll", and a bar
// between quotes, with which the victim calls its master.
func trojan(b []byte) (Kind, Side) {
	if isDigit(b[0]) {
		i := 1
		for i < 5 && isDigit(byte(max(at(b, i), 0))) {
			i++
		}
		if has(b, i, "\x00ll|'|'|") {
			return "njrat-login", Originator
		}
		return "", Unknown
	}
	return lookUp(trojans[:], b)
}
