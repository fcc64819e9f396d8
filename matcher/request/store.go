package request

import "bytes"

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

// redisBulk recognises a bulk string of the Redis protocol by its length.
func redisBulk(b []byte) (Kind, Side) {
	i := 1
	for i < len(b) && i < 10 && isDigit(b[i]) {
		i++
	}
	if i > 1 && has(b, i, "\r\n") {
		return "redis-answer", Responder
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

// storage reads memcached's "key flags exptime bytes".
func storage(args []byte) bool {
	i := bytes.IndexByte(args, ' ')
	if i <= 0 {
		return false
	}
	n := 0
	for _, c := range args[i+1:] {
		if c == ' ' {
			n++
		} else if !isDigit(c) && c != '-' {
			return n >= 2
		}
	}
	return n >= 2
}

// getKind tells memcached's get, whose lines end in CR LF, from Postfix's, which asks so for
// an address (tcp_table(5)).
func getKind(args, line, b []byte) Kind {
	if len(args) == 0 || len(args) > 250*4 || !has(line, 0, "get") {
		return ""
	}
	if bytes.IndexByte(args, '@') > 0 && len(b) > len(line) && b[len(line)] == '\n' {
		return "tcptable-get"
	}
	return "memcached-get"
}

// couchbase recognises memcached's binary protocol with the operations that only Couchbase has.
func couchbase(b []byte) (Kind, Side) {
	key, extras, total := be16(b, 2), at(b, 4), be32(b, 8)
	if len(b) < 24 || key > 250 || extras > 32 || b[5] != 0 || total < int64(key+extras) || total > 1<<20 {
		return "", Unknown
	}
	switch b[1] {
	case 0x1f, 0x89, 0xb5, 0xb7, 0xba: // HELLO, SELECT_BUCKET, GET_CLUSTER_CONFIG, and the collections
	default:
		return "", Unknown
	}
	switch {
	case b[0] == 0x80 && be16(b, 6) < 1<<12 && total < 4096:
		return "couchbase-request", Originator
	case b[0] == 0x81 && be16(b, 6) <= 0xff:
		return "couchbase-answer", Responder
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
		if n < 4096 && n >= come && come >= min(n, 8) && cassandraAnswer(op, b[head:], n, b[1]&0x0f != 0) {
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
// n bytes, of which b has come: the number of an error, that it is ready, the class by which it
// asks to log in, how many options it supports. What is packed, or has something before it,
// is not looked into.
func cassandraAnswer(op int, b []byte, n int64, packed bool) bool {
	switch op {
	case 0:
		return packed || n >= 6 && be32(b, 0) <= 0x2600
	case 2:
		return packed || n == 0
	case 3:
		return packed || n > 2 && int64(be16(b, 0)) == n-2
	case 6:
		return packed || n >= 2 && be16(b, 0) <= 64
	}
	return false
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

// riak recognises Riak's request for server information (message code 7).
func riak(b []byte) (Kind, Side) {
	if len(b) == 5 && be32(b, 0) == 1 && b[4] == 7 {
		return "riak-info", Originator
	}
	return "", Unknown
}

// riakAnswer recognises Riak's answer about itself (message code 8): a node and a version.
func riakAnswer(b []byte) (Kind, Side) {
	if n := be32(b, 0); n > 4 && n < 256 && at(b, 4) == 8 && at(b, 5) == 0x0a && at(b, 7+at(b, 6)) == 0x12 {
		return "riak-answer", Responder
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

// hazelcast recognises by its first three letters who connects to a member of Hazelcast: a
// client in binary, another member; and the word for anybody else.
func hazelcast(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "CP2") && le32(b, 3) >= 6 && le32(b, 3) < 1<<20:
		return "hazelcast-client", Originator
	case has(b, 0, "HZC") && (len(b) == 3 || be32(b, 3) > 0 && be32(b, 3) < 1<<20):
		return "hazelcast-member", Unknown
	case len(b) == 3 && has(b, 0, "HZX"):
		return "hazelcast-answer", Responder
	}
	return "", Unknown
}

// ignite recognises the handshake of Apache Ignite's thin clients (its binary client
// protocol, "Connection handshake"): a length, 1, three numbers of the version, 2.
func ignite(b []byte) (Kind, Side) {
	if len(b) >= 12 && le32(b, 0) == int64(len(b)-4) && b[4] == 1 && le16(b, 5) >= 1 && le16(b, 5) <= 3 && le16(b, 7) < 32 && le16(b, 9) < 32 && b[11] == 2 {
		return "ignite-handshake", Originator
	}
	return "", Unknown
}

// foundationDB recognises what both sides of FoundationDB say first: a length, the protocol's
// version, whose highest bytes are 0FDB00.
func foundationDB(b []byte) (Kind, Side) {
	if n := le32(b, 0); n >= 28 && n <= 72 && len(b) >= 12 && b[8] >= 0xa0 && b[8] < 0xc0 && b[9] == 0 && b[10] == 0xdb && b[11]&0xef == 0x0f {
		return "foundationdb-connect", Unknown
	}
	return "", Unknown
}

// hotRod recognises the requests and answers of Infinispan's stores (Hot Rod protocol 2.0, "Request
// header"): a mark, a number, a version, an operation; a cache's name, flags, how clever a client is.
func hotRod(b []byte) (Kind, Side) {
	i := 1
	for i < 10 && at(b, i) >= 0x80 {
		i++
	}
	i++
	if b[0] == 0xa1 {
		return hotRodAnswer(b, i)
	}
	version, op, name := at(b, i), at(b, i+1), at(b, i+2)
	j := i + 3 + name // flags
	switch {
	case b[0] != 0xa0 || version < 10 || version > 41 || version > 13 && version < 20 || op < 1 || op > 0x7f || op&1 == 0:
	case name < 0 || name > 64 || j+2 > len(b) || !printable(b[i+3:j]):
	case at(b, j) < 0x80 && b[j+1] >= 1 && b[j+1] <= 3:
		return "hotrod-request", Originator
	}
	return "", Unknown
}

// hotRodAnswer is hotRod for an answer, whose operation stands at i: it is the request's and one, then a
// status, and no news of the servers.
func hotRodAnswer(b []byte, i int) (Kind, Side) {
	op, status := at(b, i), at(b, i+1)
	known := op == 0x50 || op >= 2 && op&1 == 0 && (op <= 0x60 || op >= 0xf0)
	if !known || status > 7 && status < 0x81 || status > 0x88 || at(b, i+2) != 0 || i > 4 {
		return "", Unknown
	}
	return "hotrod-answer", Responder
}
