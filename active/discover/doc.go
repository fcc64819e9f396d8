// Package discover finds which ports of which hosts answer.
//
//	words ── Targets (what may be asked: the scope) ──┐
//	-p …  ── Ports   (what of it, in which order)  ───┴► Run ─► HostState, PortState
//
// Run asks through the least that is enough: raw frames where the process may send
// them (SYN, ARP, neighbour discovery, ICMP), the kernel's own sockets everywhere
// else (connect, UDP). One engine paces both (engine.go): a round-trip estimate, a
// congestion window, bounded retries, an adaptive delay for each host, and how many
// ICMP messages it sends (limits.go).
//
// Nothing outside the Targets is sent a packet, whatever a packet or a name server
// says. What the local link needs to carry a frame is the only exception: an ARP
// request or a neighbour solicitation for the gateway.
package discover
