package request

// thrift recognises a message of Thrift's strict binary protocol, alone or behind a frame's
// length: version, type, the method's name.
func thrift(b []byte) (Kind, Side) {
	if n := be32(b, 0); n >= 12 && n < 1<<24 && has(b, 4, "\x80\x01\x00") {
		b = b[4:]
	}
	n := be32(b, 4)
	if !has(b, 0, "\x80\x01\x00") || n < 1 || n > 128 || int64(len(b)) < 12+n || !printable(b[8:8+n]) {
		return "", Unknown
	}
	switch b[3] {
	case 1, 4:
		return "thrift-call", Originator
	case 2, 3:
		return "thrift-answer", Responder
	}
	return "", Unknown
}

// zmtp recognises the greeting of ZeroMQ's peers (ZMTP 3.1 §3.1, and 2.0).
func zmtp(b []byte) (Kind, Side) {
	if has(b, 0, "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f") || has(b, 0, "\xff\x00\x00\x00\x00\x00\x00\x00\x00\x7f") {
		return "zmtp-greeting", Unknown
	}
	return "", Unknown
}

// ibmMQ recognises a segment of IBM MQ's channels, in ASCII or EBCDIC.
func ibmMQ(b []byte) (Kind, Side) {
	if n := be32(b, 4); (has(b, 0, "TSH ") || has(b, 0, "TSHM") || has(b, 0, "TSHC") || has(b, 0, "\xe3\xe2\xc8\x40") || has(b, 0, "\xe3\xe2\xc8\xd4")) &&
		n >= 28 && n < 1<<20 && len(b) >= 28 && (at(b, 8) == 1 || at(b, 8) == 2 || at(b, 16) == 1 || at(b, 16) == 2) {
		return "ibmmq-segment", Unknown
	}
	return "", Unknown
}

// hadoop recognises the headers of Hadoop's and HBase's calls.
func hadoop(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "hrpc") && at(b, 4) >= 4 && at(b, 4) <= 9:
		return "hadoop-header", Originator
	case has(b, 0, "HBas\x00"):
		return "hbase-header", Originator
	}
	return "", Unknown
}

// fastCGI recognises the record that begins a request (FastCGI 1.0 §5.1), and the streams
// of its answer.
func fastCGI(b []byte) (Kind, Side) {
	n, pad := be16(b, 4), at(b, 6)
	switch {
	case len(b) < 8 || b[0] != 1 || b[7] != 0 || be16(b, 2) == 0:
	case b[1] == 1 && n == 8 && be16(b, 8) >= 1 && be16(b, 8) <= 3 && at(b, 10) <= 1 && zero(b, 11, 16):
		return "fastcgi-begin", Originator
	case (b[1] == 6 || b[1] == 7) && n > 0 && (within(b[8:], 256, "Content-") || within(b[8:], 256, "Status: ") || at(b, 8+n+pad) == 1):
		return "fastcgi-answer", Responder
	}
	return "", Unknown
}

// openflow recognises the hello of a switch and of its controller (OpenFlow 1.3 §7.5.1).
func openflow(b []byte) (Kind, Side) {
	n := be16(b, 2)
	if len(b) < 8 || has(b, 4, "\x02\xf0\x80") || b[0] < 1 || b[0] > 6 || b[1] != 0 || n > len(b) || n != 8 && (n != 16 || be16(b, 8) != 1 || be16(b, 10) != 8) {
		return "", Unknown
	}
	if len(b) > n && at(b, n) != int(b[0]) {
		return "", Unknown
	}
	return "openflow-hello", Unknown
}

// ndmp recognises the messages of the backup protocol (NDMP version 4 §2.3): a record mark,
// a number, a time, request or reply, the kind, what it answers.
func ndmp(b []byte) (Kind, Side) {
	n := be32(b, 0) - 1<<31
	if n < 24 || n > 1<<16 || len(b) < 28 || be32(b, 12) > 1 || be32(b, 16) < 0x100 || be32(b, 16) > 0xaff || be32(b, 24) > 0x20 {
		return "", Unknown
	}
	switch {
	case be32(b, 12) == 1 && be32(b, 20) > 0, be32(b, 16) == 0x502 && be32(b, 20) == 0: // it notifies of a connection
		return "ndmp-answer", Responder
	case be32(b, 12) == 0 && be32(b, 20) == 0:
		return "ndmp-request", Originator
	}
	return "", Unknown
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

// sapRouter recognises SAP's network interface: a length, then words to a router or from
// it, or a sign of life.
func sapRouter(b []byte) (Kind, Side) {
	if n := be32(b, 0); n < 8 || n > 1<<16 || n < int64(len(b)-4) {
		return "", Unknown
	}
	switch {
	case has(b, 4, "**MESSAGE**\x00"):
		return "sap-message", Unknown
	case sapError(b[4:]):
		return "sap-answer", Responder
	case has(b, 4, "NI_ROUTE\x00"), has(b, 4, "NI_PING\x00"), has(b, 4, "ROUTER_ADM\x00"):
		return "sap-route", Originator
	case has(b, 4, "NI_PONG\x00"), has(b, 4, "NI_RTERR\x00"):
		return "sap-answer", Responder
	}
	return "", Unknown
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

// foundationDB recognises what both sides of FoundationDB say first: a length, the protocol's
// version, whose highest bytes are 0FDB00.
func foundationDB(b []byte) (Kind, Side) {
	if n := le32(b, 0); n >= 28 && n <= 72 && len(b) >= 12 && b[8] >= 0xa0 && b[8] < 0xc0 && b[9] == 0 && b[10] == 0xdb && b[11]&0xef == 0x0f {
		return "foundationdb-connect", Unknown
	}
	return "", Unknown
}
