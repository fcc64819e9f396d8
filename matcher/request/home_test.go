package request

// homeStreams and homeDatagrams are what lights, projectors and cameras say, from their
// makers' documents and public recordings.
func homeStreams() []message {
	return []message{
		{"esphome-hello", Originator, h("00 0d 01 0a 07 'earshot' 10 01 18 0a")},
		{"esphome-answer", Responder, h("00 18 02 08 01 10 07 1a 12 'lamp (esphome v1)' 00")},
		{"esphome-noise", Originator, h("01 0000 01 0031 00 01")},
		{"esphome-answer", Responder, h("01 0006 01 'lamp' 00")},
		{"tuya-heartbeat", Originator, h("000055aa 00000000 00000009 00000008 65930c22 0000aa55")},
		{"tuya-request", Originator, h("000055aa 00000001 0000000a 0000000c '{\"a}' 65930c22 0000aa55")},
		{"tuya-answer", Responder, h("000055aa 00000000 00000009 0000000c 00000000 b051ab03 0000aa55")},
		{"yeelight-command", Originator, "{\"id\":1,\"method\":\"set_power\",\"params\":[\"on\"]}\r\n"},
		{"yeelight-notice", Responder, "{\"method\":\"props\",\"params\":{\"power\":\"on\"}}\r\n"},
		{"pjlink-greeting", Responder, "PJLINK 1 498e4a67\r"},
		{"pjlink-maker", Originator, "%1INF1 ?\r"},
		{"pjlink-command", Originator, "%1POWR ?\r"},
		{"pjlink-answer", Responder, "%1POWR=1\r"},
		{"videohub-greeting", Responder, "PROTOCOL PREAMBLE:\nVersion: 2.3\n\n"},
		{"hyperdeck-greeting", Responder, "500 connection info:\r\nprotocol version: 1.6\r\n"},
		{"vmix-greeting", Responder, "VERSION OK 27.0.0.49\r\n"},
		{"eiscp-command", Originator, h("'ISCP' 00000010 0000000a 01000000 '!1PWRQSTN' 0d")},
		{"eiscp-answer", Responder, h("'ISCP' 00000010 0000000a 01000000 '!1PWR01' 1a0d0a")},
		{"dvrip-request", Originator, h("ff000000 00000000 00000000 0000 e803 02000000 '{}'")},
		{"dvrip-info", Originator, h("ff000000 00000000 00000000 0000 fc03 02000000 '{}'")},
		{"dvrip-answer", Responder, h("ff010000 57000000 00000000 0000 e903 02000000 '{}'")},
		{"dvrip-media", Unknown, h("ff010000 57000000 00000000 0000 8405 00000000")},
		{"baichuan-hello", Originator, h("f0debc0a 01000000 00000000 00000000 01dc 1465")},
		{"baichuan-answer", Responder, h("f0debc0a 01000000 91000000 00000001 01dd 1466 '<'")},
		{"baichuan-request", Originator, h("f0debc0a 01000000 91000000 00000000 0000 1464 00000000")},
		{"baichuan-answer", Responder, h("f0debc0a 01000000 91000000 00000000 c800 1464 00000000")},
	}
}

func homeDatagrams() []message {
	return []message{
		{"lifx-version", Originator, h("2400 0034 00000000 00 *7 00 *7 01 00 00 *7 00 2000 0000")},
		{"lifx-request", Originator, h("2400 0034 00000000 00 *7 00 *7 01 00 00 *7 00 0200 0000")},
		{"lifx-answer", Responder, h("2900 0054 00000000 00 *7 00 *7 01 00 00 *7 00 0300 0000 01 7cdd0000")},
		{"miio-hello", Originator, h("21310020 ff *28")},
		{"miio-answer", Responder, h("21310020 00000000 034f0e45 00000229 ff *16")},
		{"miio-message", Unknown, h("21310040 00000000 034f0e45 00000229 aa *48")},
		{"wiz-config", Originator, `{"method":"getSystemConfig","params":{}}`},
		{"wiz-call", Originator, `{"method":"getPilot","params":{}}`},
		{"wiz-answer", Responder, `{"method":"getPilot","env":"pro","result":{"mac":"a8bb5006033d"}}`},
		{"govee-scan", Originator, `{"msg":{"cmd":"scan","data":{"account_topic":"reserve"}}}`},
		{"govee-command", Originator, `{"msg":{"cmd":"turn","data":{"value":1}}}`},
		{"govee-answer", Responder, `{"msg":{"cmd":"devStatus","data":{"onOff":1}}}`},
		{"eiscp-model", Originator, h("'ISCP' 00000010 0000000b 01000000 '!xECNQSTN' 0d0a")},
		{"eiscp-answer", Responder, h("'ISCP' 00000010 00000017 01000000 '!1ECNTX-NR509/60128/XX/' 190d0a")},
		{"dvrip-search", Originator, h("ff000000 00000000 00000000 0000 fa05 00000000")},
		{"dvrip-answer", Responder, h("ff010000 00000000 00000000 0000 fb05 02000000 '{}'")},
	}
}
