package request

import "bytes"

// oscar recognises the frames of ICQ and AIM: a mark, a channel, a length; the first has a
// version, later ones a family of services.
func oscar(b []byte) (Kind, Side) {
	n := be16(b, 4)
	if len(b) < 10 || b[0] != '*' || n < 4 || 6+n > len(b) || 6+n < len(b) && b[6+n] != '*' {
		return "", Unknown
	}
	switch {
	case b[1] == 1 && be32(b, 6) == 1 && n > 4:
		return "oscar-login", Originator
	case b[1] == 1 && be32(b, 6) == 1:
		return "oscar-hello", Unknown
	case b[1] == 2 && n >= 10 && be16(b, 6) >= 1 && be16(b, 6) < 0x30 && be16(b, 8) >= 1 && be16(b, 8) < 0x40:
		return "oscar-message", Unknown
	}
	return "", Unknown
}

// messenger recognises the words of Yahoo's and Microsoft's messengers and of MSRP
// (RFC 4975 §7).
func messenger(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "YMSG") && len(b) >= 20 && be16(b, 8) <= len(b)-20:
		return "ymsg-message", Unknown
	case has(b, 0, "VER ") && within(b, 32, " MSNP"), has(b, 0, "VER ") && within(b, 32, " CVR"):
		return "msnp-version", Unknown
	case has(b, 0, "MSRP "):
		i := bytes.IndexByte(b[5:min(len(b), 64)], ' ')
		if i < 4 || !within(b, 512, "To-Path: msrp") {
			return "", Unknown
		}
		if c := at(b, 6+i); c >= '2' && c <= '5' {
			return "msrp-answer", Responder
		}
		return "msrp-request", Originator
	}
	return "", Unknown
}
