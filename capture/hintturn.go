package capture

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"

	"earshot/matcher/request"
)

// overhearTurn reads what was asked and answered on a connection for hints about both
// hosts. Words through a proxy are neither's.
func (sh *shard) overhearTurn(b *Banner) {
	if b.Via == Proxied || b.Proto != request.TCP {
		return // datagrams are read one by one
	}
	m := &sh.words
	*m = mouth{sink: sh.sink, at: sh, left: maxSayings, hint: Hint{VLAN: b.VLAN, VNI: b.VNI, First: b.First, Last: b.Last}, records: m.records}
	m.src = b.Addr.Addr()
	serverHints(b.Addr.Port(), b.Data, m)
	if web := isHTTP(b.Request); web {
		httpServerHints(b.Request, b.Data, m)
		m.src = b.Client.Addr()
		httpClientHints(b.Request, m)
	}
	if isSIP(b.Request) || isSIP(b.Data) {
		m.src = b.Addr.Addr()
		sipHints(b.Data, m)
		m.src = b.Client.Addr()
		sipHints(b.Request, m)
	}
	if p := b.Addr.Port(); p == 445 || p == 139 {
		m.src = b.Addr.Addr()
		smbCalled(b.Request, m)
	}
	m.src = b.Client.Addr()
	clientHints(b.Addr.Port(), b.Request, m)
}

// serverHints reads a server's words on a TCP connection.
func serverHints(port uint16, b []byte, m *mouth) {
	ntlmServer(b, m)
	switch port {
	case 53:
		dnsStreamHints(b, m)
	case 88:
		kerberosStreamHints(b, m)
	case 179:
		bgpHints(b, m)
	case 139, 445:
		smbHints(b, true, m)
	case 389, 3268:
		ldapHints(b, m)
		return
	}
	serverWords(b, m)
}

// clientHints reads a client's words on a TCP connection.
func clientHints(port uint16, b []byte, m *mouth) {
	ntlmClient(b, m)
	switch port {
	case 88:
		kerberosStreamHints(b, m)
	case 179:
		bgpHints(b, m)
	case 139, 445:
		smbHints(b, false, m)
	case 514, 601, 1514:
		syslogStreamHints(b, m)
	}
	clientWords(b, m)
}

// ntlmMessage finds the first message of a type of NTLM in b, as it is or in base64
// ([MS-NLMP] §2.2.1, [MS-NTHT] §2.1); nil if there is none.
func ntlmMessage(b []byte, kind byte) []byte {
	raw := [...]byte{'N', 'T', 'L', 'M', 'S', 'S', 'P', 0, kind, 0, 0, 0}
	if i := bytes.Index(b, raw[:]); i >= 0 {
		return b[i:]
	}
	const magic = "TlRMTVNTUAA" // of "NTLMSSP\x00"; the type follows
	next := [...]byte{1: 'B', 2: 'C', 3: 'D'}
	i := bytes.Index(b, []byte(magic))
	if i < 0 || i+len(magic) >= len(b) || b[i+len(magic)] != next[kind] {
		return nil
	}
	b = b[i:]
	n := 0
	for n < len(b) && n < 8192 && isBase64(b[n]) {
		n++
	}
	n &^= 3
	out := make([]byte, n/4*3)
	k, _ := base64.StdEncoding.Decode(out, b[:n])
	return out[:k]
}

func isBase64(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '='
}

// ntlmServer tells who a challenge says that the server is.
func ntlmServer(b []byte, m *mouth) {
	msg := ntlmMessage(b, 2)
	if msg == nil {
		return
	}
	n, ok := ParseNTLM(msg)
	if !ok {
		return
	}
	m.name(m.src, n.Name(), "ntlm")
	if first, _, _ := strings.Cut(n.DNSComputer, "."); n.Computer != "" && !strings.EqualFold(first, n.Computer) {
		m.name(m.src, n.Computer, "ntlm")
	}
	if n.DNSDomain != "" && !strings.EqualFold(n.DNSDomain, n.DNSComputer) {
		m.say("domain", n.DNSDomain, "ntlm")
	}
	if n.Domain != "" && !strings.EqualFold(n.Domain, n.Computer) {
		m.say("domain", n.Domain, "ntlm")
	}
	m.windows(&n)
}

// windows tells a system by the version in an NTLM message. The builds of Windows 7 are
// what other programs claim, too.
func (m *mouth) windows(n *NTLM) {
	if n.Build != 7600 && n.Build != 7601 || n.DNSComputer != "" {
		m.say("os", n.Windows(), "ntlm")
	}
}

// ntlmClient tells who a client says that it is when it authenticates ([MS-NLMP] §2.2.1.3).
func ntlmClient(b []byte, m *mouth) {
	msg := ntlmMessage(b, 3)
	if len(msg) < 64 {
		return
	}
	le := binary.LittleEndian
	wide := le.Uint32(msg[60:])&1 != 0
	domain, user, host := ntlmText(ntlmField(msg, 28), wide), ntlmText(ntlmField(msg, 36), wide), ntlmText(ntlmField(msg, 44), wide)
	if !strings.EqualFold(host, "workstation") {
		m.name(m.src, host, "ntlm")
	}
	if user != "" {
		m.say("user", user, "ntlm")
		if domain != "" && !strings.EqualFold(domain, host) {
			m.say("domain", domain, "ntlm")
		}
	}
	if le.Uint32(msg[60:])&0x2000000 != 0 && len(msg) >= 72 {
		n := NTLM{Major: int(msg[64]), Minor: int(msg[65]), Build: int(le.Uint16(msg[66:])), VersionIsGiven: msg[64] != 0}
		m.windows(&n)
	}
}

// isHTTP reports whether a request is one of HTTP/1 (RFC 9112 §3).
func isHTTP(b []byte) bool {
	if len(b) == 0 || b[0] < 'A' || b[0] > 'Z' {
		return false
	}
	line, _, _ := bytes.Cut(b[:min(len(b), 4096)], []byte("\n"))
	return bytes.Contains(line, []byte(" HTTP/1."))
}

// header returns the value of a header field, nil if it is not there (RFC 9112 §5).
func header(b []byte, name string) []byte {
	for range 100 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return nil
		}
		b = b[i+1:]
		if len(b) > len(name) && b[len(name)] == ':' && foldEqual(b[:len(name)], name) {
			v := b[len(name)+1:]
			if end := bytes.IndexByte(v, '\n'); end >= 0 {
				return bytes.TrimSpace(v[:end])
			}
			return nil
		}
		if len(b) > 0 && (b[0] == '\n' || b[0] == '\r') {
			return nil
		}
	}
	return nil
}

// foldEqual compares text of equal length, whatever the case of its letters.
func foldEqual(b []byte, s string) bool {
	for i, c := range b {
		if d := s[i]; c != d && (c|0x20 != d|0x20 || c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}

// httpServerHints tells the name that a server answers to, and what an UPnP description
// in the answer says of the device.
func httpServerHints(req, b []byte, m *mouth) {
	if !bytes.HasPrefix(b, []byte("HTTP/1.")) {
		return
	}
	line, _, _ := bytes.Cut(req, []byte("\n"))
	if _, target, ok := bytes.Cut(line, []byte(" ")); ok && len(target) > 0 && target[0] == '/' && len(b) > 12 && b[9] != '4' && b[9] != '5' {
		// A name in a request that is refused may be none of the server's.
		if host := header(req, "Host"); bytes.IndexByte(host, '.') > 0 && m.fresh(host) {
			if i := bytes.LastIndexByte(host, ':'); i > 0 {
				host = host[:i]
			}
			m.name(m.src, string(host), "http")
		}
	}
	if bytes.Contains(b, []byte("<friendlyName>")) {
		upnpHints(b, m)
	}
}

// httpClientHints tells what software a client is.
func httpClientHints(b []byte, m *mouth) {
	m.software(header(b, "User-Agent"), "http")
}

// software tells what a program calls itself, as much of it as a hint holds.
func (m *mouth) software(b []byte, from string) {
	if len(b) > 0 && m.fresh(b) {
		m.say("software", oneLine(string(b)), from)
	}
}

// upnpHints reads a device description (UPnP Device Architecture 2.0 §2.3): its first
// device is the one that serves.
func upnpHints(b []byte, m *mouth) {
	maker, model, number := element(b, "manufacturer"), element(b, "modelName"), element(b, "modelNumber")
	m.say("label", element(b, "friendlyName"), "upnp")
	if model == "" {
		model = number
	} else if number != "" && len(number) < 40 && !strings.Contains(model, number) {
		model += " " + number
	}
	m.say("model", madeBy(maker, model), "upnp")
	kind := element(b, "deviceType")
	for _, d := range [...]struct{ part, device string }{
		{":InternetGatewayDevice:", "router"},
		{":WLANAccessPointDevice:", "WAP"},
		{":Printer:", "printer"},
		{":MediaServer:", "media server"},
		{":MediaRenderer:", "media device"},
		{":DigitalSecurityCamera:", "webcam"},
		{":ZonePlayer:", "media device"},
		{":dial:", "media device"},
	} {
		if strings.Contains(kind, d.part) {
			m.say("device", d.device, "upnp")
		}
	}
}

// element returns the text of the first XML element of a name that has only text; "" if
// there is none.
func element(b []byte, name string) string {
	i := bytes.Index(b, []byte("<"+name+">"))
	if i < 0 {
		return ""
	}
	v := b[i+len(name)+2:]
	end := bytes.IndexByte(v, '<')
	if end < 0 || end > maxHint {
		return ""
	}
	s := strings.TrimSpace(string(v[:end]))
	if strings.IndexByte(s, '&') >= 0 {
		s = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&").Replace(s)
	}
	return s
}

// ldapHints reads the attributes of a directory's root that name the server (RFC 4512
// §5.1, [MS-ADTS] §3.1.1.3.2).
func ldapHints(b []byte, m *mouth) {
	if name := ldapValue(b, "dnsHostName"); name != "" {
		m.name(m.src, name, "ldap")
	}
	if dn := ldapValue(b, "defaultNamingContext"); dn != "" {
		var parts []string
		for _, p := range strings.Split(dn, ",") {
			if v, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(p)), "DC="); ok {
				parts = append(parts, strings.ToLower(v))
			}
		}
		m.say("domain", strings.Join(parts, "."), "ldap")
	}
}

// ldapValue is ldapOctets as text.
func ldapValue(b []byte, name string) string { return string(ldapOctets(b, name)) }

// ldapOctets returns the first value of an attribute in a search result entry (RFC 4511
// §4.5.2): an octet string, a set, and in it octet strings. It is nil if there is none.
func ldapOctets(b []byte, name string) []byte {
	i := bytes.Index(b, append([]byte{4, byte(len(name))}, name...))
	if i < 0 {
		return nil
	}
	tag, set, _, ok := der(b[i+2+len(name):])
	if !ok || tag != 0x31 {
		return nil
	}
	if tag, v, _, ok := der(set); ok && tag == 4 {
		return v
	}
	return nil
}

// tdsClient reads the names in a login to a SQL server ([MS-TDS] §2.2.6.4).
func tdsClient(b []byte, m *mouth) {
	const head = 8
	if len(b) < head+52 || b[0] != 0x10 {
		return
	}
	field := func(at int) string {
		off, n := head+int(le16(b[head+at:])), 2*int(le16(b[head+at+2:]))
		if n > 256 || off+n > len(b) {
			return ""
		}
		return ntlmText(b[off:off+n], true)
	}
	m.name(m.src, field(36), "tds")
	m.say("software", field(48), "tds")
}

// rdpClient reads what a client of remote desktops says of itself in the clear: the user
// in the routing cookie ([MS-RDPBCGR] §2.2.1.1) and the name and build in the core data
// (§2.2.1.3.2).
func rdpClient(b []byte, m *mouth) {
	if _, v, ok := bytes.Cut(b, []byte("Cookie: mstshash=")); ok {
		if end := bytes.IndexByte(v, '\r'); end > 0 && end < 64 {
			m.say("user", string(v[:end]), "rdp")
		}
	}
	if len(b) < 8 || b[0] != 3 {
		return
	}
	i := bytes.Index(b, []byte("Duca"))
	if i < 0 {
		return
	}
	d := b[i+4:]
	if k := bytes.Index(d[:min(len(d), 8)], []byte{1, 0xc0}); k >= 0 && len(d) >= k+56 {
		d = d[k:]
		name, _, _ := strings.Cut(ntlmText(trimWide(d[24:56]), true), "\x00")
		m.name(m.src, name, "rdp")
		if build := int(le32(d[20:])); build >= 2600 && build < 1<<16 {
			m.say("software", "Remote Desktop client, build "+strconv.Itoa(build), "rdp")
		}
	}
}

// trimWide cuts UTF-16 text at its first zero.
func trimWide(b []byte) []byte {
	for i := 0; i+1 < len(b); i += 2 {
		if b[i] == 0 && b[i+1] == 0 {
			return b[:i]
		}
	}
	return b
}
