package request

// openings are the words that need nothing else to be believed, in the order of their first
// bytes. Of those with one first byte the first that fits counts: a word stands before what
// it begins with. A protocol that is known by a word alone needs a line here and nothing
// else; what has to be looked at more closely is in distinct and in greeting.
var openings = [...]opening{
	{"# munin node at ", "munin-greeting", Responder},
	{"$Lock ", "nmdc-lock", Responder},
	{"$Supports ", "nmdc-client", Originator},
	{"$Key ", "nmdc-client", Originator},
	{"$MyNick ", "nmdc-client", Originator},
	{"( success ", "svn-greeting", Responder},
	{"( failure ", "svn-greeting", Responder},
	{"*IDN?", "scpi-identify", Originator},
	{"* FLAGS (", "imap-answer", Responder},
	{"* LIST (", "imap-answer", Responder},
	{"* SEARCH ", "imap-answer", Responder},
	{"* STATUS ", "imap-answer", Responder},
	{"* LSUB (", "imap-answer", Responder},
	{"* OK", "imap-answer", Responder},
	{"* PREAUTH", "imap-answer", Responder},
	{"* BYE", "imap-answer", Responder},
	{"* CAPABILITY", "imap-answer", Responder},
	{"* BAD", "imap-answer", Responder},
	{"* NO", "imap-answer", Responder},
	{"+OK\r\n", "redis-answer", Responder}, // a POP3 greeting has words
	{"+PONG\r\n", "redis-answer", Responder},
	{"+OK", "pop3-answer", Responder},
	{"--splunk-cooked-mode", "splunk-s2s", Originator},
	{"-ERR wrong number", "redis-answer", Responder},
	{"-ERR unknown command", "redis-answer", Responder},
	{"-NOAUTH", "redis-answer", Responder},
	{"-DENIED", "redis-answer", Responder},
	{"-WRONGPASS", "redis-answer", Responder},
	{"-ERR", "pop3-answer", Responder},
	{"500 connection info:\r\n", "hyperdeck-greeting", Responder},
	{"< NTP/1.", "nessus-hello", Unknown},
	{"<policy-file-request/>", "flashpolicy-request", Originator},
	{"@RSYNCD: ", "rsync-ident", Unknown},
	{"AUTHCHALLENGE ", "torcontrol-command", Originator}, // longer than verbs are
	{"CONNECTED\n", "stomp-answer", Responder},
	{"CONNECTED\r\n", "stomp-answer", Responder},
	{"DIST0000000", "distcc-job", Originator},
	{"DONE0000000", "distcc-answer", Responder},
	{"DmdT", "ncp-request", Originator},
	{"END\r\n", "memcached-answer", Responder},
	{"ERROR\r\n", "memcached-answer", Responder},
	{"ERROR :", "irc-answer", Responder},
	{"GNUTELLA CONNECT/", "gnutella-connect", Originator},
	{"GNUTELLA/", "gnutella-answer", Responder},
	{"Gh0st", "gh0st-packet", Unknown},
	{"I LOVE YOU\n", "cvs-answer", Responder},
	{"I HATE YOU\n", "cvs-answer", Responder},
	{"INFO {", "nats-greeting", Responder},
	{"JXTAHELLO ", "jxta-hello", Unknown},
	{"NetBus 1.", "netbus-greeting", Responder},
	{"NetBus 2.", "netbus-greeting", Responder},
	{"NXSH-", "nx-ident", Unknown},
	{"NXD-", "nx-ident", Unknown},
	{"NBDMAGIC", "nbd-greeting", Responder},
	{"OK MPD ", "mpd-greeting", Responder},
	{"PJLINK 0\r", "pjlink-greeting", Responder},
	{"PJLINK 1 ", "pjlink-greeting", Responder},
	{"PJLINK ERRA", "pjlink-greeting", Responder},
	{"PROTOCOL PREAMBLE:", "videohub-greeting", Responder},
	{"RPY 0 0 . 0 ", "beep-greeting", Unknown},
	{"SSH-2.0-", "ssh-ident", Unknown},
	{"SSH-1.", "ssh-ident", Unknown},
	{"STAT ", "memcached-answer", Responder},
	{"TS3\n", "teamspeak-greeting", Responder},
	{"TS3\r\n", "teamspeak-greeting", Responder},
	{"Tarantool ", "tarantool-greeting", Responder},
	{"VALUE ", "memcached-answer", Responder},
	{"VERSION OK ", "vmix-greeting", Responder},
	{"VST/1.", "arangodb-hello", Originator},
	{"ceph v", "ceph-ident", Unknown},
	{"connected. time/date: ", "subseven-greeting", Responder},
	{"dtn!\x03", "dtn-contact", Unknown},
	{"dtn!\x04", "dtn-contact", Unknown},
	{"gkrellm ", "gkrellm-ident", Originator},
}

// opened recognises the protocols of openings.
func opened(b []byte) (Kind, Side) { return lookUp(openings[:], b) }

// distinct recognises the protocols whose streams begin with a sign of their own, and go on
// in a way that has to be looked at.
func distinct(b []byte) (Kind, Side) {
	switch c := b[0]; {
	case c < 'A':
		return distinctSign(b)
	case c <= 'Z':
		return distinctCapital(b)
	}
	return distinctSmall(b)
}

// distinctSign is distinct for marks and digits.
func distinctSign(b []byte) (Kind, Side) {
	switch b[0] {
	case '\r', '\n':
		return gaugeAnswer(b)
	case '%':
		return pjlink(b)
	case '(':
		return svnClient(b)
	case '*':
		return first(b, avr, resp)
	case '/':
		return meter(b)
	case '0':
		return gitLine(b)
	case '3', '4', '6', '7', '9':
		return first(b, qmail, njRAT)
	case '5':
		return first(b, slmpText, qmail)
	case '1', '2':
		return first(b, lumberjack, qmail, njRAT)
	case '8':
		return first(b, fix, qmail)
	case '<':
		return first(b, xmpp, syslog)
	}
	return "", Unknown
}

// distinctCapital is distinct for capital letters.
func distinctCapital(b []byte) (Kind, Side) {
	switch b[0] {
	case 'A':
		return first(b, opcua, amqpHeader)
	case 'C':
		return first(b, adb, framed)
	case 'D':
		return first(b, db2Search, slmpText)
	case 'E':
		return first(b, esTransport, opcua, whatsApp)
	case 'F':
		return finsStream(b)
	case 'G':
		return giop(b)
	case 'H':
		return first(b, weblogic, opcua)
	case 'I':
		return iscp(b)
	case 'J':
		return rmi(b)
	case 'M', 'O':
		return opcua(b)
	case 'N':
		return rmiAnswer(b)
	case 'R':
		return first(b, rfb, opcua)
	case 'W':
		return whatsApp(b)
	case 'Z':
		return zabbix(b)
	}
	return "", Unknown
}

// distinctSmall is distinct for small letters and braces.
func distinctSmall(b []byte) (Kind, Side) {
	switch b[0] {
	case 'f':
		return fox(b)
	case 'i':
		return zookeeperOK(b)
	case 'm':
		return yggdrasil(b)
	case 's':
		return informix(b)
	case 't':
		return weblogic(b)
	case '{':
		return first(b, yeelight, electrum)
	}
	return "", Unknown
}
