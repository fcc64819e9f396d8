package request

// gaugeAnswer recognises what a fuel station's tank gauge says: the command comes back, on a
// line of its own.
func gaugeAnswer(b []byte) (Kind, Side) {
	i := 0
	if b[0] == 1 {
		i = 1
	}
	start := i
	for i < len(b) && i < start+4 && (b[i] == '\r' || b[i] == '\n') {
		i++
	}
	if i == start || at(b, i) != 'I' && at(b, i) != 'S' && at(b, i) != 'i' && at(b, i) != 's' || at(b, i+6) != '\r' && at(b, i+6) != '\n' {
		return "", Unknown
	}
	if !isHex(b[i+1 : i+6]) {
		return "", Unknown
	}
	return "atg-answer", Responder
}

// adsDiscovery recognises the search for Beckhoff's controllers: a magic number, a number, a
// service, whose highest bit marks the answer.
func adsDiscovery(b []byte) (Kind, Side) {
	if !has(b, 0, "\x03\x66\x14\x71") || len(b) < 24 || b[8] == 0 || b[8] > 8 || b[9] != 0 || b[10] != 0 {
		return "", Unknown
	}
	switch b[11] {
	case 0:
		return "ads-discovery", Originator
	case 0x80:
		return "ads-discovered", Responder
	}
	return "", Unknown
}

// codesys2 recognises the messages of CODESYS 2's runtime: a mark of two bytes, then the
// blocks' numbers and the service.
func codesys2(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "\xbb\xbb\x01\x00\x00\x00") && !has(b, 0, "\xbb\xbb\x00\x00\x00\x01"):
	case len(b) >= 7 && len(b) <= 64:
		return "codesys-question", Originator
	case len(b) > 100:
		return "codesys-answer", Responder
	}
	return "", Unknown
}

// db2Search recognises the search for Db2's administration servers, and the answer.
func db2Search(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "DB2GETADDR"):
		return "db2das-search", Originator
	case has(b, 0, "DB2RETADDR"):
		return "db2das-answer", Responder
	}
	return "", Unknown
}
