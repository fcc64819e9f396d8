package request

import "bytes"

// mqtt recognises CONNECT and CONNACK (MQTT 5.0 §3.1, §3.2).
func mqtt(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\xc0\x00") && len(b) == 2:
		return "mqtt-ping", Originator
	case has(b, 0, "\xd0\x00") && len(b) == 2:
		return "mqtt-connack", Responder
	}
	n, i := mqttLength(b)
	if i == 0 {
		return "", Unknown
	}
	switch b[0] {
	case 0x10:
		if n >= 10 && (has(b, i, "\x00\x04MQTT") && at(b, i+6) >= 3 && b[i+6] <= 5 || has(b, i, "\x00\x06MQIsdp")) {
			return "mqtt-connect", Originator
		}
	case 0x20:
		if n >= 2 && n < 200 && len(b) >= i+2 && b[i] <= 1 && mqttReason(b[i+1:], n) {
			return "mqtt-connack", Responder
		}
	}
	return "", Unknown
}

// mqttLength returns the remaining length behind the first byte (§1.5.5) and where what it
// counts begins, which is 0 if it has no end.
func mqttLength(b []byte) (n, i int) {
	for shift := 0; shift <= 21; shift += 7 {
		c := at(b, 1+shift/7)
		if c < 0 {
			break
		}
		n |= c & 0x7f << shift
		if c < 0x80 {
			return n, 2 + shift/7
		}
	}
	return 0, 0
}

// mqttReason reports whether an answer of n bytes goes on with a reason: of version 3 alone,
// of version 5 with properties.
func mqttReason(b []byte, n int) bool {
	if n == 2 {
		return b[0] <= 5
	}
	return at(b, 1) == n-3 && (b[0] == 0 || b[0] >= 0x80)
}

// amqpFrame recognises Connection.Start of AMQP 0-9-1 (§1.4.2.1 of the
// specification) and the frames of AMQP 1.0.
func amqpFrame(b []byte) (Kind, Side) {
	if at(b, 0) == 1 && be16(b, 1) == 0 && be32(b, 3) > 8 && be32(b, 7) == 10<<16|10 {
		return "amqp-start", Responder
	}
	return "", Unknown
}

// x11Setup recognises the first bytes of an X11 client (X11 protocol, §8).
func x11Setup(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "l\x00\x0b\x00") && le16(b, 4) == 0 && le16(b, 6) <= 64 && le16(b, 8) <= 4096 && len(b) >= 12:
		return "x11-setup", Originator
	case has(b, 0, "B\x00\x00\x0b") && be16(b, 4) == 0 && be16(b, 6) <= 64 && be16(b, 8) <= 4096 && len(b) >= 12:
		return "x11-setup", Originator
	}
	return "", Unknown
}

// x11Answer recognises a server that accepts.
func x11Answer(b []byte) (Kind, Side) {
	if len(b) >= 8 && (be16(b, 2) == 11 && be16(b, 4) == 0 && be16(b, 6) > 8 || le16(b, 2) == 11 && le16(b, 4) == 0 && le16(b, 6) > 8) {
		return "x11-answer", Responder
	}
	return "", Unknown
}

// telnet recognises option negotiation (RFC 854); either side may begin.
func telnet(b []byte) (Kind, Side) {
	if b[0] == 0xff && len(b) >= 3 && (b[1] >= 0xfb && b[1] <= 0xfe && (b[2] < 50 || b[2] > 0xf0) || b[1] == 0xfa && b[2] < 50) {
		return "telnet-iac", telnetSide(b)
	}
	return "", Unknown
}

// telnetSide says who asks for options that only one side has: a server echoes and wants to
// know the terminal (RFC 857, RFC 1073, RFC 1091); Unknown if they say both.
func telnetSide(b []byte) Side {
	side := Unknown
	for i := 0; i+2 < len(b) && b[i] == 0xff; i += 3 {
		s := Unknown
		switch o := b[i+2]; {
		case b[i+1] == 0xfd && (o == 0x18 || o == 0x1f || o == 0x20 || o == 0x23 || o == 0x27), b[i+1] == 0xfb && o == 0x01:
			s = Responder
		case b[i+1] == 0xfb && (o == 0x18 || o == 0x1f || o == 0x20 || o == 0x27), b[i+1] == 0xfd && o == 0x01:
			s = Originator
		}
		if s != Unknown && side != Unknown && s != side {
			return Unknown
		}
		if s != Unknown {
			side = s
		}
	}
	return side
}

// ajp recognises Apache's AJP 1.3: its two sides have their own magic numbers.
func ajp(b []byte) (Kind, Side) {
	switch n := be16(b, 2); {
	case has(b, 0, "\x12\x34") && n >= 1 && n <= 8192:
		switch at(b, 4) {
		case 2:
			return "ajp-forward", Originator
		case 10:
			return "ajp-cping", Originator
		}
	case has(b, 0, "AB") && n >= 1 && n <= 8192:
		switch at(b, 4) {
		case 3, 4, 5, 6, 9:
			return "ajp-answer", Responder
		}
	}
	return "", Unknown
}

// iscsi recognises a login (RFC 7143 §11.12, §11.13).
func iscsi(b []byte) (Kind, Side) {
	if len(b) < 48 || b[2] != 0 || b[3] != 0 || b[4] != 0 {
		return "", Unknown
	}
	switch b[0] {
	case 0x43, 0x03:
		if within(b[48:], 512, "InitiatorName=") || within(b[48:], 512, "AuthMethod=") {
			return "iscsi-login", Originator
		}
	case 0x23:
		if be16(b, 36) < 0x0400 && be24(b, 5) < 8192 && zero(b, 42, 48) {
			return "iscsi-answer", Responder
		}
	}
	return "", Unknown
}

// nbdOption recognises the client's answer to NBD's greeting (NBD protocol, "Fixed newstyle").
func nbdOption(b []byte) (Kind, Side) {
	if be32(b, 0) >= 0 && be32(b, 0) <= 3 && has(b, 4, "IHAVEOPT") {
		return "nbd-option", Originator
	}
	return "", Unknown
}

// afp recognises Apple's data stream interface.
func afp(b []byte) (Kind, Side) {
	if len(b) < 16 || b[0] > 1 || b[1] < 1 || b[1] > 8 || be32(b, 12) != 0 || be32(b, 8) > 1<<16 || be32(b, 8) < int64(len(b)-16) {
		return "", Unknown
	}
	switch {
	case b[0] == 1:
		return "afp-answer", Responder
	case b[1] == 3 && be32(b, 8) <= 16:
		return "afp-status", Originator
	case b[1] == 4 && be32(b, 8) <= 64:
		return "afp-open", Originator
	}
	return "", Unknown
}

// gearman recognises Gearman's binary packets.
func gearman(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x00REQ") && be32(b, 4) < 64:
		return "gearman-request", Originator
	case has(b, 0, "\x00RES") && be32(b, 4) < 64:
		return "gearman-answer", Responder
	}
	return "", Unknown
}

// nsq recognises NSQ's magic identifier.
func nsq(b []byte) (Kind, Side) {
	if has(b, 0, "  V1") || has(b, 0, "  V2") {
		return "nsq-ident", Originator
	}
	return "", Unknown
}

// pjl recognises a printer job language command behind UEL.
func pjl(b []byte) (Kind, Side) {
	if !has(b, 0, "\x1b%-12345X") {
		return "", Unknown
	}
	if within(b, 64, "@PJL INFO") {
		return "pjl-info", Originator
	}
	return "pjl-job", Originator
}

// lpd recognises the line printer daemon's commands (RFC 1179 §5).
func lpd(b []byte) (Kind, Side) {
	line, rest := firstLine(b)
	if b[0] > 5 || rest != len(b) || len(line) < 2 || len(line) > 128 || !printable(line[1:]) {
		return "", Unknown
	}
	switch b[0] {
	case 3, 4:
		return "lpd-status", Originator
	}
	return "lpd-job", Originator
}

// epmd recognises what Erlang's port mapper is asked.
func epmd(b []byte) (Kind, Side) {
	if be16(b, 0) != len(b)-2 || len(b) < 3 {
		return "", Unknown
	}
	switch b[2] {
	case 'n':
		if len(b) == 3 {
			return "epmd-names", Originator
		}
	case 'z':
		if len(b) > 3 && printable(b[3:]) {
			return "epmd-port", Originator
		}
	case 'x':
		if at(b, 5) == 'M' || at(b, 5) == 'H' || at(b, 5) == 'n' {
			return "epmd-alive", Originator
		}
	}
	return "", Unknown
}

// epmdAnswer recognises what it answers: its own port, then the names.
func epmdAnswer(b []byte) (Kind, Side) {
	if be32(b, 0) == 4369 && (len(b) == 4 || has(b, 4, "name ")) {
		return "epmd-answer", Responder
	}
	return "", Unknown
}

// apcupsd recognises the network information server of apcupsd.
func apcupsd(b []byte) (Kind, Side) {
	switch n := be16(b, 0); {
	case n == 6 && len(b) == 8 && (has(b, 2, "status") || has(b, 2, "events")):
		return "apcupsd-status", Originator
	case n > 8 && n < 80 && has(b, 2, "APC      :"):
		return "apcupsd-answer", Responder
	}
	return "", Unknown
}

// pulse recognises PulseAudio's native protocol: a descriptor without a channel.
func pulse(b []byte) (Kind, Side) {
	if n := be32(b, 0); n > 0 && n < 1<<16 && has(b, 4, "\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00") {
		return "pulse-message", Unknown
	}
	return "", Unknown
}

// openwire recognises the first command of OpenWire; both sides send it.
func openwire(b []byte) (Kind, Side) {
	if has(b, 4, "\x01ActiveMQ") {
		return "openwire-info", Unknown
	}
	return "", Unknown
}

// nrpe recognises the packets of NRPE versions 2 to 4.
func nrpe(b []byte) (Kind, Side) {
	switch n := be32(b, 12); be16(b, 0) {
	case 2:
		if len(b) < 1034 {
			return "", Unknown
		}
	case 3, 4:
		if n < 1 || n < int64(len(b)-16-3) || n > 1<<16 {
			return "", Unknown
		}
	default:
		return "", Unknown
	}
	switch be16(b, 2) {
	case 1:
		return "nrpe-query", Originator
	case 2:
		return "nrpe-answer", Responder
	}
	return "", Unknown
}

// smpp recognises a bind (SMPP 3.4 §3.2).
func smpp(b []byte) (Kind, Side) {
	if n := be32(b, 0); n < 16 || n > 256 || len(b) < 16 || n < int64(len(b)) {
		return "", Unknown
	}
	switch be32(b, 4) {
	case 1, 2, 9:
		if be32(b, 8) == 0 && len(b) > 16 && b[len(b)-1] == 0 {
			return "smpp-bind", Originator
		}
	case 0x80000001, 0x80000002, 0x80000009:
		return "smpp-answer", Responder
	}
	return "", Unknown
}

// skinny recognises the messages between telephones and Cisco's call manager: a length, a
// version, a number that says which side sends it.
func skinny(b []byte) (Kind, Side) {
	n, version, id := le32(b, 0), le32(b, 4), le32(b, 8)
	if n < 4 || n > 2048 || len(b) < 12 || version != 0 && (version < 10 || version > 22) || !skinnyWhole(b, n, version, id) {
		return "", Unknown
	}
	switch {
	case id == 1:
		if has(b, 12, "SEP") || has(b, 12, "ATA") || has(b, 12, "VG") || has(b, 12, "SKIGW") { // what telephones and gateways are called
			return "skinny-register", Originator
		}
	case id == 0:
		if n == 4 || n == 8 && version != 0 {
			return "skinny-keepalive", Originator
		}
	case skinnyAnswer(id, n):
		return "skinny-answer", Responder
	case skinnyMessage(id, n, version):
		return "skinny-message", Originator
	}
	return "", Unknown
}

// skinnyWhole reports whether b ends with a message of n bytes, or one of the same version
// follows it. Only a registration may be longer than what was heard.
func skinnyWhole(b []byte, n, version, id int64) bool {
	rest := int64(len(b)) - 8 - n
	if rest <= 0 {
		return rest == 0 || id == 1
	}
	return rest >= 12 && le32(b, int(8+n)) <= 2048 && le32(b, int(12+n)) == version
}

// skinnyMessage reports whether a telephone's message of that number may have n bytes; those
// of version 0 are short.
func skinnyMessage(id, n, version int64) bool {
	switch {
	case id == 2:
		return n <= 12
	case id == 3, id == 6, id == 7:
		return n <= 16
	case id == 5:
		return n <= 20
	}
	return id >= 0x08 && id <= 0x49 && id != 0x20 && (version != 0 || n <= 36)
}

// skinnyAnswer is skinnyMessage for the call manager's.
func skinnyAnswer(id, n int64) bool {
	return id == 0x100 && n <= 8 || id >= 0x81 && id <= 0x160
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

// rtmp recognises RTMP's first two chunks, which are longer than a segment.
func rtmp(b []byte) (Kind, Side) {
	if len(b) >= 1400 && len(b) <= 1537 && (zero(b, 5, 9) || at(b, 5) <= 13 && at(b, 6) <= 14 && at(b, 7) <= 10 || at(b, 5) >= 9 && at(b, 7) <= 9 && at(b, 8) <= 9) {
		return "rtmp-handshake", Unknown
	}
	return "", Unknown
}

// teamviewer recognises TeamViewer's header; both sides send it.
func teamviewer(b []byte) (Kind, Side) {
	if (has(b, 0, "\x17\x24") || has(b, 0, "\x11\x30")) && len(b) >= 9 && at(b, 3) <= 1 {
		return "teamviewer-message", Unknown
	}
	return "", Unknown
}

// bittorrent recognises the peer protocol's handshake (BEP 3); both sides send it.
func bittorrent(b []byte) (Kind, Side) {
	if has(b, 0, "\x13BitTorrent protocol") {
		return "bittorrent-handshake", Unknown
	}
	return "", Unknown
}

// edonkey recognises eDonkey's hello and the answer to it.
func edonkey(b []byte) (Kind, Side) {
	if b[0] != 0xe3 && b[0] != 0xc5 && b[0] != 0xd4 || len(b) < 7 || le32(b, 1) != int64(len(b)-5) {
		return "", Unknown
	}
	switch b[5] {
	case 0x01:
		return "edonkey-hello", Originator
	case 0x4c:
		return "edonkey-answer", Responder
	}
	return "", Unknown
}

// bitcoin recognises a version message; the side that connects sends it first.
func bitcoin(b []byte) (Kind, Side) {
	if has(b, 0, "\xf9\xbe\xb4\xd9version\x00\x00\x00\x00\x00") {
		return "bitcoin-version", Unknown
	}
	return "", Unknown
}

// minecraft recognises the handshake that asks for a status or a login.
func minecraft(b []byte) (Kind, Side) {
	n := int(b[0])
	if n < 6 || n > 127 || at(b, 1) != 0 || len(b) < n+1 {
		return "", Unknown
	}
	i := 2
	for at(b, i) >= 0x80 && i < 7 { // protocol version
		i++
	}
	i++
	host := at(b, i)
	if host < 1 || i+1+host+3 != n+1 || !isAlpha(b[i+1]) && !isDigit(b[i+1]) && b[i+1] != ':' || bytes.IndexByte(b[i+1:i+1+host], ' ') >= 0 {
		return "", Unknown
	}
	switch b[n] {
	case 1:
		return "minecraft-status", Originator
	case 2, 3:
		return "minecraft-login", Originator
	}
	return "", Unknown
}

// minecraftLegacy recognises the ping of versions before 1.7.
func minecraftLegacy(b []byte) (Kind, Side) {
	if b[0] == 0xfe && (len(b) == 1 || b[1] == 1 && (len(b) == 2 || b[2] == 0xfa)) {
		return "minecraft-legacy", Originator
	}
	return "", Unknown
}
