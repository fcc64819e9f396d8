package capture

import "strings"

// der reads the first element of b in BER with definite lengths (X.690 §8.1): its tag of
// one byte, its content and what follows. ok is false if it is not whole.
func der(b []byte) (tag byte, content, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&31 == 31 {
		return 0, nil, nil, false
	}
	n, at := uint32(b[1]), 2 // 32 bits are more than an int may hold
	if n >= 0x80 {
		k := int(n & 0x7f)
		if k == 0 || k > 4 || len(b) < 2+k {
			return 0, nil, nil, false
		}
		n = 0
		for _, c := range b[2 : 2+k] {
			n = n<<8 | uint32(c)
		}
		at = 2 + k
	}
	b, tag = b[at:], b[0]
	if uint64(n) > uint64(len(b)) {
		return 0, nil, nil, false
	}
	return tag, b[:n], b[n:], true
}

// kerberosHints reads the names in requests to and answers of a key distribution center
// (RFC 4120 §5.4). A machine's account ends in a dollar sign; Windows adds its NetBIOS
// name to the addresses.
func kerberosHints(b []byte, m *mouth) {
	tag, msg, _, ok := der(b)
	if !ok {
		return
	}
	_, seq, _, ok := der(msg)
	if !ok {
		return
	}
	switch tag {
	case 0x6a, 0x6c: // AS-REQ, TGS-REQ
		for range 8 {
			t, v, rest, ok := der(seq)
			if !ok {
				return
			}
			if t == 0xa4 {
				if _, body, _, ok := der(v); ok {
					kerberosBody(body, m)
				}
			}
			seq = rest
		}
	case 0x6b, 0x6d: // AS-REP, TGS-REP: crealm, cname
		m.say("role", "Kerberos KDC", "kerberos")
		for range 8 {
			t, v, rest, ok := der(seq)
			if !ok {
				return
			}
			if t == 0xa3 {
				m.realm(v)
			}
			seq = rest
		}
	case 0x7e: // KRB-ERROR: realm
		m.say("role", "Kerberos KDC", "kerberos")
		for range 16 {
			t, v, rest, ok := der(seq)
			if !ok {
				return
			}
			if t == 0xa9 {
				m.realm(v)
			}
			seq = rest
		}
	}
}

// realm tells the realm in a GeneralString.
func (m *mouth) realm(v []byte) {
	if _, s, _, ok := der(v); ok && len(s) < 128 {
		m.say("domain", string(s), "kerberos")
	}
}

// kerberosBody reads a KDC-REQ-BODY: cname, realm and addresses are its client's.
func kerberosBody(b []byte, m *mouth) {
	for range 16 {
		t, v, rest, ok := der(b)
		if !ok {
			return
		}
		switch t {
		case 0xa1: // cname
			name := principal(v)
			if host, ok := strings.CutSuffix(name, "$"); ok {
				m.name(m.src, host, "kerberos")
			} else if host, ok := strings.CutPrefix(name, "host/"); ok {
				m.name(m.src, host, "kerberos")
			} else if name != "" {
				m.say("user", name, "kerberos")
			}
		case 0xa2:
			m.realm(v)
		case 0xa9: // addresses
			_, list, _, _ := der(v)
			for range 16 {
				_, a, more, ok := der(list)
				if !ok {
					break
				}
				list = more
				_, kind, a, ok := der(a)
				if !ok {
					break
				}
				if _, n, _, ok := der(kind); !ok || len(n) != 1 || n[0] != 20 { // NetBIOS (RFC 4120 §7.5.3)
					continue
				}
				if _, v, _, ok := der(a); ok {
					if _, s, _, ok := der(v); ok && len(s) == 16 {
						name, _ := netbiosName(s)
						m.name(m.src, name, "kerberos")
					}
				}
			}
		}
		b = rest
	}
}

// principal writes a PrincipalName with slashes between its components.
func principal(b []byte) string {
	_, seq, _, ok := der(b)
	if !ok {
		return ""
	}
	for range 2 {
		t, v, rest, ok := der(seq)
		if !ok {
			return ""
		}
		if t == 0xa1 {
			_, list, _, _ := der(v)
			var parts []string
			for len(parts) < 4 {
				_, s, more, ok := der(list)
				if !ok {
					break
				}
				parts, list = append(parts, string(s)), more
			}
			return strings.Join(parts, "/")
		}
		seq = rest
	}
	return ""
}

// kerberosStreamHints reads messages that have their length before them (RFC 4120 §7.2.2).
func kerberosStreamHints(b []byte, m *mouth) {
	if len(b) > 4 && b[0] == 0 && b[1] == 0 {
		n := int(be32(b))
		kerberosHints(b[4:min(len(b), 4+n)], m)
	}
}

// snmpHints reads the answer of an agent, or its trap, in SNMP 1 or 2c (RFC 1157 §4, RFC 3416
// §3): the objects of the system group that say what the host is (RFC 3418 §2).
func snmpHints(b []byte, m *mouth) {
	tag, msg, _, ok := der(b)
	if !ok || tag != 0x30 {
		return
	}
	if tag, _, msg, ok = der(msg); !ok || tag != 2 { // version
		return
	}
	if tag, _, msg, ok = der(msg); !ok || tag != 4 { // community
		return
	}
	tag, pdu, _, ok := der(msg)
	if !ok || tag != 0xa2 && tag != 0xa7 {
		return
	}
	for range 3 { // request id, error status, error index
		if tag, _, pdu, ok = der(pdu); !ok || tag != 2 {
			return
		}
	}
	_, list, _, ok := der(pdu)
	for range 64 {
		var bind, name, value []byte
		if !ok {
			return
		}
		if _, bind, list, ok = der(list); !ok {
			return
		}
		if tag, name, bind, ok = der(bind); !ok || tag != 6 {
			return
		}
		if tag, value, _, ok = der(bind); !ok {
			return
		}
		const system = "\x2b\x06\x01\x02\x01\x01" // 1.3.6.1.2.1.1
		if tag != 4 || len(name) != len(system)+2 || string(name[:len(system)]) != system || name[len(system)+1] != 0 {
			continue
		}
		switch text := plain(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(string(value))); name[len(system)] {
		case 1:
			if len(text) > maxHint {
				text = text[:maxHint]
			}
			m.say("description", text, "snmp")
		case 5:
			m.name(m.src, text, "snmp")
			if !isName(strings.ToLower(text)) {
				m.say("label", text, "snmp")
			}
		case 6:
			m.say("location", text, "snmp")
		}
	}
}
