package capture

import (
	"fmt"
	"net/netip"
	"strings"
)

// macText writes a hardware address.
func macText(b []byte) string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5])
}

// neighbourWord is what a device says of itself below IP, collected until the address
// under which it is managed is known.
type neighbourWord struct {
	addrs                   []netip.Addr
	name, label, text, from string
	maker, model            string
	os, mac, device         string
}

func (w *neighbourWord) tell(m *mouth) {
	for _, a := range w.addrs {
		if !isHost(a) || a.IsLoopback() {
			continue
		}
		m.src = a
		if n := strings.ToLower(plain(w.name)); isName(n) {
			m.name(a, n, w.from)
		} else {
			m.say("label", w.name, w.from)
		}
		m.say("label", w.label, w.from)
		m.say("model", w.model, w.from)
		m.say("os", w.os, w.from)
		m.say("mac", w.mac, w.from)
		m.say("device", w.device, w.from)
		m.say("description", oneLine(w.text), w.from)
	}
}

// oneLine is text with blanks for its line ends, cut to what a hint holds.
func oneLine(s string) string {
	s = plain(strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " "))
	if len(s) > maxHint {
		s = strings.ToValidUTF8(s[:maxHint], "")
	}
	return s
}

// lldpHints reads a frame of the Link Layer Discovery Protocol (IEEE 802.1AB §8) with the
// inventory of LLDP-MED (ANSI/TIA-1057 §10.2.6).
func lldpHints(b []byte, m *mouth) {
	w := neighbourWord{from: "lldp"}
	for range 64 {
		if len(b) < 2 {
			break
		}
		kind, n := b[0]>>1, int(be16(b)&0x1ff)
		if b = b[2:]; n > len(b) || kind == 0 {
			break
		}
		v := b[:n]
		b = b[n:]
		switch kind {
		case 1: // chassis: subtype 4 is a MAC address, 5 a network address
			if n == 7 && v[0] == 4 {
				w.mac = macText(v[1:])
			} else if n > 2 && v[0] == 5 {
				w.addr(v[1], v[2:])
			}
		case 5:
			w.name = string(v)
		case 6:
			w.text = string(v)
		case 7:
			if n == 4 {
				w.device = capability(be16(v[2:]))
			}
		case 8: // management address: length, family, address
			if n > 2 && 1+int(v[0]) <= n && v[0] > 1 {
				w.addr(v[1], v[2:1+int(v[0])])
			}
		case 127: // of an organisation: TIA's are the inventory's
			if n > 4 && [3]byte(v) == [3]byte{0, 0x12, 0xbb} {
				w.inventory(v[3], string(v[4:]))
			}
		}
	}
	w.model = madeBy(w.maker, w.model)
	w.tell(m)
}

// inventory takes an element of LLDP-MED's inventory by its subtype.
func (w *neighbourWord) inventory(kind byte, v string) {
	switch kind {
	case 9:
		w.maker = v
	case 10:
		w.model = v
	}
}

// madeBy is a model with its maker before it, unless it begins with that or there is none.
func madeBy(maker, model string) string {
	if maker == "" || model == "" || strings.HasPrefix(strings.ToLower(model), strings.ToLower(maker)) {
		return model
	}
	return maker + " " + model
}

// addr takes an address with its family's number (IANA address family numbers).
func (w *neighbourWord) addr(family byte, b []byte) {
	switch {
	case len(w.addrs) >= 8:
	case family == 1 && len(b) >= 4:
		w.addrs = append(w.addrs, netip.AddrFrom4([4]byte(b)))
	case family == 2 && len(b) >= 16:
		w.addrs = append(w.addrs, netip.AddrFrom16([16]byte(b)))
	}
}

// capability names a device by the enabled capabilities of LLDP (IEEE 802.1AB §8.5.8).
func capability(c uint16) string {
	switch {
	case c&0x20 != 0:
		return "VoIP phone"
	case c&8 != 0:
		return "WAP"
	case c&0x10 != 0:
		return "router"
	case c&4 != 0:
		return "switch"
	}
	return ""
}

// cdpHints reads a frame of the Cisco Discovery Protocol behind its SNAP header (Cisco,
// "CDP frame formats"): version, time to live, checksum, then elements.
func cdpHints(b []byte, m *mouth) {
	if len(b) < 8 || b[0] != 1 && b[0] != 2 {
		return
	}
	w := neighbourWord{from: "cdp"}
	for b = b[4:]; len(b) >= 4; {
		kind, n := be16(b), int(be16(b[2:]))
		if n < 4 || n > len(b) {
			break
		}
		v := b[4:n]
		b = b[n:]
		switch kind {
		case 1:
			w.name, _, _ = strings.Cut(string(v), "(") // a serial number may follow
		case 2, 22:
			w.cdpAddrs(v)
		case 4:
			if len(v) >= 4 {
				w.device = cdpCapability(be32(v))
			}
		case 5:
			w.text = string(v)
			w.os = ciscoSystem(w.text)
		case 6:
			w.model = string(v)
		}
	}
	w.tell(m)
}

// cdpCapability names a device by the capabilities of CDP.
func cdpCapability(c uint32) string {
	switch {
	case c&0x80 != 0:
		return "VoIP phone"
	case c&1 != 0:
		return "router"
	case c&8 != 0:
		return "switch"
	case c&2 != 0:
		return "bridge"
	}
	return ""
}

// ciscoSystem names the system of a Cisco device by its description.
func ciscoSystem(s string) string {
	for _, x := range [...]string{"IOS XR", "IOS-XE", "IOS XE", "NX-OS", "IOS"} {
		if strings.Contains(s, x) && strings.Contains(s, "Cisco") {
			name := strings.ReplaceAll(x, "-XE", " XE")
			if _, v, ok := strings.Cut(s, "Version "); ok {
				if end := strings.IndexAny(v, ", \r\n"); end > 0 && end < 32 {
					return name + " " + v[:end]
				}
			}
			return name
		}
	}
	return ""
}

// cdpAddrs reads the list of addresses of an element.
func (w *neighbourWord) cdpAddrs(v []byte) {
	if len(v) < 4 {
		return
	}
	n := be32(v)
	v = v[4:]
	for range min(n, 8) {
		if len(v) < 2 || len(v) < 4+int(v[1]) {
			return
		}
		proto := string(v[2 : 2+int(v[1])])
		v = v[2+int(v[1]):]
		size := int(be16(v))
		if v = v[2:]; size > len(v) {
			return
		}
		a := v[:size]
		v = v[size:]
		switch {
		case proto == "\xcc" && size == 4:
			w.addr(1, a)
		case size == 16 && strings.HasSuffix(proto, "\x86\xdd"):
			w.addr(2, a)
		}
	}
}

// routingHints reads what routers say to each other, by the number of the IP protocol: OSPF
// (RFC 2328 §A.3.1), VRRP (RFC 9568 §5.2) or CARP, EIGRP (RFC 7868 §6), PIM (RFC 7761 §4.9).
func routingHints(proto uint8, b []byte, m *mouth) {
	switch proto {
	case 89:
		if len(b) >= 16 && (b[0] == 2 || b[0] == 3) && b[1] >= 1 && b[1] <= 5 {
			m.say("role", "OSPF router", "ospf")
			m.say("router-id", netip.AddrFrom4([4]byte(b[4:])).String(), "ospf")
			m.say("device", "router", "ospf")
		}
	case 88:
		if len(b) >= 20 && b[0] == 2 {
			m.say("role", "EIGRP router", "eigrp")
			m.say("device", "router", "eigrp")
		}
	case 103:
		if len(b) >= 4 && b[0] == 0x20 {
			m.say("role", "PIM router", "pim")
		}
	case 112:
		vrrpHints(b, m)
	}
}

// vrrpHints reads VRRP, or CARP, which has its number.
func vrrpHints(b []byte, m *mouth) {
	if len(b) < 8 {
		return
	}
	group := fmt.Sprint(b[1])
	switch {
	case len(b) == 36 && b[0] == 0x21 && b[3] == 7:
		// CARP (OpenBSD's carp(4)) has its length in words where VRRP has the count of addresses.
		m.say("role", "CARP member, group "+group, "carp")
	case b[0] == 0x21 || b[0] == 0x31:
		m.say("role", "VRRP router, group "+group, "vrrp")
		m.say("device", "router", "vrrp")
		n := int(b[3])
		for o := b[8:]; n > 0 && len(o) >= 4 && m.src.Is4(); n, o = n-1, o[4:] {
			m.hearsay(netip.AddrFrom4([4]byte(o)), "role", "VRRP address, group "+group, "vrrp")
		}
	}
}

// hsrpHints reads Cisco's Hot Standby Router Protocol (RFC 2281 §5).
func hsrpHints(b []byte, m *mouth) {
	if len(b) >= 20 && b[0] == 0 && b[1] <= 2 {
		group := fmt.Sprint(b[6])
		m.say("role", "HSRP router, group "+group, "hsrp")
		m.say("device", "router", "hsrp")
		m.hearsay(netip.AddrFrom4([4]byte(b[16:])), "role", "HSRP address, group "+group, "hsrp")
	}
}

// ripHints reads the answers of the Routing Information Protocol (RFC 2453 §4).
func ripHints(b []byte, m *mouth) {
	if len(b) >= 24 && b[0] == 2 && (b[1] == 1 || b[1] == 2) && (len(b)-4)%20 == 0 {
		m.say("role", "RIP router", "rip")
	}
}

// bgpHints reads a speaker's OPEN message (RFC 4271 §4.2).
func bgpHints(b []byte, m *mouth) {
	if len(b) < 29 || be64(b) != 1<<64-1 || be64(b[8:]) != 1<<64-1 || b[18] != 1 || b[19] != 4 {
		return
	}
	m.say("role", fmt.Sprintf("BGP router, AS %d", bgpAS(b)), "bgp")
	m.say("router-id", netip.AddrFrom4([4]byte(b[24:])).String(), "bgp")
	m.say("device", "router", "bgp")
}

// bgpAS is the number of the speaker's autonomous system: that of the capability for four
// bytes (RFC 6793 §3) if it is there.
func bgpAS(b []byte) uint32 {
	as := uint32(be16(b[20:]))
	if i := strings.Index(string(b[29:]), "\x41\x04"); i >= 0 && 29+i+6 <= len(b) {
		as = be32(b[29+i+2:])
	}
	return as
}
