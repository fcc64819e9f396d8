package request

// quic recognises QUIC's long header (RFC 9000 §17.2, RFC 9369) and gQUIC's
// public header with a version.
func quic(b []byte) (Kind, Side) {
	if has(b, 9, "Q0") && len(b) > 12 && number(b[11:13]) && b[0]&0xc9 == 0x09 {
		return "quic-gquic", Originator
	}
	if b[0]&0x80 == 0 || len(b) < 7 {
		return "", Unknown
	}
	if (has(b, 1, "Q046") || has(b, 1, "Q044")) && b[5]&0x0f <= 5 {
		return "quic-gquic", Unknown // lengths share a byte, types differ
	}
	v, dcid := be32(b, 1), int(b[5])
	scid := at(b, 6+dcid)
	switch {
	case dcid > 20 || scid < 0 || scid > 20:
		return "", Unknown
	case v == 0:
		return quicVersions(b[7+dcid:], scid)
	}
	initial, retry, ok := quicTypes(v)
	switch t := b[0] & 0x30; {
	case !ok:
		return "", Unknown
	case t == retry && len(b) < 1000:
		return "quic-retry", Responder
	case t != initial:
		return "quic-data", Unknown
	}
	return quicInitial(len(b), dcid, scid)
}

// quicInitial says who sends an Initial packet by how long it and its two identifiers are: a
// client fills it up, and has chosen one for the server (RFC 9000 §7.2, §14.1).
func quicInitial(n, dcid, scid int) (Kind, Side) {
	switch {
	case n >= 1200 && dcid >= 8 && scid == 0:
		return "quic-initial", Originator
	case dcid == 0:
		return "quic-answer", Responder
	}
	return "quic-initial", Unknown
}

// quicVersions recognises the versions that a server knows: behind the identifier of n bytes
// that b begins with. One of them is one that was ever spoken.
func quicVersions(b []byte, n int) (Kind, Side) {
	if rest := len(b) - n; rest <= 0 || rest%4 != 0 || rest > 128 {
		return "", Unknown
	}
	for ; n < len(b); n += 4 {
		if _, _, ok := quicTypes(be32(b, n)); ok {
			return "quic-versions", Responder
		}
	}
	return "", Unknown
}

// quicTypes returns how version v writes the types of an Initial and a Retry packet into the
// first byte, and whether there is such a version.
func quicTypes(v int64) (initial, retry byte, ok bool) {
	switch {
	case v == 1 || v>>8 == 0xff0000 || v>>8 == 0xfaceb0: // the standard, its drafts, mvfst
	case v == 0x6b3343cf || v == 0x709a50c4:
		return 0x10, 0x00, true
	case (v>>16 == 'Q'<<8|'0' || v>>16 == 'T'<<8|'0') && v>>8&0xff >= '0' && v>>8&0xff <= '9': // gQUIC
	case v&0x0f0f0f0f == 0x0a0a0a0a: // reserved to force a version negotiation
	default:
		return 0, 0, false
	}
	return 0x00, 0x30, true
}
