package state

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

func TestOneDaemonOneVersion(t *testing.T) {
	at := time.Unix(1, 0).UTC()
	service := func(p capture.Proto, port uint16, product, version string, cpe ...string) Service {
		ep := capture.Endpoint{Addr: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), port), Proto: p}
		return Service{Endpoint: ep, Evidence: []Evidence{{
			Endpoint: ep, First: at, Last: at, Count: 1,
			Result: matcher.Result{Kind: matcher.Hard, Service: "x", Fields: matcher.Fields{Product: product, Version: version, CPE: cpe}},
		}}}
	}
	h := Host{Services: []Service{
		service(request.TCP, 137, "Samba nmbd", ""),
		service(request.UDP, 137, "Samba nmbd", "", "cpe:/a:samba:samba"),
		service(request.UDP, 138, "Samba nmbd", "4.17.12", "cpe:/a:samba:samba:4.17.12"),
		service(request.UDP, 139, "Samba nmbd", ""),
	}}
	got := h.Beliefs(nil)
	for i, want := range []string{"", "4.17.12", "4.17.12", ""} {
		if got[i].Version != want {
			t.Errorf("service %d: version %q, want %q", i, got[i].Version, want)
		}
	}
	if want := []string{"cpe:/a:samba:samba:4.17.12"}; !slices.Equal(got[1].CPE, want) {
		t.Errorf("cpe %q, want %q", got[1].CPE, want)
	}
	h.Services[1].Evidence[0].Result.Product = "Windows"
	if got := h.Beliefs(nil); got[1].Version != "" {
		t.Errorf("another product took version %q", got[1].Version)
	}
}

// Samba's daemons come in one package: the version that smbd tells is nmbd's, too.
func TestSambaVersion(t *testing.T) {
	at := time.Unix(1, 0).UTC()
	service := func(p capture.Proto, port uint16, product, version string) Service {
		ep := capture.Endpoint{Addr: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), port), Proto: p}
		return Service{Endpoint: ep, Evidence: []Evidence{{
			Endpoint: ep, First: at, Last: at, Count: 1,
			Result: matcher.Result{Kind: matcher.Hard, Service: "x", Fields: matcher.Fields{Product: product, Version: version, CPE: []string{"cpe:/a:samba:samba:" + version}}},
		}}}
	}
	h := Host{Services: []Service{
		service(request.TCP, 445, "Samba smbd", "4.17.12"),
		service(request.TCP, 1445, "Samba smbd", ""),
		service(request.UDP, 137, "Samba nmbd", ""),
	}}
	for i, want := range []string{"4.17.12", "", "4.17.12"} {
		if got := h.Beliefs(nil)[i].Version; got != want {
			t.Errorf("service %d: version %q, want %q", i, got, want)
		}
	}
}

// Where voices come in datagrams, the TLS at the same number is Mumble's.
func TestVoices(t *testing.T) {
	service := func(p capture.Proto, port uint16, e Evidence) Service {
		e.Endpoint = capture.Endpoint{Addr: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), port), Proto: p}
		e.Count = 1
		return Service{Endpoint: e.Endpoint, Evidence: []Evidence{e}}
	}
	shake := Evidence{TLS: &capture.TLS{Version: 0x0304}}
	ping := Evidence{Result: matcher.Result{Kind: matcher.Hard, Service: "mumble", Fields: matcher.Fields{Product: "Murmur", Version: "1.3.4"}}}
	h := Host{Services: []Service{
		service(request.TCP, 64738, shake),
		service(request.TCP, 64739, shake),
		service(request.TCP, 64740, Evidence{TLS: &capture.TLS{ALPN: "h2"}}),
		service(request.UDP, 64738, ping),
		service(request.UDP, 64739, Evidence{Result: matcher.Result{Kind: matcher.Hard, Service: "domain", Fields: matcher.Fields{Product: "x"}}}),
		service(request.UDP, 64740, ping),
	}}
	bs := h.Beliefs(nil)
	for i, want := range []string{"ssl/mumble Murmur 1.3.4", "/ssl  ", "ssl/http  "} {
		if got := bs[i].Tunnel + "/" + bs[i].Service + " " + bs[i].Product + " " + bs[i].Version; got != want {
			t.Errorf("service %d: %q, want %q", i, got, want)
		}
	}
}
