package request

// esphome recognises the native API of ESPHome's devices (its api.proto): a zero, the
// message's length and type, and the fields of a hello; or the same in Noise.
func esphome(b []byte) (Kind, Side) {
	if b[0] == 1 {
		return esphomeNoise(b)
	}
	n := at(b, 1)
	switch {
	case b[0] != 0 || n < 2 || n > 127 || len(b) < 3+n:
	case b[2] == 1 && b[3] == 0x0a && at(b, 4) > 0 && at(b, 4) <= n-2 && printable(b[5:5+int(b[4])]):
		return "esphome-hello", Originator
	case b[2] == 2 && b[3] == 0x08 && n >= 6 && b[5] == 0x10 && b[7] == 0x1a:
		return "esphome-answer", Responder
	}
	return "", Unknown
}

// esphomeNoise recognises the encrypted kind: an empty frame, then the handshake's first
// message; the chosen protocol, then the device's name.
func esphomeNoise(b []byte) (Kind, Side) {
	switch n := at(b, 2); {
	case has(b, 1, "\x00\x00\x01\x00") && has(b, 6, "\x00"):
		return "esphome-noise", Originator
	case at(b, 1) == 0 && n > 3 && at(b, 3) == 1 && at(b, 2+n) == 0 && b[4] > ' ' && b[4] < 0x7f:
		return "esphome-answer", Responder
	}
	return "", Unknown
}

// tuya recognises the frames of Tuya's devices, versions 3.1 to 3.4, by the marks at both
// ends. What a device answers has a return code before its data.
func tuya(b []byte) (Kind, Side) {
	n := be32(b, 12)
	if !has(b, 0, "\x00\x00\x55\xaa") || n < 8 || n > 1<<12 || int64(len(b)) < 16+n || !has(b, 12+int(n), "\x00\x00\xaa\x55") {
		return "", Unknown
	}
	switch command := be32(b, 8); {
	case command == 8, n >= 12 && be32(b, 16) <= 1: // a state, or a return code
		return "tuya-answer", Responder
	case command == 0, command > 0x40:
		return "", Unknown
	case command == 9:
		return "tuya-heartbeat", Originator
	}
	return "tuya-request", Originator
}

// lifx recognises the frames of LIFX's lights (its LAN protocol, "Packet contents"): the
// protocol's number 1024, which is addressable, and types that are asked or told.
func lifx(b []byte) (Kind, Side) {
	if len(b) < 36 || le16(b, 0) != len(b) || b[2] != 0 || b[3]&0x1f != 0x14 || b[3] > 0x5f {
		return "", Unknown
	}
	switch le16(b, 32) {
	case 32:
		return "lifx-version", Originator
	case 2, 12, 14, 16, 18, 20, 21, 23, 24, 34, 48, 51, 54, 101, 102, 103, 116, 117, 119, 502, 505, 511, 701, 707:
		return "lifx-request", Originator
	case 3, 13, 15, 17, 19, 22, 25, 33, 35, 45, 50, 53, 56, 107, 118, 121, 503, 506, 512, 702, 711:
		return "lifx-answer", Responder
	}
	return "", Unknown
}

// miio recognises the packets of Xiaomi's devices: a mark, a length. A hello is all ones;
// its answer is as short, with the device's number and clock.
func miio(b []byte) (Kind, Side) {
	switch {
	case len(b) < 32 || !has(b, 0, "\x21\x31") || be16(b, 2) != len(b):
		return "", Unknown
	case len(b) > 32:
		return "miio-message", Unknown
	case be32(b, 4) == 0xffffffff:
		return "miio-hello", Originator
	}
	return "miio-answer", Responder
}

// homeJSON recognises what lights say in JSON: WiZ's, Govee's.
func homeJSON(b []byte) (Kind, Side) {
	switch {
	case within(b, 64, `"msg"`) && within(b, 64, `"cmd"`) && within(b, 512, `"data"`):
		if within(b, 512, `"sku"`) || within(b, 512, `"onOff"`) {
			return "govee-answer", Responder
		}
		if within(b, 64, `"scan"`) {
			return "govee-scan", Originator
		}
		return "govee-command", Originator
	case within(b, 512, `"env":"pro"`) && (within(b, 512, `"result"`) || within(b, 512, `"error"`)):
		return "wiz-answer", Responder
	case !within(b, 64, `"method"`):
	case within(b, 64, `"syncPilot"`), within(b, 64, `"firstBeat"`):
		return "wiz-answer", Responder
	case within(b, 64, `"getSystemConfig"`):
		return "wiz-config", Originator
	case within(b, 64, `"getPilot"`), within(b, 64, `"setPilot"`), within(b, 64, `"registration"`) && within(b, 512, `"phoneMac"`):
		return "wiz-call", Originator
	}
	return "", Unknown
}

// yeelight recognises the commands to Yeelight's lights (their inter-operation
// specification, §4), and what they tell unasked.
func yeelight(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, `{"method":"props","params":{`):
		return "yeelight-notice", Responder
	case !within(b, 128, `"id"`) || !within(b, 128, `"params"`) || within(b, 128, `"jsonrpc"`):
	case within(b, 128, `"get_prop"`), within(b, 128, `"set_power"`), within(b, 128, `"set_bright"`), within(b, 128, `"set_rgb"`),
		within(b, 128, `"set_ct_abx"`), within(b, 128, `"set_scene"`), within(b, 128, `"set_music"`), within(b, 128, `"start_cf"`):
		return "yeelight-command", Originator
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
	answers := b[1] >= 0x20
	if b[0]&0x20 != 0 && !answers || b[0]&0x30 == 0x30 {
		return "", Unknown // acknowledgements carry no request, resets nothing (RFC 7252 §4.2)
	}
	end, ok := coapOptions(b, 4+token, answers)
	if !ok || end+1 == len(b) {
		return "", Unknown // a marker without a payload
	}
	if end == 4+token && end < len(b) && b[1] >= 0x80 && !words(b[end+1:]) {
		return "", Unknown // an error without options says in words what it is (§5.5.2)
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
func coapOptions(b []byte, i int, answers bool) (end int, ok bool) {
	number := 0
	for i < len(b) && b[i] != 0xff {
		head := b[i]
		delta, next := coapExtended(b, i+1, int(head>>4))
		n, next := coapExtended(b, next, int(head&15))
		if delta < 0 || n < 0 {
			return i, false
		}
		number += delta
		if i = next + n; i > len(b) || !coapOption(number, n, answers) {
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
// length it may have (RFC 7252 §5.10 and the CoAP Option Numbers register), and not one of requests
// alone in an answer.
func coapOption(number, n int, answers bool) bool {
	switch number {
	case 1, 292: // If-Match, Request-Tag
		return n <= 8 && !answers
	case 4: // ETag
		return n >= 1 && n <= 8
	case 9, 252: // OSCORE, Echo
		return n <= 40
	case 8, 20: // Location-Path, Location-Query
		return n <= 255
	case 3, 11, 15, 39: // Uri-Host, Uri-Path, Uri-Query, Proxy-Scheme
		return n <= 255 && !answers
	case 2048, 2049, 65000, 65001:
		return n <= 1034
	case 35: // Proxy-Uri
		return n <= 1034 && !answers
	case 5, 258: // If-None-Match, No-Response
		return n <= 1 && !answers
	case 7, 16, 17: // Uri-Port, Hop-Limit, Accept
		return n <= 2 && !answers
	case 12: // Content-Format
		return n <= 2
	case 6, 19, 23, 27, 31: // Observe, Q-Block1, Block2, Block1, Q-Block2
		return n <= 3
	case 14, 28, 60: // Max-Age, Size2, Size1
		return n <= 4
	}
	return false
}
