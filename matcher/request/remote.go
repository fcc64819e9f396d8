package request

// telnet recognises option negotiation (RFC 854); either side may begin.
func telnet(b []byte) (Kind, Side) {
	if b[0] == 0xff && len(b) >= 3 && (b[1] >= 0xfb && b[1] <= 0xfe && (b[2] < 50 || b[2] > 0xf0) || b[1] == 0xfa && b[2] < 50) {
		return "telnet-iac", telnetSide(b)
	}
	return "", Unknown
}

// telnetSide says who asks for options that only one side has: a server echoes and wants to
// know the terminal (RFC 857, RFC 1073, RFC 1091); Unknown if they say both.
func telnetSide(b []byte) Side {
	side := Unknown
	for i := 0; i+2 < len(b) && b[i] == 0xff; i += 3 {
		s := Unknown
		switch o := b[i+2]; {
		case b[i+1] == 0xfd && (o == 0x18 || o == 0x1f || o == 0x20 || o == 0x23 || o == 0x27), b[i+1] == 0xfb && o == 0x01:
			s = Responder
		case b[i+1] == 0xfb && (o == 0x18 || o == 0x1f || o == 0x20 || o == 0x27), b[i+1] == 0xfd && o == 0x01:
			s = Originator
		}
		if s != Unknown && side != Unknown && s != side {
			return Unknown
		}
		if s != Unknown {
			side = s
		}
	}
	return side
}

// rlogin recognises the words of rlogin's client (RFC 1282 §2): a zero, who logs in, as
// whom, and the terminal with its speed, each ended by a zero.
func rlogin(b []byte) (Kind, Side) {
	if len(b) < 6 || b[0] != 0 {
		return "", Unknown
	}
	local, i := zeroEnded(b, 1, 32)
	remote, i := zeroEnded(b, i, 32)
	terminal, i := zeroEnded(b, i, 64)
	if i != len(b) || len(local) == 0 || len(remote) == 0 {
		return "", Unknown
	}
	for j := 1; j+1 < len(terminal); j++ {
		if terminal[j] == '/' && isDigit(terminal[j+1]) {
			return "rlogin-start", Originator
		}
	}
	return "", Unknown
}

// rsh recognises the words of the remote shell's client, and of rexec's, when they come in
// one piece: the port for errors, two names, a command.
func rsh(b []byte) (Kind, Side) {
	port, i := zeroEnded(b, 0, 5)
	for _, c := range port {
		if !isDigit(c) {
			return "", Unknown
		}
	}
	if len(port) == 0 || len(port) == 1 && port[0] != '0' {
		return "", Unknown
	}
	user, i := zeroEnded(b, i, 32)
	other, i := zeroEnded(b, i, 64)
	command, i := zeroEnded(b, i, 4096)
	if i != len(b) || len(user) == 0 || len(other) == 0 || len(command) == 0 {
		return "", Unknown
	}
	return "rsh-start", Originator
}

// zeroEnded returns the printable string at i of at most most bytes, and where the next one
// begins, which is -1 if there is none or it does not end so.
func zeroEnded(b []byte, i, most int) (s []byte, next int) {
	if i < 0 || i >= len(b) {
		return nil, -1
	}
	for j := i; j < len(b) && j <= i+most; j++ {
		switch {
		case b[j] == 0:
			return b[i:j], j + 1
		case b[j] < 0x20 || b[j] > 0x7e:
			return nil, -1
		}
	}
	return nil, -1
}

// rfb recognises the version of VNC's protocol, which both sides say (RFC 6143 §7.1.1).
func rfb(b []byte) (Kind, Side) {
	if has(b, 0, "RFB 00") && len(b) >= 11 {
		return "vnc-ident", Unknown
	}
	return "", Unknown
}

// spice recognises the link messages of SPICE (its protocol document, §11): that of a
// server carries a key, which makes it long.
func spice(b []byte) (Kind, Side) {
	n := le32(b, 12)
	switch {
	case !has(b, 0, "REDQ") || le32(b, 4) < 1 || le32(b, 4) > 2 || n < 4 || n > 4096:
		return "", Unknown
	case n >= 166:
		return "spice-answer", Responder
	case n >= 18:
		return "spice-link", Originator
	}
	return "spice-answer", Responder // an error alone
}

// ica recognises how Citrix's ICA begins, and the gateway protocol that may carry it.
func ica(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x7f\x7fICA\x00"):
		return "ica-detect", Unknown
	case has(b, 0, "\x1aCGP/"):
		return "ica-gateway", Unknown
	}
	return "", Unknown
}

// citrix recognises the question for ICA servers.
func citrix(b []byte) (Kind, Side) {
	if has(b, 0, "\x1e\x00\x01\x30\x02\xfd\xa8\xe3") {
		return "ica-browse", Originator
	}
	return "", Unknown
}

// rdpUDP recognises the first datagram of RDP's transport over UDP, and its answer
// ([MS-RDPEUDP] §2.2.2.1, §3.1.5.1): padded to the path's size, nothing acknowledged yet.
func rdpUDP(b []byte) (Kind, Side) {
	flags := be16(b, 6)
	switch {
	case len(b) < 1100 || flags < 0 || flags&1 == 0 || !zero(b, len(b)-256, len(b)) || be16(b, 4) == 0:
		return "", Unknown
	case be32(b, 0) == 0xffffffff && flags&4 == 0:
		return "rdp-syn", Originator
	case flags&4 != 0 && flags < 0x4000:
		return "rdp-answer", Responder
	}
	return "", Unknown
}

// teamviewer recognises TeamViewer's header; both sides send it.
func teamviewer(b []byte) (Kind, Side) {
	if (has(b, 0, "\x17\x24") || has(b, 0, "\x11\x30")) && len(b) >= 9 && at(b, 3) <= 1 {
		return "teamviewer-message", Unknown
	}
	return "", Unknown
}

// teamviewerDatagram recognises TeamViewer's header on UDP, behind a connection's numbers.
func teamviewerDatagram(b []byte) (Kind, Side) {
	if len(b) >= 16 && zero(b, 0, 10) && has(b, 11, "\x17\x24") && b[10] > 0 && b[10] < 8 {
		return "teamviewer-message", Unknown
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

// pcAnywhere recognises the search for hosts of pcAnywhere, and its state.
func pcAnywhere(b []byte) (Kind, Side) {
	switch {
	case len(b) <= 3 && (has(b, 0, "NQ") || has(b, 0, "ST\x00")):
		return "pcanywhere-query", Originator
	case has(b, 0, "NR") && len(b) >= 26 && b[2] > ' ' && printable(b[2:26]):
		return "pcanywhere-answer", Responder
	}
	return "", Unknown
}

// appleDesktop recognises the search for Macs that may be managed.
func appleDesktop(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x00\x14\x00\x01\x03") && len(b) == 5:
		return "ard-query", Originator
	case has(b, 0, "\x00\x01\x03\xea"):
		return "ard-answer", Responder
	}
	return "", Unknown
}

// macTelnet recognises MikroTik's terminal over hardware addresses: who asks has the
// session's number first, and who answers has it last.
func macTelnet(b []byte) (Kind, Side) {
	switch {
	case len(b) < 22 || b[0] != 1 || b[1] > 5 && b[1] != 0xff || zero(b, 2, 8):
	case has(b, 16, "\x00\x15"):
		return "mactelnet-session", Originator
	case has(b, 14, "\x00\x15"):
		return "mactelnet-answer", Responder
	}
	return "", Unknown
}

// adb recognises the connection to an Android device: who asks names itself the host.
func adb(b []byte) (Kind, Side) {
	if !has(b, 0, "CNXN") || le32(b, 8) < 1024 {
		return "", Unknown
	}
	if within(b, 64, "host:") {
		return "adb-connect", Originator
	}
	return "adb-answer", Responder
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

// rmcp recognises IPMI's session traffic and the ping of ASF (IPMI 2.0 §13).
func rmcp(b []byte) (Kind, Side) {
	if !has(b, 0, "\x06\x00") || len(b) < 12 {
		return "", Unknown
	}
	switch b[3] & 0x1f {
	case 6:
		if be32(b, 4) != 4542 {
			return "", Unknown
		}
		switch b[8] {
		case 0x80:
			return "rmcp-ping", Originator
		case 0x40:
			return "rmcp-answer", Responder
		}
	case 7:
		i := 14 // behind the session header without an authentication code
		switch {
		case b[4] == 6:
			switch at(b, 5) & 0x3f {
			case 0x10, 0x12, 0x14:
				return "ipmi-open", Originator
			case 0x11, 0x13, 0x15:
				return "ipmi-answer", Responder
			}
			return "ipmi-data", Unknown
		case b[4] != 0:
			i += 16
		}
		switch n := at(b, i+1); {
		case n < 0:
			return "", Unknown
		case n>>2&1 == 1:
			return "ipmi-answer", Responder
		case at(b, i+5) == 0x38:
			return "ipmi-auth", Originator
		}
		return "ipmi-request", Originator
	}
	return "", Unknown
}

// lockdown recognises how a computer talks to an iPhone: a property list in XML behind its length. An answer
// has a result, a value or an error.
func lockdown(b []byte) (Kind, Side) {
	if n := be32(b, 0); n < 64 || n > 1<<20 || n < int64(len(b)-4) || !has(b, 4, "<?xml") || !within(b, 512, "<plist") || !within(b, 1024, "<key>Request</key>") {
		return "", Unknown
	}
	if within(b, 1024, "<key>Result</key>") || within(b, 1024, "<key>Error</key>") || within(b, 1024, "<key>Value</key>") && !within(b, 1024, "<key>Label</key>") {
		return "lockdown-answer", Responder
	}
	return "lockdown-request", Originator
}

// njRAT recognises how a victim of njRAT calls its master: a length in digits, NUL, two letters, and a bar
// between quotes.
func njRAT(b []byte) (Kind, Side) {
	i := 1
	for i < 5 && isDigit(byte(max(at(b, i), 0))) {
		i++
	}
	if has(b, i, "\x00ll|'|'|") {
		return "njrat-login", Originator
	}
	return "", Unknown
}
