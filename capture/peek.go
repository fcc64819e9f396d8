package capture

import (
	"encoding/binary"

	"earshot/matcher/request"
)

// peek reads the headers that nearly all frames have (Ethernet, at most one
// VLAN tag, IPv4 or IPv6, TCP or UDP, nothing cut, no fragment, no tunnel) at
// fixed places, and says whether it could. What is anything else is left to the
// Decoder, which must say the same of what peek reads.
func (p *unit) peek(f *Frame) bool {
	b := f.Data
	if f.Link != 1 || len(b) < 14+20+8 {
		return false
	}
	var vlan uint16
	off, ip := 14, 14
	kind := binary.BigEndian.Uint16(b[12:])
	if kind == etherVLAN {
		vlan = binary.BigEndian.Uint16(b[14:]) & 0xfff
		kind = binary.BigEndian.Uint16(b[16:])
		off, ip = 18, 18
		if len(b) < 18+20+8 {
			return false
		}
	}
	var proto uint8
	var rest int // bytes behind the IP header, on the wire
	switch kind {
	case etherIPv4:
		if b[off] != 0x45 || binary.BigEndian.Uint16(b[off+6:])&0x3fff != 0 {
			return false
		}
		total := int(binary.BigEndian.Uint16(b[off+2:]))
		rest = total - 20
		proto = b[off+9]
		p.v6 = false
		p.addr[0] = [2]uint64{0, uint64(binary.BigEndian.Uint32(b[off+12:]))}
		p.addr[1] = [2]uint64{0, uint64(binary.BigEndian.Uint32(b[off+16:]))}
		off += 20
	case etherIPv6:
		if b[off]>>4 != 6 || len(b) < off+40+8 {
			return false
		}
		rest = int(binary.BigEndian.Uint16(b[off+4:]))
		proto = b[off+6]
		p.v6 = true
		p.addr[0] = [2]uint64{binary.BigEndian.Uint64(b[off+8:]), binary.BigEndian.Uint64(b[off+16:])}
		p.addr[1] = [2]uint64{binary.BigEndian.Uint64(b[off+24:]), binary.BigEndian.Uint64(b[off+32:])}
		off += 40
	default:
		return false
	}
	if rest < 8 {
		return false
	}
	t := b[off:]
	if len(t) > rest {
		t = t[:rest] // the link's padding
	}
	switch proto {
	case 6:
		if len(t) < 20 {
			return false
		}
		head := int(t[12]>>4) * 4
		if head < 20 || head > len(t) {
			return false
		}
		p.what, p.proto = Segment, request.TCP
		p.flags = t[13]
		p.seq, p.ack = binary.BigEndian.Uint32(t[4:]), binary.BigEndian.Uint32(t[8:])
		p.payload, p.wire, p.skip = t[head:], rest-head, 0
		if p.flags&SYN != 0 {
			p.payload, p.skip = b[ip:off+len(t)], uint8(off-ip+head)
		}
	case 17:
		if int(binary.BigEndian.Uint16(t[4:])) != rest {
			return false
		}
		p.what, p.proto = Datagram, request.UDP
		p.flags, p.skip = 0, 0
		p.payload, p.wire = t[8:], rest-8
	default:
		return false
	}
	src, dst := binary.BigEndian.Uint16(t), binary.BigEndian.Uint16(t[2:])
	if proto == 17 && tunnelOf(src, dst) != noTunnel {
		return false
	}
	p.port = [2]uint16{src, dst}
	p.vlan, p.vni = vlan, 0
	p.time, p.buf = f.Time, f.Buf
	p.from = p.normalise()
	return true
}
