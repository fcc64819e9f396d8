package request

// leisureStream recognises what televisions' servers, games and weather stations say on streams.
func leisureStream(b []byte) (Kind, Side) {
	return first(b, htsp, ecowitt, lttng, jackTrip)
}

// leisureDatagram recognises the same in datagrams.
func leisureDatagram(b []byte) (Kind, Side) {
	return first(b, pppp, tdp, slimDiscovery, doom3, binrpc)
}

// pppp recognises the frames by which cameras that are reached through others' networks are
// found and spoken to: a mark, a kind, a length.
func pppp(b []byte) (Kind, Side) {
	if len(b) < 4 || b[0] != 0xf1 || be16(b, 2) != len(b)-4 {
		return "", Unknown
	}
	switch {
	case b[1] == 0x30 && len(b) == 4:
		return "pppp-search", Originator
	case b[1] == 0x41 && len(b) == 24 && isAlpha(b[4]):
		return "pppp-answer", Responder
	case b[1] == 0x42 && len(b) == 24, (b[1] == 0xe0 || b[1] == 0xe1) && len(b) == 4, b[1] == 0xd0 && at(b, 4) == 0xd1, b[1] == 0xd1 && at(b, 4) == 0xd1:
		return "pppp-data", Unknown
	}
	return "", Unknown
}

// tdp recognises the search for TP-Link's newer devices: a header of 16 bytes with the
// length of what follows, then JSON.
func tdp(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "\x02\x00\x00\x01") || len(b) < 16:
	case len(b) == 16 && be16(b, 4) == 0, has(b, 16, `{"params":`):
		return "tdp-query", Originator
	case has(b, 16, `{"result":`), has(b, 16, `{"error_code":`):
		return "tdp-answer", Responder
	}
	return "", Unknown
}

// slimDiscovery recognises the search for a Lyrion Music Server: a letter, then names of four
// letters, each with a length and a value, which are empty in the question.
func slimDiscovery(b []byte) (Kind, Side) {
	if len(b) < 11 || b[0] != 'e' && b[0] != 'E' {
		return "", Unknown
	}
	i, values := 1, 0
	for i+5 <= len(b) {
		for _, c := range b[i : i+4] {
			if c < 'A' || c > 'Z' {
				return "", Unknown
			}
		}
		values += int(b[i+4])
		i += 5 + int(b[i+4])
	}
	switch {
	case i != len(b):
		return "", Unknown
	case b[0] == 'e':
		return "slimproto-search", Originator
	case values > 0:
		return "slimproto-answer", Responder
	}
	return "", Unknown
}

// doom3 recognises the questions and answers of id's fourth engine, outside a connection.
func doom3(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\xff\xffgetInfo\x00"), has(b, 0, "\xff\xffgetInfoEx\x00"):
		return "doom3-info", Originator
	case has(b, 0, "\xff\xffinfoResponse\x00"), has(b, 0, "\xff\xffinfoExResponse\x00"), has(b, 0, "\xff\xffchallengeResponse\x00"):
		return "doom3-answer", Responder
	}
	return "", Unknown
}

// htsp recognises the messages of Tvheadend (its HTSMSG binary format): a length, fields of
// a type, a name's length, a value's.
func htsp(b []byte) (Kind, Side) {
	if n := be32(b, 0); n < 16 || n > 1<<22 || at(b, 4) < 1 || at(b, 4) > 6 || at(b, 5) < 1 || at(b, 5) > 32 || be32(b, 6) < 0 || be32(b, 6) > n {
		return "", Unknown
	}
	switch {
	case within(b, 256, "\x06\x00\x00\x00\x05methodhello"):
		return "htsp-hello", Originator
	case within(b, 128, "htspversion"), within(b, 128, "servername"), within(b, 128, "serverversion"):
		return "htsp-answer", Responder
	}
	return "", Unknown
}

// ecowitt recognises the gateways of weather stations (Ecowitt's data exchange protocol): a
// mark, a command, a size, a sum. A question has no data.
func ecowitt(b []byte) (Kind, Side) {
	if len(b) < 5 || b[0] != 0xff || b[1] != 0xff || int(b[3]) != len(b)-2 {
		return "", Unknown
	}
	sum := byte(0)
	for _, c := range b[2 : len(b)-1] {
		sum += c
	}
	switch {
	case sum != b[len(b)-1]:
		return "", Unknown
	case len(b) == 5 && b[2] == 0x50:
		return "ecowitt-version", Originator
	case len(b) == 5:
		return "ecowitt-question", Originator
	}
	return "ecowitt-answer", Responder
}

// leisureText recognises lines: of MythTV, of receivers of positions and of aircraft, of
// amateur radio's servers.
func leisureText(b []byte) (Kind, Side) {
	switch c := b[0]; {
	case isDigit(c):
		return mythTV(b)
	case c == '$' || c == '!':
		return nmea(b)
	case c == 'M':
		if baseStation(b) {
			return "sbs-message", Responder
		}
	case c == 'R':
		if len(b) >= 12 && has(b, 0, "RTL0\x00\x00\x00") {
			return "rtltcp-greeting", Responder
		}
	}
	return lookUp(leisureWords[:], b)
}

// leisureWords are those that need no more; sorted as openings are, but said in datagrams, too.
var leisureWords = [...]opening{
	{"# javAPRSSrvr ", "aprs-greeting", Responder},
	{"# aprsc ", "aprs-greeting", Responder},
	{"AMXB<-", "amxb-beacon", Responder},
	{"SOURCETABLE 200 OK\r\n", "ntrip-table", Responder},
}

// mythTV recognises the hello of MythTV's frontends and the answer, behind a length of eight signs.
func mythTV(b []byte) (Kind, Side) {
	switch {
	case has(b, 8, "ACCEPT[]:[]"), has(b, 8, "REJECT[]:[]"):
		return "mythtv-answer", Responder
	case has(b, 8, "MYTH_PROTO_VERSION "):
		return "mythtv-hello", Originator
	}
	return "", Unknown
}

// nmea recognises a sentence of a receiver of positions or of ships' identities (NMEA 0183).
func nmea(b []byte) (Kind, Side) {
	if len(b) > 7 && b[6] == ',' && isCapital(b[1:6]) && sentence(b) {
		return "nmea-sentence", Unknown
	}
	return "", Unknown
}

// baseStation reports whether b begins as a transmission in BaseStation's text: a kind of 1
// to 8, two numbers of the receiver's, an aircraft's address in six digits.
func baseStation(b []byte) bool {
	if !has(b, 0, "MSG,") || at(b, 4) < '1' || b[4] > '8' || at(b, 5) != ',' {
		return false
	}
	i := 6
	for range 2 {
		for isDigit(byte(max(0, at(b, i)))) {
			i++
		}
		if at(b, i) != ',' {
			return false
		}
		i++
	}
	return at(b, i+6) == ',' && isHex(b[i:i+6])
}

func isCapital(b []byte) bool {
	for _, c := range b {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}

// sentence reports whether the first line ends as NMEA 0183's do: an asterisk, the exclusive
// or of what stands between it and the first sign, in two digits.
func sentence(b []byte) bool {
	sum := byte(0)
	for i := 1; i+2 < len(b) && i < 100; i++ {
		if b[i] != '*' {
			sum ^= b[i]
			continue
		}
		const digits = "0123456789ABCDEF"
		return upper(b[i+1]) == digits[sum>>4] && upper(b[i+2]) == digits[sum&15]
	}
	return false
}

// jellyfin recognises the search for Jellyfin's and Emby's servers, and the answer in JSON.
func jellyfin(b []byte) (Kind, Side) {
	switch {
	case hasFold(b, 0, "WHO IS JELLYFINSERVER?"):
		return "jellyfin-search", Originator
	case hasFold(b, 0, "WHO IS EMBYSERVER?"):
		return "emby-search", Originator
	case b[0] == '{' && within(b, 512, `"Address":`) && within(b, 512, `"Id":`) && within(b, 512, `"EndpointAddress":`):
		return "jellyfin-answer", Responder
	}
	return "", Unknown
}
