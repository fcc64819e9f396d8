package capture

import (
	"encoding/binary"
	"strings"
	"testing"
)

// dnsMessage makes a message of DNS's form. The counts are those of its records; names
// are not compressed.
type dnsMessage struct{ b []byte }

func newDNS(flags uint16, counts ...uint16) *dnsMessage {
	m := &dnsMessage{[]byte{0x12, 0x34}}
	m.b = binary.BigEndian.AppendUint16(m.b, flags)
	for i := range 4 {
		n := uint16(0)
		if i < len(counts) {
			n = counts[i]
		}
		m.b = binary.BigEndian.AppendUint16(m.b, n)
	}
	return m
}

func dnsText(name string) []byte {
	var b []byte
	for _, l := range strings.Split(name, "/") { // a dot may be part of a label
		b = append(append(b, byte(len(l))), l...)
	}
	return append(b, 0)
}

func (m *dnsMessage) ask(name string, kind uint16) *dnsMessage {
	m.b = append(m.b, dnsText(name)...)
	m.b = binary.BigEndian.AppendUint16(m.b, kind)
	m.b = binary.BigEndian.AppendUint16(m.b, 1)
	return m
}

func (m *dnsMessage) rr(name string, kind uint16, data string) *dnsMessage {
	return m.raw(string(dnsText(name)), kind, data)
}

func (m *dnsMessage) raw(name string, kind uint16, data string) *dnsMessage {
	m.b = append(m.b, name...)
	m.b = binary.BigEndian.AppendUint16(m.b, kind)
	m.b = append(m.b, "\x00\x01\x00\x00\x00\x3c"...)
	m.b = binary.BigEndian.AppendUint16(m.b, uint16(len(data)))
	m.b = append(m.b, data...)
	return m
}

func located(port uint16, target string) string {
	return "\x00\x00\x00\x00" + string(binary.BigEndian.AppendUint16(nil, port)) + string(dnsText(target))
}

func dnsCases() []hintCase {
	reverse6 := strings.TrimSuffix("1/0/0/0/"+strings.Repeat("0/", 20)+"8/b/d/0/1/0/0/2/ip6/arpa", "/")
	alias := newDNS(0x8180, 1, 2).ask("www/Example/com", 1).raw("\xc0\x0c", rrCNAME, string(dnsText("edge/cdn/net"))).rr("edge/cdn/net", rrA, "\xc6\x33\x64\x07")
	cases := []hintCase{
		{"alias", dnsHints, "192.0.2.53", alias.b, []string{
			"198.51.100.7 name www.example.com (dns) told", "198.51.100.7 name edge.cdn.net (dns) told",
		}},
		{"IPv6", dnsHints, "192.0.2.53", newDNS(0x8180, 1, 1).ask("a/example", 28).raw("\xc0\x0c", rrAAAA, "\x20\x01\x0d\xb8"+strings.Repeat("\x00", 11)+"\x01").b, []string{
			"2001:db8::1 name a.example (dns) told",
		}},
		{"reverse", dnsHints, "192.0.2.53", newDNS(0x8580, 1, 1).ask("7/100/51/198/in-addr/arpa", 12).raw("\xc0\x0c", rrPTR, string(dnsText("gw/example/com"))).b, []string{
			"198.51.100.7 name gw.example.com (ptr) told",
		}},
		{"reverse of IPv6", dnsHints, "192.0.2.53", newDNS(0x8580, 1, 1).ask(reverse6, 12).raw("\xc0\x0c", rrPTR, string(dnsText("six/example"))).b, []string{
			"2001:db8::1 name six.example (ptr) told",
		}},
		{"blocked", dnsHints, "192.0.2.53", newDNS(0x8180, 1, 2).ask("ads/example", 1).raw("\xc0\x0c", rrA, "\x00\x00\x00\x00").raw("\xc0\x0c", rrA, "\x7f\x00\x00\x01").b, nil},
		{"query", dnsHints, "192.0.2.53", newDNS(0x0100, 1).ask("a/example", 1).b, nil},
		{"no such name", dnsHints, "192.0.2.53", newDNS(0x8183, 1).ask("a/example", 1).b, nil},
		{"pointer to itself", dnsHints, "192.0.2.53", newDNS(0x8180, 1, 1).ask("a/example", 1).raw("\xc0\x1b", rrA, "\xc6\x33\x64\x07").b, nil},
		{"LLMNR", llmnrHints, "192.168.1.5", newDNS(0x8000, 1, 1).ask("LAPTOP", 1).rr("LAPTOP", rrA, "\xc0\xa8\x01\x05").b, []string{
			"192.168.1.5 name laptop (llmnr)",
		}},
		{"stream", dnsStreamHints, "192.0.2.53", append([]byte{0, byte(len(alias.b))}, alias.b...), []string{
			"198.51.100.7 name www.example.com (dns) told", "198.51.100.7 name edge.cdn.net (dns) told",
		}},
	}
	return cases
}

func mdnsCases() []hintCase {
	return []hintCase{
		{"printer", mdnsHints, "192.168.1.9", newDNS(0x8400, 0, 4).
			rr("Office 2.0/_ipp/_tcp/local", rrSRV, located(631, "BRN001/local")).
			rr("Office 2.0/_ipp/_tcp/local", rrTXT, "\x09txtvers=1\x15ty=Brother HL-L2350DW\x0busb_MDL=HLx").
			rr("BRN001/local", rrA, "\xc0\xa8\x01\x09").
			rr("_ipp/_tcp/local", rrPTR, "\xc0\x0c").b, []string{
			"192.168.1.9 name brn001.local (mdns)", "192.168.1.9 advertised ipp/tcp 631: Office 2.0 (mdns)",
			"192.168.1.9 model Brother HL-L2350DW (mdns)", "192.168.1.9 device printer (mdns)",
		}},
		{"Apple", mdnsHints, "192.168.1.7", newDNS(0x8400, 0, 1, 0, 1).
			rr("Anna's Mac/_device-info/_tcp/local", rrTXT, "\x14model=MacBookPro18,3\x0aosxvers=21").
			rr("annas-mac/local", rrA, "\xc0\xa8\x01\x07").b, []string{
			"192.168.1.7 name annas-mac.local (mdns)", "192.168.1.7 os macOS 12 (mdns)", "192.168.1.7 model MacBookPro18,3 (mdns)", "192.168.1.7 label Anna's Mac (mdns)",
		}},
		{"Chromecast", mdnsHints, "192.168.1.8", newDNS(0x8400, 0, 2).
			rr("Chromecast-abc/_googlecast/_tcp/local", rrTXT, "\x0dmd=Chromecast\x0efn=Living room").
			rr("Chromecast-abc/_googlecast/_tcp/local", rrSRV, located(8009, "abc/local")).b, []string{
			"192.168.1.8 label Living room (mdns)", "192.168.1.8 model Chromecast (mdns)", "192.168.1.8 device media device (mdns)",
			"192.168.1.8 name abc.local (mdns)", "192.168.1.8 advertised googlecast/tcp 8009: Chromecast-abc (mdns)",
		}},
		// A sleep proxy answers for another host: what it says is that host's.
		{"proxy", mdnsHints, "192.168.1.2", newDNS(0x8400, 0, 2).
			rr("Mac/_ssh/_tcp/local", rrSRV, located(22, "mac/local")).
			rr("mac/local", rrA, "\xc0\xa8\x01\x07").b, []string{"192.168.1.7 name mac.local (mdns) told"}},
		// One that has a name of its own beside it does not take the other's.
		{"proxy with a name", mdnsHints, "192.168.1.2", newDNS(0x8400, 0, 3).
			rr("Mac/_ssh/_tcp/local", rrSRV, located(22, "mac/local")).
			rr("mac/local", rrA, "\xc0\xa8\x01\x07").
			rr("proxy/local", rrA, "\xc0\xa8\x01\x02").b, []string{"192.168.1.7 name mac.local (mdns) told", "192.168.1.2 name proxy.local (mdns)"}},
		{"a service that is gone", mdnsHints, "192.168.1.2", newDNS(0x8400, 0, 1).rr("Mac/_ssh/_tcp/local", rrSRV, located(0, "mac/local")).b, nil},
		{"half a service", mdnsHints, "192.168.1.2", newDNS(0x8400, 0, 1).raw("\x03Mac\x04_ssh\x04_tcp\x05local\x00", rrSRV, "\x00\x00\x00\x00\x00\x16").b, nil},
		{"probe", mdnsHints, "192.168.1.7", newDNS(0, 1, 0, 1).ask("mac/local", 255).rr("mac/local", rrA, "\xc0\xa8\x01\x07").b, []string{
			"192.168.1.7 name mac.local (mdns)",
		}},
		{"question", mdnsHints, "192.168.1.7", newDNS(0, 1).ask("_ipp/_tcp/local", 12).b, nil},
	}
}

func TestDNSHints(t *testing.T) {
	for _, c := range append(dnsCases(), mdnsCases()...) {
		c.check(t)
	}
}

func FuzzDNSHints(f *testing.F)  { fuzzHints(f, dnsHints, dnsCases()) }
func FuzzMDNSHints(f *testing.F) { fuzzHints(f, mdnsHints, append(dnsCases(), mdnsCases()...)) }
