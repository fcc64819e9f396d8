package state

import (
	"net/netip"
	"testing"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// A certificate that bears its maker's name says what nobody says in the clear, and no
// more than that beside words from the inside.
func TestCertified(t *testing.T) {
	nas := matcher.Result{Kind: matcher.Hard, Service: "ssl", Fields: matcher.Fields{
		Product: "Example NAS", OS: "Linux", Device: "storage-misc", CPE: []string{"cpe:/a:example:nas", "cpe:/h:example:nas"},
	}}
	voice := matcher.Result{Kind: matcher.Hard, Service: "mumble", Fields: matcher.Fields{Product: "Murmur"}}
	shown := func(r matcher.Result, x capture.TLS) Evidence { return Evidence{TLS: &x, Result: r, Count: 1} }
	said := func(r matcher.Result) Evidence { return Evidence{Result: r, Request: "http-get", Count: 1, Size: 9} }
	nginx := matcher.Result{Kind: matcher.Hard, Service: "http", Fields: matcher.Fields{Product: "nginx", Version: "1.24", CPE: []string{"cpe:/a:nginx:nginx:1.24"}}}
	names, err := ReadPortNames("https\t443/tcp\nsquid-http\t3128/tcp\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		port     uint16
		evidence []Evidence
		want     string // service, tunnel, product, version, device, and how many CPEs are two
		sure     int
	}{
		{"nothing else is known", 61000, []Evidence{shown(nas, capture.TLS{})}, "ssl||Example NAS||storage-misc", confTLS},
		{"the protocol is agreed upon", 61000, []Evidence{shown(nas, capture.TLS{ALPN: "http/1.1"})}, "http|ssl|Example NAS||storage-misc", confALPN},
		{"the port only speaks", 443, []Evidence{shown(nas, capture.TLS{})}, "http|ssl|Example NAS||storage-misc", confGuess},
		{"the certificate names the service", 61000, []Evidence{shown(voice, capture.TLS{})}, "mumble|ssl|Murmur||", confHardAny},
		{"… against the port", 443, []Evidence{shown(voice, capture.TLS{})}, "mumble|ssl|Murmur||", confHardAny},
		{"… but not against what was agreed upon", 443, []Evidence{shown(voice, capture.TLS{ALPN: "h2"})}, "http|ssl|||", confALPN},
		{"words of another product", 443, []Evidence{said(nginx), shown(nas, capture.TLS{})}, "http||nginx|1.24|storage-misc", confHard},
		{"words without a product", 443, []Evidence{said(matcher.Result{Kind: matcher.Soft, Service: "http"}), shown(nas, capture.TLS{})}, "http||Example NAS||storage-misc", confSoft},
		{"words of another service", 443, []Evidence{said(nginx), shown(voice, capture.TLS{})}, "http||nginx|1.24|", confHard},
		{"another host's certificate, through a proxy", 3128, []Evidence{said(nginx), {TLS: &capture.TLS{}, Result: nas, Via: capture.Proxied, Count: 1}}, "http||nginx|1.24|", confHard},
		{"words that stand as nmap shows them", 443, []Evidence{said(matcher.Result{Kind: matcher.Hard, Service: "http", Strict: true}), shown(nas, capture.TLS{})}, "http||||", confHard},
		{"a soft line says nothing", 61000, []Evidence{shown(matcher.Result{Kind: matcher.Soft, Service: "ssl", Fields: matcher.Fields{Product: "x"}}, capture.TLS{})}, "ssl||||", confTLS},
	} {
		s := Service{Endpoint: capture.Endpoint{Addr: netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), c.port), Proto: request.TCP}, Evidence: c.evidence}
		b := Believe(&s, names)
		if got := b.Service + "|" + b.Tunnel + "|" + b.Product + "|" + b.Version + "|" + b.Device; got != c.want || b.Confidence != c.sure {
			t.Errorf("%s: %q of confidence %d, want %q of %d", c.name, got, b.Confidence, c.want, c.sure)
		}
		if b.Certified != (b.Product != "" && b.Product != "nginx") {
			t.Errorf("%s: %q is the certificate's word: %v", c.name, b.Product, b.Certified)
		}
		if c.name == "words of another product" && (len(b.CPE) != 2 || b.CPE[0] != "cpe:/a:nginx:nginx:1.24" || b.CPE[1] != "cpe:/h:example:nas") {
			t.Errorf("%s: names %q: the program's is nginx's, the machine's is the certificate's", c.name, b.CPE)
		}
	}
	if len(nas.CPE) != 2 || nas.CPE[0] != "cpe:/a:example:nas" {
		t.Errorf("what a claim holds was changed: %q", nas.CPE)
	}
}
