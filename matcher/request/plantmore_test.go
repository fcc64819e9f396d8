package request

func plantmoreStreams() []message {
	return []message{
		{"atg-answer", Responder, "\x01\r\nI20100\r\nJAN 26, 2015\r\n"},
		{"atg-answer", Responder, "\nI20100\n05/30/2018 19:15\n"},
		{"codesys-question", Originator, h("bbbb 01000000 01")},
		{"codesys-answer", Responder, h("bbbb 01000000 88 00 *120")},
		{"db2das-search", Originator, "DB2GETADDR\x00SQL05000\x00"},
		{"db2das-answer", Responder, "DB2RETADDR\x00SQL09072\x00DBHOST\x00"},
	}
}

func plantmoreDatagrams() []message {
	return []message{
		{"ads-discovery", Originator, h("03661471 00000000 01000000 0a0000010101 1027 00000000")},
		{"ads-discovered", Responder, h("03661471 00000000 01000080 0a0000010101 1027 00000000")},
		{"db2das-answer", Responder, "DB2RETADDR\x00SQL09072\x00DBHOST\x00"},
	}
}
