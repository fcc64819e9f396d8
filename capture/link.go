package capture

import "encoding/binary"

func le16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }
func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }

// link opens a frame by its LINKTYPE_ (tcpdump.org/linktypes.html). Where a
// file may carry the number of another system's DLT_, both are known.
func (d *Decoder) link(link uint32, b []byte, p *Packet, depth int) verdict {
	skip := func(n int) []byte { return b[min(n, len(b)):] }
	switch link {
	case 1: // ETHERNET
		return d.ethernet(b, p, depth)
	case 12, 14, 101, 228, 229: // RAW on several systems, IPV4, IPV6
		return d.rawIP(b, p, depth)
	case 0, 108: // NULL, LOOP
		return d.loopback(b, p, depth)
	case 113: // LINUX_SLL
		return d.cooked(b, p, depth)
	case 276: // LINUX_SLL2
		return d.cooked2(b, p, depth)
	case 105: // IEEE802_11
		return d.wifi(b, false, p, depth)
	case 127: // IEEE802_11_RADIOTAP
		return d.radiotap(b, p, depth)
	case 119, 163: // IEEE802_11_PRISM, IEEE802_11_AVS
		return d.prism(b, p, depth)
	case 192: // PPI
		return d.ppi(b, p, depth)
	case 9, 50, 104: // PPP, PPP_HDLC, C_HDLC
		return d.serial(b, p, depth)
	case 166: // PPP_PPPD: a direction in place of the address
		if len(b) > 2 && b[1] == 3 {
			b = b[2:]
		}
		return d.ppp(b, p, depth)
	case 51: // PPP_ETHER
		return d.pppoe(b, p, depth)
	case 239: // NFLOG
		return d.nflog(b, p, depth)
	case 258, 149: // PKTAP, and the number Darwin writes for it
		return d.pktap(b, p, depth)
	case 7, 129: // ARCNET_BSD, ARCNET_LINUX
		return d.arcnet(link, b, p, depth)
	case 6: // IEEE802_5
		return d.tokenRing(b, p, depth)
	case 10: // FDDI
		return d.llc(skip(13), p, depth)
	case 100: // ATM_RFC1483
		return d.llc(b, p, depth)
	case 122: // IP_OVER_FC
		return d.llc(skip(16), p, depth)
	case 123: // SUNATM
		return d.llc(skip(4), p, depth)
	case 8: // SLIP
		return d.rawIP(skip(16), p, depth)
	case 107: // FRELAY
		return d.frameRelay(b, p, depth)
	case 109: // ENC
		return d.rawIP(skip(12), p, depth)
	case 117: // PFLOG: the header's length, to the next multiple of 4
		if len(b) < 1 {
			return d.short()
		}
		return d.rawIP(skip((int(b[0])+3)&^3), p, depth)
	case 138: // APPLE_IP_OVER_IEEE1394
		if len(b) < 18 {
			return d.short()
		}
		return d.ether(be16(b[16:]), b[18:], p, depth)
	case 143: // DOCSIS
		return d.docsis(b, p, depth)
	case 178: // JUNIPER_ETHER
		return d.juniper(b, p, depth)
	case 197: // ERF
		return d.erf(b, p, depth)
	case 204, 205: // PPP_WITH_DIR, C_HDLC_WITH_DIR
		return d.serial(skip(1), p, depth)
	case 206: // FRELAY_WITH_DIR
		return d.frameRelay(skip(1), p, depth)
	case 219: // MPLS
		return d.mpls(b, p, depth)
	case 226: // IPNET
		return d.rawIP(skip(24), p, depth)
	case 240: // NETANALYZER
		return d.ethernet(skip(4), p, depth)
	case 241: // NETANALYZER_TRANSPARENT
		return d.ethernet(skip(12), p, depth)
	case 242: // IPOIB
		if len(b) < 44 {
			return d.short()
		}
		return d.ether(be16(b[40:]), b[44:], p, depth)
	case 274: // ETHERNET_MPACKET
		return d.ethernet(skip(8), p, depth)
	}
	if d.Stats.UnknownLink++; d.Stats.UnknownLink == 1 {
		d.Stats.UnknownType = link
	}
	return bad
}

// loopback opens BSD's header: the address family, in the byte order of the
// machine that captured, or big endian.
func (d *Decoder) loopback(b []byte, p *Packet, depth int) verdict {
	if len(b) < 4 {
		return d.short()
	}
	family := le32(b)
	if family > 0xffff {
		family = be32(b)
	}
	switch family {
	case 2:
		return d.ipv4(b[4:], p, depth)
	case 10, 23, 24, 28, 30: // Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin
		return d.ipv6(b[4:], p, depth)
	case 7: // 802: LLC
		return d.llc(b[4:], p, depth)
	}
	return d.rawIP(b[4:], p, depth)
}

// cooked opens Linux's cooked header, version 1.
func (d *Decoder) cooked(b []byte, p *Packet, depth int) verdict {
	if len(b) < 16 {
		return d.short()
	}
	if be16(b[4:]) == 6 {
		p.MAC, p.HasMAC = [6]byte(b[6:12]), true
	}
	return d.cookedBody(be16(b[2:]), be16(b[14:]), b[16:], p, depth)
}

// cooked2 opens Linux's cooked header, version 2.
func (d *Decoder) cooked2(b []byte, p *Packet, depth int) verdict {
	if len(b) < 20 {
		return d.short()
	}
	if b[11] == 6 {
		p.MAC, p.HasMAC = [6]byte(b[12:18]), true
	}
	return d.cookedBody(be16(b[8:]), be16(b), b[20:], p, depth)
}

func (d *Decoder) cookedBody(hardware, t uint16, b []byte, p *Packet, depth int) verdict {
	switch hardware { // ARPHRD_
	case 801:
		return d.wifi(b, false, p, depth)
	case 803:
		return d.radiotap(b, p, depth)
	case 824: // netlink
		return d.notIP()
	}
	switch t {
	case 4: // 802.2 without a length
		return d.llc(b, p, depth)
	case 0, 3: // an interface that does not say
		return d.rawIP(b, p, depth)
	case 1, 0xc: // 802.3 without a length that anybody filled in, CAN
		return d.notIP()
	}
	return d.ether(t, b, p, depth)
}

// serial opens PPP in HDLC framing or without it, or Cisco's HDLC.
func (d *Decoder) serial(b []byte, p *Packet, depth int) verdict {
	if len(b) >= 4 && (b[0] == 0x0f || b[0] == 0x8f) && b[1] == 0 {
		return d.ether(be16(b[2:]), b[4:], p, depth)
	}
	return d.ppp(b, p, depth)
}

// ppp opens a PPP header (RFC 1661, RFC 1662), with address and control bytes
// or without, with a protocol field of one or two bytes.
func (d *Decoder) ppp(b []byte, p *Packet, depth int) verdict {
	if len(b) >= 2 && b[0] == 0xff && b[1] == 3 {
		b = b[2:]
	}
	if len(b) < 2 {
		return d.short()
	}
	proto, n := be16(b), 2
	if b[0]&1 != 0 {
		proto, n = uint16(b[0]), 1
	}
	b = b[n:]
	switch proto {
	case 0x21:
		return d.ipv4(b, p, depth)
	case 0x57:
		return d.ipv6(b, p, depth)
	case 0x281, 0x283:
		return d.mpls(b, p, depth)
	case 0x3d: // multilink (RFC 1990): a fragment that is the whole
		if len(b) > 4 && b[0] == 0xc0 {
			if depth >= MaxDepth {
				return d.tooDeep()
			}
			return d.ppp(b[4:], p, depth+1)
		}
	case 0xfd, 0x53: // compressed or encrypted
		return d.encrypted()
	}
	return d.notIP()
}

// pppoe opens a PPPoE session header (RFC 2516).
func (d *Decoder) pppoe(b []byte, p *Packet, depth int) verdict {
	if len(b) < 8 {
		return d.short()
	}
	if b[0] != 0x11 || b[1] != 0 {
		return d.notIP()
	}
	n := int(be16(b[4:]))
	b = b[6:]
	return d.ppp(b[:min(n, len(b))], p, depth)
}

// nflog opens Linux's netfilter log header: attributes in the byte order of the
// machine that captured.
func (d *Decoder) nflog(b []byte, p *Packet, depth int) verdict {
	if len(b) < 8 {
		return d.short()
	}
	family := b[0]
	u16 := le16
	if n := int(le16(b[4:])); n < 4 || n > len(b) && le16(b[6:]) > 0xff {
		u16 = be16
	}
	for b = b[4:]; len(b) >= 4; {
		n := int(u16(b))
		if n < 4 {
			return d.malformed()
		}
		switch u16(b[2:]) & 0x7fff {
		case 9: // NFULA_PAYLOAD
			b = b[4:min(n, len(b))]
			switch family {
			case 2:
				return d.ipv4(b, p, depth)
			case 10:
				return d.ipv6(b, p, depth)
			}
			return d.rawIP(b, p, depth)
		case 8: // NFULA_HWADDR: length, reserved, address
			if n >= 14 && len(b) >= 14 && be16(b[4:]) == 6 {
				p.MAC, p.HasMAC = [6]byte(b[8:14]), true
			}
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	return d.notIP()
}

// pktap opens the header of Darwin's capture pseudo device.
func (d *Decoder) pktap(b []byte, p *Packet, depth int) verdict {
	if len(b) < 12 {
		return d.short()
	}
	n, inner := le32(b), le32(b[8:])
	if n < 12 || int64(n) > int64(len(b)) || inner == 258 || inner == 149 || inner == 192 {
		return d.malformed()
	}
	return d.link(inner, b[n:], p, depth)
}

// arcnet opens an ARCNET header, BSD's of 3 bytes or Linux's of 5, with the old
// encapsulation (RFC 1051) or the one that can be split (RFC 1201).
func (d *Decoder) arcnet(link uint32, b []byte, p *Packet, depth int) verdict {
	n := 3
	if link == 129 {
		n = 5
	}
	if len(b) < n+3 {
		return d.short()
	}
	switch b[n-1] {
	case 0xf0: // IP, RFC 1051
		return d.ipv4(b[n:], p, depth)
	case 0xd4, 0xc4: // IP and IPv6, RFC 1201: split flag, sequence number
		if b[n] == 0 {
			return d.rawIP(b[n+3:], p, depth)
		}
	}
	return d.notIP()
}

// tokenRing opens an 802.5 frame: addresses, the route if the source address
// says there is one, LLC.
func (d *Decoder) tokenRing(b []byte, p *Packet, depth int) verdict {
	if len(b) < 16 {
		return d.short()
	}
	n := 14
	if b[8]&0x80 != 0 {
		n += int(b[14] & 31)
	}
	return d.llc(b[min(n, len(b)):], p, depth)
}

// frameRelay opens a Q.922 header of two bytes and an NLPID (RFC 2427).
func (d *Decoder) frameRelay(b []byte, p *Packet, depth int) verdict {
	if len(b) < 5 {
		return d.short()
	}
	if b[2] != 3 { // Cisco's way: an EtherType
		return d.ether(be16(b[2:]), b[4:], p, depth)
	}
	b = b[3:]
	if b[0] == 0 { // padding
		b = b[1:]
	}
	switch b[0] {
	case 0xcc:
		return d.ipv4(b[1:], p, depth)
	case 0x8e:
		return d.ipv6(b[1:], p, depth)
	case 0xcf:
		return d.ppp(b[1:], p, depth)
	case 0x80: // SNAP
		if len(b) >= 6 && b[1] == 0 && b[2] == 0 && b[3] == 0 {
			return d.ether(be16(b[4:]), b[6:], p, depth)
		}
	}
	return d.notIP()
}

// docsis opens a cable modem's MAC header with a packet in it.
func (d *Decoder) docsis(b []byte, p *Packet, depth int) verdict {
	if len(b) < 6 {
		return d.short()
	}
	if b[0]>>6 != 0 {
		return d.notIP()
	}
	n := 6
	if b[0]&1 != 0 { // an extended header of so many bytes
		n += int(b[1])
	}
	return d.ethernet(b[min(n, len(b)):], p, depth)
}

// juniper opens the header that JunOS puts before an Ethernet frame: a magic
// number, flags, and extensions if a flag says so.
func (d *Decoder) juniper(b []byte, p *Packet, depth int) verdict {
	if len(b) < 6 {
		return d.short()
	}
	if be32(b)>>8 != 0x4d4743 {
		return d.malformed()
	}
	n := 4
	if b[3]&0x80 != 0 {
		n = 6 + int(be16(b[4:]))
	}
	b = b[min(n, len(b)):]
	if d.soundIP(b) { // captured without its link header
		return d.rawIP(b, p, depth)
	}
	return d.ethernet(b, p, depth)
}

// erf opens an Endace record: its header, extension headers, and for Ethernet
// two bytes of padding.
func (d *Decoder) erf(b []byte, p *Packet, depth int) verdict {
	if len(b) < 18 {
		return d.short()
	}
	kind := b[8]
	n := 16
	for more := kind&0x80 != 0; more; n += 8 {
		if n+8 > len(b) {
			return d.short()
		}
		more = b[n]&0x80 != 0
	}
	b = b[n:]
	switch kind & 0x7f {
	case 2, 11, 16, 20: // Ethernet, and with colour, with DAG's channel
		return d.ethernet(b[min(2, len(b)):], p, depth)
	case 1: // HDLC over SONET
		return d.serial(b, p, depth)
	case 22, 23: // IPv4, IPv6
		return d.rawIP(b, p, depth)
	}
	return d.notIP()
}
