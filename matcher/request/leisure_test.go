package request

import "testing"

// leisureStreams and leisureDatagrams are what televisions' servers, weather stations, games
// and receivers say, composed from their documents.
func leisureStreams() []message {
	return []message{
		{"htsp-hello", Originator, h("00000034 03 06 00000005 'method' 'hello' 02 0b 00000001 'htspversion' 01 03 0a 00000001 'clientname' 'e'")},
		{"htsp-answer", Responder, h("00000012 02 0b 00000001 'htspversion' 22")},
		{"ecowitt-version", Originator, h("ffff 50 03 53")},
		{"ecowitt-question", Originator, h("ffff 26 03 29")},
		{"ecowitt-answer", Responder, h("ffff 50 07 03 'GW1' 29")},
		{"mythtv-hello", Originator, "21      MYTH_PROTO_VERSION 91"},
		{"mythtv-answer", Responder, "13      ACCEPT[]:[]91"},
		{"aprs-greeting", Responder, "# aprsc 2.1.10-gd72a17c\r\n"},
		{"nmea-sentence", Unknown, "$GPGGA,092750.000,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,*76\r\n"},
		{"sbs-message", Responder, "MSG,3,1,1,4CA2D6,1,2024/01/01,12:00:00.000\r\n"},
		{"ntrip-table", Responder, "SOURCETABLE 200 OK\r\nServer: x\r\n"},
		{"jacktrip-port", Originator, h("70110000 'studio' 00 *58")},
		{"binrpc-request", Originator, h("a1 03 0f 01020304 91 0d 'core.version' 00")},
		{"binrpc-answer", Responder, h("a1 33 1c 01020304 20 01f4 91 17 'command abcd not found' 00")},
		{"lttng-version", Originator, h("0000000000000000 0000000000000008 00000005 00000000 00000002 0000000d")},
		{"lttnglive-connect", Originator, h("0000000000000014 00000001 00000000 0000000000000000 00000002 0000000d 00000001")},
		{"rtltcp-greeting", Responder, h("'RTL0' 00000005 0000001d")},
	}
}

func leisureDatagrams() []message {
	return []message{
		{"pppp-search", Originator, h("f1300000")},
		{"pppp-answer", Responder, h("f1410014 'VSTC' 00000000 00012345 'ABCDE' 000000")},
		{"pppp-data", Unknown, h("f1e00000")},
		{"tdp-query", Originator, h("02000001 00000000 00000000 463cb5d3")},
		{"tdp-answer", Responder, h("02000001 00001100 00000000 11223344 '{\"result\":{}}'")},
		{"slimproto-search", Originator, h("'eIPAD' 00 'NAME' 00")},
		{"slimproto-answer", Responder, h("'ENAME' 03 'nas' 'VERS' 05 '7.9.2'")},
		{"doom3-info", Originator, h("ffff 'getInfo' 00 01000000")},
		{"doom3-answer", Responder, h("ffff 'infoResponse' 00 01000000")},
		{"quakeworld-status", Originator, h("ffffffff 'status 23' 0a")},
		{"quakeworld-answer", Responder, h("ffffffff 'n' 5c '*version' 5c '2.40' 0a")},
		{"jellyfin-search", Originator, "Who is JellyfinServer?"},
		{"jellyfin-answer", Responder, `{"Address":"http://a:8096","Id":"1","Name":"n","EndpointAddress":null}`},
		{"jamulus-version", Originator, h("0000 f403 00 0000 bd23")},
		{"jamulus-answer", Responder, h("0000 f303 00 0800 02 0500 '3.9.1' 673c")},
		{"jamulus-message", Unknown, h("0000 ea03 00 0500 01 00000000 56be")},
		{"binrpc-request", Originator, h("a1 03 0f 01020304 91 0d 'core.version' 00")},
		{"binrpc-answer", Responder, h("a1 30 23 00 20 0190 91 1e 'bad request: corrupted packet' 00")},
		{"amxb-beacon", Responder, "AMXB<-UUID=1>"},
	}
}

// What only begins like a transmission of BaseStation's is none.
func TestBaseStation(t *testing.T) {
	for text, want := range map[string]Kind{
		"MSG,3,1,1,4CA2D6,1,2024/01/01,": "sbs-message",
		"MSG,8,,,4ca2d6,":                "sbs-message",
		"MSG,0,1,1,4CA2D6,1,":            "",
		"MSG,9,1,1,4CA2D6,1,":            "",
		"MSG,3;1,1,4CA2D6,1,":            "",
		"MSG,3,a,1,4CA2D6,1,":            "",
		"MSG,3,1,1,4CA2G6,1,":            "",
		"MSG,3,1,1,4CA2D6":               "",
		"MSG,3,1,":                       "",
		"MSG,hello, all of you\r\n":      "",
	} {
		if k, _ := hobby([]byte(text)); k != want {
			t.Errorf("%q: %q, want %q", text, k, want)
		}
	}
}
