package request

// discovery recognises the search for Ethereum's nodes (its discovery protocol, version 4):
// a hash, a signature, the kind, a list.
func discovery(b []byte) (Kind, Side) {
	if len(b) < 100 || len(b) > 1280 || at(b, 96) > 1 || at(b, 97) < 1 || b[97] > 6 || b[98] < 0xc1 {
		return "", Unknown
	}
	switch c := int(b[98]); { // the list's length (RLP) is that of the rest, or shorter
	case c <= 0xf7 && 99+c-0xc0 > len(b), c == 0xf8 && 100+at(b, 99) > len(b), c == 0xf9 && 101+be16(b, 99) > len(b), c > 0xf9:
		return "", Unknown
	}
	if b[97]&1 == 1 {
		return "ethereum-query", Originator
	}
	return "ethereum-answer", Responder
}

// utp recognises the first packet of BitTorrent's transport (BEP 29): the answer is a
// header as bare.
func utp(b []byte) (Kind, Side) {
	if len(b) < 20 || b[0] != 0x41 || b[1] != 0 && b[1] != 2 || be16(b, 16) != 1 || be16(b, 18) != 0 || be32(b, 8) != 0 || be32(b, 12) < 1<<10 {
		return "", Unknown
	}
	if b[1] == 0 && len(b) != 20 || b[1] == 2 && (len(b) != 30 || !has(b, 20, "\x00\x08")) {
		return "", Unknown
	}
	return "utp-syn", Originator
}

// srt recognises the handshake of secure reliable transport (draft-sharabayko-srt §3.2.1).
func srt(b []byte) (Kind, Side) {
	if len(b) < 64 || !has(b, 0, "\x80\x00\x00\x00\x00\x00\x00\x00") || be32(b, 16) != 4 && be32(b, 16) != 5 || be32(b, 28) > 1500 || be32(b, 28) < 76 {
		return "", Unknown
	}
	if be32(b, 12) == 0 {
		return "srt-induction", Originator
	}
	return "srt-handshake", Unknown
}

// rakPeer recognises how RakNet opens a connection: four messages with its magic number.
func rakPeer(b []byte) (Kind, Side) {
	if !has(b, 1, "\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78") {
		return "", Unknown
	}
	switch b[0] {
	case 5, 7:
		return "rakpeer-open", Originator
	case 6, 8:
		return "rakpeer-answer", Responder
	}
	return "", Unknown
}

// gamespy recognises the questions of GameSpy's protocols, versions 1 to 4.
func gamespy(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\xfe\xfd\x09") && len(b) == 7, has(b, 0, "\xfe\xfd\x00") && len(b) >= 7 && len(b) <= 15:
		return "gamespy-query", Originator
	case len(b) < 32 && has(b, 0, "\\basic\\"):
		return "gamespy-basic", Originator
	case len(b) < 32 && (has(b, 0, "\\status\\") || has(b, 0, "\\info\\")):
		return "gamespy-query", Originator
	}
	return "", Unknown
}

// overlay recognises the announcements and probes of private networks over the Internet
// and of file sharers, by their magic numbers.
func overlay(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x2e\xa7\xd9\x0b") && len(b) > 20:
		return "syncthing-announce", Unknown
	case has(b, 0, "TS\xf0\x9f\x92\xac") && len(b) >= 62:
		return "tailscale-disco", Unknown
	}
	return first(b, nebula, memberlist, minetest, roughtime)
}

// nebula recognises the handshake of Nebula's hosts: no index of the other's yet, the first
// message or the second.
func nebula(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "\x10\x00\x00\x00") || len(b) < 64 || !zero(b, 8, 15):
	case zero(b, 4, 8) && b[15] == 1:
		return "nebula-handshake", Originator
	case b[15] == 2:
		return "nebula-answer", Responder
	}
	return "", Unknown
}

// memberlist recognises the pings of HashiCorp's members and what acknowledges them, also
// behind a checksum.
func memberlist(b []byte) (Kind, Side) {
	kind := b[0]
	switch {
	case has(b, 1, "\x82\xa5SeqNo") && kind <= 2:
	case kind == 12 && has(b, 6, "\x82\xa5SeqNo"):
		kind = b[5]
	default:
		return "", Unknown
	}
	if kind == 2 {
		return "memberlist-ack", Responder
	}
	return "memberlist-ping", Originator
}

// minetest recognises the packets of Luanti, which was Minetest: the server is peer 1.
func minetest(b []byte) (Kind, Side) {
	switch {
	case be32(b, 0) != 0x4f457403 || len(b) < 8:
		return "", Unknown
	case be16(b, 4) == 1:
		return "minetest-answer", Responder
	}
	return "minetest-packet", Originator
}

// roughtime recognises Roughtime by its mark and length: a question is filled up.
func roughtime(b []byte) (Kind, Side) {
	switch n := le32(b, 8); {
	case !has(b, 0, "ROUGHTIM") || n != int64(len(b)-12):
		return "", Unknown
	case n >= 1000:
		return "roughtime-query", Originator
	}
	return "roughtime-answer", Responder
}

// kad recognises eMule's distributed table, its second version: bootstrap, hello, search.
func kad(b []byte) (Kind, Side) {
	if b[0] != 0xe4 {
		return "", Unknown
	}
	n := len(b)
	switch at(b, 1) {
	case 0x01, 0x60:
		if n == 2 {
			return "edonkey-kad", Originator
		}
	case 0x11:
		if n >= 22 && n < 60 {
			return "edonkey-kad", Originator
		}
	case 0x21:
		if n == 35 {
			return "edonkey-kad", Originator
		}
	case 0x09:
		if n >= 23 && (n-23)%25 == 0 {
			return "edonkey-answer", Responder
		}
	case 0x19:
		if n >= 22 && n < 60 {
			return "edonkey-answer", Responder
		}
	case 0x29:
		if n == 19+25*at(b, 18) {
			return "edonkey-answer", Responder
		}
	}
	return "", Unknown
}

// gnutella recognises Gnutella's messages in datagrams: a number of 16 bytes, two of which are
// fixed in version 0.6, a kind, hops and the length of the rest.
func gnutella(b []byte) (Kind, Side) {
	n := le32(b, 19)
	if len(b) < 23 || n != int64(len(b)-23) || b[8] != 0xff || b[15] != 0 || b[17] < 1 || b[17] > 8 || b[18] > 8 {
		return "", Unknown
	}
	switch b[16] {
	case 0x00, 0x80:
		return "gnutella-ping", Originator
	case 0x01, 0x81:
		if n >= 14 {
			return "gnutella-answer", Responder
		}
	}
	return "", Unknown
}

// bjnp recognises the talk of Canon's printers and scanners.
func bjnp(b []byte) (Kind, Side) {
	if len(b) < 16 || !has(b, 0, "BJNP") && !has(b, 0, "BJNB") && !has(b, 0, "MFNP") && !has(b, 0, "BNJB") || be32(b, 12) != int64(len(b)-16) {
		return "", Unknown
	}
	switch b[4] {
	case 1, 2, 3:
		return "bjnp-request", Originator
	case 0x81, 0x82, 0x83:
		return "bjnp-answer", Responder
	}
	return "", Unknown
}
