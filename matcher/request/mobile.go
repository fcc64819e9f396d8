package request

// gtp recognises GTP's control plane (3GPP TS 29.060 §6, TS 29.274 §5) and echoes.
func gtp(b []byte) (Kind, Side) {
	if len(b) < 8 {
		return "", Unknown
	}
	switch {
	case b[0]&0xf8 == 0x30 && be16(b, 2) == len(b)-8:
	case b[0]&0xe0 == 0x40 && b[0]&0x07 == 0 && be16(b, 2) == len(b)-4 && len(b) >= 8:
	default:
		return "", Unknown
	}
	switch b[1] {
	case 1:
		return "gtp-echo", Originator
	case 16, 18, 20, 32, 34, 36:
		return "gtp-request", Originator
	case 2, 17, 19, 21, 33, 35, 37:
		return "gtp-answer", Responder
	case 26, 254, 255: // of the user plane, where either side sends
		if b[0]>>5 == 1 {
			return "gtp-user", Unknown
		}
	}
	if b[0]>>5 == 1 { // version 1: PDU notification, identification, SGSN context
		switch b[1] {
		case 22, 27, 29, 48, 50, 53, 55:
			return "gtp-request", Originator
		case 23, 28, 30, 49, 51, 54, 56:
			return "gtp-answer", Responder
		}
		return "", Unknown
	}
	switch b[1] { // version 2: commands, bearers, identification, contexts, relocation
	case 38, 64, 66, 68, 95, 97, 99, 128, 130, 133, 135, 149, 160, 162, 164, 166, 168, 170, 176, 200, 211:
		return "gtp-request", Originator
	case 39, 65, 67, 69, 96, 98, 100, 129, 131, 134, 136, 150, 161, 163, 165, 167, 169, 171, 177, 201, 212:
		return "gtp-answer", Responder
	}
	return "", Unknown
}

// gtpPrime recognises the transfer of charging records (3GPP TS 32.295 §6.1), whose header
// has 6 bytes, or 20 in its first version.
func gtpPrime(b []byte) (Kind, Side) {
	if len(b) < 6 || b[0]>>5 > 2 || b[0]&0x1e != 0x0e || be16(b, 2) != len(b)-6 && be16(b, 2) != len(b)-20 {
		return "", Unknown
	}
	switch b[1] {
	case 1, 4, 6, 240:
		return "gtp-charging", Originator
	case 2, 5, 7, 241:
		return "gtp-answer", Responder
	}
	return "", Unknown
}

// pfcp recognises the control of user planes (3GPP TS 29.244 §7.2.2).
func pfcp(b []byte) (Kind, Side) {
	head := 8
	if at(b, 0)&1 != 0 {
		head = 16
	}
	if len(b) < head || b[0]&0xfc != 0x20 || be16(b, 2) != len(b)-4 {
		return "", Unknown
	}
	for i := head; i < len(b); { // elements fill it
		n := be16(b, i+2)
		if n < 0 || be16(b, i) == 0 || i+4+n > len(b) {
			return "", Unknown
		}
		i += 4 + n
	}
	switch b[1] {
	case 1, 3, 5, 7, 9, 12, 14, 50, 52, 54, 56:
		return "pfcp-request", Originator
	case 2, 4, 6, 8, 10, 11, 13, 15, 51, 53, 55, 57:
		return "pfcp-answer", Responder
	}
	return "", Unknown
}

// access recognises how a base station sets up its association with the core or with
// another one, and what both then say of a telephone: a PDU in aligned packed encoding, whose
// first element names the sender.
func access(b []byte) (Kind, Side) {
	if len(b) < 12 || b[2]&0x3f != 0 || b[0]&0x9f != 0 || b[0] > 0x40 {
		return "", Unknown
	}
	n, i := int(b[3]), 4
	if n&0x80 != 0 {
		n, i = be16(b, 3)&0x3fff, 5
	}
	if n != len(b)-i || b[i] != 0 {
		return "", Unknown
	}
	if k, s := subscriber(b, i); k != "" {
		return k, s
	}
	if b[2] != 0 {
		return "", Unknown
	}
	k := accessKind(b[1], be16(b, i+3))
	switch {
	case k == "":
		return "", Unknown
	case b[0] == 0:
		return k, Originator
	}
	return k, Responder
}

// accessKind tells the protocol of a set-up by the procedure's number and the first
// element's (3GPP TS 36.413 §9.1.8, 38.413 §9.2.6, 36.423 §9.1.2).
func accessKind(procedure byte, element int) Kind {
	switch procedure {
	case 17:
		switch element {
		case 2, 59, 60, 61, 105:
			return "s1ap-setup"
		}
	case 21:
		switch element {
		case 1, 15, 27, 82:
			return "ngap-setup"
		}
	case 6:
		switch element {
		case 5, 20, 21:
			return "x2ap-setup"
		}
	}
	return ""
}

// subscriber recognises what is said of one telephone, by the numbers that both sides have
// given it, which stand first (3GPP TS 36.413 §9.1.7, 38.413 §9.2.5): the elements begin at i.
func subscriber(b []byte, i int) (Kind, Side) {
	if be16(b, i+1) < 2 {
		return "", Unknown
	}
	size := at(b, i+6)
	switch first, second := be16(b, i+3), be16(b, i+7+size); {
	case size < 1 || size > 8:
	case b[1] == 12 && first == 8 && second == 26: // S1AP: the telephone's first message
		return "s1ap-ue", Originator
	case b[1] == 15 && first == 85 && second == 38: // NGAP: the same
		return "ngap-ue", Originator
	case first == 0 && second == 8:
		switch b[1] {
		case 13, 18: // on from the base station
			return "s1ap-ue", Originator
		case 11: // on to it
			return "s1ap-ue", Responder
		}
		return "s1ap-ue", Unknown
	case first == 10 && second == 85:
		switch b[1] {
		case 46, 42:
			return "ngap-ue", Originator
		case 4:
			return "ngap-ue", Responder
		}
		return "ngap-ue", Unknown
	}
	return "", Unknown
}

// sgsap recognises what a mobility management entity and a register of visitors say of a
// subscriber (3GPP TS 29.118 §8): the kind, who it is, and elements to the end.
func sgsap(b []byte) (Kind, Side) {
	if len(b) < 8 || b[0] == 0 || b[0] > 0x1f || b[1] != 1 || b[2] < 4 || b[2] > 8 {
		return "", Unknown
	}
	i := 1
	for i < len(b) {
		n := at(b, i+1)
		if n < 1 || i+2+n > len(b) {
			return "", Unknown
		}
		i += 2 + n
	}
	switch b[0] {
	case 0x02, 0x06, 0x08, 0x09, 0x0c, 0x0e, 0x11, 0x13:
		return "sgsap-message", Originator
	case 0x01, 0x07, 0x0a, 0x0b, 0x0d, 0x12, 0x14, 0x1b:
		return "sgsap-message", Responder
	}
	return "sgsap-message", Unknown
}

// m3ua recognises the adaptation layers of SIGTRAN (RFC 4666 §1.3, §3.1.2): who applies for
// its work is the client.
func m3ua(b []byte) (Kind, Side) {
	if at(b, 0) != 1 || at(b, 1) != 0 || be32(b, 4) != int64(len(b)) || len(b) < 8 {
		return "", Unknown
	}
	switch be16(b, 2) {
	case 0x0301, 0x0302, 0x0401, 0x0402: // up, down, active, inactive
		return "m3ua-aspup", Originator
	case 0x0304, 0x0305, 0x0403, 0x0404, 0x0001: // acknowledged, a notice
		return "m3ua-answer", Responder
	case 0x0101:
		if be16(b, 8) == 0x0210 || be16(b, 8) == 0x0200 || be16(b, 8) == 6 { // a network, a context before the data
			return "m3ua-data", Unknown
		}
	case 0x0303, 0x0306:
		return "m3ua-heartbeat", Unknown
	}
	return "", Unknown
}

// smpp recognises a bind (SMPP 3.4 §3.2).
func smpp(b []byte) (Kind, Side) {
	if n := be32(b, 0); n < 16 || n > 256 || len(b) < 16 || n < int64(len(b)) {
		return "", Unknown
	}
	switch be32(b, 4) {
	case 1, 2, 9:
		if be32(b, 8) == 0 && len(b) > 16 && b[len(b)-1] == 0 {
			return "smpp-bind", Originator
		}
	case 0x80000001, 0x80000002, 0x80000009:
		return "smpp-answer", Responder
	}
	return "", Unknown
}
