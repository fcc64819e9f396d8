package request

// svnClient recognises the answer of Subversion's client to the greeting.
func svnClient(b []byte) (Kind, Side) {
	if has(b, 0, "(") && len(b) > 4 && isDigit(b[2]) && (within(b, 64, "edit-pipeline") || within(b, 64, "svndiff")) {
		return "svn-client", Originator
	}
	return "", Unknown
}

// xmpp recognises how a stream of XMPP begins; the responder's has an identifier, or what it offers (RFC 6120 §4.7).
func xmpp(b []byte) (Kind, Side) {
	if !within(b, 256, "<stream:stream") && !within(b, 256, "<stream ") {
		return "", Unknown
	}
	if within(b, 512, " id='") || within(b, 512, " id=\"") || within(b, 512, "<stream:features") || within(b, 512, "<stream:error") {
		return "xmpp-answer", Responder
	}
	return "xmpp-stream", Originator
}

// syslog recognises a message by its priority.
func syslog(b []byte) (Kind, Side) {
	if syslogPriority(b) {
		return "syslog-message", Originator
	}
	return "", Unknown
}

// gitLine recognises git's first line in its frame, and what a server announces over HTTP.
func gitLine(b []byte) (Kind, Side) {
	if n, ok := hex4(b); ok && n > 8 && (has(b, 4, "git-upload-pack ") || has(b, 4, "git-receive-pack ")) {
		return "git-proto", Originator
	}
	if has(b, 0, "00") && has(b, 4, "# service=git") {
		return "git-answer", Responder
	}
	return "", Unknown
}

// fix recognises a message of FIX: its version first; both sides log on alike.
func fix(b []byte) (Kind, Side) {
	if has(b, 0, "8=FIX") && at(b, 5) >= 0 {
		return "fix-logon", Unknown
	}
	return "", Unknown
}

// amqpHeader recognises the header of AMQP (0-9-1 §4.2.2, 1.0 §2.2, §5.3.2).
func amqpHeader(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "AMQP\x00\x00\x09\x01"), has(b, 0, "AMQP\x01\x01"):
		return "amqp-header", Originator
	case has(b, 0, "AMQP\x03\x01\x00\x00") && has(b, 12, "\x02\x01\x00\x00\x00\x53\x40"):
		return "amqp-start", Responder // mechanisms of SASL, which the responder lists
	case has(b, 0, "AMQP") && len(b) >= 8 && b[4] <= 3 && b[5] <= 1 && (b[5] == 1 || b[6] <= 9):
		return "amqp-header", Unknown // AMQP 1.0: the responder repeats it
	}
	return "", Unknown
}

// adb recognises the connection to an Android device: who asks names itself the host.
func adb(b []byte) (Kind, Side) {
	if !has(b, 0, "CNXN") || le32(b, 8) < 1024 {
		return "", Unknown
	}
	if within(b, 64, "host:") {
		return "adb-connect", Originator
	}
	return "adb-answer", Responder
}

// esTransport recognises Elasticsearch's nodes by their mark and a length.
func esTransport(b []byte) (Kind, Side) {
	if n := be32(b, 2); has(b, 0, "ES") && n >= 0 && n == int64(len(b)-6) {
		return "estransport-message", Unknown
	}
	return "", Unknown
}

// finsStream recognises Omron's FINS on TCP: its mark, a length, a command.
func finsStream(b []byte) (Kind, Side) {
	if n := be32(b, 4); !has(b, 0, "FINS") || n < 12 || n >= 4096 {
		return "", Unknown
	}
	switch be32(b, 8) {
	case 0, 2:
		return "fins-connect", Originator
	case 1:
		return "fins-answer", Responder
	}
	return "", Unknown
}

// giop recognises the messages of CORBA's protocol, version 1 (CORBA 3.3 part 2 §9.4).
func giop(b []byte) (Kind, Side) {
	if !has(b, 0, "GIOP\x01") || at(b, 5) > 3 {
		return "", Unknown
	}
	switch at(b, 7) {
	case 0, 3:
		return "giop-request", Originator
	case 1, 4, 6:
		return "giop-answer", Responder
	}
	return "", Unknown
}

// rmi recognises the handshake of Java's remote method invocation: version and protocol.
func rmi(b []byte) (Kind, Side) {
	if has(b, 0, "JRMI\x00") && len(b) >= 7 && b[6] >= 0x4b && b[6] <= 0x4d {
		return "rmi-handshake", Originator
	}
	return "", Unknown
}

// rmiAnswer recognises that it is taken: who the client seems to be, and its port.
func rmiAnswer(b []byte) (Kind, Side) {
	if n := at(b, 2); at(b, 1) == 0 && n > 0 && n < 128 && len(b) >= 7+n && printable(b[3:3+n]) && zero(b, 3+n, 5+n) {
		return "rmi-answer", Responder
	}
	return "", Unknown
}

// rfb recognises the version of VNC's protocol, which both sides say (RFC 6143 §7.1.1).
func rfb(b []byte) (Kind, Side) {
	if has(b, 0, "RFB 00") && len(b) >= 11 {
		return "vnc-ident", Unknown
	}
	return "", Unknown
}

// zabbix recognises the header of Zabbix and what the JSON behind it is.
func zabbix(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "ZBXD") || at(b, 4) <= 0 || b[4] >= 8:
		return "", Unknown
	case within(b, 256, `"request"`):
		return "zabbix-request", Originator
	case within(b, 256, `"response"`):
		return "zabbix-answer", Responder
	}
	return "zabbix-message", Unknown
}

// fox recognises the hello of Niagara's Fox.
func fox(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "fox a "):
	case has(b, 6, "0 "):
		return "fox-answer", Responder
	case within(b, 32, "fox hello"):
		return "fox-hello", Originator
	}
	return "", Unknown
}

// yggdrasil recognises the first words of Yggdrasil's peers: their keys, or versions in fields.
func yggdrasil(b []byte) (Kind, Side) {
	if has(b, 0, "meta\x00\x04") && len(b) == 38 || has(b, 0, "meta\x00") && has(b, 6, "\x00\x00\x00\x02\x00\x00\x00\x01\x00\x02") {
		return "yggdrasil-hello", Unknown
	}
	return "", Unknown
}

// zookeeperOK recognises the answer to ZooKeeper's "ruok".
func zookeeperOK(b []byte) (Kind, Side) {
	if has(b, 0, "imok") && len(b) <= 5 {
		return "zookeeper-answer", Responder
	}
	return "", Unknown
}

// lumberjack recognises the window that Elastic's shippers begin with, in both versions.
func lumberjack(b []byte) (Kind, Side) {
	if has(b, 1, "W\x00") && len(b) >= 6 {
		return "lumberjack-window", Originator
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

// opcua recognises OPC UA's connection protocol (OPC 10000-6 §7.1.2).
func opcua(b []byte) (Kind, Side) {
	n := le32(b, 4)
	if n < 8 || b[3] != 'F' {
		return "", Unknown
	}
	switch {
	case has(b, 0, "ACK"):
		if n >= 28 && n < 256 {
			return "opcua-answer", Responder
		}
	case has(b, 0, "ERR"):
		if n >= 16 {
			return "opcua-answer", Responder
		}
	case n > 1<<24:
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
	case !has(b, 0, "Content-Length: "):
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
