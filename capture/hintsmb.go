package capture

import (
	"bytes"
	"strings"
)

// smbHints reads the texts of a session setup in SMB 1 ([MS-CIFS] §2.2.4.53, [MS-SMB]
// §2.2.4.6): each side says which system it is, a server also its domain.
func smbHints(b []byte, server bool, m *mouth) {
	i := bytes.Index(b[:min(len(b), 2048)], []byte("\xffSMB\x73"))
	if i < 0 || len(b) < i+35 {
		return
	}
	b = b[i:]
	if server != (b[9]&0x80 != 0) {
		return
	}
	wide := be16(b[10:])&0x0080 != 0 // SMB_FLAGS2_UNICODE, little endian
	words := int(b[32])
	at := 33 + 2*words
	if at+2 > len(b) {
		return
	}
	skip, named := 0, false // a blob or passwords before the texts; the user and his domain among them
	switch {
	case !server && words == 13: // NT LAN Manager's passwords, both
		skip, named = int(le16(b[33+14:]))+int(le16(b[33+16:])), true
	case server && words == 3:
	case server && words == 4: // a security blob before the texts
		skip = int(le16(b[33+6:]))
	case !server && words == 12:
		skip = int(le16(b[33+14:]))
	default:
		return // a session that is only begun, or one of LAN Manager's
	}
	size := int(le16(b[at:]))
	from := at + 2
	end := min(len(b), from+size)
	if from+skip > end {
		return
	}
	from += skip
	if wide && from&1 != 0 {
		from++
	}
	text := b[min(from, end):end]
	if named {
		_, text = cText(text, wide)
		_, text = cText(text, wide)
	}
	system, text := cText(text, wide)
	manager, text := cText(text, wide)
	domain, _ := cText(text, wide)
	if strings.HasPrefix(manager, "Samba ") {
		m.say("software", manager, "smb")
		m.say("domain", domain, "smb")
		return // it calls its system Windows or Unix, whatever it is
	}
	if len(system) > 4 && len(system) < 80 {
		m.say("os", released(system), "smb")
	}
	if server {
		m.say("domain", domain, "smb")
	}
}

// released writes the system as it was sold: some versions of Windows give the name or the number that it had before.
func released(system string) string {
	for _, n := range [...]struct{ from, to string }{
		{"Windows 2002", "Windows XP"},
		{"Windows 5.0", "Windows 2000"},
		{"Windows 5.1", "Windows XP"},
		{"Windows .NET", "Windows Server 2003"},
	} {
		if rest, ok := strings.CutPrefix(system, n.from); ok {
			return n.to + rest
		}
	}
	return system
}

// cText takes a text that ends in a zero off b.
func cText(b []byte, wide bool) (string, []byte) {
	if !wide {
		s, rest, _ := bytes.Cut(b, []byte{0})
		return plain(string(s[:min(len(s), maxHint)])), rest
	}
	t := trimWide(b)
	return ntlmText(t, true), b[min(len(b), len(t)+2):]
}

// smbCalled reads the name that a client calls a server by when it connects to a share
// ([MS-SMB2] §2.2.9, [MS-CIFS] §2.2.4.55): \\NAME\SHARE. Shares that all controllers of a domain have are called by the
// domain's name.
func smbCalled(b []byte, m *mouth) {
	b = b[:min(len(b), 2048)]
	path := ""
	if i := bytes.Index(b, []byte("\xfeSMB")); i >= 0 && len(b) >= i+72 && le16(b[i+12:]) == 3 && b[i+16]&1 == 0 {
		from, n := i+int(le16(b[i+68:])), int(le16(b[i+70:]))
		if from+n > len(b) || n > 2*maxHint {
			return
		}
		path = ntlmText(b[from:from+n], true)
	} else if i := bytes.Index(b, []byte("\xffSMB\x75")); i >= 0 && len(b) >= i+43 && b[i+9]&0x80 == 0 && b[i+32] == 4 {
		from, wide := i+43+int(le16(b[i+39:])), be16(b[i+10:])&0x0080 != 0
		if wide && (from-i)&1 != 0 {
			from++
		}
		if from > len(b) {
			return
		}
		path, _ = cText(b[from:], wide)
	}
	name, ok := strings.CutPrefix(path, `\\`)
	name, share, more := strings.Cut(name, `\`)
	if !ok || !more || strings.EqualFold(share, "SYSVOL") || strings.EqualFold(share, "NETLOGON") || strings.Count(name, ".") == 1 {
		return
	}
	m.name(m.src, name, "smb")
}
