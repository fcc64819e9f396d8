package capture

import "earshot/matcher/request"

// arp opens an ARP packet for IPv4 over Ethernet (RFC 826): the sender tells its
// own addresses.
func (d *Decoder) arp(b []byte, p *Packet) verdict {
	if len(b) < 28 {
		return d.short()
	}
	if be16(b[2:]) != etherIPv4 || b[4] != 6 || b[5] != 4 {
		return d.notIP()
	}
	if be32(b[14:]) == 0 { // a probe: nobody has the address yet
		return d.other()
	}
	p.V6 = false
	p.Src = [16]byte{10: 0xff, 11: 0xff, 12: b[14], 13: b[15], 14: b[16], 15: b[17]}
	p.Dst = [16]byte{10: 0xff, 11: 0xff, 12: b[24], 13: b[25], 14: b[26], 15: b[27]}
	return p.neighbour(b[8:14])
}

func (p *Packet) neighbour(mac []byte) verdict {
	p.What, p.MAC, p.HasMAC = Neighbour, [6]byte(mac), true
	p.Proto, p.SrcPort, p.DstPort, p.Payload, p.WireLen = 0, 0, 0, nil, 0
	return got
}

// said hands on what a device says of itself. Below IP its address is in the message;
// the hardware address stands for it until then.
func (p *Packet) said(proto uint8, b []byte) verdict {
	if proto >= sayDCP {
		p.V6, p.Src, p.Dst = false, [16]byte{10: 0xff, 11: 0xff, 12: p.MAC[2], 13: p.MAC[3], 14: p.MAC[4], 15: p.MAC[5]}, [16]byte{10: 0xff, 11: 0xff}
	}
	p.What, p.Chunk, p.Payload, p.WireLen = Said, proto, b, len(b)
	p.Proto, p.SrcPort, p.DstPort = 0, 0, 0
	return got
}

// icmp opens ICMP (RFC 792): port unreachable, from the host whose port it is.
// A router in between says nothing about the port.
func (d *Decoder) icmp(b []byte, p *Packet) verdict {
	if len(b) < 8 {
		return d.short()
	}
	if b[0] != 3 || b[1] != 3 || p.V6 {
		return d.other()
	}
	q := b[8:]
	if len(q) < 20 {
		return d.short()
	}
	head := int(q[0]&15) * 4
	if q[0]>>4 != 4 || head < 20 {
		return d.malformed()
	}
	if be16(q[6:])&0x1fff != 0 || [4]byte(q[16:20]) != [4]byte(p.Src[12:]) {
		return d.other()
	}
	if len(q) < head+4 {
		return d.short()
	}
	p.Dst = p.Src
	p.Src = [16]byte{10: 0xff, 11: 0xff, 12: q[12], 13: q[13], 14: q[14], 15: q[15]}
	return d.unreachable(q[9], q[head:], p)
}

// icmp6 opens ICMPv6: port unreachable (RFC 4443), and what neighbours and
// routers tell of their hardware addresses (RFC 4861).
func (d *Decoder) icmp6(b []byte, p *Packet) verdict {
	if len(b) < 8 {
		return d.short()
	}
	if !p.V6 {
		return d.other()
	}
	options, want := 0, byte(1) // source link-layer address
	switch b[0] {
	case 1:
		return d.unreachable6(b[1], b[8:], p)
	case 134:
		options = 16
		if len(b) >= 16 && be16(b[6:]) != 0 { // not one that is about to stop
			p.Chunk = 134
		}
	case 135:
		options = 24
	case 136:
		options, want = 24, 2 // target link-layer address
		if len(b) >= 24 {
			p.Src = [16]byte(b[8:24])
		}
	default:
		return d.other()
	}
	if p.Src == [16]byte{} || options > len(b) {
		return d.other()
	}
	for o := b[options:]; len(o) >= 8 && o[1] != 0; o = o[min(len(o), int(o[1])*8):] {
		if o[0] == want && o[1] == 1 {
			return p.neighbour(o[2:8])
		}
	}
	if p.Chunk == 134 {
		var none [6]byte
		return p.neighbour(none[:]) // a router that does not tell its hardware address
	}
	return d.other()
}

// unreachable6 opens the packet quoted in a message of ICMPv6's type 1.
func (d *Decoder) unreachable6(code byte, q []byte, p *Packet) verdict {
	if code != 4 { // the port
		return d.other()
	}
	if len(q) < 44 {
		return d.short()
	}
	if q[0]>>4 != 6 {
		return d.malformed()
	}
	if [16]byte(q[24:40]) != p.Src {
		return d.other()
	}
	p.Src, p.Dst = [16]byte(q[8:24]), p.Src
	return d.unreachable(q[6], q[40:], p)
}

// unreachable fills in the ports of a quoted packet; the addresses are there.
func (d *Decoder) unreachable(proto uint8, b []byte, p *Packet) verdict {
	switch proto {
	case 6:
		p.Proto = request.TCP
	case 17:
		p.Proto = request.UDP
	case 132:
		p.Proto = request.SCTP
	default:
		return d.other()
	}
	p.What = Unreachable
	p.SrcPort, p.DstPort = be16(b), be16(b[2:])
	p.Payload, p.WireLen = nil, 0
	return got
}

// sctp opens an SCTP packet (RFC 9260): the first chunk's type, and the bytes of
// the first DATA chunk.
func (d *Decoder) sctp(b []byte, wire int, p *Packet) verdict {
	if len(b) < 16 {
		return d.short()
	}
	p.What, p.Proto = SCTPPacket, request.SCTP
	p.SrcPort, p.DstPort = be16(b), be16(b[2:])
	p.Chunk = b[12]
	p.Payload, p.WireLen, p.Ack = nil, 0, 0
	left := wire - 12
	b = b[12:]
	for range 4 * maxExtensions {
		if len(b) < 4 || left < 4 {
			break
		}
		n := min(int(be16(b[2:])), left)
		if n < 4 {
			break
		}
		head := 0
		switch b[0] {
		case 0:
			head = 16
		case 64: // I-DATA (RFC 8260)
			head = 20
		}
		if head != 0 && n >= head && len(b) >= head {
			p.Seq, p.Ack = be32(b[4:]), be32(b[head-4:])
			p.WireLen = n - head
			p.Payload = b[head:min(n, len(b))]
			break
		}
		n = (n + 3) &^ 3
		b, left = b[min(n, len(b)):], left-n
	}
	return got
}
