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
package capture
