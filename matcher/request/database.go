package request

import "bytes"

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

// mysqlCommand recognises a query of MySQL's protocol: a packet's length, number nought, COM_QUERY or
// COM_STMT_PREPARE, a statement.
func mysqlCommand(b []byte) (Kind, Side) {
	n := le24(b, 0)
	if n < 5 || len(b) < 9 || at(b, 3) != 0 || b[4] != 3 && b[4] != 0x16 || len(b) > 4+n || !sql(b[5:]) {
		return "", Unknown
	}
	return "mysql-query", Originator
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

// wide reports whether four printable letters stand at i in UTF-16.
func wide(b []byte, i int) bool {
	for end := i + 8; i < end; i += 2 {
		if c := le16(b, i); c != '\r' && c != '\n' && c != '\t' && (c < 0x20 || c > 0x7e) {
			return false
		}
	}
	return true
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
		if (n <= len(b) || len(b) >= 32) && tnsAnswer(b, n) {
			return "tns-answer", Responder
		}
	case 6:
		return tnsData(b, n)
	}
	return "", Unknown
}

// tnsData tells by the first code of a data packet of n bytes who sent it: calls of functions, and
// what they give back.
func tnsData(b []byte, n int) (Kind, Side) {
	if n < 11 || n > len(b) || b[5] != 0 || be16(b, 8) != 0 {
		return "", Unknown
	}
	switch b[10] {
	case 0x03, 0x11:
		return "tns-call", Originator
	case 0x04, 0x06, 0x08, 0x10, 0x17:
		return "tns-answer", Responder
	case 0x01, 0x02, 0xde:
		return "tns-data", Unknown
	}
	return "", Unknown
}

// tnsAnswer holds an answer of n bytes against its kind's layout, as far as it is there.
func tnsAnswer(b []byte, n int) bool {
	switch b[4] {
	case 2: // accepted: a version, and the number one as the server's machine writes it
		v, one := be16(b, 8), be16(b, 16)
		return n >= 24 && v >= 0x0100 && v <= 0x0150 && (one == 1 || one == 0x0100)
	case 4: // refused: two reasons, and a text of that length
		return be16(b, 10) == n-12 && (n == 12 || at(b, 12) == '(')
	case 5: // redirected: a text, which may come in the next packet
		return n == 10 || n > 10 && be16(b, 8) == n-10 && at(b, 10) == '('
	}
	return n == 8 // to be sent again
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

// bolt recognises Neo4j's handshake: its magic and four versions; a hello may follow at once.
func bolt(b []byte) (Kind, Side) {
	if has(b, 0, "\x60\x60\xb0\x17") && len(b) >= 20 {
		return "bolt-handshake", Originator
	}
	return "", Unknown
}

// hana recognises how a client of SAP HANA begins (SQL command network protocol, §1.2.1): a
// filler of ones, the product's version, the protocol's, options.
func hana(b []byte) (Kind, Side) {
	if len(b) == 14 && has(b, 0, "\xff\xff\xff\xff\x04") && b[10] <= 1 && b[11] <= 4 {
		return "hana-init", Originator
	}
	return "", Unknown
}

// clickhouse recognises the hello of ClickHouse's native protocol: a program's name, which is
// the bare product's where it serves.
func clickhouse(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x00\x0aClickHouse"):
		return "clickhouse-answer", Responder
	case b[0] == 0 && at(b, 1) > 10 && has(b, 2, "ClickHouse "):
		return "clickhouse-hello", Originator
	}
	return "", Unknown
}

// rethink recognises how RethinkDB's drivers begin, versions 0.4 and 1.0 of their handshake.
func rethink(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x20\x2d\x0c\x40") && len(b) >= 12, has(b, 0, "\xc3\xbd\xc2\x34"):
		return "rethinkdb-handshake", Originator
	case has(b, 0, `{"max_protocol_version":`):
		return "rethinkdb-answer", Responder
	}
	return "", Unknown
}

// monetDB recognises the challenge of MonetDB's servers (MAPI, version 9): a block's length and that it is the last,
// a salt, who serves, the version.
func monetDB(b []byte) (Kind, Side) {
	if n := le16(b, 0); n > 20 && n < 512 && n&1 == 1 && len(b) >= 16 && printable(b[2:16]) && (within(b, 64, ":mserver:9:") || within(b, 64, ":merovingian:9:")) {
		return "monetdb-challenge", Responder
	}
	return "", Unknown
}

// db2Search recognises the search for Db2's administration servers, and the answer.
func db2Search(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "DB2GETADDR"):
		return "db2das-search", Originator
	case has(b, 0, "DB2RETADDR"):
		return "db2das-answer", Responder
	}
	return "", Unknown
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

// informix recognises how a client of Informix begins: a mark and a length in letters, then
// words with a program, a user, and a version.
func informix(b []byte) (Kind, Side) {
	if has(b, 0, "sq") && within(b, 24, "sqlexec ") {
		return "informix-login", Originator
	}
	return "", Unknown
}
