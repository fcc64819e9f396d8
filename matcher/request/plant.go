package request

// modbus recognises Modbus/TCP (Modbus Messaging on TCP/IP §3.1.3; the functions are those
// of Modbus Application Protocol §6). Only the length tells a read from its answer; where it
// does not, the side is unknown.
func modbus(b []byte) (Kind, Side) {
	n, ok := modbusLength(b)
	if !ok {
		return "", Unknown
	}
	switch f := b[7]; f {
	case 1, 2, 3, 4:
		return modbusRead(b, n)
	case 5, 6, 22, 8, 90:
		return modbusEcho(b, n)
	case 15, 16, 23:
		return modbusWrite(b, n)
	case 20, 21:
		return modbusFile(b, n)
	case 24:
		return modbusQueue(b, n)
	case 7, 11, 12, 17, 43:
		return modbusID(b, n)
	default:
		if f > 0x80 && f < 0xac && n == 3 && b[8] >= 1 && b[8] <= 11 { // refused, and why
			return "modbus-answer", Responder
		}
	}
	return "", Unknown
}

// modbusEcho recognises the functions whose answer repeats the request.
func modbusEcho(b []byte, n int) (Kind, Side) {
	switch f := b[7]; {
	case f == 22 && n == 8, f < 8 && n == 6:
		return "modbus-write", Unknown
	case f == 8 && n >= 6 && n%2 == 0 && be16(b, 8) <= 21: // diagnostics: data, which most answers repeat
		return "modbus-diagnostic", Unknown
	case f == 90:
		return "modbus-unity", Unknown // Schneider's own function
	}
	return "", Unknown
}

// modbusLength reads the header: how many bytes stand behind the length. Another message may
// follow in the same segment.
func modbusLength(b []byte) (n int, ok bool) {
	n = be16(b, 4)
	if be16(b, 2) != 0 || n < 2 || n > 254 || len(b) < 8 || len(b) < 6+n {
		return 0, false
	}
	return n, len(b) == 6+n || be16(b, 8+n) == 0 && be16(b, 10+n) >= 2
}

// modbusRead recognises the reading of coils, inputs and registers.
func modbusRead(b []byte, n int) (Kind, Side) {
	quantity, bytes := be16(b, 10), at(b, 8)
	switch {
	case n == 6 && quantity >= 1 && quantity <= 2000 && bytes != 3:
		return "modbus-read", Originator
	case n == bytes+3 && bytes > 0 && bytes != 3:
		return "modbus-answer", Responder
	case n == 6:
		return "modbus-read", Unknown
	}
	return "", Unknown
}

// modbusWrite recognises the writing of several coils or registers, also with a reading.
func modbusWrite(b []byte, n int) (Kind, Side) {
	both := b[7] == 23
	switch {
	case both && n == 11+at(b, 16) && be16(b, 14)*2 == at(b, 16), !both && n == 7+at(b, 12):
		return "modbus-write", Originator
	case both && n == 3+at(b, 8) && at(b, 8)%2 == 0, !both && n == 6:
		return "modbus-answer", Responder
	}
	return "", Unknown
}

// modbusFile recognises the reading and writing of records of files: a count, reference
// types that are 6.
func modbusFile(b []byte, n int) (Kind, Side) {
	read := b[7] == 20
	switch count := at(b, 8); {
	case n != 3+count || count < 4:
	case !read && at(b, 9) == 6:
		return "modbus-file", Unknown // the answer repeats the request
	case read && count%7 == 0 && at(b, 9) == 6:
		return "modbus-file", Originator
	case read && at(b, 10) == 6 && at(b, 9) <= count:
		return "modbus-answer", Responder
	}
	return "", Unknown
}

// modbusQueue recognises the reading of a queue.
func modbusQueue(b []byte, n int) (Kind, Side) {
	switch {
	case n == 4:
		return "modbus-read", Originator
	case n == 4+be16(b, 8) && be16(b, 8) == 2+2*be16(b, 10):
		return "modbus-answer", Responder
	}
	return "", Unknown
}

// modbusID recognises the questions for a device's state, its events and what it is.
func modbusID(b []byte, n int) (Kind, Side) {
	identification := b[7] == 43 // in the encapsulated interface, type 14
	switch {
	case identification && n == 5 && at(b, 8) == 14 && at(b, 9) >= 1 && at(b, 9) <= 4, !identification && n == 2:
		return "modbus-id", Originator
	case identification && n > 8 && at(b, 8) == 14, !identification && n == 3+at(b, 8):
		return "modbus-answer", Responder
	}
	return "", Unknown
}

// dnp3 recognises a DNP3 link frame by its checksum (IEEE 1815 §9.2). DIR says
// that the master sent it, and the master is the client.
func dnp3(b []byte) (Kind, Side) {
	if !has(b, 0, "\x05\x64") || len(b) < 10 || b[2] < 5 || le16(b, 8) != dnp3Sum(b[:8]) {
		return "", Unknown
	}
	if b[3]&0x80 != 0 {
		return "dnp3-request", Originator
	}
	return "dnp3-answer", Responder
}

// dnp3Sum is DNP3's CRC-16: polynomial 0x3d65, reflected, inverted.
func dnp3Sum(b []byte) int {
	sum := uint16(0)
	for _, c := range b {
		sum ^= uint16(c)
		for range 8 {
			if sum&1 != 0 {
				sum = sum>>1 ^ 0xa6bc
			} else {
				sum >>= 1
			}
		}
	}
	return int(^sum)
}

// cipSide says who sends a CIP service in an encapsulated packet of two items, address and
// data (CIP volume 2, §2-6.3): an answer has the highest bit of the service set.
func cipSide(b []byte) Side {
	if le16(b, 30) != 2 || le16(b, 34) > 4 {
		return Unknown
	}
	i := 36 + le16(b, 34)
	switch le16(b, i) {
	case 0xb2:
		i += 4
	case 0xb1:
		i += 6 // a number before it
	default:
		return Unknown
	}
	switch c := at(b, i); {
	case c < 0:
		return Unknown
	case c&0x80 != 0:
		if at(b, i+1) == 0 {
			return Responder
		}
	case at(b, i+1) > 0 && at(b, i+1) < 16: // words of a path
		return Originator
	}
	return Unknown
}

// enip recognises EtherNet/IP's encapsulation header (CIP volume 2, §2-3).
func enip(b []byte) (Kind, Side) {
	if len(b) < 24 || le32(b, 20) != 0 || le16(b, 2) > len(b)-24 || le32(b, 8) > 0x69 {
		return "", Unknown
	}
	n, session := le16(b, 2), le32(b, 4)
	switch le16(b, 0) {
	case 0x63:
		if n == 0 {
			return "enip-identity", Originator
		}
		return "enip-answer", Responder
	case 0x04, 0x64:
		if n == 0 {
			return "enip-services", Originator
		}
		return "enip-answer", Responder
	case 0x65:
		switch {
		case n == 4 && session == 0 && le16(b, 24) == 1:
			return "enip-register", Originator
		case n == 4:
			return "enip-answer", Responder
		}
	case 0x6f, 0x70:
		if n >= 6 && session != 0 {
			return "enip-data", cipSide(b)
		}
	}
	return "", Unknown
}

// bacnet recognises BACnet/IP (ASHRAE 135 annex J): the type of the APDU says
// who sent it.
func bacnet(b []byte) (Kind, Side) {
	if at(b, 1) > 0x0b || be16(b, 2) != len(b) {
		return "", Unknown
	}
	i := 4
	switch b[1] {
	case 0x04: // forwarded: the original sender's address first
		i += 6
	case 0x05:
		return "bacnet-register", Originator
	case 0x00: // a result, and nothing else
		if len(b) == 6 {
			return "bacnet-answer", Responder
		}
	}
	if at(b, i) != 1 {
		return "", Unknown
	}
	control := at(b, i+1)
	if control < 0 || control&0x80 != 0 {
		return "bacnet-network", Unknown
	}
	i += 2
	if control&0x20 != 0 {
		i += 3 + max(at(b, i+2), 0)
	}
	if control&0x08 != 0 {
		i += 3 + max(at(b, i+2), 0)
	}
	if control&0x20 != 0 {
		i++ // hop count
	}
	t := at(b, i)
	switch t >> 4 {
	case 0:
		switch at(b, i+3) {
		case 12, 14:
			return "bacnet-read", Originator
		}
		return "bacnet-request", Originator
	case 1:
		switch at(b, i+1) {
		case 0, 1:
			return "bacnet-iam", Responder
		case 7, 8:
			return "bacnet-whois", Originator
		}
		return "bacnet-message", Unknown
	case 2, 3, 5, 6, 7:
		return "bacnet-answer", Responder
	}
	return "", Unknown
}

// iec104 recognises IEC 60870-5-104 (§5.1 of the standard): activations come
// from the controlling station, confirmations from the controlled one.
func iec104(b []byte) (Kind, Side) {
	n := at(b, 1)
	if n < 4 || n > 253 || len(b) < 6 || len(b) < 2+n || len(b) > 2+n && b[2+n] != 0x68 {
		return "", Unknown
	}
	switch c := b[2]; {
	case n == 4 && c&3 == 3 && zero(b, 3, 6):
		return iec104Control(c)
	case n == 4 && c == 1 && b[3] == 0 && b[4]&1 == 0:
		return "iec104-ack", Unknown
	case n >= 10 && c&1 == 0 && b[4]&1 == 0:
		return iec104Data(b[6], b[8]&0x3f)
	}
	return "", Unknown
}

// iec104Control recognises a frame without numbers by its control byte: the start and the
// end of data, a test of the line, what is asked for and what is confirmed.
func iec104Control(c byte) (Kind, Side) {
	switch c {
	case 0x07, 0x13:
		return "iec104-startdt", Originator
	case 0x0b, 0x23:
		return "iec104-answer", Responder
	case 0x43, 0x83:
		return "iec104-test", Unknown
	}
	return "", Unknown
}

// iec104Data recognises a frame that brings data, by their type and the cause (IEC 60870-5-101 §7.2.1, §7.2.3).
func iec104Data(typ, cause byte) (Kind, Side) {
	switch {
	case typ == 0 || typ > 127:
		return "", Unknown
	case typ < 45 && cause <= 47: // monitoring direction
		return "iec104-answer", Responder
	case cause == 6: // activation
		return "iec104-command", Originator
	}
	return "iec104-data", Unknown
}

// fins recognises Omron's FINS on UDP.
func fins(b []byte) (Kind, Side) {
	if len(b) < 12 || b[0]&0x3e != 0 || b[1] != 0 || b[2] > 7 || b[3] > 0x7f {
		return "", Unknown
	}
	switch b[0] {
	case 0x80, 0x81:
		switch be16(b, 10) {
		case 0x0501, 0x0502:
			return "fins-id", Originator
		case 0x0101, 0x0102, 0x0601, 0x0701, 0x0402, 0x0401:
			return "fins-command", Originator
		}
	case 0xc0, 0xc1:
		switch be16(b, 10) {
		case 0x0501, 0x0502, 0x0101, 0x0102, 0x0601, 0x0701, 0x0401, 0x0402:
			return "fins-answer", Responder
		}
	}
	return "", Unknown
}

// melsec recognises Mitsubishi's 3E frames.
func melsec(b []byte) (Kind, Side) {
	if len(b) < 11 || le16(b, 7) != len(b)-9 || b[1] != 0 {
		return "", Unknown
	}
	switch b[0] {
	case 0x50:
		return "melsec-request", Originator
	case 0xd0:
		return "melsec-answer", Responder
	}
	return "", Unknown
}

// knx recognises KNXnet/IP (ISO 22510 §5.2).
func knx(b []byte) (Kind, Side) {
	if !has(b, 0, "\x06\x10") || be16(b, 4) != len(b) {
		return "", Unknown
	}
	switch be16(b, 2) {
	case 0x0201, 0x020b:
		return "knx-search", Originator
	case 0x0203:
		return "knx-description", Originator
	case 0x0205, 0x0207, 0x0209:
		return "knx-connect", Originator
	case 0x0202, 0x020c, 0x0204, 0x0206, 0x0208, 0x020a:
		return "knx-answer", Responder
	}
	return "knx-data", Unknown
}

// ads recognises Beckhoff's AMS/TCP.
func ads(b []byte) (Kind, Side) {
	if be16(b, 0) != 0 || len(b) < 38 || le32(b, 2) != int64(len(b)-6) || le16(b, 22) < 1 || le16(b, 22) > 9 || le32(b, 26) != int64(len(b)-38) {
		return "", Unknown
	}
	switch le16(b, 24) {
	case 4:
		if le16(b, 22) == 1 {
			return "ads-info", Originator
		}
		return "ads-request", Originator
	case 5:
		return "ads-answer", Responder
	}
	return "", Unknown
}

// codesys recognises the block driver of CODESYS V3 on TCP by its magic number.
func codesys(b []byte) (Kind, Side) {
	if has(b, 0, "\x00\x01\x17\xe8") && le32(b, 4) == int64(len(b)) {
		return "codesys-message", Unknown
	}
	return "", Unknown
}

// gesrtp recognises the empty message that opens GE's SRTP.
func gesrtp(b []byte) (Kind, Side) {
	if len(b) == 56 && zero(b, 0, 56) {
		return "gesrtp-init", Originator
	}
	return "", Unknown
}

// hartip recognises HART-IP's header (FieldComm TS20085).
func hartip(b []byte) (Kind, Side) {
	if len(b) < 8 || be16(b, 6) != len(b) || b[2] > 3 || b[1] > 2 {
		return "", Unknown
	}
	switch b[1] {
	case 0:
		return "hartip-session", Originator
	case 1:
		return "hartip-answer", Responder
	}
	if b[2] != 3 { // what is published is a field device's words
		return "", Unknown
	}
	return "hartip-publish", Unknown
}

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

// dicom recognises the association of DICOM (PS3.8 §9.3).
func dicom(b []byte) (Kind, Side) {
	if at(b, 1) != 0 || len(b) < 10 {
		return "", Unknown
	}
	n := be32(b, 2)
	switch b[0] {
	case 1:
		if n >= 68 && n < 1<<17 && be16(b, 6) == 1 && be16(b, 8) == 0 && len(b) >= 74 && printable(b[10:42]) {
			return "dicom-associate", Originator
		}
	case 2:
		if n >= 68 && n < 1<<17 && be16(b, 6) == 1 && be16(b, 8) == 0 && len(b) >= 74 {
			return "dicom-answer", Responder
		}
	case 3:
		if n == 4 && len(b) == 10 && at(b, 7) <= 2 {
			return "dicom-answer", Responder
		}
	}
	return "", Unknown
}

// hl7 recognises HL7 version 2 in its minimal envelope (MLLP).
func hl7(b []byte) (Kind, Side) {
	if !has(b, 0, "\x0bMSH|") {
		return "", Unknown
	}
	if within(b, 1024, "\rMSA|") {
		return "hl7-answer", Responder
	}
	return "hl7-message", Originator
}
