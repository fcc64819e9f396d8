package matcher

import (
	"strings"
	"testing"

	"earshot/matcher/request"
)

const equivProbes = `Probe TCP NULL q||
match ssh m|^SSH-2\.0-(\S+)| p/$1/
softmatch ftp m|^220 .*FTP|
match ftp m|^220 Acme FTP (\S+)| p/Acme ftpd/ v/$1/
Probe TCP Lines q|\r\n\r\n|
match what m|^eh| p/Eh/
Probe TCP Root q|GET / HTTP/1.0\r\n\r\n|
match http m|^HTTP/1\.[01] 200.*\r\nServer: Acme/(\S+)|s p/Acme httpd/ v/$1/
Probe TCP Any q|OPTIONS / HTTP/1.0\r\n\r\n|
match http m|^HTTP/1\.[01] 501| p/Old httpd/
Probe TCP Missing q|GET /there/is/no/such/thing HTTP/1.0\r\n\r\n|
fallback Root
match http m|^HTTP/1\.[01] 404 gone| p/Gone httpd/
Probe TCP Feat q|FEAT\r\n|
match ftp m|^211-Extra Acme (\S+)| p/Acme ftpd/ v/$1/
Probe TCP Odd q|\x01\x02\x03|
match odd m|^odd (\d+)| p/Odd/ v/$1/
Probe UDP Version q|\0\x06\x01\0\0\x01\0\0\0\0\0\0\x07version\x04bind\0\0\x10\0\x03|
match domain m|9\.\d+| p/named/
`

func equivDB(t testing.TB) *DB {
	f, err := ParseFile("equiv.probes", []byte(equivProbes))
	if err != nil {
		t.Fatal(err)
	}
	db, err := New(Options{}, f)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func probeNames(ps []*Probe) string {
	var names []string
	for _, p := range ps {
		names = append(names, p.Name)
	}
	return strings.Join(names, " ")
}

func TestEquivalent(t *testing.T) {
	db := equivDB(t)
	for _, c := range []struct {
		proto     Proto
		req, want string
	}{
		{request.TCP, "", "NULL"},
		{request.UDP, "", ""},
		{request.TCP, "SSH-2.0-OpenSSH_9.0\r\n", "NULL"},
		{request.TCP, "\n", "Lines"},
		{request.TCP, "GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n", "Root Missing Any"},
		{request.TCP, "HEAD / HTTP/1.1\r\n\r\n", "Root Any Missing"},
		{request.TCP, "OPTIONS * HTTP/1.1\r\n\r\n", "Any Root Missing"},
		{request.TCP, "FEAT\r\n", "Feat"},
		{request.TCP, "SYST\r\n", "Feat"},
		{request.TCP, "EHLO x\r\n", "NULL"},
		{request.TCP, "\x01\x02\x03", ""},
		{request.TCP, "what is this", ""},
		{request.UDP, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x00\x00\x01\x00\x01", "Version"},
		{request.UDP, "GET / HTTP/1.0\r\n\r\n", ""},
	} {
		if got := probeNames(db.Equivalent(c.proto, []byte(c.req))); got != c.want {
			t.Errorf("%v %q: %q, want %q", c.proto, c.req, got, c.want)
		}
	}
	req := []byte("GET / HTTP/1.1\r\n\r\n")
	if n := testing.AllocsPerRun(100, func() { db.Equivalent(request.TCP, req) }); n != 0 {
		t.Errorf("%v allocations a call", n)
	}
}

func TestMatchRequest(t *testing.T) {
	db := equivDB(t)
	for _, c := range []struct {
		req, data string
		want      string
		any       bool
	}{
		{"", "SSH-2.0-x\r\n", "hard ssh x ", false},
		{"GET /a HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nServer: Acme/2\r\n", "hard http Acme httpd 2", false},
		{"HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 gone", "hard http Gone httpd ", false},
		{"what is this", "HTTP/1.1 200 OK\r\nServer: Acme/2\r\n", "hard http Acme httpd 2", true},
		{"", "odd 12", "hard odd Odd 12", true},
		{"", "220 another FTP\r\n", "soft ftp  ", false},
		{"", "nothing known", "none   ", false},
	} {
		r := db.MatchRequest(request.TCP, []byte(c.req), []byte(c.data), 0)
		if got := r.Kind.String() + " " + r.Service + " " + r.Product + " " + r.Version; got != c.want || r.Any != c.any {
			t.Errorf("%q %q: %q any %v, want %q any %v", c.req, c.data, got, r.Any, c.want, c.any)
		}
	}
}

// The equivalences hold for a probe file nobody here wrote.
func TestEquivalentInstalled(t *testing.T) {
	path := FindNmap()
	if path == "" {
		t.Skip("no nmap installed; CI installs nmap-common")
	}
	db, err := Load(Options{}, nil, path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		proto     Proto
		req, want string // want: the first ones
	}{
		{request.TCP, "", "NULL"},
		{request.TCP, "SSH-2.0-OpenSSH_9.0\r\n", "NULL"},
		{request.TCP, "RFB 003.008\n", "NULL"},
		{request.TCP, "USER anonymous\r\n", "NULL"},
		{request.TCP, "GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n", "GetRequest FourOhFourRequest"},
		{request.TCP, "OPTIONS / HTTP/1.1\r\n\r\n", "HTTPOptions GetRequest"},
		{request.TCP, "HEAD / HTTP/1.1\r\n\r\n", "GetRequest HTTPOptions"},
		{request.TCP, "OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSPRequest"},
		{request.TCP, "REGISTER sip:x SIP/2.0\r\n\r\n", "SIPOptions"},
		{request.UDP, "REGISTER sip:x SIP/2.0\r\n\r\n", "SIPOptions"},
		{request.UDP, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07version\x04bind\x00\x00\x10\x00\x03", "DNSVersionBindReq DNSStatusRequest"},
		{request.TCP, "\x00\x1e\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07version\x04bind\x00\x00\x10\x00\x03", "DNSVersionBindReqTCP"},
		{request.TCP, "\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03" + strings.Repeat("r", 32) + "\x00\x00\x02\x00\x2f\x01\x00", "SSLSessionReq TLSSessionReq"},
		{request.TCP, "\x00\x00\x00\x2f\xffSMB\x72" + strings.Repeat("\x00", 27) + "\x00\x0c\x00\x02NT LM 0.12\x00", "SMBProgNeg"},
		{request.TCP, "0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\x00\x80\x00", "LDAPBindReq LDAPSearchReq"},
		{request.TCP, "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00", "TerminalServerCookie TerminalServer"},
		{request.TCP, "\x03\x00\x00\x0b\x06\xe0\x00\x00\x00\x00\x00", "TerminalServer TerminalServerCookie"},
		{request.UDP, "\xe3\x00\x04\xfa" + strings.Repeat("\x00", 44), "NTPRequest"},
		{request.UDP, "0&\x02\x01\x01\x04\x06public\xa0\x19\x02\x01\x01\x02\x01\x00\x02\x01\x00", "SNMPv1public SNMPv3GetRequest"},
		{request.TCP, "*1\r\n$4\r\nPING\r\n", "redis-server"},
		{request.TCP, "stats\r\n", "Memcache"},
		{request.TCP, "l\x00\x0b\x00\x00\x00\x12\x00\x10\x00\x00\x00", "X11Probe"},
		{request.TCP, "\x05\x01\x00", "Socks5"},
		{request.TCP, "\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04abcd", "mqtt"},
		{request.TCP, "EHLO me.example.org\r\n", "Hello"},
		{request.TCP, "HELP\r\n", "Help"},
	} {
		if got := probeNames(db.Equivalent(c.proto, []byte(c.req))); got != c.want && !strings.HasPrefix(got, c.want+" ") {
			t.Errorf("%v %.40q: %q, want %q first", c.proto, c.req, got, c.want)
		}
	}
}

func BenchmarkEquivalent(b *testing.B) {
	db := equivDB(b)
	req := []byte("GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n")
	b.ReportAllocs()
	for range b.N {
		db.Equivalent(request.TCP, req)
	}
}
