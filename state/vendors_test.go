package state

import (
	"testing"

	"earshot/data"
)

func TestVendors(t *testing.T) {
	const v = Vendors("# a table\n# of three lengths\n000000\tFirst\n0000001\tLonger\n000000123\tLongest\n001B44\tMiddle\nFCFFFF\tLast\n")
	for mac, want := range map[string]string{
		"00:00:00:aa:bb:cc": "First",
		"00:00:00:1a:bb:cc": "Longer",
		"00:00:00:12:3b:cc": "Longest",
		"00-1B-44-11-3a-b7": "Middle",
		"001b.4411.3ab7":    "Middle",
		"fc:ff:ff:00:00:00": "Last",
		"00:1b:45:00:00:00": "",
		"02:00:00:00:00:00": "", // local
		"00:1b:44":          "",
		"":                  "",
	} {
		if got := v.Name(mac); got != want {
			t.Errorf("%s: %q, want %q", mac, got, want)
		}
	}
	if got := Vendors("").Name("00:00:00:00:00:00"); got != "" {
		t.Errorf("an empty table names %q", got)
	}
	if got := Vendors(data.Vendors).Name("00:00:0c:12:34:56"); got == "" {
		t.Error("the embedded table does not know 00000C")
	}
}
