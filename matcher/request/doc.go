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
//	payload.go   - the name of the service that SCTP's payload protocol identifier tells
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
//	opening.go  arangodb beep ceph cvs distcc dtn flashpolicy gh0st gkrellm gnutella hyperdeck imap irc jxta memcached
//	            mpd munin nats nbd ncp nessus netbus nmdc nx pjlink pop3 redis rsync scpi splunk ssh stomp subseven svn
//	            tarantool teamspeak torcontrol videohub vmix
//	greeting.go finger ftp memcached nntp reply sieve smtp
//	verb.go     cvs dict ftp help imap irc memcached mpd munin nats nntp pop3 quit redis sieve smtp stomp teamspeak
//	            torcontrol user
//	classic.go  dbus ntalk qmqp qmtp rwho
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
//	lease.go    dhcp dhcpfailover dhcpv6 mobileip natpmp pcp
//	clock.go    chronyc ntp ptp roughtime
//	router.go   bfd bgp bmp btest capwap cpha dlsw fw1 ldp lspping mndp msdp openflow papi pcep rip routeros rpki smi
//	            ubnt wccp winbox xot
//	mesh.go     babel dlep olsr
//	account.go  diameter radius tacacs
//	policy.go   ancp cops lisp pana sxp
//	asn1.go     kerberos kpasswd ldap ras snmp z3950
//	mobile.go   gtp m3ua ngap pfcp s1ap sgsap smpp x2ap
//	phone.go    bfcp binrpc csta iax2 megaco mgcp mumble skinny stun teamspeak zrtp
//
// Machines and who works on them:
//
//	windows.go  dcerpc nbdgm netbios profinet smb swarm wins
//	iso.go      h323 iso mms rdp s7
//	rpc.go      rpc
//	remote.go   adb ard ica ipmi lockdown mactelnet njrat pcanywhere radmin rdp rlogin rmcp rsh spice teamviewer telnet
//	            uucp vnc
//	desktop.go  canna gdomap pulse synergy wnn x11 xdmcp
//	printer.go  bjnp enpc lpd pjl
//	finder.go   addp hpsdr lantronix lorawan moxa slp
//	monitor.go  agentx apcupsd audit carbon collectd fluent graphite iperf3 lttng lttnglive lumberjack netflow nrpe
//	            relp rpcap sflow syslog tinc twamp zabbix
//	bench.go    iperf
//
// Data and the programs that share them:
//
//	database.go bolt clickhouse db2das drda firebird hana informix monetdb mongodb mssqlbrowser mysql postgres rethinkdb
//	            tds tns
//	store.go    aerospike cassandra couchbase foundationdb hazelcast hotrod ignite memcached redis riak tcptable
//	trade.go    kdb soupbintcp
//	queue.go    amqp beanstalk fix gearman ibmmq irc kafka mqtt mqttsn msmq nanomsg nats nsq openwire pulsar rocketmq
//	            stomp zmtp
//	cluster.go  cassandra ctdb estransport gridengine hadoop hbase hdfs memberlist redisbus thrift zkelection zkquorum
//	            zookeeper
//	storage.go  afp amanda drbd iscsi isns lustre nbd ndmp ninep nvme rx tftp
//	object.go   epmd giop netframing remoting rmi sap t3
//	code.go     dap git lsp perforce svn
//
// People:
//
//	chat.go     discord gadugadu irc msnp msrp mtproto oscar whatsapp xmpp ymsg zephyr
//	game.go     ase battleye doom3 enet frostbite gamespy minecraft minetest openttd quake1 quake2 quake3 quakeworld
//	            raknet rakpeer rcon samp source steam terraria wow
//	peer.go     agora bitcoin bittorrent bittracker dht dropbox edonkey electrum ethereum gnutella jsonrpc levin
//	            soulseek syncthing tailscale utp
//	media.go    amxb aprs eiscp emby hdhomerun htsp jellyfin mmst mythtv ntrip roon rtcp rtltcp rtmp rtp sbs slimproto
//	            srt udt
//	stage.go    applemidi artnet crestron ember jacktrip jamulus mos osc pjlink
//	radio.go    avr beast s5066
//	camera.go   baichuan dahua dhip dvrip gvcp pppp
//	home.go     coap ecowitt esphome govee lifx miio tdp tplink tuya wiz yeelight
//	gadget.go   atem broadlink kinet loxone magichome matter milight orvibo visca zip
//
// Things:
//
//	modbus.go   modbus
//	plant.go    ads bacnet codesys dnp3 enip ethersio fins focas fox gesrtp hartip iec104 knx koyo melsec opcua pcom
//	            pcworx proconos
//	factory.go  ethercat melsec modbus
//	meter.go    atg dlms hislip iec62056 synchrophasor
//	vehicle.go  doip mavlink nmea rtps someip trdp xcp
//	robot.go    llrp tcpros
//	clinic.go   dicom hl7
package request
