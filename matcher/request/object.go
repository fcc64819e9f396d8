package request

import "bytes"

// giop recognises the messages of CORBA's protocol, version 1 (CORBA 3.3 part 2 §9.4).
func giop(b []byte) (Kind, Side) {
	if !has(b, 0, "GIOP\x01") || at(b, 5) > 3 {
		return "", Unknown
	}
	switch at(b, 7) {
	case 0, 3:
		return "giop-request", Originator
	case 1, 4, 6:
		return "giop-answer", Responder
	}
	return "", Unknown
}

// rmi recognises the handshake of Java's remote method invocation: version and protocol.
func rmi(b []byte) (Kind, Side) {
	if has(b, 0, "JRMI\x00") && len(b) >= 7 && b[6] >= 0x4b && b[6] <= 0x4d {
		return "rmi-handshake", Originator
	}
	return "", Unknown
}

// rmiAnswer recognises that it is taken: who the client seems to be, and its port.
func rmiAnswer(b []byte) (Kind, Side) {
	if n := at(b, 2); at(b, 1) == 0 && n > 0 && n < 128 && len(b) >= 7+n && printable(b[3:3+n]) && zero(b, 3+n, 5+n) {
		return "rmi-answer", Responder
	}
	return "", Unknown
}

// weblogic recognises the start of WebLogic's T3: the protocol and a version, a few letters
// with numbers; and the answer to it.
func weblogic(b []byte) (Kind, Side) {
	switch {
	case (has(b, 0, "t3 ") || has(b, 0, "t3s ")) && isDigit(byte(max(0, at(b, indexOf(b[:min(8, len(b))], " ")+1)))) && within(b, 64, "\nAS:"):
		return "t3-hello", Originator
	case has(b, 0, "HELO:") && isDigit(byte(max(0, at(b, 5)))):
		return "t3-answer", Responder
	}
	return "", Unknown
}

// netFraming recognises .NET's message framing ([MC-NMF] §2.2.3): version, mode and the
// address that the client calls; or a fault, by its name.
func netFraming(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x00\x01\x00\x01") && at(b, 4) >= 1 && at(b, 4) <= 4 && at(b, 5) == 2 && has(b, 7, "net."):
		return "netframing-preamble", Originator
	case b[0] == 8 && has(b, 2, "http://schemas.microsoft.com/ws/2006/05/framing/faults/"):
		return "netframing-fault", Responder
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

// sapError recognises the words by which SAP's programs refuse: fields that end with a zero.
func sapError(b []byte) bool {
	return has(b, 0, "*ERR*\x00") && bytes.IndexByte(b[6:min(len(b), 12)], 0) >= 0
}

// epmd recognises what Erlang's port mapper is asked.
func epmd(b []byte) (Kind, Side) {
	if be16(b, 0) != len(b)-2 || len(b) < 3 {
		return "", Unknown
	}
	switch b[2] {
	case 'n':
		if len(b) == 3 {
			return "epmd-names", Originator
		}
	case 'z':
		if len(b) > 3 && printable(b[3:]) {
			return "epmd-port", Originator
		}
	case 'x':
		if at(b, 5) == 'M' || at(b, 5) == 'H' || at(b, 5) == 'n' {
			return "epmd-alive", Originator
		}
	}
	return "", Unknown
}

// epmdAnswer recognises what it answers: its own port, then the names.
func epmdAnswer(b []byte) (Kind, Side) {
	if be32(b, 0) == 4369 && (len(b) == 4 || has(b, 4, "name ")) {
		return "epmd-answer", Responder
	}
	return "", Unknown
}
