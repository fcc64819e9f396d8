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

// studio recognises the words of projectors, video routers, recorders and mixers.
func studio(b []byte) (Kind, Side) {
	switch b[0] {
	case '%': // PJLink, class 1 and 2 (§3)
		if (at(b, 1) == '1' || at(b, 1) == '2') && len(b) > 7 && isAlpha(b[2]) && isAlpha(b[3]) && b[len(b)-1] == '\r' {
			switch b[6] {
			case ' ':
				if has(b, 2, "INF1") {
					return "pjlink-maker", Originator
				}
				return "pjlink-command", Originator
			case '=':
				return "pjlink-answer", Responder
			}
		}
	case 'I':
		return iscp(b)
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
