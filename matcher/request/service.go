package request

import (
	"slices"
	"strings"
)

// Spoken names the service by the words alone: what protocol the responder's
// data are of, in the light of the originator's req (empty for a greeting). Data
// of the protocol that was asked for are that protocol, whichever side usually
// says them; else data must be a responder's. Data of no known shape are taken
// for an answer to what was asked if the request is one that is not sent to just
// any port. It is "" if nothing tells.
//
// Names are those of the IANA port register or, where it has none, of common use.
func Spoken(p Proto, req Kind, data []byte) string {
	if len(data) == 0 {
		return ""
	}
	k, side := Recognise(p, data)
	if k != "" {
		if name, told := known(p, req, k, side, data); told {
			return name
		}
	}
	return shapeless(p, req, data)
}

// known is Spoken for data of kind k, which a side says; it is not told if they are no more
// than data of no known shape.
func known(p Proto, req, k Kind, side Side, data []byte) (name string, told bool) {
	asked := req.Asked(p)
	switch {
	case k.Family() == req.Family():
		if req.Family() == "rpc" || req == "jsonrpc-mining" { // an answer does not repeat the program it is of
			return asked, true
		}
		return k.Service(p), true
	case k == "jsonrpc-answer" && asked != "" && !req.common():
		return asked, true // JSON is of many
	case p == UDP && asked != "":
		return asked, true // a datagram's shape is the weaker sign
	case has(data, 0, "+OK\r\n"), k == "socks5-answer":
		return "", true // Redis says so, and POP3; the first two bytes of DCE/RPC
	case side == Responder || side == Unknown && !k.weak():
		name = k.Service(p)
	}
	return name, name != ""
}

// shapeless is Spoken for data of no known shape.
func shapeless(p Proto, req Kind, data []byte) string {
	asked := req.Asked(p)
	switch {
	case p == TCP && data[0] == 0 && req.lines():
		return "" // whoever speaks in lines does not begin with a zero
	case asked != "" && (p != TCP || !req.common()):
		return asked
	case req.Family() == "http" && (data[0] == '<' || within(data, 64, "HTTP/1.")):
		return asked // HTTP/0.9, or a status line with something before it
	}
	return ""
}

// weak reports whether a kind is known by so little that other bytes may look
// like it, or whether any peer may send it.
func (k Kind) weak() bool {
	switch k {
	case "ntp-peer", "rtp-media", "rtmp-handshake", "aerospike-info", "stun-indication", "enip-data", "gtp-user", "bfd-control", "ldp-message", "tailscale-disco", "utp-syn", "cpha-state", "msdp-message", "papi-message":
		return true
	}
	return false
}

// Asked is Service, or "" for a kind that is too little to take an answer of no known
// shape for that service's.
func (k Kind) Asked(p Proto) string {
	if k.weak() {
		return ""
	}
	return k.Service(p)
}

// common reports whether requests of the family are sent to any port, by
// scanners or by clients that try what is there.
func (k Kind) common() bool {
	switch k.Family() {
	case "http", "http2", "tls", "smb", "netbios", "ldap", "rdp", "iso", "rpc", "dns", "x11", "rtsp", "sip", "kerberos", "socks4", "socks5",
		"lpd", "rmi", "tds", "tns", "ajp", "pjl", "giop", "epmd", "memcached", "redis", "mongodb", "fox", "mqtt", "openvpn", "drda",
		"firebird", "distcc", "riak", "adb", "minecraft", "afp", "ncp", "smtp", "telnet", "jsonrpc", "whois":
		return true
	}
	return false
}

// lines reports whether the answers are lines of text.
func (k Kind) lines() bool {
	if k == "zookeeper-word" { // its sessions are of binary records
		return true
	}
	switch k.Family() {
	case "dict", "finger", "gopher", "ident", "mpd", "munin", "nats", "sieve", "stomp", "svn":
		return true
	}
	return false
}

// Service returns the name of the service that answers requests of kind k, ""
// where the kind is one that many services know ("help", "lines").
func (k Kind) Service(p Proto) string {
	switch f := k.Family(); {
	case k == "jsonrpc-mining" || k == "jsonrpc-job":
		return "stratum"
	case f == "rpc":
		return rpcService(k)
	case f == "ldap" && p == UDP:
		return "cldap"
	default:
		return serviceOf(f)
	}
}

// serviceOf looks for a family in both tables.
func serviceOf(family string) string {
	if _, ok := slices.BinarySearch(sameNames[:], family); ok {
		return family
	}
	if i, ok := slices.BinarySearchFunc(otherNames[:], family, named.compare); ok {
		return otherNames[i].service
	}
	return ""
}

// named is a family and the name of its service.
type named struct{ family, service string }

func (n named) compare(family string) int { return strings.Compare(n.family, family) }

// otherNames are the families whose services have another name, in the order of the families.
var otherNames = [...]named{
	{"agora", "sd-rtn"},
	{"ajp", "ajp13"},
	{"applemidi", "apple-midi"},
	{"ard", "net-assistant"},
	{"ase", "allseeingeye"},
	{"audit", "auditd"},
	{"beanstalk", "beanstalkd"},
	{"bfd", "bfd-control"},
	{"bittracker", "bittorrent-tracker"},
	{"btest", "bandwidth-test"},
	{"cpha", "cp-cluster"},
	{"crestron", "crestron-cip"},
	{"cvs", "cvspserver"},
	{"dcerpc", "msrpc"},
	{"dhcp", "dhcps"},
	{"dhcpfailover", "dhcp-failover"},
	{"dhcpv6", "dhcpv6-server"},
	{"dhip", "dahua-dhip"},
	{"dht", "bittorrent"},
	{"distcc", "distccd"},
	{"dnp3", "dnp"},
	{"dns", "domain"},
	{"dropbox", "db-lsp-disc"},
	{"dtn", "dtn-bundle"},
	{"ember", "emberplus"},
	{"emby", "jellyfin"},
	{"enip", "ethernetip"},
	{"estransport", "elasticsearch"},
	{"ethersio", "ether-sio"},
	{"fins", "omron"},
	{"fluent", "fluentd"},
	{"fw1", "fw1-topology"},
	{"gadugadu", "gadu-gadu"},
	{"gesrtp", "ge-srtp"},
	{"h323", "h323q931"},
	{"hadoop", "hadoop-ipc"},
	{"hana", "sap-hana"},
	{"hartip", "hart-ip"},
	{"hbase", "hbase-rpc"},
	{"http2", "http"},
	{"httpproxy", "http-proxy"},
	{"ibmmq", "ibm-mqseries"},
	{"ica", "citrix"},
	{"icp", "icpv2"},
	{"iec104", "iec-104"},
	{"ike", "isakmp"},
	{"iso", "iso-tsap"},
	{"kerberos", "kerberos-sec"},
	{"koyo", "koyo-ecom"},
	{"kpasswd", "kpasswd5"},
	{"lockdown", "iphone-sync"},
	{"lorawan", "lorawan-gwmp"},
	{"lpd", "printer"},
	{"lspping", "lsp-ping"},
	{"lttng", "lttng-relayd"},
	{"lttnglive", "lttng-live"},
	{"mactelnet", "mac-telnet"},
	{"megaco", "megaco-h248"},
	{"melsec", "melsec-q"},
	{"mms", "iso-tsap"},
	{"mmst", "ms-streaming"},
	{"mobileip", "mobileip-agent"},
	{"moxa", "moxa-nport"},
	{"mqttsn", "mqtt-sn"},
	{"mssqlbrowser", "ms-sql-m"},
	{"nbdgm", "netbios-dgm"},
	{"nbns", "netbios-ns"},
	{"netbios", "netbios-ssn"},
	{"netframing", "mc-nmf"},
	{"ninep", "9pfs"},
	{"nmdc", "directconnect"},
	{"nmea", "nmea-0183"},
	{"nsq", "nsqd"},
	{"nvme", "nvme-tcp"},
	{"openwire", "apachemq"},
	{"oscar", "aol"},
	{"papi", "aruba-papi"},
	{"pcanywhere", "pcanywherestat"},
	{"pjl", "jetdirect"},
	{"postgres", "postgresql"},
	{"profinet", "profinet-cm"},
	{"pulse", "pulseaudio"},
	{"quake1", "quake"},
	{"rakpeer", "raknet"},
	{"ras", "h323gatestat"},
	{"rcon", "source-rcon"},
	{"rdp", "ms-wbt-server"},
	{"redisbus", "redis-cluster"},
	{"riak", "riak-pbc"},
	{"rmcp", "asf-rmcp"},
	{"rmi", "java-rmi"},
	{"routeros", "routeros-api"},
	{"rpki", "rpki-rtr"},
	{"rsh", "shell"},
	{"rtltcp", "rtl_tcp"},
	{"rwho", "who"},
	{"rx", "afs"},
	{"s7", "iso-tsap"},
	{"sbs", "basestation"},
	{"scpi", "scpi-raw"},
	{"skinny", "cisco-sccp"},
	{"smb", "netbios-ssn"},
	{"smi", "smart-install"},
	{"socks4", "socks"},
	{"socks5", "socks"},
	{"source", "steam"},
	{"spotify", "spotify-connect"},
	{"ssdp", "upnp"},
	{"steam", "steam-ihs"},
	{"svn", "svnserve"},
	{"swarm", "ms-do"},
	{"tdp", "tplink-tdp"},
	{"tds", "ms-sql-s"},
	{"tls", "ssl"},
	{"tns", "oracle-tns"},
	{"torcontrol", "tor-control"},
	{"tplink", "tplink-smarthome"},
	{"twamp", "twamp-control"},
	{"ubnt", "ubnt-discovery"},
	{"utp", "bittorrent"},
	{"wsd", "ws-discovery"},
	{"x11", "X11"},
	{"xot", "x25-svc-port"},
	{"z3950", "z39.50"},
	{"zip", "z-wave"},
	{"zkelection", "zookeeper-election"},
	{"zkquorum", "zookeeper-quorum"},
}

// sameNames are the families whose services are called as they are, in their order.
var sameNames = [...]string{
	"adb", "addp", "ads", "aerospike", "afp", "agentx", "amanda", "amqp", "amxb", "ancp", "apcupsd", "aprs", "arangodb", "artnet", "atem", "atg", "avr",
	"babel", "bacnet", "baichuan", "battleye", "beast", "beep", "bfcp", "bgp", "binrpc", "bitcoin", "bittorrent", "bjnp", "bmp", "bolt", "broadlink",
	"canna", "capwap", "carbon", "cassandra", "ceph", "chronyc", "clickhouse", "coap", "codesys", "collectd", "cops", "couchbase", "csta", "ctdb", "dahua", "dap",
	"db2das", "dbus", "diameter", "dicom", "dict", "discord", "dlep", "dlms", "dlsw", "doip", "doom3", "drbd", "drda", "dtls", "dvrip", "ecowitt",
	"edonkey", "eiscp", "electrum", "enet", "enpc", "epmd", "esphome", "ethercat", "ethereum", "fastcgi", "fastd", "finger", "firebird", "fix",
	"flashpolicy", "focas", "foundationdb", "fox", "frostbite", "ftp", "gamespy", "gdomap", "gearman", "gh0st", "giop", "git", "gkrellm", "gnutella",
	"gopher", "govee", "graphite", "gridengine", "gtp", "gvcp", "hazelcast", "hdfs", "hdhomerun", "hislip", "hl7", "hotrod", "hpsdr", "htsp", "http",
	"hyperdeck", "iax2", "icap", "ident", "iec62056", "ignite", "imap", "informix", "iperf", "iperf3", "ipmi", "irc", "iscsi", "isns", "jacktrip",
	"jamulus", "jdwp", "jellyfin", "jsonrpc", "jxta", "kafka", "kdb", "kinet", "knx", "l2tp", "lantronix", "ldap", "ldp", "levin", "lifx", "lisp",
	"llmnr", "llrp", "loxone", "lsp", "lumberjack", "lustre", "m3ua", "magichome", "matter", "mavlink", "mdns", "memberlist", "memcached", "mgcp",
	"miio", "milight", "minecraft", "minetest", "mndp", "modbus", "monetdb", "mongodb", "mos", "mpd", "mqtt", "msdp", "msmq", "msnp", "msrp", "mtproto",
	"mumble", "munin", "mysql", "mysqlx", "mythtv", "nanomsg", "natpmp", "nats", "nbd", "ncp", "ndmp", "nebula", "nessus", "netbus", "netflow", "ngap",
	"njrat", "nntp", "nrpe", "ntalk", "ntp", "ntrip", "nx", "olsr", "opcua", "openflow", "openttd", "openvpn", "orvibo", "osc", "pana", "pcep", "pcom",
	"pcp", "pcworx", "perforce", "pfcp", "pjlink", "pop3", "pppp", "pptp", "proconos", "ptp", "pulsar", "qmqp", "qmtp", "quake2", "quake3",
	"quakeworld", "quic", "radius", "radmin", "raknet", "redis", "relp", "remoting", "rethinkdb", "rip", "rlogin", "rocketmq", "roon", "roughtime",
	"rpcap", "rsync", "rtcp", "rtmp", "rtp", "rtps", "rtsp", "s1ap", "s5066", "sadp", "samp", "sap", "sflow", "sgsap", "sieve", "sip", "slimproto",
	"slp", "smpp", "smtp", "snmp", "someip", "soulseek", "soupbintcp", "speedtest", "spice", "splunk", "srt", "ssh", "stomp", "stun", "subseven", "sxp",
	"synchrophasor", "syncthing", "synergy", "syslog", "t3", "tacacs", "tailscale", "tarantool", "tcpros", "teamspeak", "teamviewer", "telnet",
	"terraria", "tftp", "thrift", "tinc", "trdp", "tuya", "udt", "uucp", "videohub", "visca", "vmix", "vnc", "wccp", "whatsapp", "whois", "winbox", "wins",
	"wireguard", "wiz", "wnn", "wow", "x2ap", "xcp", "xdmcp", "xmpp", "yeelight", "yggdrasil", "ymsg", "zabbix", "zephyr", "zerotier", "zmtp",
	"zookeeper", "zrtp",
}
