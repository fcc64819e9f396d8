package capture

import (
	"iter"
	"strings"
)

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

// elements are the first 16 elements of BER that stand in b one behind the other, with
// their tags, as far as they are whole.
func elements(b []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		for range 16 {
			tag, v, rest, ok := der(b)
			if !ok || !yield(tag, v) {
				return
			}
			b = rest
		}
	}
}

// inner is the content of the one element that an explicit tag is put around; nil if there is none.
func inner(b []byte) []byte {
	_, v, _, _ := der(b)
	return v
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
		for t, v := range elements(seq) {
			if t == 0xa4 {
				kerberosBody(inner(v), m)
			}
		}
	case 0x6b, 0x6d: // AS-REP, TGS-REP
		kerberosAnswer(seq, 0xa3, m)
	case 0x7e: // KRB-ERROR
		kerberosAnswer(seq, 0xa9, m)
	}
}

// kerberosAnswer reads the realm, the element of a tag, in what a key distribution center says.
func kerberosAnswer(seq []byte, realm byte, m *mouth) {
	m.say("role", "Kerberos KDC", "kerberos")
	for t, v := range elements(seq) {
		if t == realm {
			m.realm(v)
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
	for t, v := range elements(b) {
		switch t {
		case 0xa1: // cname
			m.principal(principal(v))
		case 0xa2:
			m.realm(v)
		case 0xa9: // addresses
			for _, a := range elements(inner(v)) {
				if name := kerberosNetBIOS(a); name != "" {
					m.name(m.src, name, "kerberos")
				}
			}
		}
	}
}

// principal tells whose name a client asks for a ticket in: a machine's, a service's or a user's.
func (m *mouth) principal(name string) {
	if host, ok := strings.CutSuffix(name, "$"); ok {
		m.name(m.src, host, "kerberos")
	} else if host, ok := strings.CutPrefix(name, "host/"); ok {
		m.name(m.src, host, "kerberos")
	} else if name != "" {
		m.say("user", name, "kerberos")
	}
}

// kerberosNetBIOS is the name in a HostAddress of NetBIOS's type (RFC 4120 §7.5.3); "" for
// one of another type.
func kerberosNetBIOS(addr []byte) string {
	_, kind, addr, ok := der(addr)
	if n := inner(kind); !ok || len(n) != 1 || n[0] != 20 {
		return ""
	}
	s := inner(inner(addr))
	if len(s) != 16 {
		return ""
	}
	name, _ := netbiosName(s)
	return name
}

// principal writes a PrincipalName with slashes between its components.
func principal(b []byte) string {
	for t, v := range elements(inner(b)) {
		if t != 0xa1 {
			continue
		}
		var parts []string
		for _, s := range elements(inner(v)) {
			if parts = append(parts, string(s)); len(parts) == 4 {
				break
			}
		}
		return strings.Join(parts, "/")
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
	list := snmpBindings(b)
	for range 64 {
		_, bind, rest, ok := der(list)
		if !ok {
			return
		}
		list = rest
		tag, name, bind, ok := der(bind)
		if !ok || tag != 6 {
			return
		}
		tag, value, _, ok := der(bind)
		if !ok {
			return
		}
		const system = "\x2b\x06\x01\x02\x01\x01" // 1.3.6.1.2.1.1
		if tag == 4 && len(name) == len(system)+2 && string(name[:len(system)]) == system && name[len(system)+1] == 0 {
			m.systemObject(name[len(system)], string(value))
		}
	}
}

// snmpBindings is the list of variables in an answer or a trap; nil if it is neither.
func snmpBindings(b []byte) []byte {
	tag, msg, _, ok := der(b)
	if !ok || tag != 0x30 {
		return nil
	}
	if tag, _, msg, ok = der(msg); !ok || tag != 2 { // version
		return nil
	}
	if tag, _, msg, ok = der(msg); !ok || tag != 4 { // community
		return nil
	}
	tag, pdu, _, ok := der(msg)
	if !ok || tag != 0xa2 && tag != 0xa7 {
		return nil
	}
	for range 3 { // request id, error status, error index
		if tag, _, pdu, ok = der(pdu); !ok || tag != 2 {
			return nil
		}
	}
	return inner(pdu)
}

// systemObject tells the value of an object of the system group.
func (m *mouth) systemObject(object byte, value string) {
	text := plain(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(value))
	switch object {
	case 1: // sysDescr
		if len(text) > maxHint {
			text = text[:maxHint]
		}
		m.say("description", text, "snmp")
	case 5: // sysName
		m.name(m.src, text, "snmp")
		if !isName(strings.ToLower(text)) {
			m.say("label", text, "snmp")
		}
	case 6: // sysLocation
		m.say("location", text, "snmp")
	}
}

// agentHints reads what comes from an agent's port: there the engine that a message of SNMP 3 names is the sender's.
func agentHints(b []byte, m *mouth) {
	engineHints(b, m)
	snmpHints(b, m)
}

// engineHints reads the hardware address that most devices name their engine of SNMP 3 by (RFC
// 3412 §6, RFC 3414 §2.4, RFC 3411 §5): behind a maker's number whose highest bit is set, and the form 3.
func engineHints(b []byte, m *mouth) {
	_, msg, _, _ := der(b)
	tag, version, msg, ok := der(msg)
	if !ok || tag != 2 || len(version) != 1 || version[0] != 3 {
		return
	}
	if tag, _, msg, ok = der(msg); !ok || tag != 0x30 { // header
		return
	}
	tag, params, _, ok := der(msg)
	if !ok || tag != 4 {
		return
	}
	if tag, engine, _, ok := der(inner(params)); ok && tag == 4 && len(engine) == 11 && engine[0]&0x80 != 0 && engine[4] == 3 {
		m.say("mac", macText(engine[5:]), "snmp")
	}
}
