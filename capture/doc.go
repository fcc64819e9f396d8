// Package capture turns frames into banners, hints and sightings.
//
//	source → decode → defrag → flow → stream / datagram → Sink
//
// It never sends a packet and knows no product.
//
// # Input
//
// Files reads pcap (both byte orders, micro- and nanoseconds, Kuznetzov's
// modification) and pcapng (sections, interfaces, all packet blocks), as they
// are or packed by gzip, zstd or bzip2, from files, directories and standard
// input, merged by time. Both readers are ours, because no length in a file is
// believed before it is checked. What stands before a damage is read, and tcpdump
// reads no more of it.
//
// Decoder opens the link layers listed in link.go and, up to MaxDepth headers
// inside each other: 802.1Q, QinQ, 802.1ad, 802.1ah, MPLS and its pseudo-wires,
// PPPoE, MACsec without encryption, VN-tag, TRILL, FabricPath, NSH, GRE, NVGRE,
// PPTP, ERSPAN I to III, IP in IP, 6in4, EtherIP, and over UDP VXLAN,
// VXLAN-GPE, GENEVE, GTP-U, Teredo, L2TP, LISP, MPLS, GRE, TZSP and CAPWAP.
// A packet's VLAN is that of the innermost network: a tunnel's own tag does not
// count inside it. Checksums are not looked at.
//
// # Flows
//
// Run puts frames in the order of time within 256 frames, reads addresses and
// ports (peek.go; the Decoder where that is not enough), and gives every packet
// to one of 64 shards, by its lower port and that port's address: most often the
// server, so all connections to a server are in one shard. A shard has its own
// flow table, buffers, limits and Sink, and sees only its own packets and the
// ticks of packet time. Workers own shards; so what is heard does not depend on
// their number.
//
// A flow is a slot of 44 bytes (table.go). What is not decided yet has a conn
// beside it (stream.go, heads.go) with at most Depth bytes of each side. A TCP
// connection is put in order by sequence numbers, and its two sides against each
// other by acknowledgements, then cut into turns: what the originator said, and
// what the responder answered. A turn is delivered when the originator speaks
// again, when Depth is reached, and at an end, a reset, or a silence. When the
// Sink has heard Enough, or after MaxTurns, the memory is given back and the slot
// stays as a tombstone, so that a late packet begins nothing.
//
// Who serves is decided in role.go. An endpoint whose banners taught enough is
// only counted from then on, but for samples (endpoint.go).
//
// Packet time rules: nothing here looks at a clock.
package capture
