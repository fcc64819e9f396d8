package request

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

// z3950 recognises the search in libraries' catalogues (Z39.50): the session's beginning.
func z3950(b []byte) (Kind, Side) {
	if b[0] != 0xb4 && b[0] != 0xb5 {
		return "", Unknown
	}
	n, i := at(b, 1), 2
	switch n {
	case 0x81:
		n, i = at(b, 2), 3
	case 0x82:
		n, i = be16(b, 2), 4
	}
	if tag := at(b, i); n < 16 || n > 4096 || tag != 0x82 && tag != 0x83 || tag == 0x83 && at(b, i+1) > 4 {
		return "", Unknown
	}
	if b[0] == 0xb4 {
		return "z3950-init", Originator
	}
	return "z3950-answer", Responder
}

// ras recognises the words between an H.323 endpoint and its gatekeeper (H.225.0 §7.8):
// packed encoding of a choice, a number, and the protocol's object identifier, which the
// messages that begin a conversation have.
func ras(b []byte) (Kind, Side) {
	if len(b) < 12 || b[0]&0x80 != 0 || !within(b, 16, "\x06\x00\x08\x91\x4a\x00") {
		return "", Unknown
	}
	switch b[0] >> 2 & 0x1f {
	case 0, 3: // GRQ, RRQ
		return "ras-request", Originator
	case 1, 2, 4, 5: // GCF, GRJ, RCF, RRJ
		return "ras-answer", Responder
	}
	return "", Unknown
}

// ldapSealed recognises what is said on a connection to a directory that Kerberos seals (RFC
// 4513 §5.2.1.6, RFC 4121 §4.2.6.2): a length, a token's mark, flags that tell the sender.
func ldapSealed(b []byte) (Kind, Side) {
	if n := be32(b, 0); n < 32 || n > 1<<20 || n < int64(len(b)-4) && len(b) < 1024 || !has(b, 4, "\x05\x04") || at(b, 6) > 7 || at(b, 7) != 0xff || !zero(b, 12, 16) || be16(b, 8) > 64 {
		return "", Unknown
	}
	if b[6]&1 != 0 {
		return "ldap-answer", Responder
	}
	return "ldap-sealed", Originator
}
