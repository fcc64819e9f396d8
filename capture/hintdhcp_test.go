package capture

import (
	"bytes"
	"testing"
)

// bootp makes a message; own and told are ciaddr and yiaddr.
func bootp(op byte, own, told, options string) []byte {
	b := make([]byte, 240, 300)
	copy(b, []byte{op, 1, 6, 0, 1, 2, 3, 4})
	copy(b[12:], own)
	copy(b[16:], told)
	copy(b[28:], "\x02\x42\xac\x11\x00\x02")
	copy(b[236:], "\x63\x82\x53\x63")
	return append(b, options+"\xff"...)
}

func dhcpCases() []hintCase {
	return []hintCase{
		{"request", dhcpHints, "0.0.0.0", bootp(1, "", "", "\x35\x01\x03\x32\x04\xc0\xa8\x01\x32\x0c\x06laptop\x3c\x08MSFT 5.0\x37\x04\x01\x03\x06\x0f"), []string{
			"192.168.1.50 mac 02:42:ac:11:00:02 (dhcp) told", "192.168.1.50 name laptop (dhcp) told",
			"192.168.1.50 dhcp-vendor MSFT 5.0 (dhcp) told", "192.168.1.50 dhcp-options 1,3,6,15 (dhcp) told",
		}},
		{"renewal", dhcpHints, "192.168.1.50", bootp(1, "\xc0\xa8\x01\x32", "", "\x35\x01\x03\x51\x12\x05\x00\x00\x06laptop\x07example\x00"), []string{
			"192.168.1.50 mac 02:42:ac:11:00:02 (dhcp)", "192.168.1.50 name laptop.example (dhcp)",
		}},
		{"discover", dhcpHints, "0.0.0.0", bootp(1, "", "", "\x35\x01\x01\x32\x04\xc0\xa8\x01\x32\x0c\x06laptop"), nil},
		{"acknowledgement", dhcpHints, "192.168.1.1", bootp(2, "", "\xc0\xa8\x01\x32", "\x35\x01\x05\x36\x04\xc0\xa8\x01\x01\x03\x04\xc0\xa8\x01\x01\x06\x04\xc0\xa8\x01\x02"), []string{
			"192.168.1.1 role DHCP server (dhcp)", "192.168.1.1 role router (dhcp)", "192.168.1.2 role DNS server (dhcp) told",
			"192.168.1.50 mac 02:42:ac:11:00:02 (dhcp) told",
		}},
		{"acknowledgement of a whole name", dhcpHints, "192.168.1.1", bootp(2, "", "\xc0\xa8\x01\x32", "\x35\x01\x05\x51\x12\x05\x00\x00\x06laptop\x07example\x00"), []string{
			"192.168.1.50 mac 02:42:ac:11:00:02 (dhcp) told", "192.168.1.50 name laptop.example (dhcp) told",
		}},
		{"offer", dhcpHints, "192.168.1.1", bootp(2, "", "\xc0\xa8\x01\x32", "\x35\x01\x02\x51\x12\x05\x00\x00\x06laptop\x07example\x00"), nil},
		{"release", dhcpHints, "192.168.1.50", bootp(1, "\xc0\xa8\x01\x32", "", "\x35\x01\x07\x0c\x06laptop"), nil},
		{"not DHCP", dhcpHints, "192.168.1.1", make([]byte, 300), nil},
	}
}

func dhcp6Cases() []hintCase {
	return []hintCase{
		{"solicit", dhcp6Hints, "fe80::1", []byte("\x01\x12\x34\x56\x00\x27\x00\x08\x01\x06laptop\x00\x10\x00\x0e\x00\x00\x01\x37\x00\x08MSFT 5.0\x00\x06\x00\x04\x00\x18\x00\x17"), []string{
			"fe80::1 name laptop (dhcp6)", "fe80::1 dhcp-vendor MSFT 5.0 (dhcp6)", "fe80::1 dhcp-options 24,23 (dhcp6)",
		}},
		{"reply", dhcp6Hints, "fe80::2", []byte("\x07\x12\x34\x56"), []string{"fe80::2 role DHCP server (dhcp6)"}},
		{"relayed", dhcp6Hints, "fe80::2", []byte("\x0c\x12\x34\x56\x00\x27\x00\x08\x01\x06laptop"), nil},
	}
}

func TestDHCPHints(t *testing.T) {
	for _, c := range append(dhcpCases(), dhcp6Cases()...) {
		c.check(t)
	}
}

// The name of a client may be as long as a datagram: it costs no more than one that is a
// name's length.
// Of an option that comes twice the first counts; padding is passed over, and what is cut off ends it.
func TestDHCPOptions(t *testing.T) {
	opt := dhcpOptions([]byte("\x00\x0c\x01a\x00\x0c\x01b\x51\x00\x3c\x02xy\x0f\x05shor"))
	for n, want := range map[int]string{12: "a", 60: "xy", 81: "", 15: "", 0: ""} {
		if string(opt[n]) != want {
			t.Errorf("option %d is %q, want %q", n, opt[n], want)
		}
	}
	if opt[81] == nil || opt[15] != nil {
		t.Errorf("an empty option is %v, one cut off %v", opt[81], opt[15])
	}
	if opt = dhcpOptions([]byte("\xff\x0c\x01a")); opt[12] != nil {
		t.Errorf("behind the end: %q", opt[12])
	}
}

func TestLongName(t *testing.T) {
	name := bytes.Repeat([]byte("\x01a"), 30000)
	if n := testing.AllocsPerRun(1, func() {
		if s := labels(name); s != "" {
			t.Errorf("a name of %d bytes", len(s))
		}
	}); n > 20 {
		t.Errorf("%v allocations", n)
	}
	if s := labels(name[:250]); len(s) != 249 {
		t.Errorf("a name of %d bytes, not 249", len(s))
	}
}

func FuzzDHCPHints(f *testing.F)  { fuzzHints(f, dhcpHints, dhcpCases()) }
func FuzzDHCP6Hints(f *testing.F) { fuzzHints(f, dhcp6Hints, dhcp6Cases()) }
