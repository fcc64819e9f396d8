package capture

import (
	"encoding/binary"
	"net/netip"
	"strings"
)

// netbiosName is a name of 16 bytes: 15 of text and what it is used for (RFC 1001 §14.1).
func netbiosName(b []byte) (name string, use byte) {
	return strings.TrimRight(string(b[:15]), " \x00"), b[15]
}

// encodedName reads a name in the first-level encoding (RFC 1001 §14.1) at b[at:].
func encodedName(b []byte, at int) (name string, use byte, next int, ok bool) {
	if at+1 < len(b) && b[at] >= 0xc0 { // a pointer to one before
		if to := int(b[at]&0x3f)<<8 | int(b[at+1]); to < at {
			name, use, _, ok = encodedName(b, to)
		}
		return name, use, at + 2, ok
	}
	if at+33 >= len(b) || b[at] != 32 {
		return "", 0, 0, false
	}
	var raw [16]byte
	for i := range raw {
		h, l := b[at+1+2*i]-'A', b[at+2+2*i]-'A'
		if h > 15 || l > 15 {
			return "", 0, 0, false
		}
		raw[i] = h<<4 | l
	}
	name, use = netbiosName(raw[:])
	at += 33
	for at < len(b) && b[at] != 0 { // the scope
		if b[at] > 63 {
			return "", 0, 0, false
		}
		at += 1 + int(b[at])
	}
	return name, use, at + 1, at < len(b)
}

// nbnsHints reads the NetBIOS name service (RFC 1002 §4.2): what hosts register, what
// they answer when their name is asked for, and the list of a host's names.
func nbnsHints(b []byte, m *mouth) {
	if len(b) < 12 {
		return
	}
	op, answer := b[2]>>3&15, b[2]&0x80 != 0
	switch {
	case !answer && (op == 5 || op == 8 || op == 9 || op == 15): // registration, refresh
		nbnsRegistration(b, m)
	case answer && op == 0 && b[3]&15 == 0 && be16(b[6:]) > 0:
		nbnsAnswer(b, m)
	}
}

// nbnsRegistration reads the name that a host registers, and the address it is to have (RFC
// 1002 §4.2.2).
func nbnsRegistration(b []byte, m *mouth) {
	name, use, next, ok := encodedName(b, 12)
	if !ok || be16(b[4:]) != 1 || be16(b[10:]) == 0 {
		return
	}
	_, _, at, ok := encodedName(b, next+4)
	if !ok || at+16 > len(b) || be16(b[at:]) != 0x20 || be16(b[at+8:]) < 6 {
		return
	}
	m.netbios(netip.AddrFrom4([4]byte(b[at+12:])), name, use, b[at+10]&0x80 != 0, "nbns")
}

// nbnsAnswer reads the addresses of a name, or the names of a host (RFC 1002 §4.2.13, §4.2.18).
func nbnsAnswer(b []byte, m *mouth) {
	name, use, at, ok := encodedName(b, 12)
	if be16(b[4:]) != 0 || !ok || at+10 > len(b) {
		return
	}
	d := b[at+10:]
	d = d[:min(int(be16(b[at+8:])), len(d))]
	switch be16(b[at:]) {
	case 0x20: // NB: addresses
		for range min(8, len(d)/6) {
			m.netbios(netip.AddrFrom4([4]byte(d[2:])), name, use, d[0]&0x80 != 0, "nbns")
			d = d[6:]
		}
	case 0x21: // NBSTAT
		nbstat(d, m)
	}
}

// nbstat reads the names of a node status answer (RFC 1002 §4.2.18).
func nbstat(d []byte, m *mouth) {
	if len(d) < 1 {
		return
	}
	n := int(d[0])
	d = d[1:]
	for range n {
		if len(d) < 18 {
			return
		}
		name, use := netbiosName(d)
		m.netbios(m.src, name, use, d[16]&0x80 != 0, "nbns")
		d = d[18:]
	}
	if len(d) >= 6 && [6]byte(d) != [6]byte{} && d[0]&1 == 0 {
		m.say("mac", macText(d), "nbns")
	}
}

// netbios tells what a NetBIOS name means, by its use and by whether a group has it
// ([MS-NBTE] and the list of suffixes in Microsoft's knowledge base, article 163409).
func (m *mouth) netbios(a netip.Addr, name string, use byte, group bool, from string) {
	if name == "" || strings.HasPrefix(name, "\x01\x02__MSBROWSE__") || strings.HasPrefix(name, "*") {
		return
	}
	if !a.IsValid() || a.IsUnspecified() {
		a = m.src
	}
	switch {
	case !group && (use == 0x00 || use == 0x20):
		if !strings.HasPrefix(name, "IS~") && !strings.HasPrefix(name, "INet~") {
			m.name(a, name, from)
		}
	case group && (use == 0x00 || use == 0x1e || use == 0x1c):
		m.hearsay(a, "domain", name, from)
		if use == 0x1c {
			m.hearsay(a, "role", "domain controller", from)
		}
	case use == 0x1b:
		m.hearsay(a, "domain", name, from)
		m.hearsay(a, "role", "domain master browser", from)
	}
}

// nbdgmHints reads the NetBIOS datagram service (RFC 1002 §4.4): the sender's name, and
// what it announces to the browsers of its network ([MS-BRWS] §2.2).
func nbdgmHints(b []byte, m *mouth) {
	if len(b) < 14 || b[0] < 0x10 || b[0] > 0x12 {
		return
	}
	who := netip.AddrFrom4([4]byte(b[4:8]))
	if who != m.src && isHost(who) {
		return // relayed, or behind a translator
	}
	name, use, at, ok := encodedName(b, 14)
	if !ok {
		return
	}
	m.netbios(m.src, name, use, use == 0x1e || use == 0x1c, "nbdgm")
	if _, _, at, ok = encodedName(b, at); !ok {
		return
	}
	smb := b[min(at, len(b)):]
	if len(smb) < 33 || string(smb[:5]) != "\xffSMB\x25" {
		return
	}
	words := int(smb[32])
	if words < 14 || len(smb) < 33+2*words+2 {
		return
	}
	le := binary.LittleEndian
	size, offset := int(le.Uint16(smb[33+22:])), int(le.Uint16(smb[33+24:]))
	box := smb[33+2*words+2:]
	if end := strings.IndexByte(string(box[:min(len(box), 64)]), 0); end < 0 || !strings.EqualFold(string(box[:end]), `\MAILSLOT\BROWSE`) {
		return
	}
	if offset > len(smb) {
		return
	}
	d := smb[offset:]
	browserHints(d[:min(size, len(d))], m)
}

// browserHints reads a host's or a browser's announcement ([MS-BRWS] §2.2.1, §2.2.3, §2.2.10).
func browserHints(d []byte, m *mouth) {
	if len(d) < 32 {
		return
	}
	host, _, _ := strings.Cut(string(d[6:22]), "\x00")
	major, minor, kind := d[22], d[23], binary.LittleEndian.Uint32(d[24:])
	comment, _, _ := strings.Cut(string(d[32:]), "\x00")
	const (
		unix, nt, server          = 0x800, 0x1000, 0x8000
		controller, backup, sql   = 8, 0x10, 4
		prints, terminal, wfw, w9 = 0x200, 0x2000000, 0x2000, 0x400000
	)
	switch d[0] {
	case 1, 15: // of the host, of the local master browser
		m.name(m.src, host, "browser")
		if comment != "" {
			m.say("description", comment, "browser")
		}
		switch {
		case kind&unix != 0:
			m.say("software", "Samba", "browser")
		case kind&nt != 0:
			m.say("os", windowsVersion(int(major), int(minor), kind&server != 0), "browser")
		case kind&w9 != 0:
			m.say("os", "Windows 9x", "browser")
		}
		for _, r := range [...]struct {
			bit  uint32
			role string
		}{{controller, "domain controller"}, {backup, "backup domain controller"}, {sql, "SQL server"}, {prints, "print server"}, {terminal, "terminal server"}} {
			if kind&r.bit != 0 && (kind&unix == 0 || r.bit != prints) {
				m.say("role", r.role, "browser")
			}
		}
	case 12: // of a workgroup: the comment is the master browser's name
		m.say("domain", host, "browser")
		m.name(m.src, comment, "browser")
	}
}

// windowsVersion names a version of Windows NT by its numbers.
func windowsVersion(major, minor int, server bool) string {
	pick := func(work, serve string) string {
		if server {
			return "Windows " + serve
		}
		return "Windows " + work
	}
	switch major<<8 | minor {
	case 4 << 8:
		return "Windows NT 4.0"
	case 5 << 8:
		return "Windows 2000"
	case 5<<8 | 1:
		return "Windows XP"
	case 5<<8 | 2:
		return pick("XP x64", "Server 2003")
	case 6 << 8:
		return pick("Vista", "Server 2008")
	case 6<<8 | 1:
		return pick("7", "Server 2008 R2")
	case 6<<8 | 2:
		return pick("8", "Server 2012")
	case 6<<8 | 3:
		return pick("8.1", "Server 2012 R2")
	case 10 << 8:
		return pick("10 or 11", "Server 2016 or later")
	}
	return "Windows"
}
