package request

// gridStreams and gridDatagrams are what was recorded from Debian's amanda, gridengine, auditd,
// canna, freewnn, gnustep, graphite-carbon and fastd.
func gridStreams() []message {
	return []message{
		{"amanda-request", Originator, h("0000006e 00000001 00 'SECURITY USER root' 0a 'SERVICE noop' 0a 'OPTIONS features=ffff;' 0a 00")},
		{"amanda-answer", Responder, h("00000002 00000001 03 00")},
		{"amanda-answer", Responder, h("0000002d 00000001 04 'ERROR host localhost: port 5160 not secure' 0a 00")},
		{"gridengine-connect", Originator, "<gmsh><dl>183</dl></gmsh><cm version=\"0.4\"><df>bin</df>"},
		{"gridengine-answer", Responder, "<gmsh><dl>169</dl></gmsh><crm version=\"0.3\"><cs condition=\"connected\">ok</cs>"},
		{"gridengine-message", Unknown, "<gmsh><dl>98</dl></gmsh>"},
		{"audit-record", Originator, h("fe0000ff 0000 00000000 1e00 02000000 'type=USER msg=audit(1.2:3): x' 0a")},
		{"audit-answer", Responder, h("fe0000ff 0000 00000040 0000 02000000")},
		{"canna-init", Originator, h("00000001 00000009 '3.3:root' 00")},
		{"wnn-open", Originator, h("00000001 00004003 'lab' 00 'root' 00")},
		{"gdomap-question", Originator, h("'L' 03 11 00 00000000 'foo' 00 *253")},
		{"gdomap-question", Originator, h("'N' 00 *263")},
		{"graphite-pickle", Originator, h("00000027 8002 5d7100 58 05000000 'a.b.d' 7101 4a 00f15365 47 4000000000000000 86 7102 86 7103 61 2e")},
		{"carbon-query", Originator, h("0000003e 8002 7d7100 28 58 04000000 'type' 7101 58 0b000000 'cache-query' 7102 58 06000000 'metric' 7103 58 05000000 'a.b.c' 7104 75 2e")},
		{"carbon-answer", Responder, h("0000001b 8002 7d7100 58 0a000000 'datapoints' 7101 5d 7102 73 2e")},
	}
}

func gridDatagrams() []message {
	return []message{
		{"amanda-request", Originator, "Amanda 2.6 REQ HANDLE 000-00000000 SEQ 1700000000\nSERVICE noop\n"},
		{"amanda-answer", Responder, "Amanda 3.5 NAK HANDLE 000-00000000 SEQ 1700000000\nERROR host localhost: port 40198 not secure\n"},
		{"fastd-handshake", Originator, h("01000030 0000 0100 01 0300 0100 01 0400 0100 01 0d00 0300 'v22' 0500 0e00 'ec25519-fhmqvc' 0800 0400 00000000")},
		{"fastd-answer", Responder, h("c803000c 00 *8 01000030 0000 0100 02 0300 0100 01 0400 0100 01 0d00 0300 'v22' 0500 0e00 'ec25519-fhmqvc' 0800 0400 00000000")},
	}
}
