package request

import (
	"encoding/hex"
	"strings"
	"testing"
)

// h turns hexadecimal text into the bytes it stands for; what is between
// quotes is taken as it is, and "*n" repeats the byte before it n times.
func h(s string) string {
	var out []byte
	for i, part := range strings.Split(s, "'") {
		if i%2 == 1 {
			out = append(out, part...)
			continue
		}
		for _, f := range strings.Fields(part) {
			if n, ok := strings.CutPrefix(f, "*"); ok {
				c := out[len(out)-1]
				k := 0
				for _, d := range n {
					k = k*10 + int(d-'0')
				}
				for range k - 1 {
					out = append(out, c)
				}
				continue
			}
			b, err := hex.DecodeString(f)
			if err != nil {
				panic(f)
			}
			out = append(out, b...)
		}
	}
	return string(out)
}

// message is one row of the tables: bytes, and what they are.
type message struct {
	kind  Kind
	side  Side
	bytes string
}

func streams() []message {
	return []message{
		{"http-get", Originator, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
		{"http-get", Originator, "GET /x?y=z HTTP/1.0\r\n\r\n"},
		{"http-get", Originator, "GET /\r\n"},
		{"http-get", Originator, "GET /" + strings.Repeat("a", 3000)},
		{"http-head", Originator, "HEAD / HTTP/1.0\r\n\r\n"},
		{"http-post", Originator, "POST /ipp/print HTTP/1.1\r\n"},
		{"http-options", Originator, "OPTIONS / HTTP/1.0\r\n\r\n"},
		{"http-connect", Originator, "CONNECT www.example.org:443 HTTP/1.1\r\n\r\n"},
		{"httpproxy-get", Originator, "GET http://www.example.org/x HTTP/1.1\r\nHost: www.example.org\r\n\r\n"},
		{"epmd-answer", Responder, "\x00\x00\x11\x11name rabbit at port 25672\n"},
		{"apcupsd-status", Originator, "\x00\x06status"},
		{"apcupsd-answer", Responder, "\x00\x1bAPC      : 001,037,0941\n"},
		{"openwire-info", Unknown, "\x00\x00\x01\x43\x01ActiveMQ\x00\x00\x00\x0c"},
		{"socks4-answer", Responder, h("00 5a 0000 00000000")},
		{"tds-answer", Responder, h("04 01 0022 0035 01 00 fd 0100 f900 00 *16")},
		{"tds-batch", Originator, h("01 01 0026 0000 01 00 16000000 12000000 0200 00 *8 01000000 5300 4500 4c00 4500")},
		{"stun-binding", Originator, h("0001 0000 2112a442 01 *12")},
		{"teamviewer-message", Unknown, h("1130 36 00 18000000 01000000")},
		{"redis-auth", Originator, "AUTH user secret\r\nPING\r\n"},
		{"http-propfind", Originator, "PROPFIND /dav HTTP/1.1\r\n\r\n"},
		{"http-other", Originator, "BREW /pot HTTP/1.1\r\n\r\n"},
		{"http-answer", Responder, "HTTP/1.1 200 OK\r\n"},
		{"munin-cap", Unknown, "cap multigraph dirtyconfig\n"},
		{"http-icy", Responder, "ICY 200 OK\r\nicy-name:x\r\n"},
		{"http2-preface", Originator, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00"},
		{"http2-settings", Responder, h("000006 04 00 00000000 0003 00000064")},
		{"rtsp-options", Originator, "OPTIONS / RTSP/1.0\r\n\r\n"},
		{"rtsp-describe", Originator, "DESCRIBE rtsp://10.0.0.1/live RTSP/1.0\r\nCSeq: 1\r\n\r\n"},
		{"rtsp-answer", Responder, "RTSP/1.0 200 OK\r\nCSeq: 1\r\n"},
		{"sip-options", Originator, "OPTIONS sip:nm SIP/2.0\r\nVia: x\r\n"},
		{"sip-register", Originator, "REGISTER sip:example.org SIP/2.0\r\n"},
		{"sip-answer", Responder, "SIP/2.0 401 Unauthorized\r\n"},
		{"tls-hello", Originator, h("16 0301 00c8 01 0000c4 0303 5a *32 00")},
		{"tls-answer", Responder, h("16 0303 005a 02 000056 0303 5a *32 00")},
		{"tls-alert", Responder, h("15 0301 0002 02 28")},
		{"tls-data", Unknown, h("17 0303 0100 aa *64")},
		{"tls-ssl2-hello", Originator, h("802e 01 0002 0015 0000 0010 010080 020080 030080 040080 050080 060040 0700c0 11 *16")},
		{"dns-version", Originator, h("001e 0006 0100 0001 0000 0000 0000 07 'version' 04 'bind' 00 0010 0003")},
		{"dns-query", Originator, h("0021 1234 0100 0001 0000 0000 0000 03 'www' 07 'example' 03 'org' 00 00fc 0001")},
		{"dns-status", Originator, h("000c 0000 1000 0000 0000 0000 0000")},
		{"smb-negotiate1", Originator, h("00 00002f ff'SMB'72 00000000 18 0128 00 *12 0000 0000 0000 0000 00 000c 00 02'NT LM 0.12'00")},
		{"smb-answer1", Responder, h("00 000055 ff'SMB'72 00000000 98 0128 00 *12 0000 0000 0000 0000")},
		{"smb-negotiate2", Originator, h("00 000068 fe'SMB'4000 0000 00000000 0000 0000 00000000 00000000 00 *40")},
		{"smb-answer2", Responder, h("00 000068 fe'SMB'4000 0100 00000000 0000 0100 01000000 00000000 00 *40")},
		{"smb-other2", Originator, h("00 000078 fc'SMB' 70010000 0000 0100 58000000 fe'SMB'4000 0100 00000000 0700 8003 00000000 00000000 01 *40")},
		{"smb-answer2", Responder, h("00 000078 fc'SMB' 70010000 0100 0000 58000000 fe'SMB'4000 0100 00000000 0800 0100 09000000 00000000 01 *40")},
		{"smb-packed", Unknown, h("00 00004a fc'SMB' 50100000 0200 0000 00000000 b0828800 fe'SMB'4000 01 *40")},
		{"netbios-session", Originator, h("81 000044 20 'CKFDENECFDEFFCFGEFFCCACACACACACA' 00 20 'EKEDFEEIEDCACACACACACACACACACAAA' 00")},
		{"netbios-answer", Responder, h("82 000000")},
		{"rdp-cookie", Originator, h("0300 002a 25 e0 0000 0000 00 'Cookie: mstshash=nmap' 0d0a 0100 0800 03000000")},
		{"rdp-neg", Originator, h("0300 0013 0e e0 0000 0000 00 01 00 0800 03000000")},
		{"rdp-plain", Originator, h("0300 000b 06 e0 0000 0000 00")},
		{"rdp-answer", Responder, h("0300 0013 0e d0 0000 1234 00 02 1f 0800 02000000")},
		{"iso-connect", Originator, h("0300 0016 11 e0 0000 0001 00 c0010a c1020100 c2020102")},
		{"iso-answer", Responder, h("0300 0016 11 d0 0001 0003 00 c0010a c1020100 c2020102")},
		{"s7-job", Originator, h("0300 0019 02f080 32 01 0000 0000 0008 0000 f0 00 0001 0001 01e0")},
		{"ldap-bind", Originator, h("300c 020101 60 07 020103 0400 8000")},
		{"ldap-search", Originator, h("3025 020101 63 20 0400 0a0100 0a0100 020100 020100 010100 870b 'objectclass' 3000")},
		{"ldap-answer", Responder, h("300c 020101 61 07 0a0100 0400 0400")},
		{"kerberos-as", Originator, h("0000006e 6a 6c 30 6a a1 03020105 a2 0302010a a4 5e 30")},
		{"dcerpc-bind", Originator, h("05 00 0b 03 10000000 4800 0000 01000000 b810 b810 00000000")},
		{"dcerpc-answer", Responder, h("05 00 0c 03 10000000 4400 0000 01000000 b810 b810")},
		{"postgres-ssl", Originator, h("00000008 04d2162f")},
		{"postgres-startup", Originator, h("00000021 00030000 'user' 00 'postgres' 00 'database' 00 'x' 00 00")},
		{"postgres-answer", Responder, "S"},
		{"postgres-answer", Responder, h("52 0000000c 00000005 01020304")},
		{"postgres-answer", Responder, h("45 00000060 'SFATAL' 00 'VFATAL' 00 'C0A000' 00")},
		{"mysql-greeting", Responder, h("4a0000 00 0a '8.0.36' 00 08000000 11 *8 00 ffff")},
		{"mysql-error", Responder, h("450000 00 ff 6a04 'Host 192.0.2.1 is not allowed to connect to this MariaDB server'")},
		{"mysql-ssl", Originator, h("200000 01 05aeff01 00000001 21 00 *23")},
		{"mysql-login", Originator, h("280000 01 05a6ff01 00000001 21 00 *23 'root' 00 00 00 00")},
		{"tds-prelogin", Originator, h("12 01 002f 0000 00 00 00 001a 0006 01 0020 0001 02 0021 0001 03 0022 0004 04 0026 0001 ff 11000000 0000 00 00 00000000 00")},
		{"tds-answer", Responder, h("04 01 0025 0000 01 00 00 0015 0006 01 001b 0001 02 001c 0001 03 001d 0000 ff 0f0007d0 0000 00 00")},
		{"tns-connect", Originator, h("003a 0000 01 00 0000 0136 012c 0000 0800 7fff 7f08 0000 0001 0020 003a 00 *24 '(CONNECT_DATA=)'")},
		{"tns-answer", Responder, h("0049 0000 04 00 0000 22 00 003d '(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=1189))'")},
		{"mongodb-query", Originator, h("3a000000 01000000 00000000 d4070000 00000000 'admin.$cmd' 00 00000000 ffffffff 13000000 10 'isMaster' 00 01000000 00")},
		{"mongodb-msg", Originator, h("21000000 01000000 00000000 dd070000 00000000 00 0c000000 '{..}' 00000000")},
		{"mongodb-answer", Responder, h("24000000 01000000 01000000 01000000 08000000 00 *8 00000000 01000000")},
		{"cassandra-options", Originator, h("04 00 0000 05 00000000")},
		{"cassandra-answer", Responder, h("84 00 0000 06 00000016 0002 000b 'CQL_VERSION' 0001 0005 '3'")},
		{"kafka-versions", Originator, h("00000011 0012 0000 00000001 0007 'console'")},
		{"zookeeper-connect", Originator, h("0000002d 00000000 00 *8 00007530 00 *8 00000010 00 *16 00")},
		{"zookeeper-word", Originator, "srvr"},
		{"drda-excsat", Originator, h("0022 d0 41 0001 001c 1041 0018 115e")},
		{"memcached-version", Originator, "version\r\n"},
		{"memcached-stats", Originator, "stats\r\n"},
		{"memcached-get", Originator, "get some:key\r\n"},
		{"memcached-version", Originator, h("80 0b 00 *22")},
		{"memcached-answer", Responder, "VERSION 1.6.18\r\n"},
		{"redis-ping", Originator, "*1\r\n$4\r\nPING\r\n"},
		{"redis-info", Originator, "*1\r\n$4\r\ninfo\r\n"},
		{"redis-info", Originator, "INFO\r\n"},
		{"redis-answer", Responder, "-NOAUTH Authentication required.\r\n"},
		{"redis-answer", Responder, "$3265\r\n# Server\r\n"},
		{"x11-setup", Originator, h("6c00 0b00 0000 0000 0000 0000")},
		{"x11-setup", Originator, h("4200 000b 0000 0000 0000 0000")},
		{"vnc-ident", Unknown, "RFB 003.008\n"},
		{"ssh-ident", Unknown, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"},
		{"mqtt-connect", Originator, h("10 10 0004 'MQTT' 04 02 003c 0004 'abcd'")},
		{"mqtt-connack", Responder, h("20 02 00 05")},
		{"amqp-header", Originator, "AMQP\x00\x00\x09\x01"},
		{"amqp-start", Responder, h("01 0000 000001f4 000a 000a 00 09 000001cf")},
		{"stomp-connect", Originator, "CONNECT\naccept-version:1.2\n\n\x00"},
		{"stomp-answer", Responder, "CONNECTED\nserver:ActiveMQ/5\n"},
		{"nats-greeting", Responder, "INFO {\"server_id\":\"x\"} \r\n"},
		{"nats-connect", Originator, "CONNECT {\"verbose\":false}\r\nPING\r\n"},
		{"ajp-cping", Originator, h("1234 0001 0a")},
		{"ajp-answer", Responder, h("'AB' 0001 09")},
		{"rmi-handshake", Originator, "JRMI\x00\x02\x4b"},
		{"rmi-answer", Responder, h("4e 000b '192.168.1.1' 0000 d431")},
		{"giop-request", Originator, h("'GIOP' 0102 00 00 00000020")},
		{"socks4-connect", Originator, h("04 01 0050 c0000201 'u' 00")},
		{"socks4-connect", Originator, h("04 01 0050 00000001 00 'example.org' 00")},
		{"socks5-greeting", Originator, h("05 02 00 02")},
		{"socks5-answer", Responder, h("05 ff")},
		{"rpc-100000", Originator, h("80000028 12345678 00000000 00000002 000186a0 00000002 00000004 00000000 00000000 00000000 00000000")},
		{"rpc-100003", Originator, h("80000028 12345678 00000000 00000002 000186a3 00000003 00000000 00000000 00000000 00000000 00000000")},
		{"rpc-2112", Originator, h("80000028 12345678 00000000 00000002 00000840 00000002 00000000 00000000 00000000 00000000 00000000")},
		{"rpc-call", Originator, h("80000028 12345678 00000000 00000002 20000001 00000003 00000000 00000000 00000000 00000000 00000000")},
		{"rpc-answer", Responder, h("80000018 12345678 00000001 00000000 00000000 00000000 00000000")},
		{"bgp-open", Unknown, h("ff *16 001d 01 04 fde8 00b4 0a000001 00")},
		{"tacacs-authen", Originator, h("c0 01 01 00 01020304 00000020 aa *32")},
		{"diameter-cer", Originator, h("01 000014 80 000101 00000000 01020304 01020304")},
		{"pptp-start", Originator, h("009c 0001 1a2b3c4d 0001 0000 0100 0000")},
		{"iscsi-login", Originator, h("43 87 0000 00 00010b 00 *40 'InitiatorName=iqn.1993-08.org.debian:01:1' 00")},
		{"afp-status", Originator, h("00 03 0001 00000000 00000000 00000000")},
		{"afp-answer", Responder, h("01 03 0001 00000000 00000010 00000000 'abcdefghijklmnop'")},
		{"adb-connect", Originator, h("'CNXN' 00000001 00001000 07000000 32020000 bcb1a7b1 'host::' 00")},
		{"modbus-read", Originator, h("0001 0000 0006 01 03 0000 000a")},
		{"modbus-answer", Responder, h("0001 0000 0007 01 03 04 00010002")},
		{"modbus-answer", Responder, h("0001 0000 0003 01 83 02")},
		{"modbus-id", Originator, h("0001 0000 0005 01 2b 0e 01 00")},
		{"modbus-write", Unknown, h("0001 0000 0006 01 06 0001 0003")},
		{"dnp3-request", Originator, h("0564 05 c0 0100 0004 e921")},
		{"enip-identity", Originator, h("6300 0000 00000000 00000000 00 *8 00000000")},
		{"enip-register", Originator, h("6500 0400 00000000 00000000 00 *8 00000000 0100 0000")},
		{"enip-answer", Responder, h("6500 0400 0b000100 00000000 00 *8 00000000 0100 0000")},
		{"iec104-startdt", Originator, h("68 04 07000000")},
		{"iec104-answer", Responder, h("68 04 0b000000")},
		{"opcua-hello", Originator, h("'HELF' 38000000 00000000 00000100 00000100 00000000 00000000 18000000 'opc.tcp://localhost:4840'")},
		{"opcua-answer", Responder, h("'ACKF' 1c000000 00000000 ffff0000 ffff0000 00000000 00000000")},
		{"fox-hello", Originator, "fox a 1 -1 fox hello\n{\nfox.version=s:1.0\n};;\n"},
		{"fox-answer", Responder, "fox a 0 -1 fox hello\n{\nfox.version=s:1.0.1\n"},
		{"ads-info", Originator, h("0000 20000000 0a000001 0101 1027 0a000002 0101 0180 0100 0400 00000000 00000000 01000000")},
		{"dicom-associate", Originator, h("01 00 000000cd 0001 0000 'ANY-SCP         ECHOSCU         ' 00 *32")},
		{"smtp-ehlo", Originator, "EHLO client.example.org\r\n"},
		{"smtp-helo", Originator, "helo x\r\n"},
		{"smtp-greeting", Responder, "220 mail.example.org ESMTP Postfix\r\n"},
		{"ftp-greeting", Responder, "220 (vsFTPd 3.0.3)\r\n"},
		{"ftp-auth", Originator, "AUTH TLS\r\n"},
		{"ftp-feat", Originator, "FEAT\r\n"},
		{"user", Originator, "USER anonymous\r\n"},
		{"pop3-answer", Responder, "+OK Dovecot ready.\r\n"},
		{"pop3-capa", Originator, "CAPA\r\n"},
		{"imap-answer", Responder, "* OK [CAPABILITY IMAP4rev1] ready.\r\n"},
		{"imap-capability", Originator, "a001 CAPABILITY\r\n"},
		{"irc-nick", Originator, "NICK me\r\nUSER me 0 * :Me\r\n"},
		{"irc-answer", Responder, ":irc.example.org NOTICE * :*** Looking up your hostname\r\n"},
		{"xmpp-stream", Originator, "<?xml version='1.0'?><stream:stream to='example.org' xmlns='jabber:client' version='1.0'>"},
		{"xmpp-answer", Responder, "<?xml version='1.0'?><stream:stream from='example.org' id='1' version='1.0'>"},
		{"telnet-iac", Responder, h("fffd18 fffd20 fffd23")},
		{"telnet-iac", Unknown, h("fffd03 fffb03")},
		{"telnet-iac", Originator, h("fffd03 fffb18 fffb1f")},
		{"ident-query", Originator, "6193, 23\r\n"},
		{"ident-answer", Responder, "6193, 23 : USERID : UNIX : root\r\n"},
		{"whois-query", Originator, "example.org\r\n"},
		{"rsync-ident", Unknown, "@RSYNCD: 31.0\n"},
		{"git-proto", Originator, "0033git-upload-pack /project.git\x00host=example.org\x00"},
		{"svn-greeting", Responder, "( success ( 2 2 ( ) ( edit-pipeline ) ) ) "},
		{"svn-client", Originator, "( 2 ( edit-pipeline svndiff1 ) 20:svn://example.org/a ) "},
		{"cvs-auth", Originator, "BEGIN AUTH REQUEST\n/cvs\nanonymous\nA\nEND AUTH REQUEST\n"},
		{"lines", Originator, "\r\n\r\n"},
		{"help", Originator, "HELP\r\n"},
		{"quit", Originator, "QUIT\r\n"},
		{"epmd-names", Originator, h("0001 6e")},
		{"lpd-job", Originator, "\x01default\n"},
		{"pjl-info", Originator, "\x1b%-12345X@PJL INFO ID\r\n"},
		{"minecraft-status", Originator, h("10 00 fd05 09 '127.0.0.1' 63dd 01 01 00")},
		{"minecraft-legacy", Originator, h("fe01")},
		{"bittorrent-handshake", Unknown, "\x13BitTorrent protocol\x00\x00\x00\x00\x00\x10\x00\x05"},
		{"zabbix-request", Originator, h("'ZBXD' 01 2f00000000000000 '{\"request\":\"active checks\",\"host\":\"x\"}'")},
		{"munin-greeting", Responder, "# munin node at web1\n"},
		{"mpd-greeting", Responder, "OK MPD 0.23.5\n"},
		{"jsonrpc-mining", Originator, `{"id":1,"method":"mining.subscribe","params":[]}` + "\n"},
		{"http-get", Originator, "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\nGET / HTTP/1.1\r\n\r\n"},
	}
}

func datagrams() []message {
	dhcp := h("01 01 06 00 01020304 00 *228 63825363 350101 ff")
	return []message{
		{"dns-version", Originator, h("0006 0100 0001 0000 0000 0000 07 'version' 04 'bind' 00 0010 0003")},
		{"dns-query", Originator, h("1234 0100 0001 0000 0000 0000 03 'www' 07 'example' 03 'org' 00 0001 0001")},
		{"dns-query", Originator, h("1234 0120 0001 0000 0000 0001 03 'www' 07 'example' 03 'org' 00 0001 0001 00 0029 1000 00000000 0000")},
		{"dns-answer", Responder, h("1234 8180 0001 0001 0000 0000 03 'www' 07 'example' 03 'org' 00 0001 0001 c00c 0001 0001 00000e10 0004 c0000201")},
		{"dns-status", Originator, h("0000 1000 0000 0000 0000 0000")},
		{"mdns-services", Originator, h("0000 0000 0001 0000 0000 0000 09 '_services' 07 '_dns-sd' 04 '_udp' 05 'local' 00 000c 0001")},
		{"mdns-query", Originator, h("0000 0000 0001 0000 0000 0000 04 '_ipp' 04 '_tcp' 05 'local' 00 000c 8001")},
		{"mdns-answer", Responder, h("0000 8400 0000 0001 0000 0000 04 'host' 05 'local' 00 0001 8001 00000078 0004 c0000201")},
		{"llmnr-query", Originator, h("1234 0000 0001 0000 0000 0000 04 'wpad' 00 0001 0001")},
		{"nbns-status", Originator, h("80f0 0010 0001 0000 0000 0000 20 'CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' 00 0021 0001")},
		{"nbns-query", Originator, h("80f0 0110 0001 0000 0000 0000 20 'FHEPFCELEHFCEPFFFACACACACACACABL' 00 0020 0001")},
		{"nbns-answer", Responder, h("80f0 8400 0000 0001 0000 0000 20 'CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' 00 0021 0001 00000000 0001 00")},
		{"ntp-client", Originator, h("e3 00 04 fa 0001 0000 0001 0000 00 *28 c54f234b 71b152f3")},
		{"ntp-answer", Responder, h("24 02 04 ec 00000100 00000100 c0000201 c54f234b 71b152f3 c54f234b 71b152f3 c54f234b 71b152f3 c54f234b 71b152f3")},
		{"chronyc-request", Originator, h("06 01 0000 0021 0000 01020304 00 *8 00 *84")},
		{"chronyc-answer", Responder, h("06 02 0000 0021 0005 0000 0000 0000 0000 01020304 00 *8")},
		{"openttd-find", Originator, h("03 00 00")},
		{"mgcp-command", Unknown, "RSIP 262662134 *@vg224 MGCP 0.1\nRM: graceful\n"},
		{"mgcp-answer", Unknown, "200 262662134 OK\n"},
		{"quic-gquic", Originator, h("0d 0102030405060708 'Q043' 01 00 *30")},
		{"quic-answer", Responder, h("8f 00000001 00 08 0102030405060708 00 449e aa *1190")},
		{"dns-query", Originator, h("1234 0100 0001 0000 0000 0000 04 'host' 05 'local' 00 0001 0001")},
		{"ntp-control", Originator, h("16 02 0001 0000 0000 0000 0000")},
		{"ntp-private", Originator, h("17 00 03 2a 00000000")},
		{"snmp-v1-get", Originator, h("3026 020100 0406 'public' a0 19 020101 020100 020100 300e 300c 0608 2b06010201010100 0500")},
		{"snmp-v2-get", Originator, h("3026 020101 0406 'public' a0 19 020101 020100 020100 300e 300c 0608 2b06010201010100 0500")},
		{"snmp-v2-answer", Responder, h("3026 020101 0406 'public' a2 19 020101 020100 020100 300e 300c 0608 2b06010201010100 0400")},
		{"snmp-v3-get", Originator, h("303a 020103 300f 02024a69 0203 00ffe3 040104 020103 0410 300e 0400 020100 020100 0400 0400 0400")},
		{"snmp-v3-answer", Responder, h("303a 020103 300f 02024a69 0203 00ffe3 040100 020103 0410")},
		{"rpc-100000", Originator, h("12345678 00000000 00000002 000186a0 00000002 00000004 00000000 00000000 00000000 00000000")},
		{"kerberos-as", Originator, h("6a 81 6e 30 81 6b a1 03020105 a2 0302010a a4 815e 30")},
		{"kerberos-answer", Responder, h("7e 44 30 42 a0 03020105 a1 0302011e")},
		{"ldap-search", Originator, h("3025 020101 63 20 0400 0a0100 0a0100 020100 020100 010100 870b 'objectclass' 3000")},
		{"radius-access", Originator, h("01 67 0026 22 *16 0108 'nobody' 040a '0123456' 00")},
		{"radius-answer", Responder, h("03 67 0014 22 *16")},
		{"dhcp-discover", Originator, dhcp},
		{"dhcp-answer", Responder, "\x02" + dhcp[1:]},
		{"dhcpv6-solicit", Originator, h("01 123456 0001 000a 0003 0001 001122334455 0008 0002 0000")},
		{"tftp-mail", Originator, h("0001 'startup.cfg' 00 'mail' 00")},
		{"tftp-read", Originator, h("0001 'startup.cfg' 00 'octet' 00")},
		{"tftp-answer", Responder, h("0005 0001 'File not found' 00")},
		{"syslog-message", Originator, "<34>Oct 11 22:14:15 host su: failed"},
		{"stun-binding", Originator, h("0001 0000 2112a442 01 *12")},
		{"stun-answer", Responder, h("0101 000c 2112a442 01 *12 0020 0008 0001 a147 e112a643")},
		{"stun-allocate", Originator, h("0003 0008 2112a442 01 *12 0019 0004 11000000")},
		{"coap-get", Originator, h("40 01 01ce bb '.well-known' 04 'core'")},
		{"coap-answer", Responder, h("60 45 01ce c1 28 ff '</x>'")},
		{"coap-ping", Originator, h("40 00 1234")},
		{"bacnet-whois", Originator, h("81 0b 000c 01 20 ffff 00 ff 10 08")},
		{"bacnet-read", Originator, h("81 0a 0011 01 04 00 05 01 0c 0c 023fffff 19 4b")},
		{"bacnet-iam", Responder, h("81 0b 0018 01 20 ffff 00 ff 10 00 c4 02000001 22 0400 91 00 21 00")},
		{"enip-identity", Originator, h("6300 0000 00000000 00000000 00 *8 00000000")},
		{"fins-id", Originator, h("80 00 02 00 00 00 00 63 00 ef 05 01 00")},
		{"knx-search", Originator, h("0610 0201 000e 08 01 c0a80101 1234")},
		{"ike-main", Originator, h("11 *8 00 *8 01 10 02 00 00000000 0000001c")},
		{"ike-v2", Originator, h("11 *8 00 *8 21 20 22 08 00000000 0000001c")},
		{"ike-v2", Originator, h("00000000 11 *8 00 *8 21 20 22 08 00000000 0000001c")},
		{"ike-answer", Responder, h("11 *8 22 *8 21 20 22 20 00000000 0000001c")},
		{"openvpn-reset", Originator, h("38 0102030405060708 00 00000000")},
		{"openvpn-answer", Responder, h("40 0102030405060708 01 00000000 1112131415161718 00000000")},
		{"wireguard-init", Originator, h("01 000000 aa *144")},
		{"l2tp-sccrq", Originator, h("c802 0014 0000 0000 0000 0000 8008 0000 0000 0001")},
		{"gtp-echo", Originator, h("32 01 0004 00000000 0000 0000")},
		{"dtls-hello", Originator, h("16 feff 0000 000000000000 0036 01 00002a 0000 000000 00002a fefd 11 *32")},
		{"dtls-answer", Responder, h("16 feff 0000 000000000000 0036 03 00002a 0000 000000 00002a fefd 11 *32")},
		{"quic-initial", Originator, h("c3 00000001 08 0102030405060708 00 00 449e aa *1190")},
		{"quic-versions", Responder, h("ff 00000000 00 08 0102030405060708 00000001 ff00001d")},
		{"ssdp-msearch", Originator, "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n"},
		{"ssdp-notify", Responder, "NOTIFY * HTTP/1.1\r\nNT: x\r\n\r\n"},
		{"ssdp-answer", Responder, "HTTP/1.1 200 OK\r\nST: x\r\n\r\n"},
		{"wsd-probe", Originator, `<?xml version="1.0"?><s:Envelope xmlns:a="x"><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>`},
		{"wsd-answer", Responder, `<?xml version="1.0"?><s:Envelope xmlns:a="x"><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action>`},
		{"sip-options", Originator, "OPTIONS sip:nm SIP/2.0\r\n\r\n"},
		{"source-info", Originator, "\xff\xff\xff\xffTSource Engine Query\x00"},
		{"source-answer", Responder, "\xff\xff\xff\xffI\x11Server name\x00map\x00"},
		{"quake3-status", Originator, "\xff\xff\xff\xffgetstatus\n"},
		{"dht-ping", Originator, "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"},
		{"dht-answer", Responder, "d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re"},
		{"ipmi-auth", Originator, h("0600 ff 07 00 00000000 00000000 09 20 18 c8 81 04 38 8e 04 b5")},
		{"ipmi-answer", Responder, h("0600 ff 07 00 00000000 00000000 10 81 1c 63 20 04 38 00 0e 04 00")},
		{"rmcp-ping", Originator, h("0600 ff 06 000011be 80 00 00 00")},
		{"xdmcp-query", Originator, h("0001 0002 0001 00")},
		{"xdmcp-answer", Responder, h("0001 0005 0008 0000 0002 'ab' 0000")},
		{"slp-request", Originator, h("02 01 00001d 0000 000000 1234 0002 'en' 0000 0003 'abc' 0000 0000 0000")},
		{"mumble-ping", Originator, h("00000000 0102030405060708")},
		{"memcached-stats", Originator, h("0001 0000 0001 0000 'stats' 0d0a")},
		{"ubnt-discovery", Originator, h("01000000")},
		{"mssqlbrowser-list", Originator, h("02")},
		{"natpmp-address", Originator, h("0000")},
		{"raknet-ping", Originator, h("01 0000000000000001 00ffff00fefefefefdfdfdfd12345678 0000000000000002")},
		{"iax2-new", Originator, h("8001 0000 00000000 00 00 06 1e")},
		{"rip-request", Originator, h("01 02 0000 0000 0000 00000000 00000000 00000000 00000010")},
		{"netflow-v5", Originator, h("0005 0001 00 *20 00 *48")},
	}
}

func TestRecognise(t *testing.T) {
	for p, table := range messages() {
		for _, m := range table {
			k, s := Recognise(p, []byte(m.bytes))
			if k != m.kind || s != m.side {
				t.Errorf("%v %.60q: %q %d, want %q %d", p, m.bytes, k, s, m.kind, m.side)
			}
			want := m.kind
			if m.side == Responder {
				want = ""
			}
			if k := Classify(p, []byte(m.bytes)); k != want {
				t.Errorf("Classify %v %.60q: %q, want %q", p, m.bytes, k, want)
			}
		}
	}
}

// What is not a known protocol must not be taken for one.
func TestUnknown(t *testing.T) {
	for _, s := range []string{
		h("05 03 040000"), "", "\x00", "A", "hello world", "\x00\x00\x00\x00\x00\x00\x00\x00", strings.Repeat("A", 1000), strings.Repeat("\xff", 64),
		"The quick brown fox\r\n", "GETTING on\r\n", "\x16\x03\x01\x00", "\x80\x80\x01", "12:30 o'clock\r\n", "{}", "\x30\x82", "\x03\x00\x01",
		strings.Repeat("\xaa\x55", 600), "\x05\x03\x10\x00",
		"\xa7\x41\x03\x2a\x12\x34\x0f\x00 of 8 bytes", "\x50" + strings.Repeat("\x0b", 400), // NTP's mode 7 and OpenVPN's third reset, but for a field
	} {
		for _, p := range []Proto{TCP, UDP, SCTP, 0} {
			if k, side := Recognise(p, []byte(s)); k != "" || side != Unknown {
				t.Errorf("%v %.40q: taken for %q %d", p, s, k, side)
			}
		}
	}
}

// No message may fall into another kind when its end is cut off: less is
// known then, never something else. One family may know itself by more or less.
func TestCut(t *testing.T) {
	for p, table := range messages() {
		for _, m := range table {
			for n := range len(m.bytes) {
				k, _ := Recognise(p, []byte(m.bytes[:n]))
				if n >= 16 && k != "" && k != "reply" && k.Family() != m.kind.Family() && m.kind != "openvpn-answer" && (m.bytes[0] != '{' || k.Family() != "jsonrpc") { // JSON is JSON at least
					t.Errorf("%v %q: %d bytes of %q taken for %q", p, m.kind, n, m.bytes, k)
					break
				}
			}
		}
	}
}

func TestAllocations(t *testing.T) {
	for p, table := range messages() {
		for _, m := range table {
			b := []byte(m.bytes)
			if n := testing.AllocsPerRun(10, func() { Recognise(p, b) }); n != 0 {
				t.Errorf("%q: %v allocations", m.kind, n)
			}
		}
	}
}

func fuzz(f *testing.F, look func(*testing.T, Proto, []byte)) {
	for p, table := range messages() {
		for _, m := range table {
			f.Add(uint8(p), []byte(m.bytes))
		}
	}
	f.Fuzz(func(t *testing.T, p uint8, b []byte) { look(t, Proto(p&3), b) })
}

func FuzzClassify(f *testing.F) {
	fuzz(f, func(t *testing.T, p Proto, b []byte) {
		if k := Classify(p, b); k != "" && (k.Family() == "" || SideOf(p, b) == Responder) {
			t.Errorf("%q is a request of a responder", k)
		}
	})
}

func FuzzSideOf(f *testing.F) {
	fuzz(f, func(t *testing.T, p Proto, b []byte) {
		if k, s := Recognise(p, b); s != Unknown && k == "" {
			t.Errorf("side %d of nothing", s)
		}
		Spoken(p, Classify(p, b), b)
	})
}

func bench(b *testing.B, p Proto, table []message) {
	rows := make([][]byte, len(table))
	for i, m := range table {
		rows[i] = []byte(m.bytes)
	}
	b.ReportAllocs()
	for i := range b.N {
		Classify(p, rows[i%len(rows)])
	}
}

func BenchmarkClassifyStream(b *testing.B)   { bench(b, TCP, streams()) }
func BenchmarkClassifyDatagram(b *testing.B) { bench(b, UDP, datagrams()) }
func BenchmarkClassifyUnknown(b *testing.B) {
	bench(b, TCP, []message{{bytes: strings.Repeat("\xaa\x55", 700)}, {bytes: strings.Repeat("word ", 200)}})
}

// The end of a request's line, where a segment happens to begin, is no status line.
func TestRequestLineInTwo(t *testing.T) {
	if k, s := Recognise(TCP, []byte("HTTP/1.1\r\nHost: a\r\n\r\n")); s == Responder {
		t.Errorf("taken for %q", k)
	}
}
