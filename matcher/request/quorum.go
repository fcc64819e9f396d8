package request

// quorum recognises what the parts of one service say to each other behind its own port.
func quorum(b []byte) (Kind, Side) { return first(b, agentX, election, following, ctdb) }

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
