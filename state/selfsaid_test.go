package state

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"earshot/capture"
	"earshot/matcher"
)

// The lengths of ASN.1 at the bounds of their forms, and a whole answer.
func TestSysDescr(t *testing.T) {
	for n, head := range map[int]string{0: "\x04\x00", 0x7f: "\x04\x7f", 0x80: "\x04\x81\x80", 0xff: "\x04\x81\xff", 0x100: "\x04\x82\x01\x00"} {
		v := strings.Repeat("x", n)
		if got := string(wrap(4, []byte(v))); got != head+v {
			t.Errorf("%d bytes: %.8q", n, got)
		}
	}
	const want = "\x30\x2d\x02\x01\x00\x04\x06public" + // version 1, community
		"\xa2\x20\x02\x04said\x02\x01\x00\x02\x01\x00" + // answer: number, no error
		"\x30\x12\x30\x10\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00\x04\x04word" // sysDescr.0
	if got := string(sysDescr("word")); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSelfSaid(t *testing.T) {
	const text = `(?:[\x01-\x7f]|\x81.|\x82..)`
	f, err := matcher.ParseFile("t.probes", []byte("Probe UDP SNMPv1Get q|x|\n"+
		`match snmp m%^0.{1,3}\x02\x01\0.*\x01\x01\0\x04`+text+`Westermo ([\w-]+), primary: v([\d.]+)%s p/Westermo $1/ v/$2/ o/WeOS/ d/switch/`+"\n"+
		`match snmp m%^0.{1,3}\x02\x01\0.*\x01\x01\0\x04`+text+`Cisco IOS Software, .* Version (\S+),%s p/Cisco IOS/ v/$1/ o/IOS/ d/router/`+"\n"+
		`match snmp m%^0.{1,3}\x02\x01\0.*\x01\x01\0\x04`+text+`Linux %s p/Net-SNMP/ o/Linux/`+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := matcher.New(matcher.Options{Validate: true}, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, text        string
		model, os, device []string
	}{
		{"lldp", "Westermo Lynx, primary: v4.32.5, backup: v4.32.2", []string{"Westermo Lynx"}, []string{"WeOS"}, []string{"switch"}},
		{"lldp", "Westermo Lynx, primary: v4.32.5, " + strings.Repeat("long ", 60), []string{"Westermo Lynx"}, []string{"WeOS"}, []string{"switch"}},
		{"cdp", "Cisco IOS Software, C2960 Software (C2960-LANBASEK9-M), Version 15.0(2)SE4, RELEASE", nil, []string{"Cisco IOS 15.0(2)SE4"}, nil},
		{"lldp", "Linux gw 6.1.0 #1 SMP", nil, nil, nil}, // no agent is there
		{"snmp", "Westermo Lynx, primary: v4.32.5, backup: v4.32.2", nil, nil, nil},
		{"lldp", "a switch", nil, nil, nil},
	} {
		r := NewRecorder(&Config{Identify: Matching(db)})
		r.Hint(capture.Hint{Addr: netip.MustParseAddr("192.0.2.1"), Kind: "description", Value: c.text, From: c.from})
		m, _ := Gather(r)
		err := m.Hosts(func(h *Host) error {
			for kind, want := range map[string][]string{"model": c.model, "os": c.os, "device": c.device} {
				if got := h.Hinted(kind); !slices.Equal(got, want) {
					t.Errorf("%s %.20q: %s %q, want %q", c.from, c.text, kind, got, want)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
