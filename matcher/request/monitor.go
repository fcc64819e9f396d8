package request

import "bytes"

// nrpe recognises the packets of NRPE versions 2 to 4.
func nrpe(b []byte) (Kind, Side) {
	switch n := be32(b, 12); be16(b, 0) {
	case 2:
		if len(b) < 1034 {
			return "", Unknown
		}
	case 3, 4:
		if n < 1 || n < int64(len(b)-16-3) || n > 1<<16 {
			return "", Unknown
		}
	default:
		return "", Unknown
	}
	switch be16(b, 2) {
	case 1:
		return "nrpe-query", Originator
	case 2:
		return "nrpe-answer", Responder
	}
	return "", Unknown
}

// apcupsd recognises the network information server of apcupsd.
func apcupsd(b []byte) (Kind, Side) {
	switch n := be16(b, 0); {
	case n == 6 && len(b) == 8 && (has(b, 2, "status") || has(b, 2, "events")):
		return "apcupsd-status", Originator
	case n > 8 && n < 80 && has(b, 2, "APC      :"):
		return "apcupsd-answer", Responder
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

// netflow recognises flow export of versions 5, 9 and 10 (RFC 3954 §5, RFC 7011 §3.1), and sFlow's.
func netflow(b []byte) (Kind, Side) {
	n := be16(b, 2)
	switch be16(b, 0) {
	case 5:
		if n > 0 && n <= 30 && len(b) == 24+48*n {
			return "netflow-v5", Originator
		}
	case 9:
		if i := be16(b, 22); n > 0 && n <= 128 && i >= 4 && 20+i <= len(b) && (be16(b, 20) < 2 || be16(b, 20) > 255) {
			return "netflow-v9", Originator
		}
	case 10:
		if set := be16(b, 16); n == len(b) && n >= 20 && (set == 2 || set == 3 || set > 255) {
			return "netflow-v10", Originator
		}
	case 0:
		return sflow(b)
	}
	return "", Unknown
}

// sflow recognises sFlow version 5 by the kind of the agent's address and the number of samples.
func sflow(b []byte) (Kind, Side) {
	family := be32(b, 4)
	if be32(b, 0) == 5 && (family == 1 && len(b) >= 28 || family == 2 && len(b) >= 40) && be32(b, 24) < 64 {
		return "sflow-v5", Originator
	}
	return "", Unknown
}

// collectd recognises collectd's parts, which must fill the datagram.
func collectd(b []byte) (Kind, Side) {
	if be16(b, 0) != 0 || len(b) < 16 {
		return "", Unknown
	}
	for i := 0; i < len(b); {
		n := be16(b, i+2)
		if n < 5 || i+n > len(b) || be16(b, i) > 0x0210 {
			return "", Unknown
		}
		if i == 0 && !printable(b[4:n-1]) {
			return "", Unknown
		}
		i += n
	}
	return "collectd-values", Originator
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

// carbonPickle recognises what Graphite's Carbon is sent in Python's pickle 2, behind a length:
// measurements, a list of pairs of a name and of a time with a value; or a question to its cache.
func carbonPickle(b []byte) (Kind, Side) {
	n := be32(b, 0)
	if len(b) < 20 || n < 12 || n > 1<<24 || int64(len(b)) > n+4 || b[4] != 0x80 || b[5] != 2 {
		return "", Unknown
	}
	switch {
	case has(b, 6, "}q\x00(X\x04\x00\x00\x00typeq\x01X\x0b\x00\x00\x00cache-query"), has(b, 6, "}q\x00(U\x04typeq\x01U\x0bcache-query"):
		return "carbon-query", Originator
	case within(b, 32, "datapointsq\x01"):
		return "carbon-answer", Responder
	case has(b, 6, "]q\x00"):
		if pickledPair(b) {
			return "graphite-pickle", Originator
		}
	}
	return "", Unknown
}

// pickledPair reports whether the list that begins at 6 begins with a name, in Unicode or in
// bytes, and a number.
func pickledPair(b []byte) bool {
	i := 9
	if b[i] == '(' {
		i++
	}
	var size int64
	switch b[i] {
	case 'X':
		size, i = le32(b, i+1), i+5
	case 'U':
		size, i = int64(b[i+1]), i+2
	}
	end := int64(i) + size
	if size < 1 || size > 1024 || end+3 > int64(len(b)) || !printable(b[i:end]) || b[end] != 'q' || b[end+1] != 1 {
		return false
	}
	t := b[end+2]
	return t == 'J' || t == 'G'
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

// syslog recognises a message by its priority.
func syslog(b []byte) (Kind, Side) {
	if syslogPriority(b) {
		return "syslog-message", Originator
	}
	return "", Unknown
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

// lumberjack recognises the window that Elastic's shippers begin with, in both versions.
func lumberjack(b []byte) (Kind, Side) {
	if has(b, 1, "W\x00") && len(b) >= 6 {
		return "lumberjack-window", Originator
	}
	return "", Unknown
}

// audit recognises the records that auditd sends to another machine, and that they were taken
// (libaudit.h, AUDIT_RMW_*): a magic number, versions, a kind, a length, a number.
func audit(b []byte) (Kind, Side) {
	if len(b) < 16 || !has(b, 0, "\xfe\x00\x00\xff") {
		return "", Unknown
	}
	switch k := le32(b, 6); {
	case k <= 1:
		return "audit-record", Originator
	case k >= 0x40000000 && k < 0x74000000:
		return "audit-answer", Responder
	}
	return "", Unknown
}

// agentX recognises the units between an SNMP agent and its parts (RFC 2741 §6.1): version 1, the kind, flags, the order
// of bytes among them, and as much behind the twenty bytes as the last four say.
func agentX(b []byte) (Kind, Side) {
	if len(b) < 20 || b[0] != 1 || at(b, 1) < 1 || b[1] > 18 || b[2] > 0x1f || b[3] != 0 {
		return "", Unknown
	}
	n := le32(b, 16)
	if b[2]&0x10 != 0 {
		n = be32(b, 16)
	}
	if rest := int64(len(b)) - 20 - n; n%4 != 0 || rest < 0 || rest > 0 && (rest < 20 || b[20+n] != 1) {
		return "", Unknown
	}
	switch b[1] {
	case 1, 2, 3, 4, 12, 13, 14, 15, 16, 17: // open to remove: what the part asks
		return "agentx-request", Originator
	case 18:
		return "agentx-answer", Responder
	}
	return "agentx-query", Unknown // the agent's questions, which come the other way
}

// lttng recognises the first words of LTTng's session daemon and viewers with its relay daemon
// (lttng-relayd.h, lttng-viewer-abi.h): they tell their version.
func lttng(b []byte) (Kind, Side) {
	switch {
	case len(b) == 32 && has(b, 0, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00"):
		return "lttng-version", Originator
	case len(b) == 36 && has(b, 0, "\x00\x00\x00\x00\x00\x00\x00\x14\x00\x00\x00\x01") && be32(b, 24) == 2 && be32(b, 28) < 64 && be32(b, 32) <= 2:
		return "lttnglive-connect", Originator
	}
	return "", Unknown
}

// twamp recognises the greeting of who measures delays (RFC 5357 §3.1; RFC 4656 §3.1 has the
// same): modes, a challenge, a salt, a power of two.
func twamp(b []byte) (Kind, Side) {
	count := be32(b, 48)
	if len(b) != 64 || !zero(b, 0, 12) || be32(b, 12) < 1 || be32(b, 12) > 0x3ff || zero(b, 16, 32) || count < 1024 || count&(count-1) != 0 || !zero(b, 52, 64) {
		return "", Unknown
	}
	return "twamp-greeting", Responder
}

// iperf3 recognises the cookie by which iperf's connections know each other: 36 signs in
// the alphabet of base 32, and a zero.
func iperf3(b []byte) (Kind, Side) {
	if len(b) != 37 || b[36] != 0 {
		return "", Unknown
	}
	for _, c := range b[:36] {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return "", Unknown
		}
	}
	return "iperf3-cookie", Originator
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
