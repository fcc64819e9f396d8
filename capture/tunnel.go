package capture

// into readies p for the packet inside a tunnel: what the outer link said is not
// about it.
func (p *Packet) into() {
	p.VLAN, p.HasMAC = 0, false
}

// etherTunnel opens the EtherTypes that carry another packet.
func (d *Decoder) etherTunnel(t uint16, b []byte, p *Packet, depth int) verdict {
	switch t {
	case 0x88cc:
		return p.said(sayLLDP, b)
	case 0x8892:
		if len(b) > 0 && b[0] != 0xfe { // cyclic data
			break
		}
		return p.said(sayDCP, b)
	}
	if depth >= MaxDepth {
		return d.tooDeep()
	}
	depth++
	switch t {
	case 0x8847, 0x8848:
		return d.mpls(b, p, depth)
	case 0x8864:
		return d.pppoe(b, p, depth)
	case 0x880b:
		return d.ppp(b, p, depth)
	case 0x6558: // transparent Ethernet bridging
		p.into()
		return d.ethernet(b, p, depth)
	case 0x88e7: // 802.1ah: service tag, then the customer's frame
		if len(b) < 4 {
			return d.short()
		}
		p.into()
		return d.ethernet(b[4:], p, depth)
	case 0x8903: // FabricPath: tag, then the frame
		if len(b) < 2 {
			return d.short()
		}
		p.into()
		return d.ethernet(b[2:], p, depth)
	case 0x22f3: // TRILL (RFC 6325): 6 bytes and options
		if len(b) < 6 {
			return d.short()
		}
		p.into()
		n := 6 + int(be16(b)>>6&31)*4
		return d.ethernet(b[min(n, len(b)):], p, depth)
	case 0x892f: // high-availability seamless redundancy (IEC 62439-3): path and size, a number
		if len(b) < 6 {
			return d.short()
		}
		return d.ether(be16(b[4:]), b[6:], p, depth)
	case 0x8926: // VN-tag
		if len(b) < 6 {
			return d.short()
		}
		return d.ether(be16(b[4:]), b[6:], p, depth)
	case 0x8909: // Cisco's security group tag
		if len(b) < 8 || b[0] != 1 || b[1] != 1 {
			return d.notIP()
		}
		return d.ether(be16(b[6:]), b[8:], p, depth)
	case 0x88e5:
		return d.macsec(b, p, depth)
	case 0x894f:
		return d.nsh(b, p, depth)
	}
	return d.notIP()
}

// macsec opens a MACsec tag (802.1AE) before what is signed and not encrypted.
func (d *Decoder) macsec(b []byte, p *Packet, depth int) verdict {
	if len(b) < 16 {
		return d.short()
	}
	if b[0]&0x0c != 0 {
		return d.encrypted()
	}
	n := 6
	if b[0]&0x20 != 0 { // the secure channel is told
		n = 14
	}
	return d.ether(be16(b[n:]), b[n+2:], p, depth)
}

// nsh opens a network service header (RFC 8300).
func (d *Decoder) nsh(b []byte, p *Packet, depth int) verdict {
	if len(b) < 8 {
		return d.short()
	}
	n := int(be16(b)&0x3f) * 4
	if n < 8 || n > len(b) {
		return d.malformed()
	}
	return d.nextHeader(b[3], b[n:], p, depth)
}

// nextHeader opens what NSH and VXLAN-GPE carry.
func (d *Decoder) nextHeader(proto uint8, b []byte, p *Packet, depth int) verdict {
	if depth >= MaxDepth {
		return d.tooDeep()
	}
	depth++
	p.into()
	switch proto {
	case 1:
		return d.ipv4(b, p, depth)
	case 2:
		return d.ipv6(b, p, depth)
	case 3:
		return d.ethernet(b, p, depth)
	case 4:
		return d.nsh(b, p, depth)
	case 5:
		return d.mpls(b, p, depth)
	}
	return d.notIP()
}

// mpls passes the label stack (RFC 3032). What follows is not said: IP by its
// first four bits if the lengths agree, a pseudo-wire's control word (RFC 4385)
// and Ethernet, or Ethernet at once.
func (d *Decoder) mpls(b []byte, p *Packet, depth int) verdict {
	for range 2 * MaxDepth {
		if len(b) < 5 {
			return d.short()
		}
		last := b[2]&1 != 0
		b = b[4:]
		if !last {
			continue
		}
		switch {
		case d.soundIP(b):
			return d.rawIP(b, p, depth)
		case len(b) > 14 && be16(b[12:]) > 1500 && plausibleType(be16(b[12:])):
		case len(b) > 18 && b[0]>>4 == 0 && plausibleType(be16(b[16:])):
			b = b[4:]
		case len(b) <= 14 || !plausibleType(be16(b[12:])):
			return d.notIP()
		}
		p.into()
		return d.ethernet(b, p, depth)
	}
	return d.tooDeep()
}

// plausibleType says whether t would be the type or length of an Ethernet frame
// that carries something read here.
func plausibleType(t uint16) bool {
	switch t {
	case etherIPv4, etherIPv6, etherARP, etherVLAN, etherQinQ, etherQinQ2, etherQinQ3, 0x8847, 0x8848, 0x8863, 0x8864, 0x8892, 0x88cc:
		return true
	}
	return t >= 3 && t <= 1500
}

// soundIP says whether b looks like a whole IP packet, or one that the capture
// cut: the version, and lengths that agree with what is there.
func (d *Decoder) soundIP(b []byte) bool {
	if len(b) < 20 {
		return false
	}
	switch b[0] >> 4 {
	case 4:
		head, total := int(b[0]&15)*4, int(be16(b[2:]))
		return head >= 20 && total >= head && total <= len(b)+d.missing
	case 6:
		return 40+int(be16(b[4:])) <= len(b)+d.missing
	}
	return false
}

// ipTunnel opens the IP protocols that carry another packet.
func (d *Decoder) ipTunnel(proto uint8, b []byte, p *Packet, depth int) verdict {
	switch proto {
	case 4, 41, 47, 94, 97, 115, 137:
	case 88, 89, 103, 112: // EIGRP, OSPF, PIM, VRRP or CARP
		return p.said(proto, b)
	default:
		return d.other()
	}
	if depth >= MaxDepth {
		return d.tooDeep()
	}
	depth++
	p.into()
	switch proto {
	case 4, 94:
		return d.ipv4(b, p, depth)
	case 41:
		return d.ipv6(b, p, depth)
	case 47:
		return d.gre(b, p, depth)
	case 97: // EtherIP (RFC 3378)
		if len(b) < 2 {
			return d.short()
		}
		if b[0]>>4 != 3 {
			return d.malformed()
		}
		return d.ethernet(b[2:], p, depth)
	case 115: // L2TP version 3 (RFC 3931 §4.1.1): a session's number
		return d.pseudowire(b, 4, p, depth)
	}
	return d.mpls(b, p, depth)
}

// pseudowire opens an Ethernet frame that stands at from, or up to twelve bytes behind it: a cookie
// of none, four or eight bytes and a sublayer of none or four, which both ends have agreed upon (RFC 3931
// §4.1, RFC 4719 §3.2). What is behind it has to be IP whose lengths agree.
func (d *Decoder) pseudowire(b []byte, from int, p *Packet, depth int) verdict {
	for n := from; n <= from+12 && n+14 < len(b); n += 4 {
		t, body := be16(b[n+12:]), b[n+14:]
		if t == etherVLAN && len(body) > 4 {
			t, body = be16(body[2:]), body[4:]
		}
		if (t == etherIPv4 || t == etherIPv6) && d.soundIP(body) {
			return d.ethernet(b[n:], p, depth)
		}
	}
	return d.other()
}

// esp opens an IPv4 packet that a security association signs and does not encrypt (RFC 2410,
// RFC 4303): nothing says so but the packet's own header, whose sum has to be right.
func (d *Decoder) esp(b []byte, p *Packet, depth int) verdict {
	const head = 8
	if len(b) < head+20 || b[head] != 0x45 || !d.soundIP(b[head:]) || !sumsUp(b[head:head+20]) {
		return d.encrypted()
	}
	if depth >= MaxDepth {
		return d.tooDeep()
	}
	p.into()
	return d.ipv4(b[head:], p, depth+1)
}

// sumsUp says whether the sum of an IPv4 header is right (RFC 791 §3.1).
func sumsUp(b []byte) bool {
	sum := uint32(0)
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(be16(b[i:]))
	}
	return sum>>16+sum&0xffff == 0xffff
}

// islHead is the length of the header of Cisco's inter-switch link.
const islHead = 26

// isl says whether a frame of b, at least 14 bytes, is inside that of Cisco's inter-switch link: one of two groups,
// an address of five bytes, a length, and SNAP.
func isl(b []byte) bool {
	return len(b) >= islHead+14 && b[1] == 0 && b[2] == 0x0c && b[3] == 0 && b[4] == 0 && b[14] == 0xaa && b[15] == 0xaa && b[16] == 3
}

// gre opens GRE (RFC 2784, RFC 2890, with the routing of RFC 1701) and PPTP's
// version of it (RFC 2637).
func (d *Decoder) gre(b []byte, p *Packet, depth int) verdict {
	if len(b) < 4 {
		return d.short()
	}
	flags, t := be16(b), be16(b[2:])
	n := 4
	key := 0
	if flags&0xc000 != 0 { // checksum or routing: both fields are there
		n += 4
	}
	if flags&0x2000 != 0 {
		key = n
		n += 4
	}
	if flags&0x1000 != 0 { // sequence number
		n += 4
	}
	switch flags & 7 { // the version
	case 0:
	case 1:
		return d.pptp(key, n, b, p, depth)
	default:
		return d.malformed()
	}
	if flags&0x4000 != 0 { // source routes, to the one of length 0
		for range 2 * MaxDepth {
			if n+4 > len(b) {
				return d.short()
			}
			size := int(b[n+3])
			n += 4 + size
			if size == 0 {
				break
			}
		}
	}
	if n > len(b) {
		return d.short()
	}
	if t == 0x6558 && flags&0xf000 == 0x2000 { // NVGRE (RFC 7637)
		p.VNI = be32(b[key:]) >> 8
	}
	return d.greBody(t, flags&0x1000 != 0, b[n:], p, depth)
}

// pptp opens what PPTP's version of GRE carries; its key is at b[key:] and its fields, but
// for the last, end at b[n:].
func (d *Decoder) pptp(key, n int, b []byte, p *Packet, depth int) verdict {
	if be16(b[2:]) == 0x6400 && be16(b) == 0x2001 { // MikroTik's Ethernet over IP: the length, a number
		if len(b) < 8 {
			return d.short()
		}
		return d.ethernet(b[8:min(8+int(be16(b[4:])), len(b))], p, depth)
	}
	if be16(b[2:]) != 0x880b || key == 0 {
		return d.malformed()
	}
	if b[1]&0x80 != 0 { // acknowledgement number
		n += 4
	}
	if n > len(b) {
		return d.short()
	}
	size := int(be16(b[key:]))
	if size == 0 {
		return d.other()
	}
	return d.ppp(b[n:min(n+size, len(b))], p, depth)
}

// greBody opens what stands behind a GRE header, by its type of protocol and by whether it
// counts its packets.
func (d *Decoder) greBody(t uint16, counted bool, b []byte, p *Packet, depth int) verdict {
	switch t {
	case 0x88be:
		if !counted { // ERSPAN type I has no header of its own
			return d.ethernet(b, p, depth)
		}
		return d.erspan(1, 8, b, p, depth)
	case 0x22eb:
		n := 12
		if len(b) >= 12 && b[11]&1 != 0 { // platform specific subheader
			n = 20
		}
		return d.erspan(2, n, b, p, depth)
	case 0x883e: // WCCP, with a redirect header of 4 bytes or without
		if len(b) > 4 && b[0]>>4 != 4 {
			b = b[4:]
		}
		return d.ipv4(b, p, depth)
	case 0:
		return d.other() // keepalive
	}
	return d.ether(t, b, p, depth)
}

// erspan opens ERSPAN type II and III (draft-foschiano-erspan). The VLAN it
// tells is the mirror's view of one direction; only a tag in the frame counts.
func (d *Decoder) erspan(version byte, n int, b []byte, p *Packet, depth int) verdict {
	if len(b) < n {
		return d.short()
	}
	if b[0]>>4 != version {
		return d.malformed()
	}
	if version == 2 && b[10]>>2&31 == 2 { // type III of an IP packet
		return d.rawIP(b[n:], p, depth)
	}
	return d.ethernet(b[n:], p, depth)
}
