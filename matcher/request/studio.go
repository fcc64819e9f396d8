package request

// jamulus recognises the messages of Jamulus: a zero word, a kind, a counter, a length, and
// the CRC-16 of all of it (src/protocol.cpp); the kinds from 1001 up need no connection.
func jamulus(b []byte) (Kind, Side) {
	if len(b) < 9 || le16(b, 0) != 0 || le16(b, 5) != len(b)-9 || le16(b, len(b)-2) != crcCCITT(b[:len(b)-2]) {
		return "", Unknown
	}
	switch kind := le16(b, 2); {
	case kind == 1012:
		return "jamulus-version", Originator
	case kind == 1007, kind == 1014:
		return "jamulus-list", Originator
	case kind == 1006, kind == 1011, kind == 1013:
		return "jamulus-answer", Responder
	case kind > 0 && kind < 40, kind > 1000 && kind < 1030:
		return "jamulus-message", Unknown
	}
	return "", Unknown
}

// crcCCITT is the CRC-16 of Jamulus' messages: of the polynomial 0x1021, begun with ones, its
// complement taken.
func crcCCITT(b []byte) int {
	reg := uint16(0xffff)
	for _, c := range b {
		reg ^= uint16(c) << 8
		for range 8 {
			carry := reg & 0x8000
			reg <<= 1
			if carry != 0 {
				reg ^= 0x1021
			}
		}
	}
	return int(^reg)
}

// jackTrip recognises what a client of JackTrip's hub begins with (UdpHubListener.cpp): its port
// in four bytes, and its name in 64.
func jackTrip(b []byte) (Kind, Side) {
	if len(b) != 68 || le32(b, 0) < 1024 || le32(b, 0) > 0xffff {
		return "", Unknown
	}
	name := 0
	for name < 64 && b[4+name] >= 0x20 && b[4+name] < 0x7f {
		name++
	}
	for _, c := range b[4+name:] {
		if c != 0 {
			return "", Unknown
		}
	}
	return "jacktrip-port", Originator
}
