package request

// lttng recognises the first words of LTTng's session daemon and viewers with its relay daemon
// (lttng-relayd.h, lttng-viewer-abi.h): they tell their version.
func lttng(b []byte) (Kind, Side) {
	switch {
	case len(b) == 32 && has(b, 0, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00"):
		return "lttng-version", Originator
	case len(b) == 36 && has(b, 0, "\x00\x00\x00\x00\x00\x00\x00\x14\x00\x00\x00\x01") && be32(b, 24) == 2 && be32(b, 28) < 64 && be32(b, 32) <= 2:
		return "lttnglive-connect", Originator
	}
	return "", Unknown
}

// binrpc recognises the control protocol of SER and Kamailio (src/modules/ctl/binrpc.h): a mark,
// a type with the sizes of the length and of the cookie, both, and so many bytes.
func binrpc(b []byte) (Kind, Side) {
	if len(b) < 5 || b[0] != 0xa1 || b[1]&0x0c != 0 { // a length of one byte holds what is asked and most answers
		return "", Unknown
	}
	if len(b) != 3+int(b[1]&3)+1+int(b[2]) {
		return "", Unknown
	}
	switch b[1] >> 4 {
	case 0:
		return "binrpc-request", Originator
	case 1, 3:
		return "binrpc-answer", Responder
	}
	return "", Unknown
}
