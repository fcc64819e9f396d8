package request

// etherCAT recognises EtherCAT's frames in datagrams (ETG.1000.4 §5): the length, the kind 1,
// a command whose data fit.
func etherCAT(b []byte) (Kind, Side) {
	head := le16(b, 0)
	if len(b) < 14 || head>>12 != 1 || head&0x0800 != 0 || head&0x7ff > len(b)-2 || head&0x7ff < 12 || b[2] > 14 || le16(b, 8)&0x3800 != 0 {
		return "", Unknown
	}
	n := le16(b, 8) & 0x7ff
	if more := le16(b, 8)&0x8000 != 0; 12+n > head&0x7ff || !more && 12+n != head&0x7ff {
		return "", Unknown
	}
	return "ethercat-frame", Unknown
}

// slmpText recognises the messages of Mitsubishi's controllers in hexadecimal digits (SLMP
// reference manual §4): a word, the route, and the number of digits behind it.
func slmpText(b []byte) (Kind, Side) {
	if len(b) < 22 || !isHex(b[:18]) || hexWord(b, 14) != len(b)-18 {
		return "", Unknown
	}
	switch {
	case has(b, 0, "5000"):
		return "melsec-request", Originator
	case has(b, 0, "D000"):
		return "melsec-answer", Responder
	}
	return "", Unknown
}

// hexWord is the number of four hexadecimal digits at i; -1 if they are not there.
func hexWord(b []byte, i int) int {
	if i+4 > len(b) {
		return -1
	}
	n := 0
	for _, c := range b[i : i+4] {
		switch {
		case isDigit(c):
			n = n<<4 | int(c-'0')
		case upper(c) >= 'A' && upper(c) <= 'F':
			n = n<<4 | int(upper(c)-'A') + 10
		default:
			return -1
		}
	}
	return n
}

// modbusSerial recognises Modbus' serial frames in a stream, as gateways pass them on (Modbus
// over Serial Line §2.5.1): an address, a function, CRC-16.
func modbusSerial(b []byte) (Kind, Side) {
	n := len(b)
	if n < 5 || n > 256 || b[0] == 0 || b[0] > 247 {
		return "", Unknown
	}
	k, s := modbusFunction(b, n)
	if k == "" || le16(b, n-2) != int(crcModbus(b[:n-2])) {
		return "", Unknown
	}
	return k, s
}

// modbusFunction tells by the function what a frame of n bytes is, and holds its length against that.
func modbusFunction(b []byte, n int) (Kind, Side) {
	switch f := b[1]; f {
	case 1, 2, 3, 4:
		switch {
		case n == 8 && be16(b, 4) >= 1 && be16(b, 4) <= 2000:
			return "modbus-read", Originator
		case int(b[2]) == n-5 && b[2] > 0:
			return "modbus-answer", Responder
		}
	case 5, 6:
		if n == 8 {
			return "modbus-write", Unknown
		}
	case 15, 16:
		switch n {
		case 8:
			return "modbus-write", Unknown
		case at(b, 6) + 9:
			return "modbus-write", Originator
		}
	default:
		if f > 0x80 && f <= 0x98 && n == 5 && b[2] >= 1 && b[2] <= 11 {
			return "modbus-answer", Responder
		}
	}
	return "", Unknown
}

// crcModbus is the CRC-16 of the polynomial 0x8005, the bits the other way round, begun with ones.
func crcModbus(b []byte) uint16 {
	sum := uint16(0xffff)
	for _, c := range b {
		sum ^= uint16(c)
		for range 8 {
			carry := sum&1 != 0
			sum >>= 1
			if carry {
				sum ^= 0xa001
			}
		}
	}
	return sum
}
