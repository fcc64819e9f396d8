package discover

import (
	"net/netip"
	"time"

	"earshot/matcher/request"
)

// State is what a port was found to be.
type State uint8

// The states of a port. The zero State is a port nothing is known of.
const (
	Open State = iota + 1
	Closed
	Filtered
	Unfiltered
	OpenFiltered
)

// String returns nmap's word, or "unknown".
func (s State) String() string {
	switch s {
	case Open:
		return "open"
	case Closed:
		return "closed"
	case Filtered:
		return "filtered"
	case Unfiltered:
		return "unfiltered"
	case OpenFiltered:
		return "open|filtered"
	}
	return "unknown"
}

// PortState is what was learned of one port.
type PortState struct {
	Addr   netip.AddrPort
	Proto  request.Proto
	State  State
	Reason string        // nmap's word: syn-ack, conn-refused, reset, no-response, port-unreach, …
	TTL    uint8         // of the packet that decided it; 0: not known
	RTT    time.Duration // of the question that was answered; 0: not known
	Tries  int           // questions it took
	Asked  []byte        // UDP, open: the payload sent last before the answer
	Answer []byte        // UDP, open: the first datagram that came back, at most 4 KiB
	At     time.Time     // when it was known
}

// HostState is what was learned of one address.
type HostState struct {
	Addr   netip.Addr
	Name   string // as the user gave it, if by name
	Up     bool
	Reason string  // arp-response, echo-reply, syn-ack, reset, conn-refused, user-set, localhost-response, no-response, …
	TTL    uint8   // of the packet that decided it; 0: not known
	MAC    [6]byte // on the local link; zero if not known
	RTT    time.Duration
}

// Sent is one thing sent, for the ledger: a connection or a datagram socket when it is over,
// a frame when it went, or an answer to a frame (Sent being what the kernel said to it).
type Sent struct {
	At    time.Time
	Addr  netip.Addr    // whom it is for; for link-layer requests, whose hardware address is asked
	Port  uint16        // 0 with ICMP and link-layer requests
	Proto request.Proto // zero with ICMP and link-layer requests
	Why   string        // "syn", "connect", "udp", "echo", "ack", "arp", "nd"
	Data  int           // bytes of payload
	Frame []byte        // as it went on the wire; nil if the kernel made it

	Closing        // what it cost, in packets both ways
	Outcome string // nmap's word; "" if that is told later, in a Sent of its own
}
