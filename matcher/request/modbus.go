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
