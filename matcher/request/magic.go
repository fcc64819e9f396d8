package request

import "bytes"

// magicText recognises protocols whose first bytes are a fixed word.
func magicText(b []byte) (Kind, Side) {
	switch b[0] {
	case '/':
		return meter(b)
	case '{':
		if k, s := yeelight(b); k != "" {
			return k, s
		}
		return electrum(b)
	case 't':
		return weblogic(b)
	case '@':
		if has(b, 0, "@RSYNCD: ") {
			return "rsync-ident", Unknown
		}
	case '*':
		if k, s := resp(b); k != "" {
			return k, s
		}
		if has(b, 0, "*IDN?") {
			return "scpi-identify", Originator
		}
	case '$':
		switch {
		case has(b, 0, "$Lock "):
			return "nmdc-lock", Responder
		case has(b, 0, "$Supports "), has(b, 0, "$Key "), has(b, 0, "$MyNick "):
			return "nmdc-client", Originator
		}
	case '#':
		if has(b, 0, "# munin node at ") {
			return "munin-greeting", Responder
		}
	case '(':
		switch {
		case has(b, 0, "( success "), has(b, 0, "( failure "):
			return "svn-greeting", Responder
		case len(b) > 4 && isDigit(b[2]) && (within(b, 64, "edit-pipeline") || within(b, 64, "svndiff")):
			return "svn-client", Originator
		}
	case '<':
		switch {
		case within(b, 256, "<stream:stream") || within(b, 256, "<stream "):
			if within(b, 512, " id='") || within(b, 512, " id=\"") || within(b, 512, "<stream:features") || within(b, 512, "<stream:error") {
				return "xmpp-answer", Responder
			}
			return "xmpp-stream", Originator
		case has(b, 0, "< NTP/1."):
			return "nessus-hello", Unknown
		case syslogPriority(b):
			return "syslog-message", Originator
		case has(b, 0, "<policy-file-request/>"):
			return "flashpolicy-request", Originator
		}
	case '0':
		if n, ok := hex4(b); ok && n > 8 && (has(b, 4, "git-upload-pack ") || has(b, 4, "git-receive-pack ")) {
			return "git-proto", Originator
		}
		if has(b, 0, "\x30\x30") && has(b, 4, "# service=git") {
			return "git-answer", Responder
		}
	case '8':
		if has(b, 0, "8=FIX") && at(b, 5) >= 0 {
			return "fix-logon", Unknown
		}
	case 'A':
		switch {
		case has(b, 0, "ACKF") && le32(b, 4) >= 28 && le32(b, 4) < 256:
			return "opcua-answer", Responder
		case has(b, 0, "AMQP\x00\x00\x09\x01"), has(b, 0, "AMQP\x01\x01"):
			return "amqp-header", Originator
		case has(b, 0, "AMQP\x03\x01\x00\x00") && has(b, 12, "\x02\x01\x00\x00\x00\x53\x40"):
			return "amqp-start", Responder // mechanisms of SASL, which the responder lists
		case has(b, 0, "AMQP") && len(b) >= 8 && b[4] <= 3 && b[5] <= 1 && (b[5] == 1 || b[6] <= 9):
			return "amqp-header", Unknown // AMQP 1.0: the responder repeats it
		}
	case 'C':
		switch {
		case has(b, 0, "CNXN") && le32(b, 8) >= 1024 && within(b, 64, "host:"):
			return "adb-connect", Originator
		case has(b, 0, "CNXN") && le32(b, 8) >= 1024:
			return "adb-answer", Responder
		case has(b, 0, "CONNECTED\n"), has(b, 0, "CONNECTED\r\n"):
			return "stomp-answer", Responder
		case has(b, 0, "Content-Length: "):
			return framed(b)
		}
	case 'D':
		switch {
		case has(b, 0, "DIST0000000"):
			return "distcc-job", Originator
		case has(b, 0, "DONE0000000"):
			return "distcc-answer", Responder
		case has(b, 0, "DmdT"):
			return "ncp-request", Originator
		}
	case 'E':
		if has(b, 0, "ES") && be32(b, 2) >= 0 && be32(b, 2) == int64(len(b)-6) {
			return "estransport-message", Unknown
		}
		if has(b, 0, "ERRF") && le32(b, 4) >= 16 {
			return "opcua-answer", Responder
		}
	case 'F':
		if has(b, 0, "FINS") && be32(b, 4) >= 12 && be32(b, 4) < 4096 {
			switch be32(b, 8) {
			case 0, 2:
				return "fins-connect", Originator
			case 1:
				return "fins-answer", Responder
			}
		}
	case 'G':
		switch {
		case has(b, 0, "GIOP\x01") && at(b, 5) <= 3:
			switch at(b, 7) {
			case 0, 3:
				return "giop-request", Originator
			case 1, 4, 6:
				return "giop-answer", Responder
			}
		case has(b, 0, "GNUTELLA CONNECT/"):
			return "gnutella-connect", Originator
		case has(b, 0, "GNUTELLA/"):
			return "gnutella-answer", Responder
		}
	case 'H', 'O', 'M':
		if k, s := weblogic(b); k != "" {
			return k, s
		}
		return opcua(b)
	case 'I':
		if has(b, 0, "I LOVE YOU\n") || has(b, 0, "I HATE YOU\n") {
			return "cvs-answer", Responder
		}
	case 'J':
		if has(b, 0, "JRMI\x00") && len(b) >= 7 && b[6] >= 0x4b && b[6] <= 0x4d {
			return "rmi-handshake", Originator
		}
	case 'N':
		if at(b, 1) == 0 && at(b, 2) > 0 && b[2] < 128 && len(b) >= 7+int(b[2]) && printable(b[3:3+b[2]]) && zero(b, 3+int(b[2]), 5+int(b[2])) {
			return "rmi-answer", Responder
		}
		if has(b, 0, "NXSH-") || has(b, 0, "NXD-") {
			return "nx-ident", Unknown
		}
		if has(b, 0, "NBDMAGIC") {
			return "nbd-greeting", Responder
		}
	case 'R':
		if has(b, 0, "RFB 00") && len(b) >= 11 {
			return "vnc-ident", Unknown
		}
		return opcua(b)
	case 'S':
		if has(b, 0, "SSH-") && (has(b, 4, "2.0-") || has(b, 4, "1.")) {
			return "ssh-ident", Unknown
		}
	case 'T':
		switch {
		case has(b, 0, "TS3\n"), has(b, 0, "TS3\r\n"):
			return "teamspeak-greeting", Responder
		case has(b, 0, "Tarantool "):
			return "tarantool-greeting", Responder
		}
	case 'Z':
		if has(b, 0, "ZBXD") && at(b, 4) > 0 && b[4] < 8 {
			switch {
			case within(b, 256, `"request"`):
				return "zabbix-request", Originator
			case within(b, 256, `"response"`):
				return "zabbix-answer", Responder
			}
			return "zabbix-message", Unknown
		}
	case 'c':
		if has(b, 0, "ceph v") {
			return "ceph-ident", Unknown
		}
	case 'f':
		if has(b, 0, "fox a ") {
			switch {
			case has(b, 6, "0 "):
				return "fox-answer", Responder
			case within(b, 32, "fox hello"):
				return "fox-hello", Originator
			}
		}
	case 'm':
		if has(b, 0, "meta\x00\x04") && len(b) == 38 || has(b, 0, "meta\x00") && has(b, 6, "\x00\x00\x00\x02\x00\x00\x00\x01\x00\x02") {
			return "yggdrasil-hello", Unknown
		}
	case 'g':
		if has(b, 0, "gkrellm ") {
			return "gkrellm-ident", Originator
		}
	case 'i':
		if has(b, 0, "imok") && len(b) <= 5 {
			return "zookeeper-answer", Responder
		}
	case '1', '2':
		if has(b, 1, "W\x00") && len(b) >= 6 {
			return "lumberjack-window", Originator
		}
	case '-':
		if has(b, 0, "--splunk-cooked-mode") {
			return "splunk-s2s", Originator
		}
	}
	return "", Unknown
}

// resp recognises a command of the Redis protocol, an array of bulk strings, or an array
// that may be an answer.
func resp(b []byte) (Kind, Side) {
	i := 1
	for i < len(b) && i < 8 && isDigit(b[i]) {
		i++
	}
	if i == 1 || !has(b, i, "\r\n$") {
		return "", Unknown
	}
	i += 3
	n := i
	for i < len(b) && i < n+4 && isDigit(b[i]) {
		i++
	}
	if i == n || !has(b, i, "\r\n") {
		return "", Unknown
	}
	var buf [12]byte
	switch w := word(b[i+2:], &buf); string(w) {
	case "PING":
		return "redis-ping", Originator
	case "INFO":
		return "redis-info", Originator
	case "HELLO":
		return "redis-hello", Originator
	case "AUTH":
		return "redis-auth", Originator
	case "COMMAND":
		return "redis-command", Originator
	case "CLIENT":
		return "redis-client", Originator
	case "APPEND", "BLPOP", "BRPOP", "BZPOPMIN", "CLUSTER", "CONFIG", "DBSIZE", "DECR", "DEL", "DISCARD", "ECHO", "EVAL", "EVALSHA", "EXEC", "EXISTS", "EXPIRE",
		"FLUSHALL", "FLUSHDB", "GET", "GETSET", "HDEL", "HEXISTS", "HGET", "HGETALL", "HINCRBY", "HKEYS", "HLEN", "HMGET", "HMSET", "HSCAN", "HSET",
		"INCR", "INCRBY", "KEYS", "LINDEX", "LLEN", "LPOP", "LPUSH", "LRANGE", "LREM", "LTRIM", "MGET", "MONITOR", "MSET", "MULTI", "OBJECT", "PEXPIRE",
		"PSETEX", "PSUBSCRIBE", "PSYNC", "PTTL", "PUBLISH", "REPLCONF", "ROLE", "RPOP", "RPUSH", "SADD", "SCAN", "SCARD", "SCRIPT", "SELECT", "SENTINEL",
		"SET", "SETEX", "SETNX", "SISMEMBER", "SLAVEOF", "SLOWLOG", "SMEMBERS", "SREM", "STRLEN", "SUBSCRIBE", "SYNC", "TIME", "TTL", "TYPE", "UNLINK", "UNWATCH",
		"WATCH", "XADD", "XREAD", "XREADGROUP", "ZADD", "ZCARD", "ZRANGE", "ZRANGEBYSCO", "ZREM", "ZSCORE":
		return "redis-call", Originator
	case "MESSAGE", "PMESSAGE":
		return "redis-answer", Responder
	}
	return "redis-array", Unknown
}

// hex4 reads four hexadecimal digits: the length of a git pkt-line.
func hex4(b []byte) (n int, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch c = upper(c); {
		case isDigit(c):
			n = n<<4 | int(c-'0')
		case c >= 'A' && c <= 'F':
			n = n<<4 | int(c-'A'+10)
		default:
			return 0, false
		}
	}
	return n, true
}

// syslogPriority reports whether b starts with "<0>" to "<191>" (RFC 5424 §6.2.1).
func syslogPriority(b []byte) bool {
	n, i := 0, 1
	for i < len(b) && i < 4 && isDigit(b[i]) {
		n = n*10 + int(b[i]-'0')
		i++
	}
	return i > 1 && n <= 191 && at(b, i) == '>' && at(b, i+1) >= 0x20
}

// greetingText recognises what responders say first, and replies by their codes.
func greetingText(b []byte) (Kind, Side) {
	switch c := b[0]; {
	case c >= '1' && c <= '5' && len(b) >= 4 && isDigit(b[1]) && isDigit(b[2]) && (b[3] == ' ' || b[3] == '-' || b[3] == '\r' || b[3] == '\n'):
		return replyCode(b), Responder
	case c == '+':
		switch {
		case has(b, 0, "+OK\r\n"), has(b, 0, "+PONG\r\n"): // a POP3 greeting has words
			return "redis-answer", Responder
		case has(b, 0, "+OK"):
			return "pop3-answer", Responder
		}
	case c == '-':
		switch {
		case has(b, 0, "-ERR wrong number"), has(b, 0, "-ERR unknown command"), has(b, 0, "-NOAUTH"), has(b, 0, "-DENIED"), has(b, 0, "-WRONGPASS"):
			return "redis-answer", Responder
		case has(b, 0, "-ERR"):
			return "pop3-answer", Responder
		}
	case c == '$':
		i := 1
		for i < len(b) && i < 10 && isDigit(b[i]) {
			i++
		}
		if i > 1 && has(b, i, "\r\n") {
			return "redis-answer", Responder
		}
	case c == '*':
		i := 2
		for i < len(b) && i < 12 && isDigit(b[i]) {
			i++
		}
		if i > 2 && has(b, 1, " ") && (has(b, i, " EXISTS\r\n") || has(b, i, " FETCH (") || has(b, i, " RECENT\r\n") || has(b, i, " EXPUNGE\r\n")) {
			return "imap-answer", Responder
		}
		switch {
		case has(b, 0, "* FLAGS ("), has(b, 0, "* LIST ("), has(b, 0, "* SEARCH "), has(b, 0, "* STATUS "), has(b, 0, "* LSUB ("):
			return "imap-answer", Responder
		case has(b, 0, "* OK"), has(b, 0, "* PREAUTH"), has(b, 0, "* BYE"), has(b, 0, "* CAPABILITY"), has(b, 0, "* BAD"), has(b, 0, "* NO"):
			return "imap-answer", Responder
		}
	case c == ':':
		line, _ := firstLine(b)
		if i := bytes.IndexByte(line, ' '); i > 1 && (has(line, i, " NOTICE ") || len(line) > i+4 && isDigit(line[i+1]) && isDigit(line[i+2]) && isDigit(line[i+3]) && line[i+4] == ' ') {
			return "irc-answer", Responder
		}
	case c == '"':
		if hasFold(b, 0, `"IMPLEMENTATION" `) {
			return "sieve-greeting", Responder
		}
	case c == 'N':
		if has(b, 0, "NOTICE ") && within(b, 64, " :") {
			return "irc-answer", Responder
		}
	case c == 'O':
		if has(b, 0, "OK MPD ") {
			return "mpd-greeting", Responder
		}
	case c == 'I':
		if has(b, 0, "INFO {") {
			return "nats-greeting", Responder
		}
	case c == 'V':
		if has(b, 0, "VERSION ") && isDigit(byte(max(at(b, 8), 0))) || has(b, 0, "VALUE ") {
			return "memcached-answer", Responder
		}
	case c == 'L':
		if has(b, 0, "Login") && within(b, 64, ": ") && within(b, 128, "Name") && (within(b, 512, "Directory: ") || within(b, 512, "Tty") || within(b, 512, "TTY")) {
			return "finger-answer", Responder
		}
	case c == 'S':
		if has(b, 0, "STAT ") {
			return "memcached-answer", Responder
		}
	case c == 'E':
		if has(b, 0, "END\r\n") || has(b, 0, "ERROR\r\n") || has(b, 0, "ERROR :") {
			if has(b, 0, "ERROR :") {
				return "irc-answer", Responder
			}
			return "memcached-answer", Responder
		}
	}
	return "", Unknown
}

// replyCode tells FTP, SMTP and NNTP greetings apart where they say it; their
// codes are the same (RFC 959 §4.2).
func replyCode(b []byte) Kind {
	switch {
	case hasFold(b[:3], 0, "220"):
		line, _ := firstLine(b)
		for i := 4; i+4 <= len(line); i++ {
			switch {
			case hasFold(line, i, "SMTP"):
				return "smtp-greeting"
			case hasFold(line, i, "FTP"):
				return "ftp-greeting"
			}
		}
	case has(b, 0, "250-PROTOCOLINFO "), has(b, 0, "250-version="): // Tor's control port
	case has(b, 0, "250-"), has(b, 0, "554 "), has(b, 0, "354 "):
		return "smtp-answer"
	case has(b, 0, "211 ") && isDigit(byte(max(0, at(b, 4)))), has(b, 0, "215 list"), has(b, 0, "220 0 <"), has(b, 0, "221 0 <"), has(b, 0, "222 0 <"):
		return "nntp-answer"
	case has(b, 0, "211-"), has(b, 0, "227 "), has(b, 0, "229 "), has(b, 0, "331 "), has(b, 0, "230"), has(b, 0, "150 "), has(b, 0, "226 "), has(b, 0, "530 "):
		return "ftp-answer"
	case has(b, 0, "200 ") && within(b, 128, "posting"), has(b, 0, "201 "):
		return "nntp-greeting"
	}
	return "reply"
}

// opcua recognises OPC UA's connection protocol (OPC 10000-6 §7.1.2).
func opcua(b []byte) (Kind, Side) {
	if len(b) < 8 || b[3] != 'F' || le32(b, 4) < 8 || le32(b, 4) > 1<<24 {
		return "", Unknown
	}
	switch {
	case has(b, 0, "HEL"):
		return "opcua-hello", Originator
	case has(b, 0, "RHE"):
		return "opcua-reverse", Responder
	case has(b, 0, "OPN"):
		return "opcua-message", Unknown
	case has(b, 0, "MSG"):
		return "opcua-message", opcuaSide(b)
	}
	return "", Unknown
}

// opcuaSide says who sends a message that is not encrypted, by the number of its type (OPC
// 10000-6 annex A): that of an answer is three above its request's.
func opcuaSide(b []byte) Side {
	if !has(b, 24, "\x01\x00") {
		return Unknown
	}
	n := le16(b, 26)
	for _, ask := range [...]int{422, 428, 461, 467, 473, 527, 533, 554, 560, 631, 673, 712, 751, 763, 787, 826, 832} {
		switch n {
		case ask:
			return Originator
		case ask + 3:
			return Responder
		}
	}
	if n == 397 { // ServiceFault
		return Responder
	}
	return Unknown
}

// framed recognises the protocols of editors behind a header of HTTP's kind: a language server's, a debugger's.
func framed(b []byte) (Kind, Side) {
	switch {
	case within(b, 300, `"jsonrpc"`) && within(b, 300, `"initialize"`):
		return "lsp-request", Originator
	case within(b, 300, `"jsonrpc"`):
		return "lsp-message", Unknown
	case within(b, 300, `"seq"`) && within(b, 300, `"request"`):
		return "dap-request", Originator
	case within(b, 300, `"seq"`) && within(b, 300, `"type"`):
		return "dap-message", Responder
	}
	return "", Unknown
}
