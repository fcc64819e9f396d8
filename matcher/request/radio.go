package request

// beast recognises what receivers of aircraft's transponders pass on in the binary form of
// Mode S Beast: ESC, a kind, a clock of six bytes, a level, and two, seven or fourteen bytes;
// an ESC among them is doubled. Two frames have to follow each other.
func beast(b []byte) (Kind, Side) {
	i := beastFrame(b, 0)
	if i <= 0 || beastFrame(b, i) < 0 {
		return "", Unknown
	}
	return "beast-message", Responder
}

// beastFrame returns where the frame at i ends; -1 if there is none, or not all of it.
func beastFrame(b []byte, i int) int {
	n := 7
	switch at(b, i+1) {
	case '1':
		n += 2
	case '2':
		n += 7
	case '3':
		n += 14
	default:
		return -1
	}
	if at(b, i) != 0x1a {
		return -1
	}
	for i += 2; n > 0; n-- {
		if at(b, i) == 0x1a {
			if i++; at(b, i) != 0x1a {
				return -1
			}
		}
		i++
	}
	if i > len(b) {
		return -1
	}
	return i
}

// avr recognises the same as text: a star, 14 or 28 hexadecimal digits, a semicolon.
func avr(b []byte) (Kind, Side) {
	line, rest := firstLine(b)
	if n := len(line); rest == 0 || n != 16 && n != 30 || line[n-1] != ';' || !isHex(line[1:n-1]) {
		return "", Unknown
	}
	return "avr-message", Responder
}

// s5066 recognises the primitives of STANAG 5066 (annex A): a mark, version 0, the length of
// what follows.
func s5066(b []byte) (Kind, Side) {
	if !has(b, 0, "\x90\xeb\x00") || be16(b, 3) < 1 || be16(b, 3) > 4096 || be16(b, 3) < len(b)-5 {
		return "", Unknown
	}
	switch at(b, 5) {
	case 1, 2, 20:
		return "s5066-request", Originator
	case 3, 4, 5, 21, 22:
		return "s5066-answer", Responder
	}
	return "", Unknown
}
