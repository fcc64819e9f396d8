package state

import (
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// Claims in the order in which they are believed, the strongest first; those of one row are
// of one rank.
func TestRank(t *testing.T) {
	said := func(k matcher.Kind, unsure bool, service, product, version string) Evidence {
		return Evidence{Result: matcher.Result{Kind: k, Any: unsure, Service: service, Fields: matcher.Fields{Product: product, Version: version}}}
	}
	with := func(e Evidence, change func(*Evidence)) Evidence { change(&e); return e }
	proxied := func(e *Evidence) { e.Via = capture.Proxied }
	mid := func(e *Evidence) { e.Mid = true }
	hard := said(matcher.Hard, false, "ssh", "OpenSSH", "9.2")
	rows := [][]Evidence{
		{hard, said(matcher.Hard, false, "http", "nginx", "1")},
		{said(matcher.Hard, false, "ssh", "OpenSSH", "")},
		{said(matcher.Hard, false, "ssh", "", ""), said(matcher.Hard, false, "ssh", "", "9.2")},
		{with(hard, mid)},
		{with(said(matcher.Hard, false, "ssh", "", ""), mid)},
		{with(hard, proxied)},
		{with(with(hard, proxied), mid)},
		{said(matcher.Soft, false, "ssh", "OpenSSH", "9.2")},
		{said(matcher.None, false, "ssh", "", "")},
		{said(matcher.Hard, true, "ssh", "OpenSSH", "9.2")},
		{said(matcher.Hard, true, "ssh", "OpenSSH", "")},
		{said(matcher.Soft, true, "ssh", "OpenSSH", "9.2")},
		{said(matcher.Soft, true, "ssh", "", ""), said(matcher.None, false, "jsonrpc", "", "")},
		{{TLS: &capture.TLS{ALPN: "h2"}}},
		{{TLS: &capture.TLS{Offered: []string{"h2"}}}},
		{{TLS: &capture.TLS{}}},
		{with(said(matcher.None, true, "ssh", "", ""), func(e *Evidence) { e.Request = "ssh" })},
		{said(matcher.None, true, "ssh", "", "")},
		{said(matcher.None, false, "rtp", "", ""), said(matcher.None, false, "quic", "", ""), said(matcher.Soft, false, Wrapped, "", "")},
		{said(matcher.None, false, "", "", "")},
	}
	for i, row := range rows {
		for j, other := range rows {
			for _, e := range row {
				for _, o := range other {
					if got, want := rankOf(&e).compare(rankOf(&o)), min(max(i-j, -1), 1); got != want {
						t.Errorf("row %d against row %d: %d, want %d\n%+v\n%+v", i, j, got, want, e, o)
					}
				}
			}
		}
	}
}

// Claims of one rank go by the newer, and of one time by what they say.
func TestCompareClaims(t *testing.T) {
	at := time.Unix(1700000000, 0)
	a := claim{Evidence: Evidence{Last: at}, key: Key{1}}
	b := claim{Evidence: Evidence{Last: at.Add(time.Second)}, key: Key{2}}
	c := claim{Evidence: Evidence{Last: at}, key: Key{3}}
	for _, x := range []struct {
		a, b             *claim
		claimed, content int
	}{{&a, &b, 1, -1}, {&b, &a, -1, 1}, {&a, &c, -1, -1}, {&c, &a, 1, 1}, {&b, &c, -1, -1}, {&a, &a, 0, 0}} {
		if got := compareClaims(x.a, x.b); got != x.claimed {
			t.Errorf("%v %v: %d", x.a.key, x.b.key, got)
		}
		if got := compareContent(x.a, x.b); got != x.content {
			t.Errorf("content of %v %v: %d", x.a.key, x.b.key, got)
		}
	}
}

func TestConfidence(t *testing.T) {
	for _, x := range []struct {
		kind        matcher.Kind
		unsure, mid bool
		want        int
	}{
		{matcher.Hard, false, false, 10},
		{matcher.Hard, true, false, 8},
		{matcher.Soft, false, false, 8},
		{matcher.Soft, true, false, 7},
		{matcher.None, false, false, 6},
		{matcher.None, true, false, 5},
		{matcher.Hard, false, true, 9},
		{matcher.None, true, true, 4},
	} {
		e := Evidence{Mid: x.mid, Result: matcher.Result{Kind: x.kind, Any: x.unsure}}
		if got := confidence(&e); got != x.want {
			t.Errorf("%+v: %d", x, got)
		}
	}
}

// resultFields are the fields of a result that say something.
var resultFields = []string{"Kind", "Service", "Tunnel", "Probe", "File", "Line", "Any", "Degraded", "Product", "Version", "Info", "Hostname", "OS", "Device", "CPE"}

// change gives a field another value.
func change(t *testing.T, name string, f reflect.Value) {
	t.Helper()
	switch {
	case f.Kind() == reflect.String:
		f.SetString(f.String() + "new")
	case f.Kind() == reflect.Bool:
		f.SetBool(true)
	case f.CanUint():
		f.SetUint(1)
	case f.CanInt():
		f.SetInt(1)
	case f.Type() == reflect.TypeFor[[]string]():
		f.Set(reflect.ValueOf([]string{"new"}))
	case f.Type() == reflect.TypeFor[time.Time]():
		f.Set(reflect.ValueOf(time.Unix(1700000000, 0)))
	default:
		t.Fatalf("%s: %v", name, f)
	}
}

// Whatever a claim says makes it another claim.
func TestKeySaysAll(t *testing.T) {
	full := func() *Evidence {
		return &Evidence{TLS: &capture.TLS{SHA256: "c0ffee"}, SSH: &capture.SSH{HASSHServer: "5ea1"}}
	}
	known := map[Key]string{full().Said(): "nothing"}
	differs := func(name string, e *Evidence) {
		t.Helper()
		if was, there := known[e.Said()]; there {
			t.Errorf("a change of %s says the same as one of %s", name, was)
		}
		known[e.Said()] = name
	}
	for _, part := range []struct {
		name   string
		of     func(*Evidence) reflect.Value
		fields []string
	}{
		{"", func(e *Evidence) reflect.Value { return reflect.ValueOf(e).Elem() }, []string{"Source", "Sensor", "Via", "Target", "Request", "Mid"}},
		{
			"Result.", func(e *Evidence) reflect.Value { return reflect.ValueOf(&e.Result).Elem() },
			resultFields,
		},
		{
			"TLS.", func(e *Evidence) reflect.Value { return reflect.ValueOf(e.TLS).Elem() },
			[]string{"SNI", "ALPN", "Subject", "Issuer", "Offered", "Names", "Version", "Cipher", "NotBefore", "NotAfter", "QUIC", "SHA256", "Serial", "SubjectDN", "IssuerDN", "JA3S", "JA4"},
		},
		{
			"SSH.", func(e *Evidence) reflect.Value { return reflect.ValueOf(e.SSH).Elem() },
			[]string{"HASSHServer", "Kex", "HostKeys", "Ciphers", "MACs", "Compression"},
		},
	} {
		for _, field := range part.fields {
			e := full()
			f := part.of(e).FieldByName(field)
			if f.Type() == reflect.TypeFor[[]string]() {
				f.Set(reflect.ValueOf([]string{"new", ""}))
				differs(part.name+field+" and nothing", e)
			}
			change(t, part.name+field, f)
			differs(part.name+field, e)
		}
	}
	differs("TLS", &Evidence{SSH: full().SSH})
	differs("SSH", &Evidence{TLS: full().TLS})
}

// States on disk go by these keys: a claim keeps the one that it has.
func TestKeyStays(t *testing.T) {
	e := Evidence{
		Endpoint: capture.Endpoint{Addr: netip.MustParseAddrPort("192.0.2.7:443"), Proto: request.TCP, VLAN: 7, VNI: 9},
		Source:   Active, Sensor: "s", Via: capture.Proxied, Target: "t", Request: "http-get", Mid: true,
		Result: matcher.Result{
			Kind: matcher.Hard, Service: "http", Tunnel: "ssl", Probe: "GetRequest", File: "http.probes", Line: 12, Any: true, Degraded: true,
			Fields: matcher.Fields{Product: "p", Version: "v", Info: "i", Hostname: "h", OS: "o", Device: "d", CPE: []string{"cpe:/a:x:y"}},
		},
		TLS: &capture.TLS{
			SNI: "a", ALPN: "h2", Subject: "b", Issuer: "c", Offered: []string{"h2"}, Names: []string{"n"}, Version: 0x303, Cipher: 0x1301, QUIC: 1,
			SHA256: "d", Serial: "e", SubjectDN: "f", IssuerDN: "g", JA3S: "h", JA4: "i", NotBefore: time.Unix(1, 0), NotAfter: time.Unix(2, 0),
		},
		SSH: &capture.SSH{HASSHServer: "j", Kex: "k", HostKeys: "l", Ciphers: "m", MACs: "n", Compression: "o"},
	}
	if got := fmt.Sprintf("%x %x", e.Key(), e.Said()); got != "5935095267a63a3d3314583560657c86 4f64603035dbb3bf44fedf076a585a4b" {
		t.Error(got)
	}
}

// What claims agree on is put together; what means something beside a product only is not
// taken without it.
func TestBelieveFills(t *testing.T) {
	claim := func(f matcher.Fields) Evidence {
		return Evidence{Count: 1, Result: matcher.Result{Kind: matcher.Hard, Service: "http", Fields: f}}
	}
	for _, x := range []struct {
		name       string
		best, next matcher.Fields
		want       matcher.Fields
	}{
		{
			"everything",
			matcher.Fields{Product: "Apache httpd"},
			matcher.Fields{Product: "Apache httpd", Version: "2.4", Info: "i", Hostname: "h", OS: "Linux", Device: "d"},
			matcher.Fields{Product: "Apache httpd", Version: "2.4", Info: "i", Hostname: "h", OS: "Linux", Device: "d"},
		},
		{
			"not without the product",
			matcher.Fields{Product: "Apache httpd"},
			matcher.Fields{Version: "2.4", Info: "i", OS: "Linux"},
			matcher.Fields{Product: "Apache httpd", OS: "Linux"},
		},
		{
			"another product",
			matcher.Fields{Product: "Apache httpd"},
			matcher.Fields{Product: "nginx", Version: "1", OS: "Linux"},
			matcher.Fields{Product: "Apache httpd"},
		},
		{
			"what is there stays",
			matcher.Fields{Product: "Apache httpd", Version: "2.4", OS: "Unix"},
			matcher.Fields{Product: "apache HTTPD", Version: "2.4", OS: "Linux", Device: "d"},
			matcher.Fields{Product: "Apache httpd", Version: "2.4", OS: "Unix", Device: "d"},
		},
	} {
		s := Service{
			Endpoint: capture.Endpoint{Addr: netip.MustParseAddrPort("192.0.2.7:80"), Proto: request.TCP},
			Evidence: []Evidence{claim(x.best), claim(x.next)},
		}
		if b := Believe(&s, nil); !reflect.DeepEqual(b.Fields, x.want) {
			t.Errorf("%s: %+v, want %+v", x.name, b.Fields, x.want)
		}
	}
}

func TestInsideTLS(t *testing.T) {
	for name, want := range map[string]bool{"https": true, "imaps": true, "ircs-u": true, "http": false, "": false, "s": false} {
		if InsideTLS(name) != want {
			t.Errorf("%q", name)
		}
	}
}

// A service that is known by more than its port has the name of its certificate, unless
// its own words give one, or the handshake was another's.
func TestBelieveTLSName(t *testing.T) {
	at := capture.Endpoint{Addr: netip.MustParseAddrPort("192.0.2.7:443"), Proto: request.TCP}
	handshake := Evidence{Count: 1, TLS: &capture.TLS{Version: 0x303, Subject: "www.example.org"}}
	http := Evidence{Count: 1, Result: matcher.Result{Kind: matcher.Hard, Service: "http", Tunnel: "ssl"}}
	named := http
	named.Result.Hostname = "own.example.org"
	passed := handshake
	passed.Via = capture.Proxied
	for _, x := range []struct {
		evidence []Evidence
		want     string
	}{
		{[]Evidence{handshake}, "www.example.org"},
		{[]Evidence{http, handshake}, "www.example.org"},
		{[]Evidence{named, handshake}, "own.example.org"},
		{[]Evidence{http, passed}, ""},
		{[]Evidence{http}, ""},
		{nil, ""},
	} {
		if b := Believe(&Service{Endpoint: at, Evidence: x.evidence}, nil); b.Hostname != x.want {
			t.Errorf("%q, want %q: %+v", b.Hostname, x.want, b)
		}
	}
}

func TestOverQUIC(t *testing.T) {
	for _, x := range []struct {
		alpn    string
		offered []string
		version uint16
		want    string
	}{
		{alpn: "h3", want: "HTTP/3"},
		{alpn: "h3-29", want: "HTTP/3"},
		{alpn: "hq-interop", want: "HTTP/0.9"},
		{alpn: "doq", want: "DNS"},
		{alpn: "doq-i11", want: "DNS"},
		{alpn: "smb", want: "SMB"},
		{alpn: "moq-00", want: "media over QUIC"},
		{alpn: "moq", want: "media over QUIC"},
		{alpn: "h2"},
		{offered: []string{"h3", "h3-29"}, version: 0x304, want: "HTTP/3"},
		{offered: []string{"h3", "doq"}, version: 0x304},
		{offered: []string{"h3", "other"}, version: 0x304},
		{offered: []string{"h3"}}, // it did not answer
		{version: 0x304},
	} {
		if got := overQUIC(&capture.TLS{ALPN: x.alpn, Offered: x.offered, Version: x.version}); got != x.want {
			t.Errorf("%+v: %q", x, got)
		}
	}
}
