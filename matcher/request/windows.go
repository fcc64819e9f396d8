package request

// smb recognises the session service of NetBIOS (RFC 1002 §4.3) and SMB in it
// ([MS-CIFS] §2.2.3.1, [MS-SMB2] §2.2.1).
func smb(b []byte) (Kind, Side) {
	if b[0] != 0x00 {
		return netbiosSession(b)
	}
	if be24(b, 1) < 32 {
		return "", Unknown
	}
	switch {
	case has(b, 4, "\xffSMB"):
		return smb1(b[4:])
	case has(b, 4, "\xfeSMB"):
		return smb2(b[4:])
	case has(b, 4, "\xfdSMB"):
		return "smb-sealed", Unknown
	case has(b, 4, "\xfcSMB"): // [MS-SMB2] §2.2.42: the header inside is compressed, or follows as it is
		if has(b, 20, "\xfeSMB\x40\x00") && at(b, 36) >= 0 {
			if b[36]&1 != 0 {
				return "smb-answer2", Responder
			}
			return "smb-other2", Originator
		}
		return "smb-packed", Unknown
	}
	return "", Unknown
}

// netbiosSession recognises how a session is asked for, granted and refused.
func netbiosSession(b []byte) (Kind, Side) {
	switch {
	case b[0] == 0x81 && be16(b, 2) == 68 && at(b, 1) == 0 && at(b, 4) == 32:
		return "netbios-session", Originator
	case b[0] == 0x82 && len(b) == 4 && be24(b, 1) == 0, b[0] == 0x83 && be24(b, 1) == 1 && at(b, 4) >= 0x80:
		return "netbios-answer", Responder
	}
	return "", Unknown
}

// smb1 recognises a message of SMB by its flags and command; b begins with its header.
func smb1(b []byte) (Kind, Side) {
	switch {
	case len(b) < 10:
		return "", Unknown
	case b[9]&0x80 != 0:
		return "smb-answer1", Responder
	case b[4] == 0x72:
		return "smb-negotiate1", Originator
	}
	return "smb-other1", Originator
}

// smb2 is smb1 for versions 2 and 3.
func smb2(b []byte) (Kind, Side) {
	switch {
	case le16(b, 4) != 64 || le32(b, 16) < 0:
		return "", Unknown
	case b[16]&1 != 0:
		return "smb-answer2", Responder
	case le16(b, 12) == 0:
		return "smb-negotiate2", Originator
	}
	return "smb-other2", Originator
}

// dcerpc recognises a connection-oriented DCE/RPC unit (C706 §12.6).
func dcerpc(b []byte) (Kind, Side) {
	if at(b, 0) != 5 || at(b, 1) > 1 || at(b, 4) != 0x10 && at(b, 4) != 0 || at(b, 5) > 3 {
		return "", Unknown
	}
	n, auth := le16(b, 8), le16(b, 10)
	if b[4] == 0 {
		n, auth = be16(b, 8), be16(b, 10)
	}
	if n < 16 || len(b) < 16 || !zero(b, 6, 8) || auth > 0 && auth+8 > n-16 { // who it is from has a header of eight bytes (C706 §13.2.6)
		return "", Unknown
	}
	switch b[2] {
	case 0x0b, 0x0e:
		return "dcerpc-bind", Originator
	case 0x00:
		return "dcerpc-request", Originator
	case 0x02, 0x03, 0x0c, 0x0d, 0x0f:
		return "dcerpc-answer", Responder
	}
	return "", Unknown
}

// dcerpcDatagram recognises a connectionless DCE/RPC unit (C706 §12.5).
func dcerpcDatagram(b []byte) (Kind, Side) {
	if len(b) < 80 || b[1] > 10 || b[4] != 0x10 && b[4] != 0 || b[5] > 3 || b[6] != 0 {
		return "", Unknown
	}
	n := le16(b, 74)
	if b[4] == 0 {
		n = be16(b, 74)
	}
	if n > len(b)-80 {
		return "", Unknown
	}
	request, answer := Kind("dcerpc-request"), Kind("dcerpc-answer")
	if isProfinet(b) {
		request, answer = "profinet-request", "profinet-answer"
	}
	switch b[1] {
	case 0, 1:
		return request, Originator
	case 2, 3, 4, 5, 6, 9:
		return answer, Responder
	}
	return "", Unknown
}

// isProfinet reports whether a connectionless unit is for one of PROFINET's interfaces
// (IEC 61158-6-10: dea00001 to dea00004-6c97-11d1-8271-00a02442df7d), in either order of bytes.
func isProfinet(b []byte) bool {
	return has(b, 25, "\x00\xa0\xde\x97\x6c\xd1\x11\x82\x71") && b[24] >= 1 && b[24] <= 4 ||
		has(b, 24, "\xde\xa0\x00") && has(b, 28, "\x6c\x97\x11\xd1\x82\x71") && b[27] >= 1 && b[27] <= 4
}

// nbdgm recognises a NetBIOS datagram (RFC 1002 §4.4): its sender announces itself.
func nbdgm(b []byte) (Kind, Side) {
	if be16(b, 8) == 138 && be16(b, 10) == len(b)-14 && at(b, 14) == 32 {
		return "nbdgm-message", Responder
	}
	return "", Unknown
}

// wins recognises how two servers of Windows' names begin to replicate ([MS-WINSRA] §2.2.1): a
// length, a word of their own, a number that the other has given, a kind.
func wins(b []byte) (Kind, Side) {
	if n := be32(b, 0); n < 16 || n > 1<<16 || n+4 < int64(len(b)) || be32(b, 4) != 0x7800 {
		return "", Unknown
	}
	switch be32(b, 12) {
	case 0:
		return "wins-start", Originator
	case 1:
		return "wins-answer", Responder
	case 2, 3:
		return "wins-message", Unknown
	}
	return "", Unknown
}

// swarm recognises Windows' delivery optimization among neighbours ([MS-DOSVC]'s peers): both
// greet alike, as BitTorrent's do.
func swarm(b []byte) (Kind, Side) {
	if has(b, 0, "\x0eSwarm protocol") {
		return "swarm-handshake", Unknown
	}
	return "", Unknown
}
