package request

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

// proxied returns what stands behind a header of the PROXY protocol, version 2 (haproxy's
// proxy-protocol.txt §2.2), with which a proxy tells whom it speaks for.
func proxied(b []byte) ([]byte, bool) {
	if !has(b, 0, "\r\n\r\n\x00\r\nQUIT\n") || at(b, 12)>>4 != 2 {
		return nil, false
	}
	n := be16(b, 14)
	if n < 0 || n > 536 || 16+n > len(b) {
		return nil, false
	}
	return b[16+n:], true
}
