package capture

import "net/netip"

// SrcAddr returns the address of the sender. For an Unreachable, it is the
// sender of the quoted packet: the one who was told.
func (p *Packet) SrcAddr() netip.Addr { return p.addr(&p.Src) }

// DstAddr returns the address of the receiver.
func (p *Packet) DstAddr() netip.Addr { return p.addr(&p.Dst) }

// SrcAddrPort returns the sender's address and port.
func (p *Packet) SrcAddrPort() netip.AddrPort { return netip.AddrPortFrom(p.SrcAddr(), p.SrcPort) }

// DstAddrPort returns the receiver's address and port.
func (p *Packet) DstAddrPort() netip.AddrPort { return netip.AddrPortFrom(p.DstAddr(), p.DstPort) }

// Truncated says that the capture has less of the payload than the wire had.
func (p *Packet) Truncated() bool { return len(p.Payload) < p.WireLen }

func (p *Packet) addr(a *[16]byte) netip.Addr {
	if p.V6 {
		return netip.AddrFrom16(*a)
	}
	return netip.AddrFrom4([4]byte(a[12:]))
}
