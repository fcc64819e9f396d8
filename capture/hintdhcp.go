package capture

import (
	"net/netip"
	"strconv"
)

// dhcpHints reads BOOTP and DHCP (RFC 951, RFC 2131, options of RFC 2132 and RFC 4702).
// What a client says before it has an address is told of the address that it asks for.
func dhcpHints(b []byte, m *mouth) {
	if len(b) < 240 || be32(b[236:]) != 0x63825363 || b[0] != 1 && b[0] != 2 {
		return
	}
	opt := dhcpOptions(b[240:])
	kind := byte(0) // of the message: 3 a request, 4 a decline, 5 an acknowledgement, 7 a release
	if len(opt[53]) == 1 {
		kind = opt[53][0]
	}
	if b[0] == 2 {
		dhcpServer(&opt, kind, m)
		if told := netip.AddrFrom4([4]byte(b[16:])); kind == 5 && isHost(told) { // yiaddr: the client's from now on
			m.card(told, b)
			m.fqdn(told, opt[81])
		}
		return
	}
	who := netip.AddrFrom4([4]byte(b[12:])) // ciaddr: an address the client has
	if !isHost(who) && len(opt[50]) == 4 && kind == 3 {
		who = netip.AddrFrom4([4]byte(opt[50]))
	}
	if kind == 4 || kind == 7 || !isHost(who) { // a decline gives the address back
		return
	}
	m.card(who, b)
	m.name(who, string(opt[12]), "dhcp")
	m.fqdn(who, opt[81])
	if len(opt[60]) > 0 {
		m.hearsay(who, "dhcp-vendor", string(opt[60]), "dhcp")
	}
	if n := len(opt[55]); n > 0 && n <= 64 {
		m.hearsay(who, "dhcp-options", decimals(opt[55]), "dhcp")
	}
}

// dhcpOptions is the options by their numbers (RFC 2132 §2). Of one that comes twice the
// first counts.
func dhcpOptions(o []byte) (opt [256][]byte) {
	for len(o) > 0 && o[0] != 255 {
		if o[0] == 0 { // padding
			o = o[1:]
			continue
		}
		if len(o) < 2 || 2+int(o[1]) > len(o) {
			break
		}
		if opt[o[0]] == nil {
			opt[o[0]] = o[2 : 2+int(o[1])]
		}
		o = o[2+int(o[1]):]
	}
	return opt
}

// card tells the hardware address of a DHCP client.
func (m *mouth) card(a netip.Addr, b []byte) {
	if h := b[28:34]; b[1] == 1 && b[2] == 6 && h[0]&1 == 0 && [6]byte(h) != [6]byte{} {
		m.hearsay(a, "mac", macText(h), "dhcp")
	}
}

// dhcpServer tells what a server's offer or acknowledgement says of the network: who
// routes, who resolves, and itself.
func dhcpServer(opt *[256][]byte, kind byte, m *mouth) {
	if kind != 2 && kind != 5 {
		return
	}
	if s := opt[54]; len(s) == 4 && netip.AddrFrom4([4]byte(s)) == m.src {
		m.say("role", "DHCP server", "dhcp")
	}
	for _, x := range [...]struct {
		code byte
		role string
	}{{3, "router"}, {6, "DNS server"}, {44, "WINS server"}, {42, "time server"}} {
		for o := opt[x.code]; len(o) >= 4; o = o[4:] {
			m.hearsay(netip.AddrFrom4([4]byte(o)), "role", x.role, "dhcp")
		}
	}
}

// fqdn tells the name in a client FQDN option (RFC 4702 §2): in DNS's form or, as
// older clients have it, as text.
func (m *mouth) fqdn(a netip.Addr, o []byte) {
	if len(o) < 4 {
		return
	}
	name := string(o[3:])
	if o[0]&4 != 0 {
		name = labels(o[3:])
	}
	m.name(a, name, "dhcp")
}

// labels is a name in DNS's form, which may lack its end (RFC 4702 §2.3.1); "" if it is
// longer than names are (RFC 1035 §2.3.4): an option of DHCPv6 holds 65,535 bytes.
func labels(b []byte) string {
	var name []byte
	for len(b) > 0 && b[0] != 0 {
		n := int(b[0])
		if n > 63 || 1+n > len(b) || len(name)+n > 255 {
			return ""
		}
		if len(name) > 0 {
			name = append(name, '.')
		}
		name = append(name, b[1:1+n]...)
		b = b[1+n:]
	}
	return string(name)
}

// decimals writes bytes as decimal numbers with commas between them.
func decimals(b []byte) string {
	s := make([]byte, 0, 4*len(b))
	for i, c := range b {
		if i > 0 {
			s = append(s, ',')
		}
		s = strconv.AppendUint(s, uint64(c), 10)
	}
	return string(s)
}

// dhcp6Hints reads what a DHCPv6 client says (RFC 8415 §8, §21; RFC 4704). Relayed
// messages are their sender's no more and are not read.
func dhcp6Hints(b []byte, m *mouth) {
	if len(b) < 4 {
		return
	}
	switch b[0] {
	case 1, 3, 5, 6, 11: // solicit, request, renew, rebind, information request
	case 2, 7:
		m.say("role", "DHCP server", "dhcp6")
		return
	default:
		return
	}
	for o := b[4:]; len(o) >= 4; {
		code, n := be16(o), int(be16(o[2:]))
		if o = o[4:]; n > len(o) {
			return
		}
		d := o[:n]
		o = o[n:]
		switch {
		case code == 39 && n > 1:
			m.name(m.src, labels(d[1:]), "dhcp6")
		case code == 16 && n > 6 && 6+int(be16(d[4:])) <= n:
			m.say("dhcp-vendor", string(d[6:6+int(be16(d[4:]))]), "dhcp6")
		case code == 6 && n%2 == 0 && n <= 64:
			s := ""
			for i := 0; i < n; i += 2 {
				if i > 0 {
					s += ","
				}
				s += strconv.Itoa(int(be16(d[i:])))
			}
			m.say("dhcp-options", s, "dhcp6")
		}
	}
}
