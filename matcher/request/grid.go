package request

import "bytes"

// grid recognises what backups, clusters, records of audits, input of Asian writing and small
// tunnels say to each other: Amanda, Grid Engine, auditd, Canna, Wnn, gdomap, Carbon.
func grid(b []byte) (Kind, Side) {
	return first(b, amandaStream, gridEngine, audit, canna, wnn, gdomap, carbonPickle)
}

// gridDatagram recognises those of them that speak in datagrams.
func gridDatagram(b []byte) (Kind, Side) { return first(b, amandaDatagram, fastd, gdomap) }

// amandaStream recognises Amanda's packets in streams (its "bsdtcp"): a length, a number of who
// asks, a kind, text. The first that a server says may be that it has heard.
func amandaStream(b []byte) (Kind, Side) {
	n, who := be32(b, 0), be32(b, 4)
	if len(b) < 10 || n < 2 || n > 1<<16 || who < 1 || who > 1<<16 {
		return "", Unknown
	}
	switch {
	case b[8] == 0 && (has(b, 9, "SECURITY USER ") || has(b, 9, "SERVICE ")):
		return "amanda-request", Originator
	case b[8] == 3 && n == 2 && b[9] == 0, (b[8] == 1 || b[8] == 4) && (has(b, 9, "ERROR ") || has(b, 9, "OPTIONS features=")):
		return "amanda-answer", Responder
	}
	return "", Unknown
}

// amandaDatagram recognises the same in datagrams: a line with the version, what it is, whose.
func amandaDatagram(b []byte) (Kind, Side) {
	if !has(b, 0, "Amanda ") || len(b) < 24 || b[8] != '.' {
		return "", Unknown
	}
	switch {
	case has(b, 10, " REQ HANDLE "):
		return "amanda-request", Originator
	case has(b, 10, " REP HANDLE "), has(b, 10, " NAK HANDLE "), has(b, 10, " PREP HANDLE "), has(b, 10, " ACK HANDLE "):
		return "amanda-answer", Responder
	}
	return "", Unknown
}

// gridEngine recognises the connections of Grid Engine's daemons: how long a message is, then
// who asks for a connection, or how it was taken.
func gridEngine(b []byte) (Kind, Side) {
	if !has(b, 0, "<gmsh><dl>") {
		return "", Unknown
	}
	switch {
	case within(b, 64, "</gmsh><cm version="):
		return "gridengine-connect", Originator
	case within(b, 64, "</gmsh><crm version="):
		return "gridengine-answer", Responder
	}
	return "gridengine-message", Unknown
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

// canna recognises how a client of the Canna server begins: 1, a length, the version of the
// protocol, a colon and who it is.
func canna(b []byte) (Kind, Side) {
	n := be32(b, 4)
	if be32(b, 0) != 1 || n < 6 || n > 260 || int64(len(b)) < 8+n || !isDigit(b[8]) || b[9] != '.' || !isDigit(b[10]) || b[11] != ':' || b[7+n] != 0 {
		return "", Unknown
	}
	if printable(b[12 : 7+n]) {
		return "canna-init", Originator
	}
	return "", Unknown
}

// wnn recognises how a client of Wnn's servers begins: 1 (open), its version, the names of the
// machine and of the user.
func wnn(b []byte) (Kind, Side) {
	if v := be32(b, 4); be32(b, 0) != 1 || v < 0x4000 || v > 0x4fff || len(b) < 12 || len(b) > 300 {
		return "", Unknown
	}
	host, rest, _ := bytes.Cut(b[8:], []byte{0})
	user, _, ended := bytes.Cut(rest, []byte{0})
	if len(host) > 0 && len(user) > 0 && ended && printable(host) && printable(user) {
		return "wnn-open", Originator
	}
	return "", Unknown
}

// gdomap recognises the questions to GNUstep's map of names (gdomap.h): what is asked, the
// length of a name, a kind of port, a port, the name filled up to 256 bytes.
func gdomap(b []byte) (Kind, Side) {
	if len(b) != 264 || b[3] != 0 || b[2] > 0x40 || !zero(b, 8+int(b[1]), len(b)) || !printable(b[8:8+int(b[1])]) {
		return "", Unknown
	}
	switch b[0] {
	case 'L', 'N', 'P', 'R', 'S', 'U':
		return "gdomap-question", Originator
	}
	return "", Unknown
}

// fastd recognises the handshakes of fastd's tunnels (its documentation, "Protocol"): 1, a
// length, records of a kind and a length, of which the first says how far it is. They may
// stand behind a header of L2TP's.
func fastd(b []byte) (Kind, Side) {
	if has(b, 0, "\xc8\x03\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00") {
		b = b[12:]
	}
	if len(b) < 32 || b[0] != 1 || b[1] != 0 || be16(b, 2) != len(b)-4 || !has(b, 4, "\x00\x00\x01\x00") || !within(b, 64, "\x00ec25519-") {
		return "", Unknown
	}
	switch b[8] {
	case 1:
		return "fastd-handshake", Originator
	case 2:
		return "fastd-answer", Responder
	}
	return "fastd-finish", Unknown
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
