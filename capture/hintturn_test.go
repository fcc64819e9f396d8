package capture

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"earshot/matcher/request"
)

func wideText(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// challenge is a server's NTLM message.
func challenge(computer, domain, dnsComputer, dnsDomain string, build uint16) []byte {
	target := wideText(domain)
	info := ""
	for i, s := range []string{computer, domain, dnsComputer, dnsDomain} {
		id := []uint16{1, 2, 3, 4}[i]
		w := wideText(s)
		info += string([]byte{byte(id), 0, byte(len(w)), 0}) + w
	}
	info += "\x00\x00\x00\x00"
	u16 := func(n int) string { return string([]byte{byte(n), byte(n >> 8)}) }
	return []byte("NTLMSSP\x00\x02\x00\x00\x00" + u16(len(target)) + u16(len(target)) + "\x38\x00\x00\x00" + "\x05\x02\x89\x02" + "12345678" + "\x00\x00\x00\x00\x00\x00\x00\x00" +
		u16(len(info)) + u16(len(info)) + u16(56+len(target)) + "\x00\x00" + "\x0a\x00" + u16(int(build)) + "\x00\x00\x00\x0f" + target + info)
}

// authenticate is a client's.
func authenticate(domain, user, host string) []byte {
	d, u, h := wideText(domain), wideText(user), wideText(host)
	field := func(n, at int) string { return string([]byte{byte(n), 0, byte(n), 0, byte(at), 0, 0, 0}) }
	return []byte("NTLMSSP\x00\x03\x00\x00\x00" + field(0, 72) + field(0, 72) + field(len(d), 72) + field(len(u), 72+len(d)) + field(len(h), 72+len(d)+len(u)) + field(0, 72) +
		"\x05\x02\x88\x02" + "\x0a\x00\x65\x4a\x00\x00\x00\x0f" + d + u + h)
}

func server(port uint16) func([]byte, *mouth) {
	return func(b []byte, m *mouth) { serverHints(port, b, m) }
}

func client(port uint16) func([]byte, *mouth) {
	return func(b []byte, m *mouth) { clientHints(port, b, m) }
}

func turnCases() []hintCase {
	c := challenge("FILES", "CORP", "files.corp.example", "corp.example", 17763)
	want := []string{
		"192.168.1.3 name files.corp.example (ntlm)", "192.168.1.3 domain corp.example (ntlm)", "192.168.1.3 domain CORP (ntlm)",
		"192.168.1.3 os Windows 10 1809 or Server 2019; build 17763 (ntlm)",
	}
	user := []string{
		"192.168.1.9 name laptop (ntlm)", "192.168.1.9 user anna (ntlm)", "192.168.1.9 domain CORP (ntlm)", "192.168.1.9 os Windows 10 2004 to 22H2; build 19045 (ntlm)",
	}
	smb := "\x00\x00\x00\x80\xffSMB\x73\x00\x00\x00\x00\x98\x07\xc8" + strings.Repeat("\x00", 20) + "\x03\xff\x00\x00\x00\x00\x00\x96\x00\x00" +
		wideText("Windows 7 Professional 7601 Service Pack 1\x00Windows 7 Professional 6.1\x00HOME\x00")
	samba := strings.Replace(smb, wideText("Windows 7 Professional 6.1"), wideText("Samba 4.9.5-Debian"), 1)
	return []hintCase{
		{"NTLM", server(445), "192.168.1.3", append([]byte("\xfeSMB@\x00"), c...), want},
		{"NTLM in HTTP", server(80), "192.168.1.3", []byte("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM " + base64.StdEncoding.EncodeToString(c) + "\r\n\r\n"), want},
		{"NTLM in SMTP", server(25), "192.168.1.3", []byte("334 " + base64.StdEncoding.EncodeToString(c) + "\r\n"), want},
		{"Windows 7's build from a program", server(445), "192.168.1.3", challenge("X", "X", "", "", 7601), []string{"192.168.1.3 name x (ntlm)"}},
		{"NTLM client", client(80), "192.168.1.9", []byte("GET / HTTP/1.1\r\nAuthorization: NTLM " + base64.StdEncoding.EncodeToString(authenticate("CORP", "anna", "LAPTOP")) + "\r\n\r\n"), slices.Concat(user[:3], []string{"192.168.1.9 os Windows 10 2004 to 22H2; build 19045 (ntlm)"})},
		{"NTLM without a name", client(80), "192.168.1.9", authenticate("", "", "WORKSTATION")[:64], nil},
		{"SMB 1", server(445), "192.168.1.3", []byte(smb), []string{"192.168.1.3 os Windows 7 Professional 7601 Service Pack 1 (smb)", "192.168.1.3 domain HOME (smb)"}},
		{"Samba", server(445), "192.168.1.3", []byte(samba), []string{"192.168.1.3 software Samba 4.9.5-Debian (smb)", "192.168.1.3 domain HOME (smb)"}},
		{"LDAP root", server(389), "192.168.1.3", []byte("\x04\x0bdnsHostName\x31\x0e\x04\x0cdc1.corp.lan\x04\x14defaultNamingContext\x31\x11\x04\x0fDC=corp, DC=lan"), []string{
			"192.168.1.3 name dc1.corp.lan (ldap)", "192.168.1.3 domain corp.lan (ldap)",
		}},
		{"RDP cookie", client(3389), "192.168.1.9", []byte("\x03\x00\x00\x2b\x26\xe0\x00\x00\x00\x00\x00Cookie: mstshash=anna\r\n"), []string{"192.168.1.9 user anna (rdp)"}},
		{"RDP core data", client(3389), "192.168.1.9", []byte("\x03\x00\x01\x00\x02\xf0\x80Duca\x81\x00\x01\xc0\xd8\x00\x04\x00\x08\x00\x00\x05\x00\x04\x01\xca\x03\xaa\x09\x04\x00\x00\x65\x4a\x00\x00" + (wideText("LAPTOP") + strings.Repeat("\x00", 40))[:32]), []string{
			"192.168.1.9 name laptop (rdp)", "192.168.1.9 software Remote Desktop client, build 19045 (rdp)",
		}},
		{"BGP", server(179), "192.168.1.3", []byte(strings.Repeat("\xff", 16) + "\x00\x25\x01\x04\x5b\xa0\x00\xb4\x0a\x00\x00\x01\x08\x02\x06\x41\x04\x00\x01\x11\x70"), []string{
			"192.168.1.3 role BGP router, AS 70000 (bgp)", "192.168.1.3 router-id 10.0.0.1 (bgp)", "192.168.1.3 device router (bgp)",
		}},
		{"ciphertext", server(443), "192.168.1.3", bytes.Repeat([]byte{0x17, 3, 3, 0x55}, 50), nil},
	}
}

func TestTurnHints(t *testing.T) {
	cases := turnCases()
	for _, c := range cases {
		c.check(t)
	}
}

func FuzzTurnHints(f *testing.F) {
	for _, c := range turnCases() {
		f.Add(uint16(445), c.msg)
	}
	f.Fuzz(func(t *testing.T, port uint16, b []byte) {
		m := mouth{sink: &fit{t: t}, src: netip.MustParseAddr("192.0.2.1"), left: maxSayings}
		for _, p := range []uint16{port, 53, 88, 179, 389, 445, 514, 1433, 3389} {
			serverHints(p, b, &m)
			clientHints(p, b, &m)
		}
		smbCalled(b, &m)
		if isHTTP(b) {
			httpServerHints(b, b, &m)
			httpClientHints(b, &m)
		}
	})
}

// A turn of HTTP names its server and its client's software, not what was heard through
// a proxy.
func TestOverhearTurn(t *testing.T) {
	b := &Banner{
		Endpoint: Endpoint{Addr: netip.MustParseAddrPort("192.168.1.3:80"), Proto: request.TCP}, Client: netip.MustParseAddrPort("192.168.1.9:1234"),
		Request: []byte("GET /d.xml HTTP/1.1\r\nhost: Tv.example:80\r\nUser-Agent: curl/8.1\r\n\r\n"),
		Data: []byte("HTTP/1.1 200 OK\r\n\r\n<root><device><deviceType>urn:schemas-upnp-org:device:MediaRenderer:1</deviceType><friendlyName>Tom &amp; Eva</friendlyName>" +
			"<manufacturer>ACME</manufacturer><modelName>TV</modelName><modelNumber>55</modelNumber>"),
	}
	for _, c := range []struct {
		via  Via
		want []string
	}{
		{Direct, []string{
			"192.168.1.3 name tv.example (http)", "192.168.1.3 label Tom & Eva (upnp)", "192.168.1.3 model ACME TV 55 (upnp)", "192.168.1.3 device media device (upnp)",
			"192.168.1.9 software curl/8.1 (http)",
		}},
		{Proxied, nil},
	} {
		to := &tongue{}
		b.Via = c.via
		(&shard{sink: to}).overhearTurn(b)
		if !slices.Equal(to.said, c.want) {
			t.Errorf("via %v: %q, want %q", c.via, to.said, c.want)
		}
	}
}

// What a client says is heard whether anybody answers or not, and once.
func TestIsHTTP(t *testing.T) {
	for b, want := range map[string]bool{
		"GET / HTTP/1.1\r\n": true, "M-SEARCH * HTTP/1.1\r\n": true, "GET / HTTP/1.0": true,
		"": false, "get / HTTP/1.1\r\n": false, "\x00GET / HTTP/1.1\r\n": false, "GET / HTTP/2\r\n": false, "GET /\r\nX: HTTP/1.1": false, "[x] HTTP/1.1\r\n": false, "@x HTTP/1.1\r\n": false,
		"GET /" + strings.Repeat("a", 4096) + " HTTP/1.1": false,
	} {
		if got := isHTTP([]byte(b)); got != want {
			t.Errorf("%.40q: %v", b, got)
		}
	}
}

// What both sides begin with comes from the responder first.
func TestGreets(t *testing.T) {
	for b, want := range map[string]bool{"RFB 003.008\n": true, "@RSYNCD: 31.0\n": true, "SSH-2.0-x\r\n": false, "GET / HTTP/1.1\r\n": false, "220 hello\r\n": false} {
		if got := greets([]byte(b)); got != want {
			t.Errorf("%q: %v", b, got)
		}
	}
}

// Who takes log lines and never says a word is told of when the connection ends, once, if it was heard from its beginning.
func TestTakenWithoutAWord(t *testing.T) {
	const line = "<34>Oct 11 22:14:15 host su: failed\n"
	for name, c := range map[string]struct {
		talk func(*pair)
		want int
	}{
		"log lines":                    {func(p *pair) { p.open().client(line).close() }, 1},
		"to the end of the capture":    {func(p *pair) { p.open().client(line) }, 1},
		"from the middle":              {func(p *pair) { p.client(line).close() }, 0},
		"what is answered as a rule":   {func(p *pair) { p.open().client("GET / HTTP/1.1\r\nHost: x\r\n\r\n").close() }, 0},
		"nothing":                      {func(p *pair) { p.open().close() }, 0},
		"answered, and then log lines": {func(p *pair) { p.open().client("EHLO x\r\n").server("250 hello\r\n").client(line).close() }, 0},
	} {
		k := newTalk()
		c.talk(k.pair("10.0.0.9:40000", "10.0.0.1:514", 1, 2))
		to := &earSink{e: &ear{}}
		if _, err := Run(context.Background(), &frames{list: k.frames}, Config{}, func(int) Sink { return to }); err != nil {
			t.Fatal(err)
		}
		taken := 0
		for _, l := range to.lines {
			if strings.HasPrefix(l, "banner ") && strings.Contains(l, `<34>Oct`) && strings.Contains(l, ` ""`) {
				taken++
			}
		}
		if taken != c.want {
			t.Errorf("%s: %d times in %q", name, taken, to.lines)
		}
	}
}

func TestUnanswered(t *testing.T) {
	const ask = "GET / HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: curl/8.1\r\n\r\n"
	for _, c := range []struct {
		name string
		talk func(*pair)
		want []string
	}{
		{"to the end of the capture", func(p *pair) { p.open().client(ask) }, []string{"10.0.0.9 software curl/8.1 (http)"}},
		{"closed", func(p *pair) { p.open().client(ask).close() }, []string{"10.0.0.9 software curl/8.1 (http)"}},
		{"answered", func(p *pair) { p.open().client(ask).server("HTTP/1.1 204 No Content\r\n\r\n").close() }, []string{
			"10.0.0.1 name www.example.com (http)", "10.0.0.9 software curl/8.1 (http)",
		}},
		{"asked twice", func(p *pair) {
			p.open().client(ask).server("HTTP/1.1 204 No Content\r\n\r\n").client(strings.Replace(ask, "8.1", "8.2", 1)).close()
		}, []string{
			"10.0.0.1 name www.example.com (http)", "10.0.0.9 software curl/8.1 (http)", "10.0.0.9 software curl/8.2 (http)",
		}},
		{"nothing said", func(p *pair) { p.open().close() }, nil},
	} {
		k := newTalk()
		c.talk(k.pair("10.0.0.9:40000", "10.0.0.1:80", 1, 2))
		to := &tongue{earSink: earSink{e: &ear{}}}
		if _, err := Run(context.Background(), &frames{list: k.frames}, Config{}, func(int) Sink { return to }); err != nil {
			t.Fatal(err)
		}
		got := slices.DeleteFunc(to.said, func(s string) bool { return strings.Contains(s, " stack ") })
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
