package state

import (
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// said is a claim of a match: "service product version info os", "-" for none.
func said(kind matcher.Kind, words string, last int) Evidence {
	f := strings.Fields(words + " - - - -")
	for i, w := range f {
		if w == "-" {
			f[i] = ""
		}
	}
	return Evidence{
		First: at(0), Last: at(last), Count: 1,
		Result: matcher.Result{
			Kind: kind, Service: f[0], Probe: "NULL", File: "t.probes", Line: 1,
			Fields: matcher.Fields{Product: f[1], Version: f[2], Info: f[3], OS: f[4]},
		},
	}
}

func handshake(alpn string, offered ...string) Evidence {
	return Evidence{TLS: &capture.TLS{ALPN: alpn, Offered: offered, Version: 0x303}, First: at(0), Last: at(1), Count: 1}
}

func with(e Evidence, change func(*Evidence)) Evidence {
	change(&e)
	return e
}

func testNames(t *testing.T) *PortNames {
	t.Helper()
	n, err := ReadPortNames("# a table\nssh\t22/tcp\nhttps\t443/tcp\nimaps\t993/tcp\nhttps\t443/udp\ndiscard\t9/sctp\nodd\t9/dccp\n")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBelieve(t *testing.T) {
	hard, soft := matcher.Hard, matcher.Soft
	anyProbe := func(e *Evidence) { e.Result.Any = true }
	proxied := func(e *Evidence) { e.Via = capture.Proxied }
	starttls := func(e *Evidence) { e.Via = capture.StartTLS }
	mid := func(e *Evidence) { e.Mid = true }
	asked := func(e *Evidence) { e.Request = "tds-login" }
	many := func(e *Evidence) { e.Count = 9 }
	none := Evidence{Result: matcher.Result{Probe: "NULL"}, First: at(0), Last: at(0), Count: 1, Banner: []byte("?")}
	for _, c := range []struct {
		name     string
		port     int
		proto    capture.Proto
		evidence []Evidence
		want     string // tunnel/service product version info os, method and confidence
		others   string
	}{
		{"nothing, named port", 22, request.TCP, nil, "ssh - - - - table 3", ""},
		{"nothing, nameless port", 23, request.TCP, nil, "- - - - - table 3", ""},
		{"unmatched words", 22, request.TCP, []Evidence{none}, "ssh - - - - table 3", ""},
		{"hard", 22, request.TCP, []Evidence{said(hard, "ssh OpenSSH 9.2p1", 1)}, "ssh OpenSSH 9.2p1 - - passive 10", ""},
		{"hard over soft", 1, request.TCP, []Evidence{said(soft, "ftp", 9), said(hard, "ssh OpenSSH", 1)}, "ssh OpenSSH - - - passive 10", ""},
		{"soft alone", 1, request.TCP, []Evidence{said(soft, "ftp", 9)}, "ftp - - - - passive 8", ""},
		{"asked, and nobody knows", 22, request.TCP, []Evidence{none, with(none, asked)}, "ssh - - - - table 3", ""},
		{"offered by a client", 1, request.TCP, []Evidence{handshake("", "h2")}, "ssl/http - - - - passive 5", ""},
		{"offered by ourselves", 1, request.TCP, []Evidence{with(handshake("", "h2"), func(e *Evidence) { e.Source = Active })}, "ssl - - - - active 8", ""},
		{"soft of any probe", 1, request.TCP, []Evidence{with(said(soft, "ftp", 9), anyProbe)}, "ftp - - - - passive 7", ""},
		{
			"known request over any", 1, request.TCP,
			[]Evidence{with(said(hard, "http A 1", 9), anyProbe), said(hard, "http B", 1)},
			"http B - - - passive 10", "",
		},
		{"any, from the middle", 1, request.TCP, []Evidence{with(with(said(hard, "http A 1", 9), anyProbe), mid)}, "http A 1 - - passive 7", ""},
		{"a proxy's target names the proxy only", 22, request.TCP, []Evidence{with(said(hard, "http A 1", 9), proxied)}, "http-proxy - - - - passive 6", ""},
		{"a proxy of the shape of http", 22, request.TCP, []Evidence{said(matcher.None, "http", 1), with(said(hard, "http A 1", 9), proxied)}, "http-proxy - - - - passive 6", ""},
		{"a proxy's own words beside its target's", 22, request.TCP, []Evidence{with(said(hard, "http-proxy P 2", 1), proxied), with(said(hard, "http A 1", 9), proxied)}, "http-proxy P 2 - - passive 10", ""},
		{"few words without their request", 1, request.TCP, []Evidence{with(said(soft, "pop3", 9), func(e *Evidence) { e.Size = 5 }), with(said(soft, "redis", 1), anyProbe)}, "redis - - - - passive 7", ""},
		{"another service that is a proxy", 22, request.TCP, []Evidence{said(soft, "socks5", 1), with(said(hard, "http A 1", 9), proxied)}, "socks5 - - - - passive 8", ""},
		{"whole over cut", 1, request.TCP, []Evidence{with(said(hard, "a A 1", 9), mid), said(hard, "a B", 1)}, "a B - - - passive 10", ""},
		{
			"version over none", 1, request.TCP,
			[]Evidence{said(hard, "http A", 9), said(hard, "http A 1", 1)},
			"http A 1 - - passive 10", "",
		},
		{
			"newer over older, the older kept as another", 1, request.TCP,
			[]Evidence{said(hard, "http A 1", 1), said(hard, "http A 2", 9)},
			"http A 2 - - passive 10", "http A 1",
		},
		{
			"a later turn adds the version and the system", 1, request.TCP,
			[]Evidence{said(hard, "smtp A", 1), said(hard, "smtp A 2 - Unix", 2), said(soft, "smtp A - x", 3)},
			"smtp A 2 x Unix passive 10", "",
		},
		{
			"a soft version does not go to another line's product", 1, request.TCP,
			[]Evidence{said(hard, "smtp A", 1), said(soft, "smtp - 3", 2)},
			"smtp A - - - passive 10", "",
		},
		{
			"fields of another product are not taken", 1, request.TCP,
			[]Evidence{said(hard, "http A 1", 9), said(hard, "http B 2 info Linux", 1)},
			"http A 1 - - passive 10", "http B 2",
		},
		{"tls, chosen", 443, request.TCP, []Evidence{handshake("h2")}, "ssl/http - - - - passive 9", ""},
		{"tls, port's name", 443, request.TCP, []Evidence{handshake("")}, "ssl/http - - - - passive 5", ""},
		{"tls, port's name over the offer", 993, request.TCP, []Evidence{handshake("", "h2")}, "ssl/imap - - - - passive 5", ""},
		{"tls, offer", 4443, request.TCP, []Evidence{handshake("", "h2")}, "ssl/http - - - - passive 5", ""},
		{"tls, nothing tells", 4443, request.TCP, []Evidence{handshake("")}, "ssl - - - - passive 8", ""},
		{"tls, an id that names no service", 4443, request.TCP, []Evidence{handshake("acme-tls/1", "h2")}, "ssl - - - - passive 8", ""},
		{"dtls on the port of https", 443, request.UDP, []Evidence{with(handshake(""), func(e *Evidence) { e.TLS.Version = 0xfefd })}, "dtls - - - - passive 8", ""},
		{"dtls", 4443, request.UDP, []Evidence{with(handshake(""), func(e *Evidence) { e.TLS.Version = 0xfefd })}, "dtls - - - - passive 8", ""},
		{"quic", 443, request.UDP, []Evidence{handshake("h3")}, "quic - - - - passive 9", ""},
		{"quic, nothing chosen", 4443, request.UDP, []Evidence{with(handshake(""), func(e *Evidence) { e.TLS.Version = 0x304 })}, "quic - - - - passive 8", ""},
		{
			"starttls stays itself", 25, request.TCP,
			[]Evidence{said(hard, "smtp Postfix", 1), with(handshake(""), starttls)},
			"smtp Postfix - - - passive 10", "",
		},
		{"starttls alone names nothing", 22, request.TCP, []Evidence{with(handshake(""), starttls)}, "ssh - - - - table 3", ""},
		{
			"tls with one clear complaint", 443, request.TCP,
			[]Evidence{said(hard, "http nginx 1.2", 1), with(handshake("h2"), many)},
			"ssl/http nginx 1.2 - - passive 10", "",
		},
		{
			"clear with one tls", 443, request.TCP,
			[]Evidence{with(said(hard, "http nginx 1.2", 1), many), handshake("h2")},
			"http nginx 1.2 - - passive 10", "",
		},
		{"the shape of the words", 22, request.TCP, []Evidence{said(matcher.None, "modbus", 1)}, "modbus - - - - passive 6", ""},
		{"what was asked, answered in unknown words", 22, request.TCP, []Evidence{with(with(said(matcher.None, "tds", 1), anyProbe), asked)}, "tds - - - - passive 5", ""},
		{"a slight likeness against the port's name", 22, request.TCP, []Evidence{with(said(matcher.None, "socks", 1), anyProbe)}, "ssh - - - - table 3", ""},
		{"a slight likeness, nameless port", 23, request.TCP, []Evidence{with(said(matcher.None, "socks", 1), anyProbe)}, "socks - - - - passive 5", ""},
		{"soft over the shape of the words", 1, request.TCP, []Evidence{said(soft, "ftp", 1), said(matcher.None, "modbus", 9)}, "ftp - - - - passive 8", ""},
		{"the shape of the words over tls", 443, request.TCP, []Evidence{handshake(""), said(matcher.None, "xmpp", 1)}, "xmpp - - - - passive 6", ""},
		{"the shape of tls", 443, request.TCP, []Evidence{said(matcher.None, "ssl", 1)}, "ssl/http - - - - passive 5", ""},
		{"the shape of tls, nameless port", 4443, request.TCP, []Evidence{said(matcher.None, "ssl", 1)}, "ssl - - - - passive 8", ""},
		{"quic that was opened", 443, request.UDP, []Evidence{with(handshake("", "h3", "h3-29"), func(e *Evidence) { e.TLS.Version, e.TLS.QUIC = 0x304, 1 })}, "quic - - HTTP/3 - passive 9", ""},
		{"the shape of quic", 443, request.UDP, []Evidence{said(matcher.None, "quic", 1)}, "quic - - - - passive 8", ""},
		{"tls over its mere shape", 4443, request.TCP, []Evidence{said(matcher.None, "ssl", 9), handshake("h2")}, "ssl/http - - - - passive 9", ""},
		{"active", 1, request.TCP, []Evidence{with(said(hard, "ssh", 1), func(e *Evidence) { e.Source = Active })}, "ssh - - - - active 10", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ep := endpoint("192.0.2.1", c.port, c.proto)
			var first *Belief
			for range 5 { // in any order
				var m Memory
				for _, e := range c.evidence {
					e.Endpoint = ep
					_ = m.Add(e)
				}
				_ = m.See(Sighting{Sighting: capture.Sighting{Endpoint: ep, Count: 1}})
				rand.Shuffle(len(c.evidence), func(i, j int) { c.evidence[i], c.evidence[j] = c.evidence[j], c.evidence[i] })
				_ = m.Hosts(func(h *Host) error {
					b := Believe(&h.Services[0], testNames(t))
					got := words(&b)
					if got != c.want {
						t.Errorf("got  %s\nwant %s", got, c.want)
					}
					if o := strings.Join(b.Others, ", "); o != c.others {
						t.Errorf("others %q, want %q", o, c.others)
					}
					if first != nil && !reflect.DeepEqual(*first, b) {
						t.Errorf("another order gives another belief:\n%+v\n%+v", *first, b)
					}
					first = &b
					return nil
				})
			}
		})
	}
}

// words writes a belief in the test's short form.
func words(b *Belief) string {
	s := b.Service
	if b.Tunnel != "" {
		s = b.Tunnel + "/" + s
	}
	out := ""
	for _, f := range []string{s, b.Product, b.Version, b.Info, b.OS} {
		if f == "" {
			f = "-"
		}
		out += f + " "
	}
	return out + b.Method + " " + strconv.Itoa(b.Confidence)
}

// Where a greeting and a later answer name the host otherwise, the greeting counts,
// whichever names the product.
func TestGreetingNamesHost(t *testing.T) {
	host := func(name, probe string) func(*Evidence) {
		return func(e *Evidence) { e.Result.Hostname, e.Result.Probe = name, probe }
	}
	greeting := with(said(matcher.Hard, "smtp A", 1), host("mail.example.com", "NULL"))
	answer := with(said(matcher.Hard, "smtp A", 2), host("pool.example.com", "EHLO"))
	better := with(said(matcher.Hard, "smtp A 1", 2), host("pool.example.com", "EHLO"))
	nameless := with(said(matcher.Hard, "smtp A", 1), host("", "NULL"))
	for _, c := range []struct {
		name     string
		evidence []Evidence
		want     string
	}{
		{"a newer answer", []Evidence{answer, greeting}, "mail.example.com"},
		{"an answer with a version", []Evidence{better, greeting}, "mail.example.com"},
		{"a greeting that hides it", []Evidence{answer, nameless}, "pool.example.com"},
		{"an answer alone", []Evidence{answer}, "pool.example.com"},
	} {
		s := Service{Endpoint: capture.Endpoint{Proto: request.TCP}, Evidence: c.evidence}
		if b := Believe(&s, nil); b.Hostname != c.want || b.Service != "smtp" {
			t.Errorf("%s: %s of %s, want %s", c.name, b.Hostname, b.Service, c.want)
		}
	}
}

func TestALPNService(t *testing.T) {
	for id, want := range map[string]string{
		"h3": "quic", "h3-29": "quic", "hq": "quic", "hq-interop": "quic", "doq": "quic", "h2": "http", "http/1.1": "http", "spdy/3.1": "http", "h2-14": "http",
		"xmpp-client": "xmpp-client", "stun.turn": "stun", "sip": "sip", "sip/2": "sip", "ntske/1": "ntske", "tds/8.0": "ms-sql-s", "radius/1.1": "radius",
		"imap": "imap", "dot": "domain", "co": "coap", "managesieve": "sieve", "smb": "microsoft-ds",
		"": "", "h": "", "h4": "", "ntske": "", "acme-tls/1": "", "dots": "", "webrtc": "",
	} {
		if got := alpnService(id); got != want {
			t.Errorf("%q: %q, want %q", id, got, want)
		}
	}
}

func TestCPEOrder(t *testing.T) {
	var b Belief
	for _, c := range []string{"cpe:/o:l:l", "cpe:/a:x:y", "cpe:/a:other:one", "cpe:/h:d:d"} {
		b.addCPE(c)
	}
	if got := strings.Join(b.CPE, " "); got != "cpe:/a:x:y cpe:/h:d:d cpe:/o:l:l" {
		t.Error(got)
	}
}

func TestPortNames(t *testing.T) {
	n := testNames(t)
	if got := n.Name(request.SCTP, 9); got != "discard" {
		t.Errorf("9/sctp: %q", got)
	}
	if got := n.Name(request.TCP, 9); got != "" {
		t.Errorf("9/tcp: %q", got)
	}
	for _, bad := range []string{"ssh 22/tcp\n", "ssh\t70000/tcp\n", "\t22/tcp\n", "ssh\tx/tcp\n"} {
		if _, err := ReadPortNames("# t\n" + bad); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: error %v, want one that names line 2", bad, err)
		}
	}
}

// What words tell roughly has the name of the port, if that is one of those that they may be of.
func TestRegistered(t *testing.T) {
	for _, c := range []struct{ service, port, want string }{
		{"rpc", "nfs", "nfs"},
		{"rpc", "rpcbind", "rpcbind"},
		{"rpc", "http", "rpc"},
		{"rpc", "", "rpc"},
		{"shell", "exec", "exec"},
		{"shell", "shell", "shell"},
		{"http", "nfs", "http"},
	} {
		if got := registered(c.service, c.port); got != c.want {
			t.Errorf("%q at the port of %q: %q, want %q", c.service, c.port, got, c.want)
		}
	}
}
