package capture

import (
	"net/netip"
	"testing"

	"earshot/matcher/request"
)

// The values are those that Zeek's and others' tests hold for these flows.
func TestCommunityID(t *testing.T) {
	for _, c := range []struct {
		proto Proto
		a, b  string
		want  string
	}{
		{request.TCP, "1.2.3.4:1122", "5.6.7.8:3344", "1:wCb3OG7yAFWelaUydu0D+125CLM="},
		{request.UDP, "1.2.3.4:1122", "5.6.7.8:3344", "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg="},
		{request.TCP, "128.232.110.120:34855", "66.35.250.204:80", "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
	} {
		a, b := netip.MustParseAddrPort(c.a), netip.MustParseAddrPort(c.b)
		if got, back := CommunityID(c.proto, a, b), CommunityID(c.proto, b, a); got != c.want || back != c.want {
			t.Errorf("%v %s %s: %s, back %s, want %s", c.proto, c.a, c.b, got, back, c.want)
		}
	}
	if got := CommunityID(request.TCP, netip.AddrPort{}, netip.MustParseAddrPort("1.2.3.4:1")); got != "" {
		t.Errorf("a flow without a client has the name %s", got)
	}
}
