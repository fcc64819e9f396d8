package capture

import (
	"encoding/hex"
	"strings"
	"testing"
)

// nb is a NetBIOS name in the first-level encoding.
func nb(name string, use byte) string {
	raw := []byte(name + "               ")[:15]
	raw = append(raw, use)
	s := " "
	for _, c := range raw {
		s += string([]byte{'A' + c>>4, 'A' + c&15})
	}
	return s + "\x00"
}

func netbiosCases() []hintCase {
	register := func(name string, use byte, flags string) []byte {
		return []byte("\x80\x01\x29\x10\x00\x01\x00\x00\x00\x00\x00\x01" + nb(name, use) + "\x00\x20\x00\x01\xc0\x0c\x00\x20\x00\x01\x00\x00\x00\x00\x00\x06" + flags + "\xc0\xa8\x01\x14")
	}
	status := "\x00\x01\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00" + nb("*", 0) + "\x00\x21\x00\x01\x00\x00\x00\x00\x00\x53\x04" +
		"FILESRV        \x00\x04\x00" + "FILESRV        \x20\x04\x00" + "CORP           \x00\x84\x00" + "CORP           \x1c\x84\x00" + "\x00\x0c\x29\x11\x22\x33"
	return []hintCase{
		{"registration", nbnsHints, "192.168.1.20", register("PC7", 0, "\x00\x00"), []string{"192.168.1.20 name pc7 (nbns)"}},
		{"registration of a status", nbnsHints, "192.168.1.20", []byte(strings.Replace(string(register("PC7", 0, "\x00\x00")), "\xc0\x0c\x00\x20", "\xc0\x0c\x00\x21", 1)), nil},
		{"registration of no address", nbnsHints, "192.168.1.20", []byte(strings.Replace(string(register("PC7", 0, "\x00\x00")), "\x00\x06", "\x00\x05", 1)), nil},
		{"registration without an address", nbnsHints, "192.168.1.20", register("PC7", 0, "\x00\x00")[:66], nil},
		{"workgroup", nbnsHints, "192.168.1.20", register("HOME", 0, "\x80\x00"), []string{"192.168.1.20 domain HOME (nbns)"}},
		{"node status", nbnsHints, "192.168.1.21", []byte(status), []string{
			"192.168.1.21 name filesrv (nbns)", "192.168.1.21 domain CORP (nbns)", "192.168.1.21 role domain controller (nbns)",
			"192.168.1.21 mac 00:0c:29:11:22:33 (nbns)",
		}},
		{"a name server's word", nbnsHints, "192.168.1.2", []byte("\x00\x01\x85\x80\x00\x00\x00\x01\x00\x00\x00\x00" + nb("PC7", 0) + "\x00\x20\x00\x01\x00\x00\x00\x00\x00\x06\x00\x00\xc0\xa8\x01\x14"), []string{
			"192.168.1.20 name pc7 (nbns) told",
		}},
		{"query", nbnsHints, "192.168.1.20", []byte("\x00\x01\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00" + nb("PC8", 0) + "\x00\x20\x00\x01"), nil},
	}
}

// browse is a host announcement in a NetBIOS datagram.
func browse(command byte, name string, major, minor byte, kind, comment string) []byte {
	d := string([]byte{command, 0, 0x80, 0xfc, 0x0a, 0}) + (name + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")[:16] + string([]byte{major, minor}) + kind + "\x0f\x01\x55\xaa" + comment + "\x00"
	smb := "\xffSMB\x25" + string(make([]byte, 27)) + "\x11\x00\x00" + string([]byte{byte(len(d)), 0}) + string(make([]byte, 18)) + string([]byte{byte(len(d)), 0, 86, 0}) + "\x03\x00\x01\x00\x01\x00\x02\x00" +
		string([]byte{byte(len(d) + 17), 0}) + "\\MAILSLOT\\BROWSE\x00" + d
	return []byte("\x11\x02\x00\x01\xc0\xa8\x01\x14\x00\x8a\x00\xbb\x00\x00" + nb(name, 0x20) + nb("HOME", 0x1d) + smb)
}

func browserCases() []hintCase {
	return []hintCase{
		{"Windows", nbdgmHints, "192.168.1.20", browse(1, "PC7", 6, 1, "\x03\x10\x01\x00", "Front desk"), []string{
			"192.168.1.20 name pc7 (nbdgm)", "192.168.1.20 name pc7 (browser)", "192.168.1.20 description Front desk (browser)", "192.168.1.20 os Windows 7 (browser)",
		}},
		{"Samba", nbdgmHints, "192.168.1.20", browse(15, "NAS", 6, 1, "\x03\x9a\x84\x00", "Samba 4"), []string{
			"192.168.1.20 name nas (nbdgm)", "192.168.1.20 name nas (browser)", "192.168.1.20 description Samba 4 (browser)", "192.168.1.20 software Samba (browser)",
		}},
		{"domain", nbdgmHints, "192.168.1.20", browse(12, "CORP", 3, 10, "\x00\x10\x00\x80", "DC1"), []string{
			"192.168.1.20 name corp (nbdgm)", "192.168.1.20 domain CORP (browser)", "192.168.1.20 name dc1 (browser)",
		}},
	}
}

func TestNetBIOSHints(t *testing.T) {
	if s := hex.EncodeToString(browse(1, "PC7", 6, 1, "\x03\x10\x01\x00", "")); len(s) < 300 {
		t.Fatal(s)
	}
	for _, c := range append(netbiosCases(), browserCases()...) {
		c.check(t)
	}
}

func FuzzNBNSHints(f *testing.F)  { fuzzHints(f, nbnsHints, netbiosCases()) }
func FuzzNBDgmHints(f *testing.F) { fuzzHints(f, nbdgmHints, browserCases()) }
