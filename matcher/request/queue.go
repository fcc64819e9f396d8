package request

import "bytes"

// mqtt recognises CONNECT and CONNACK (MQTT 5.0 §3.1, §3.2).
func mqtt(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\xc0\x00") && len(b) == 2:
		return "mqtt-ping", Originator
	case has(b, 0, "\xd0\x00") && len(b) == 2:
		return "mqtt-connack", Responder
	}
	n, i := mqttLength(b)
	if i == 0 {
		return "", Unknown
	}
	switch b[0] {
	case 0x10:
		if n >= 10 && (has(b, i, "\x00\x04MQTT") && at(b, i+6) >= 3 && b[i+6] <= 5 || has(b, i, "\x00\x06MQIsdp")) {
			return "mqtt-connect", Originator
		}
	case 0x20:
		if n >= 2 && n < 200 && len(b) >= i+2 && b[i] <= 1 && mqttReason(b[i+1:], n) {
			return "mqtt-connack", Responder
		}
	}
	return "", Unknown
}

// mqttLength returns the remaining length behind the first byte (§1.5.5) and where what it
// counts begins, which is 0 if it has no end.
func mqttLength(b []byte) (n, i int) {
	for shift := 0; shift <= 21; shift += 7 {
		c := at(b, 1+shift/7)
		if c < 0 {
			break
		}
		n |= c & 0x7f << shift
		if c < 0x80 {
			return n, 2 + shift/7
		}
	}
	return 0, 0
}

// mqttReason reports whether an answer of n bytes goes on with a reason: of version 3 alone,
// of version 5 with properties.
func mqttReason(b []byte, n int) bool {
	if n == 2 {
		return b[0] <= 5
	}
	return at(b, 1) == n-3 && (b[0] == 0 || b[0] >= 0x80)
}

// mqttSubscribe recognises SUBSCRIBE, UNSUBSCRIBE and their answers (MQTT 3.1.1 §3.8 to §3.11).
func mqttSubscribe(b []byte) (Kind, Side) {
	n := at(b, 1)
	if n < 3 || n > 127 || len(b) != 2+n || be16(b, 2) == 0 {
		return "", Unknown
	}
	switch b[0] {
	case 0x82, 0xa2:
		for i := 4; ; { // topics, and for SUBSCRIBE a quality of service
			l := be16(b, i)
			if l < 1 || i+2+l > len(b) || !printable(b[i+2:i+2+l]) {
				return "", Unknown
			}
			if i += 2 + l; b[0] == 0x82 {
				if at(b, i) < 0 || at(b, i) > 2 {
					return "", Unknown
				}
				i++
			}
			if i == len(b) {
				return "mqtt-subscribe", Originator
			}
		}
	case 0x90:
		for _, c := range b[4:] {
			if c > 2 && c != 0x80 {
				return "", Unknown
			}
		}
		return "mqtt-suback", Responder
	}
	return "", Unknown
}

// mqttSN recognises a connection of MQTT for sensor networks (MQTT-SN 1.2 §5.4.4).
func mqttSN(b []byte) (Kind, Side) {
	if len(b) > 6 && int(b[0]) == len(b) && b[1] == 4 && b[2]&^0x0c == 0 && b[3] == 1 && printable(b[6:]) {
		return "mqttsn-connect", Originator
	}
	return "", Unknown
}

// amqpHeader recognises the header of AMQP (0-9-1 §4.2.2, 1.0 §2.2, §5.3.2).
func amqpHeader(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "AMQP\x00\x00\x09\x01"), has(b, 0, "AMQP\x01\x01"):
		return "amqp-header", Originator
	case has(b, 0, "AMQP\x03\x01\x00\x00") && has(b, 12, "\x02\x01\x00\x00\x00\x53\x40"):
		return "amqp-start", Responder // mechanisms of SASL, which the responder lists
	case has(b, 0, "AMQP") && len(b) >= 8 && b[4] <= 3 && b[5] <= 1 && (b[5] == 1 || b[6] <= 9):
		return "amqp-header", Unknown // AMQP 1.0: the responder repeats it
	}
	return "", Unknown
}

// amqpFrame recognises Connection.Start of AMQP 0-9-1 (§1.4.2.1 of the
// specification) and the frames of AMQP 1.0.
func amqpFrame(b []byte) (Kind, Side) {
	if at(b, 0) == 1 && be16(b, 1) == 0 && be32(b, 3) > 8 && be32(b, 7) == 10<<16|10 {
		return "amqp-start", Responder
	}
	return "", Unknown
}

// amqpMethod recognises a method's frame of AMQP 0-9-1 (§4.2.3, §1.5 to §1.8) by its class
// and number and the frame's end.
func amqpMethod(b []byte) (Kind, Side) {
	n := be32(b, 3)
	if b[0] != 1 || n < 4 || n > 1<<17 || int64(len(b)) < 8+n || b[7+n] != 0xce {
		return "", Unknown
	}
	switch be32(b, 7) {
	case 10<<16 | 11, 10<<16 | 31, 10<<16 | 40, // connection: start-ok, tune-ok, open
		20<<16 | 10, 40<<16 | 10, 40<<16 | 20, 50<<16 | 10, 50<<16 | 20, 50<<16 | 30, 50<<16 | 40, // channel, exchange, queue
		60<<16 | 10, 60<<16 | 20, 60<<16 | 40, 60<<16 | 70, 60<<16 | 90, 60<<16 | 110, 60<<16 | 120, 85<<16 | 10, 90<<16 | 10, 90<<16 | 20:
		return "amqp-method", Originator
	case 10<<16 | 30, 10<<16 | 41, // connection: tune, open-ok
		20<<16 | 11, 40<<16 | 11, 40<<16 | 21, 50<<16 | 11, 50<<16 | 21, 50<<16 | 31, 50<<16 | 41,
		60<<16 | 11, 60<<16 | 21, 60<<16 | 50, 60<<16 | 60, 60<<16 | 71, 60<<16 | 72, 85<<16 | 11, 90<<16 | 11, 90<<16 | 21:
		return "amqp-answer", Responder
	case 60<<16 | 80: // ack: the client's, or the server's of what was published
		return "amqp-ack", Unknown
	}
	return "", Unknown
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

// nsq recognises NSQ's magic identifier.
func nsq(b []byte) (Kind, Side) {
	if has(b, 0, "  V1") || has(b, 0, "  V2") {
		return "nsq-ident", Originator
	}
	return "", Unknown
}

// gearman recognises Gearman's binary packets.
func gearman(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x00REQ") && be32(b, 4) < 64:
		return "gearman-request", Originator
	case has(b, 0, "\x00RES") && be32(b, 4) < 64:
		return "gearman-answer", Responder
	}
	return "", Unknown
}

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

// openwire recognises the first command of OpenWire; both sides send it.
func openwire(b []byte) (Kind, Side) {
	if has(b, 4, "\x01ActiveMQ") {
		return "openwire-info", Unknown
	}
	return "", Unknown
}

// msmq recognises the packets of Microsoft's message queues by their signature ([MS-MQQB]
// §2.2.19.1). Both sides establish the connection with packets of one shape.
func msmq(b []byte) (Kind, Side) {
	if len(b) >= 16 && b[0] == 0x10 && has(b, 4, "LIOR") && le32(b, 8) >= 16 && le32(b, 8) < 8<<20 {
		return "msmq-packet", Unknown
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

// subject recognises the verbs of message brokers and chats, with what must follow them.
func subject(b []byte) (Kind, Side) {
	line, rest := firstLine(b)
	if rest == 0 || len(line) > 510 || !printable(line) {
		return "", Unknown
	}
	head := b[:min(len(b), 512)]
	switch {
	case has(b, 0, "SEND\n"), has(b, 0, "SUBSCRIBE\n"), has(b, 0, "SEND\r\n"), has(b, 0, "SUBSCRIBE\r\n"):
		if bytes.Contains(head, []byte("\ndestination:")) {
			return "stomp-frame", Originator
		}
	case has(b, 0, "MESSAGE\n"), has(b, 0, "MESSAGE\r\n"):
		if bytes.Contains(head, []byte("\nmessage-id:")) {
			return "stomp-answer", Responder
		}
	case has(b, 0, "PRIVMSG #"), has(b, 0, "PRIVMSG &"), has(b, 0, "JOIN #"):
		return "irc-command", Originator
	case has(b, 0, "PUB "), has(b, 0, "MSG "):
		return natsMessage(b, line, rest)
	}
	return "", Unknown
}

// natsMessage recognises what is published and passed on by NATS: words, of which the last is
// the length of what follows at rest and ends with CR LF, too.
func natsMessage(b, line []byte, rest int) (Kind, Side) {
	words, last := bytes.Count(line, []byte(" "))+1, line[bytes.LastIndexByte(line, ' ')+1:]
	if words < 3 || words > 5 || len(last) == 0 {
		return "", Unknown
	}
	n := 0
	for _, c := range last {
		if n = n*10 + int(c-'0'); !isDigit(c) || n > 1<<20 {
			return "", Unknown
		}
	}
	if b[rest-2] != '\r' || len(b) >= rest+n+2 && !has(b, rest+n, "\r\n") {
		return "", Unknown
	}
	switch {
	case b[0] == 'M' && words >= 4:
		return "nats-message", Responder
	case b[0] == 'P' && words <= 4:
		return "nats-publish", Originator
	}
	return "", Unknown
}

// fix recognises a message of FIX: its version first; both sides log on alike.
func fix(b []byte) (Kind, Side) {
	if has(b, 0, "8=FIX") && at(b, 5) >= 0 {
		return "fix-logon", Unknown
	}
	return "", Unknown
}

// nanomsg recognises how the scalability protocols begin on TCP (nanomsg's sp-tcp-mapping-01
// §3): a mark, a kind of socket, zeros. Both sides say it.
func nanomsg(b []byte) (Kind, Side) {
	if len(b) >= 8 && has(b, 0, "\x00SP\x00") && be16(b, 4) >= 16 && be16(b, 4) < 256 && be16(b, 6) == 0 {
		return "nanomsg-header", Unknown
	}
	return "", Unknown
}
