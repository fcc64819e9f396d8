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
	skip := 0
	switch {
	case server && words == 3:
	case server && words == 4: // a security blob before the texts
		skip = int(le16(b[33+6:]))
	case !server && words == 12:
		skip = int(le16(b[33+14:]))
	default:
		return // a client's plain passwords, or a session that is only begun
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
	system, text := cText(text, wide)
	manager, text := cText(text, wide)
	domain, _ := cText(text, wide)
	if strings.HasPrefix(manager, "Samba ") {
		m.say("software", manager, "smb")
		m.say("domain", domain, "smb")
		return // it calls its system Windows or Unix, whatever it is
	}
	if len(system) > 4 && len(system) < 80 {
		m.say("os", system, "smb")
	}
	if server {
		m.say("domain", domain, "smb")
	}
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
