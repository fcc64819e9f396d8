package capture

import (
	"net/netip"

	"earshot/matcher/request"
)

// Who is the server? In this order, and nowhere else:
//
//  1. TCP: who sent a SYN is the originator; who answered it with SYN-ACK is
//     the responder, whatever was believed before. SCTP: INIT and INIT-ACK.
//  2. Content: request.SideOf the first words of the one that spoke first, then
//     of the other. Where neither they nor ports tell, VNC's and rsync's server is the first to speak.
//  3. A datagram to a group or to everybody comes from an originator, unless its
//     content is an announcement; a group is never an endpoint.
//  4. Ports: one that servers have against one that systems hand out to clients.
//  5. Who spoke first is the originator (datagrams); the higher port is the
//     originator's (streams heard from the middle, where the first words heard
//     mean nothing).
//
// An endpoint is reported open only when it answered: a SYN-ACK, payload of a
// responder, a datagram after a request, an announcement by content.

// nobody stands for a side that is not known.
const nobody = 2

// byContent asks which side is the originator, going by what side x said first.
func byContent(proto Proto, x uint8, first []byte) uint8 {
	switch request.SideOf(proto, first) {
	case request.Originator:
		return x
	case request.Responder:
		return 1 - x
	}
	return nobody
}

// alerts says whether words are a TLS alert: a refusal if a connection begins with it,
// but from the middle both sides say so.
func alerts(words []byte) bool {
	kind, _ := request.Recognise(request.TCP, words)
	return kind == "tls-alert"
}

// greets says whether a stream begins with the words that both sides have for a beginning,
// of which the responder's come first.
func greets(first []byte) bool {
	kind, _ := request.Recognise(request.TCP, first)
	return kind == "vnc-ident" || kind == "rsync-ident"
}

// isReply says whether the ports alone make a datagram an answer: DHCP servers
// answer in another flow than that of the request, to a port that only clients have.
func isReply(proto Proto, from, to uint16) bool {
	return proto == request.UDP && (from == 67 && to == 68 || from == 547 && to == 546)
}

// byPorts asks which side is the originator, going by ports; nobody if they do not tell.
func byPorts(proto Proto, port [2]uint16) uint8 {
	a, b := serverish(proto, port[0]), serverish(proto, port[1])
	switch {
	case a > b:
		return 1
	case b > a:
		return 0
	}
	return nobody
}

// byPortsAlone is byPorts that always has an answer: the lower port serves.
func byPortsAlone(proto Proto, port [2]uint16) uint8 {
	if o := byPorts(proto, port); o != nobody {
		return o
	}
	if port[0] < port[1] {
		return 1
	}
	return 0
}

// serverish grades a port by how likely a server has it: 4 NFS, 3 well known (RFC
// 6335's system ports), 2 registered and widely served on, 1 registered, 0 from
// the ranges that systems give to clients (Linux from 32768, the others and
// RFC 6335 from 49152).
func serverish(proto Proto, p uint16) int {
	switch {
	case proto == request.TCP && p == 20:
		return -1 // from it FTP servers call back
	case p == 0, proto == request.UDP && (p == 68 || p == 546):
		return 0 // the ports of DHCP clients
	case p == 2049:
		return 4 // NFS, whose clients have system ports
	case p < 1024:
		return 3
	case popular(p):
		return 2
	case p < 32768:
		return 1
	}
	return 0
}

// popular says whether a registered port is one that servers are met on.
func popular(p uint16) bool {
	switch p {
	case 1080, 1194, 1433, 1434, 1521, 1701, 1723, 1812, 1813, 1883, 1900, 1935, 2049, 2181, 2222, 2375, 2404, 2427, 2483,
		3000, 3128, 3260, 3268, 3269, 3306, 3389, 3478, 3544, 3690, 3868, 4369, 4433, 4443, 4500, 4789,
		5000, 5001, 5004, 5044, 5060, 5061, 5222, 5269, 5349, 5351, 5353, 5355, 5432, 5555, 5601, 5632, 5671, 5672, 5683, 5684,
		5900, 5901, 5902, 5984, 5985, 5986, 6000, 6001, 6379, 6443, 6514, 6653, 6667, 6697, 7000, 7001, 7070, 7547,
		8000, 8008, 8009, 8080, 8081, 8086, 8088, 8090, 8123, 8443, 8530, 8554, 8686, 8883, 8888,
		9000, 9042, 9080, 9090, 9092, 9100, 9200, 9300, 9418, 9443, 9999, 10000, 10050, 10051,
		11211, 15672, 20000, 25565, 27015, 27017, 30718, 34964, 37777, 44818, 47808, 50000, 61613, 61616:
		return true
	}
	return false
}

// isGroup says whether a is a multicast or a broadcast address. The broadcast
// address of a subnet whose mask nobody told is taken for one when it ends in
// 255 and the datagram looks like what goes there; see datagram.go.
func isGroup(a netip.Addr) bool {
	return a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255})
}
