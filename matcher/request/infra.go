package request

import "bytes"

// ntp recognises the modes of NTP (RFC 5905 §7.3, RFC 9327 §2, ntpd's private mode 7).
func ntp(b []byte) (Kind, Side) {
	mode, version := b[0]&7, b[0]>>3&7
	switch mode {
	case 6:
		return ntpControl(b, version)
	case 7:
		return ntpPrivate(b, version)
	}
	// Root delay and dispersion are below a minute in any message that makes sense.
	if version < 1 || version > 4 || !ntpLength(b) || at(b, 1) > 16 || at(b, 2) > 20 && at(b, 2) < 0xf0 || be16(b, 4) > 64 || be16(b, 8) > 64 {
		return "", Unknown
	}
	switch mode {
	case 3:
		return "ntp-client", Originator
	case 4:
		if !zero(b, 40, 48) {
			return "ntp-answer", Responder
		}
	case 5:
		return "ntp-broadcast", Responder
	case 1, 2:
		return "ntp-peer", Unknown
	case 0:
		if version == 1 && zero(b, 1, 40) {
			return "ntp-client", Originator
		}
	}
	return "", Unknown
}

// ntpControl recognises NTP's control messages.
func ntpControl(b []byte, version byte) (Kind, Side) {
	n := be16(b, 10)
	if version < 1 || version > 4 || b[0] >= 0x40 || n < 0 || len(b) < 12+n || len(b) > 12+n+3+24 || b[1]&0x1f > 12 {
		return "", Unknown
	}
	switch {
	case b[1]&0x80 != 0:
		return "ntp-answer", Responder
	case b[1]&0x40 == 0 && b[1] != 0 && be16(b, 4) == 0: // a command has no status (RFC 1305 appendix B)
		return "ntp-control", Originator
	}
	return "", Unknown
}

// ntpPrivate recognises the messages of ntpd's own mode.
func ntpPrivate(b []byte, version byte) (Kind, Side) {
	if len(b) < 8 || version < 2 || version > 4 || b[2] != 0 && b[2] != 2 && b[2] != 3 || b[3] > 45 || b[4]>>4 > 7 || b[6]>>4 != 0 {
		return "", Unknown
	}
	n := 8 + be16(b, 4)&0xfff*be16(b, 6) // items of one size
	switch {
	case b[0]&0x80 != 0:
		if n == len(b) || n <= 508 && n > len(b) && len(b) > 40 {
			return "ntp-answer", Responder
		}
	case b[4]>>4 == 0 && n <= len(b) && (len(b) == 8 || len(b) >= 40 && len(b) <= 216):
		return "ntp-private", Originator
	}
	return "", Unknown
}

// ntpLength tells a header, with or without a message authentication code and
// extension fields.
func ntpLength(b []byte) bool {
	switch n := len(b); n {
	case 48, 52, 68, 72:
		return true
	default:
		l := be16(b, 50)
		return l >= 16 && l%4 == 0 && n >= 48+l && n <= 1280
	}
}

// chronyc recognises chrony's command protocol, version 6 (candm.h of chrony).
func chronyc(b []byte) (Kind, Side) {
	if len(b) < 20 || b[0] < 5 || b[0] > 6 || b[2] != 0 || b[3] != 0 || be16(b, 4) > 80 {
		return "", Unknown
	}
	switch b[1] {
	case 1:
		if zero(b, 12, 20) {
			return "chronyc-request", Originator
		}
	case 2:
		if be16(b, 6) < 32 && be16(b, 8) < 32 {
			return "chronyc-answer", Responder
		}
	}
	return "", Unknown
}

// rpc recognises an ONC RPC message (RFC 5531 §9).
func rpc(b []byte) (Kind, Side) {
	if len(b) < 24 {
		return "", Unknown
	}
	switch be32(b, 4) {
	case 0:
		prog := be32(b, 12)
		if be32(b, 8) != 2 || len(b) < 40 || be32(b, 16) > 1<<20 || be32(b, 20) > 1024 || be32(b, 24) > 400000 || be32(b, 28) > 400 || prog < 1 {
			return "", Unknown
		}
		return rpcCall(prog), Originator
	case 1:
		switch {
		case be32(b, 8) == 0 && be32(b, 12) <= 6 && be32(b, 16) <= 400 && len(b)%4 == 0:
			// accepted: verifier, then accept_stat 0 to 5
			if st := be32(b, 20+int(be32(b, 16))); st >= 0 && st <= 5 {
				return "rpc-answer", Responder
			}
		case be32(b, 8) == 1 && be32(b, 12) <= 1 && len(b) <= 28:
			return "rpc-answer", Responder
		}
	}
	return "", Unknown
}

// rpcStream recognises ONC RPC behind a record mark (RFC 5531 §11).
func rpcStream(b []byte) (Kind, Side) {
	if be32(b, 4)&^1 == 0x20008086 {
		return "", Unknown // libvirt's own protocol: a length, and its program's number
	}
	if n := be32(b, 0) & 0x7fffffff; len(b) < 28 || n < 24 || n > 4<<20 {
		return "", Unknown
	}
	return rpc(b[4 : len(b)-len(b)%4])
}

// radius recognises RADIUS (RFC 2865 §3): the attributes must fill the packet.
func radius(b []byte) (Kind, Side) {
	n := be16(b, 2)
	if n < 20 || n > len(b) || n > 4096 || !zero(b, n, len(b)) || b[0] >= 40 && n == 20 && zero(b, 8, 14) { // behind its length is padding (RFC 2865 §3)
		return "", Unknown
	}
	for i := 20; i < n; {
		l := at(b, i+1)
		if l < 2 || i+l > n {
			return "", Unknown
		}
		i += l
	}
	switch b[0] {
	case 1:
		return "radius-access", Originator
	case 4:
		return "radius-accounting", Originator
	case 12:
		return "radius-status", Originator
	case 40, 43: // RFC 5176: what the server asks of an access server
		return "radius-dynamic", Originator
	case 2, 3, 5, 11, 41, 42, 44, 45:
		return "radius-answer", Responder
	}
	return "", Unknown
}

// tacacs recognises TACACS+ (RFC 8907 §4.1): the originator's numbers are odd.
func tacacs(b []byte) (Kind, Side) {
	if len(b) < 12 || b[0]&0xf0 != 0xc0 || b[0]&0x0f > 1 || b[1] < 1 || b[1] > 3 || b[3] > 5 || b[2] == 0 || be32(b, 8) > 1<<16 || be32(b, 8) < int64(len(b)-12) {
		return "", Unknown
	}
	if b[2]&1 == 0 {
		return "tacacs-answer", Responder
	}
	return "tacacs-authen", Originator
}

// diameter recognises Diameter (RFC 6733 §3).
func diameter(b []byte) (Kind, Side) {
	n := be24(b, 1)
	if n < 20 || n%4 != 0 || len(b) < 20 || b[4]&0x0f != 0 || be24(b, 5) < 257 {
		return "", Unknown
	}
	if c := be24(b, 5); c > 1000 && c < 1<<23 { // what is registered, and vendors'
		return "", Unknown
	}
	if n > 20 && len(b) >= 28 && (b[24]&0x1f != 0 || be24(b, 25) < 8 || be24(b, 25) > n-20) { // the first attribute (§4.1)
		return "", Unknown
	}
	if b[4]&0x80 == 0 {
		return "diameter-answer", Responder
	}
	if be24(b, 5) == 257 {
		return "diameter-cer", Originator
	}
	return "diameter-request", Originator
}

// m3ua recognises the adaptation layers of SIGTRAN (RFC 4666 §1.3, §3.1.2): who applies for
// its work is the client.
func m3ua(b []byte) (Kind, Side) {
	if at(b, 0) != 1 || at(b, 1) != 0 || be32(b, 4) != int64(len(b)) || len(b) < 8 {
		return "", Unknown
	}
	switch be16(b, 2) {
	case 0x0301, 0x0302, 0x0401, 0x0402: // up, down, active, inactive
		return "m3ua-aspup", Originator
	case 0x0304, 0x0305, 0x0403, 0x0404, 0x0001: // acknowledged, a notice
		return "m3ua-answer", Responder
	case 0x0101:
		if be16(b, 8) == 0x0210 || be16(b, 8) == 0x0200 || be16(b, 8) == 6 { // a network, a context before the data
			return "m3ua-data", Unknown
		}
	case 0x0303, 0x0306:
		return "m3ua-heartbeat", Unknown
	}
	return "", Unknown
}

// dhcp recognises BOOTP and DHCP (RFC 2131 §2).
func dhcp(b []byte) (Kind, Side) {
	if len(b) < 240 { // cut short: Ethernet, and the rest of the address field is empty
		if len(b) < 44 || b[0] > 2 || b[1] != 1 || b[2] != 6 || b[3] > 16 || be16(b, 10)&0x7fff != 0 || !zero(b, 34, 44) {
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

// tftp recognises TFTP (RFC 1350 §5).
func tftp(b []byte) (Kind, Side) {
	n := len(b)
	ended := n >= 5 && n < 512 && b[n-1] == 0 // with a string
	switch be16(b, 0) {
	case 1, 2:
		return tftpRequest(b)
	case 3:
		if n == 516 && be16(b, 2) == 1 {
			return "tftp-answer", Responder
		}
	case 5:
		if ended && be16(b, 2) <= 8 && printable(b[4:n-1]) {
			return "tftp-answer", Responder
		}
	case 6: // options (RFC 2347)
		if ended && n >= 6 && isAlpha(b[2]) && bytes.Count(b[2:], []byte{0})%2 == 0 {
			return "tftp-answer", Responder
		}
	}
	return "", Unknown
}

// tftpRequest recognises who wants to read or to write: a file's name and a mode.
func tftpRequest(b []byte) (Kind, Side) {
	i := bytes.IndexByte(b[2:], 0)
	if i < 1 || i > 255 || !printable(b[2:2+i]) {
		return "", Unknown
	}
	switch m := 2 + i + 1; {
	case hasFold(b, m, "MAIL\x00"):
		return "tftp-mail", Originator // RFC 783 knew it; servers of today answer it otherwise
	case !hasFold(b, m, "OCTET\x00") && !hasFold(b, m, "NETASCII\x00"):
		return "", Unknown
	case b[1] == 1:
		return "tftp-read", Originator
	}
	return "tftp-write", Originator
}

// stun recognises STUN and TURN (RFC 8489 §5), and classic STUN (RFC 3489 §11).
func stun(b []byte) (Kind, Side) {
	t, n := be16(b, 0), be16(b, 2)
	cookie := be32(b, 4) == 0x2112a442
	if len(b) < 20 || t < 1 || t&^0x3fff != 0 || t&0x3c00 != 0 || // no method above 0xff is known; ICP repeats a question's number at the cookie's place
		n%4 != 0 || n > len(b)-20 || n < len(b)-20 && !cookie {
		return "", Unknown
	}
	if !cookie && !classicSTUN(b, t) {
		return "", Unknown
	}
	switch class := t>>4&1 | t>>7&2; class {
	case 0:
		switch t {
		case 1:
			return "stun-binding", Originator
		case 3:
			return "stun-allocate", Originator
		}
		return "stun-other", Originator
	case 1:
		return "stun-indication", Unknown
	}
	return "stun-answer", Responder
}

// classicSTUN reports whether a message of type t without the cookie is one of the three that
// there were before it, with a number and with attributes that fill it.
func classicSTUN(b []byte, t int) bool {
	if t != 0x0001 && t != 0x0101 && t != 0x0111 {
		return false
	}
	for i := 20; i < len(b); {
		l := be16(b, i+2)
		if l < 0 || be16(b, i) == 0 || i+4+l > len(b) {
			return false
		}
		i += 4 + (l+3)&^3
	}
	return !zero(b, 4, 20)
}

// bgp recognises a BGP message (RFC 4271 §4.1); both sides open.
func bgp(b []byte) (Kind, Side) {
	if has(b, 0, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") && be16(b, 16) >= 19 && be16(b, 16) <= 4096 {
		switch at(b, 18) {
		case 1:
			return "bgp-open", Unknown
		case 2, 3, 4, 5:
			return "bgp-message", Unknown
		}
	}
	return "", Unknown
}

// ldp recognises label distribution (RFC 5036 §3.1).
func ldp(b []byte) (Kind, Side) {
	if be16(b, 0) == 1 && be16(b, 2) == len(b)-4 && (be16(b, 10) == 0x0100 || be16(b, 10) == 0x0200) {
		return "ldp-message", Unknown
	}
	return "", Unknown
}

// rip recognises RIP versions 1 and 2 (RFC 2453 §3.6).
func rip(b []byte) (Kind, Side) {
	if len(b) < 24 || (len(b)-4)%20 != 0 || len(b) > 504 || b[1] < 1 || b[1] > 2 || be16(b, 2) != 0 || be16(b, 4) != 2 && be16(b, 4) != 0 && be16(b, 4) != 0xffff {
		return "", Unknown
	}
	if b[0] == 1 {
		return "rip-request", Originator
	}
	return "rip-answer", Responder
}

// bfd recognises a BFD control packet (RFC 5880 §4.1).
func bfd(b []byte) (Kind, Side) {
	if b[0]>>5 == 1 && len(b) == 24 && b[3] == 24 && b[2] != 0 && be32(b, 4) != 0 {
		return "bfd-control", Unknown
	}
	return "", Unknown
}

// slp recognises the service location protocol (RFC 2608 §8, RFC 2165).
func slp(b []byte) (Kind, Side) {
	if len(b) < 16 || be24(b, 2) != len(b) || b[1] < 1 || b[1] > 11 {
		return "", Unknown
	}
	switch b[1] {
	case 2, 5, 7, 8, 10, 11:
		return "slp-answer", Responder
	}
	return "slp-request", Originator
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
	if b[1] == 1 && len(b) < 60 || b[1] == 2 && len(b) < 80 { // MAP and PEER have what they ask for
		return "", Unknown
	}
	if zero(b, 8, 18) && be16(b, 18) == 0xffff || !zero(b, 8, 12) && be32(b, 4) < 1<<24 {
		return "pcp-request", Originator
	}
	return "", Unknown
}

// netflow recognises flow export of versions 5, 9 and 10 (RFC 3954 §5, RFC 7011 §3.1), and sFlow's.
func netflow(b []byte) (Kind, Side) {
	n := be16(b, 2)
	switch be16(b, 0) {
	case 5:
		if n > 0 && n <= 30 && len(b) == 24+48*n {
			return "netflow-v5", Originator
		}
	case 9:
		if i := be16(b, 22); n > 0 && n <= 128 && i >= 4 && 20+i <= len(b) && (be16(b, 20) < 2 || be16(b, 20) > 255) {
			return "netflow-v9", Originator
		}
	case 10:
		if set := be16(b, 16); n == len(b) && n >= 20 && (set == 2 || set == 3 || set > 255) {
			return "netflow-v10", Originator
		}
	case 0:
		return sflow(b)
	}
	return "", Unknown
}

// sflow recognises sFlow version 5 by the kind of the agent's address and the number of samples.
func sflow(b []byte) (Kind, Side) {
	family := be32(b, 4)
	if be32(b, 0) == 5 && (family == 1 && len(b) >= 28 || family == 2 && len(b) >= 40) && be32(b, 24) < 64 {
		return "sflow-v5", Originator
	}
	return "", Unknown
}

// collectd recognises collectd's parts, which must fill the datagram.
func collectd(b []byte) (Kind, Side) {
	if be16(b, 0) != 0 || len(b) < 16 {
		return "", Unknown
	}
	for i := 0; i < len(b); {
		n := be16(b, i+2)
		if n < 5 || i+n > len(b) || be16(b, i) > 0x0210 {
			return "", Unknown
		}
		if i == 0 && !printable(b[4:n-1]) {
			return "", Unknown
		}
		i += n
	}
	return "collectd-values", Originator
}
