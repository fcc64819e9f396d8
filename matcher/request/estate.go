package request

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

// msmq recognises the packets of Microsoft's message queues by their signature ([MS-MQQB]
// §2.2.19.1). Both sides establish the connection with packets of one shape.
func msmq(b []byte) (Kind, Side) {
	if len(b) >= 16 && b[0] == 0x10 && has(b, 4, "LIOR") && le32(b, 8) >= 16 && le32(b, 8) < 8<<20 {
		return "msmq-packet", Unknown
	}
	return "", Unknown
}

// routerOS recognises the sentences of RouterOS' API (MikroTik's manual, "API"): words, each
// behind its length. A client's first begins with a stroke, a router's with a mark.
func routerOS(b []byte) (Kind, Side) {
	n := at(b, 0)
	if n < 3 || n > 127 || len(b) < n+2 || !printable(b[1:1+n]) {
		return "", Unknown
	}
	switch w := b[1 : 1+n]; {
	case string(w) == "!done" || string(w) == "!trap" || string(w) == "!fatal" || string(w) == "!re":
		return "routeros-answer", Responder
	case w[0] == '/' && w[1] >= 'a' && w[1] <= 'z' && routerOSWords(b, 1+n):
		return "routeros-command", Originator
	}
	return "", Unknown
}

// routerOSWords reports whether from i on words begin with =, . or ?, up to an empty one that
// ends the sentence, which another may follow.
func routerOSWords(b []byte, i int) bool {
	for i < len(b) {
		n := int(b[i])
		if n == 0 {
			return i == len(b)-1 || at(b, i+2) == '/'
		}
		if c := at(b, i+1); n < 2 || c != '=' && c != '.' && c != '?' {
			return false
		}
		i += 1 + n
	}
	return false
}

// smartInstall recognises the question for Cisco's Smart Install client and the answer.
func smartInstall(b []byte) (Kind, Side) {
	switch {
	case len(b) == 24 && has(b, 0, "\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00\x08\x00\x00\x00\x01"):
		return "smi-question", Originator
	case len(b) <= 24 && has(b, 0, "\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x08"):
		return "smi-answer", Responder
	}
	return "", Unknown
}

// checkPoint recognises the question for a firewall's name, and what begins the answer.
func checkPoint(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x51\x00\x00\x00\x00\x00\x00\x21"):
		return "fw1-question", Originator
	case has(b, 0, "Y\x00\x00\x00") && len(b) >= 8 && (len(b) == 8 || within(b, 16, "CN=")):
		return "fw1-answer", Responder
	}
	return "", Unknown
}

// monetDB recognises the challenge of MonetDB's servers (MAPI, version 9): a block's length and that it is the last,
// a salt, who serves, the version.
func monetDB(b []byte) (Kind, Side) {
	if n := le16(b, 0); n > 20 && n < 512 && n&1 == 1 && len(b) >= 16 && printable(b[2:16]) && (within(b, 64, ":mserver:9:") || within(b, 64, ":merovingian:9:")) {
		return "monetdb-challenge", Responder
	}
	return "", Unknown
}

// synergy recognises the hello of a shared keyboard and mouse (Synergy, Barrier and their
// children): a length, a name, two numbers. A client says its own name behind it.
func synergy(b []byte) (Kind, Side) {
	n := be32(b, 0)
	if len(b) < 15 || !has(b, 4, "Synergy\x00\x01\x00") && !has(b, 4, "Barrier\x00\x01\x00") {
		return "", Unknown
	}
	switch {
	case n == 11:
		return "synergy-greeting", Responder
	case n > 15 && n < 512 && be32(b, 15) == n-15:
		return "synergy-hello", Originator
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

// levin recognises the packets of CryptoNote's peers: a signature, a length, flags which
// tell a request from an answer.
func levin(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "\x01\x21\x01\x01\x01\x01\x01\x01"):
		return "", Unknown
	case len(b) < 33:
		return "levin-packet", Unknown
	case le32(b, 25)&2 != 0:
		return "levin-answer", Responder
	}
	return "levin-request", Originator
}

// terraria recognises how a game's client begins: a length, 1, the game and its release.
func terraria(b []byte) (Kind, Side) {
	if n := le16(b, 0); n == len(b) && n > 11 && n < 64 && b[2] == 1 && int(b[3]) == n-4 && has(b, 4, "Terraria") {
		return "terraria-connect", Originator
	}
	return "", Unknown
}

// electrum recognises what wallets ask of their servers in JSON (Electrum's protocol, "Methods").
func electrum(b []byte) (Kind, Side) {
	if within(b, 256, `"method"`) && (within(b, 256, `"server.version"`) || within(b, 256, `"blockchain.`) || within(b, 256, `"server.features"`)) {
		return "electrum-call", Originator
	}
	return "", Unknown
}
