package request

// businessStreams and gameDatagrams are what databases, brokers and games say, from their
// protocols' documents and public recordings.
func businessStreams() []message {
	return []message{
		{"pulsar-connect", Originator, h("00000013 0000000f 0802 120b 0a07 'earshot' 200d")},
		{"pulsar-answer", Responder, h("0000001b 00000017 0803 1a13 0a0d 'Pulsar Server' 1013 1800")},
		{"rocketmq-request", Originator, h("0000004a 00000046 '{\"code\":34,\"flag\":0,\"language\":\"JAVA\",\"opaque\":0,\"version\":373,\"x\":\"yz\"}'")},
		{"rocketmq-answer", Responder, h("0000004a 00000046 '{\"code\":0,\"flag\":1,\"language\":\"JAVA\",\"opaque\":0,\"version\":373,\"x\":\"yz1\"}'")},
		{"ignite-handshake", Originator, h("08000000 01 0100 0700 0000 02")},
		{"foundationdb-connect", Unknown, h("2c000000 00000073 b000db0f 0000 0100000000000000")},
		{"hana-init", Originator, h("ffffffff 04 14 00 04 01 00 00 01 01 01")},
		{"remoting-request", Originator, h("'.NET' 0100 0000 0000 05000000")},
		{"remoting-answer", Responder, h("'.NET' 0100 0200 0000 05000000")},
		{"hazelcast-client", Originator, h("'CP2' 1e000000 00c0")},
		{"hazelcast-member", Unknown, "HZC"},
		{"hazelcast-answer", Responder, "HZX"},
		{"sap-message", Unknown, h("00000072 '**MESSAGE**' 00 04 00 '-' 20 *39")},
		{"sap-answer", Responder, h("00000020 '*ERR*' 00 '1' 00 'Conversation not found' 00")},
		{"aerospike-build", Originator, h("0201 000000000006 'build' 0a")},
		{"aerospike-question", Originator, h("0201 000000000005 'node' 0a")},
		{"aerospike-answer", Responder, h("0201 00000000000e 'build' 09 '4.5.0.3' 0a")},
		{"bolt-handshake", Originator, h("6060b017 00070805 00000000 00000000 00000000 0001")},
		{"frostbite-version", Originator, h("00000000 18000000 01000000 07000000 'version' 00")},
		{"frostbite-answer", Responder, h("00000040 20000000 02000000 02000000 'OK' 00 08000000 'serverOK' 00")},
	}
}

func gameDatagrams() []message {
	return []message{
		{"samp-rules", Originator, h("'SAMP' 7f000001 611e 'r'")},
		{"samp-info", Originator, h("'SAMP' 7f000001 611e 'i'")},
		{"samp-ping", Unknown, h("'SAMP' 7f000001 611e 'ptest'")},
		{"samp-answer", Responder, h("'SAMP' 7f000001 611e 'r' 0100 02 'on'")},
		{"ase-answer", Responder, h("'EYE1' 04 'mta' 06 '22003'")},
		{"gamespy-basic", Originator, `\basic\`},
		{"gamespy-answer", Responder, `\gamename\ut\gamever\451\minnetver\432`},
		{"teamspeak-init", Originator, h("'TS3INIT1' 0065 0000 88 09cf6cf3 00 5ba52b00 65617273 00 *8")},
		{"teamspeak-answer", Responder, h("'TS3INIT1' 0065 88 01 a1 *16 73726165")},
	}
}
