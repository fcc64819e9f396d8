package request

import "bytes"

// middle recognises what is said in a connection whose beginning was not heard: the
// ordinary messages of protocols that are known by their greeting otherwise. Each has lengths, numbers and
// names that agree with each other; nothing is guessed from a few bytes.
func middle(b []byte) (Kind, Side) {
	var k Kind
	var s Side
	switch c := b[0]; {
	case c == 0x01 || c == 0x08 || c == 0x02 || c == 0x03:
		k, s = amqpMethod(b)
	case c == '<':
		k, s = stanza(b)
	case c == ':':
		k, s = ircPrefix(b)
	case c == 0x82 || c == 0x90 || c == 0xa2 || c == 0xb0:
		k, s = mqttSubscribe(b)
	case c >= '0' && c <= '9':
		k, s = pktLine(b)
	case c >= 'A' && c <= 'Z':
		k, s = subject(b)
	}
	if k != "" {
		return k, s
	}
	return first(b, postgresChain, cqlMessage, scsi, mysqlCommand, zookeeperPing, http2Frames)
}

// amqpMethod recognises a method's frame of AMQP 0-9-1 (§4.2.3, §1.5 to §1.8) by its class
// and number and the frame's end.
func amqpMethod(b []byte) (Kind, Side) {
	n := be32(b, 3)
	if b[0] != 1 || n < 4 || n > 1<<17 || int64(len(b)) < 8+n || b[7+n] != 0xce {
		return "", Unknown
	}
	switch be32(b, 7) {
	case 10<<16 | 11, 10<<16 | 31, 10<<16 | 40, // connection: start-ok, tune-ok, open
		20<<16 | 10, 40<<16 | 10, 40<<16 | 20, 50<<16 | 10, 50<<16 | 20, 50<<16 | 30, 50<<16 | 40, // channel, exchange, queue
		60<<16 | 10, 60<<16 | 20, 60<<16 | 40, 60<<16 | 70, 60<<16 | 90, 60<<16 | 110, 60<<16 | 120, 85<<16 | 10, 90<<16 | 10, 90<<16 | 20:
		return "amqp-method", Originator
	case 10<<16 | 30, 10<<16 | 41, // connection: tune, open-ok
		20<<16 | 11, 40<<16 | 11, 40<<16 | 21, 50<<16 | 11, 50<<16 | 21, 50<<16 | 31, 50<<16 | 41,
		60<<16 | 11, 60<<16 | 21, 60<<16 | 50, 60<<16 | 60, 60<<16 | 71, 60<<16 | 72, 85<<16 | 11, 90<<16 | 11, 90<<16 | 21:
		return "amqp-answer", Responder
	case 60<<16 | 80: // ack: the client's, or the server's of what was published
		return "amqp-ack", Unknown
	}
	return "", Unknown
}

// mqttSubscribe recognises SUBSCRIBE, UNSUBSCRIBE and their answers (MQTT 3.1.1 §3.8 to §3.11).
func mqttSubscribe(b []byte) (Kind, Side) {
	n := at(b, 1)
	if n < 3 || n > 127 || len(b) != 2+n || be16(b, 2) == 0 {
		return "", Unknown
	}
	switch b[0] {
	case 0x82, 0xa2:
		for i := 4; ; { // topics, and for SUBSCRIBE a quality of service
			l := be16(b, i)
			if l < 1 || i+2+l > len(b) || !printable(b[i+2:i+2+l]) {
				return "", Unknown
			}
			if i += 2 + l; b[0] == 0x82 {
				if at(b, i) < 0 || at(b, i) > 2 {
					return "", Unknown
				}
				i++
			}
			if i == len(b) {
				return "mqtt-subscribe", Originator
			}
		}
	case 0x90:
		for _, c := range b[4:] {
			if c > 2 && c != 0x80 {
				return "", Unknown
			}
		}
		return "mqtt-suback", Responder
	}
	return "", Unknown
}

// cqlMessage recognises the queries and results of Cassandra's native protocol, versions 3 to 5 (§2, §4).
func cqlMessage(b []byte) (Kind, Side) {
	if v := b[0] & 0x7f; v < 3 || v > 5 || len(b) < 13 || b[1] > 0x1f {
		return "", Unknown
	}
	n, op, rest := be32(b, 5), b[4], b[9:]
	if n < 4 || n > 1<<24 || int64(len(rest)) < min(n, 1000) {
		return "", Unknown
	}
	switch first := be32(rest, 0); {
	case b[0]&0x80 != 0:
		if op == 8 && first >= 1 && first <= 5 && (n == 4) == (first == 1) && int64(len(rest)) >= n { // a result's kind
			return "cassandra-answer", Responder
		}
	case op == 7 || op == 9: // QUERY, PREPARE
		if cqlStatement(rest, first, n) {
			return "cassandra-query", Originator
		}
	}
	return "", Unknown
}

// cqlStatement reports whether a statement of size bytes is what n bytes begin with.
func cqlStatement(b []byte, size, n int64) bool {
	return size >= 8 && size <= n-4 && len(b) >= 12 && printable(b[4:4+min(size, int64(len(b)-4))]) && sql(b[4:])
}

// sql reports whether b begins with a word that statements begin with.
func sql(b []byte) bool {
	var buf [12]byte
	switch string(word(b, &buf)) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "SHOW", "SET", "BEGIN", "COMMIT", "ROLLBACK", "CREATE", "DROP", "ALTER", "REPLACE", "USE", "START", "CALL", "TRUNCATE", "EXPLAIN":
		return true
	}
	return false
}

// mysqlCommand recognises a query of MySQL's protocol: a packet's length, number nought, COM_QUERY or
// COM_STMT_PREPARE, a statement.
func mysqlCommand(b []byte) (Kind, Side) {
	n := le24(b, 0)
	if n < 5 || len(b) < 9 || at(b, 3) != 0 || b[4] != 3 && b[4] != 0x16 || len(b) > 4+n || !sql(b[5:]) {
		return "", Unknown
	}
	return "mysql-query", Originator
}

// scsi recognises SCSI commands and what answers them in iSCSI (RFC 7143 §11.3, §11.4, §11.7).
func scsi(b []byte) (Kind, Side) {
	if len(b) < 48 || b[2] != 0 || b[4] != 0 || b[1]&0x80 == 0 {
		return "", Unknown
	}
	switch b[0] {
	case 0x01, 0x41: // the second for immediate delivery
		if scsiCommand(b) {
			return "iscsi-command", Originator
		}
	case 0x21:
		if b[1] == 0x80 && b[3]&^0x1a == 0 && zero(b, 8, 16) && be32(b, 20) == 0 && be32(b, 28) > 0 {
			return "iscsi-response", Responder
		}
	case 0x25:
		if scsiData(b) {
			return "iscsi-data", Responder
		}
	}
	return "", Unknown
}

// scsiCommand reports whether b asks a disk for something, without data and in numbers that
// a session has.
func scsiCommand(b []byte) bool {
	return scsiUnit(b) && scsiDisk(b[32]) && b[1]&0x18 == 0 && b[1]&7 <= 4 && b[3] == 0 && zero(b, 5, 8) && be32(b, 24) > 0 && be32(b, 28) > 0
}

// scsiUnit reports whether a logical unit is named as most are: by one byte.
func scsiUnit(b []byte) bool { return b[8] <= 1 && zero(b, 10, 16) }

// scsiDisk reports whether op is an operation of disks.
func scsiDisk(op byte) bool {
	switch op {
	case 0x00, 0x12, 0x1a, 0x25, 0x28, 0x2a, 0x35, 0x88, 0x8a, 0x9e, 0xa0, 0xa3:
		return true
	}
	return false
}

// scsiData reports whether b brings data to who asked: a length, and numbers of a session
// of which the last that is allowed is not far from the next.
func scsiData(b []byte) bool {
	n, next, last := be24(b, 5), be32(b, 28), be32(b, 32)
	return scsiUnit(b) && b[1]&0x38 == 0 && n > 0 && n <= 1<<18 && next > 0 && last >= next && last-next < 1<<12
}

// zookeeperPing recognises a session's sign of life and its answer.
func zookeeperPing(b []byte) (Kind, Side) {
	switch {
	case len(b) == 12 && has(b, 0, "\x00\x00\x00\x08\xff\xff\xff\xfe\x00\x00\x00\x0b"):
		return "zookeeper-ping", Originator
	case len(b) == 20 && has(b, 0, "\x00\x00\x00\x10\xff\xff\xff\xfe") && zero(b, 16, 20):
		return "zookeeper-answer", Responder
	}
	return "", Unknown
}

// stanza recognises what is said inside an XMPP stream (RFC 6120 §8). Servers write who
// sent it; clients leave that to them.
func stanza(b []byte) (Kind, Side) {
	end := bytes.IndexByte(b[:min(len(b), 512)], '>')
	if end < 0 {
		return "", Unknown
	}
	head := b[:end]
	switch {
	case has(b, 0, "<iq "):
		if !within(head, 512, " type=") || !within(head, 512, " id=") {
			return "", Unknown
		}
	case has(b, 0, "<message "), has(b, 0, "<presence "):
		if !within(head, 512, " to=") || !within(head, 512, "@") {
			return "", Unknown
		}
	default:
		return "", Unknown
	}
	if within(head, 512, " from=") {
		return "xmpp-answer", Responder
	}
	return "xmpp-stanza", Originator
}

// ircPrefix recognises what a server passes on: who said it, and a command (RFC 2812 §2.3.1).
func ircPrefix(b []byte) (Kind, Side) {
	line, rest := firstLine(b)
	if rest == 0 || len(line) > 510 {
		return "", Unknown
	}
	who, what, _ := bytes.Cut(line[1:], []byte(" "))
	if len(who) == 0 || !bytes.ContainsAny(who, "!.") {
		return "", Unknown
	}
	for _, c := range [...]string{"PRIVMSG ", "NOTICE ", "JOIN ", "PART ", "QUIT ", "NICK ", "MODE ", "TOPIC ", "KICK ", "PONG "} {
		if has(what, 0, c) {
			return "irc-answer", Responder
		}
	}
	return "", Unknown
}

// subject recognises the verbs of message brokers and chats, with what must follow them.
func subject(b []byte) (Kind, Side) {
	line, rest := firstLine(b)
	if rest == 0 || len(line) > 510 || !printable(line) {
		return "", Unknown
	}
	head := b[:min(len(b), 512)]
	switch {
	case has(b, 0, "SEND\n"), has(b, 0, "SUBSCRIBE\n"), has(b, 0, "SEND\r\n"), has(b, 0, "SUBSCRIBE\r\n"):
		if bytes.Contains(head, []byte("\ndestination:")) {
			return "stomp-frame", Originator
		}
	case has(b, 0, "MESSAGE\n"), has(b, 0, "MESSAGE\r\n"):
		if bytes.Contains(head, []byte("\nmessage-id:")) {
			return "stomp-answer", Responder
		}
	case has(b, 0, "PRIVMSG #"), has(b, 0, "PRIVMSG &"), has(b, 0, "JOIN #"):
		return "irc-command", Originator
	case has(b, 0, "PUB "), has(b, 0, "MSG "):
		return natsMessage(b, line, rest)
	}
	return "", Unknown
}

// natsMessage recognises what is published and passed on by NATS: words, of which the last is
// the length of what follows at rest and ends with CR LF, too.
func natsMessage(b, line []byte, rest int) (Kind, Side) {
	f := bytes.Fields(line)
	if len(f) < 3 || len(f) > 5 {
		return "", Unknown
	}
	n := 0
	for _, c := range f[len(f)-1] {
		if n = n*10 + int(c-'0'); !isDigit(c) || n > 1<<20 {
			return "", Unknown
		}
	}
	if b[rest-2] != '\r' || len(b) >= rest+n+2 && !has(b, rest+n, "\r\n") {
		return "", Unknown
	}
	switch {
	case b[0] == 'M' && len(f) >= 4:
		return "nats-message", Responder
	case b[0] == 'P' && len(f) <= 4:
		return "nats-publish", Originator
	}
	return "", Unknown
}

// pktLine recognises what git's two sides tell each other after the greeting (gitprotocol-pack).
func pktLine(b []byte) (Kind, Side) {
	n, ok := hex4(b)
	switch {
	case !ok:
	case n >= 50 && n < 1000 && has(b, 4, "want ") && len(b) >= 49 && smallHex(b[9:49]), n >= 50 && n < 1000 && has(b, 4, "have ") && len(b) >= 49 && smallHex(b[9:49]):
		return "git-want", Originator
	case has(b, 0, "0008NAK\n"), n >= 49 && n < 1000 && has(b, 4, "ACK ") && len(b) >= 48 && smallHex(b[8:48]):
		return "git-answer", Responder
	}
	return "", Unknown
}

// http2Frames recognises frames of HTTP/2 after the preface (RFC 9113 §4.1, §6). The first
// header field tells a request from an answer (RFC 7541 appendix A): a method, or a status.
func http2Frames(b []byte) (Kind, Side) {
	if len(b) < 13 {
		return "", Unknown
	}
	side, whole := Unknown, false
	for len(b) >= 9 {
		n := be24(b, 0)
		body := b[9:min(len(b), 9+n)]
		if n > 1<<14 || be32(b, 5) > 1<<24 || !http2Frame(b, n, len(body)) {
			return "", Unknown
		}
		switch typ, flags := b[3], b[4]; typ {
		case 1:
			if s := http2Field(flags, body); s != Unknown {
				side, whole = s, true
			} else if !whole {
				return "", Unknown
			}
		case 6, 8: // of one length, and nothing else looks so
			whole = whole || len(body) == n && (typ == 6 || body[0] < 0x80)
		}
		b = b[9+len(body):]
	}
	if !whole {
		return "", Unknown
	}
	return "http2-frames", side
}

// http2Frame reports whether b begins with the header of a frame as there are: n bytes, of
// which so many have come, flags and a stream that its type allows.
func http2Frame(b []byte, n, come int) bool {
	flags, id := b[4], be32(b, 5)
	allowed, ofStream := byte(0), id != 0
	switch b[3] {
	case 0: // DATA: padded, the end
		allowed, ofStream = 0x09, id&1 == 1
	case 1: // HEADERS, all of them
		allowed, ofStream = 0x2d, id&1 == 1 && flags&4 != 0 && come > 6
	case 3: // RST_STREAM
		ofStream = ofStream && n == 4
	case 4: // SETTINGS, or that they were heard
		allowed, ofStream = 1, id == 0 && n%6 == 0 && (flags == 0 || n == 0)
	case 6: // PING
		allowed, ofStream = 1, id == 0 && n == 8
	case 7: // GOAWAY
		ofStream = id == 0 && n >= 8
	case 8: // WINDOW_UPDATE
		ofStream = n == 4
	default:
		return false
	}
	return ofStream && flags&^allowed == 0
}

// http2Field says who sends headers, by the first field.
func http2Field(flags byte, body []byte) Side {
	i := 0
	if flags&0x08 != 0 { // padded
		i++
	}
	if flags&0x20 != 0 { // with a priority
		i += 5
	}
	for i < len(body)-1 && body[i]>>5 == 1 { // a new size of the table
		i++
	}
	switch c := body[i]; {
	case c >= 0x82 && c <= 0x87, c == 0x41, c == 0x44:
		return Originator
	case c >= 0x88 && c <= 0x8e, c == 0x48:
		return Responder
	}
	return Unknown
}

// postgresChain recognises what PostgreSQL's sides say of a query: messages one after the
// other, of which a client's row ends with a sync or a flush, and a server's with its readiness.
func postgresChain(b []byte) (Kind, Side) {
	for i, n := 0, 0; n < 64; n++ {
		size := be32(b, i+1)
		if size < 4 || size > 1<<20 || (b[i] < 'A' || b[i] > 'z') && (b[i] < '1' || b[i] > '3') {
			return "", Unknown
		}
		next := int64(i) + 1 + size
		if next < int64(len(b)) {
			i = int(next)
			continue
		}
		if next != int64(len(b)) || n == 0 {
			return "", Unknown
		}
		return postgresEnd(b[0], b[i:], size)
	}
	return "", Unknown
}

// postgresEnd says who sends a row of messages by the type of the first, and by the last, whose length is size.
func postgresEnd(first byte, last []byte, size int64) (Kind, Side) {
	switch last[0] {
	case 'Z':
		if size == 5 && (last[5] == 'I' || last[5] == 'T' || last[5] == 'E') {
			return "postgres-answer", Responder
		}
	case 'S', 'H':
		if size == 4 && bytes.IndexByte([]byte("PBDCE"), first) >= 0 {
			return "postgres-query", Originator
		}
	}
	return "", Unknown
}
