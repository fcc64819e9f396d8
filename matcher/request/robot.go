package request

// tcpros recognises what nodes of the robot operating system tell each other first (ROS wiki,
// "ROS/TCPROS"): a length, and fields, each a name and a value behind a length of its own.
func tcpros(b []byte) (Kind, Side) {
	n := le32(b, 0)
	if n < 32 || n > 1<<16 {
		return "", Unknown
	}
	names := 0
	for i := 4; i < len(b) && int64(i) < 4+n; names++ {
		l := le32(b, i)
		if l < 3 || int64(i)+4+l > 4+n {
			return "", Unknown
		}
		for j := i + 4; ; j++ {
			if c := at(b, j); c == '=' && j > i+4 {
				break
			} else if (c < 'a' || c > 'z') && c != '_' && (c < '0' || c > '9') {
				return "", Unknown
			}
		}
		i += 4 + int(l)
	}
	switch {
	case names < 2 || !within(b, 1024, "md5sum=") && !within(b, 1024, "callerid="):
		return "", Unknown
	case within(b, 1024, "message_definition="), within(b, 1024, "latching="), within(b, 1024, "request_type="), within(b, 1024, "response_type="):
		return "tcpros-answer", Responder
	}
	return "tcpros-header", Originator
}

// llrp recognises the readers of radio tags (LLRP 1.1 §17): a version, a kind, the whole
// length. A reader speaks first.
func llrp(b []byte) (Kind, Side) {
	v := at(b, 0) >> 2
	if n := be32(b, 2); v != 1 && v != 2 || n < 10 || n > 1<<16 || n < int64(len(b)) {
		return "", Unknown
	}
	switch kind := be16(b, 0) & 0x3ff; kind {
	case 63: // an event: its data fill it
		if be16(b, 10) == 246 && int64(be16(b, 12)) == be32(b, 2)-10 {
			return "llrp-event", Responder
		}
	case 1, 2, 3, 14, 20, 21, 22, 23, 24, 25, 26, 40, 41, 42, 43, 46, 60, 64, 72:
		return "llrp-request", Originator
	case 4, 11, 12, 13, 30, 31, 32, 33, 34, 35, 36, 50, 51, 52, 53, 56, 61, 62:
		return "llrp-answer", Responder
	}
	return "", Unknown
}
