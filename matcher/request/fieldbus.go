package request

// synchrophasor recognises the frames of phasor measurement (IEEE C37.118.2 §6.2) by their
// length and checksum. Only commands come from the client.
func synchrophasor(b []byte) (Kind, Side) {
	n := be16(b, 2)
	if len(b) < 16 || b[0] != 0xaa || b[1]&0x80 != 0 || b[1]>>4 > 5 || b[1]&15 < 1 || b[1]&15 > 3 || n < 16 || n > len(b) {
		return "", Unknown
	}
	sum := uint16(0xffff)
	for _, c := range b[:n-2] {
		sum ^= uint16(c) << 8
		for range 8 {
			if sum&0x8000 != 0 {
				sum = sum<<1 ^ 0x1021
			} else {
				sum <<= 1
			}
		}
	}
	switch {
	case int(sum) != be16(b, n-2):
		return "", Unknown
	case b[1]>>4 == 4:
		return "synchrophasor-command", Originator
	}
	return "synchrophasor-frame", Responder
}

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

// pcWorx recognises the session's start with a controller of Phoenix Contact.
func pcWorx(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x01\x01\x00\x1a\x00\x00\x00\x00"):
		return "pcworx-start", Originator
	case has(b, 0, "\x81\x01\x00\x14\x00\x00"), has(b, 0, "\x81\x05\x00") && be16(b, 2) <= len(b):
		return "pcworx-answer", Responder
	}
	return "", Unknown
}

// proConOS recognises the question for the runtime's version.
func proConOS(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\xcc\x01\x00\x0b\x40\x02\x00\x00\x47\xee"):
		return "proconos-version", Originator
	case has(b, 0, "\xcc\x81") && len(b) > 32 && within(b, 64, "Ladder Logic Runtime"), has(b, 0, "\xcc\x81\x00") && within(b, 96, "ProConOS"):
		return "proconos-answer", Responder
	}
	return "", Unknown
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

// cipIO recognises connected data of EtherNet/IP on UDP (CIP volume 2 §2-6.2): an address
// with a connection and a number, then data.
func cipIO(b []byte) (Kind, Side) {
	if len(b) >= 18 && le16(b, 0) == 2 && le16(b, 2) == 0x8002 && le16(b, 4) == 8 && le16(b, 14) == 0xb1 && le16(b, 16) == len(b)-18 {
		return "enip-data", Unknown
	}
	return "", Unknown
}

// mqttSN recognises a connection of MQTT for sensor networks (MQTT-SN 1.2 §5.4.4).
func mqttSN(b []byte) (Kind, Side) {
	if len(b) > 6 && int(b[0]) == len(b) && b[1] == 4 && b[2]&^0x0c == 0 && b[3] == 1 && printable(b[6:]) {
		return "mqttsn-connect", Originator
	}
	return "", Unknown
}

// gvcp recognises the control of machine-vision cameras (GigE Vision §7): commands have a
// key, acknowledgements a status.
func gvcp(b []byte) (Kind, Side) {
	if len(b) < 8 || be16(b, 4) != len(b)-8 || be16(b, 6) == 0 {
		return "", Unknown
	}
	switch command := be16(b, 2); {
	case b[0] == 0x42 && b[1]&0x0e == 0 && (command == 0x02 || command == 0x04 || command == 0x80 || command == 0x82 || command == 0x84):
		return "gvcp-command", Originator
	case (b[0] == 0 || b[0] == 0x80) && (command == 0x03 && len(b) == 256 || (command == 0x81 || command == 0x83) && be16(b, 0) == 0):
		return "gvcp-answer", Responder
	}
	return "", Unknown
}

// ptp recognises the messages of the precision time protocol, version 2 (IEEE 1588-2019
// §13.3), by their kind, their length and what version 1 called the kind (§13.3.2.13).
func ptp(b []byte) (Kind, Side) {
	n := be16(b, 2)
	if len(b) < 44 || b[1]&15 != 2 || n > len(b) || n < 44 || b[0]>>4 > 1 || be32(b, 16) != 0 {
		return "", Unknown
	}
	for _, m := range [...]struct {
		kind, control byte
		size          int
		k             Kind
		s             Side
	}{
		{0, 0, 44, "ptp-sync", Unknown}, // Sync and Follow_Up: a master's to everybody, which may come from any side
		{0, 2, 44, "ptp-sync", Unknown},
		{8, 0, 44, "ptp-sync", Unknown},
		{8, 2, 44, "ptp-sync", Unknown},
		{1, 1, 44, "ptp-request", Originator}, // Delay_Req
		{2, 5, 54, "ptp-request", Originator}, // Pdelay_Req
		{3, 5, 54, "ptp-answer", Responder},   // Pdelay_Resp
		{10, 5, 54, "ptp-answer", Responder},  // its Follow_Up
		{9, 3, 54, "ptp-answer", Responder},   // Delay_Resp
	} {
		if m.kind == b[0]&15 && m.control == b[32] && m.size == n {
			return m.k, m.s
		}
	}
	if b[0]&15 == 11 && b[32] == 5 && n >= 64 { // Announce
		return "ptp-announce", Unknown
	}
	return "", Unknown
}
