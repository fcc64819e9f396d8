package request

import "bytes"

// socks4 recognises SOCKS 4 and 4a.
func socks4(b []byte) (Kind, Side) {
	if c := at(b, 1); c != 1 && c != 2 || len(b) < 9 || len(b) > 600 || b[len(b)-1] != 0 || be16(b, 2) == 0 {
		return "", Unknown
	}
	i := 8
	for i < len(b) && b[i] >= 0x20 && b[i] < 0x7f {
		i++
	}
	if at(b, i) != 0 {
		return "", Unknown
	}
	if zero(b, 4, 7) && b[7] != 0 { // 4a: the name comes behind the user
		if i+1 >= len(b) {
			return "", Unknown
		}
		return "socks4-connect", Originator
	}
	if i+1 != len(b) {
		return "", Unknown
	}
	return "socks4-connect", Originator
}

// socks4Answer recognises the answer of eight bytes.
func socks4Answer(b []byte) (Kind, Side) {
	if at(b, 1) >= 0x5a && at(b, 1) <= 0x5d && (len(b) == 8 || len(b) > 11 && printable(b[8:12])) {
		return "socks4-answer", Responder
	}
	return "", Unknown
}

// socks5 recognises the greetings of SOCKS 5 (RFC 1928 §3).
func socks5(b []byte) (Kind, Side) {
	if len(b) == 2 && (b[1] <= 2 || b[1] == 0xff || b[1] == 0x80) {
		switch b[1] {
		case 0: // DCE/RPC begins like this
			return "socks5-answer", Unknown
		case 2, 0xff:
			return "socks5-answer", Responder
		}
		return "", Unknown
	}
	n := at(b, 1)
	if n < 1 || n > 16 || len(b) < 2+n {
		return "", Unknown
	}
	for i, m := range b[2 : 2+n] {
		if m > 9 && m < 0x80 || bytes.IndexByte(b[2:2+i], m) >= 0 { // nobody offers a method twice
			return "", Unknown
		}
	}
	// The request may follow at once.
	if len(b) == 2+n || len(b) >= 2+n+4 && b[2+n] == 5 || len(b) > 2+n+2 && b[2+n] == 1 {
		return "socks5-greeting", Originator
	}
	return "", Unknown
}

// icp recognises the questions of caches to each other (RFC 2186 §2).
func icp(b []byte) (Kind, Side) {
	if len(b) < 20 || b[1] < 2 || b[1] > 3 || be16(b, 2) != len(b) {
		return "", Unknown
	}
	end := len(b) > 20 && b[len(b)-1] == 0
	switch b[0] {
	case 1:
		if end && len(b) > 24 && printable(b[24:len(b)-1]) && within(b, 64, "://") {
			return "icp-query", Originator
		}
	case 2, 3, 4, 21, 22:
		if end && printable(b[20:len(b)-1]) && within(b, 64, "://") {
			return "icp-answer", Responder
		}
	}
	return "", Unknown
}
