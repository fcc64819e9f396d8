package capture

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// ssdpHints reads what UPnP devices announce and answer (UPnP Device Architecture 2.0
// §1.2, §1.3): the SERVER field, and where the description is.
func ssdpHints(b []byte, m *mouth) {
	switch {
	case bytes.HasPrefix(b, []byte("NOTIFY ")), bytes.HasPrefix(b, []byte("HTTP/1.1 200")):
	case bytes.HasPrefix(b, []byte("M-SEARCH ")):
		m.software(header(b, "USER-AGENT"), "ssdp")
		return
	default:
		return
	}
	if string(header(b, "NTS")) == "ssdp:byebye" {
		return
	}
	m.software(header(b, "SERVER"), "ssdp")
	kind := string(header(b, "NT")) + string(header(b, "ST"))
	for _, d := range [...]struct{ part, device string }{
		{":InternetGatewayDevice:", "router"},
		{":WLANAccessPointDevice:", "WAP"},
		{":Printer:", "printer"},
		{":MediaServer:", "media server"},
		{":MediaRenderer:", "media device"},
		{":ZonePlayer:", "media device"},
		{"roku:ecp", "media device"},
	} {
		if strings.Contains(kind, d.part) {
			m.say("device", d.device, "ssdp")
		}
	}
	if host, port, ok := urlHost(string(header(b, "LOCATION"))); ok && host == m.src {
		m.say("advertised", "upnp/tcp "+strconv.Itoa(int(port)), "ssdp")
	}
}

// urlHost is the address and port in an http URL.
func urlHost(url string) (a netip.Addr, port uint16, ok bool) {
	rest, ok := strings.CutPrefix(url, "http://")
	if !ok {
		return a, 0, false
	}
	host, _, _ := strings.Cut(rest, "/")
	if ap, err := netip.ParseAddrPort(host); err == nil {
		return ap.Addr().WithZone("").Unmap(), ap.Port(), true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return a.WithZone(""), 80, err == nil
}

// sipHints reads the software that a user agent or a server says it is (RFC 3261 §20.35,
// §20.41). What a proxy passes on is another's; then the topmost Via is not the sender's.
func sipHints(b []byte, m *mouth) {
	line, _, _ := bytes.Cut(b[:min(len(b), 1024)], []byte("\n"))
	switch {
	case bytes.HasPrefix(line, []byte("SIP/2.0 ")):
		m.software(header(b, "Server"), "sip")
		m.software(header(b, "User-Agent"), "sip")
	case bytes.Contains(line, []byte(" SIP/2.0")):
		if bytes.Count(b, []byte("\nVia:"))+bytes.Count(b, []byte("\nv:")) > 1 {
			return
		}
		m.software(header(b, "User-Agent"), "sip")
	}
}

// isSIP reports whether a message begins as one of SIP (RFC 3261 §7.1, §7.2).
func isSIP(b []byte) bool {
	if len(b) < 16 || b[0] < 'A' || b[0] > 'Z' {
		return false
	}
	return string(b[:8]) == "SIP/2.0 " || bytes.Contains(b[:16], []byte(" sip:"))
}

// textHints reads a datagram between ports that say nothing, if it begins as one of a
// protocol of text that is met on any port; nil if it does not.
func textHints(b []byte) func([]byte, *mouth) {
	if len(b) < 16 {
		return nil
	}
	switch c := b[0]; {
	case c == '<':
		return syslogHints
	case c == 'H' && string(b[:12]) == "HTTP/1.1 200": // an answer to a search for UPnP devices
		return ssdpHints
	case 'A' <= c && c <= 'Z' && isSIP(b):
		return sipHints
	}
	return nil
}

// syslogStreamHints reads the first message of a stream of them, with or without its
// length before it (RFC 6587 §3.4).
func syslogStreamHints(b []byte, m *mouth) {
	i := bytes.IndexByte(b[:min(len(b), 8)], '<')
	if i < 0 || i == 1 || i > 1 && b[i-1] != ' ' {
		return
	}
	line, _, _ := bytes.Cut(b[i:], []byte("\n"))
	syslogHints(line, m)
}

// syslogHints reads the name in the header of a message (RFC 5424 §6.2.4, RFC 3164 §4.1.2). A
// relay sends many names: state counts them.
func syslogHints(b []byte, m *mouth) {
	b = b[:min(len(b), 512)]
	end := bytes.IndexByte(b[:min(len(b), 6)], '>')
	if len(b) < 8 || b[0] != '<' || end < 2 {
		return
	}
	for _, c := range b[1:end] {
		if c < '0' || c > '9' {
			return
		}
	}
	b = b[end+1:]
	var host []byte
	switch {
	case bytes.HasPrefix(b, []byte("1 ")):
		host = syslogHost1(b)
	case len(b) > 20 && b[4] == '-' && b[7] == '-' && b[10] == 'T': // as rsyslog forwards: the time of RFC 3339, the rest of RFC 3164
		if _, rest, ok := bytes.Cut(b, []byte(" ")); ok {
			host = syslogTagged(rest)
		}
	case bytes.HasPrefix(b, []byte("date=")): // Fortinet's pairs
		if _, v, ok := bytes.Cut(b, []byte(` devname=`)); ok {
			host, _, _ = bytes.Cut(bytes.Trim(v[:min(len(v), 80)], `"`), []byte(`"`))
			host, _, _ = bytes.Cut(host, []byte(" "))
		}
	case len(b) > 1 && b[0] >= '0' && b[0] <= '9': // Cisco's: a number, the host if it is told to say it, the time
		host = ciscoLogHost(b)
	default:
		host = syslogHost(b)
	}
	m.name(m.src, string(host), "syslog")
}

// ciscoLogHost is the host in a message of IOS: "47: core1: *Mar  1 00:00:10.123: %SYS-5-CONFIG_I: …";
// nil if it does not tell it.
func ciscoLogHost(b []byte) []byte {
	f := bytes.SplitN(b, []byte(": "), 4)
	if len(f) < 4 || !bytes.Contains(f[3], []byte("%")) || len(f[2]) < 10 {
		return nil
	}
	for _, c := range f[0] {
		if c < '0' || c > '9' {
			return nil
		}
	}
	when := bytes.TrimLeft(f[2], "*.")
	if len(when) < 15 || !isMonth(string(when[:3])) || bytes.IndexByte(f[1], ' ') >= 0 {
		return nil
	}
	return f[1]
}

// syslogHost1 is the host in a header of version 1 (RFC 5424 §6): "1 YYYY-MM-DDThh:mm:ssZ host …";
// nil if it has none.
func syslogHost1(b []byte) []byte {
	f := bytes.SplitN(b, []byte(" "), 4)
	if len(f) < 4 || len(f[1]) <= 10 || f[1][4] != '-' || string(f[2]) == "-" {
		return nil
	}
	return f[2]
}

// syslogHost is the host in a header of RFC 3164: "Mmm dd hh:mm:ss host tag: text"; nil if
// it has none, and then what follows the time ends in a colon.
func syslogHost(b []byte) []byte {
	if len(b) > 23 && b[6] == ' ' && b[11] == ' ' && b[7] == '2' { // with the year, as Cisco's firewalls have it
		b = append(bytes.Clone(b[:7]), b[12:]...)
	}
	if len(b) < 18 || b[3] != ' ' || b[9] != ':' || b[12] != ':' || b[15] != ' ' || !isMonth(string(b[:3])) {
		return nil
	}
	return syslogTagged(b[16:])
}

// syslogTagged is the host before "tag: text"; nil if what stands there is none.
func syslogTagged(b []byte) []byte {
	host, rest, ok := bytes.Cut(b, []byte(" "))
	if !ok || len(rest) == 0 || bytes.ContainsAny(host, ":[]%") {
		return nil
	}
	rest = bytes.TrimPrefix(rest, []byte(": ")) // "host : %ASA-6-…"
	if tag, _, ok := bytes.Cut(rest, []byte(":")); !ok || bytes.IndexByte(tag, ' ') >= 0 {
		return nil
	}
	return host
}

func isMonth(s string) bool {
	const all = "JanFebMarAprMayJunJulAugSepOctNovDec"
	i := strings.Index(all, s)
	return len(s) == 3 && i >= 0 && i%3 == 0
}

// mndpHints reads MikroTik's neighbour discovery (MikroTik RouterOS manual, "Neighbor
// discovery"): a header of four bytes, then elements with type and length of two bytes.
func mndpHints(b []byte, m *mouth) {
	if len(b) < 8 || b[0] != 0 && b[0] != 1 {
		return
	}
	version := ""
	for b = b[4:]; len(b) >= 4; {
		kind, n := be16(b), int(be16(b[2:]))
		if b = b[4:]; n > len(b) {
			return
		}
		v := b[:n]
		b = b[n:]
		switch kind {
		case 1:
			if n == 6 {
				m.say("mac", macText(v), "mndp")
			}
		case 5:
			if s := strings.ToLower(plain(string(v))); isName(s) {
				m.name(m.src, s, "mndp")
			} else {
				m.say("label", string(v), "mndp")
			}
		case 7:
			version = string(v)
		case 8:
			if version == "" {
				continue
			}
			release, _, _ := strings.Cut(version, " ")
			if strings.EqualFold(string(v), "MikroTik") {
				m.say("os", "RouterOS "+release, "mndp")
				m.say("device", "router", "mndp")
			}
		case 12:
			m.say("model", "MikroTik "+string(v), "mndp")
		}
	}
}

// ubntHints reads Ubiquiti's discovery answers: version 1 or 2, a command, a length, then
// elements of type (one byte) and length (two). The meanings were read off real devices'
// published answers.
func ubntHints(b []byte, m *mouth) {
	if len(b) < 8 || b[0] != 1 && b[0] != 2 || int(be16(b[2:])) != len(b)-4 {
		return
	}
	for b = b[4:]; len(b) >= 3; {
		kind, n := b[0], int(be16(b[1:]))
		if b = b[3:]; n > len(b) {
			return
		}
		v := b[:n]
		b = b[n:]
		switch kind {
		case 1, 2:
			if n >= 6 {
				m.say("mac", macText(v[:6]), "ubnt")
			}
		case 3:
			m.say("description", string(v), "ubnt")
		case 11:
			if s := strings.ToLower(plain(string(v))); isName(s) {
				m.name(m.src, s, "ubnt")
			} else {
				m.say("label", string(v), "ubnt")
			}
		case 12, 20:
			m.say("model", "Ubiquiti "+string(v), "ubnt")
		}
	}
}
