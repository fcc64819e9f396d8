package request

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

// cipIO recognises connected data of EtherNet/IP on UDP (CIP volume 2 §2-6.2): an address
// with a connection and a number, then data.
func cipIO(b []byte) (Kind, Side) {
	if len(b) >= 18 && le16(b, 0) == 2 && le16(b, 2) == 0x8002 && le16(b, 4) == 8 && le16(b, 14) == 0xb1 && le16(b, 16) == len(b)-18 {
		return "enip-data", Unknown
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

// finsStream recognises Omron's FINS on TCP: its mark, a length, a command.
func finsStream(b []byte) (Kind, Side) {
	if n := be32(b, 4); !has(b, 0, "FINS") || n < 12 || n >= 4096 {
		return "", Unknown
	}
	switch be32(b, 8) {
	case 0, 2:
		return "fins-connect", Originator
	case 1:
		return "fins-answer", Responder
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

// adsDiscovery recognises the search for Beckhoff's controllers: a magic number, a number, a
// service, whose highest bit marks the answer.
func adsDiscovery(b []byte) (Kind, Side) {
	if !has(b, 0, "\x03\x66\x14\x71") || len(b) < 24 || b[8] == 0 || b[8] > 8 || b[9] != 0 || b[10] != 0 {
		return "", Unknown
	}
	switch b[11] {
	case 0:
		return "ads-discovery", Originator
	case 0x80:
		return "ads-discovered", Responder
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

// codesys2 recognises the messages of CODESYS 2's runtime: a mark of two bytes, then the
// blocks' numbers and the service.
func codesys2(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "\xbb\xbb\x01\x00\x00\x00") && !has(b, 0, "\xbb\xbb\x00\x00\x00\x01"):
	case len(b) >= 7 && len(b) <= 64:
		return "codesys-question", Originator
	case len(b) > 100:
		return "codesys-answer", Responder
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

// pcom recognises Unitronics' controllers: a number, the protocol, a length; in text a
// slash, and an A where it is an answer.
func pcom(b []byte) (Kind, Side) {
	if len(b) < 8 || b[2] != 101 && b[2] != 102 || b[3] != 0 || le16(b, 4) != len(b)-6 {
		return "", Unknown
	}
	switch {
	case has(b, 6, "/A"):
		return "pcom-answer", Responder
	case has(b, 6, "/"):
		return "pcom-command", Originator
	}
	return "", Unknown
}

// focas recognises the interface of FANUC's controls.
func focas(b []byte) (Kind, Side) {
	if be32(b, 0) != 0xa0a0a0a0 || be16(b, 4) < 1 || be16(b, 4) > 5 {
		return "", Unknown
	}
	switch at(b, 7) {
	case 1:
		return "focas-open", Originator
	case 2:
		return "focas-answer", Responder
	}
	return "", Unknown
}

// opcua recognises OPC UA's connection protocol (OPC 10000-6 §7.1.2).
func opcua(b []byte) (Kind, Side) {
	n := le32(b, 4)
	if n < 8 || b[3] != 'F' {
		return "", Unknown
	}
	switch {
	case has(b, 0, "ACK"):
		if n >= 28 && n < 256 {
			return "opcua-answer", Responder
		}
	case has(b, 0, "ERR"):
		if n >= 16 {
			return "opcua-answer", Responder
		}
	case n > 1<<24:
	case has(b, 0, "HEL"):
		return "opcua-hello", Originator
	case has(b, 0, "RHE"):
		return "opcua-reverse", Responder
	case has(b, 0, "OPN"):
		return "opcua-message", Unknown
	case has(b, 0, "MSG"):
		return "opcua-message", opcuaSide(b)
	}
	return "", Unknown
}

// opcuaSide says who sends a message that is not encrypted, by the number of its type (OPC
// 10000-6 annex A): that of an answer is three above its request's.
func opcuaSide(b []byte) Side {
	if !has(b, 24, "\x01\x00") {
		return Unknown
	}
	n := le16(b, 26)
	for _, ask := range [...]int{422, 428, 461, 467, 473, 527, 533, 554, 560, 631, 673, 712, 751, 763, 787, 826, 832} {
		switch n {
		case ask:
			return Originator
		case ask + 3:
			return Responder
		}
	}
	if n == 397 { // ServiceFault
		return Responder
	}
	return Unknown
}

// fox recognises the hello of Niagara's Fox.
func fox(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "fox a "):
	case has(b, 6, "0 "):
		return "fox-answer", Responder
	case within(b, 32, "fox hello"):
		return "fox-hello", Originator
	}
	return "", Unknown
}

// koyo recognises the packets of Koyo's and AutomationDirect's Ethernet modules: a mark, a
// length.
func koyo(b []byte) (Kind, Side) {
	if has(b, 0, "HAP") && len(b) >= 11 && le16(b, 7) == len(b)-9 {
		return "koyo-packet", Unknown
	}
	return "", Unknown
}

// etherSIO recognises the packets of SAIA's controllers.
func etherSIO(b []byte) (Kind, Side) {
	if has(b, 0, "ESIO\x00") {
		return "ethersio-packet", Unknown
	}
	return "", Unknown
}
