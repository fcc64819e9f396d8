package capture

import (
	"bytes"
	"strconv"
	"strings"
)

// serverWords reads what a server says of itself on whatever port, by how it begins.
func serverWords(b []byte, m *mouth) {
	switch {
	case len(b) < 16:
	case b[0] == 0x04 && b[1]&^1 == 0 && b[8] >= 0xa0: // a token is first
		tdsServer(b, m)
	case b[0] == 0x30:
		ldapHints(b, m)
	case b[0] < 0x20:
		vncHints(b, m)
	}
}

// clientWords reads what a client says of itself on whatever port, by how it begins.
func clientWords(b []byte, m *mouth) {
	switch {
	case len(b) < 8:
	case b[0] == 0x10 && b[1] == 1 && int(be16(b[2:])) >= len(b):
		tdsClient(b, m)
	case b[0] == 3 && b[1] == 0:
		rdpClient(b, m)
	case b[4] == 1 && be16(b[2:]) == 0:
		tnsClient(b, m)
	case b[0]|0x20 == 'e' || b[0]|0x20 == 'h':
		smtpClient(b, m)
	}
}

// smtpClient reads the name that a client greets a mail server with (RFC 5321 §4.1.1.1). Who sends what
// nobody wants says any domain's name: only a name without a domain, or in one that the
// Internet does not have (RFC 6762 appendix G, RFC 6761 §6), is believed.
func smtpClient(b []byte, m *mouth) {
	if !foldEqual(b[:5], "EHLO ") && !foldEqual(b[:5], "HELO ") {
		return
	}
	line, _, ok := bytes.Cut(b[5:min(len(b), 270)], []byte("\n"))
	name := strings.ToLower(string(bytes.TrimSpace(line)))
	if !ok || name == "" {
		return
	}
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		switch name[i+1:] {
		case "local", "lan", "localdomain", "internal", "intranet", "home", "corp", "private", "test":
		default:
			return
		}
	}
	m.name(m.src, name, "smtp")
}

// tdsServer reads the server's name in its messages and errors ([MS-TDS] §2.2.7.10, §2.2.7.13);
// an instance's stands behind a backslash.
func tdsServer(b []byte, m *mouth) {
	const head = 8
	for i := head; i+3 <= len(b); {
		size := int(le16(b[i+1:]))
		body := b[i+3 : min(len(b), i+3+size)]
		switch b[i] {
		case 0xe3, 0xad: // something changed, a login acknowledged
		case 0xaa, 0xab:
			if len(body) < 9 {
				return
			}
			at := 8 + 2*int(le16(body[6:]))
			if at >= len(body) || at+1+2*int(body[at]) > len(body) {
				return
			}
			name, _, _ := strings.Cut(ntlmText(body[at+1:at+1+2*int(body[at])], true), "\\")
			m.name(m.src, name, "tds")
			return
		default:
			return
		}
		i += 3 + size
	}
}

// tnsClient reads the host in the identification of a client of Oracle's (Oracle Database Net
// Services Reference, "CID").
func tnsClient(b []byte, m *mouth) {
	_, id, ok := bytes.Cut(b[:min(len(b), 2048)], []byte("(CID="))
	if !ok {
		return
	}
	if end := bytes.Index(id, []byte("))")); end >= 0 {
		id = id[:end+1]
	}
	if _, host, ok := bytes.Cut(id, []byte("(HOST=")); ok {
		if host, _, ok := bytes.Cut(host, []byte(")")); ok && string(host) != "__jdbc__" {
			m.name(m.src, string(host), "tns")
		}
	}
}

// vncHints reads the desktop's name, behind its size and the form of its pixels (RFC 6143
// §7.3.2). Servers of X write the host and the display's number into it.
func vncHints(b []byte, m *mouth) {
	const head = 24
	if len(b) <= head || int(be32(b[20:])) != len(b)-head || len(b) > head+128 || b[4] != 8 && b[4] != 16 && b[4] != 32 || b[5] > 32 || b[6] > 1 || b[7] > 1 {
		return
	}
	text := plain(string(b[head:]))
	m.say("label", text, "vnc")
	if i := strings.LastIndexByte(text, '('); i >= 0 && strings.HasSuffix(text, ")") && strings.Contains(text, " desktop ") {
		text = text[i+1 : len(text)-1]
	} else {
		text, _, _ = strings.Cut(text, " (")
	}
	host, display, ok := strings.Cut(text, ":")
	if _, err := strconv.Atoi(display); !ok || err != nil {
		return
	}
	if i := strings.IndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	m.name(m.src, host, "vnc")
}

// radiusHints reads the name that an access server gives itself (RFC 2865 §5.32).
func radiusHints(b []byte, m *mouth) {
	if len(b) < 20 || b[0] != 1 && b[0] != 4 || int(be16(b[2:])) > len(b) {
		return
	}
	for b = b[20:int(max(20, be16(b[2:])))]; len(b) >= 2 && int(b[1]) >= 2 && int(b[1]) <= len(b); b = b[b[1]:] {
		if b[0] != 32 {
			continue
		}
		if s := plain(string(b[2:b[1]])); isName(strings.ToLower(s)) {
			m.name(m.src, s, "radius")
		} else {
			m.say("label", s, "radius")
		}
		return
	}
}

// cldapHints reads how a domain controller answers who looks for one ([MS-ADTS] §6.3.1.9): behind
// flags and a number the names of the forest, the domain and the host, in DNS's form,
// and what NetBIOS calls the last two.
func cldapHints(b []byte, m *mouth) {
	v := ldapOctets(b, "netlogon")
	if len(v) < 24 || le16(v) != 23 && le16(v) != 25 {
		return
	}
	var names [5]string
	at := 24
	for i := range names {
		name, next, ok := dnsName(v, at)
		if !ok {
			return
		}
		names[i], at = name, next
	}
	m.say("domain", strings.ToLower(names[1]), "ldap")
	m.name(m.src, names[2], "ldap")
	m.say("domain", names[3], "ldap")
	if first, _, _ := strings.Cut(names[2], "."); !strings.EqualFold(first, names[4]) {
		m.name(m.src, names[4], "ldap")
	}
}
