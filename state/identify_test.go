package state

import (
	"testing"

	"earshot/matcher"
	"earshot/matcher/request"
)

func TestMatching(t *testing.T) {
	f, err := matcher.ParseFile("t.probes", []byte("Probe TCP NULL q||\nmatch ssh m|^SSH-2.0-(\\S+)| p/$1/\nsoftmatch ftp m|^220 |\nsoftmatch odd m|^HTTP/1|\nsoftmatch telnet m|^\xff\xfb|\nmatch ovsdb m=^.\"id\":0,\"result\":.\"Open=\n"+
		"Probe TCP GetRequest q|GET / HTTP/1.0\\r\\n\\r\\n|\nmatch http m|^HTTP/1.. 200 .*\\r\\nServer: (\\w+)|s p/$1/\n"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := matcher.New(matcher.Options{Validate: true}, f)
	if err != nil {
		t.Fatal(err)
	}
	identify := Matching(db)
	bind := "\x05\x00\x0b\x03\x10\x00\x00\x00\x48\x00\x00\x00\x01\x00\x00\x00\xd0\x16\xd0\x16\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00" +
		"\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\x00\x2b\x14\xa0\xfa\x03\x00\x00\x00\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00\x2b\x10\x48\x60\x02\x00\x00\x00"
	for _, c := range []struct {
		name      string
		req, data string
		want      matcher.Result
	}{
		{"greeting", "", "SSH-2.0-x\r\n", matcher.Result{Kind: matcher.Hard, Service: "ssh", Probe: "NULL", Fields: matcher.Fields{Product: "x"}}},
		{"known request", "GET /a HTTP/1.1\r\nHost: b\r\n\r\n", "HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n", matcher.Result{Kind: matcher.Hard, Service: "http", Probe: "GetRequest", Fields: matcher.Fields{Product: "nginx"}}},
		{"words of a known shape", "\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x01", "\x00\x01\x00\x00\x00\x05\x01\x03\x02\x00\x07", matcher.Result{Service: "modbus"}},
		{"a service inside JSON-RPC", `{"id":0,"method":"list_dbs","params":[]}`, `{"id":0,"result":["Open_vSwitch"]}`, matcher.Result{Kind: matcher.Hard, Service: "ovsdb", Probe: "NULL", Any: true}},
		{"nothing known", "\xfe\xfe", "\xfd\xfc", matcher.Result{}},
		{"the question again", "hello there\r\n", "hello there\r\n", matcher.Result{Service: "echo"}},
		{"a known question again", "GET /a HTTP/1.1\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n", matcher.Result{Service: "echo"}},
		{"a slight line, to a question that nobody knows", "\xfe\xfe", "\xff\xfb\x01", matcher.Result{Service: "telnet", Probe: "NULL", Any: true}},
		{"a slight line, to no question", "", "\xff\xfb\x01", matcher.Result{Kind: matcher.Soft, Service: "telnet", Probe: "NULL"}},
		{"who takes log lines, and answers", "<34>Oct 11 22:14:15 host su: failed", "SSH-2.0-x\r\n", matcher.Result{Kind: matcher.Hard, Service: "ssh", Probe: "NULL", Any: true, Fields: matcher.Fields{Product: "x"}}},
		{"who takes log lines", "<34>Oct 11 22:14:15 host su: failed", "", matcher.Result{Service: "syslog", Any: true}},
		{"peers that say the same bytes", "\x00\x01\x02\x03", "\x00\x01\x02\x03", matcher.Result{}},
		{"both sides of SSH", "SSH-2.0-x\r\n", "SSH-2.0-x\r\n", matcher.Result{Kind: matcher.Hard, Service: "ssh", Probe: "NULL", Fields: matcher.Fields{Product: "x"}}},
		{"a sentence is no JSON", `{"id":1,"method":"RPCServer.GetVersion","params":[{}]}` + "\n", "Econnection refused\x00\x00", matcher.Result{}},
		{"a sentence is no DCE/RPC", bind, "421 Service not available, all interfaces are down\r\n", matcher.Result{}},
		{"a word that is not memcached's", "version\n", "PROTOCOL EKEYD/1\nOK\n", matcher.Result{}},
		{"memcached's own", "version\r\n", "VERSION 1.6.18\r\n", matcher.Result{Service: "memcached"}},
		{"memcached's items", "stats cachedump 1 0\r\n", "ITEM a [3 b; 0 s]\r\nEND\r\n", matcher.Result{Service: "memcached", Any: true}},
		{"memcached's refusal", "stats\r\n", "ERROR\r\n", matcher.Result{Service: "memcached"}},
		{"Redis' refusal", "PING\r\n", "-NOAUTH Authentication required.\r\n", matcher.Result{Service: "redis"}},
		{"IRC's refusal", "NICK probe\r\nUSER probe 0 * :probe\r\n", "ERROR :Closing Link: (Throttled)\r\n", matcher.Result{Service: "irc", Probe: "NULL"}},
		{"memcached's miss", "get a\r\n", "NF\r\n", matcher.Result{Service: "memcached", Any: true}},
		{"a word that is not Redis'", "PING\r\n", "PROTOCOL EKEYD/1\nOK\n", matcher.Result{}},
		{"a number is not IRC", "NICK probe\r\nUSER probe 0 * :probe\r\n", "2 Empire server ready\r\n", matcher.Result{Probe: "NULL"}},
		{"a zero is not RELP", "1 open 85 relp_version=0\nrelp_software=x\ncommands=syslog\n", "\x00\x00\x00\x01\x01", matcher.Result{}},
		{"an unknown answer to DCE/RPC", bind, "\x05\x01\xff\xff\xff\xff\xff\xff\xff\xff", matcher.Result{Service: "msrpc"}},
		{"an unknown answer to a known request", "GET /a HTTP/1.1\r\nHost: b\r\n\r\n", "\xfd\xfc", matcher.Result{Service: "http", Any: true, Probe: "GetRequest"}},
	} {
		got := identify(request.TCP, request.Classify(request.TCP, []byte(c.req)), []byte(c.req), []byte(c.data), 0)
		got.File, got.Line = "", 0
		if got.Kind != c.want.Kind || got.Service != c.want.Service || got.Probe != c.want.Probe || got.Product != c.want.Product || got.Any != c.want.Any {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestIdentifyCut: what a capture cut off is no value, and no echo either.
func TestIdentifyCut(t *testing.T) {
	f, err := matcher.ParseFile("t.probes", []byte("Probe TCP GetRequest q|GET / HTTP/1.0\\r\\n\\r\\n|\nmatch http m|^HTTP/1.. 200 OK\\r\\nServer: ([^\\r\\n]+)| p/$1/\n"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := matcher.New(matcher.Options{}, f)
	if err != nil {
		t.Fatal(err)
	}
	identify := Matching(db)
	get := []byte("GET / HTTP/1.0\r\n\r\n")
	for _, c := range []struct {
		name, req, data string
		cut             int
		service         string
		product         string
	}{
		{"whole", string(get), "HTTP/1.0 200 OK\r\nServer: Simply\r\n\r\n", 0, "http", "Simply"},
		{"its end is missing", string(get), "HTTP/1.0 200 OK\r\nServer: Simpl", 30, "http", ""},
		{"something else stands there", string(get), "HTTP/1.0 200 OK\r\nServer: Simpl<!doctype html>\r\n", 30, "http", ""},
		{"missing behind it", string(get), "HTTP/1.0 200 OK\r\nServer: Simply\r\n\r\n", 33, "http", "Simply"},
		{"an echo", "hello there\r\n", "hello there\r\n", 0, "echo", ""},
		{"as much of an answer as of the question", "hello there\r\n", "hello there\r\n", 13, "", ""},
	} {
		r := identify(request.TCP, request.Classify(request.TCP, []byte(c.req)), []byte(c.req), []byte(c.data), c.cut)
		if r.Service != c.service || r.Product != c.product {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
	ping := []byte("\x00\x00\x00\x00abcdefgh") // Mumble's, if there is no more of it
	for cut, want := range map[int]string{0: "mumble", 12: ""} {
		if r := identify(request.UDP, request.Classify(request.UDP, ping), ping, ping, cut); r.Service != want {
			t.Errorf("a datagram of 12 bytes, cut at %d: %+v", cut, r)
		}
	}
}

// A line found among all lines is believed if it names what the words are of, and over UDP, where nothing else tells,
// what was asked for.
func TestBelievable(t *testing.T) {
	for _, c := range []struct {
		kind          matcher.Kind
		service       string
		p             request.Proto
		spoken, asked string
		want          bool
	}{
		{matcher.Hard, "ssh", request.TCP, "", "", true},
		{matcher.Hard, "ssh", request.TCP, "ssh", "http", true},
		{matcher.Hard, "ssh", request.TCP, "ftp", "", false},
		{matcher.Hard, "ovsdb", request.TCP, "jsonrpc", "", true},
		{matcher.Soft, "ovsdb", request.TCP, "jsonrpc", "", false},
		{matcher.Hard, "ssh", request.TCP, "", "http", true},
		{matcher.Hard, "snmp", request.UDP, "", "ntp", false},
		{matcher.Hard, "snmp", request.UDP, "", "snmp", true},
		{matcher.Hard, "snmp", request.UDP, "snmp", "ntp", true},
	} {
		if got := believable(&matcher.Result{Kind: c.kind, Service: c.service}, c.p, c.spoken, c.asked); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
