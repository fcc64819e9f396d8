package request

// dhcp recognises BOOTP and DHCP (RFC 2131 §2).
func dhcp(b []byte) (Kind, Side) {
	if len(b) < 240 { // cut short: Ethernet, and the rest of the address field is empty
		if len(b) < 44 || b[0] < 1 || b[0] > 2 || b[1] != 1 || b[2] != 6 || b[3] > 16 || be16(b, 10)&0x7fff != 0 || !zero(b, 34, 44) {
			return "", Unknown
		}
	} else if b[0] < 1 || b[0] > 2 || b[2] > 16 || !has(b, 236, "\x63\x82\x53\x63") {
		return "", Unknown
	}
	if b[0] == 2 {
		return "dhcp-answer", Responder
	}
	if has(b, 240, "\x35\x01\x08") {
		return "dhcp-inform", Originator
	}
	return "dhcp-discover", Originator
}

// dhcpv6 recognises DHCPv6 (RFC 8415 §8): the options must fill the message.
func dhcpv6(b []byte) (Kind, Side) {
	if b[0] < 1 || b[0] > 13 || len(b) < 8 {
		return "", Unknown
	}
	i := 4
	if b[0] >= 12 {
		i = 34
	}
	if i >= len(b) || be16(b, i) > 143 || be16(b, i) == 0 {
		return "", Unknown
	}
	known := false
	for i < len(b) {
		n := be16(b, i+2)
		if n < 0 || i+4+n > len(b) {
			return "", Unknown
		}
		switch be16(b, i) {
		case 1, 2: // a DUID
			known = known || n >= 6
		case 8: // elapsed time
			known = known || n == 2
		case 9: // a relayed message
			known = known || n >= 8
		}
		i += 4 + n
	}
	if !known {
		return "", Unknown
	}
	switch b[0] {
	case 2, 7, 10, 13:
		return "dhcpv6-answer", Responder
	}
	return "dhcpv6-solicit", Originator
}

// natpmp recognises a question about the external address (RFC 6886 §3.2).
func natpmp(b []byte) (Kind, Side) {
	switch {
	case len(b) == 2 && be16(b, 0) == 0:
		return "natpmp-address", Originator
	case len(b) == 12 && b[0] == 0 && b[1] == 0x80 && be16(b, 2) < 8:
		return "natpmp-answer", Responder
	}
	return "", Unknown
}

// pcp recognises the port control protocol (RFC 6887 §7).
func pcp(b []byte) (Kind, Side) {
	if len(b) < 24 || len(b)%4 != 0 || len(b) > 1100 || b[1]&0x7f > 3 || be16(b, 2) != 0 && b[1] < 0x80 || at(b, 2) != 0 {
		return "", Unknown
	}
	if b[1]&0x80 != 0 {
		if b[3] < 16 && zero(b, 12, 24) {
			return "pcp-answer", Responder
		}
		return "", Unknown
	}
	if !pcpPayload(b) {
		return "", Unknown
	}
	if zero(b, 8, 18) && be16(b, 18) == 0xffff || !zero(b, 8, 12) && be32(b, 4) < 1<<24 {
		return "pcp-request", Originator
	}
	return "", Unknown
}

// pcpPayload holds what a request asks for against its kind's layout: MAP and PEER have three bytes
// that are zero (RFC 6887 §11.1, §12.1), ANNOUNCE has options at most (§7.3, §14.1).
func pcpPayload(b []byte) bool {
	const option = 24
	switch b[1] {
	case 0:
		return len(b) == option || at(b, option+1) == 0 && be16(b, option+2) <= len(b)-option-4
	case 1:
		return len(b) >= 60 && zero(b, 37, 40)
	case 2:
		return len(b) >= 80 && zero(b, 37, 40)
	}
	return true
}

// mobileIP recognises a registration of Mobile IPv4 (RFC 5944 §3.3, §3.4): each has to be
// authenticated by an extension.
func mobileIP(b []byte) (Kind, Side) {
	i, k, s := 24, Kind("mobileip-register"), Originator
	switch b[0] {
	case 1:
	case 3:
		i, k, s = 20, "mobileip-answer", Responder
	default:
		return "", Unknown
	}
	for range 16 {
		kind, n := at(b, i), at(b, i+1)
		switch {
		case kind >= 32 && kind <= 34 && n == 20 && i+2+n <= len(b) && be32(b, i+2) > 255:
			return k, s
		case n < 0 || i+2+n > len(b):
			return "", Unknown
		}
		i += 2 + n
	}
	return "", Unknown
}

// dhcpFailover recognises what two DHCP servers tell each other (draft-ietf-dhc-failover-12 §6):
// the length, a kind, where options begin, which fill the rest.
func dhcpFailover(b []byte) (Kind, Side) {
	n := be16(b, 0)
	if n < 12 || n > 4096 || n > len(b) || b[2] < 1 || b[2] > 14 || b[3] != 8 {
		return "", Unknown
	}
	for i := 12; i < n; {
		l := be16(b, i+2)
		if l < 0 || be16(b, i) == 0 || be16(b, i) > 64 || i+4+l > n {
			return "", Unknown
		}
		i += 4 + l
	}
	switch b[2] {
	case 5:
		return "dhcpfailover-connect", Originator
	case 6:
		return "dhcpfailover-answer", Responder
	}
	return "dhcpfailover-message", Unknown
}
