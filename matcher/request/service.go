package request

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
	if k == "jsonrpc-mining" || k == "jsonrpc-job" {
		return "stratum"
	}
	f := k.Family()
	switch f {
	case "dns":
		return "domain"
	case "rpc":
		return rpcService(k)
	case "ldap":
		if p == UDP {
			return "cldap"
		}
		return f
	case "netbios", "smb":
		return "netbios-ssn"
	case "iso", "s7", "mms":
		return "iso-tsap"
	case "adb", "afp", "amqp", "apcupsd", "chronyc", "openttd", "bacnet", "bgp", "coap", "diameter", "dict", "drda", "dtls", "epmd", "finger", "firebird", "fox", "ftp", "git",
		"gopher", "gtp", "ident", "imap", "ipmi", "irc", "iscsi", "kafka", "knx", "l2tp", "ldp", "llmnr", "mdns", "memcached", "mgcp",
		"minecraft", "modbus", "mongodb", "mpd", "mqtt", "munin", "mysql", "nats", "nbd", "nntp", "nrpe", "ntp", "opcua", "openvpn",
		"pcp", "pop3", "pptp", "quic", "radius", "redis", "rtcp", "rtp", "rip", "rsync", "rtmp", "rtsp", "sieve", "sip", "slp", "smpp",
		"smtp", "snmp", "ssh", "stomp", "stun", "syslog", "tacacs", "telnet", "tftp", "vnc", "whois", "wireguard", "xdmcp", "xmpp",
		"zabbix", "zookeeper", "cassandra", "bittorrent", "gearman", "dicom", "doip", "giop", "hl7", "icap", "iax2", "m3ua", "mumble",
		"natpmp", "ncp", "sflow", "tarantool", "teamspeak", "teamviewer", "bolt", "ceph", "bitcoin", "edonkey", "gnutella", "splunk",
		"bjnp", "capwap", "couchbase", "dlms", "ethereum", "fastcgi", "gvcp", "hislip", "iperf3", "isns", "msnp", "msrp", "ndmp", "netflow", "ngap", "openflow", "pcworx",
		"pfcp", "proconos", "ptp", "raknet", "rlogin", "roughtime", "rtps", "s1ap", "sap", "someip", "spice", "srt", "synchrophasor", "syncthing", "tailscale", "thrift",
		"wccp", "x2ap", "ymsg", "zmtp",
		"baichuan", "dvrip", "eiscp", "esphome", "govee", "hyperdeck", "lifx", "miio", "pjlink", "tuya", "videohub", "vmix", "wiz", "yeelight",
		"aerospike", "amxb", "binrpc", "jacktrip", "jamulus", "db2das", "aprs", "doom3", "ecowitt", "electrum", "foundationdb", "frostbite", "htsp", "jellyfin", "mythtv", "ntrip", "pppp", "quakeworld", "slimproto",
		"hazelcast", "ignite", "levin", "monetdb", "msmq", "synergy", "t3", "terraria", "pulsar", "remoting", "rocketmq", "samp",
		"artnet", "bfcp", "drbd", "enpc", "focas", "hdhomerun", "mavlink", "msdp", "osc", "radmin", "rethinkdb", "roon", "uucp", "zerotier", "zrtp",
		"dahua", "graphite", "lantronix", "clickhouse", "jdwp", "perforce", "relp", "tinc",
		"bmp", "hpsdr", "yggdrasil", "zephyr", "agentx", "ctdb", "dap", "lsp", "lustre", "memberlist", "minetest", "nebula", "pcep", "pcom", "rpcap",
		"amanda", "canna", "carbon", "fastd", "gdomap", "gridengine", "wnn":
		return f
	}
	for _, n := range [...]struct{ family, name string }{
		{"ads", "ads"},
		{"audit", "auditd"},
		{"lttng", "lttng-relayd"},
		{"lttnglive", "lttng-live"},
		{"ase", "allseeingeye"},
		{"emby", "jellyfin"},
		{"nmea", "nmea-0183"},
		{"rtltcp", "rtl_tcp"},
		{"sbs", "basestation"},
		{"tdp", "tplink-tdp"},
		{"fw1", "fw1-topology"},
		{"hana", "sap-hana"},
		{"netframing", "mc-nmf"},
		{"routeros", "routeros-api"},
		{"smi", "smart-install"},
		{"ajp", "ajp13"},
		{"bfd", "bfd-control"},
		{"cvs", "cvspserver"},
		{"dcerpc", "msrpc"},
		{"dht", "bittorrent"},
		{"dhcp", "dhcps"},
		{"dhcpv6", "dhcpv6-server"},
		{"distcc", "distccd"},
		{"dnp3", "dnp"},
		{"dropbox", "db-lsp-disc"},
		{"enip", "ethernetip"},
		{"estransport", "elasticsearch"},
		{"fins", "omron"},
		{"flashpolicy", "flashpolicy"},
		{"gesrtp", "ge-srtp"},
		{"gkrellm", "gkrellm"},
		{"h323", "h323q931"},
		{"hartip", "hart-ip"},
		{"http", "http"},
		{"http2", "http"},
		{"httpproxy", "http-proxy"},
		{"ica", "citrix"},
		{"iec104", "iec-104"},
		{"ike", "isakmp"},
		{"kerberos", "kerberos-sec"},
		{"kpasswd", "kpasswd5"},
		{"lpd", "printer"},
		{"lumberjack", "lumberjack"},
		{"mmst", "ms-streaming"},
		{"mssqlbrowser", "ms-sql-m"},
		{"mysqlx", "mysqlx"},
		{"nbdgm", "netbios-dgm"},
		{"nbns", "netbios-ns"},
		{"nessus", "nessus"},
		{"nsq", "nsqd"},
		{"nx", "nx"},
		{"pjl", "jetdirect"},
		{"profinet", "profinet-cm"},
		{"postgres", "postgresql"},
		{"quake1", "quake"},
		{"quake2", "quake2"},
		{"quake3", "quake3"},
		{"raknet", "minecraft-pe"},
		{"ras", "h323gatestat"},
		{"rdp", "ms-wbt-server"},
		{"rmcp", "asf-rmcp"},
		{"riak", "riak-pbc"},
		{"rmi", "java-rmi"},
		{"rx", "afs"},
		{"skinny", "cisco-sccp"},
		{"socks4", "socks"},
		{"socks5", "socks"},
		{"source", "steam"},
		{"spotify", "spotify-connect"},
		{"steam", "steam-ihs"},
		{"ssdp", "upnp"},
		{"tds", "ms-sql-s"},
		{"tls", "ssl"},
		{"tns", "oracle-tns"},
		{"svn", "svnserve"},
		{"openwire", "apachemq"},
		{"pulse", "pulseaudio"},
		{"tplink", "tplink-smarthome"},
		{"ubnt", "ubnt-discovery"},
		{"wsd", "ws-discovery"},
		{"x11", "X11"},
		{"melsec", "melsec-q"},
		{"codesys", "codesys"},
		{"sadp", "sadp"},
		{"mndp", "mndp"},
		{"fix", "fix"},
		{"bittracker", "bittorrent-tracker"},
		{"agora", "sd-rtn"},
		{"atg", "atg"},
		{"gamespy", "gamespy"},
		{"hadoop", "hadoop-ipc"},
		{"hbase", "hbase-rpc"},
		{"ibmmq", "ibm-mqseries"},
		{"icp", "icpv2"},
		{"iec62056", "iec62056"},
		{"megaco", "megaco-h248"},
		{"mqttsn", "mqtt-sn"},
		{"oscar", "aol"},
		{"rakpeer", "raknet"},
		{"rsh", "shell"},
		{"addp", "addp"},
		{"ard", "net-assistant"},
		{"ethersio", "ether-sio"},
		{"koyo", "koyo-ecom"},
		{"nvme", "nvme-tcp"},
		{"pcanywhere", "pcanywherestat"},
		{"rcon", "source-rcon"},
		{"redisbus", "redis-cluster"},
		{"zkelection", "zookeeper-election"},
		{"zkquorum", "zookeeper-quorum"},
		{"beanstalk", "beanstalkd"},
		{"ninep", "9pfs"},
		{"nmdc", "directconnect"},
		{"rpki", "rpki-rtr"},
		{"jsonrpc", "jsonrpc"},
		{"applemidi", "apple-midi"},
		{"cpha", "cp-cluster"},
		{"crestron", "crestron-cip"},
		{"dhip", "dahua-dhip"},
		{"fluent", "fluentd"},
		{"lorawan", "lorawan-gwmp"},
		{"mactelnet", "mac-telnet"},
		{"mobileip", "mobileip-agent"},
		{"moxa", "moxa-nport"},
		{"papi", "aruba-papi"},
		{"scpi", "scpi-raw"},
		{"speedtest", "speedtest"},
		{"twamp", "twamp-control"},
		{"xot", "x25-svc-port"},
		{"z3950", "z39.50"},
		{"utp", "bittorrent"},
	} {
		if n.family == f {
			return n.name
		}
	}
	return ""
}
