package request

// dlms recognises the wrapper of meters' DLMS (IEC 62056-47 §5) with an application's PDU.
func dlms(b []byte) (Kind, Side) {
	if len(b) < 12 || be16(b, 0) != 1 || be16(b, 6) != len(b)-8 || be16(b, 2) == 0 || be16(b, 4) == 0 {
		return "", Unknown
	}
	switch b[8] {
	case 0x60, 0x62:
		if int(b[9]) == len(b)-10 {
			return "dlms-associate", Originator
		}
	case 0x61, 0x63:
		if int(b[9]) == len(b)-10 {
			return "dlms-answer", Responder
		}
	case 0xc0, 0xc1, 0xc3: // get, set, action: of a normal kind, of the highest priority
		if b[9] >= 1 && b[9] <= 6 && b[10]&0x30 == 0 && b[10]&0xc0 != 0 {
			return "dlms-request", Originator
		}
	case 0xc4, 0xc5, 0xc7:
		if b[9] >= 1 && b[9] <= 6 && b[10]&0x30 == 0 && b[10]&0xc0 != 0 {
			return "dlms-answer", Responder
		}
	}
	return "", Unknown
}

// meter recognises the sign-on of IEC 62056-21 (§6.3.1): a meter's number or none.
func meter(b []byte) (Kind, Side) {
	if !has(b, 0, "/?") || len(b) > 37 || len(b) < 5 || !has(b, len(b)-3, "!\r\n") || !printable(b[2:len(b)-3]) {
		return "", Unknown
	}
	return "iec62056-request", Originator
}

// tankGauge recognises the commands to a fuel station's tank gauge (Veeder-Root's serial
// interface manual): SOH, a letter, the function's five digits.
func tankGauge(b []byte) (Kind, Side) {
	if b[0] != 1 || len(b) < 7 || len(b) > 64 || b[1] != 'I' && b[1] != 'i' && b[1] != 'S' && b[1] != 's' || !isHex(b[2:7]) {
		return "", Unknown
	}
	return "atg-command", Originator
}

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

// synchrophasor recognises the frames of phasor measurement (IEEE C37.118.2 §6.2) by their
// length and checksum. Only commands come from the client.
func synchrophasor(b []byte) (Kind, Side) {
	n := be16(b, 2)
	if len(b) < 16 || b[0] != 0xaa || b[1]&0x80 != 0 || b[1]>>4 > 5 || b[1]&15 < 1 || b[1]&15 > 3 || n < 16 || n > len(b) {
		return "", Unknown
	}
	switch {
	case int(crcCCITT(b[:n-2])) != be16(b, n-2):
		return "", Unknown
	case b[1]>>4 == 4:
		return "synchrophasor-command", Originator
	}
	return "synchrophasor-frame", Responder
}

// hislip recognises the start of a session with a measuring instrument (IVI-6.1 §4).
func hislip(b []byte) (Kind, Side) {
	if !has(b, 0, "HS") || len(b) < 16 || !zero(b, 8, 12) || be32(b, 12) > 1<<20 {
		return "", Unknown
	}
	switch b[2] {
	case 0, 17:
		return "hislip-start", Originator
	case 1, 18:
		return "hislip-answer", Responder
	}
	return "", Unknown
}
