package request

// postgresStart recognises what a PostgreSQL client sends first
// (PostgreSQL documentation, "Message Formats").
func postgresStart(b []byte) (Kind, Side) {
	n := be32(b, 0)
	if n < 8 || n > 10000 {
		return "", Unknown
	}
	switch be32(b, 4) {
	case 80877103:
		if n == 8 {
			return "postgres-ssl", Originator
		}
	case 80877104:
		if n == 8 {
			return "postgres-gss", Originator
		}
	case 80877102:
		if n == 16 {
			return "postgres-cancel", Originator
		}
	case 196608, 196610:
		if c := at(b, 8); n > 9 && c >= 'a' && c <= 'z' && (n > int64(len(b)) || b[n-1] == 0) {
			return "postgres-startup", Originator
		}
	case 131072:
		if n == 296 {
			return "postgres-startup2", Originator
		}
	}
	return "", Unknown
}

// postgres recognises the typed messages of both sides.
func postgres(b []byte) (Kind, Side) {
	if len(b) == 1 && (b[0] == 'S' || b[0] == 'N') {
		return "postgres-answer", Responder
	}
	n := be32(b, 1)
	if n < 4 || n > 1<<20 {
		return "", Unknown
	}
	switch b[0] {
	case 'R':
		if c := be32(b, 5); n >= 8 && n < 512 && c >= 0 && c <= 12 {
			return "postgres-answer", Responder
		}
	case 'E':
		if n < 4096 && postgresError(b) {
			return "postgres-answer", Responder
		}
	case 'p', 'Q':
		return postgresString(b, n)
	}
	return "", Unknown
}

// postgresString recognises a password or a query of n bytes: a string that ends with the
// message, or a mechanism's words.
func postgresString(b []byte, n int64) (Kind, Side) {
	ended := b[len(b)-1] == 0
	switch {
	case int64(len(b)) != n+1:
	case b[0] == 'p' && n < 2048 && (ended || within(b, 32, "SCRAM-SHA")):
		return "postgres-password", Originator
	case b[0] == 'Q' && ended && n > 5:
		return "postgres-query", Originator
	}
	return "", Unknown
}

// postgresError reports whether the fields of an error begin with how bad it is, in English
// or in the server's language.
func postgresError(b []byte) bool {
	return has(b, 5, "SFATAL\x00") || has(b, 5, "SERROR\x00") || has(b, 5, "S") && within(b, 64, "\x00VFATAL\x00")
}

// mysql recognises the greeting, a refusal, and the client's first packet
// (MySQL client/server protocol, "Connection Phase").
func mysql(b []byte) (Kind, Side) {
	n := le24(b, 0)
	if n < 1 || n > 1<<16 || len(b) < 5 {
		return "", Unknown
	}
	switch b[3] { // the packet's number
	case 0:
		return mysqlGreeting(b, n)
	case 1:
		return mysqlLogin(b, n)
	}
	return "", Unknown
}

// mysqlGreeting recognises a server's first packet, of n bytes, and that it lets nobody in.
func mysqlGreeting(b []byte, n int) (Kind, Side) {
	switch b[4] {
	case 10:
		if n >= 20 && n < 400 && versionString(b[5:]) {
			return "mysql-greeting", Responder
		}
	case 0xff:
		if e := le16(b, 5); n < 600 && e >= 1000 && e < 5000 && n >= 6 && len(b) >= 10 && printable(b[7:min(len(b), 4+n)]) {
			return "mysql-error", Responder
		}
	}
	return "", Unknown
}

// mysqlLogin recognises a client's first packet, of n bytes: what it is capable of, zeros.
func mysqlLogin(b []byte, n int) (Kind, Side) {
	caps := le32(b, 4)
	switch {
	case caps < 0 || caps&0x200 == 0 || n < 32 || !zero(b, 13, 32) || le32(b, 8) > 1<<30:
		return "", Unknown
	case n == 32 && caps&0x800 != 0:
		return "mysql-ssl", Originator
	case n <= len(b)-4:
		return "mysql-login", Originator
	}
	return "", Unknown
}

// wide reports whether four printable letters stand at i in UTF-16.
func wide(b []byte, i int) bool {
	for end := i + 8; i < end; i += 2 {
		if c := le16(b, i); c != '\r' && c != '\n' && c != '\t' && (c < 0x20 || c > 0x7e) {
			return false
		}
	}
	return true
}

// versionString reports whether b starts with a printable string, a digit
// first, that a zero ends.
func versionString(b []byte) bool {
	for i, c := range b {
		switch {
		case c == 0:
			return i > 2
		case i == 0 && !isDigit(c) || c < 0x20 || c > 0x7e || i > 80:
			return false
		}
	}
	return false
}

// tds recognises packets of SQL Server and Sybase ([MS-TDS] §2.2.3.1).
func tds(b []byte) (Kind, Side) {
	n := be16(b, 2)
	if n < 9 || at(b, 1) > 0x0f || n > 1<<15 || len(b) < 13 || b[7] != 0 {
		return "", Unknown
	}
	switch b[0] {
	case 0x01, 0x03:
		if n >= len(b) && b[1]&^0x19 == 0 && tdsBatch(b) {
			return "tds-batch", Originator
		}
	case 0x04:
		if b[1] <= 1 && (tdsToken(b[8]) || tdsPrelogin(b)) {
			return "tds-answer", Responder
		}
	case 0x02, 0x10, 0x11, 0x12:
		return tdsLogin(b, n)
	}
	return "", Unknown
}

// tdsLogin recognises how a session begins: with what both sides know, TLS in it, a login, a ticket.
func tdsLogin(b []byte, n int) (Kind, Side) {
	switch b[0] {
	case 0x02:
		if n == 512 && b[1] <= 1 && be16(b, 4) == 0 {
			return "tds-login5", Originator
		}
	case 0x10:
		if le32(b, 8) == int64(n-8) && tdsVersion(be32(b, 12)) {
			return "tds-login", Originator
		}
	case 0x11:
		if has(b, 8, "NTLMSSP\x00") {
			return "tds-sspi", Unknown
		}
	case 0x12:
		switch {
		case tdsPrelogin(b):
			return "tds-prelogin", Originator
		case b[8] >= 0x14 && b[8] <= 0x17 && b[9] == 3:
			return "tds-tls", Unknown
		}
	}
	return "", Unknown
}

// tdsPrelogin reports whether the first option is the version, of six bytes (§2.2.6.5).
func tdsPrelogin(b []byte) bool {
	return b[8] == 0 && be16(b, 9) >= 6 && be16(b, 9) < 256 && be16(b, 11) == 6
}

// tdsToken reports whether c is a token that a server's answer begins with (§2.2.7).
func tdsToken(c byte) bool {
	switch c {
	case 0x81, 0xa4, 0xa5, 0xaa, 0xab, 0xad, 0xe3, 0xed, 0xfd, 0xfe, 0xff, 0x79:
		return true
	}
	return false
}

// tdsVersion reports whether v is a version of TDS 7, in either order of bytes.
func tdsVersion(v int64) bool {
	low, high := v&0xff, v>>24
	return low >= 0x70 && low <= 0x74 || high >= 0x70 && high <= 0x74
}

// tdsBatch reports whether a packet of statements, or of a procedure's call, begins as one.
func tdsBatch(b []byte) bool {
	switch {
	case le32(b, 8) == 22 && le32(b, 12) == 18: // ALL_HEADERS, which there are none of before TDS 7.2
		return true
	case b[0] == 1:
		return wide(b, 8)
	}
	name := le16(b, 8) // its length, or 0xffff and the procedure's number
	return name > 0 && name <= 128 && wide(b, 10) || name == 0xffff && le16(b, 10) >= 1 && le16(b, 10) <= 15 && le16(b, 12) < 4
}

// sqlBrowser recognises SQL Server's resolution protocol ([MC-SQLR] §2.2).
func sqlBrowser(b []byte) (Kind, Side) {
	switch {
	case len(b) == 1 && (b[0] == 2 || b[0] == 3):
		return "mssqlbrowser-list", Originator
	case b[0] == 4 && len(b) > 2 && len(b) < 34 && b[len(b)-1] == 0 && printable(b[1:len(b)-1]):
		return "mssqlbrowser-instance", Originator
	case b[0] == 5 && le16(b, 1) == len(b)-3 && has(b, 3, "ServerName;"):
		return "mssqlbrowser-answer", Responder
	}
	return "", Unknown
}

// tns recognises Oracle's transparent network substrate by its packet header.
func tns(b []byte) (Kind, Side) {
	n := be16(b, 0)
	if n < 8 || n > 4096 || be16(b, 2) != 0 || be16(b, 6) != 0 || at(b, 5) > 8 {
		return "", Unknown
	}
	switch b[4] {
	case 1:
		if v := be16(b, 8); v >= 0x0100 && v <= 0x0150 && be16(b, 10) >= 0x0100 && be16(b, 10) <= v {
			if within(b, 512, "(COMMAND=") {
				return "tns-command", Originator
			}
			return "tns-connect", Originator
		}
	case 2, 4, 5, 11:
		if n <= len(b) || len(b) >= 32 {
			return "tns-answer", Responder
		}
	}
	return "", Unknown
}

// mongodb recognises the wire protocol's message header (MongoDB wire protocol).
func mongodb(b []byte) (Kind, Side) {
	n, to := le32(b, 0), le32(b, 8)
	if len(b) < 21 || n < 21 || n > 48<<20 {
		return "", Unknown
	}
	switch le32(b, 12) {
	case 2004:
		if to == 0 || to == 0xffffffff {
			if within(b[20:], 128, ".$cmd\x00") || le32(b, 16) < 256 {
				return "mongodb-query", Originator
			}
		}
	case 2013:
		if le32(b, 16) > 0x10002 || at(b, 20) > 1 {
			return "", Unknown
		}
		if to == 0 {
			return "mongodb-msg", Originator
		}
		return "mongodb-answer", Responder
	case 1:
		if to > 0 && le32(b, 16) < 16 || to == 0 && le32(b, 16) < 16 && n >= 36 {
			return "mongodb-answer", Responder
		}
	}
	return "", Unknown
}

// memcachedBinary recognises memcached's binary header (memcached protocol_binary.txt).
func memcachedBinary(b []byte) (Kind, Side) {
	if len(b) < 24 || b[0] > 0x81 || b[1] > 0x5f || b[5] != 0 {
		return "", Unknown
	}
	key, extras, total := be16(b, 2), int(b[4]), be32(b, 8)
	if key > 250 || extras > 32 || total < int64(key+extras) || total > 1<<20 || total < int64(len(b)-24) && total != 0 {
		return "", Unknown
	}
	switch {
	case b[0] == 0x81:
		if be16(b, 6) > 0xff {
			return "", Unknown
		}
		return "memcached-answer", Responder
	case b[1] == 0x0b:
		return "memcached-version", Originator
	case b[1] == 0x10:
		return "memcached-stats", Originator
	}
	return "memcached-binary", Originator
}

// memcachedDatagram recognises memcached's frame header on UDP (protocol.txt, "UDP protocol").
func memcachedDatagram(b []byte) (Kind, Side) {
	if len(b) < 14 || be16(b, 2) >= be16(b, 4) || be16(b, 4) > 4096 || be16(b, 6) != 0 {
		return "", Unknown
	}
	switch k, s := textual(b[8:]); k {
	case "memcached-version", "memcached-stats", "memcached-get", "memcached-set", "memcached-answer":
		return k, s
	}
	return "", Unknown
}

// cassandra recognises the CQL binary protocol's frame header (native_protocol_v4.spec §2).
func cassandra(b []byte) (Kind, Side) {
	v, head := b[0]&0x7f, 9
	if v < 1 || v > 6 || len(b) < 8 || b[1] > 0x1f {
		return "", Unknown
	}
	op, n := at(b, 4), be32(b, 5)
	if v < 3 {
		head, op, n = 8, at(b, 3), be32(b, 4)
	}
	come := int64(len(b) - head)
	switch {
	case n < 0 || n > 1<<16 || n < come && b[0] < 0x80:
	case b[0] >= 0x80:
		if cassandraAnswer(op, n, come) {
			return "cassandra-answer", Responder
		}
	case op == 5 && n == 0 && come == 0:
		return "cassandra-options", Originator
	case op == 1 && within(b, 64, "CQL_VERSION"):
		return "cassandra-startup", Originator
	}
	return "", Unknown
}

// cassandraAnswer reports whether a session may begin with an answer of that operation and
// n bytes, of which so many have come: an error, that it is ready, who it asks to log in,
// what it supports.
func cassandraAnswer(op int, n, come int64) bool {
	if op != 0 && op != 2 && op != 3 && op != 6 || n >= 4096 || n < come {
		return false
	}
	return n == 0 && op == 2 || come >= min(n, 8)
}

// kafka recognises a request of Kafka's protocol (Kafka protocol guide, "Request Header v1").
func kafka(b []byte) (Kind, Side) {
	n, key, v, id := be32(b, 0), be16(b, 4), be16(b, 6), be16(b, 12)
	if n < 10 || n > 1<<20 || n < int64(len(b)-4) || key < 0 || key > 74 || v > 20 || id < 0 {
		return "", Unknown
	}
	if id == 0xffff {
		id = 0
	}
	if !kafkaClient(b, n, key, id) {
		return "", Unknown
	}
	switch {
	case key == 18:
		return "kafka-versions", Originator
	case key == 3:
		return "kafka-metadata", Originator
	case key == 0 && !kafkaProduce(b[14+id:], v):
		return "", Unknown
	case id > 2:
		return "kafka-request", Originator
	}
	return "", Unknown
}

// kafkaClient reports whether a client's name of id bytes stands in a request of n: only
// the first questions of a session are asked without one.
func kafkaClient(b []byte, n int64, key, id int) bool {
	if id > 255 || 14+id > len(b) || int64(10+id) > n || !printable(b[14:14+id]) {
		return false
	}
	return id > 0 || n == 10 || key == 3 || key == 18
}

// kafkaProduce tells what follows the client's name in a Produce request of version v from
// an answer that names a topic in the same place: who is to acknowledge, how
// long to wait, and topics.
func kafkaProduce(b []byte, v int) bool {
	if v >= 9 { // tagged fields
		return true
	}
	if v >= 3 { // a transaction's name
		n := be16(b, 0)
		if n == 0 || n < 0 {
			return false
		}
		if n == 0xffff {
			n = 0
		}
		b = b[min(len(b), 2+n):]
	}
	acks := be16(b, 0)
	return (acks == 0 || acks == 1 || acks == 0xffff) && be32(b, 2) < 1<<24 && be32(b, 6) > 0 && be32(b, 6) < 1<<16
}

// zookeeper recognises the two halves of a ZooKeeper session's start.
func zookeeper(b []byte) (Kind, Side) {
	switch n := be32(b, 0); {
	case (n == 44 || n == 45) && be32(b, 4) == 0 && be32(b, 28) == 16 && len(b) >= 48:
		return "zookeeper-connect", Originator
	case (n == 36 || n == 37) && be32(b, 4) == 0 && be32(b, 20) == 16:
		return "zookeeper-answer", Responder
	}
	return "", Unknown
}

// drda recognises DB2's distributed data management (DRDA volume 3, DSS header).
func drda(b []byte) (Kind, Side) {
	if n := be16(b, 0); n < 10 || at(b, 2) != 0xd0 || be16(b, 6) != n-6 {
		return "", Unknown
	}
	switch be16(b, 8) {
	case 0x1041:
		return "drda-excsat", Originator
	case 0x1443, 0x2114, 0x124c:
		return "drda-answer", Responder
	}
	return "", Unknown
}

// firebird recognises Firebird's connect and accept packets (remote protocol, op codes 1, 3, 94, 98).
func firebird(b []byte) (Kind, Side) {
	switch op := be32(b, 0); {
	case op == 1 && (be32(b, 4) == 19 || be32(b, 4) == 20) && be32(b, 8) >= 2 && be32(b, 8) <= 3:
		return "firebird-connect", Originator
	case (op == 3 || op == 94 || op == 98) && (be16(b, 4) == 0xffff || be16(b, 4) == 0) && be32(b, 8) >= 1 && be32(b, 8) < 64 && be32(b, 12) >= 0 && be32(b, 12) < 16:
		return "firebird-answer", Responder
	}
	return "", Unknown
}

// riak recognises Riak's request for server information (message code 7).
func riak(b []byte) (Kind, Side) {
	if len(b) == 5 && be32(b, 0) == 1 && b[4] == 7 {
		return "riak-info", Originator
	}
	return "", Unknown
}

// aerospike recognises Aerospike's header: version 2, an info message.
func aerospike(b []byte) (Kind, Side) {
	if n := be32(b, 4); len(b) < 8 || at(b, 1) != 1 || be16(b, 2) != 0 || n != int64(len(b)-8) {
		return "", Unknown
	}
	switch text := b[8:]; {
	case indexOf(text, "\t") > 0: // a name, a tab, what it is
		return "aerospike-answer", Responder
	case len(text) > 0 && text[len(text)-1] == '\n' && isAlpha(text[0]):
		if has(text, 0, "build\n") {
			return "aerospike-build", Originator
		}
		return "aerospike-question", Originator
	}
	return "aerospike-info", Unknown
}

// bolt recognises Neo4j's handshake: its magic and four versions; a hello may follow at once.
func bolt(b []byte) (Kind, Side) {
	if has(b, 0, "\x60\x60\xb0\x17") && len(b) >= 20 {
		return "bolt-handshake", Originator
	}
	return "", Unknown
}
