package request

import "bytes"

// pulsar recognises the frames that begin a conversation with Apache Pulsar (its binary
// protocol, "Framing"): two lengths, then a command whose kind comes first.
func pulsar(b []byte) (Kind, Side) {
	total, n := be32(b, 0), be32(b, 4)
	if len(b) < 16 || total < 8 || total > 5<<20 || n < 4 || n > total-4 || int64(len(b)) > 4+total && total != n+4 {
		return "", Unknown
	}
	switch {
	case has(b, 8, "\x08\x02\x12") && at(b, 12) == 0x0a:
		return "pulsar-connect", Originator
	case has(b, 8, "\x08\x03\x1a") && at(b, 12) == 0x0a, has(b, 8, "\x08\x0e\x72") && at(b, 12) == 0x08:
		return "pulsar-answer", Responder
	}
	return "", Unknown
}

// rocketMQ recognises the remoting of RocketMQ with a header in JSON: a length, the
// header's (the highest byte says how it is written), and whether it is an answer.
func rocketMQ(b []byte) (Kind, Side) {
	total, n := be32(b, 0), be32(b, 4)
	if at(b, 8) != '{' || n < 16 || n > 1<<16 || total < n+4 || total > 1<<24 {
		return "", Unknown
	}
	head := b[8:min(int64(len(b)), 8+n)]
	if !within(head, 1024, `"opaque":`) || !within(head, 1024, `"code":`) {
		return "", Unknown
	}
	i := indexOf(head, `"flag":`)
	if i < 0 || i+7 == len(head) {
		return "", Unknown
	}
	switch {
	case (head[i+7]-'0')&1 == 1:
		return "rocketmq-answer", Responder
	case within(head, 32, `"code":105,`):
		return "rocketmq-route", Originator
	}
	return "rocketmq-request", Originator
}

// ignite recognises the handshake of Apache Ignite's thin clients (its binary client
// protocol, "Connection handshake"): a length, 1, three numbers of the version, 2.
func ignite(b []byte) (Kind, Side) {
	if len(b) >= 12 && le32(b, 0) == int64(len(b)-4) && b[4] == 1 && le16(b, 5) >= 1 && le16(b, 5) <= 3 && le16(b, 7) < 32 && le16(b, 9) < 32 && b[11] == 2 {
		return "ignite-handshake", Originator
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

// netRemoting recognises the messages of .NET Remoting over TCP ([MS-NRTP] §2.2.3.3).
func netRemoting(b []byte) (Kind, Side) {
	if !has(b, 0, ".NET\x01\x00") {
		return "", Unknown
	}
	switch le16(b, 6) {
	case 0, 1:
		return "remoting-request", Originator
	case 2:
		return "remoting-answer", Responder
	}
	return "", Unknown
}

// sapError recognises the words by which SAP's programs refuse: fields that end with a zero.
func sapError(b []byte) bool {
	return has(b, 0, "*ERR*\x00") && bytes.IndexByte(b[6:min(len(b), 12)], 0) >= 0
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
