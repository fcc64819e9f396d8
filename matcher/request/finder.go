package request

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

// slp recognises the service location protocol (RFC 2608 §8, RFC 2165).
func slp(b []byte) (Kind, Side) {
	if len(b) < 16 || be24(b, 2) != len(b) || b[1] < 1 || b[1] > 11 {
		return "", Unknown
	}
	switch b[1] {
	case 2, 5, 7, 8, 10, 11:
		return "slp-answer", Responder
	}
	return "slp-request", Originator
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
