package capture

import (
	"slices"
	"strings"
	"testing"
)

// What a device says below the transport reaches the parser of its protocol.
func TestAnnounced(t *testing.T) {
	lldp := hx("0207 04 001b21010203  0403 05 6531  0602 0078  0a04 73773178  100c 05 01 0a000002 02 00000001 00  0000")
	cdp := hx("02b4 0000  0001 0007 523178  0002 0011 00000001 01 01 cc 0004 0a000001")
	dcp := hx("feff 05 01 00000001 0000 001c  0202 0006 0000 706c6331  0102 000e 0001 0a000005 ffffff00 0a000001")
	ospf := hx("0201002c c0a80001 00000000 00000000 00000000")
	router := hx("86000000 40000708 00000000 00000000  0101 020000000001")
	for _, c := range []struct {
		name  string
		frame []byte
		want  []string
	}{
		{"LLDP", eth(0x88cc, lldp), []string{"10.0.0.2 name sw1x (lldp)", "10.0.0.2 mac 00:1b:21:01:02:03 (lldp)"}},
		{"CDP", eth(uint16(8+len(cdp)), cat(hx("aaaa03 00000c 2000"), cdp)), []string{"10.0.0.1 name r1x (cdp)"}},
		{"PROFINET", eth(0x8892, dcp), []string{"10.0.0.5 name plc1 (profinet)"}},
		{"PROFINET, cyclic data", eth(0x8892, cat(hx("8000"), make([]byte, 40))), nil},
		{"OSPF", eth(0x0800, ip4(89, ospf)), []string{
			"198.51.100.1 role OSPF router (ospf)", "198.51.100.1 router-id 192.168.0.1 (ospf)", "198.51.100.1 device router (ospf)",
		}},
		{"a router of IPv6", eth(0x86dd, ip6(58, router)), []string{
			"2001:db8:1::1 mac 02:00:00:00:00:01 (ndp)", "2001:db8:1::1 role IPv6 router (ndp)", "2001:db8:1::1 device router (ndp)",
		}},
	} {
		to := &tongue{earSink: earSink{e: &ear{}}}
		f := Frame{Link: 1, Data: c.frame, OrigLen: len(c.frame), Time: 1}
		if _, err := Run(t.Context(), &frames{list: []Frame{f, f}}, Config{}, func(int) Sink { return to }); err != nil {
			t.Fatal(err)
		}
		slices.Sort(to.said)
		slices.Sort(c.want)
		if !slices.Equal(to.said, c.want) {
			t.Errorf("%s: heard\n  %s\nwant\n  %s", c.name, strings.Join(to.said, "\n  "), strings.Join(c.want, "\n  "))
		}
	}
}
