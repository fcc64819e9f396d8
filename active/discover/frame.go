package discover

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
)

// Link, network and transport numbers (IANA).
const (
	etherARP  = 0x0806
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
	etherVLAN = 0x8100

	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58

	flagSYN = 0x02
	flagRST = 0x04
	flagACK = 0x10
)

// ether begins a frame.
func ether(to, from [6]byte, etherType uint16) []byte {
	b := make([]byte, 14, 96)
	copy(b, to[:])
	copy(b[6:], from[:])
	binary.BigEndian.PutUint16(b[12:], etherType)
	return b
}

// ip appends an IP header, of either family, for a payload of n bytes.
func ip(b []byte, src, dst netip.Addr, proto byte, n int) []byte {
	if dst.Is4() {
		h := make([]byte, 20)
		h[0] = 0x45
		binary.BigEndian.PutUint16(h[2:], uint16(20+n))
		binary.BigEndian.PutUint16(h[4:], uint16(rand.Uint32()))
		h[8], h[9] = 64, proto
		s, d := src.As4(), dst.As4()
		copy(h[12:], s[:])
		copy(h[16:], d[:])
		binary.BigEndian.PutUint16(h[10:], ^sum(0, h))
		return append(b, h...)
	}
	h := make([]byte, 40)
	h[0] = 0x60
	binary.BigEndian.PutUint16(h[4:], uint16(n))
	h[6], h[7] = proto, 64
	if proto == protoICMPv6 {
		h[7] = 255 // neighbour discovery demands it (RFC 4861 §7.1.1)
	}
	s, d := src.As16(), dst.As16()
	copy(h[8:], s[:])
	copy(h[24:], d[:])
	return append(b, h...)
}

// sum is the Internet checksum's sum, not yet inverted (RFC 1071).
func sum(start uint32, b []byte) uint16 {
	s := start
	for ; len(b) > 1; b = b[2:] {
		s += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		s += uint32(b[0]) << 8
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}

// pseudo is the sum over the pseudo header (RFC 9293 §3.1, RFC 8200 §8.1).
func pseudo(src, dst netip.Addr, proto byte, n int) uint32 {
	s := uint32(proto) + uint32(n)
	return s + uint32(sum(0, src.AsSlice())) + uint32(sum(0, dst.AsSlice()))
}

// tcp appends a segment without data. A SYN offers the maximum segment size and no
// other option.
func tcp(b []byte, src, dst netip.AddrPort, flags byte, seq, ack uint32) []byte {
	n := 20
	if flags&flagSYN != 0 {
		n = 24
	}
	t := make([]byte, n)
	binary.BigEndian.PutUint16(t, src.Port())
	binary.BigEndian.PutUint16(t[2:], dst.Port())
	binary.BigEndian.PutUint32(t[4:], seq)
	binary.BigEndian.PutUint32(t[8:], ack)
	t[12], t[13] = byte(n/4)<<4, flags
	binary.BigEndian.PutUint16(t[14:], 1024)
	if n == 24 {
		t[20], t[21] = 2, 4
		mss := uint16(1460)
		if dst.Addr().Is6() {
			mss = 1440
		}
		binary.BigEndian.PutUint16(t[22:], mss)
	}
	binary.BigEndian.PutUint16(t[16:], ^sum(pseudo(src.Addr(), dst.Addr(), protoTCP, n), t))
	return append(ip(b, src.Addr(), dst.Addr(), protoTCP, n), t...)
}

// udp appends an empty datagram.
func udp(b []byte, src, dst netip.AddrPort) []byte {
	u := make([]byte, 8)
	binary.BigEndian.PutUint16(u, src.Port())
	binary.BigEndian.PutUint16(u[2:], dst.Port())
	u[5] = 8
	c := ^sum(pseudo(src.Addr(), dst.Addr(), protoUDP, 8), u)
	if c == 0 {
		c = 0xffff
	}
	binary.BigEndian.PutUint16(u[6:], c)
	return append(ip(b, src.Addr(), dst.Addr(), protoUDP, 8), u...)
}

// echo appends an ICMP echo request of either family.
func echo(b []byte, src, dst netip.Addr, id, seq uint16) []byte {
	m := make([]byte, 8)
	binary.BigEndian.PutUint16(m[4:], id)
	binary.BigEndian.PutUint16(m[6:], seq)
	if dst.Is4() {
		m[0] = 8
		binary.BigEndian.PutUint16(m[2:], ^sum(0, m))
		return append(ip(b, src, dst, protoICMP, 8), m...)
	}
	m[0] = 128
	binary.BigEndian.PutUint16(m[2:], ^sum(pseudo(src, dst, protoICMPv6, 8), m))
	return append(ip(b, src, dst, protoICMPv6, 8), m...)
}

// ICMP types that are asked of IPv4 hosts only (RFC 792, RFC 950).
const (
	icmpTime, icmpTimeReply = 13, 14
	icmpMask, icmpMaskReply = 17, 18
)

// inquiry appends an ICMP timestamp or address mask request.
func inquiry(b []byte, src, dst netip.Addr, kind byte, id, seq uint16) []byte {
	n := 12
	if kind == icmpTime {
		n = 20
	}
	m := make([]byte, n)
	m[0] = kind
	binary.BigEndian.PutUint16(m[4:], id)
	binary.BigEndian.PutUint16(m[6:], seq)
	binary.BigEndian.PutUint16(m[2:], ^sum(0, m))
	return append(ip(b, src, dst, protoICMP, n), m...)
}

// whoHas is the frame that asks a neighbour's hardware address: an ARP request
// (RFC 826) or a neighbour solicitation (RFC 4861 §4.3).
func whoHas(mac [6]byte, src, dst netip.Addr) []byte {
	if dst.Is4() {
		b := ether([6]byte{255, 255, 255, 255, 255, 255}, mac, etherARP)
		b = append(b, 0, 1, 8, 0, 6, 4, 0, 1)
		b = append(b, mac[:]...)
		b = append(b, src.AsSlice()...)
		b = append(b, 0, 0, 0, 0, 0, 0)
		return append(b, dst.AsSlice()...)
	}
	d := dst.As16()
	group := netip.AddrFrom16([16]byte{0: 0xff, 1: 2, 11: 1, 12: 0xff, 13: d[13], 14: d[14], 15: d[15]})
	m := make([]byte, 24, 32)
	m[0] = 135
	copy(m[8:], d[:])
	m = append(m, 1, 1)
	m = append(m, mac[:]...)
	binary.BigEndian.PutUint16(m[2:], ^sum(pseudo(src, group, protoICMPv6, len(m)), m))
	b := ether([6]byte{0x33, 0x33, 0xff, d[13], d[14], d[15]}, mac, etherIPv6)
	return append(ip(b, src.WithZone(""), group, protoICMPv6, len(m)), m...)
}

// heard is what a frame says that concerns us.
type heard struct {
	src, dst     netip.Addr // of the packet
	proto        byte       // protoTCP, protoUDP, protoICMP (either family); 0: a neighbour's answer
	sport, dport uint16
	flags        byte
	seq, ack     uint32
	ttl          uint8
	id           uint16  // of an echo reply
	icmp, code   uint8   // of an ICMP message, as IPv4 numbers them for echo reply (0); kinds below
	mac          [6]byte // of a neighbour
	about        *heard  // what an ICMP error is about: a packet of ours
	v6           bool    // the message is ICMPv6
}

// parseFrame reads an Ethernet frame. It is false for what says nothing to us.
func parseFrame(b []byte) (h heard, ok bool) {
	if len(b) < 14 {
		return h, false
	}
	t := binary.BigEndian.Uint16(b[12:])
	b = b[14:]
	if t == etherVLAN && len(b) >= 4 {
		t = binary.BigEndian.Uint16(b[2:])
		b = b[4:]
	}
	switch t {
	case etherARP:
		if len(b) < 28 || binary.BigEndian.Uint16(b[6:]) != 2 || b[4] != 6 || b[5] != 4 {
			return h, false
		}
		copy(h.mac[:], b[8:])
		h.src = netip.AddrFrom4([4]byte(b[14:18]))
		return h, true
	case etherIPv4, etherIPv6:
		return parseIP(b, false)
	}
	return h, false
}

// parseIP reads a packet; with quoted, one that an ICMP error quotes, of which only
// the first bytes need to be there.
func parseIP(b []byte, quoted bool) (h heard, ok bool) {
	if len(b) < 20 {
		return h, false
	}
	var proto byte
	switch b[0] >> 4 {
	case 4:
		b, proto, ok = h.ipv4(b)
	case 6:
		b, proto, ok = h.ipv6(b)
	}
	if !ok || len(b) < 8 {
		return h, false
	}
	switch {
	case proto == protoTCP:
		h.sport, h.dport, h.seq = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[4:])
		if !quoted {
			if len(b) < 20 {
				return h, false
			}
			h.ack, h.flags = binary.BigEndian.Uint32(b[8:]), b[13]
		}
	case proto == protoUDP:
		h.sport, h.dport = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	case proto == protoICMP && !h.v6, proto == protoICMPv6 && h.v6:
		return h.withICMP(b, quoted)
	default:
		return h, false
	}
	h.proto = proto
	return h, true
}

// ipv4 reads the header (RFC 791 §3.1) of at least 20 bytes and returns what is behind it. A
// fragment that is not the first says nothing.
func (h *heard) ipv4(b []byte) (rest []byte, proto byte, ok bool) {
	n := int(b[0]&15) * 4
	if n < 20 || len(b) < n || binary.BigEndian.Uint16(b[6:])&0x1fff != 0 {
		return nil, 0, false
	}
	h.src, h.dst = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
	h.ttl = b[8]
	return b[n:], b[9], true
}

// ipv6 reads the header and the extensions behind it (RFC 8200 §3, §4).
func (h *heard) ipv6(b []byte) (rest []byte, proto byte, ok bool) {
	if len(b) < 40 {
		return nil, 0, false
	}
	h.src, h.dst = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	h.ttl, proto, h.v6 = b[7], b[6], true
	b = b[40:]
	for range 4 { // hop-by-hop, routing, destination options
		if proto != 0 && proto != 43 && proto != 60 {
			break
		}
		if len(b) < 8 || len(b) < 8*(int(b[1])+1) {
			return nil, 0, false
		}
		proto, b = b[0], b[8*(int(b[1])+1):]
	}
	return b, proto, true
}

// withICMP adds a message of ICMP (RFC 792) or ICMPv6 (RFC 4443), and what an error is about.
func (h heard) withICMP(b []byte, quoted bool) (heard, bool) {
	h.icmp, h.code, h.id, h.dport = b[0], b[1], binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
	if h.v6 && h.icmp == 136 && !quoted { // neighbour advertisement
		return advertised(h, b)
	}
	if !quoted && unreachable(&h) != "" {
		about, ok := parseIP(b[8:], true)
		if !ok {
			return h, false
		}
		h.about = &about
	}
	h.proto = protoICMP
	return h, true
}

// advertised reads a neighbour advertisement with its target's hardware address
// (RFC 4861 §4.4). One that was routed is forged.
func advertised(h heard, b []byte) (heard, bool) {
	if len(b) < 24 || h.ttl != 255 {
		return h, false
	}
	h.src = netip.AddrFrom16([16]byte(b[8:24]))
	for o := b[24:]; len(o) >= 8 && o[1] > 0 && len(o) >= 8*int(o[1]); o = o[8*int(o[1]):] {
		if o[0] == 2 {
			copy(h.mac[:], o[2:])
			h.proto = 0
			return h, true
		}
	}
	return h, false
}

// unreachable returns nmap's word for an ICMP error, or "" for other messages.
func unreachable(h *heard) string {
	if h.v6 {
		switch {
		case h.icmp == 3:
			return "time-exceeded"
		case h.icmp != 1:
			return ""
		}
		switch h.code {
		case 0:
			return "net-unreach"
		case 1, 5, 6:
			return "admin-prohibited"
		case 4:
			return "port-unreach"
		}
		return "host-unreach"
	}
	switch {
	case h.icmp == 11:
		return "time-exceeded"
	case h.icmp != 3:
		return ""
	}
	switch h.code {
	case 0:
		return "net-unreach"
	case 2:
		return "proto-unreach"
	case 3:
		return "port-unreach"
	case 9:
		return "net-prohibited"
	case 10:
		return "host-prohibited"
	case 13:
		return "admin-prohibited"
	}
	return "host-unreach"
}

// alive says which question an ICMP message is the reply to; "" if it is none.
func (h *heard) alive() (kind, string) {
	switch {
	case h.proto != protoICMP:
	case !h.v6 && h.icmp == 0, h.v6 && h.icmp == 129:
		return askEcho, "echo-reply"
	case !h.v6 && h.icmp == icmpTimeReply:
		return askTime, "timestamp-reply"
	case !h.v6 && h.icmp == icmpMaskReply:
		return askMask, "addressmask-reply"
	}
	return 0, ""
}
