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
