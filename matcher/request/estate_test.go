package request

// estateStreams are what servers of their own protocols say, composed from their documents.
func estateStreams() []message {
	return []message{
		{"t3-hello", Originator, "t3 12.2.1\nAS:255\nHL:19\nMS:10000000\n\n"},
		{"t3-answer", Responder, "HELO:12.2.1.4.0.false\nAS:2048\nHL:19\n\n"},
		{"netframing-preamble", Originator, h("0001 0001 02 02 14 'net.tcp://localhost/' 03 08 0c")},
		{"netframing-fault", Responder, h("08 45 'http://schemas.microsoft.com/ws/2006/05/framing/faults/UnsupportedMode'")},
		{"msmq-packet", Unknown, h("10000b00 'LIOR' 3c020000 ffffffff 00000200 00 *32")},
		{"routeros-command", Originator, h("06 '/login' 0b '=name=admin' 0a '=password=' 00")},
		{"routeros-command", Originator, h("16 '/system/identity/print' 00")},
		{"routeros-answer", Responder, h("06 '!fatal' 0d 'not logged in' 00")},
		{"smi-question", Originator, h("00000001 00000001 00000004 00000008 00000001 00000000")},
		{"smi-answer", Responder, h("00000004 00000000 00000003 00000008 00000001 00000000")},
		{"fw1-question", Originator, h("51000000 00000021 0000000b 'securemote' 00")},
		{"fw1-answer", Responder, h("59000000 00000021 'CN=Panama,O=x.y' 00")},
		{"monetdb-challenge", Responder, h("7900 'ZrVRLzVA9ZrVRLz:mserver:9:RIPEMD160,SHA256,SHA1,MD5:LIT:SHA512'")},
		{"synergy-greeting", Responder, h("0000000b 'Barrier' 0001 0006")},
		{"synergy-hello", Originator, h("00000013 'Barrier' 0001 0006 00000004 'desk'")},
		{"riak-answer", Responder, h("00000017 08 0a0e 'riak@127.0.0.1' 1204 '0.13'")},
		{"levin-request", Originator, h("0121010101010101 0a00000000000000 01 eb030000 00000000 01000000 01000000")},
		{"levin-answer", Responder, h("0121010101010101 0a00000000000000 00 eb030000 01000000 02000000 01000000")},
		{"terraria-connect", Originator, h("0d00 01 09 'Terraria1'")},
		{"electrum-call", Originator, `{"id":0,"method":"server.version","params":["x","1.4"]}` + "\n"},
	}
}
