package capture

// What says what a Packet is.
type What uint8

// The things a decoder hands on.
const (
	Segment     What = iota + 1 // TCP
	Datagram                    // UDP
	SCTPPacket                  // SCTP: its first chunk's type, and the first DATA chunk's bytes
	Unreachable                 // ICMP port unreachable; the fields are those of the quoted packet
	Neighbour                   // ARP or NDP: Src has the hardware address MAC
	Said                        // a device's or a router's word about itself, below the transport: Chunk says in which protocol
)

// The protocols of a Said that have no number among those of IP. The numbers are
// reserved there.
const (
	sayDCP  = 0xfd // PROFINET's
	sayLLDP = 0xfe
	sayCDP  = 0xff
)

// The flags of a TCP segment (RFC 9293, section 3.1).
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
)

// Packet is the innermost transport packet of a Frame, after every
// decapsulation. One Packet is filled again and again by one goroutine.
//
// Payload and Options lie in Buf's memory, or, for a packet joined from
// fragments, in memory of their own; then Buf is nil.
type Packet struct {
	Time    int64  // nanoseconds since the Unix epoch, of the (last) frame
	Payload []byte // what the transport carries, as far as it was captured; no padding of the link
	Options []byte // TCP: the option bytes of the header
	Head    []byte // all that was captured from the innermost IP header on; nil if it was joined from fragments
	WireLen int    // length of the payload on the wire; more than len(Payload) if the capture cut it
	Buf     *Buffer

	// Src and Dst are IPv6 addresses, or IPv4 addresses mapped into IPv6.
	Src, Dst         [16]byte
	SrcPort, DstPort uint16

	VLAN uint16 // identifier of the innermost 802.1Q tag; 0 if there is none in the innermost network
	VNI  uint32 // VXLAN, GENEVE or NVGRE network identifier; 0 if none

	Seq, Ack uint32 // TCP; for SCTP, Seq is the TSN of the DATA chunk, and Ack its payload protocol identifier
	Window   uint16 // TCP, unscaled
	Flags    uint8  // TCP: FIN, SYN …
	Chunk    uint8  // SCTP: type of the first chunk (1 INIT, 2 INIT ACK, 6 ABORT …); Said: the IP protocol; Neighbour: 134 from a router

	What   What
	Proto  Proto
	TTL    uint8 // or hop limit, of the innermost IP header
	V6     bool
	Joined bool    // from fragments
	HasMAC bool    // MAC is set
	MAC    [6]byte // source address of the innermost Ethernet header; for a Neighbour, the address told
}
