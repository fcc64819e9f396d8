package request

// bgp recognises a BGP message (RFC 4271 §4.1); both sides open.
func bgp(b []byte) (Kind, Side) {
	if has(b, 0, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") && be16(b, 16) >= 19 && be16(b, 16) <= 4096 {
		switch at(b, 18) {
		case 1:
			return "bgp-open", Unknown
		case 2, 3, 4, 5:
			return "bgp-message", Unknown
		}
	}
	return "", Unknown
}

// ldp recognises label distribution (RFC 5036 §3.1).
func ldp(b []byte) (Kind, Side) {
	if be16(b, 0) == 1 && be16(b, 2) == len(b)-4 && (be16(b, 10) == 0x0100 || be16(b, 10) == 0x0200) {
		return "ldp-message", Unknown
	}
	return "", Unknown
}

// rip recognises RIP versions 1 and 2 (RFC 2453 §3.6), and that for IPv6 (RFC 2080 §2.1).
func rip(b []byte) (Kind, Side) {
	if len(b) < 24 || (len(b)-4)%20 != 0 || b[1] < 1 || b[1] > 2 || be16(b, 2) != 0 {
		return "", Unknown
	}
	switch of := be16(b, 4); {
	case len(b) <= 504 && (of == 2 || of == 0xffff || of == 0 && be16(b, 6) == 0):
	case b[1] == 1 && ripng(b):
	default:
		return "", Unknown
	}
	if b[0] == 1 {
		return "rip-request", Originator
	}
	return "rip-answer", Responder
}

// ripng reports whether what stands behind the header are prefixes of IPv6, each with its length
// and a metric.
func ripng(b []byte) bool {
	for i := 4; i < len(b); i += 20 {
		if bits, metric := b[i+18], b[i+19]; bits > 128 || metric == 0 || metric > 16 && metric != 255 {
			return false
		}
		if b[i] != 0 && b[i]&0xe0 != 0x20 && b[i]&0xfe != 0xfc && b[i] != 0xfe {
			return false // neither global nor local
		}
	}
	return true
}

// bfd recognises a BFD control packet (RFC 5880 §4.1).
func bfd(b []byte) (Kind, Side) {
	if b[0]>>5 == 1 && len(b) == 24 && b[3] == 24 && b[2] != 0 && be32(b, 4) != 0 {
		return "bfd-control", Unknown
	}
	return "", Unknown
}

// rpki recognises the routes that a cache vouches for, versions 0 to 2 (RFC 8210 §5): a
// router's question, a cache's answer.
func rpki(b []byte) (Kind, Side) {
	if len(b) < 8 || b[0] > 2 {
		return "", Unknown
	}
	switch n := be32(b, 4); {
	case b[1] == 2 && n == 8 && be16(b, 2) == 0 && len(b) == 8, b[1] == 1 && n == 12 && len(b) == 12:
		return "rpki-query", Originator
	case b[1] == 3 && n == 8 && at(b, 8) == int(b[0]) && (at(b, 9) == 4 || at(b, 9) == 6 || at(b, 9) == 7), b[1] == 8 && n == 8 && len(b) == 8 && be16(b, 2) == 0:
		return "rpki-answer", Responder
	}
	return "", Unknown
}

// bmp recognises what routers tell of their BGP (RFC 7854 §4): who listens never answers.
func bmp(b []byte) (Kind, Side) {
	n := be32(b, 1)
	if b[0] != 3 || n < 6 || n > 4096 || at(b, 5) != 4 || be16(b, 6) < 0 || be16(b, 6) > 2 || be16(b, 8) > int(n)-10 {
		return "", Unknown
	}
	return "bmp-initiation", Originator
}

// pcep recognises how path computation begins (RFC 5440 §6.2): both sides open.
func pcep(b []byte) (Kind, Side) {
	if b[0] != 0x20 || at(b, 1) != 1 || be16(b, 2) != len(b) || at(b, 4) != 1 || at(b, 5)&0xf0 != 0x10 || be16(b, 6) > len(b)-4 || at(b, 8)&0xe0 != 0x20 {
		return "", Unknown
	}
	return "pcep-open", Unknown
}

// msdp recognises the discovery of multicast sources (RFC 3618 §12): both sides say the same.
func msdp(b []byte) (Kind, Side) {
	for i, n := 0, 0; n < 4; n++ {
		l := be16(b, i+1)
		switch {
		case i == len(b) && n > 0:
			return "msdp-message", Unknown
		case at(b, i) == 4 && l == 3:
		case at(b, i) == 1 && at(b, i+3) > 0 && l >= 8+12*at(b, i+3) && zero(b, i+8, i+11) && at(b, i+11) == 32:
			return "msdp-message", Unknown
		default:
			return "", Unknown
		}
		i += l
	}
	return "msdp-message", Unknown
}

// openflow recognises the hello of a switch and of its controller (OpenFlow 1.3 §7.5.1).
func openflow(b []byte) (Kind, Side) {
	n := be16(b, 2)
	if len(b) < 8 || has(b, 4, "\x02\xf0\x80") || b[0] < 1 || b[0] > 6 || b[1] != 0 || n > len(b) || n != 8 && (n != 16 || be16(b, 8) != 1 || be16(b, 10) != 8) {
		return "", Unknown
	}
	if len(b) > n && at(b, n) != int(b[0]) {
		return "", Unknown
	}
	return "openflow-hello", Unknown
}

// wccp recognises the talk of web caches with a router (draft-mclaggan-wccp-v2rev1 §5): the
// cache calls first.
func wccp(b []byte) (Kind, Side) {
	if len(b) < 12 || be16(b, 4) != 0x0200 && be16(b, 4) != 0x0201 || be16(b, 6) != len(b)-8 {
		return "", Unknown
	}
	switch be32(b, 0) {
	case 10, 13:
		return "wccp-cache", Originator
	case 11, 12:
		return "wccp-router", Responder
	}
	return "", Unknown
}

// smartInstall recognises the question for Cisco's Smart Install client and the answer.
func smartInstall(b []byte) (Kind, Side) {
	switch {
	case len(b) == 24 && has(b, 0, "\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00\x08\x00\x00\x00\x01"):
		return "smi-question", Originator
	case len(b) <= 24 && has(b, 0, "\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x08"):
		return "smi-answer", Responder
	}
	return "", Unknown
}

// checkPoint recognises the question for a firewall's name, and what begins the answer.
func checkPoint(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x51\x00\x00\x00\x00\x00\x00\x21"):
		return "fw1-question", Originator
	case has(b, 0, "Y\x00\x00\x00") && len(b) >= 8 && (len(b) == 8 || within(b, 16, "CN=")):
		return "fw1-answer", Responder
	}
	return "", Unknown
}

// papi recognises what Aruba's controllers and access points say to each other.
func papi(b []byte) (Kind, Side) {
	if has(b, 0, "\x49\x72\x00") && len(b) >= 20 {
		return "papi-message", Unknown
	}
	return "", Unknown
}

// cpha recognises what the members of a Check Point cluster say of themselves.
func cpha(b []byte) (Kind, Side) {
	if has(b, 0, "\x1a\x90") && be16(b, 2) > 0 && len(b) >= 20 {
		return "cpha-state", Unknown
	}
	return "", Unknown
}

// capwapControl recognises the control channel of CAPWAP (RFC 5415 §4.3, §4.5): in the
// clear while controllers are sought, in DTLS then. Answers have even numbers.
func capwapControl(b []byte) (Kind, Side) {
	if has(b, 0, "\x01\x00\x00\x00\x16\xfe") || has(b, 0, "\x01\x00\x00\x00\x16\x01\x00") {
		if at(b, 17) == 1 {
			return "capwap-dtls", Originator
		}
		return "capwap-answer", Responder
	}
	n := at(b, 1) >> 3 * 4
	if len(b) < 16 || b[0] != 0 || n < 8 || n > 32 || b[3]&0x08 != 0 {
		return "", Unknown
	}
	typ, length := be32(b, n), be16(b, n+5)
	if typ < 1 || typ > 26 || length < 3 || length != len(b)-n-5 || at(b, n+7) != 0 {
		return "", Unknown
	}
	if typ%2 == 0 {
		return "capwap-answer", Responder
	}
	return "capwap-request", Originator
}

// xot recognises the first packets of X.25 calls over TCP (RFC 1613 §4).
func xot(b []byte) (Kind, Side) {
	if be32(b, 0) != int64(len(b)-4) || len(b) < 7 || len(b) > 260 || b[4]&0x3f != 0x10 && b[4]&0x3f != 0x20 {
		return "", Unknown
	}
	switch b[6] {
	case 0x0b:
		return "xot-call", Originator
	case 0x0f:
		return "xot-answer", Responder
	}
	return "", Unknown
}

// ubnt recognises Ubiquiti's discovery, versions 1 and 2.
func ubnt(b []byte) (Kind, Side) {
	switch {
	case len(b) == 4 && (b[0] == 1 && be24(b, 1) == 0 || b[0] == 2 && b[1] == 8 && be16(b, 2) == 0):
		return "ubnt-discovery", Originator
	case len(b) > 8 && be16(b, 2) == len(b)-4 && (b[0] == 1 && b[1] == 0 || b[0] == 2) && b[4] > 0 && b[4] < 0x40 && be16(b, 5) <= len(b)-7:
		return "ubnt-answer", Responder
	}
	return "", Unknown
}

// mndp recognises MikroTik's neighbour discovery.
func mndp(b []byte) (Kind, Side) {
	switch {
	case len(b) == 4 && zero(b, 0, 4):
		return "mndp-query", Originator
	case len(b) >= 20 && be16(b, 4) == 1 && be16(b, 6) == 6 && be16(b, 14) == 5:
		return "mndp-answer", Responder
	}
	return "", Unknown
}

// routerOS recognises the sentences of RouterOS' API (MikroTik's manual, "API"): words, each
// behind its length. A client's first begins with a stroke, a router's with a mark.
func routerOS(b []byte) (Kind, Side) {
	n := at(b, 0)
	if n < 3 || n > 127 || len(b) < n+2 || !printable(b[1:1+n]) {
		return "", Unknown
	}
	switch w := b[1 : 1+n]; {
	case string(w) == "!done" || string(w) == "!trap" || string(w) == "!fatal" || string(w) == "!re":
		return "routeros-answer", Responder
	case w[0] == '/' && w[1] >= 'a' && w[1] <= 'z' && routerOSWords(b, 1+n):
		return "routeros-command", Originator
	}
	return "", Unknown
}

// routerOSWords reports whether from i on words begin with =, . or ?, up to an empty one that
// ends the sentence, which another may follow.
func routerOSWords(b []byte, i int) bool {
	for i < len(b) {
		n := int(b[i])
		if n == 0 {
			return i == len(b)-1 || at(b, i+2) == '/'
		}
		if c := at(b, i+1); n < 2 || c != '=' && c != '.' && c != '?' {
			return false
		}
		i += 1 + n
	}
	return false
}

// dlsw recognises how two switches of data links find and reach what is behind each other (RFC
// 1795 §3): a version, the header's length, the kind, which stands twice in control messages.
func dlsw(b []byte) (Kind, Side) {
	if !has(b, 0, "\x31\x48") && !has(b, 0, "\x32\x48") && !has(b, 0, "\x31\x10") || len(b) < 16 || be16(b, 2) > 4096 || at(b, 14) < 3 || b[14] > 0x7f {
		return "", Unknown
	}
	if b[1] == 0x10 && be16(b, 2) != len(b)-16 || b[1] == 0x48 && (be16(b, 2) != len(b)-72 || b[14] != b[23]) {
		return "", Unknown
	}
	switch b[14] {
	case 0x20:
		return "dlsw-capabilities", Unknown
	case 0x03, 0x05, 0x08, 0x0a, 0x0e, 0x10, 0x12, 0x1d:
		return "dlsw-message", Unknown
	}
	return "", Unknown
}

// winbox recognises how MikroTik's administration program asks for a list of files, as it did before RouterOS
// 6.43: a length, a kind, a name in twelve bytes; the answer repeats it.
func winbox(b []byte) (Kind, Side) {
	if len(b) < 18 || b[1] != 1 || !isAlpha(b[2]) {
		return "", Unknown
	}
	n := 2
	for n < 14 && b[n] > ' ' && b[n] < 0x7f {
		n++
	}
	if !zero(b, n, 14) || n > 13 {
		return "", Unknown
	}
	switch {
	case b[0] == 0x12 && len(b) >= 20 && be16(b, 14) == 0xffed:
		return "winbox-list", Originator
	case b[0] == 0xff && len(b) > 20:
		return "winbox-answer", Responder
	}
	return "", Unknown
}

// lspPing recognises the echo of label switched paths (RFC 8029 §3): version 1, a kind, how to answer,
// elements filled up to four bytes.
func lspPing(b []byte) (Kind, Side) {
	if len(b) < 36 || be16(b, 0) != 1 || be16(b, 2) > 7 || b[5] < 1 || b[5] > 5 || b[6] > 40 {
		return "", Unknown
	}
	for i := 32; i < len(b); {
		n := be16(b, i+2)
		if n < 0 || be16(b, i) == 0 || be16(b, i) > 32 && be16(b, i) < 0x4000 || i+4+n > len(b) {
			return "", Unknown
		}
		i += 4 + (n+3)&^3
	}
	switch {
	case b[4] == 1 && b[6] == 0 && be32(b, 16) != 0:
		return "lspping-request", Originator
	case b[4] == 2 && be32(b, 16) != 0:
		return "lspping-answer", Responder
	}
	return "", Unknown
}

// bandwidth recognises MikroTik's test of bandwidth: the router greets with four bytes, and is told in sixteen
// by which protocol, which way, and how much.
func bandwidth(b []byte) (Kind, Side) {
	switch {
	case len(b) == 4 && zero(b, 1, 4):
		return "btest-greeting", Responder
	case len(b) == 16 && b[1] <= 1 && b[2] <= 3 && b[0] <= 1 && le16(b, 4) >= 100 && le16(b, 4) < 0xffff && b[6]|b[7] == 0 && zero(b, 8, 9):
		return "btest-start", Originator
	}
	return "", Unknown
}
