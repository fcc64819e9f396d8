package request

import "strings"

// messages are all that the tables hold.
func messages() map[Proto][]message {
	return map[Proto][]message{TCP: append(streams(), rareStreams()...), UDP: append(datagrams(), rareDatagrams()...), SCTP: associations()}
}

// rareStreams are messages of protocols that are met less often, each composed from its document.
func rareStreams() []message {
	return []message{
		{"rlogin-start", Originator, "\x00alice\x00bob\x00xterm/38400\x00"},
		{"rsh-start", Originator, "1022\x00alice\x00bob\x00uname -a\x00"},
		{"rsh-start", Originator, "0\x00alice\x00secret\x00id\x00"},
		{"spice-link", Originator, h("'REDQ' 02000000 02000000 1a000000 00000000 01 00 01000000 01000000 12000000 09000000 0d000000")},
		{"spice-answer", Responder, h("'REDQ' 02000000 02000000 ba000000 00000000 30 *162 01000000 01000000 b2000000 0b000000 09000000")},
		{"ica-detect", Unknown, h("7f7f 'ICA' 00 7f7f 'ICA' 00")},
		{"ica-gateway", Unknown, h("1a 'CGP/01' 0005")},
		{"thrift-call", Originator, h("80010001 00000007 'getName' 00000001 00")},
		{"thrift-answer", Responder, h("00000014 80010002 00000007 'getName' 00000001 00")},
		{"zmtp-greeting", Unknown, h("ff 00000000000000 01 7f")},
		{"zmtp-greeting", Unknown, h("ff 00 *8 7f 03 00 'NULL' 00 *16 00 00 *31")},
		{"ibmmq-segment", Unknown, h("'TSH ' 00000108 02 01 30 00 00000000 00000000 00000111 0333 00 00 'ID  ' 0c 26")},
		{"hadoop-header", Originator, h("'hrpc' 09 00 00 0000001c")},
		{"hbase-header", Originator, h("'HBas' 00 50 00000010")},
		{"fastcgi-begin", Originator, h("01 01 0001 0008 00 00 0001 00 00 00000000")},
		{"fastcgi-answer", Responder, h("01 06 0001 0018 00 00 'Content-type: text/html' 0a")},
		{"openflow-hello", Unknown, h("04 00 0010 0000000f 0001 0008 00000010")},
		{"openflow-hello", Unknown, h("01 00 0008 00000001")},
		{"ndmp-answer", Responder, h("80000024 00000001 5f000000 00000000 00000502 00000000 00000000 00000000 00000004 00000000")},
		{"ndmp-request", Originator, h("8000001c 00000001 5f000000 00000000 00000900 00000000 00000000 00000004")},
		{"couchbase-request", Originator, h("80 1f 0006 00 00 0000 0000000a 00000001 00 *8 'client' 0001 0002")},
		{"couchbase-answer", Responder, h("81 b5 0000 00 00 0000 00000004 00000001 00 *8 '{\"a}'")},
		{"sap-route", Originator, h("00000020 'NI_ROUTE' 00 02 28 02 00 00 00000008 00000008 'host' 00 '33' 00")},
		{"sap-answer", Responder, h("00000008 'NI_PONG' 00")},
		{"iperf3-cookie", Originator, strings.Repeat("abcd2345", 5)[:36] + "\x00"},
		{"synchrophasor-command", Originator, h("aa41 0012 0007 453d0e1d 00000000 0005 4d27")},
		{"dlms-associate", Originator, h("0001 0010 0001 001f 60 1d a109 0607 60857405080101 be10 040e 01000000 065f1f04 0000 7e1f 04b0")},
		{"dlms-request", Originator, h("0001 0010 0001 000d c001 c1 0008 0000010000ff 02 00")},
		{"dlms-answer", Responder, h("0001 0001 0010 0008 c401 c1 00 09 02 07e4")},
		{"iec62056-request", Originator, "/?!\r\n"},
		{"iec62056-request", Originator, "/?12345678!\r\n"},
		{"atg-command", Originator, "\x01I20100\n"},
		{"pcworx-start", Originator, h("0101001a 00000000 78800003000c 'IBETH01N0_M' 00")},
		{"pcworx-answer", Responder, h("81010014 0000 00000002 00000402 00 *6")},
		{"proconos-version", Originator, h("cc01000b4002000047ee")},
		{"hislip-start", Originator, h("'HS' 00 00 0100 'ZZ' 0000000000000007 'hislip0'")},
		{"hislip-answer", Responder, h("'HS' 01 00 0100 0001 0000000000000000")},
		{"someip-request", Originator, h("1234 0421 00000009 00010001 01 01 00 00 2a")},
		{"someip-answer", Responder, h("1234 0421 00000009 00010001 01 01 80 00 2a")},
		{"oscar-hello", Unknown, h("2a01 0001 0004 00000001")},
		{"oscar-login", Originator, h("2a01 0002 000d 00000001 0001 0005 'alice'")},
		{"oscar-message", Unknown, h("2a02 0003 0010 0001 0003 0000 00000000 0001 0002 0003")},
		{"ymsg-message", Unknown, h("'YMSG' 0010 0000 0007 0057 00000000 00000000 '1' c080 'bob' c080")},
		{"msnp-version", Unknown, "VER 1 MSNP15 CVR0\r\n"},
		{"msrp-request", Originator, "MSRP a786hjs2 SEND\r\nTo-Path: msrp://b.example:12763/k;tcp\r\n"},
		{"msrp-answer", Responder, "MSRP a786hjs2 200 OK\r\nTo-Path: msrp://a.example:7654/j;tcp\r\n"},
		{"megaco-request", Originator, "MEGACO/1 [192.0.2.1]:2944\nTransaction=9998{Context=-{ServiceChange=ROOT{}}}"},
		{"tplink-sysinfo", Originator, h("0000001d d0f281f88bff9af7d5ef94b6d1b4c09fec95e68fe187e8caf08bf68bf6")},
		{"isns-request", Originator, h("0001 0001 000c 8c00 0001 0000 00000020 00000004 00000001")},
		{"isns-answer", Responder, h("0001 8001 0004 4c00 0001 0000 00000000")},
		{"http-get", Originator, h("0d0a0d0a000d0a515549540a 21 11 000c c0000201 c0000202 1388 0050 'GET / HTTP/1.1' 0d0a0d0a")},
	}
}

// rareDatagrams are the same for UDP.
func rareDatagrams() []message {
	return []message{
		{"rdp-syn", Originator, h("ffffffff 0040 0201 00000001 04d0 04d0 00 *1216")},
		{"rdp-answer", Responder, h("00000001 0040 0205 00000001 04d0 04d0 00 *1216")},
		{"radius-dynamic", Originator, h("28 05 001b 00 *16 01 07 'alice'")},
		{"radius-answer", Responder, h("2a 05 0014 11 *16")},
		{"ldp-message", Unknown, h("0001 001e c0000201 0000 0100 0014 00000001 0400 0004 000f 0000 0401 0004 c0000201")},
		{"pfcp-request", Originator, h("20 05 001a 000001 00 003c 0005 00 c0000201 0060 0004 e5000000 0059 0001 01")},
		{"pfcp-answer", Responder, h("21 33 0011 0000000000000001 000002 00 0013 0001 01")},
		{"gtp-charging", Originator, h("0e f0 0003 0001 7e 01 01")},
		{"gtp-answer", Responder, h("0e f1 0002 0001 01 80")},
		{"gtp-request", Originator, h("48 5f 000d 00000001 000001 00 4900 0100 05")},
		{"gtp-answer", Responder, h("48 60 000e 00000001 000001 00 0200 0200 1000")},
		{"capwap-request", Originator, h("00 10 02 00 0000 0000 00000001 00 0008 00 0014 0001 01")},
		{"capwap-answer", Responder, h("00 10 02 00 0000 0000 00000002 00 0008 00 001c 0001 01")},
		{"capwap-dtls", Originator, h("01000000 16 feff 0000 000000000000 0010 01 000004 0000 000000 000004 feff0000")},
		{"wccp-cache", Originator, h("0000000a 0200 0008 0000 0004 00000000")},
		{"wccp-router", Responder, h("0000000b 0200 0008 0000 0004 00000000")},
		{"megaco-request", Originator, "!/1 [192.0.2.1]:2944\nT=9998{C=-{SC=ROOT{SV{MT=RS}}}}"},
		{"megaco-answer", Responder, "MEGACO/1 [192.0.2.2]:2944\nReply=9998{Context=-{}}"},
		{"icp-query", Originator, h("01 02 002d 00000001 00000000 00000000 c0000201 00000000 'http://a.example/mno' 00")},
		{"icp-answer", Responder, h("03 02 0029 00000001 00000000 00000000 c0000201 'http://a.example/mno' 00")},
		{"synchrophasor-frame", Responder, h("aa01 0012 0007 453d0e1d 00000000 0005 672e")},
		{"rtps-message", Unknown, h("'RTPS' 0203 010f 010f9aa8d01f000001000000 0901 0800")},
		{"someip-discovery", Unknown, h("ffff 8100 0000000c 00000001 01 01 02 00 c0000000")},
		{"enip-data", Unknown, h("0200 0280 0800 01000000 05000000 b100 0400 01020304")},
		{"gvcp-command", Originator, h("42 01 0002 0000 0001")},
		{"gvcp-answer", Responder, h("0000 0003 00f8 0001 00 *248")},
		{"mqttsn-connect", Originator, h("0a 04 04 01 003c 'node'")},
		{"ethereum-query", Originator, h("11 *96 01 01 cb 04 c0 c0 85 0102030405 80 80 80")},
		{"ethereum-answer", Responder, h("11 *96 00 02 c8 c0 84 01020304 80 80")},
		{"utp-syn", Originator, h("41 00 1234 00000001 00000000 00100000 0001 0000")},
		{"srt-induction", Originator, h("80000000 00000000 00000001 00000000 00000004 0000 0002 00001234 000005dc 00002000 00000001 00001234 00000000 00 *16")},
		{"rakpeer-open", Originator, h("05 00ffff00fefefefefdfdfdfd12345678 06 00 *64")},
		{"rakpeer-answer", Responder, h("06 00ffff00fefefefefdfdfdfd12345678 0000000000000001 00 05d4")},
		{"gamespy-query", Originator, h("fefd 09 04050607")},
		{"gamespy-query", Originator, "\\status\\"},
		{"syncthing-announce", Unknown, h("2ea7d90b 0a20 11 *32 1216 'tcp://0.0.0.0:22000'")},
		{"tailscale-disco", Unknown, h("5453f09f92ac 11 *56")},
		{"bjnp-request", Originator, h("'BJNP' 02 01 00000001 0000 00000000")},
		{"bjnp-answer", Responder, h("'BJNP' 82 01 0000 0001 0000 00000002 0101")},
		{"teamviewer-message", Unknown, h("00 *10 03 1724 47 50 00 05 00 *9")},
		{"agora-answer", Responder, h("00 6a2e07 0000 2300 5a384c 0004 'PEID' 0400 0100 1c00 'PROF' 0001 88 *30")},
	}
}

// associations are messages over SCTP.
func associations() []message {
	return []message{
		{"diameter-cer", Originator, h("01000028 80000101 00000000 00000001 00000002 00000108 40000011 'a.example' 000000")},
		{"m3ua-aspup", Originator, h("01 00 03 01 00000008")},
		{"m3ua-answer", Responder, h("01 00 03 04 00000008")},
		{"m3ua-data", Unknown, h("01 00 01 01 0000001c 0210 0014 00000001 00000002 03 02 00 05 01020304")},
		{"s1ap-setup", Originator, h("00 11 00 11 00 00 01 00 3b 00 0a 00 00f110 0000 01 02 03 04")},
		{"s1ap-setup", Responder, h("20 11 00 0a 00 00 01 00 69 00 03 00 00 01")},
		{"ngap-setup", Originator, h("00 15 00 0f 00 00 01 00 1b 00 08 00 00f110 00 01 02 03")},
		{"x2ap-setup", Originator, h("00 06 00 0f 00 00 01 00 15 00 08 00 00f110 00 01 02 03")},
	}
}
