// Package request tells what a client's bytes ask for, without knowing any product.
//
// Two rooms need that knowledge: capture, to decide who is the server when no
// handshake was seen, and matcher, to find the probe whose answer a request
// provokes. It stands here once and imports nothing of the project.
//
// # How a message is recognised
//
// [Recognise] looks at the first bytes of one side and names a [Kind] and the [Side]
// that says such things. It asks recognisers, functions of the bytes that know one
// protocol each: those that the first byte allows, then those that know their
// protocol by its shape alone. The first that knows counts, so that what is sure
// stands before what is likely. None allocates, and none believes a length.
//
//	datagram ─► marked (by first byte) ─► text ─► shapes
//	stream ───► control, readable, other (by first byte) ─► shapes
//	                          └─► textual: web ─► distinct ─► opened ─► greeting ─► verbs
//
//	doc.go       - this page
//	proto.go     - the transports
//	kind.go      - what a message is called, and what its name implies
//	recognise.go - who is asked, in which order
//	bytes.go     - fields, words and classes of characters; nothing here reads behind the end
//	service.go   - the name of the service that a kind or an answer tells
//	foreign.go   - what cannot be an answer of a protocol
//
// To add a protocol, look for the file of its kind below. One that a word at the start of a
// stream gives away is a row of openings (opening.go), one that is asked by a verb a row of
// verbs (verb.go); any other is a recogniser, and stands in the lists of recognise.go. Its
// family goes into this page, and into the names of service.go if its service has one, and a message of
// each new kind into the tables of the tests (streams_test.go, datagrams_test.go).
//
// # Where a protocol is known
//
// A file lists the families of the kinds that it gives. A test holds this page against the code.
//
// Streams of text, whatever their protocol:
//
//	text.go     finger gopher ident jdwp jsonrpc lines speedtest spotify whois zookeeper
//	opening.go  ceph cvs distcc flashpolicy gkrellm gnutella hyperdeck imap irc memcached mpd munin nats nbd ncp
//	            nessus nmdc nx pjlink pop3 redis rsync scpi splunk ssh stomp svn tarantool teamspeak videohub vmix
//	greeting.go finger ftp memcached nntp reply sieve smtp
//	verb.go     cvs dict ftp help imap irc memcached mpd munin nats nntp pop3 quit redis sieve smtp stomp teamspeak
//	            torcontrol user
//
// The web, names and what secures them:
//
//	web.go      ajp fastcgi http http2 httpproxy icap mgcp rtsp sadp sip ssdp wsd
//	names.go    dns llmnr mdns nbns
//	tls.go      dtls tls
//	quic.go     quic
//	proxy.go    icp socks4 socks5
//	vpn.go      fastd ike l2tp nebula openvpn pptp wireguard yggdrasil zerotier
//
// Networks and who may use them:
//
//	lease.go    dhcp dhcpv6 mobileip natpmp pcp
//	clock.go    chronyc ntp ptp roughtime
//	router.go   bfd bgp bmp capwap cpha fw1 ldp mndp msdp openflow papi pcep rip routeros rpki smi ubnt wccp xot
//	account.go  diameter radius tacacs
//	asn1.go     kerberos kpasswd ldap ras snmp z3950
//	mobile.go   gtp m3ua ngap pfcp s1ap smpp x2ap
//	phone.go    bfcp binrpc iax2 megaco mgcp mumble skinny stun teamspeak zrtp
//
// Machines and who works on them:
//
//	windows.go  dcerpc nbdgm netbios profinet smb
//	iso.go      h323 iso mms rdp s7
//	rpc.go      rpc
//	remote.go   adb ard ica ipmi mactelnet pcanywhere radmin rdp rlogin rmcp rsh spice teamviewer telnet uucp vnc
//	desktop.go  canna gdomap pulse synergy wnn x11 xdmcp
//	printer.go  bjnp enpc lpd pjl
//	finder.go   addp hpsdr lantronix lorawan moxa slp
//	monitor.go  agentx apcupsd audit carbon collectd fluent graphite iperf3 lttng lttnglive lumberjack netflow nrpe
//	            relp rpcap sflow syslog tinc twamp zabbix
//
// Data and the programs that share them:
//
//	database.go bolt clickhouse db2das drda firebird hana monetdb mongodb mssqlbrowser mysql postgres rethinkdb tds
//	            tns
//	store.go    aerospike cassandra couchbase foundationdb hazelcast ignite memcached redis riak tcptable
//	queue.go    amqp beanstalk fix gearman ibmmq irc kafka mqtt mqttsn msmq nats nsq openwire pulsar rocketmq stomp
//	            zmtp
//	cluster.go  cassandra ctdb estransport gridengine hadoop hbase memberlist redisbus thrift zkelection zkquorum
//	            zookeeper
//	storage.go  afp amanda drbd iscsi isns lustre nbd ndmp ninep nvme rx tftp
//	object.go   epmd giop netframing remoting rmi sap t3
//	code.go     dap git lsp perforce svn
//
// People:
//
//	chat.go     irc msnp msrp oscar xmpp ymsg zephyr
//	game.go     ase doom3 frostbite gamespy minecraft minetest openttd quake1 quake2 quake3 quakeworld raknet
//	            rakpeer rcon samp source steam terraria
//	peer.go     agora bitcoin bittorrent bittracker dht dropbox edonkey electrum ethereum gnutella jsonrpc levin
//	            syncthing tailscale utp
//	media.go    amxb aprs eiscp emby hdhomerun htsp jellyfin mmst mythtv ntrip roon rtcp rtltcp rtmp rtp sbs
//	            slimproto srt
//	stage.go    applemidi artnet crestron jacktrip jamulus osc pjlink
//	camera.go   baichuan dahua dhip dvrip gvcp pppp
//	home.go     coap ecowitt esphome govee lifx miio tdp tplink tuya wiz yeelight
//
// Things:
//
//	modbus.go   modbus
//	plant.go    ads bacnet codesys dnp3 enip ethersio fins focas fox gesrtp hartip iec104 knx koyo melsec opcua pcom
//	            pcworx proconos
//	meter.go    atg dlms hislip iec62056 synchrophasor
//	vehicle.go  doip mavlink nmea rtps someip
//	clinic.go   dicom hl7
package request
