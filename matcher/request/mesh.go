package request

// babel recognises the routing protocol of meshes (RFC 8966 §4.2): a mark, version 2, and
// elements up to the length that stands before them.
func babel(b []byte) (Kind, Side) {
	n := be16(b, 2)
	if !has(b, 0, "\x2a\x02") || n < 2 || 4+n > len(b) {
		return "", Unknown
	}
	for i := 4; i < 4+n; {
		if b[i] == 0 { // one byte to fill up
			i++
			continue
		}
		l := at(b, i+1)
		if b[i] > 32 || l < 0 || i+2+l > 4+n {
			return "", Unknown
		}
		i += 2 + l
	}
	return "babel-packet", Unknown
}

// olsr recognises optimized link state routing (RFC 3626 §3.3): the packet's length, and messages
// that fill it.
func olsr(b []byte) (Kind, Side) {
	if be16(b, 0) != len(b) || len(b) < 16 {
		return "", Unknown
	}
	for i := 4; i < len(b); {
		n := be16(b, i+2)
		if b[i] < 1 || b[i] > 4 && b[i] < 128 || n < 12 || i+n > len(b) || at(b, i+8) == 0 || at(b, i+9) > 64 {
			return "", Unknown
		}
		i += n
	}
	return "olsr-packet", Unknown
}

// dlep recognises how a modem and a router find each other, and how they begin (RFC 8175
// §11, §12): signals behind a word, messages without it, of items that fill them.
func dlep(b []byte) (Kind, Side) {
	i := 0
	if has(b, 0, "DLEP") {
		i = 4
	}
	kind, n := be16(b, i), be16(b, i+2)
	if kind < 1 || kind > 2 || n < 0 || i+4+n > len(b) || i == 4 && i+4+n != len(b) {
		return "", Unknown
	}
	heartbeat := i == 4 // a session's beginning tells how often both will be heard
	for j := i + 4; j < i+4+n; {
		item, l := be16(b, j), be16(b, j+2)
		if item < 1 || item > 32 || l < 0 || j+4+l > i+4+n {
			return "", Unknown
		}
		heartbeat = heartbeat || item == 5 && l == 4
		j += 4 + l
	}
	switch {
	case !heartbeat:
		return "", Unknown
	case kind == 1:
		return "dlep-request", Originator
	}
	return "dlep-answer", Responder
}
