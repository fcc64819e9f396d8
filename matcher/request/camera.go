package request

// dvrip recognises the frames of Xiongmai's recorders and cameras ("Sofia", port 34567): a
// mark, a version, a session, a number, the message's, a length.
func dvrip(b []byte) (Kind, Side) {
	n, id := le32(b, 16), le16(b, 14)
	if len(b) < 20 || b[0] != 0xff || b[1] > 1 || b[2] != 0 || b[3] != 0 || n > 1<<20 || id < 1000 || id > 2200 || n > 0 && len(b) > 20 && b[20] != '{' {
		return "", Unknown
	}
	return dvripMessage(id, n)
}

// dvripMessage recognises a message of n bytes by its number: questions have even ones, answers odd ones.
func dvripMessage(id int, n int64) (Kind, Side) {
	switch id {
	case 1412, 1426, 1432: // pictures and sound
		return "dvrip-media", Unknown
	case 1504: // it tells of an alarm unasked
		return "dvrip-answer", Responder
	case 1530:
		return "dvrip-search", Originator
	}
	switch {
	case n == 0:
		return "", Unknown
	case id == 1020:
		return "dvrip-info", Originator
	case id&1 == 0:
		return "dvrip-request", Originator
	}
	return "dvrip-answer", Responder
}

// baichuan recognises the frames of Reolink's and others' cameras: a magic number, a
// message's number, a length, a class. A client's first has the oldest class, which is
// answered in a later one.
func baichuan(b []byte) (Kind, Side) {
	if !has(b, 0, "\xf0\xde\xbc\x0a") || len(b) < 20 || le32(b, 4) == 0 || le32(b, 4) > 1<<12 || le32(b, 8) > 1<<24 {
		return "", Unknown
	}
	switch le16(b, 18) {
	case 0x6514:
		return "baichuan-hello", Originator
	case 0x6614:
		return "baichuan-answer", Responder
	case 0x6414, 0:
		switch { // a status, as HTTP's, which only a camera gives
		case le16(b, 16) >= 200 && le16(b, 16) < 600:
			return "baichuan-answer", Responder
		case le16(b, 16) == 0:
			return "baichuan-request", Originator
		}
	}
	return "", Unknown
}

// dhip recognises the calls of Dahua's cameras and recorders: JSON behind a header of 32 bytes.
func dhip(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "\x20\x00\x00\x00DHIP"):
	case within(b, 512, `"client.notify`), within(b, 512, `"result"`):
		return "dhip-answer", Responder
	case within(b, 512, `"method"`):
		return "dhip-call", Originator
	}
	return "", Unknown
}

// dahua recognises the login of Dahua's older protocol.
func dahua(b []byte) (Kind, Side) {
	switch {
	case len(b) >= 32 && b[0] == 0xa0 && has(b, 30, "\xa1\xaa"):
		return "dahua-login", Originator
	case len(b) >= 16 && b[0] == 0xb0 && has(b, 1, "\x00\x00\x58"):
		return "dahua-answer", Responder
	}
	return "", Unknown
}

// pppp recognises the frames by which cameras that are reached through others' networks are
// found and spoken to: a mark, a kind, a length.
func pppp(b []byte) (Kind, Side) {
	if len(b) < 4 || b[0] != 0xf1 || be16(b, 2) != len(b)-4 {
		return "", Unknown
	}
	switch {
	case b[1] == 0x30 && len(b) == 4:
		return "pppp-search", Originator
	case b[1] == 0x41 && len(b) == 24 && isAlpha(b[4]):
		return "pppp-answer", Responder
	case b[1] == 0x42 && len(b) == 24, (b[1] == 0xe0 || b[1] == 0xe1) && len(b) == 4, b[1] == 0xd0 && at(b, 4) == 0xd1, b[1] == 0xd1 && at(b, 4) == 0xd1:
		return "pppp-data", Unknown
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
