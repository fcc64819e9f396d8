package request

import "hash/crc32"

// finder recognises how makers' tools find their devices, by magic numbers and lengths.
func finder(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "Art-Net\x00"):
		return artnet(b)
	case has(b, 0, "EPSON"):
		return enpc(b)
	case has(b, 0, "DIGI\x00"):
		return addp(b)
	}
	var k Kind
	var s Side
	switch b[0] {
	case 0x00:
		k, s = first(b, appleDesktop, lantronix)
	case 0x1a:
		k, s = cpha(b)
	case 'E':
		k, s = etherSIO(b)
	case 'H':
		k, s = koyo(b)
	case 'I':
		k, s = papi(b)
	case 'N':
		k, s = pcAnywhere(b)
	case 'S':
		k, s = first(b, roon, pcAnywhere)
	case 0xef:
		k, s = hpsdr(b)
	}
	if k != "" {
		return k, s
	}
	return first(b, dhip, hdhomerun, moxa, crestron, zerotier, mavlink, macTelnet, lorawan)
}

// roon recognises the search for Roon's cores: a mark, a version, a letter.
func roon(b []byte) (Kind, Side) {
	if has(b, 0, "SOOD\x02") {
		switch at(b, 5) {
		case 'Q':
			return "roon-query", Originator
		case 'R':
			return "roon-answer", Responder
		}
	}
	return "", Unknown
}

// koyo recognises the packets of Koyo's and AutomationDirect's Ethernet modules: a mark, a
// length.
func koyo(b []byte) (Kind, Side) {
	if has(b, 0, "HAP") && len(b) >= 11 && le16(b, 7) == len(b)-9 {
		return "koyo-packet", Unknown
	}
	return "", Unknown
}

// etherSIO recognises the packets of SAIA's controllers.
func etherSIO(b []byte) (Kind, Side) {
	if has(b, 0, "ESIO\x00") {
		return "ethersio-packet", Unknown
	}
	return "", Unknown
}

// pcAnywhere recognises the search for hosts of pcAnywhere, and its state.
func pcAnywhere(b []byte) (Kind, Side) {
	switch {
	case len(b) <= 3 && (has(b, 0, "NQ") || has(b, 0, "ST\x00")):
		return "pcanywhere-query", Originator
	case has(b, 0, "NR") && len(b) >= 26 && b[2] > ' ' && printable(b[2:26]):
		return "pcanywhere-answer", Responder
	}
	return "", Unknown
}

// appleDesktop recognises the search for Macs that may be managed.
func appleDesktop(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x00\x14\x00\x01\x03") && len(b) == 5:
		return "ard-query", Originator
	case has(b, 0, "\x00\x01\x03\xea"):
		return "ard-answer", Responder
	}
	return "", Unknown
}

// hpsdr recognises the search for the radios of OpenHPSDR, protocol 1.
func hpsdr(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\xef\xfe\x02\x00") && len(b) >= 60 && zero(b, 3, len(b)):
		return "hpsdr-query", Originator
	case has(b, 0, "\xef\xfe") && (at(b, 2) == 2 || at(b, 2) == 3) && len(b) >= 60:
		return "hpsdr-answer", Responder
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

// lantronix recognises the search for Lantronix' device servers.
func lantronix(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x00\x00\x00\xf6") && len(b) == 4:
		return "lantronix-query", Originator
	case has(b, 0, "\x00\x00\x00\xf7") && len(b) >= 30:
		return "lantronix-answer", Responder
	}
	return "", Unknown
}

// artnet recognises Art-Net (specification 4, table 1): who lights are, and what they show.
func artnet(b []byte) (Kind, Side) {
	switch le16(b, 8) {
	case 0x2000:
		return "artnet-poll", Originator
	case 0x2100:
		return "artnet-answer", Responder
	case -1:
		return "", Unknown
	}
	return "artnet-data", Unknown
}

// enpc recognises EPSON's network protocol of control: capital letters ask, small ones answer.
func enpc(b []byte) (Kind, Side) {
	switch c := at(b, 5); {
	case len(b) < 12:
	case c == 'Q' || c == 'P' || c == 'C':
		return "enpc-query", Originator
	case c == 'q' || c == 'p' || c == 'c':
		return "enpc-answer", Responder
	}
	return "", Unknown
}

// addp recognises Digi's discovery: a kind, a length.
func addp(b []byte) (Kind, Side) {
	kind := be16(b, 4)
	switch {
	case be16(b, 6) != len(b)-8 || kind < 1 || kind > 16:
		return "", Unknown
	case kind&1 == 1:
		return "addp-query", Originator
	}
	return "addp-answer", Responder
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

// hdhomerun recognises the search for television tuners: a kind, a length, CRC-32.
func hdhomerun(b []byte) (Kind, Side) {
	if n := be16(b, 2); n < 2 || n != len(b)-8 || b[0] != 0 || b[1] < 2 || b[1] > 5 || le32(b, 4+n) != int64(crc32.ChecksumIEEE(b[:4+n])) {
		return "", Unknown
	}
	if b[1]&1 == 0 {
		return "hdhomerun-query", Originator
	}
	return "hdhomerun-answer", Responder
}

// moxa recognises the search for Moxa's serial servers: an answer has the question's kind
// with the highest bit set.
func moxa(b []byte) (Kind, Side) {
	switch {
	case len(b) == 8 && has(b, 0, "\x01\x00\x00\x08") && zero(b, 4, 8):
		return "moxa-query", Originator
	case len(b) >= 24 && has(b, 0, "\x81\x00\x00") && int(b[3]) == len(b) && zero(b, 4, 8):
		return "moxa-answer", Responder
	}
	return "", Unknown
}

// crestron recognises the search for Crestron's control systems: a name of 256 bytes.
func crestron(b []byte) (Kind, Side) {
	switch {
	case len(b) < 200:
	case has(b, 0, "\x14\x00\x00\x00\x01\x04\x00\x03\x00\x00"):
		return "crestron-query", Originator
	case has(b, 0, "\x15\x00\x00\x00\x01\x04\x00\x03\x00\x00"):
		return "crestron-answer", Responder
	}
	return "", Unknown
}

// zerotier recognises the first packet of ZeroTier, the only one that is not encrypted: its
// sender's address stands in the header and in the identity that it presents.
func zerotier(b []byte) (Kind, Side) {
	if len(b) < 110 || b[18]>>3&7 != 0 || b[27]&0x1f != 1 || b[28] < 4 || b[28] > 32 || zero(b, 13, 18) || string(b[13:18]) != string(b[41:46]) {
		return "", Unknown
	}
	return "zerotier-hello", Originator
}

// mavlink recognises what drones and their ground stations say: version 1 by the heartbeat,
// version 2 by the shape of any message.
func mavlink(b []byte) (Kind, Side) {
	n := at(b, 1)
	switch {
	case b[0] == 0xfe && n == 9 && len(b) >= 17 && b[5] == 0 && b[14] == 3,
		b[0] == 0xfd && n > 0 && (len(b) == 12+n || len(b) == 25+n && b[2] == 1) && b[2] <= 1 && b[3] == 0 && b[5] > 0 && le24(b, 7) < 1<<16:
		return "mavlink-message", Unknown
	}
	return "", Unknown
}

// macTelnet recognises MikroTik's terminal over hardware addresses: who asks has the
// session's number first, and who answers has it last.
func macTelnet(b []byte) (Kind, Side) {
	switch {
	case len(b) < 22 || b[0] != 1 || b[1] > 5 && b[1] != 0xff || zero(b, 2, 8):
	case has(b, 16, "\x00\x15"):
		return "mactelnet-session", Originator
	case has(b, 14, "\x00\x15"):
		return "mactelnet-answer", Responder
	}
	return "", Unknown
}

// lorawan recognises the forwarder of LoRaWAN gateways (Semtech's protocol, versions 1 and 2):
// it sends, and pulls, by its own number of 64 bits.
func lorawan(b []byte) (Kind, Side) {
	if b[0] != 1 && b[0] != 2 {
		return "", Unknown
	}
	switch at(b, 3) {
	case 0:
		if at(b, 12) == '{' && b[len(b)-1] == '}' {
			return "lorawan-push", Originator
		}
	case 2:
		if len(b) == 12 && !zero(b, 4, 12) {
			return "lorawan-pull", Originator
		}
	case 1, 4:
		if len(b) == 4 && b[0] == 2 && !zero(b, 1, 3) {
			return "lorawan-answer", Responder
		}
	case 3:
		if at(b, 4) == '{' && b[len(b)-1] == '}' {
			return "lorawan-answer", Responder
		}
	}
	return "", Unknown
}
