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

// tpkt recognises ISO transport on TCP (RFC 1006): RDP ([MS-RDPBCGR] §2.2.1.1),
// S7, MMS and H.323.
func tpkt(b []byte) (Kind, Side) {
	n := be16(b, 2)
	if at(b, 1) != 0 || n < 7 || n > 8192 {
		return "", Unknown
	}
	switch {
	case has(b, 4, "\x08\x02"):
		return h323(b)
	case has(b, 4, "\x02\xf0"):
		return isoData(b)
	}
	li := at(b, 4)
	if li < 6 || li+5 > n || li+5 > len(b) {
		return "", Unknown
	}
	v := b[11 : li+5] // variable part
	switch b[5] & 0xf0 {
	case 0xe0:
		if b[10]&0xf0 != 0 && b[10]&0x0f != 0 {
			return "", Unknown
		}
		return isoConnect(v), Originator
	case 0xd0:
		switch {
		case len(v) == 8 && (v[0] == 2 || v[0] == 3), len(v) == 0:
			return "rdp-answer", Responder
		}
		return "iso-answer", Responder
	case 0x80:
		return "iso-answer", Responder // disconnect request
	}
	return "", Unknown
}

// isoConnect tells by the variable part of a connection request who is called.
func isoConnect(v []byte) Kind {
	switch {
	case has(v, 0, "Cookie: "):
		return "rdp-cookie"
	case len(v) == 8 && v[0] == 1:
		return "rdp-neg"
	case len(v) == 0:
		return "rdp-plain"
	}
	return "iso-connect"
}

// h323 recognises the signalling of calls, which is Q.931's behind the length, without the rest of ISO transport.
func h323(b []byte) (Kind, Side) {
	switch at(b, 8) {
	case 0x05:
		return "h323-setup", Originator
	case 0x01, 0x02, 0x03, 0x07, 0x0d, 0x0f, 0x5a, 0x62, 0x6e, 0x75, 0x7b, 0x7d:
		// Of a call that began before: ALERTING, CALL PROCEEDING, CONNECT, FACILITY, STATUS and the like (Q.931 §3.1).
		switch {
		case !within(b, 64, "\x7e\x00"):
		case b[6]&0x80 != 0:
			return "h323-answer", Responder
		default:
			return "h323-message", Originator
		}
	}
	return "", Unknown
}

// isoData recognises what a COTP data unit carries, by its first byte.
func isoData(b []byte) (Kind, Side) {
	switch at(b, 7) {
	case 0x32:
		return s7(b)
	case 0x72:
		return "s7-plus", Unknown
	case 0x0d:
		return "mms-connect", Originator
	case 0x0e:
		return "mms-answer", Responder
	case 0x01:
		if has(b, 8, "\x00\x01\x00\x61") { // user data of a session, for a presentation
			return "mms-data", Unknown
		}
	case 0x04, 0x28, 0x2e, 0x38, 0x3e, 0x64, 0x68, 0x7f:
		return mcs(b)
	}
	return "", Unknown
}

// s7 recognises the kind of a message of S7 communication.
func s7(b []byte) (Kind, Side) {
	switch at(b, 8) {
	case 1:
		return "s7-job", Originator
	case 2, 3:
		return "s7-answer", Responder
	case 7: // the kind of function tells; the method before it says 0x12 in both
		switch at(b, 22) >> 4 {
		case 4:
			return "s7-userdata", Originator
		case 8:
			return "s7-answer", Responder
		}
	}
	return "", Unknown
}

// mcs recognises the units of T.125 (§7), on which remote desktops are built.
func mcs(b []byte) (Kind, Side) {
	whole := be16(b, 2) == len(b)
	channel := be16(b, 10) >= 1001 && be16(b, 10) < 1100 && at(b, 12) == 0x70
	switch c := b[7]; {
	case c == 0x7f && at(b, 8) == 0x65, // connect
		whole && (c == 0x28 && len(b) == 8 || c == 0x04 && len(b) == 12 || c == 0x38 && len(b) == 12), // attach a user, erect a domain, join a channel
		c == 0x64 && channel: // data to one
		return "rdp-mcs", Originator
	case c == 0x7f && at(b, 8) == 0x66, whole && (c == 0x2e && len(b) == 11 || c == 0x3e && len(b) == 15), c == 0x68 && channel:
		return "rdp-answer", Responder
	}
	return "", Unknown
}

// dcerpc recognises a connection-oriented DCE/RPC unit (C706 §12.6).
func dcerpc(b []byte) (Kind, Side) {
	if at(b, 0) != 5 || at(b, 1) > 1 || at(b, 4) != 0x10 && at(b, 4) != 0 || at(b, 5) > 3 {
		return "", Unknown
	}
	n := le16(b, 8)
	if b[4] == 0 {
		n = be16(b, 8)
	}
	if n < 16 || len(b) < 16 {
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

// kerberos recognises a Kerberos message (RFC 4120 §5) by its outer tags and pvno.
func kerberos(b []byte) (Kind, Side) {
	t := b[0]
	i, ok := derHeader(b, 0)
	if !ok || at(b, i) != 0x30 {
		return "", Unknown
	}
	if i, ok = derHeader(b, i); !ok {
		return "", Unknown
	}
	if !has(b, i, "\xa1\x03\x02\x01\x05") && !has(b, i, "\xa0\x03\x02\x01\x05") {
		return "", Unknown
	}
	switch t {
	case 0x6a:
		return "kerberos-as", Originator
	case 0x6c:
		return "kerberos-tgs", Originator
	case 0x6b, 0x6d, 0x7e:
		return "kerberos-answer", Responder
	}
	return "", Unknown
}

// kerberosStream recognises Kerberos behind a length (RFC 4120 §7.2.2).
func kerberosStream(b []byte) (Kind, Side) {
	if n := be32(b, 0); n < 16 || n > 1<<17 || len(b) < 16 {
		return "", Unknown
	}
	return kerberos(b[4:])
}

// kpasswd recognises a password change (RFC 3244 §2).
func kpasswd(b []byte) (Kind, Side) {
	if be16(b, 0) != len(b) || be16(b, 4) <= 0 || be16(b, 4) > len(b)-6 {
		return "", Unknown
	}
	switch v := be16(b, 2); {
	case (v == 1 || v == 0xff80) && at(b, 6) == 0x6e:
		return "kpasswd-request", Originator
	case v == 1 && (at(b, 6) == 0x6f || at(b, 6) == 0x7e):
		return "kpasswd-answer", Responder
	}
	return "", Unknown
}

func kpasswdStream(b []byte) (Kind, Side) {
	if be32(b, 0) != int64(len(b)-4) || len(b) < 16 {
		return "", Unknown
	}
	return kpasswd(b[4:])
}

// derHeader reads the identifier and length octets at offset i (X.690 §8.1) and
// returns where the contents begin. Only one-byte identifiers are read, and the
// contents may be longer than what is in b.
func derHeader(b []byte, i int) (content int, ok bool) {
	switch c := at(b, i+1); {
	case c < 0 || c == 0x80:
		return 0, false
	case c < 0x80:
		return i + 2, true
	case c <= 0x84 && i+2+c-0x80 <= len(b):
		return i + 2 + c - 0x80, true
	}
	return 0, false
}

// derLength returns the length of the contents of the element at i, or -1.
func derLength(b []byte, i int) int64 {
	switch c := at(b, i+1); {
	case c < 0:
		return -1
	case c < 0x80:
		return int64(c)
	case c == 0x81:
		return int64(at(b, i+2))
	case c == 0x82:
		return int64(be16(b, i+2))
	case c == 0x83:
		return int64(be24(b, i+2))
	case c == 0x84:
		return be32(b, i+2)
	}
	return -1
}

// asn1 recognises LDAP (RFC 4511 §4.1.1) and SNMP (RFC 1157 §4, RFC 3412 §6),
// both a SEQUENCE that starts with an INTEGER.
func asn1(b []byte) (Kind, Side) {
	i, ok := derHeader(b, 0)
	if !ok || at(b, i) != 0x02 {
		return "", Unknown
	}
	n := at(b, i+1)
	if n < 1 || n > 4 {
		return "", Unknown
	}
	if n == 1 && at(b, i+3) == 0x04 {
		return snmp(b, at(b, i+2), i+3)
	}
	if n == 1 && at(b, i+2) == 3 && at(b, i+3) == 0x30 {
		return snmp3(b, i+3)
	}
	return ldap(b, i+2+n)
}

// ldap recognises the operation whose tag stands at i.
func ldap(b []byte, i int) (Kind, Side) {
	switch at(b, i) {
	case 0x60: // BindRequest: version, name
		if j, ok := derHeader(b, i); ok && has(b, j, "\x02\x01") && at(b, j+2) >= 1 && at(b, j+2) <= 3 {
			return "ldap-bind", Originator
		}
	case 0x63: // SearchRequest: baseObject
		if j, ok := derHeader(b, i); ok && at(b, j) == 0x04 {
			return "ldap-search", Originator
		}
	case 0x77: // ExtendedRequest: requestName
		if j, ok := derHeader(b, i); ok && at(b, j) == 0x80 {
			return "ldap-extended", Originator
		}
	case 0x42:
		if at(b, i+1) == 0 {
			return "ldap-unbind", Originator
		}
	case 0x61, 0x65, 0x78: // results: resultCode
		if j, ok := derHeader(b, i); ok && has(b, j, "\x0a\x01") {
			return "ldap-answer", Responder
		}
	case 0x64, 0x73:
		if j, ok := derHeader(b, i); ok && at(b, j) == 0x04 {
			return "ldap-answer", Responder
		}
	}
	return "", Unknown
}

// snmp recognises versions 1 and 2c; i is the offset of the community.
func snmp(b []byte, version, i int) (Kind, Side) {
	n := derLength(b, i)
	j, ok := derHeader(b, i)
	if !ok || n < 0 || n > 255 || version > 1 {
		return "", Unknown
	}
	t := at(b, j+int(n))
	if t < 0xa0 || t > 0xa8 {
		return "", Unknown
	}
	if version == 0 {
		switch t {
		case 0xa0:
			return "snmp-v1-get", Originator
		case 0xa1:
			return "snmp-v1-next", Originator
		case 0xa2:
			return "snmp-v1-answer", Responder
		case 0xa3:
			return "snmp-v1-set", Originator
		case 0xa4:
			return "snmp-v1-trap", Originator
		}
		return "", Unknown
	}
	switch t {
	case 0xa0:
		return "snmp-v2-get", Originator
	case 0xa1:
		return "snmp-v2-next", Originator
	case 0xa2, 0xa8:
		return "snmp-v2-answer", Responder
	case 0xa3:
		return "snmp-v2-set", Originator
	case 0xa5:
		return "snmp-v2-bulk", Originator
	case 0xa6, 0xa7:
		return "snmp-v2-trap", Originator
	}
	return "", Unknown
}

// snmp3 recognises version 3; i is the offset of msgGlobalData. A message that
// asks for a report is a request (RFC 3412 §6.4).
func snmp3(b []byte, i int) (Kind, Side) {
	j, ok := derHeader(b, i)
	if !ok || at(b, j) != 0x02 {
		return "", Unknown
	}
	j += 2 + max(at(b, j+1), 0) // msgID
	if at(b, j) != 0x02 {
		return "", Unknown
	}
	j += 2 + max(at(b, j+1), 0) // msgMaxSize
	if !has(b, j, "\x04\x01") || at(b, j+2) < 0 {
		return "", Unknown
	}
	if b[j+2]&4 != 0 {
		return "snmp-v3-get", Originator
	}
	return "snmp-v3-answer", Responder
}
