package capture

// tunnel is a tunnel that runs over UDP.
type tunnel uint8

const (
	noTunnel tunnel = iota
	vxlan
	vxlanGPE
	geneve
	gtpu
	teredo
	l2tp
	lisp
	mplsUDP
	greUDP
	tzsp
	capwap
	gue
)

// tunnelOf tells by the ports which tunnel a datagram may be.
func tunnelOf(src, dst uint16) tunnel {
	switch dst {
	case 4789, 8472:
		return vxlan
	case 4790:
		return vxlanGPE
	case 6081:
		return geneve
	case 2152:
		return gtpu
	case 3544:
		return teredo
	case 1701:
		return l2tp
	case 4341:
		return lisp
	case 6635:
		return mplsUDP
	case 4754:
		return greUDP
	case 37008:
		return tzsp
	case 5247:
		return capwap
	case 6080:
		return gue
	}
	switch src {
	case 2152:
		return gtpu
	case 3544:
		return teredo
	case 1701:
		return l2tp
	case 5247:
		return capwap
	}
	return noTunnel
}

// udpTunnel opens a tunnel over UDP. A datagram whose bytes are not those of the
// tunnel stays a datagram.
func (d *Decoder) udpTunnel(t tunnel, p *Packet, depth int) verdict {
	if depth >= MaxDepth {
		d.Stats.TooDeep++
		return got
	}
	outer, stats := *p, d.Stats
	p.into()
	p.Payload, p.WireLen, p.SrcPort, p.DstPort = nil, 0, 0, 0
	v := d.openUDP(t, outer.Payload, p, depth+1)
	if v == bad {
		*p, d.Stats = outer, stats
		return got
	}
	return v
}

func (d *Decoder) openUDP(t tunnel, b []byte, p *Packet, depth int) verdict {
	if len(b) < 8 {
		return bad
	}
	switch t {
	case vxlan: // RFC 7348
		if b[0]&8 == 0 || b[7] != 0 {
			return bad
		}
		p.VNI = be32(b[4:]) >> 8
		return d.ethernet(b[8:], p, depth)
	case vxlanGPE: // draft-ietf-nvo3-vxlan-gpe
		if b[0]&8 == 0 || b[7] != 0 {
			return bad
		}
		p.VNI = be32(b[4:]) >> 8
		if b[0]&4 == 0 {
			return d.ethernet(b[8:], p, depth)
		}
		return d.nextHeader(b[3], b[8:], p, depth)
	case geneve: // RFC 8926
		n := 8 + int(b[0]&0x3f)*4
		if b[0]>>6 != 0 || b[7] != 0 || n > len(b) {
			return bad
		}
		p.VNI = be32(b[4:]) >> 8
		return d.ether(be16(b[2:]), b[n:], p, depth)
	case gtpu:
		return d.gtpu(b, p, depth)
	case teredo:
		return d.teredo(b, p, depth)
	case l2tp:
		return d.l2tp(b, p, depth)
	case lisp: // RFC 9300: 8 bytes, then IP
		if !d.soundIP(b[8:]) {
			return bad
		}
		return d.rawIP(b[8:], p, depth)
	case mplsUDP: // RFC 7510
		return d.mpls(b, p, depth)
	case greUDP: // RFC 8086
		if be16(b[2:]) == 0 {
			return bad
		}
		return d.gre(b, p, depth)
	case tzsp:
		return d.tzsp(b, p, depth)
	case capwap:
		return d.capwap(b, p, depth)
	case gue:
		return d.gue(b, p, depth)
	}
	return bad
}

// gue opens generic UDP encapsulation (draft-ietf-intarea-gue): a header with IP's protocol, or IP at once.
func (d *Decoder) gue(b []byte, p *Packet, depth int) verdict {
	n := 0
	if b[0]>>6 == 0 {
		n = 4 + int(b[0]&0x1f)*4
	}
	if b[0]>>5 == 1 || n > 0 && b[1] != 4 && b[1] != 41 || n > len(b) || !d.soundIP(b[n:]) {
		return bad
	}
	return d.rawIP(b[n:], p, depth)
}

// gtpu opens GTP-U (3GPP TS 29.281): a T-PDU, with sequence number and extension
// headers. The tunnel's endpoint identifier differs by direction, so it is no
// part of a flow's identity. Other messages stay datagrams.
func (d *Decoder) gtpu(b []byte, p *Packet, depth int) verdict {
	if b[0]>>4 != 3 || b[1] != 255 {
		return bad
	}
	if int(be16(b[2:]))+8 > len(b)+d.missing {
		return bad
	}
	n := 8
	if b[0]&7 != 0 {
		n = 12
		if len(b) < n {
			return bad
		}
		if b[0]&4 != 0 {
			next := b[11]
			for i := 0; next != 0; i++ {
				if i == maxExtensions || n >= len(b) || b[n] == 0 {
					return bad
				}
				size := int(b[n]) * 4
				if n+size > len(b) {
					return bad
				}
				next = b[n+size-1]
				n += size
			}
		}
	}
	b = b[n:]
	if d.soundIP(b) {
		return d.rawIP(b, p, depth)
	}
	if len(b) > 14 && plausibleType(be16(b[12:])) { // a 5G session of type Ethernet
		return d.ethernet(b, p, depth)
	}
	return bad
}

// teredo opens Teredo (RFC 4380): an authentication header and an origin
// indication may stand before the IPv6 packet.
func (d *Decoder) teredo(b []byte, p *Packet, depth int) verdict {
	if b[0] == 0 && b[1] == 1 {
		n := 4 + int(b[2]) + int(b[3]) + 9
		if n > len(b) {
			return bad
		}
		b = b[n:]
	}
	if len(b) >= 8 && b[0] == 0 && b[1] == 0 {
		b = b[8:]
	}
	if len(b) < 40 || b[0]>>4 != 6 || 40+int(be16(b[4:])) != len(b)+d.missing {
		return bad
	}
	ours := func(a []byte) bool { return be32(a) == 0x20010000 || be16(a) == 0xfe80 }
	if !ours(b[8:]) && !ours(b[24:]) {
		return bad
	}
	if b[6] == 59 { // a bubble: nothing but the header
		return d.other()
	}
	return d.ipv6(b, p, depth)
}

// l2tp opens a data message of L2TP version 2 (RFC 2661). Control messages stay
// datagrams.
func (d *Decoder) l2tp(b []byte, p *Packet, depth int) verdict {
	flags := be16(b)
	if flags == 3 && be16(b[2:]) == 0 { // version 3 (RFC 3931 §4.1.2)
		if v := d.pseudowire(b, 8, p, depth); v == got {
			return v
		}
		return bad
	}
	if flags&0x8000 != 0 || flags&0x34ff != 2 {
		return bad
	}
	n := 6
	if flags&0x4000 != 0 {
		n += 2
	}
	if flags&0x0800 != 0 {
		n += 4
	}
	if flags&0x0200 != 0 {
		if n+2 > len(b) {
			return bad
		}
		n += 2 + int(be16(b[n:]))
	}
	if n > len(b) {
		return bad
	}
	return d.ppp(b[n:], p, depth)
}

// tzsp opens the TaZmen Sniffer Protocol: tags, then a frame.
func (d *Decoder) tzsp(b []byte, p *Packet, depth int) verdict {
	if b[0] != 1 || b[1] > 1 {
		return bad
	}
	proto := be16(b[2:])
	for b = b[4:]; ; {
		if len(b) < 2 {
			return bad
		}
		if b[0] == 1 { // the last tag
			b = b[1:]
			break
		}
		n := 1 // padding
		if b[0] != 0 {
			n = 2 + int(b[1])
		}
		b = b[min(n, len(b)):]
	}
	switch proto {
	case 1:
		return d.ethernet(b, p, depth)
	case 18:
		return d.wifi(b, false, p, depth)
	}
	return bad
}

// capwap opens CAPWAP's data channel (RFC 5415) when it is in the clear.
func (d *Decoder) capwap(b []byte, p *Packet, depth int) verdict {
	n := int(b[1]>>3) * 4
	if b[0] != 0 || n < 8 || n > len(b) || b[3]&0x88 != 0 { // DTLS, a fragment, a keepalive
		return bad
	}
	if b[2]&1 != 0 {
		return d.wifi(b[n:], false, p, depth)
	}
	return d.ethernet(b[n:], p, depth)
}
