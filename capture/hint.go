package capture

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// A message that names hosts is read by the parser of its protocol (hint*.go), beside
// the flow table and whatever the flow table makes of it. Parsers get bytes and a
// mouth to say what they found.

// maxHint bounds what a hint says, in bytes; what is longer is not told.
const maxHint = 256

// maxSayings bounds the hints of one message.
const maxSayings = 64

// mouth tells a Sink the hints of one message.
type mouth struct {
	sink Sink
	src  netip.Addr // who sent the message
	hint Hint       // network and times
	left int
	at   *shard // whose memory of what was said is asked; may be nil

	records []resource // of the last message of DNS's form
}

// fresh reports whether the host did not say the same shortly before. It costs no memory.
func (m *mouth) fresh(b []byte) bool {
	if m.at == nil {
		return true
	}
	var k [2]uint64
	a := m.src.As16()
	k[0], k[1] = be64(a[:]), be64(a[8:])
	return !m.at.again(k, b, m.at.now)
}

// say tells a fact that the sender of the message knows of itself.
func (m *mouth) say(kind, value, from string) { m.tell(m.src, kind, value, from, false) }

// hearsay tells a fact about another host.
func (m *mouth) hearsay(a netip.Addr, kind, value, from string) {
	m.tell(a, kind, value, from, a != m.src)
}

func (m *mouth) tell(a netip.Addr, kind, value, from string, told bool) {
	m.give(a, kind, plain(value), from, told)
}

// give tells what is plain.
func (m *mouth) give(a netip.Addr, kind, value, from string, told bool) {
	if value == "" || len(value) > maxHint || m.left <= 0 || !isHost(a) || told && a.IsLoopback() {
		return
	}
	m.left--
	h := m.hint
	h.Addr, h.Kind, h.Value, h.From, h.Told = a, kind, value, from, told
	m.sink.Hint(h)
}

// name tells a host's name, in lower case and without the root's dot. Names that every
// machine may have are no names.
func (m *mouth) name(a netip.Addr, name, from string) {
	name = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
	if !isName(name) {
		return
	}
	m.hearsay(a, "name", name, from)
}

// isHost reports whether an address can be one host's.
func isHost(a netip.Addr) bool {
	return a.IsValid() && !a.IsUnspecified() && !isGroup(a) && !(a.Is4() && (a.As4()[0] == 0 || a.As4()[0] >= 240))
}

// isName reports whether s can be a host's name: labels of letters, digits and marks
// that are met in names, and not an address or a word that stands for any host.
func isName(s string) bool {
	if s == "" || len(s) > 253 || s[0] == '.' || s[0] == '-' {
		return false
	}
	switch s {
	case "localhost", "localhost.localdomain", "localhost.local", "local", "unknown", "none", "(none)", "null", "host", "hostname", "invalid",
		"wpad", "isatap", "broadcasthost", "ip6-localhost", "workgroup", "*":
		return false
	}
	letter, ascii := false, true
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
			letter = true
		case c >= 0x80:
			letter, ascii = true, false
		case '0' <= c && c <= '9', c == '-', c == '.':
			if c == '.' && i > 0 && s[i-1] == '.' {
				return false
			}
		default:
			return false
		}
	}
	if !letter {
		_, err := netip.ParseAddr(s)
		return err != nil && !strings.Contains(s, ".")
	}
	return ascii || utf8.ValidString(s)
}

// isCommonName reports whether s is a name as nearly all are: at least two labels of ASCII
// in lower case, not only of digits. It is a name for isName, too, and plain.
func isCommonName(s string) bool {
	if s == "" || len(s) > 253 || s[0] == '-' || s == "localhost.localdomain" || s == "localhost.local" {
		return false
	}
	letters, dots, last := 0, 0, byte('.')
	for i := range len(s) {
		c := s[i]
		switch {
		case c-'a' < 26, c == '_':
			letters++
		case c == '.':
			if last == '.' {
				return false
			}
			dots++
		case c-'0' >= 10 && c != '-':
			return false
		}
		last = c
	}
	return letters > 0 && dots > 0
}

// plain is text without the zeros and blanks around it, "" if it has control
// characters or is not UTF-8.
func plain(s string) string {
	if isPlain(s) {
		return s
	}
	s = strings.Trim(s, "\x00 \t\r\n")
	if !utf8.ValidString(s) {
		return ""
	}
	for _, r := range s {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ""
		}
	}
	return s
}

// isPlain reports whether s has nothing but visible ASCII: most that is said has.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// earlier is a shard's memory of the messages it read, so that what is said again and
// again is not read each time.
type earlier struct {
	heard [256]struct {
		digest uint64
		at     int64
	}
}

// earNanos is how long, in packet time, a message that was read is not read again.
const earNanos = 10e9

// again reports whether the same bytes from the same host were read shortly before.
func (sh *shard) again(a [2]uint64, b []byte, now int64) bool {
	if sh.earlier == nil {
		sh.earlier = new(earlier)
	}
	h := mix(a[1]^uint64(digest(b)), a[0]^uint64(len(b))) | 1
	e := &sh.earlier.heard[h>>8&255]
	if e.digest == h && now >= e.at && now-e.at < earNanos {
		return true
	}
	e.digest, e.at = h, now
	return false
}

// mouth is one for a message of side x of a packet.
func (sh *shard) mouth(p *unit) *mouth {
	m := &sh.words
	*m = mouth{sink: sh.sink, src: p.ip(p.from), left: maxSayings, records: m.records}
	m.hint.VLAN, m.hint.VNI = p.vlan, p.vni
	m.hint.First = stamp(p.time)
	m.hint.Last = m.hint.First
	return m
}

// overhear reads a datagram for hints. It looks at the ports first: most datagrams
// are of no protocol that names hosts.
func (sh *shard) overhear(p *unit) {
	parse, skip := hintParser(p.port[p.from], p.port[1-p.from])
	if parse == nil {
		parse = textHints(p.payload)
	}
	if parse == nil || len(p.payload) <= skip || sh.again(p.addr[p.from], p.payload[skip:], p.time) {
		return
	}
	parse(p.payload, sh.mouth(p))
}

// hintParser chooses the parser by the ports of the protocols that name hosts, nil if it
// is none of them. skip is how many bytes at the beginning differ from one message to
// the next of the same content.
func hintParser(from, to uint16) (parse func([]byte, *mouth), skip int) {
	switch from {
	case 53:
		return dnsHints, 2
	case 5355:
		return llmnrHints, 2
	case 88:
		return kerberosHints, 0
	case 161:
		return agentHints, 0
	case 389:
		return cldapHints, 0
	case 1900:
		return ssdpHints, 0
	case 10001:
		return ubntHints, 0
	}
	switch to {
	case 88:
		return kerberosHints, 0
	case 162:
		return snmpHints, 0
	case 514:
		return syslogHints, 0
	case 520:
		return ripHints, 0
	case 1900:
		return ssdpHints, 0
	case 1645, 1646, 1812, 1813:
		return radiusHints, 0
	case 1985:
		return hsrpHints, 0
	case 5060:
		return sipHints, 0
	case 5678:
		return mndpHints, 4
	case 5353:
		return mdnsHints, 2
	case 137:
		return nbnsHints, 2
	case 138:
		return nbdgmHints, 4
	case 67, 68:
		return dhcpHints, 0
	case 546, 547:
		return dhcp6Hints, 0
	}
	switch from {
	case 137:
		return nbnsHints, 2
	case 5353:
		return mdnsHints, 2
	case 5060:
		return sipHints, 0
	}
	return nil, 0
}

// announced reads what a device says below the transport.
func (sh *shard) announced(p *unit) {
	if sh.again(p.addr[p.from], p.payload, p.time) {
		return
	}
	switch m := sh.mouth(p); p.flags {
	case sayDCP:
		profinetHints(p.payload, m)
	case sayLLDP:
		lldpHints(p.payload, m)
	case sayCDP:
		cdpHints(p.payload, m)
	default:
		routingHints(p.flags, p.payload, m)
	}
}

// routes notes a router's advertisement of itself (RFC 4861 §4.2).
func (sh *shard) routes(p *unit) {
	if sh.again(p.addr[p.from], nil, p.time) {
		return
	}
	m := sh.mouth(p)
	m.say("role", "IPv6 router", "ndp")
	m.say("device", "router", "ndp")
}
