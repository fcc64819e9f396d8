package request

import "hash/crc32"

// rtp recognises a packet of RTP (RFC 3550 §5.1) with a payload as one of the types that
// have a number (RFC 3551 §6) or one that was agreed upon. It is little to go by:
// what speaks RTP is named only if both sides do.
func rtp(b []byte) (Kind, Side) {
	if len(b) < 20 || len(b) > 1500 || b[0] != 0x80 && b[0] != 0x90 || be32(b, 8) == 0 {
		return "", Unknown
	}
	n, t := len(b)-12, b[1]&0x7f
	sane := rtpPayload(t, n)
	if b[0] == 0x90 { // an extension: WebRTC's
		sane = t >= 96 && n >= 4 && 4+4*be16(b, 14) < n
	}
	if !sane {
		return "", Unknown
	}
	return "rtp-media", Unknown
}

// rtpPayload reports whether n bytes may be a payload of type t.
func rtpPayload(t byte, n int) bool {
	switch t {
	case 0, 8, 9: // G.711, G.722: 8 bytes a millisecond
		return n%80 == 0 && n <= 480
	case 3: // GSM
		return n%33 == 0
	case 18: // G.729
		return (n%10 == 0 || n%10 == 2) && n <= 120
	case 26, 31, 32, 33, 34: // pictures
		return true
	}
	return t >= 96
}

// rtcp recognises a compound of RTCP packets (RFC 3550 §6.1): a report first, and each
// with its length up to the datagram's end.
func rtcp(b []byte) (Kind, Side) {
	if len(b) < 8 || b[1] != 200 && b[1] != 201 {
		return "", Unknown
	}
	blocks := int(b[0] & 0x1f)
	if n := be16(b, 2); b[1] == 200 && n != 6+6*blocks || b[1] == 201 && n != 1+6*blocks {
		return "", Unknown
	}
	for len(b) > 0 {
		n := 4 + 4*be16(b, 2)
		if len(b) < 4 || b[0]>>6 != 2 || b[1] < 200 || b[1] > 207 || n > len(b) {
			return "", Unknown
		}
		b = b[n:]
	}
	return "rtcp-report", Unknown
}

// srt recognises the handshake of secure reliable transport (draft-sharabayko-srt §3.2.1).
func srt(b []byte) (Kind, Side) {
	if len(b) < 64 || !has(b, 0, "\x80\x00\x00\x00\x00\x00\x00\x00") || be32(b, 16) != 4 && be32(b, 16) != 5 || be32(b, 28) > 1500 || be32(b, 28) < 76 {
		return "", Unknown
	}
	if be32(b, 20) == 1 { // a stream, which SRT's ancestor has (draft-gg-udt §4)
		if be32(b, 12) == 0 {
			return "udt-handshake", Originator
		}
		return "udt-handshake", Unknown
	}
	if be32(b, 12) == 0 {
		return "srt-induction", Originator
	}
	return "srt-handshake", Unknown
}

// rtmp recognises RTMP's first two chunks, which are longer than a segment.
func rtmp(b []byte) (Kind, Side) {
	if len(b) >= 1400 && len(b) <= 1537 && (zero(b, 5, 9) || at(b, 5) <= 13 && at(b, 6) <= 14 && at(b, 7) <= 10 || at(b, 5) >= 9 && at(b, 7) <= 9 && at(b, 8) <= 9) {
		return "rtmp-handshake", Unknown
	}
	return "", Unknown
}

// mmst recognises Microsoft's media streaming ([MS-MMSP] §2.2).
func mmst(b []byte) (Kind, Side) {
	if has(b, 4, "\xce\xfa\x0b\xb0") && has(b, 12, "MMS ") {
		if has(b, 38, "\x03\x00") {
			return "mmst-connect", Originator
		}
		return "mmst-message", Unknown
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

// iscp recognises the control of Onkyo's and Integra's receivers (eISCP): a question ends
// with QSTN and a line's end, what a receiver tells with the end of a file.
func iscp(b []byte) (Kind, Side) {
	n := be32(b, 8)
	if !has(b, 0, "ISCP\x00\x00\x00\x10") || at(b, 16) != '!' || n < 5 || n > 1<<14 {
		return "", Unknown
	}
	switch end := b[16:min(int64(len(b)), 16+n)]; {
	case indexOf(end, "\x1a") >= 0, has(end, 2, "ECN") && !has(end, 5, "QSTN"):
		return "eiscp-answer", Responder
	case has(end, 2, "ECN"):
		return "eiscp-model", Originator
	default:
		return "eiscp-command", Originator
	}
}

// hobby recognises what people run for pleasure and what speaks in lines, in datagrams, too:
// MythTV, receivers of positions and of aircraft, servers of amateur radio.
func hobby(b []byte) (Kind, Side) {
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
	return lookUp(hobbyWords[:], b)
}

// hobbyWords are those that need no more; sorted as openings are.
var hobbyWords = [...]opening{
	{"# javAPRSSrvr ", "aprs-greeting", Responder},
	{"# aprsc ", "aprs-greeting", Responder},
	{"AMXB<-", "amxb-beacon", Responder},
	{"SOURCETABLE 200 OK\r\n", "ntrip-table", Responder},
}

// rtmpCommand recognises a command of RTMP in a connection whose beginning was not heard (RTMP 1.0
// §5.3.1, §7.1.1): a chunk with a whole header, and a string that names the command.
func rtmpCommand(b []byte) (Kind, Side) {
	if len(b) < 16 || b[0] < 3 || b[0] > 63 || b[7] != 0x14 || b[12] != 2 || b[13] != 0 {
		return "", Unknown
	}
	name := int(b[14])
	if 15+name > len(b) {
		return "", Unknown
	}
	switch string(b[15 : 15+name]) {
	case "_result", "_error", "onStatus", "onBWDone", "onFCPublish":
		return "rtmp-answer", Responder
	case "connect", "createStream", "releaseStream", "FCPublish", "FCUnpublish", "publish", "play", "pause", "seek", "deleteStream", "getStreamLength", "_checkbw":
		return "rtmp-command", Originator
	}
	return "", Unknown
}
