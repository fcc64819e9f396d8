package capture

import (
	"encoding/binary"

	"earshot/matcher/request"
)

// MaxDepth is how many headers that carry another network packet (tunnels,
// stacks of tags, quoted packets) are opened in one frame.
const MaxDepth = 8

// DecodeStats counts what a Decoder saw, by reason. All fields count frames,
// unless they say otherwise.
type DecodeStats struct {
	Frames      uint64 // given to Decode
	Bytes       uint64 // captured bytes of them
	Packets     uint64 // handed on
	UnknownLink uint64 // of a link type nothing here knows
	UnknownType uint32 // not a count: the first such LINKTYPE_
	NotIP       uint64 // whole, but neither IP nor ARP: spanning tree, management frames
	Other       uint64 // IP with a transport or message that shows no service: IGMP, echo
	Encrypted   uint64 // 802.11 protected, ESP, PPP with MPPE, MACsec
	Short       uint64 // cut before the transport header's end
	Malformed   uint64 // headers that contradict themselves
	TooDeep     uint64 // more than MaxDepth headers inside each other
	Fragments   uint64 // IP fragments
	Joined      uint64 // datagrams joined from fragments
	Lost        uint64 // fragmented datagrams given up: too old, too many, too large
	Overlaps    uint64 // fragments that overlapped another
	Again       uint64 // fragments that came again after they had completed a datagram
}

// Decoder turns frames into packets. It belongs to one goroutine, and its zero
// value is ready. Checksums are not looked at: captures made on a host see sums
// that the network card has not filled in yet.
type Decoder struct {
	Stats   DecodeStats
	missing int // bytes of the current frame that were not captured
	frags   fragments
	alone   bool // fragments are not joined
}

// verdict is what became of a header and all that is inside it.
type verdict uint8

const (
	bad   verdict = iota // broken, or not what it was taken for; counted
	quiet                // IP, but nothing for a flow; counted
	got                  // the Packet is filled
)

// EtherTypes (IANA, IEEE 802 Numbers).
const (
	etherIPv4  = 0x0800
	etherARP   = 0x0806
	etherIPv6  = 0x86dd
	etherVLAN  = 0x8100
	etherQinQ  = 0x88a8
	etherQinQ2 = 0x9100
	etherQinQ3 = 0x9200
)

// Decode opens f and fills p with the innermost packet. It returns false if
// there is none to hand on; the counters say why. It does not allocate, except
// for the memory of fragments.
func (d *Decoder) Decode(f *Frame, p *Packet) bool {
	d.Stats.Frames++
	d.Stats.Bytes += uint64(len(f.Data))
	d.missing = f.OrigLen - len(f.Data)
	*p = Packet{Time: f.Time, Buf: f.Buf}
	if d.link(f.Link, f.Data, p, 0) != got {
		return false
	}
	d.Stats.Packets++
	return true
}

func be16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

func (d *Decoder) short() verdict     { d.Stats.Short++; return bad }
func (d *Decoder) malformed() verdict { d.Stats.Malformed++; return bad }
func (d *Decoder) notIP() verdict     { d.Stats.NotIP++; return bad }
func (d *Decoder) other() verdict     { d.Stats.Other++; return quiet }
func (d *Decoder) encrypted() verdict { d.Stats.Encrypted++; return quiet }
func (d *Decoder) tooDeep() verdict   { d.Stats.TooDeep++; return quiet }

// ethernet opens an Ethernet II or 802.3 frame.
func (d *Decoder) ethernet(b []byte, p *Packet, depth int) verdict {
	if len(b) < 14 {
		return d.short()
	}
	if b[0]&0xfd == 1 && isl(b) {
		b = b[islHead:]
	}
	p.MAC, p.HasMAC = [6]byte(b[6:12]), true
	return d.ether(be16(b[12:]), b[14:], p, depth)
}

// ether opens what stands behind an EtherType.
func (d *Decoder) ether(t uint16, b []byte, p *Packet, depth int) verdict {
	for range MaxDepth {
		switch t {
		case etherIPv4:
			return d.ipv4(b, p, depth)
		case etherIPv6:
			return d.ipv6(b, p, depth)
		case etherVLAN, etherQinQ, etherQinQ2, etherQinQ3:
			if len(b) < 4 {
				return d.short()
			}
			p.VLAN = be16(b) & 0xfff
			t, b = be16(b[2:]), b[4:]
		case etherARP:
			return d.arp(b, p)
		default:
			if t <= 1500 {
				return d.llc(b[:min(int(t), len(b))], p, depth)
			}
			return d.etherTunnel(t, b, p, depth)
		}
	}
	return d.tooDeep()
}

// llc opens an IEEE 802.2 header, with the SNAP extension that IP has.
func (d *Decoder) llc(b []byte, p *Packet, depth int) verdict {
	if len(b) < 8 {
		return d.notIP()
	}
	switch {
	case b[0] == 6 && b[1] == 6 && b[2] == 3:
		return d.ipv4(b[3:], p, depth)
	case b[0]&0xfe != 0xaa || b[1]&0xfe != 0xaa || b[2] != 3:
		return d.notIP()
	}
	oui, t := be32(b[2:])&0xffffff, be16(b[6:])
	switch {
	case oui == 0 && t > 1500, oui == 0xf8 && t > 1500:
		if depth >= MaxDepth {
			return d.tooDeep()
		}
		return d.ether(t, b[8:], p, depth+1)
	case oui == 0x00000c && t == 0x2000:
		return p.said(sayCDP, b[8:])
	case oui == 0x0080c2 && (t == 7 || t == 1) && len(b) > 10: // RFC 2684: bridged Ethernet
		if depth >= MaxDepth {
			return d.tooDeep()
		}
		return d.ethernet(b[10:], p, depth+1)
	}
	return d.notIP()
}

// rawIP opens what must be IPv4 or IPv6.
func (d *Decoder) rawIP(b []byte, p *Packet, depth int) verdict {
	if len(b) == 0 {
		return d.short()
	}
	switch b[0] >> 4 {
	case 4:
		return d.ipv4(b, p, depth)
	case 6:
		return d.ipv6(b, p, depth)
	}
	return d.notIP()
}

// ipv4 opens an IPv4 header (RFC 791).
func (d *Decoder) ipv4(b []byte, p *Packet, depth int) verdict {
	if len(b) < 20 {
		return d.short()
	}
	head, total := int(b[0]&15)*4, int(be16(b[2:]))
	if total == 0 { // segmentation is left to the network card
		total = len(b) + d.missing
	}
	if b[0]>>4 != 4 || head < 20 || total < head {
		return d.malformed()
	}
	if len(b) < head {
		return d.short()
	}
	p.V6, p.TTL = false, b[8]
	p.Src = [16]byte{10: 0xff, 11: 0xff, 12: b[12], 13: b[13], 14: b[14], 15: b[15]}
	p.Dst = [16]byte{10: 0xff, 11: 0xff, 12: b[16], 13: b[17], 14: b[18], 15: b[19]}
	inner := b[head:min(total, len(b))]
	if frag := be16(b[6:]); frag&0x3fff != 0 {
		p.Head = nil
		return d.fragment(piece{
			id: uint32(be16(b[4:])), proto: b[9], offset: int(frag&0x1fff) * 8, more: frag&0x2000 != 0,
			data: inner, wire: total - head,
		}, p, depth)
	}
	p.Head = b[:head+len(inner)]
	return d.transport(b[9], inner, total-head, p, depth)
}

// ipv6 opens an IPv6 header (RFC 8200).
func (d *Decoder) ipv6(b []byte, p *Packet, depth int) verdict {
	if len(b) < 40 {
		return d.short()
	}
	if b[0]>>4 != 6 {
		return d.malformed()
	}
	total := int(be16(b[4:]))
	if total == 0 { // a jumbogram, or segmentation is left to the network card
		total = len(b) - 40 + d.missing
	}
	p.V6, p.TTL = true, b[7]
	p.Src, p.Dst = [16]byte(b[8:24]), [16]byte(b[24:40])
	p.Head = b[:min(40+total, len(b))]
	return d.transport(b[6], p.Head[40:], total, p, depth)
}

// maxExtensions is how many extension headers of one IP packet are passed.
const maxExtensions = 16

// transport opens what stands behind an IP protocol number; b is what was
// captured of the wire bytes that the IP header told of.
func (d *Decoder) transport(proto uint8, b []byte, wire int, p *Packet, depth int) verdict {
	for range maxExtensions {
		var n int // of an extension header
		switch proto {
		case 6:
			return d.tcp(b, wire, p)
		case 17:
			return d.udp(b, wire, p, depth)
		case 1:
			return d.icmp(b, p)
		case 58:
			return d.icmp6(b, p)
		case 132:
			return d.sctp(b, wire, p)
		case 0, 43, 60, 135, 139, 140: // IPv6: hop-by-hop, routing, destination, mobility, HIP, SHIM6
			if !p.V6 {
				return d.other()
			}
			if len(b) < 8 {
				return d.short()
			}
			n = 8 + int(b[1])*8
		case 44:
			if !p.V6 {
				return d.other()
			}
			if len(b) < 8 {
				return d.short()
			}
			if frag := be16(b[2:]); frag&0xfff9 != 0 {
				p.Head = nil
				return d.fragment(piece{
					id: be32(b[4:]), proto: b[0], offset: int(frag &^ 7), more: frag&1 != 0,
					data: b[8:], wire: wire - 8,
				}, p, depth)
			}
			n = 8 // a fragment that is the whole
		case 51: // authentication header
			if len(b) < 8 {
				return d.short()
			}
			n = 8 + int(b[1])*4
		case 50:
			return d.esp(b, p, depth)
		default:
			return d.ipTunnel(proto, b, p, depth)
		}
		if n > wire {
			return d.malformed()
		}
		if n > len(b) {
			return d.short()
		}
		proto, b, wire = b[0], b[n:], wire-n
	}
	return d.tooDeep()
}

// tcp opens a TCP header (RFC 9293).
func (d *Decoder) tcp(b []byte, wire int, p *Packet) verdict {
	if len(b) < 20 {
		return d.short()
	}
	head := int(b[12]>>4) * 4
	if head < 20 || head > wire {
		return d.malformed()
	}
	p.What, p.Proto = Segment, request.TCP
	p.SrcPort, p.DstPort = be16(b), be16(b[2:])
	p.Seq, p.Ack = be32(b[4:]), be32(b[8:])
	p.Flags, p.Window = b[13], be16(b[14:])
	p.WireLen = wire - head
	if head > len(b) {
		p.Options, p.Payload = b[20:], nil
		return got
	}
	p.Options, p.Payload = b[20:head], b[head:]
	return got
}

// udp opens a UDP header (RFC 768), and the tunnel that its port stands for if
// the bytes agree.
func (d *Decoder) udp(b []byte, wire int, p *Packet, depth int) verdict {
	if len(b) < 8 {
		return d.short()
	}
	n := int(be16(b[4:]))
	if n == 0 { // a jumbogram, or segmentation is left to the network card
		n = wire
	}
	if n < 8 {
		return d.malformed()
	}
	n = min(n, wire)
	p.What, p.Proto = Datagram, request.UDP
	p.SrcPort, p.DstPort = be16(b), be16(b[2:])
	p.WireLen = n - 8
	p.Payload = b[8:min(n, len(b))]
	if t := tunnelOf(p.SrcPort, p.DstPort); t != noTunnel {
		return d.udpTunnel(t, p, depth)
	}
	return got
}
