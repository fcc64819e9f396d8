package request

// Spoken names the service by the words alone: what protocol the responder's
// data are of, in the light of the originator's req (empty for a greeting). It
// is "" unless data are an answer of a protocol that needs no product to be
// known, or fit either side and are of the family that req asks for or of one
// whose responders speak first.
//
// Names are those of the IANA port register or, where it has none, of common use.
func Spoken(p Proto, req Kind, data []byte) string {
	k, side := Recognise(p, data)
	switch {
	case k == "" || side == Originator:
		return ""
	case side == Unknown && k.Family() != req.Family() && !k.Greeted():
		return ""
	case k.Family() == req.Family() && req.Family() == "rpc":
		return req.Service(p) // an answer does not repeat the program it is of
	}
	return k.Service(p)
}

// Service returns the name of the service that answers requests of kind k, ""
// where the kind is one that many services know ("help", "lines").
func (k Kind) Service(p Proto) string {
	f := k.Family()
	switch f {
	case "rpc":
		return program(k)
	case "ldap":
		if p == UDP {
			return "cldap"
		}
	case "netbios", "smb":
		return "netbios-ssn"
	case "iso", "s7", "mms":
		return "iso-tsap"
	case "adb", "afp", "amqp", "bacnet", "bgp", "coap", "diameter", "dict", "drda", "dtls", "epmd", "finger", "firebird", "fox", "ftp", "git",
		"gopher", "gtp", "ident", "imap", "ipmi", "irc", "iscsi", "kafka", "knx", "l2tp", "ldp", "llmnr", "mdns", "memcached", "mgcp",
		"minecraft", "modbus", "mongodb", "mpd", "mqtt", "munin", "mysql", "nats", "nbd", "nntp", "nrpe", "ntp", "opcua", "openvpn",
		"pcp", "pop3", "pptp", "quic", "radius", "redis", "rip", "rsync", "rtmp", "rtsp", "sieve", "sip", "slp", "smpp",
		"smtp", "snmp", "ssh", "stomp", "stun", "svn", "syslog", "tacacs", "telnet", "tftp", "vnc", "whois", "wireguard", "xdmcp", "xmpp",
		"zabbix", "zookeeper", "cassandra", "bittorrent", "gearman", "dicom", "doip", "giop", "hl7", "icap", "iax2", "m3ua", "mumble",
		"natpmp", "ncp", "sflow", "tarantool", "teamspeak", "bolt", "ceph", "bitcoin", "edonkey", "gnutella", "splunk":
		return f
	}
	for _, n := range [...]struct{ family, name string }{
		{"ads", "ads"}, {"ajp", "ajp13"}, {"bfd", "bfd-control"}, {"cvs", "cvspserver"}, {"dcerpc", "msrpc"}, {"dht", "bittorrent"},
		{"dhcp", "dhcps"}, {"dhcpv6", "dhcpv6-server"}, {"distcc", "distccd"}, {"dnp3", "dnp"}, {"dns", "domain"}, {"enip", "ethernetip"},
		{"estransport", "elasticsearch"}, {"fins", "omron"}, {"gesrtp", "ge-srtp"}, {"h323", "h323q931"}, {"hartip", "hart-ip"}, {"http", "http"},
		{"http2", "http"}, {"ica", "citrix"}, {"iec104", "iec-104"}, {"ike", "isakmp"}, {"kerberos", "kerberos-sec"}, {"kpasswd", "kpasswd5"}, {"lpd", "printer"},
		{"lumberjack", "lumberjack"}, {"mmst", "ms-streaming"}, {"mssqlbrowser", "ms-sql-m"}, {"mysqlx", "mysqlx"}, {"nbdgm", "netbios-dgm"},
		{"nbns", "netbios-ns"}, {"pjl", "jetdirect"}, {"postgres", "postgresql"}, {"quake1", "quake"}, {"quake2", "quake2"}, {"quake3", "quake3"},
		{"raknet", "minecraft-pe"}, {"rdp", "ms-wbt-server"}, {"rmcp", "asf-rmcp"}, {"rmi", "java-rmi"}, {"rx", "afs"}, {"skinny", "cisco-sccp"},
		{"socks4", "socks"}, {"socks5", "socks"}, {"source", "steam"}, {"ssdp", "upnp"}, {"tds", "ms-sql-s"}, {"tls", "ssl"}, {"tns", "oracle-tns"},
		{"tplink", "tplink-smarthome"}, {"ubnt", "ubnt-discovery"}, {"wsd", "ws-discovery"}, {"x11", "X11"}, {"jsonrpc", "jsonrpc"},
		{"melsec", "melsec-q"}, {"codesys", "codesys"}, {"sadp", "sadp"}, {"mndp", "mndp"}, {"fix", "fix"}, {"bittracker", "bittorrent-tracker"},
	} {
		if n.family == f {
			return n.name
		}
	}
	return ""
}

// program names the service behind an RPC call by its program number (RFC 5531 registry).
func program(k Kind) string {
	switch k {
	case "rpc-100000":
		return "rpcbind"
	case "rpc-100003":
		return "nfs"
	case "rpc-100005":
		return "mountd"
	case "rpc-100021":
		return "nlockmgr"
	case "rpc-100024":
		return "status"
	case "rpc-14398633":
		return "glusterd"
	}
	return "rpc"
}
