package request

// iperf recognises iperf's first two generations: the digits with which a test is filled, behind
// a header. Over UDP the server's report has a negative number.
func iperf(b []byte) (Kind, Side) {
	const digits = "012345678901234567890123456789"
	if b[0]&0x3f != 0 && b[0] != '0' && b[0] != 0xff {
		return "", Unknown // no flags, no number
	}
	switch i := indexOf(b[:min(len(b), 96)], "0123456789"); {
	case i < 0 || i > 60 || !has(b, i, digits), i%4 != 0 && i != 10:
		return "", Unknown
	case i > 0 && be32(b, 0)&0x80000000 != 0 && be32(b, 12) == 0x80000000:
		return "iperf-report", Responder
	}
	return "iperf-data", Originator
}
