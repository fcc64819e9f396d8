package state

import (
	"testing"

	"earshot/capture"
)

func TestTLSName(t *testing.T) {
	for _, c := range []struct {
		name string
		tls  capture.TLS
		want string
	}{
		{"nothing", capture.TLS{}, ""},
		{"asked, no certificate seen", capture.TLS{SNI: "www.example.org"}, "www.example.org"},
		{"asked, and the certificate agrees", capture.TLS{SNI: "www.example.org", Subject: "example.org", Names: []string{"example.org", "WWW.example.org"}}, "www.example.org"},
		{"asked, and a wildcard agrees", capture.TLS{SNI: "www.example.org", Names: []string{"*.example.org"}}, "www.example.org"},
		{"a wildcard stands for one label", capture.TLS{SNI: "a.b.example.org", Names: []string{"*.example.org"}}, ""},
		{"asked for another's name", capture.TLS{SNI: "www.example.org", Subject: "real.example.net"}, "real.example.net"},
		{"not asked", capture.TLS{Subject: "Some Device 7", Names: []string{"*.example.org", "dev.example.org"}}, "dev.example.org"},
		{"a device's subject says nothing against the name", capture.TLS{SNI: "www.example.org", Subject: "Some Device 7"}, "www.example.org"},
		{"an address is no name", capture.TLS{SNI: "192.0.2.1"}, ""},
		{"hostile", capture.TLS{SNI: "a.\x1b[31m"}, ""},
		{"one label that says nothing", capture.TLS{SNI: "localhost"}, ""},
		{"a bare name that its client knows", capture.TLS{SNI: "printer7", Subject: "Some Device 7"}, "printer7"},
		{"… unless the certificate has another", capture.TLS{SNI: "printer7", Subject: "dev.example.org"}, "dev.example.org"},
	} {
		if got := tlsName(&c.tls); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
