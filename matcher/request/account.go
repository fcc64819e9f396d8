package request

// radius recognises RADIUS (RFC 2865 §3): the attributes must fill the packet.
func radius(b []byte) (Kind, Side) {
	n := be16(b, 2)
	if n < 20 || n > len(b) || n > 4096 || !zero(b, n, len(b)) || b[0] >= 40 && n == 20 && zero(b, 8, 14) { // behind its length is padding (RFC 2865 §3)
		return "", Unknown
	}
	for i := 20; i < n; {
		l := at(b, i+1)
		if l < 2 || i+l > n {
			return "", Unknown
		}
		i += l
	}
	switch b[0] {
	case 1:
		return "radius-access", Originator
	case 4:
		return "radius-accounting", Originator
	case 12:
		return "radius-status", Originator
	case 40, 43: // RFC 5176: what the server asks of an access server
		return "radius-dynamic", Originator
	case 2, 3, 5, 11, 41, 42, 44, 45:
		return "radius-answer", Responder
	}
	return "", Unknown
}

// tacacs recognises TACACS+ (RFC 8907 §4.1): the originator's numbers are odd.
func tacacs(b []byte) (Kind, Side) {
	if len(b) < 12 || b[0]&0xf0 != 0xc0 || b[0]&0x0f > 1 || b[1] < 1 || b[1] > 3 || b[3] > 5 || b[2] == 0 || be32(b, 8) > 1<<16 || be32(b, 8) < int64(len(b)-12) {
		return "", Unknown
	}
	if b[2]&1 == 0 {
		return "tacacs-answer", Responder
	}
	return "tacacs-authen", Originator
}

// diameter recognises Diameter (RFC 6733 §3).
func diameter(b []byte) (Kind, Side) {
	n := be24(b, 1)
	if b[0] != 1 || n < 20 || n%4 != 0 || len(b) < 20 || b[4]&0x0f != 0 || be24(b, 5) < 257 {
		return "", Unknown
	}
	if c := be24(b, 5); c > 1000 && (c < 1<<23 || c >= 1<<23+4096) { // what is registered, and vendors', which is, too, from 8388608 up (§11.1)
		return "", Unknown
	}
	if b[4]&0xa0 == 0xa0 {
		return "", Unknown // a request that is an error (§3)
	}
	if n > 20 && len(b) >= 28 && (b[24]&0x1f != 0 || be24(b, 25) < 8 || be24(b, 25) > n-20) { // the first attribute (§4.1)
		return "", Unknown
	}
	if b[4]&0x80 == 0 {
		return "diameter-answer", Responder
	}
	if be24(b, 5) == 257 {
		return "diameter-cer", Originator
	}
	return "diameter-request", Originator
}
