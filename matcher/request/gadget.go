package request

// textualDatagram recognises datagrams of text, and those with a magic word.
func textualDatagram(b []byte) (Kind, Side) {
	if k, s := ssdp(b); k != "" {
		return k, s
	}
	switch b[0] {
	case '1', '2', '4', '5':
		return mgcpAnswer(b)
	case '<', 0xef:
		return first(b, syslog, xmlDatagram)
	case 'd':
		return dht(b)
	case 'S':
		if has(b, 0, "SpotUdp0") {
			return "spotify-announce", Responder
		}
	case 'I':
		return iscp(b)
	case '{':
		return first(b, homeJSON, dropbox, json)
	case 'T':
		return teamSpeak(b)
	case '\r', '\n':
		return textual(b)
	case 'h', 'H', 'v', 's':
		switch k, s := textual(b); k {
		case "help", "memcached-version", "memcached-stats":
			return k, s
		}
	}
	return "", Unknown
}

// dropbox recognises how Dropbox finds itself on the neighbours' machines.
func dropbox(b []byte) (Kind, Side) {
	if has(b, 0, `{"version": [`) && within(b, 256, `"host_int"`) || has(b, 0, `{"host_int"`) {
		return "dropbox-announce", Responder
	}
	return "", Unknown
}

// teamSpeak recognises the first packets of TeamSpeak 3: a client's header has its number
// before the type.
func teamSpeak(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "TS3INIT1"):
		return "", Unknown
	case at(b, 10) == 0x88:
		return "teamspeak-answer", Responder
	case at(b, 12) == 0x88:
		return "teamspeak-init", Originator
	}
	return "teamspeak-init", Unknown
}

// mgcpAnswer recognises a response of MGCP (RFC 3435 §3.3.1): a code, the
// command's number, a comment.
func mgcpAnswer(b []byte) (Kind, Side) {
	if len(b) < 6 || !isDigit(b[1]) || !isDigit(b[2]) || b[3] != ' ' {
		return "", Unknown
	}
	line, rest := firstLine(b)
	i := 4
	for i < len(line) && i < 13 && isDigit(line[i]) {
		i++
	}
	if i > 4 && rest > 0 && (i == len(line) || line[i] == ' ') && printable(line) {
		return "mgcp-answer", Unknown
	}
	return "", Unknown
}

// dht recognises the messages of BitTorrent's hash table (BEP 5).
func dht(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "d1:"):
	case has(b, 3, "ad2:id20:"):
		if within(b, 512, "4:ping") {
			return "dht-ping", Originator
		}
		return "dht-query", Originator
	case has(b, 3, "rd2:id20:"), has(b, 3, "eli20"), has(b, 3, "rd"):
		return "dht-answer", Responder
	}
	return "", Unknown
}

// games recognises the out-of-band queries of Quake 2 and 3, of QuakeWorld and of Source.
func games(b []byte) (Kind, Side) {
	if be32(b, 0) != 0xffffffff || len(b) < 5 {
		return "", Unknown
	}
	if k, s := source(b[4:]); k != "" {
		return k, s
	}
	return quake(b[4:])
}

// source recognises the queries of Source's servers and their answers, which are a letter and what it tells.
func source(b []byte) (Kind, Side) {
	if has(b, 0, "TSource Engine Query\x00") {
		return "source-info", Originator
	}
	n := len(b)
	switch b[0] {
	case 'U', 'V', 'W':
		if n == 5 || n == 1 {
			return "source-players", Originator
		}
	case 'A', 'D', 'E', 'I':
		if b[0] == 'A' && n == 5 || b[0] == 'D' && n >= 2 || b[0] == 'E' && n >= 3 || b[0] == 'I' && n > 8 {
			return "source-answer", Responder
		}
	}
	return "", Unknown
}

// quake recognises the words of id's second and third engines and of their children.
func quake(b []byte) (Kind, Side) { return lookUp(quakeWords[:], b) }

// quakeWords are sorted as openings are.
var quakeWords = [...]opening{
	{"\x21\x4c\x5f\xa0", "steam-discovery", Unknown},
	{"getstatus", "quake3-status", Originator},
	{"getinfo", "quake3-info", Originator},
	{"getserversResponse", "quake3-answer", Responder},
	{"getservers", "quake3-servers", Originator},
	{"infoResponse", "quake3-answer", Responder},
	{"info", "quake2-status", Originator},
	{"n\\", "quakeworld-answer", Responder},
	{"print\n", "quake2-answer", Responder},
	{"statusResponse", "quake3-answer", Responder},
	{"status 23", "quakeworld-status", Originator},
	{"status", "quake2-status", Originator},
}

// quake1 recognises the control packets of NetQuake.
func quake1(b []byte) (Kind, Side) {
	if be16(b, 0) != 0x8000 || be16(b, 2) != len(b) {
		return "", Unknown
	}
	switch {
	case (at(b, 4) == 1 || at(b, 4) == 2) && has(b, 5, "QUAKE\x00"):
		return "quake1-info", Originator
	case at(b, 4) >= 0x81 && at(b, 4) <= 0x85:
		return "quake1-answer", Responder
	}
	return "", Unknown
}

// raknet recognises RakNet's ping outside a connection.
func raknet(b []byte) (Kind, Side) {
	const magic = "\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78"
	switch {
	case b[0] <= 2 && has(b, 9, magic):
		return "raknet-ping", Originator
	case b[0] == 0x1c && has(b, 17, magic):
		return "raknet-answer", Responder
	}
	return "", Unknown
}

// mumble recognises Mumble's ping: zeros, then a number to be sent back.
func mumble(b []byte) (Kind, Side) {
	if len(b) == 12 && zero(b, 0, 4) && !zero(b, 4, 12) {
		return "mumble-ping", Originator
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

// rmcp recognises IPMI's session traffic and the ping of ASF (IPMI 2.0 §13).
func rmcp(b []byte) (Kind, Side) {
	if !has(b, 0, "\x06\x00") || len(b) < 12 {
		return "", Unknown
	}
	switch b[3] & 0x1f {
	case 6:
		if be32(b, 4) != 4542 {
			return "", Unknown
		}
		switch b[8] {
		case 0x80:
			return "rmcp-ping", Originator
		case 0x40:
			return "rmcp-answer", Responder
		}
	case 7:
		i := 14 // behind the session header without an authentication code
		switch {
		case b[4] == 6:
			switch at(b, 5) & 0x3f {
			case 0x10, 0x12, 0x14:
				return "ipmi-open", Originator
			case 0x11, 0x13, 0x15:
				return "ipmi-answer", Responder
			}
			return "ipmi-data", Unknown
		case b[4] != 0:
			i += 16
		}
		switch n := at(b, i+1); {
		case n < 0:
			return "", Unknown
		case n>>2&1 == 1:
			return "ipmi-answer", Responder
		case at(b, i+5) == 0x38:
			return "ipmi-auth", Originator
		}
		return "ipmi-request", Originator
	}
	return "", Unknown
}

// xdmcp recognises the X display manager control protocol (XDMCP 1.1 §2).
func xdmcp(b []byte) (Kind, Side) {
	if be16(b, 0) != 1 || be16(b, 4) != len(b)-6 || len(b) < 7 {
		return "", Unknown
	}
	switch be16(b, 2) {
	case 1, 2, 3, 4, 7, 10:
		return "xdmcp-query", Originator
	case 5, 6, 8, 9, 11:
		return "xdmcp-answer", Responder
	}
	return "", Unknown
}

// openttd recognises the search for OpenTTD servers: a length, a type.
func openttd(b []byte) (Kind, Side) {
	if len(b) == 3 && b[0] == 3 && b[1] == 0 && b[2] == 0 {
		return "openttd-find", Originator
	}
	return "", Unknown
}

// citrix recognises the question for ICA servers.
func citrix(b []byte) (Kind, Side) {
	if has(b, 0, "\x1e\x00\x01\x30\x02\xfd\xa8\xe3") {
		return "ica-browse", Originator
	}
	return "", Unknown
}

// afs recognises Rx packets of AFS that ask for, or tell, a version.
func afs(b []byte) (Kind, Side) {
	if len(b) < 28 || b[20] != 13 || b[23] > 3 || len(b) > 120 {
		return "", Unknown
	}
	if b[21]&1 != 0 {
		return "rx-version", Originator
	}
	return "rx-answer", Responder
}

// coap recognises CoAP (RFC 7252 §3): the options must be well formed.
func coap(b []byte) (Kind, Side) {
	token := int(b[0] & 15)
	if b[0]>>6 != 1 || token > 8 || len(b) < 4+token {
		return "", Unknown
	}
	confirmable := b[0]&0x30 == 0
	if b[1] == 0 {
		switch {
		case len(b) != 4 || token != 0:
		case confirmable:
			return "coap-ping", Originator
		case b[0]&0x30 == 0x30:
			return "coap-answer", Responder
		}
		return "", Unknown
	}
	if b[0]&0x20 != 0 && b[1] < 0x20 {
		return "", Unknown // acknowledgements and resets carry no request
	}
	end, ok := coapOptions(b, 4+token)
	if !ok || end+1 == len(b) {
		return "", Unknown // a marker without a payload
	}
	return coapCode(b[1])
}

// coapCode says what a message is by its code: a class of three bits, a detail of five.
func coapCode(c byte) (Kind, Side) {
	class, detail := c>>5, c&31
	switch {
	case c == 1:
		return "coap-get", Originator
	case c >= 2 && c <= 7:
		return "coap-request", Originator
	case class == 2 && (detail <= 5 || detail == 31), class == 4 && detail <= 15, class == 5 && detail <= 8:
		return "coap-answer", Responder
	}
	return "", Unknown
}

// coapOptions walks the options from offset i and returns where they end, at a marker or with b.
func coapOptions(b []byte, i int) (end int, ok bool) {
	number := 0
	for i < len(b) && b[i] != 0xff {
		head := b[i]
		delta, next := coapExtended(b, i+1, int(head>>4))
		n, next := coapExtended(b, next, int(head&15))
		if delta < 0 || n < 0 {
			return i, false
		}
		number += delta
		if i = next + n; i > len(b) || !coapOption(number, n) {
			return i, false
		}
	}
	return i, true
}

// coapExtended returns the number that four bits of an option's head stand for, of which 13
// and 14 mean that one or two bytes at i go on with it, and where the next stands. It is -1
// for 15, which is reserved.
func coapExtended(b []byte, i, bits int) (n, next int) {
	switch bits {
	case 13:
		return 13 + max(at(b, i), 0), i + 1
	case 14:
		return 269 + max(be16(b, i), 0), i + 2
	case 15:
		return -1, i
	}
	return bits, i
}

// coapOption reports whether an option is one of the registered ones, of a
// length it may have (RFC 7252 §5.10 and the CoAP Option Numbers register).
func coapOption(number, n int) bool {
	switch number {
	case 1, 4, 9, 252, 292: // If-Match, ETag, OSCORE, Echo, Request-Tag
		return n <= 40
	case 3, 8, 11, 15, 20, 39: // Uri-Host, Location-Path, Uri-Path, Uri-Query, Location-Query, Proxy-Scheme
		return n <= 255
	case 35, 2048, 2049, 65000, 65001: // Proxy-Uri
		return n <= 1034
	case 5, 258: // If-None-Match, No-Response
		return n <= 1
	case 6, 7, 12, 14, 16, 17, 19, 23, 27, 28, 31, 60: // numbers of at most four bytes
		return n <= 4
	}
	return false
}

// iax2 recognises the full frames that begin an IAX2 dialogue (RFC 5456 §8.1).
func iax2(b []byte) (Kind, Side) {
	if len(b) < 12 || b[0]&0x80 == 0 || b[10] != 6 {
		return "", Unknown
	}
	switch {
	case be16(b, 2) == 0 && b[8] == 0 && b[9] == 0 && (b[11] == 0x01 || b[11] == 0x0d || b[11] == 0x1e):
		return "iax2-new", Originator
	case be16(b, 2) > 0 && be16(b, 2) < 0x8000 && b[8] == 0 && b[9] == 1 && b[11] >= 3 && b[11] <= 0x28:
		return "iax2-answer", Responder
	}
	return "", Unknown
}

// bittracker recognises a tracker's connection request (BEP 15).
func bittracker(b []byte) (Kind, Side) {
	if len(b) == 16 && has(b, 0, "\x00\x00\x04\x17\x27\x10\x19\x80\x00\x00\x00\x00") {
		return "bittracker-connect", Originator
	}
	return "", Unknown
}

// tplink recognises the start of obscured JSON that TP-Link's plugs speak.
func tplink(b []byte) (Kind, Side) {
	if has(b, 0, "\xd0\xf2\x81\xf8\x8b\xff\x9a\xf7") {
		if len(b) < 64 {
			return "tplink-sysinfo", Originator
		}
		return "tplink-answer", Responder
	}
	return "", Unknown
}

// tplinkStream recognises the same on TCP, behind its length.
func tplinkStream(b []byte) (Kind, Side) {
	if n := be32(b, 0); n < 8 || n > 1<<16 || n < int64(len(b)-4) {
		return "", Unknown
	}
	return tplink(b[4:])
}

// teamviewerDatagram recognises TeamViewer's header on UDP, behind a connection's numbers.
func teamviewerDatagram(b []byte) (Kind, Side) {
	if len(b) >= 16 && zero(b, 0, 10) && has(b, 11, "\x17\x24") && b[10] > 0 && b[10] < 8 {
		return "teamviewer-message", Unknown
	}
	return "", Unknown
}

// agora recognises the answer of Agora's network: tags in the manner of QUIC's first versions.
func agora(b []byte) (Kind, Side) {
	if len(b) > 40 && b[0] == 0 && zero(b, 4, 6) && has(b, 13, "PEID\x04\x00") {
		return "agora-answer", Responder
	}
	return "", Unknown
}
