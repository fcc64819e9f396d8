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
	NotIP       uint64 // whole, but neither IP nor ARP: spanning tree, LLDP, management frames
	Other       uint64 // IP with a transport or message that shows no service: IGMP, OSPF, echo
	Encrypted   uint64 // 802.11 protected, ESP, PPP with MPPE, MACsec
	Short       uint64 // cut before the transport header's end
	Malformed   uint64 // headers that contradict themselves
	TooDeep     uint64 // more than MaxDepth headers inside each other
	Fragments   uint64 // IP fragments
	Joined      uint64 // datagrams joined from fragments
	Lost        uint64 // fragmented datagrams given up: too old, too many, too large
	Overlaps    uint64 // fragments that overlapped another
}

// Decoder turns frames into packets. It belongs to one goroutine, and its zero
// value is ready. Checksums are not looked at: captures made on a host see sums
// that the network card has not filled in yet.
type Decoder struct {
	Stats   DecodeStats
	missing int   // bytes of the current frame that were not captured
	time    int64 // of the current frame
}

// verdict is what became of a header and all that is inside it.
type verdict uint8

const (
	bad   verdict = iota // not what it was taken for, or broken; counted
	quiet                // sound, but nothing for a flow; counted
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
	d.time = f.Time
	*p = Packet{Time: f.Time, Buf: f.Buf}
	if d.link(f.Link, f.Data, p) != got {
		return false
	}
	d.Stats.Packets++
	return true
}

func (d *Decoder) link(link uint32, b []byte, p *Packet) verdict {
	switch link {
	case 1:
		return d.ethernet(b, p, 0)
	}
	d.Stats.UnknownLink++
	return bad
}

func be16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

func (d *Decoder) short() verdict     { d.Stats.Short++; return bad }
func (d *Decoder) malformed() verdict { d.Stats.Malformed++; return bad }

// ethernet opens an Ethernet II or 802.3 frame.
func (d *Decoder) ethernet(b []byte, p *Packet, depth int) verdict {
	if len(b) < 14 {
		return d.short()
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
		default:
			d.Stats.NotIP++
			return quiet
		}
	}
	d.Stats.TooDeep++
	return quiet
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
	return d.transport(b[9], b[head:min(total, len(b))], total-head, p, depth)
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
	return d.transport(b[6], b[40:min(40+total, len(b))], total, p, depth)
}

// transport opens what stands behind an IP protocol number; b is what was
// captured of the wire bytes that the IP header told of.
func (d *Decoder) transport(proto uint8, b []byte, wire int, p *Packet, depth int) verdict {
	switch proto {
	case 6:
		return d.tcp(b, wire, p)
	case 17:
		return d.udp(b, wire, p, depth)
	}
	d.Stats.Other++
	return quiet
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

// udp opens a UDP header (RFC 768).
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
	return got
}
