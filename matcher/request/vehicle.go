package request

// doip recognises diagnostics over IP (ISO 13400-2 §7.1).
func doip(b []byte) (Kind, Side) {
	if !has(b, 0, "\x02\xfd") && !has(b, 0, "\x01\xfe") || be32(b, 4) != int64(len(b)-8) {
		return "", Unknown
	}
	switch be16(b, 2) {
	case 1, 2, 3, 5, 0x4001, 0x4003:
		return "doip-identify", Originator
	case 0, 4, 6, 0x4002, 0x4004, 0x8002, 0x8003:
		return "doip-answer", Responder
	}
	return "doip-message", Unknown
}

// someIP recognises the service middleware of cars (AUTOSAR PRS_SOMEIPProtocol §4.1.2).
func someIP(b []byte) (Kind, Side) {
	if len(b) < 16 || be32(b, 4) < 8 || be32(b, 4) > int64(len(b)-8) || b[12] != 1 || b[13] == 0 || b[15] > 0x20 || be16(b, 0) == 0 {
		return "", Unknown
	}
	if n := 8 + int(be32(b, 4)); n != len(b) && (at(b, n+12) != 1 || be16(b, n) != be16(b, 0)) {
		return "", Unknown
	}
	switch {
	case has(b, 0, "\xff\xff\x81\x00"): // service discovery
		return "someip-discovery", Unknown
	case (b[14] == 0 || b[14] == 1) && b[15] == 0 && b[2]&0x80 == 0:
		return "someip-request", Originator
	case b[14] == 0x80 || b[14] == 0x81, b[14] == 2 && b[2]&0x80 != 0 && b[15] == 0:
		return "someip-answer", Responder
	}
	return "", Unknown
}

// rtps recognises the messages of DDS's participants (RTPS 2.5 §9.4.4).
func rtps(b []byte) (Kind, Side) {
	if (has(b, 0, "RTPS") || has(b, 0, "RTPX")) && len(b) >= 20 && at(b, 4) >= 1 && b[4] <= 2 {
		return "rtps-message", Unknown
	}
	return "", Unknown
}

// mavlink recognises what drones and their ground stations say: version 1 by the heartbeat,
// version 2 by the shape of any message.
func mavlink(b []byte) (Kind, Side) {
	n := at(b, 1)
	switch {
	case b[0] == 0xfe && n == 9 && len(b) >= 17 && b[5] == 0 && b[14] == 3,
		b[0] == 0xfd && n > 0 && (len(b) == 12+n || len(b) == 25+n && b[2] == 1) && b[2] <= 1 && b[3] == 0 && b[5] > 0 && le24(b, 7) < 1<<16:
		return "mavlink-message", Unknown
	}
	return "", Unknown
}

// nmea recognises a sentence of a receiver of positions or of ships' identities (NMEA 0183).
func nmea(b []byte) (Kind, Side) {
	if len(b) > 7 && b[6] == ',' && isCapital(b[1:6]) && sentence(b) {
		return "nmea-sentence", Unknown
	}
	return "", Unknown
}

// sentence reports whether the first line ends as NMEA 0183's do: an asterisk, the exclusive
// or of what stands between it and the first sign, in two digits.
func sentence(b []byte) bool {
	sum := byte(0)
	for i := 1; i+2 < len(b) && i < 100; i++ {
		if b[i] != '*' {
			sum ^= b[i]
			continue
		}
		const digits = "0123456789ABCDEF"
		return upper(b[i+1]) == digits[sum>>4] && upper(b[i+2]) == digits[sum&15]
	}
	return false
}

func isCapital(b []byte) bool {
	for _, c := range b {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}

// baseStation reports whether b begins as a transmission in BaseStation's text: a kind of 1
// to 8, two numbers of the receiver's, an aircraft's address in six digits.
func baseStation(b []byte) bool {
	if !has(b, 0, "MSG,") || at(b, 4) < '1' || b[4] > '8' || at(b, 5) != ',' {
		return false
	}
	i := 6
	for range 2 {
		for isDigit(byte(max(0, at(b, i)))) {
			i++
		}
		if at(b, i) != ',' {
			return false
		}
		i++
	}
	return at(b, i+6) == ',' && isHex(b[i:i+6])
}

// trdp recognises the train real-time data protocol (IEC 61375-2-3 annex A): a counter, version
// 1, a kind of two letters, and the length of the data behind a header of its kind's size.
func trdp(b []byte) (Kind, Side) {
	if len(b) < 40 || be16(b, 4) != 0x0100 || b[6] != 'P' && b[6] != 'M' {
		return "", Unknown
	}
	head := 40
	if b[6] == 'M' {
		head = 116
	}
	if n := be32(b, 20); n > 1<<16 || n+int64(head) > int64(len(b)) || int64(len(b)) > n+int64(head)+7 {
		return "", Unknown
	}
	switch string(b[6:8]) {
	case "Pr", "Mr", "Mn", "Mc":
		return "trdp-request", Originator
	case "Pp", "Mp", "Mq":
		return "trdp-answer", Responder
	case "Pd", "Pe", "Me":
		return "trdp-data", Unknown
	}
	return "", Unknown
}

// xcp recognises how the calibration of a control unit begins (ASAM MCD-1 XCP §7.5.1.1, and its
// transport on Ethernet): a length, a counter, and the command to connect.
func xcp(b []byte) (Kind, Side) {
	if len(b) == 6 && le16(b, 0) == 2 && le16(b, 2) < 64 && b[4] == 0xff && b[5] <= 1 {
		return "xcp-connect", Originator
	}
	if len(b) == 12 && le16(b, 0) == 8 && le16(b, 2) < 64 && b[4] == 0xff && b[10] == 1 && b[11] <= 1 && b[5]&0xe2 == 0 {
		return "xcp-answer", Responder
	}
	return "", Unknown
}
