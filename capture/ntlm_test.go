package capture

import (
	"encoding/binary"
	"testing"
	"unicode/utf16"
)

// ntlmChallenge is a challenge with a version and the names of a computer.
func ntlmChallenge(major, minor byte, build uint16, names map[uint16]string) []byte {
	le := binary.LittleEndian
	wide := func(s string) (out []byte) {
		for _, u := range utf16.Encode([]rune(s)) {
			out = le.AppendUint16(out, u)
		}
		return out
	}
	b := append([]byte("NTLMSSP\x00\x02\x00\x00\x00"), make([]byte, 44)...)
	target := wide("CORP")
	le.PutUint16(b[12:], uint16(len(target)))
	le.PutUint32(b[16:], 56)
	le.PutUint32(b[20:], 0x2000001)
	var pairs []byte
	for id := uint16(1); id <= 7; id++ {
		if s, ok := names[id]; ok {
			w := wide(s)
			pairs = append(le.AppendUint16(le.AppendUint16(pairs, id), uint16(len(w))), w...)
		}
	}
	pairs = append(pairs, 0, 0, 0, 0)
	le.PutUint16(b[40:], uint16(len(pairs)))
	le.PutUint32(b[44:], uint32(56+len(target)))
	b[48], b[49], b[55] = major, minor, 15
	le.PutUint16(b[50:], build)
	return append(append(b, target...), pairs...)
}

func TestParseNTLM(t *testing.T) {
	names := map[uint16]string{1: "SRV", 2: "CORP", 3: "srv.corp.example", 4: "corp.example", 5: "example"}
	whole := ntlmChallenge(10, 0, 17763, names)
	n, ok := ParseNTLM(append([]byte("anything before it"), whole...))
	want := NTLM{
		Target: "CORP", Computer: "SRV", Domain: "CORP", DNSComputer: "srv.corp.example", DNSDomain: "corp.example",
		DNSForest: "example", Major: 10, Build: 17763, VersionIsGiven: true,
	}
	if !ok || n != want {
		t.Errorf("%v %+v", ok, n)
	}
	if n.Windows() != "Windows 10 1809 or Server 2019; build 17763" || n.Name() != "srv.corp.example" {
		t.Errorf("%q, %q", n.Windows(), n.Name())
	}
	if n, ok = ParseNTLM(whole[:60]); !ok || n.Name() != "" || n.Build != 17763 {
		t.Errorf("cut off: %v %+v", ok, n)
	}
	if n, _ = ParseNTLM(ntlmChallenge(6, 1, 0, nil)); n.Windows() != "" {
		t.Errorf("no build, and yet %q", n.Windows())
	}
	if n, _ = ParseNTLM(ntlmChallenge(10, 0, 29999, nil)); n.Windows() != "Windows 10.0; build 29999" {
		t.Errorf("%q", n.Windows())
	}
	if n, _ = ParseNTLM(ntlmChallenge(10, 0, 1, map[uint16]string{1: "A\x1b[2J"})); n.Computer != "" {
		t.Errorf("%q", n.Computer)
	}
	for _, s := range []string{"", "NTLMSSP\x00\x01\x00\x00\x00", "NTLMSSP\x00\x02\x00\x00\x00short"} {
		if _, ok := ParseNTLM([]byte(s)); ok {
			t.Errorf("%q is no challenge", s)
		}
	}
}

func FuzzParseNTLM(f *testing.F) {
	f.Add(ntlmChallenge(6, 1, 7601, map[uint16]string{1: "SRV", 3: "srv.example"}))
	f.Add(ntlmChallenge(10, 0, 20348, nil)[:50])
	f.Fuzz(func(t *testing.T, b []byte) {
		n, ok := ParseNTLM(b)
		if !ok && n != (NTLM{}) || len(n.Name()) > 2*maxNTLMName {
			t.Errorf("%v %+v", ok, n)
		}
		_ = n.Windows()
	})
}
