package capture

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"earshot/matcher/request"
)

// hx turns annotated hexadecimal into bytes: blanks do not count, and what
// stands between ( and ) is a remark.
func hx(s string) []byte {
	var b strings.Builder
	remark := false
	for _, c := range s {
		switch {
		case c == '(':
			remark = true
		case c == ')':
			remark = false
		case !remark && c != ' ' && c != '\n' && c != '\t':
			b.WriteRune(c)
		}
	}
	out, err := hex.DecodeString(b.String())
	if err != nil {
		panic(s)
	}
	return out
}

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// hello4 is TCP 192.0.2.1:40000 to 192.0.2.7:22 with the payload "hello".
func hello4() []byte { return tcpFrame()[14 : 14+45] }

// hello6 is the same between 2001:db8::1 and 2001:db8::7.
func hello6() []byte {
	return cat(hx(`(version 6) 60000000 (length 25) 0019 (TCP) 06 (hop limit) 40
		20010db8 00000000 00000000 00000001
		20010db8 00000000 00000000 00000007`), hello4()[20:])
}

func ip4(proto byte, body []byte) []byte {
	b := hx("45 00 0000 0001 0000 40 00 0000 c6336401 c6336402")
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(body)))
	b[9] = proto
	return append(b, body...)
}

func ip6(proto byte, body []byte) []byte {
	b := hx("60000000 0000 00 40 20010db8 00010000 00000000 00000001 20010db8 00010000 00000000 00000002")
	binary.BigEndian.PutUint16(b[4:], uint16(len(body)))
	b[6] = proto
	return append(b, body...)
}

// summed is the IPv4 packet b with the sum of its header.
func summed(b []byte) []byte {
	b = bytes.Clone(b)
	sum := uint32(0)
	for i := 0; i < 20; i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	sum = sum>>16 + sum&0xffff
	b[10], b[11] = ^byte(sum>>8), ^byte(sum)
	return b
}

func udp(src, dst uint16, body []byte) []byte {
	be := binary.BigEndian
	b := be.AppendUint16(nil, src)
	b = be.AppendUint16(b, dst)
	b = be.AppendUint16(b, uint16(8+len(body)))
	return append(be.AppendUint16(b, 0), body...)
}

func eth(t uint16, body []byte) []byte {
	b := hx("020000000007 020000000001 0000")
	binary.BigEndian.PutUint16(b[12:], t)
	return append(b, body...)
}

// sample is a frame that carries hello4 or hello6.
type sample struct {
	name string
	link uint32
	data []byte
	vlan uint16
	vni  uint32
	mac  string // of the innermost Ethernet header, or empty
}

func samples() []sample {
	h, h6 := hello4(), hello6()
	e := eth(0x0800, h)
	const m = "020000000001"
	wifi := hx("(data, from the distribution system) 0802 0000 020000000007 02000000000a 020000000001 0000 (LLC/SNAP) aaaa03 000000 0800")
	tunnel := func(proto byte, head string, body []byte) []byte { return eth(0x0800, ip4(proto, cat(hx(head), body))) }
	over := func(port uint16, head string, body []byte) []byte {
		return eth(0x0800, ip4(17, udp(50000, port, cat(hx(head), body))))
	}
	return []sample{
		// Link layers.
		{"ethernet", 1, e, 0, 0, m},
		{"ethernet with padding", 1, cat(e, make([]byte, 9)), 0, 0, m},
		{"ethernet, 802.3 with SNAP", 1, eth(53, cat(hx("aaaa03 000000 0800"), h)), 0, 0, m},
		{"ethernet, 802.3 with IP's own SAP", 1, eth(48, cat(hx("060603"), h)), 0, 0, m},
		{"null, little endian", 0, cat(hx("02000000"), h), 0, 0, ""},
		{"null, big endian", 0, cat(hx("00000002"), h), 0, 0, ""},
		{"null, IPv6 of Darwin", 0, cat(hx("1e000000"), h6), 0, 0, ""},
		{"null, IPv6 of FreeBSD, big endian", 0, cat(hx("0000001c"), h6), 0, 0, ""},
		{"loop", 108, cat(hx("00000002"), h), 0, 0, ""},
		{"802.11, the first two bytes swapped", 105, cat(hx("0208 0000 020000000007 02000000000a 020000000001 0000 aaaa03 000000 0800"), h), 0, 0, m},
		{"raw, 12", 12, h, 0, 0, ""},
		{"raw, 14", 14, h6, 0, 0, ""},
		{"raw, 101", 101, h6, 0, 0, ""},
		{"raw IPv4", 228, h, 0, 0, ""},
		{"raw IPv6", 229, h6, 0, 0, ""},
		{"cooked", 113, cat(hx("(to us) 0000 (Ethernet) 0001 0006 020000000001 0000 0800"), h), 0, 0, m},
		{"cooked, tagged", 113, cat(hx("0000 0001 0006 020000000001 0000 8100 0005 0800"), h), 5, 0, m},
		{"cooked, 802.2", 113, cat(hx("0000 0001 0006 020000000001 0000 0004 aaaa03 000000 0800"), h), 0, 0, m},
		{"cooked, tun device", 113, cat(hx("0000 fffe 0000 0000000000000000 0000"), h), 0, 0, ""},
		{"cooked 2", 276, cat(hx("86dd 0000 00000002 0001 00 06 020000000001 0000"), h6), 0, 0, m},
		{"802.11", 105, cat(wifi, h), 0, 0, m},
		{"802.11, QoS", 105, cat(hx("8801 0000 02000000000a 020000000001 020000000007 0000 (QoS) 0000 aaaa03 000000 0800"), h), 0, 0, m},
		{"802.11, QoS and HT control", 105, cat(hx("8881 0000 02000000000a 020000000001 020000000007 0000 0000 00000000 aaaa03 000000 0800"), h), 0, 0, m},
		{"802.11, four addresses", 105, cat(hx("0803 0000 02000000000a 02000000000b 020000000007 0000 020000000001 aaaa03 000000 0800"), h), 0, 0, m},
		{"802.11, aggregated", 105, cat(hx("8801 0000 02000000000a 020000000001 020000000007 0000 (A-MSDU) 8000 020000000007 020000000001 0035 aaaa03 000000 0800"), h), 0, 0, m},
		{"radiotap", 127, cat(hx("00 00 0900 (flags) 02000000 10"), wifi, h), 0, 0, m},
		{"radiotap, time, two bitmaps, padded header", 127, cat(hx("00 00 1900 (TSFT, flags, more) 03000080 00000000 (align) 00000000 0102030405060708 20"),
			hx("8801 0000 02000000000a 020000000001 020000000007 0000 0000 (pad) 0000 aaaa03 000000 0800"), h), 0, 0, m},
		{"prism", 119, cat(hx("44000000 10000000 0000000000000000"), wifi, h), 0, 0, m},
		{"AVS", 163, cat(hx("80211001 00000010 0000000000000000"), wifi, h), 0, 0, m},
		{"PPI", 192, cat(hx("00 00 0800 69000000"), wifi, h), 0, 0, m},
		{"PPP", 9, cat(hx("ff03 0021"), h), 0, 0, ""},
		{"PPP, short protocol", 9, cat(hx("21"), h), 0, 0, ""},
		{"PPP in HDLC", 50, cat(hx("ff03 0057"), h6), 0, 0, ""},
		{"Cisco HDLC", 104, cat(hx("0f00 0800"), h), 0, 0, ""},
		{"PPP, pppd's direction", 166, cat(hx("0103 0021"), h), 0, 0, ""},
		{"PPP, multilink", 9, cat(hx("ff03 003d c0000001 0021"), h), 0, 0, ""},
		{"PPPoE as a link", 51, cat(hx("1100 0001 002f 0021"), h), 0, 0, ""},
		{"NFLOG", 239, cat(hx("02 00 0000 (prefix) 0500 0a00 00 000000 (hardware address) 1000 0800 0006 0000 020000000001 0000 (payload) 3100 0900"), h), 0, 0, m},
		{"NFLOG, big endian", 239, cat(hx("0a 00 0000 0045 0009"), h6), 0, 0, ""},
		{"PKTAP", 258, cat(hx("0c000000 01000000 01000000"), e), 0, 0, m},
		{"token ring", 6, cat(hx("1040 020000000007 820000000001 (route) 0230 aaaa03 000000 0800"), h), 0, 0, ""},
		{"FDDI", 10, cat(hx("50 020000000007 020000000001 aaaa03 000000 0800"), h), 0, 0, ""},
		{"ATM", 100, cat(hx("aaaa03 000000 0800"), h), 0, 0, ""},
		{"ATM, bridged", 100, cat(hx("aaaa03 0080c2 0007 0000"), e), 0, 0, m},
		{"SUNATM", 123, cat(hx("02000000 aaaa03 000000 0800"), h), 0, 0, ""},
		{"frame relay", 107, cat(hx("1841 03 cc"), h), 0, 0, ""},
		{"frame relay, SNAP", 107, cat(hx("1841 03 00 80 000000 0800"), h), 0, 0, ""},
		{"ENC", 109, cat(hx("02000000 00000000 00000000"), h), 0, 0, ""},
		{"PFLOG", 117, cat(hx("3d"), make([]byte, 63), h), 0, 0, ""},
		{"IP over IEEE 1394", 138, cat(make([]byte, 16), hx("0800"), h), 0, 0, ""},
		{"DOCSIS", 143, cat(hx("00 00 003d 0000"), e), 0, 0, m},
		{"DOCSIS, extended header", 143, cat(hx("01 04 003d 01020304 0000"), e), 0, 0, m},
		{"JunOS", 178, cat(hx("4d4743 00"), e), 0, 0, m},
		{"JunOS with extensions", 178, cat(hx("4d4743 80 0004 01020304"), e), 0, 0, m},
		{"JunOS without link header", 178, cat(hx("4d4743 02"), h), 0, 0, ""},
		{"ERF", 197, cat(hx("0102030405060708 02 04 0050 0000 003d 0000"), e), 0, 0, m},
		{"ERF with extension headers", 197, cat(hx("0102030405060708 82 04 0060 0000 003d 8102030405060708 0102030405060708 0000"), e), 0, 0, m},
		{"PPP with direction", 204, cat(hx("00 ff03 0021"), h), 0, 0, ""},
		{"Cisco HDLC with direction", 205, cat(hx("01 0f00 0800"), h), 0, 0, ""},
		{"MPLS as a link", 219, cat(hx("00010140"), h), 0, 0, ""},
		{"IPNET", 226, cat(make([]byte, 24), h), 0, 0, ""},
		{"netANALYZER", 240, cat(make([]byte, 4), e), 0, 0, m},
		{"IPoIB", 242, cat(make([]byte, 40), hx("0800 0000"), h), 0, 0, ""},
		{"mPacket", 274, cat(make([]byte, 8), e), 0, 0, m},
		{"ARCNET, old", 129, cat(hx("5083 0000 f0"), h), 0, 0, ""},
		{"ARCNET", 129, cat(hx("5083 0000 d4 00 0001"), h), 0, 0, ""},

		// Tags and EtherTypes.
		{"802.1Q", 1, eth(0x8100, cat(hx("2005 0800"), h)), 5, 0, m},
		{"802.1Q, priority only", 1, eth(0x8100, cat(hx("e000 0800"), h)), 0, 0, m},
		{"QinQ", 1, eth(0x8100, cat(hx("0005 8100 0006 0800"), h)), 6, 0, m},
		{"802.1ad", 1, eth(0x88a8, cat(hx("0005 8100 0fff 86dd"), h6)), 0xfff, 0, m},
		{"QinQ, 9100", 1, eth(0x9100, cat(hx("0005 8100 0006 0800"), h)), 6, 0, m},
		{"802.1Q and 802.3", 1, eth(0x8100, cat(hx("0005 0035 aaaa03 000000 0800"), h)), 5, 0, m},
		{"802.1ah", 1, eth(0x88a8, cat(hx("0005 88e7 00000abc"), tagged(e, 7))), 7, 0, m},
		{"PPPoE", 1, eth(0x8864, cat(hx("1100 0001 002f 0021"), h)), 0, 0, m},
		{"PPPoE in 802.1Q", 1, eth(0x8100, cat(hx("0005 8864 1100 0001 0043 0057"), h6)), 5, 0, m},
		{"MPLS", 1, eth(0x8847, cat(hx("00010040 00011140"), h)), 0, 0, m},
		{"MPLS, IPv6", 1, eth(0x8847, cat(hx("00010140"), h6)), 0, 0, m},
		{"MPLS, pseudo-wire with control word", 1, eth(0x8847, cat(hx("00010140 00000000"), tagged(e, 9))), 9, 0, m},
		{"MPLS, pseudo-wire without", 1, eth(0x8847, cat(hx("00010140"), e)), 0, 0, m},
		{"MPLS, pseudo-wire whose address looks like IPv4", 1, eth(0x8847, cat(hx("00010140 450000000007 020000000001 0800"), h)), 0, 0, m},
		{"VN-tag", 1, eth(0x8926, cat(hx("00010002 0800"), h)), 0, 0, m},
		{"security group tag", 1, eth(0x8909, cat(hx("0101 0001 0004 0800"), h)), 0, 0, m},
		{"MACsec without encryption", 1, eth(0x88e5, cat(hx("20 00 00000001 0200000000010001 0800"), h, make([]byte, 16))), 0, 0, m},
		{"TRILL", 1, eth(0x22f3, cat(hx("0041 0001 0002 00000000"), e)), 0, 0, m},
		{"FabricPath", 1, eth(0x8903, cat(hx("0001"), e)), 0, 0, m},
		{"NSH", 1, eth(0x894f, cat(hx("0fc2 02 01 00000101"), h)), 0, 0, ""},

		// IP in several ways.
		{"IPv4 with options", 1, eth(0x0800, cat(hx("46 00 0031 0001 0000 40 06 0000 c0000201 c0000207 01010101"), h[20:])), 0, 0, m},
		{"IPv4 with length 0", 1, eth(0x0800, cat(hx("45 00 0000 0001 0000 40 06 0000 c0000201 c0000207"), h[20:])), 0, 0, m},
		{"IPv6 with length 0", 1, eth(0x86dd, cat(h6[:4], hx("0000"), h6[6:])), 0, 0, m},
		{"IPv6 with extensions", 1, eth(0x86dd, cat(hx("60000000 0031 00 40"), h6[8:40],
			hx("(hop-by-hop) 3c 00 0104 00000000 (destination) 2c 00 0104 00000000 (fragment that is the whole) 06 00 0000 00000001"), h6[40:])), 0, 0, m},
		{"IPv6 with routing and AH", 1, eth(0x86dd, cat(hx("60000000 0039 2b 40"), h6[8:40],
			hx("(routing) 33 00 0400 00000000 (AH) 06 04 0000 00000001 00000002 000000000000000000000000"), h6[40:])), 0, 0, m},
		{"IPv4 with AH", 1, eth(0x0800, cat(hx("45 00 0045 0001 0000 40 33 0000 c0000201 c0000207"),
			hx("06 04 0000 00000001 00000002 000000000000000000000000"), h[20:])), 0, 0, m},

		// Tunnels over IP.
		{"IP in IP", 1, tunnel(4, "", h), 0, 0, ""},
		{"6in4", 1, tunnel(41, "", h6), 0, 0, ""},
		{"4in6", 1, eth(0x86dd, ip6(4, h)), 0, 0, ""},
		{"6in6", 1, eth(0x86dd, ip6(41, h6)), 0, 0, ""},
		{"L2TPv3", 1, tunnel(115, "00000001", e), 0, 0, m},
		{"L2TPv3 with a cookie and a sublayer", 1, tunnel(115, "00000001 0102030405060708 00000000", tagged(e, 9)), 9, 0, m},
		{"L2TPv3 in UDP", 1, over(1701, "00030000 00000001", e), 0, 0, m},
		{"EoIP", 1, tunnel(47, "2001 6400 003e 0100", e), 0, 0, m},
		{"ESP that encrypts nothing", 1, tunnel(50, "00000100 00000001", cat(summed(h), hx("0102 0204 000000000000000000000000"))), 0, 0, ""},
		{"HSR", 1, eth(0x892f, cat(hx("1042 0001 0800"), h)), 0, 0, m},
		{"ISL", 1, cat(hx("01000c000000 020000000001 0050 aaaa03 00000c 0014 0000 0000"), e), 0, 0, m},
		{"GUE", 1, over(6080, "0004 0000", h), 0, 0, ""},
		{"GUE without a header", 1, over(6080, "", h), 0, 0, ""},
		{"EtherIP", 1, tunnel(97, "3000", e), 0, 0, m},
		{"MPLS in IP", 1, tunnel(137, "00010140", h), 0, 0, ""},
		{"GRE", 1, tunnel(47, "0000 0800", h), 0, 0, ""},
		{"GRE in IPv6", 1, eth(0x86dd, ip6(47, cat(hx("0000 86dd"), h6))), 0, 0, ""},
		{"GRE, all fields", 1, tunnel(47, "f000 0800 (checksum, offset) 00000000 (key) 00000001 (sequence) 00000002 (route) 0800 00 04 c0000201 (end) 00000000", h), 0, 0, ""},
		{"GRE, checksum only", 1, tunnel(47, "8000 86dd 00000000", h6), 0, 0, ""},
		{"GRE, Ethernet", 1, tunnel(47, "0000 6558", tagged(e, 3)), 3, 0, m},
		{"NVGRE", 1, tunnel(47, "2000 6558 00123401", e), 0, 0x1234, m},
		{"GRE, MPLS", 1, tunnel(47, "0000 8847 00010140", h), 0, 0, ""},
		{"GRE, WCCP", 1, tunnel(47, "0000 883e", h), 0, 0, ""},
		{"GRE, WCCP with its header", 1, tunnel(47, "0000 883e 01020304", h), 0, 0, ""},
		{"GRE, PPTP", 1, tunnel(47, "3001 880b (length) 0031 (call) 0001 (sequence) 00000001 ff03 0021", h), 0, 0, ""},
		{"GRE, PPTP with acknowledgement", 1, tunnel(47, "3081 880b 002e 0001 00000001 00000001 21", h), 0, 0, ""},
		{"GRE in 802.1Q", 1, tagged(tunnel(47, "0000 0800", h), 5), 0, 0, ""},
		{"ERSPAN I", 1, tunnel(47, "0000 88be", e), 0, 0, m},
		{"ERSPAN II", 1, tunnel(47, "1000 88be 00000001 (version, VLAN) 1005 0001 00000000", e), 0, 0, m},
		{"ERSPAN III", 1, tunnel(47, "1000 22eb 00000001 2005 0001 00000000 0000 0000", e), 0, 0, m},
		{"ERSPAN III with subheader", 1, tunnel(47, "1000 22eb 00000001 2005 0001 00000000 0000 0001 0000000000000000", e), 0, 0, m},

		// Tunnels over UDP.
		{"VXLAN", 1, over(4789, "08000000 00123400", tagged(e, 4)), 4, 0x1234, m},
		{"VXLAN, Linux's port", 1, over(8472, "08000000 00000700", e), 0, 7, m},
		{"VXLAN in IPv6", 1, eth(0x86dd, ip6(17, udp(1, 4789, cat(hx("08000000 00000700"), e)))), 0, 7, m},
		{"VXLAN-GPE", 1, over(4790, "0c000001 00000700", h), 0, 7, ""},
		{"VXLAN-GPE with NSH", 1, over(4790, "0c000004 00000700 0fc2 02 03 00000101", e), 0, 7, m},
		{"GENEVE", 1, over(6081, "00006558 00000800", e), 0, 8, m},
		{"GENEVE with options", 1, over(6081, "02000800 00000800 0102800100000001", h), 0, 8, ""},
		{"GTP-U", 1, over(2152, "30ff 002d 00000001", h), 0, 0, ""},
		{"GTP-U with sequence", 1, over(2152, "32ff 0031 00000001 0001 00 00", h), 0, 0, ""},
		{"GTP-U with extensions", 1, over(2152, "34ff 0039 00000001 0000 00 85 (PDU session) 01 0001 c0 (PDCP) 01 0001 00", h), 0, 0, ""},
		{"Teredo", 1, over(3544, "", cat(h6[:8], hx("20010000 c6336401"), h6[16:])), 0, 0, ""},
		{"Teredo with both headers", 1, over(3544, "(authentication) 0001 0000 0102030405060708 00 (origin) 0000 1234 c6336401", cat(h6[:8], hx("20010000 c6336401"), h6[16:])), 0, 0, ""},
		{"L2TP", 1, over(1701, "0002 0001 0001 ff03 0021", h), 0, 0, ""},
		{"L2TP, all fields", 1, over(1701, "4a02 0000 0001 0001 0001 0001 0002 0000 ff03 0021", h), 0, 0, ""},
		{"LISP", 1, over(4341, "80000001 00000001", h), 0, 0, ""},
		{"MPLS in UDP", 1, over(6635, "00010140", h), 0, 0, ""},
		{"GRE in UDP", 1, over(4754, "0000 0800", h), 0, 0, ""},
		{"TZSP", 1, over(37008, "01 00 0001 (RSSI) 0a 01 ff (pad) 00 (end) 01", e), 0, 0, m},
		{"CAPWAP", 1, over(5247, "00 10 00 00 0001 0000", e), 0, 0, m},

		{"VLAN in VXLAN in GRE", 1, tunnel(47, "0000 0800", ip4(17, udp(1, 4789, cat(hx("08000000 00000500"), tagged(e, 12))))), 12, 5, m},
	}
}

func TestDecode(t *testing.T) {
	for _, s := range samples() {
		f := Frame{Data: s.data, OrigLen: len(s.data), Link: s.link, Time: 77}
		var d Decoder
		var p Packet
		if !d.Decode(&f, &p) {
			t.Errorf("%s: not decoded: %+v", s.name, d.Stats)
			continue
		}
		src, dst := "192.0.2.1:40000", "192.0.2.7:22"
		if p.V6 {
			src, dst = "[2001:db8::1]:40000", "[2001:db8::7]:22"
			if strings.HasPrefix(s.name, "Teredo") {
				src = "[2001:0:c633:6401::1]:40000"
			}
		}
		if p.SrcAddrPort().String() != src || p.DstAddrPort().String() != dst || p.What != Segment || p.Proto != request.TCP {
			t.Errorf("%s: %v to %v, %v, %v", s.name, p.SrcAddrPort(), p.DstAddrPort(), p.What, p.Proto)
		}
		if string(p.Payload) != "hello" || p.Truncated() || p.Seq != 9 || p.Ack != 5 || p.Flags != ACK|PSH || p.Window != 256 || p.Time != 77 {
			t.Errorf("%s: payload %q of %d, %+v", s.name, p.Payload, p.WireLen, p)
		}
		if p.VLAN != s.vlan || p.VNI != s.vni {
			t.Errorf("%s: VLAN %d, VNI %d; want %d, %d", s.name, p.VLAN, p.VNI, s.vlan, s.vni)
		}
		mac := ""
		if p.HasMAC {
			mac = hex.EncodeToString(p.MAC[:])
		}
		if mac != s.mac {
			t.Errorf("%s: MAC %q, want %q", s.name, mac, s.mac)
		}
	}
}

// A frame cut anywhere gives nothing, or the same packet with less payload.
func TestDecodeCut(t *testing.T) {
	for _, s := range samples() {
		for n := range s.data {
			f := Frame{Data: s.data[:n:n], OrigLen: len(s.data), Link: s.link}
			var d Decoder
			var p Packet
			if !d.Decode(&f, &p) || p.What != Segment {
				continue
			}
			if !strings.HasPrefix("hello", string(p.Payload)) || p.SrcPort != 40000 || p.DstPort != 22 {
				t.Errorf("%s cut at %d: %v, payload %q", s.name, n, p.DstAddrPort(), p.Payload)
			}
			if len(p.Payload) < 5 && !p.Truncated() && !strings.Contains(s.name, "padding") {
				t.Errorf("%s cut at %d: payload %q of %d is not said to be cut", s.name, n, p.Payload, p.WireLen)
			}
		}
	}
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	for _, s := range samples() {
		f := Frame{Data: s.data, OrigLen: len(s.data), Link: s.link}
		var d Decoder
		var p Packet
		if n := testing.AllocsPerRun(10, func() { d.Decode(&f, &p) }); n != 0 {
			t.Errorf("%s: %v allocations, want 0", s.name, n)
		}
	}
}

// What is not the tunnel of its port stays a datagram, and the counters do not
// tell of the attempt.
func TestNotATunnel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 64)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	for name, body := range map[string][]byte{
		"text":          []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n and more of it, enough for any header"),
		"noise":         noise,
		"zeros":         make([]byte, 64),
		"short":         {1, 2},
		"empty":         {},
		"GTP-U echo":    hx("3201 0004 00000000 0001 0000"),
		"L2TP control":  hx("c802 0014 0001 0000 0000 0000 8008 0000 0000 0001"),
		"DNS answer":    hx("0a0b 8180 0001 0001 0000 0000 0161 00 0001 0001 c00c 0001 0001 00000001 0004 01020304"),
		"VXLAN of what": cat(hx("08000000 00000700 020000000007 020000000001 1234"), noise),
	} {
		for _, port := range []uint16{4789, 8472, 4790, 6081, 2152, 3544, 1701, 4341, 6635, 4754, 37008, 5247} {
			data := ip4(17, udp(53, port, body))
			var d Decoder
			var p Packet
			if !d.Decode(&Frame{Data: data, OrigLen: len(data), Link: 101}, &p) {
				t.Errorf("%s at port %d: dropped, %+v", name, port, d.Stats)
				continue
			}
			if p.What != Datagram || p.SrcPort != 53 || p.DstPort != port || !bytes.Equal(p.Payload, body) {
				t.Errorf("%s at port %d: %+v", name, port, p)
			}
			if want := (DecodeStats{Frames: 1, Bytes: uint64(len(data)), Packets: 1}); d.Stats != want {
				t.Errorf("%s at port %d: counters %+v", name, port, d.Stats)
			}
		}
	}
}

func TestDecodeDepth(t *testing.T) {
	b := hello4()
	for n := 1; n <= MaxDepth+2; n++ {
		b = ip4(4, b)
		var d Decoder
		var p Packet
		ok := d.Decode(&Frame{Data: b, OrigLen: len(b), Link: 101}, &p)
		if want := n <= MaxDepth; ok != want || !want && d.Stats.TooDeep != 1 {
			t.Errorf("%d headers around: %v, %+v", n, ok, d.Stats)
		}
	}
	many := eth(0x8100, bytes.Repeat(hx("0001 8100"), 50))
	var d Decoder
	var p Packet
	if d.Decode(&Frame{Data: many, OrigLen: len(many), Link: 1}, &p) || d.Stats.TooDeep != 1 {
		t.Errorf("fifty tags: %+v", d.Stats)
	}
}

func TestDecodeOther(t *testing.T) {
	quoted := ip4(17, udp(40000, 53, []byte("ask")))
	quoted6 := ip6(17, udp(40000, 53, []byte("ask")))
	back := func(b []byte) []byte { // swap the addresses of ip4
		b = append([]byte(nil), b...)
		copy(b[12:16], quoted[16:20])
		copy(b[16:20], quoted[12:16])
		return b
	}
	back6 := func(b []byte) []byte {
		b = append([]byte(nil), b...)
		copy(b[8:24], quoted6[24:40])
		copy(b[24:40], quoted6[8:24])
		return b
	}
	for _, c := range []struct {
		name  string
		link  uint32
		data  []byte
		check func(p *Packet, s *DecodeStats) bool // p is nil if nothing was handed on
	}{
		{"port unreachable", 101, back(ip4(1, cat(hx("0303 0000 00000000"), quoted[:28]))), func(p *Packet, _ *DecodeStats) bool {
			return p != nil && p.What == Unreachable && p.Proto == request.UDP &&
				p.SrcAddrPort().String() == "198.51.100.1:40000" && p.DstAddrPort().String() == "198.51.100.2:53"
		}},
		{"port unreachable, told by a router", 101, ip4(1, cat(hx("0303 0000 00000000"), quoted)), func(p *Packet, s *DecodeStats) bool {
			return p == nil && s.Other == 1
		}},
		{"host unreachable", 101, back(ip4(1, cat(hx("0301 0000 00000000"), quoted))), func(p *Packet, s *DecodeStats) bool {
			return p == nil && s.Other == 1
		}},
		{"port unreachable, IPv6", 101, back6(ip6(58, cat(hx("0104 0000 00000000"), quoted6))), func(p *Packet, _ *DecodeStats) bool {
			return p != nil && p.What == Unreachable && p.V6 &&
				p.SrcAddrPort().String() == "[2001:db8:1::1]:40000" && p.DstAddrPort().String() == "[2001:db8:1::2]:53"
		}},
		{"ARP", 1, eth(0x0806, hx("0001 0800 06 04 0002 020000000009 c0000209 020000000001 c0000201")), func(p *Packet, _ *DecodeStats) bool {
			return p != nil && p.What == Neighbour && p.SrcAddr().String() == "192.0.2.9" && p.MAC == [6]byte{2, 0, 0, 0, 0, 9} && p.HasMAC
		}},
		{"ARP probe", 1, eth(0x0806, hx("0001 0800 06 04 0001 020000000009 00000000 000000000000 c0000201")), func(p *Packet, s *DecodeStats) bool {
			return p == nil && s.Other == 1
		}},
		{"neighbour advertisement", 101, ip6(58, cat(hx("88 00 0000 60000000 20010db8 00000000 00000000 00000009 02 01 020000000009"))), func(p *Packet, _ *DecodeStats) bool {
			return p != nil && p.What == Neighbour && p.SrcAddr().String() == "2001:db8::9" && p.MAC == [6]byte{2, 0, 0, 0, 0, 9}
		}},
		{"neighbour solicitation", 101, ip6(58, cat(hx("87 00 0000 00000000 20010db8 00000000 00000000 00000009 01 01 020000000008"))), func(p *Packet, _ *DecodeStats) bool {
			return p != nil && p.SrcAddr().String() == "2001:db8:1::1" && p.MAC == [6]byte{2, 0, 0, 0, 0, 8}
		}},
		{"echo", 101, ip4(1, hx("0800 0000 00010001")), func(p *Packet, s *DecodeStats) bool { return p == nil && s.Other == 1 }},
		{"SCTP INIT", 101, ip4(132, hx("0b59 0b5a 00000000 00000000 (INIT) 01 00 0014 00000001 00010000 0001 0001 00000001")), func(p *Packet, _ *DecodeStats) bool {
			return p != nil && p.What == SCTPPacket && p.Proto == request.SCTP && p.Chunk == 1 && p.SrcPort == 2905 && p.DstPort == 2906 && p.WireLen == 0
		}},
		{"SCTP DATA after SACK", 101, ip4(132, hx("0b59 0b5a 00000001 00000000 03 00 0010 00000001 00010000 00000000 (DATA) 00 03 0013 00000007 0001 0001 00000012 616263 00")), func(p *Packet, _ *DecodeStats) bool {
			return p != nil && p.Chunk == 3 && string(p.Payload) == "abc" && p.Seq == 7 && p.Ack == 18 && p.WireLen == 3
		}},
		{"UDP", 101, ip4(17, udp(1, 2, []byte("x"))), func(p *Packet, _ *DecodeStats) bool {
			return p != nil && p.What == Datagram && p.Proto == request.UDP && string(p.Payload) == "x" && p.TTL == 64
		}},
		{"UDP with length 0", 101, ip4(17, hx("0001 0002 0000 0000 616263")), func(p *Packet, _ *DecodeStats) bool {
			return p != nil && string(p.Payload) == "abc" && !p.Truncated()
		}},
		{"UDP longer than IP", 101, ip4(17, hx("0001 0002 0100 0000 616263")), func(p *Packet, _ *DecodeStats) bool {
			return p != nil && string(p.Payload) == "abc"
		}},
		{"UDP shorter than its header", 101, ip4(17, hx("0001 0002 0007 0000 616263")), func(p *Packet, s *DecodeStats) bool { return p == nil && s.Malformed == 1 }},
		{"TCP header longer than IP", 101, ip4(6, cat(hello4()[20:32], hx("f018 0100 0000 0000"))), func(p *Packet, s *DecodeStats) bool { return p == nil && s.Malformed == 1 }},
		{"IP header too short", 101, hx("44000014 00010000 40060000 c0000201 c0000207"), func(p *Packet, s *DecodeStats) bool { return p == nil && s.Malformed == 1 }},
		{"ESP", 101, ip4(50, make([]byte, 40)), func(p *Packet, s *DecodeStats) bool { return p == nil && s.Encrypted == 1 }},
		{"802.11, protected", 105, cat(hx("0842 0000 020000000007 02000000000a 020000000001 0000"), make([]byte, 40)), func(p *Packet, s *DecodeStats) bool { return p == nil && s.Encrypted == 1 }},
		{"802.11, beacon", 105, cat(hx("8000 0000 ffffffffffff 02000000000a 02000000000a 0000"), make([]byte, 40)), func(p *Packet, s *DecodeStats) bool { return p == nil && s.NotIP == 1 }},
		{"PPP, MPPE", 9, cat(hx("ff03 00fd"), make([]byte, 40)), func(p *Packet, s *DecodeStats) bool { return p == nil && s.Encrypted == 1 }},
		{"spanning tree", 1, eth(38, cat(hx("424203"), make([]byte, 35))), func(p *Packet, s *DecodeStats) bool { return p == nil && s.NotIP == 1 }},
		{"unknown link type", 4242, hello4(), func(p *Packet, s *DecodeStats) bool {
			return p == nil && s.UnknownLink == 1 && s.UnknownType == 4242
		}},
		{"empty", 1, nil, func(p *Packet, s *DecodeStats) bool { return p == nil && s.Short == 1 }},
	} {
		var d Decoder
		p := new(Packet)
		if !d.Decode(&Frame{Data: c.data, OrigLen: len(c.data), Link: c.link}, p) {
			p = nil
		}
		if !c.check(p, &d.Stats) {
			t.Errorf("%s: %+v, %+v", c.name, p, d.Stats)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range samples() {
		f.Add(s.link, s.data, len(s.data))
	}
	f.Fuzz(func(t *testing.T, link uint32, data []byte, orig int) {
		if len(data) > MaxFrame {
			return
		}
		var d Decoder
		var p Packet
		for range 2 {
			x := Frame{Data: data, OrigLen: max(len(data), orig&0xfffff), Link: link}
			if !d.Decode(&x, &p) {
				continue
			}
			if p.What == 0 || p.WireLen < len(p.Payload) {
				t.Fatalf("what %d, %d bytes of %d", p.What, len(p.Payload), p.WireLen)
			}
		}
		if d.frags.bytes > maxFragBytes {
			t.Fatalf("%d bytes wait for fragments", d.frags.bytes)
		}
	})
}
