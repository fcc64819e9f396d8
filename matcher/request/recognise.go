package request

// The sides. Unknown means the bytes fit either side, or neither.
const (
	Unknown    Side = iota
	Originator      // a client's request
	Responder       // a server's answer or greeting
)

// Side says which side of a conversation would send some bytes.
type Side uint8

// Classify returns the kind of the request b, the head of what an originator
// sent (one datagram, or a stream's first bytes), or "" if it is not recognised.
// It looks at content only, never at ports, and allocates nothing.
func Classify(p Proto, b []byte) Kind {
	k, s := Recognise(p, b)
	if s == Responder {
		return ""
	}
	return k
}

// SideOf says, from content alone, whether the originator or the responder would
// have sent b as its first bytes. It is asked only when no handshake was seen.
func SideOf(p Proto, b []byte) Side {
	k, s := Recognise(p, b)
	if k == "lines" { // whoever echoes an empty line says it, too
		return Unknown
	}
	return s
}

// Recognise names the protocol message at the start of b, whoever sent it, and
// the side that sends such messages. The kind of a responder's message has the
// family of the requests it answers; it is "" if nothing is recognised.
func Recognise(p Proto, b []byte) (Kind, Side) {
	if len(b) == 0 {
		return "", Unknown
	}
	switch p {
	case TCP:
		return stream(b)
	case UDP:
		return datagram(b)
	case SCTP:
		return association(b)
	}
	return "", Unknown
}

// recogniser looks for one protocol at the start of b, which is not empty.
type recogniser func(b []byte) (Kind, Side)

// first asks each recogniser in turn.
func first(b []byte, rs ...recogniser) (Kind, Side) {
	for _, r := range rs {
		if k, s := r(b); k != "" {
			return k, s
		}
	}
	return "", Unknown
}

// stream tries what a TCP stream may begin with. The first byte rules out most.
func stream(b []byte) (Kind, Side) {
	if rest, ok := proxied(b); ok {
		if len(rest) == 0 {
			return "", Unknown
		}
		b = rest // what comes behind it counts
	}
	var k Kind
	var s Side
	switch c := b[0]; {
	case c == '\r' || c == '\n':
		k, s = textual(b)
	case c < 0x20:
		k, s = control(b)
	case c < 0x7f:
		k, s = readable(b)
	case c >= 0x80:
		k, s = first(b, marks, binrpc, dvrip, baichuan, codesys2, ssl2, smb, rpcStream, cassandra, telnet, bgp, thrift, couchbase, memcachedBinary, tacacs, melsec, bitcoin, edonkey, minecraftLegacy, mqtt)
	}
	if k != "" {
		return k, s
	}
	return shaped(b)
}

// shaped tries what a TCP stream may be that no first byte tells: a length, numbers and
// words that agree with each other. It is what most flows that nobody knows come to, so
// that what is asked for first stands first.
func shaped(b []byte) (Kind, Side) {
	return first(b, modbus, http2, mysql, mongodb, dnsStream, kerberosStream, kpasswdStream, rpcStream, tns, pptp, enip, ads,
		kafka, zookeeper, drda, firebird, smpp, skinny, amqpFrame, iscsi, openvpnStream, minecraft, spice, ica, thrift, zmtp, ibmMQ, hadoop, openflow, ndmp,
		rsh, iperf3, synchrophasor, pcWorx, proConOS, hislip, someIP, oscar, ignite, hana, netRemoting, hazelcast, netFraming, msmq, routerOS, checkPoint,
		monetDB, terraria, foundationDB, messenger, megaco, tplinkStream, rpki, twamp, xot, bmp, pcep, msdp, z3950, drbd, focas, rethink, radmin, uucp, fluent,
		perforce, clickhouse, ninep, nvme, gossip, lustre, rcon, rpcap, pcom, dahua, dhip, bfcp, htsp, ecowitt, lttng, jackTrip,
		middle, amandaStream, gridEngine, audit, canna, wnn, gdomap, carbonPickle, agentX, election, following, ctdb, seldom)
}

// seldom tries what is met seldom, each behind a sign that most bytes do not have.
func seldom(b []byte) (Kind, Side) {
	if len(b) < 5 {
		return "", Unknown
	}
	var k Kind
	var s Side
	switch {
	case b[3] == 0 && b[2] <= 1: // a small number, its lowest byte first
		k, s = first(b, tcpros, kdb, soulseek, gaduGadu, xcp, llrp)
	case b[0] == 0:
		k, s = first(b, dlep, bittorrentBlock, ldapSealed, soupBin)
	}
	switch {
	case k != "":
		return k, s
	case at(b, 4) == 1 && at(b, 5) == 0:
		return trdp(b)
	case at(b, 7) == 0x14:
		k, s = rtmpCommand(b)
	case at(b, 15) == 0 && b[4] >= 'a' && b[4] <= 'z':
		k, s = bitcoinMessage(b)
	case b[0]&0x3f == 0 || b[0] == '0':
		k, s = iperf(b)
	}
	if k != "" || b[1]&0x60 != 0 { // no function of Modbus
		return k, s
	}
	return modbusSerial(b)
}

// marks tries the streams whose first byte, above those of text, is one of few.
func marks(b []byte) (Kind, Side) {
	switch b[0] {
	case 0x88:
		return ancp(b)
	case 0x90:
		return s5066(b)
	case 0xa0, 0xa1:
		return hotRod(b)
	case 0xee, 0xef:
		return mtProto(b)
	case 0xfe:
		return ember(b)
	case 0xff:
		return winbox(b)
	}
	return "", Unknown
}

// control tries what a TCP stream may be whose first byte is a control character: most
// protocols of binary records, whose first field is a small number.
func control(b []byte) (Kind, Side) {
	switch b[0] {
	case 0x00:
		return first(b, smb, postgresStart, nbdOption, afp, gearman, tns, riak, epmd, nrpe, dicom, ldp, codesys, gesrtp, socks4Answer, epmdAnswer, apcupsd, pulse, openwire, stun, rlogin, sapRouter, isns,
			nanomsg, wins, sxp, dhcpFailover, mos, csta, dbus, lockdown, warcraft, hdfsBlock, dlms, esphome, tuya, pulsar, rocketMQ, frostbite, netFraming, smartInstall, synergy, riakAnswer)
	case 0x01:
		return first(b, x11Answer, fastCGI, afp, bandwidth, tds, stun, diameter, dicom, mmst, m3ua, tankGauge, pcWorx, openflow, ubnt, lpd, hartip, esphome, levin, gaugeAnswer, dhcpFailover)
	case 0x02:
		return first(b, tds, dicom, doip, aerospike, lpd)
	case 0x03:
		return first(b, tpkt, tds, cassandra, dicom, lpd, rtmp)
	case 0x04:
		return first(b, socks4, tds, cassandra, lpd)
	case 0x05:
		return first(b, socks5, dcerpc, dnp3, cassandra, lpd)
	case 0x06:
		return knx(b)
	case 0x0b:
		return hl7(b)
	case 0x0e:
		return swarm(b)
	case 0x10:
		return first(b, mqtt, tds, cops)
	case 0x11:
		return first(b, tds, teamviewer, cops)
	case 0x12:
		return first(b, ajp, tds, winbox)
	case 0x13:
		return bittorrent(b)
	case 0x14, 0x15, 0x16, 0x17:
		return first(b, tls, teamviewer)
	case 0x1a:
		return beast(b)
	case 0x1b:
		return pjl(b)
	}
	return "", Unknown
}

// readable tries what a TCP stream may be whose first byte is printable: text, and the
// protocols of binary records that begin with such a byte.
func readable(b []byte) (Kind, Side) {
	switch b[0] {
	case 0x20:
		return first(b, mqtt, nsq)
	case 0x23, 0x43:
		return first(b, iscsi, textual)
	case 0x30:
		return first(b, asn1, textual)
	case 0x41:
		return first(b, ajp, textual)
	case 0x42, 0x6c:
		return first(b, x11Setup, textual)
	case 0x50:
		return first(b, melsec, textual)
	case 0x31, 0x32:
		return first(b, dlsw, textual)
	case 0x60:
		return bolt(b)
	case 0x68:
		return first(b, iec104, textual)
	case 'R', 'E', 'N', 'S', 'Q', 'p':
		return first(b, postgres, textual)
	}
	return textual(b)
}

// middle recognises what is said in a connection whose beginning was not heard: the
// ordinary messages of protocols that are known by their greeting otherwise. Each has lengths, numbers and
// names that agree with each other; nothing is guessed from a few bytes.
func middle(b []byte) (Kind, Side) {
	var k Kind
	var s Side
	switch c := b[0]; {
	case c == 0x01 || c == 0x08 || c == 0x02 || c == 0x03:
		k, s = amqpMethod(b)
	case c == '<':
		k, s = stanza(b)
	case c == ':':
		k, s = ircPrefix(b)
	case c == 0x82 || c == 0x90 || c == 0xa2 || c == 0xb0:
		k, s = mqttSubscribe(b)
	case c >= '0' && c <= '9':
		k, s = pktLine(b)
	case c >= 'A' && c <= 'Z':
		k, s = subject(b)
	}
	if k != "" {
		return k, s
	}
	return first(b, postgresChain, cqlMessage, scsi, mysqlCommand, zookeeperPing, http2Frames)
}

// datagram tries what a UDP datagram may be: what has a magic number first,
// what is only shape last.
func datagram(b []byte) (Kind, Side) {
	if q, ok := isDNS(b); ok { // most datagrams that anybody answers are
		return namesAfter(b, &q, true)
	}
	if k, s := marked(b); k != "" {
		return k, s
	}
	if c := b[0]; c == '\r' || c == '\n' || c == 0xef || c >= 0x20 && c < 0x7f {
		if k, s := first(b, gameWord, hobby, jellyfin, db2Search, battlEye, slmpText, textualDatagram); k != "" {
			return k, s
		}
	}
	return first(b, finder, appleMIDI, osc, zrtp, bfcp, zephyr, dhcp, names, ike, rpc, quic, stun, enip, memcachedDatagram, fins, iax2, gtp, dhcpv6, bfd, afs,
		overlay, rtps, bjnp, rakPeer, gamespy, cipIO, wccp, pfcp, gtpPrime, rdpUDP, megaco, ntp, openvpn, coap, bittracker, kpasswd, tplink, lifx, miio, ras, radius,
		ldp, capwapControl, icp, isns, synchrophasor, dlms, someIP, gvcp, mqttSN, discovery, utp, ptp, mobileIP, kad, gnutella, pppp, tdp, slimDiscovery, doom3, binrpc,
		adsDiscovery, amandaDatagram, fastd, gdomap, rare)
}

// rare tries the datagrams that are met seldom, by what they may begin with.
func rare(b []byte) (Kind, Side) {
	var k Kind
	var s Side
	switch c := b[0]; {
	case c == 0:
		k, s = first(b, pana, trdp, discord, lspPing, olsr, broadlink, matter, iperf)
	case c < 0x10:
		k, s = first(b, visca, talk, rwho, xcp, kinet, matter, olsr)
	case c < 0x50:
		k, s = first(b, lisp, babel, zip, atem, dlep, gadget)
	case c < 0x80:
		k, s = first(b, gadget, broadlink, melsec)
	default:
		k, s = first(b, enet, teamSpeak2, edonkeyServer, melsec, iperf)
	}
	if k != "" {
		return k, s
	}
	return first(b, etherCAT, modbus)
}

// marked tries what a datagram may be by its first byte.
func marked(b []byte) (Kind, Side) {
	switch c := b[0]; c {
	case 0x00:
		return first(b, jamulus, tftp, xdmcp, mumble, mndp, natpmp, stun, netflow, collectd, teamviewerDatagram, agora, tuya)
	case 0x01:
		return first(b, stun, wireguard, raknet, radius, ubnt, rip, hartip)
	case 0x02:
		return first(b, wireguard, slp, radius, dhcp, pcp, doip, rip, sqlBrowser, ubnt)
	case 0x03, 0x05:
		return first(b, dnp3, radius, sqlBrowser, openttd, chronyc)
	case 0x04:
		return first(b, dcerpcDatagram, wireguard, radius, sqlBrowser)
	case 0x06:
		return first(b, rmcp, knx, chronyc)
	case 0x0b, 0x0c:
		return radius(b)
	case 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17:
		return first(b, dtls, nbdgm)
	case 0x1c:
		return raknet(b)
	case 0x1e:
		return citrix(b)
	case 0x30:
		return first(b, asn1, gtp)
	case 0x6a, 0x6b, 0x6c, 0x6d, 0x7e:
		return kerberos(b)
	case 0x80:
		return first(b, srt, fins, quake1, iax2, rtcp, rtp)
	case 0x81:
		return first(b, bacnet, rtcp)
	case 0xc8:
		return first(b, fastd, l2tp)
	case 0xff:
		return first(b, games, dvrip)
	default:
		if c > 0x81 && c <= 0x9f {
			return first(b, rtcp, rtp)
		}
	}
	return "", Unknown
}

// association tries what an SCTP association may begin with.
func association(b []byte) (Kind, Side) { return first(b, diameter, m3ua, access, sgsap) }

// proxied returns what stands behind a header of the PROXY protocol, version 2 (haproxy's
// proxy-protocol.txt §2.2), with which a proxy tells whom it speaks for.
func proxied(b []byte) ([]byte, bool) {
	if !has(b, 0, "\r\n\r\n\x00\r\nQUIT\n") || at(b, 12)>>4 != 2 {
		return nil, false
	}
	n := be16(b, 14)
	if n < 0 || n > 536 || 16+n > len(b) {
		return nil, false
	}
	return b[16+n:], true
}
