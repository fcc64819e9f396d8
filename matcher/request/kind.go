package request

import "strings"

// Kind names what a request asks for: "http-get", "tls-hello", "dns-version".
// The part before the first '-' is the family; two kinds of one family provoke
// answers of one protocol, two equal kinds provoke equal answers. The empty
// Kind is a request nobody recognised.
type Kind string

// Family returns the part of the kind before the first '-': the protocol.
func (k Kind) Family() string {
	f, _, _ := strings.Cut(string(k), "-")
	return f
}

// Greeted reports whether the kind belongs to a protocol whose responder
// speaks first, so that what it says needs no request at all.
func (k Kind) Greeted() bool {
	switch k.Family() {
	case "ssh", "vnc", "smtp", "ftp", "pop3", "imap", "nntp", "sieve", "irc", "user", "quit", "telnet",
		"mysql", "rsync", "svn", "munin", "mpd", "dict", "nbd", "nats", "ceph", "teamspeak", "pjlink", "videohub",
		"hyperdeck", "vmix", "monetdb", "synergy":
		return true
	}
	return false
}

// Sink reports whether requests of the kind are sent to who takes them and need not say a
// word: log lines, measurements, what is to be printed. That a connection was accepted and
// had them sent to it is all that will ever be heard.
func (k Kind) Sink() bool {
	switch k {
	case "graphite-line", "graphite-pickle", "syslog-message", "fluent-event", "pjl-job", "bmp-initiation":
		return true
	}
	return false
}

// Side says which side of a conversation would send some bytes.
type Side uint8

// The sides. Unknown means the bytes fit either side, or neither.
const (
	Unknown    Side = iota
	Originator      // a client's request
	Responder       // a server's answer or greeting
)

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
	_, s := Recognise(p, b)
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
	case c == 0x00:
		k, s = first(b, smb, postgresStart, nbdOption, afp, gearman, tns, riak, epmd, nrpe, dicom, ldp, codesys, gesrtp, socks4Answer, epmdAnswer, apcupsd, pulse, openwire, stun, rlogin, sapRouter, isns,
			dlms, esphome, tuya, pulsar, rocketMQ, frostbite, netFraming, smartInstall, synergy, riakAnswer)
	case c == 0x01:
		k, s = first(b, x11Answer, fastCGI, afp, tds, stun, diameter, dicom, mmst, m3ua, tankGauge, pcWorx, openflow, ubnt, lpd, hartip, esphome, levin, gaugeAnswer)
	case c == 0x02:
		k, s = first(b, tds, dicom, doip, aerospike, lpd)
	case c == 0x03:
		k, s = first(b, tpkt, tds, cassandra, dicom, lpd, rtmp)
	case c == 0x04:
		k, s = first(b, socks4, tds, cassandra, lpd)
	case c == 0x05:
		k, s = first(b, socks5, dcerpc, dnp3, cassandra, lpd)
	case c == 0x06:
		k, s = knx(b)
	case c == 0x0b:
		k, s = hl7(b)
	case c == 0x10:
		k, s = first(b, mqtt, tds)
	case c == 0x11:
		k, s = first(b, tds, teamviewer)
	case c == 0x12:
		k, s = first(b, ajp, tds)
	case c == 0x13:
		k, s = bittorrent(b)
	case c >= 0x14 && c <= 0x17:
		k, s = first(b, tls, teamviewer)
	case c == 0x1b:
		k, s = pjl(b)
	case c == 0x20:
		k, s = first(b, mqtt, nsq)
	case c == 0x30:
		k, s = first(b, asn1, textual)
	case c == 0x50:
		k, s = first(b, melsec, textual)
	case c == 0x60:
		k, s = bolt(b)
	case c == 0x68:
		k, s = first(b, iec104, textual)
	case c == 0x03 || c == 0x23 || c == 0x43:
		k, s = first(b, iscsi, textual)
	case c == 0x41:
		k, s = first(b, ajp, textual)
	case c == 0x42 || c == 0x6c:
		k, s = first(b, x11Setup, textual)
	case c == 'R' || c == 'E' || c == 'N' || c == 'S' || c == 'Q' || c == 'p':
		k, s = first(b, postgres, textual)
	case c == '\r' || c == '\n' || c >= 0x20 && c < 0x7f:
		k, s = textual(b)
	case c >= 0x80:
		k, s = first(b, binrpc, dvrip, baichuan, codesys2, ssl2, smb, rpcStream, cassandra, telnet, bgp, thrift, couchbase, memcachedBinary, tacacs, melsec, bitcoin, edonkey, minecraftLegacy, mqtt)
	}
	if k != "" {
		return k, s
	}
	return first(b, modbus, http2, mysql, mongodb, dnsStream, kerberosStream, kpasswdStream, rpcStream, tns, pptp, enip, ads,
		kafka, zookeeper, drda, firebird, smpp, skinny, amqpFrame, iscsi, openvpnStream, minecraft, spice, ica, thrift, zmtp, ibmMQ, hadoop, openflow, ndmp,
		rsh, iperf3, synchrophasor, pcWorx, proConOS, hislip, someIP, oscar, ignite, hana, netRemoting, hazelcast, netFraming, msmq, routerOS, checkPoint, monetDB, terraria, foundationDB, messenger, megaco, tplinkStream, carrier, backend, bfcp, leisureStream, middle, grid, quorum)
}

// datagram tries what a UDP datagram may be: what has a magic number first,
// what is only shape last.
func datagram(b []byte) (Kind, Side) {
	if isDNS(b) { // most datagrams that anybody answers are
		return names(b)
	}
	var k Kind
	var s Side
	switch c := b[0]; {
	case c == 0x00:
		k, s = first(b, jamulus, tftp, xdmcp, mumble, mndp, natpmp, stun, netflow, collectd, teamviewerDatagram, agora, tuya)
	case c == 0x01:
		k, s = first(b, stun, wireguard, raknet, radius, ubnt, rip, hartip)
	case c == 0x02:
		k, s = first(b, wireguard, slp, radius, dhcp, pcp, doip, rip, sqlBrowser, ubnt)
	case c == 0x03 || c == 0x05:
		k, s = first(b, dnp3, radius, sqlBrowser, openttd, chronyc)
	case c == 0x04:
		k, s = first(b, dcerpcDatagram, radius, sqlBrowser)
	case c == 0x06:
		k, s = first(b, rmcp, knx, chronyc)
	case c == 0x0b || c == 0x0c:
		k, s = radius(b)
	case c >= 0x10 && c <= 0x17:
		k, s = first(b, dtls, nbdgm)
	case c == 0x1c:
		k, s = raknet(b)
	case c == 0x1e:
		k, s = citrix(b)
	case c == 0x30:
		k, s = first(b, asn1, gtp)
	case c == 0x6a || c == 0x6b || c == 0x6c || c == 0x6d || c == 0x7e:
		k, s = kerberos(b)
	case c == 0x80:
		k, s = first(b, srt, fins, quake1, iax2, rtcp, rtp)
	case c == 0x81:
		k, s = first(b, bacnet, rtcp)
	case c > 0x81 && c <= 0x9f:
		k, s = first(b, rtcp, rtp)
	case c == 0xc8:
		k, s = first(b, fastd, l2tp)
	case c == 0xff:
		k, s = first(b, games, dvrip)
	}
	if k != "" {
		return k, s
	}
	if c := b[0]; c == '\r' || c == '\n' || c == 0xef || c >= 0x20 && c < 0x7f {
		if k, s = first(b, gameWord, leisureText, jellyfin, db2Search, textualDatagram); k != "" {
			return k, s
		}
	}
	return first(b, finder, stage, dhcp, names, ike, rpc, quic, stun, enip, memcachedDatagram, fins, iax2, gtp, dhcpv6, bfd, afs, overlay, rtps, bjnp,
		rakPeer, gamespy, cipIO, wccp, pfcp, gtpPrime, rdpUDP, megaco, ntp, openvpn, coap, bittracker, kpasswd, tplink, lifx, miio, ras, radius, ldp, capwapControl, icp, isns,
		synchrophasor, dlms, someIP, gvcp, mqttSN, discovery, utp, ptp, mobileIP, kad, gnutella, leisureDatagram, adsDiscovery, gridDatagram)
}

// association tries what an SCTP association may begin with.
func association(b []byte) (Kind, Side) { return first(b, diameter, m3ua, access) }
