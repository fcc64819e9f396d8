package request

import "bytes"

// backend recognises what programs of one site say to each other, on streams.
func backend(b []byte) (Kind, Side) {
	return first(b, z3950, drbd, focas, rethink, radmin, uucp, fluent, perforce, clickhouse, ninep, nvme, gossip, lustre, rcon, rpcap, pcom, dahua, dhip)
}

// z3950 recognises the search in libraries' catalogues (Z39.50): the session's beginning.
func z3950(b []byte) (Kind, Side) {
	if b[0] != 0xb4 && b[0] != 0xb5 {
		return "", Unknown
	}
	n, i := at(b, 1), 2
	switch n {
	case 0x81:
		n, i = at(b, 2), 3
	case 0x82:
		n, i = be16(b, 2), 4
	}
	if tag := at(b, i); n < 16 || n > 4096 || tag != 0x82 && tag != 0x83 || tag == 0x83 && at(b, i+1) > 4 {
		return "", Unknown
	}
	if b[0] == 0xb4 {
		return "z3950-init", Originator
	}
	return "z3950-answer", Responder
}

// drbd recognises the replication of block devices by its magic numbers, versions 8 and 9.
func drbd(b []byte) (Kind, Side) {
	switch be32(b, 0) {
	case 0x83740267, 0x8374026a, 0x8620ec20:
		if len(b) >= 8 {
			return "drbd-packet", Unknown
		}
	}
	return "", Unknown
}

// focas recognises the interface of FANUC's controls.
func focas(b []byte) (Kind, Side) {
	if be32(b, 0) != 0xa0a0a0a0 || be16(b, 4) < 1 || be16(b, 4) > 5 {
		return "", Unknown
	}
	switch at(b, 7) {
	case 1:
		return "focas-open", Originator
	case 2:
		return "focas-answer", Responder
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

// radmin recognises the first words of Radmin, versions 2 and 3: a length, then a type.
func radmin(b []byte) (Kind, Side) {
	switch {
	case len(b) == 10 && has(b, 0, "\x01\x00\x00\x00\x01\x00\x00\x00\x08\x08"):
		return "radmin-hello", Originator
	case len(b) >= 20 && has(b, 0, "\x01\x00\x00\x00") && b[4] > 1 && b[4] < 0x40 && zero(b, 5, 8) && int(b[4])+9 == len(b):
		return "radmin-answer", Responder
	}
	return "", Unknown
}

// uucp recognises the greeting "Shere" and the answer to it, behind DLE and with NUL at the end.
func uucp(b []byte) (Kind, Side) {
	switch n := len(b); {
	case n < 4 || !has(b, 0, "\x10S") || b[n-1] != 0 && b[n-1] != '\n' || !printable(b[1:n-1]):
	case has(b, 2, "here"):
		return "uucp-greeting", Responder
	default:
		return "uucp-call", Originator
	}
	return "", Unknown
}

// fluent recognises the forward protocol of Fluentd and Fluent Bit, version 1: an array whose
// first member is a tag, or the words of its handshake.
func fluent(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x92\xa4HELO"), has(b, 0, "\x81\xa3ack"), has(b, 0, "\x95\xa4PONG"):
		return "fluent-answer", Responder
	case has(b, 0, "\x96\xa4PING"):
		return "fluent-ping", Originator
	case b[0] < 0x92 || b[0] > 0x94:
		return "", Unknown
	}
	n, i := at(b, 1), 2
	switch {
	case n >= 0xa1 && n <= 0xbf:
		n -= 0xa0
	case n == 0xd9:
		n, i = at(b, 2), 3
	default:
		return "", Unknown
	}
	if n < 1 || i+n >= len(b) || !printable(b[i:i+n]) {
		return "", Unknown
	}
	switch c := b[i+n]; { // entries, packed entries, or a time
	case c >= 0x91 && c <= 0x9f, c == 0xdc, c == 0xdd, c >= 0xc4 && c <= 0xc6, c >= 0xd9 && c <= 0xdb, c == 0xce, c == 0xd7:
		return "fluent-event", Originator
	}
	return "", Unknown
}

// perforce recognises the first message of Perforce: five bytes of a length and its sum, then
// names of values. A server's first names its version.
func perforce(b []byte) (Kind, Side) {
	n := le32(b, 1)
	if n < 16 || n > 4096 || b[0] != b[1]^b[2]^b[3]^b[4] || !within(b, int(n)+5, "func\x00\x08\x00\x00\x00protocol\x00") {
		return "", Unknown
	}
	if within(b, int(n)+5, "server2\x00") {
		return "perforce-answer", Responder
	}
	return "perforce-hello", Originator
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

// ninep recognises how 9P begins: a length, the version that is proposed or agreed to.
func ninep(b []byte) (Kind, Side) {
	if le32(b, 0) != int64(len(b)) || !has(b, 5, "\xff\xff") || !has(b, 13, "9P20") {
		return "", Unknown
	}
	switch b[4] {
	case 100:
		return "ninep-version", Originator
	case 101:
		return "ninep-answer", Responder
	}
	return "", Unknown
}

// nvme recognises how NVMe over TCP begins (NVM Express TCP transport 1.0 §3.6.2.2): both
// messages have 128 bytes.
func nvme(b []byte) (Kind, Side) {
	if at(b, 2) != 128 || at(b, 3) != 0 || le32(b, 4) != 128 || le16(b, 8) != 0 || b[1] != 0 || !zero(b, 16, len(b)) {
		return "", Unknown
	}
	switch b[0] {
	case 0:
		return "nvme-connect", Originator
	case 1:
		return "nvme-answer", Responder
	}
	return "", Unknown
}

// gossip recognises what the nodes of Cassandra, Redis and their kin call each other by.
func gossip(b []byte) (Kind, Side) {
	switch {
	case be32(b, 0) == 0xca552dfa && len(b) >= 8:
		return "cassandra-peer", Originator
	case has(b, 0, "RCmb") && be32(b, 4) >= 2048:
		return "redisbus-message", Unknown
	}
	return "", Unknown
}

// lustre recognises who wants to be let in by Lustre's network, in the order of bytes of either side.
func lustre(b []byte) (Kind, Side) {
	if len(b) == 16 && (be32(b, 0) == 0xacce7100 || le32(b, 0) == 0xacce7100) {
		return "lustre-accept", Originator
	}
	return "", Unknown
}

// rcon recognises the console of Source's game servers: its length, a number, a kind, text
// and two zeros.
func rcon(b []byte) (Kind, Side) {
	n := len(b)
	if n < 14 || le32(b, 0) != int64(n-4) || !zero(b, n-2, n) || !printable(b[12:n-2]) {
		return "", Unknown
	}
	switch le32(b, 8) {
	case 3:
		return "rcon-auth", Originator
	case 0, 2:
		if n == 14 {
			return "rcon-answer", Responder
		}
	}
	return "", Unknown
}

// rpcap recognises libpcap's remote capture: who wants to begin, and its answer.
func rpcap(b []byte) (Kind, Side) {
	switch {
	case b[0] != 0 || be32(b, 4) < 0 || be32(b, 4) != int64(len(b)-8):
	case at(b, 1) == 8 && be16(b, 2) == 0 && len(b) >= 16 && be16(b, 8) <= 1:
		return "rpcap-auth", Originator
	case at(b, 1) == 0x88 && be16(b, 2) == 0:
		return "rpcap-answer", Responder
	}
	return "", Unknown
}

// pcom recognises Unitronics' controllers: a number, the protocol, a length; in text a
// slash, and an A where it is an answer.
func pcom(b []byte) (Kind, Side) {
	if len(b) < 8 || b[2] != 101 && b[2] != 102 || b[3] != 0 || le16(b, 4) != len(b)-6 {
		return "", Unknown
	}
	switch {
	case has(b, 6, "/A"):
		return "pcom-answer", Responder
	case has(b, 6, "/"):
		return "pcom-command", Originator
	}
	return "", Unknown
}

// backendLine recognises the first lines of programs that speak to each other in text; more
// may follow.
func backendLine(line []byte) (Kind, Side) {
	if carbon(line) {
		return "graphite-line", Originator
	}
	var fields [6][]byte
	n := 0
	for rest := line; len(rest) > 0 && n < len(fields); n++ {
		fields[n], rest, _ = bytes.Cut(rest, []byte{' '})
	}
	w := fields[:n]
	if k, s := relp(w); k != "" {
		return k, s
	}
	if k, s := beanstalk(w); k != "" {
		return k, s
	}
	if n == 3 && string(w[0]) == "0" && (string(w[2]) == "17" || has(w[2], 0, "17.")) {
		return "tinc-id", Unknown
	}
	return "", Unknown
}

// relp recognises how rsyslog's reliable protocol begins: a number, a command, a length.
func relp(w [][]byte) (Kind, Side) {
	switch {
	case len(w) < 4 || !number(w[0]):
	case string(w[1]) == "open" && has(w[3], 0, "relp_version="):
		return "relp-open", Originator
	case string(w[1]) == "rsp" && string(w[3]) == "200":
		return "relp-answer", Responder
	}
	return "", Unknown
}

// beanstalk recognises a job for beanstalkd (its doc/protocol.txt), and what it says to who puts or watches.
func beanstalk(w [][]byte) (Kind, Side) {
	switch {
	case len(w) == 5 && string(w[0]) == "put" && number(w[1]) && number(w[2]) && number(w[3]) && number(w[4]):
		return "beanstalk-put", Originator
	case len(w) == 2 && number(w[1]) && (string(w[0]) == "INSERTED" || string(w[0]) == "WATCHING"):
		return "beanstalk-answer", Responder
	}
	return "", Unknown
}

// number reports whether w are digits.
func number(w []byte) bool {
	for _, c := range w {
		if !isDigit(c) {
			return false
		}
	}
	return len(w) > 0
}

// carbon recognises lines of Graphite: a path, a value, a time in seconds.
func carbon(line []byte) bool {
	path, rest, _ := bytes.Cut(line, []byte{' '})
	value, when, ok := bytes.Cut(rest, []byte{' '})
	return ok && len(when) >= 9 && len(when) <= 10 && carbonPath(path) && carbonValue(value) && number(when)
}

// carbonPath reports whether b may be the name of a measurement, which has a dot.
func carbonPath(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c >= 0x7f || c == '/' || c == '"' || c == '{' {
			return false
		}
	}
	return bytes.IndexByte(b, '.') >= 1
}

// carbonValue reports whether b is a number, also with a fraction and an exponent.
func carbonValue(b []byte) bool {
	for i, c := range b {
		switch {
		case isDigit(c), c == '-':
		case i > 0 && (c == '.' || c == 'e' || c == 'E' || c == '+'):
		default:
			return false
		}
	}
	return len(b) > 0
}

// stratum recognises the talk of those who mine coins with their pool: JSON-RPC with methods
// of its own. b is JSON.
func stratum(b []byte) (Kind, Side) {
	switch {
	case within(b, 512, `"mining.set_`), within(b, 512, `"mining.notify"`), within(b, 512, `"job":`) && within(b, 512, `"blob"`):
		return "jsonrpc-job", Responder
	case within(b, 256, `"mining.`), within(b, 256, `"eth_submitLogin"`), within(b, 256, `"eth_getWork"`),
		within(b, 256, `"login"`) && within(b, 512, `"agent"`) && within(b, 512, `"pass"`):
		return "jsonrpc-mining", Originator
	}
	return "", Unknown
}
