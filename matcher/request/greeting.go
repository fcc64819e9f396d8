package request

// greeting recognises what responders say first, and replies by their codes, where a word
// alone does not tell.
func greeting(b []byte) (Kind, Side) {
	switch c := b[0]; c {
	case '1', '2', '3', '4', '5':
		return reply(b)
	case '$':
		return redisBulk(b)
	case '*':
		return imapCount(b)
	case ':', 'N':
		return ircNotice(b)
	case '"':
		if hasFold(b, 0, `"IMPLEMENTATION" `) {
			return "sieve-greeting", Responder
		}
	case 'V':
		if has(b, 0, "VERSION ") && isDigit(byte(max(at(b, 8), 0))) {
			return "memcached-answer", Responder
		}
	case 'L':
		if has(b, 0, "Login") && within(b, 64, ": ") && within(b, 128, "Name") && (within(b, 512, "Directory: ") || within(b, 512, "Tty") || within(b, 512, "TTY")) {
			return "finger-answer", Responder
		}
	}
	return "", Unknown
}

// reply recognises a line that begins with a code of three digits, as FTP, SMTP and NNTP
// answer in; their codes are the same (RFC 959 §4.2), and not all lines say whose they are.
func reply(b []byte) (Kind, Side) {
	if len(b) < 4 || !number(b[:3]) || b[3] != ' ' && b[3] != '-' && b[3] != '\r' && b[3] != '\n' {
		return "", Unknown
	}
	switch {
	case has(b, 0, "220"):
		return welcome(b), Responder
	case has(b, 0, "200 ") && within(b, 128, "posting"):
		return "nntp-greeting", Responder
	case has(b, 0, "211 ") && isDigit(byte(max(0, at(b, 4)))):
		return "nntp-answer", Responder
	}
	if k, s := lookUp(replies[:], b); k != "" {
		return k, s
	}
	return "reply", Responder
}

// replies are the codes, and the words behind them, that tell the protocol; sorted as openings are.
var replies = [...]opening{
	{"150 ", "ftp-answer", Responder},
	{"201 ", "nntp-greeting", Responder},
	{"211-", "ftp-answer", Responder},
	{"215 list", "nntp-answer", Responder},
	{"221 0 <", "nntp-answer", Responder},
	{"222 0 <", "nntp-answer", Responder},
	{"226 ", "ftp-answer", Responder},
	{"227 ", "ftp-answer", Responder},
	{"229 ", "ftp-answer", Responder},
	{"230", "ftp-answer", Responder},
	{"250-PROTOCOLINFO ", "reply", Responder}, // Tor's control port
	{"250-version=", "reply", Responder},
	{"250-", "smtp-answer", Responder},
	{"331 ", "ftp-answer", Responder},
	{"354 ", "smtp-answer", Responder},
	{"530 ", "ftp-answer", Responder},
	{"554 ", "smtp-answer", Responder},
}

// welcome tells the greetings of SMTP and FTP apart, which have one code, by what they say.
func welcome(b []byte) Kind {
	line, _ := firstLine(b)
	for i := 4; i+4 <= len(line); i++ {
		switch {
		case hasFold(line, i, "SMTP"):
			return "smtp-greeting"
		case hasFold(line, i, "FTP"):
			return "ftp-greeting"
		}
	}
	return "reply"
}
