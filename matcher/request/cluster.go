package request

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

// zookeeperOK recognises the answer to ZooKeeper's "ruok".
func zookeeperOK(b []byte) (Kind, Side) {
	if has(b, 0, "imok") && len(b) <= 5 {
		return "zookeeper-answer", Responder
	}
	return "", Unknown
}

// zookeeperWord reports whether b is one of ZooKeeper's four-letter commands.
func zookeeperWord(b []byte) bool {
	switch string(b) {
	case "ruok", "stat", "srvr", "conf", "envi", "mntr", "dump", "cons", "crst", "srst", "wchs", "wchc", "wchp", "isro", "reqs":
		return true
	}
	return false
}

// election recognises who joins the election of ZooKeeper's leader: a negative version, its number, its addresses
// (QuorumCnxManager).
func election(b []byte) (Kind, Side) {
	if !has(b, 0, "\xff\xff\xff\xff\xff\xff\x00") || at(b, 7) > 1 || !zero(b, 8, 14) || !has(b, 16, "\x00\x00") || be32(b, 16) != int64(len(b))-20 {
		return "", Unknown
	}
	return "zkelection-hello", Originator
}

// following recognises what ZooKeeper's leader and those who follow say at first: a kind, a transaction, and neither data
// nor names, or a follower's data of twenty bytes (QuorumPacket).
func following(b []byte) (Kind, Side) {
	switch {
	case len(b) < 20 || !has(b, 0, "\x00\x00\x00"):
	case len(b) == 20 && has(b, 12, "\xff\xff\xff\xff\xff\xff\xff\xff") && b[3] > 0 && b[3] < 20:
		if b[3] == 5 {
			return "zkquorum-ping", Unknown
		}
		return "zkquorum-packet", Unknown
	case len(b) == 40 && (b[3] == 11 || b[3] == 16) && be32(b, 12) == 20 && has(b, 36, "\xff\xff\xff\xff"):
		return "zkquorum-join", Originator
	}
	return "", Unknown
}

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

// memberlist recognises the pings of HashiCorp's members and what acknowledges them, also
// behind a checksum.
func memberlist(b []byte) (Kind, Side) {
	kind := b[0]
	switch {
	case has(b, 1, "\x82\xa5SeqNo") && kind <= 2:
	case kind == 12 && has(b, 6, "\x82\xa5SeqNo"):
		kind = b[5]
	default:
		return "", Unknown
	}
	if kind == 2 {
		return "memberlist-ack", Responder
	}
	return "memberlist-ping", Originator
}

// ctdb recognises the messages of Samba's cluster (ctdb_protocol.h): a length, the magic, version 1, in the order of bytes
// of the nodes.
func ctdb(b []byte) (Kind, Side) {
	switch {
	case len(b) < 32:
	case has(b, 4, "BDTC\x01\x00\x00\x00") && le32(b, 0) >= 32, has(b, 4, "CTDB\x00\x00\x00\x01") && be32(b, 0) >= 32:
		return "ctdb-message", Unknown
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

// esTransport recognises Elasticsearch's nodes by their mark and a length.
func esTransport(b []byte) (Kind, Side) {
	if n := be32(b, 2); has(b, 0, "ES") && n >= 0 && n == int64(len(b)-6) {
		return "estransport-message", Unknown
	}
	return "", Unknown
}

// hdfsBlock recognises how a block is asked of a data node of Hadoop's file system (its
// DataTransferProtocol): version 28, an operation, a message that begins with what it is about.
func hdfsBlock(b []byte) (Kind, Side) {
	if has(b, 0, "\x00\x1c") && at(b, 2) >= 80 && at(b, 2) <= 90 && (at(b, 3) >= 0x80 && at(b, 4) < 8 && at(b, 5) == 0x0a || at(b, 3) > 8 && at(b, 3) < 0x80 && at(b, 4) == 0x0a) {
		return "hdfs-block", Originator
	}
	return "", Unknown
}
