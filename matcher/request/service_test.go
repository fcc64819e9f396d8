package request

import "testing"

func TestSpoken(t *testing.T) {
	for _, tt := range []struct {
		name string
		p    Proto
		req  Kind
		data string
		want string
	}{
		{"nothing", TCP, "http-get", "", ""},
		{"an answer needs no request", TCP, "", "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", "http"},
		{"a request is no answer", TCP, "", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", ""},
		{"the words decide, not what was asked", TCP, "http-get", "SSH-2.0-OpenSSH_9.2\r\n", "ssh"},
		{"both sides say it", TCP, "bittorrent-handshake", "\x13BitTorrent protocol\x00", "bittorrent"},
		{"what was asked, by the wrong side", TCP, "smb-negotiate1", "\x00\x00\x00\x23\xffSMB\x72\x00\x00\x00\x00\x18\x01\x28", "netbios-ssn"},
		{"an answer of no known shape", TCP, "kafka-versions", "\x00\x00\x00\x06\x00\x00\x00\x01\x00\x00", "kafka"},
		{"… to what is asked of any port", TCP, "ldap-bind", "what?", ""},
		{"a record, to a word", TCP, "zookeeper-word", "\x00\x00\x00\x14\x00\x00\x00\x01\x00\x00", ""},
		{"a record of ZooKeeper's, to one", TCP, "zookeeper-connect", "\x00\x00\x00\x14\x00\x00\x00\x01\x00\x00", "zookeeper"},
		{"HTTP/0.9", TCP, "http-get", "<html>hello</html>", "http"},
		{"Redis", TCP, "redis-auth", "+OK\r\n", "redis"},
		{"Redis or POP3", TCP, "", "+OK\r\n", ""},
		{"POP3", TCP, "", "+OK ready\r\n", "pop3"},
		{"ldap", TCP, "ldap-bind", "0\x0c\x02\x01\x01a\x07\x0a\x01\x00\x04\x00\x04\x00", "ldap"},
		{"quic", UDP, "quic-initial", "\x40abcdefgh", "quic"},
		{"dns", UDP, "dns-query", "\x12\x34\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01", "domain"},
		{"rpc by the program called", UDP, "rpc-100003", "\x98\x39\x28\xf7\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "nfs"},
		{"kadmin by the program called", TCP, "rpc-2112", "\x80\x00\x00\x18\x98\x39\x28\xf7\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "kerberos-adm"},
		{"a program that has no name here", UDP, "rpc-call", "\x98\x39\x28\xf7\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "rpc"},
	} {
		if got := Spoken(tt.p, tt.req, []byte(tt.data)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
