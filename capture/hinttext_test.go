package capture

import (
	"strings"
	"testing"
)

func textCases() []hintCase {
	asReq := "\x6a\x81\x9a\x30\x81\x97\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa4\x81\x8a\x30\x81\x87\xa0\x07\x03\x05\x00\x40\x81\x00\x10" +
		"\xa1\x12\x30\x10\xa0\x03\x02\x01\x01\xa1\x09\x30\x07\x1b\x05PC77$" + "\xa2\x0b\x1b\x09CORP.TEST" + "\xa9\x1d\x30\x1b\x30\x19\xa0\x03\x02\x01\x14\xa1\x12\x04\x10PC77            " + "\x20"
	// The lengths around it do not matter to what is inside: they are made right here.
	inner := asReq[strings.Index(asReq, "\xa0\x07\x03\x05"):]
	seq := func(tag byte, s string) string { return string([]byte{tag, 0x81, byte(len(s))}) + s }
	asReq = seq(0x6a, seq(0x30, "\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a"+seq(0xa4, seq(0x30, inner[:len(inner)-1]))))
	bind := func(oid, value string) string {
		v := "\x04" + string([]byte{byte(len(value))}) + value
		s := "\x06\x08\x2b\x06\x01\x02\x01\x01" + oid + "\x00" + v
		return "\x30" + string([]byte{byte(len(s))}) + s
	}
	strange := seq(0x30, "\x02\x01\x01\x04\x06public"+seq(0xa2, "\x02\x01\x07\x02\x01\x00\x02\x01\x00"+seq(0x30,
		"\x30\x0f\x06\x09\x2b\x06\x01\x02\x01\x01\x05\x00\x00\x04\x02gw"+ // sysName.0.0
			"\x30\x0e\x06\x08\x2b\x06\x01\x02\x01\x01\x05\x01\x04\x02gw"+ // sysName.1
			"\x30\x0e\x06\x08\x2b\x06\x01\x02\x01\x02\x05\x00\x04\x02gw"))) // of the next group
	binds := bind("\x01", "Linux gw 5.10.0 #1 SMP\r\nx86_64") + bind("\x05", "gw.example") + bind("\x06", "Rack 7")
	pdu := seq(0xa2, "\x02\x01\x07\x02\x01\x00\x02\x01\x00"+seq(0x30, binds))
	snmp := seq(0x30, "\x02\x01\x01\x04\x06public"+pdu)
	mndp := "\x00\x00\x12\x34\x00\x01\x00\x06\x4c\x5e\x0c\x01\x02\x03\x00\x05\x00\x07core-gw\x00\x07\x00\x0f6.49.6 (stable)\x00\x08\x00\x08MikroTik\x00\x0c\x00\x06RB4011"
	ubnt := "\x01\x00\x00\x1b\x01\x00\x06\x04\x18\xd6\x01\x02\x03\x0b\x00\x03ap1\x0c\x00\x09NanoBeam5"
	return []hintCase{
		{"SSDP", ssdpHints, "192.168.1.1", []byte("NOTIFY * HTTP/1.1\r\nNT: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nNTS: ssdp:alive\r\nSERVER: Linux/4.4 UPnP/1.0 MiniUPnPd/2.1\r\nLocation: http://192.168.1.1:5000/rootDesc.xml\r\n\r\n"), []string{
			"192.168.1.1 software Linux/4.4 UPnP/1.0 MiniUPnPd/2.1 (ssdp)", "192.168.1.1 device router (ssdp)", "192.168.1.1 advertised upnp/tcp 5000 (ssdp)",
		}},
		{"SSDP goodbye", ssdpHints, "192.168.1.1", []byte("NOTIFY * HTTP/1.1\r\nNTS: ssdp:byebye\r\nSERVER: x\r\n\r\n"), nil},
		{"M-SEARCH", ssdpHints, "192.168.1.9", []byte("M-SEARCH * HTTP/1.1\r\nUSER-AGENT: Google Chrome/90 Windows\r\n\r\n"), []string{"192.168.1.9 software Google Chrome/90 Windows (ssdp)"}},
		{"SIP", sipHints, "192.168.1.9", []byte("REGISTER sip:pbx SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.9\r\nUser-Agent: Yealink SIP-T21P 34.72\r\n\r\n"), []string{"192.168.1.9 software Yealink SIP-T21P 34.72 (sip)"}},
		{"SIP passed on", sipHints, "192.168.1.9", []byte("INVITE sip:pbx SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.9\r\nVia: SIP/2.0/UDP 192.168.1.10\r\nUser-Agent: Yealink\r\n\r\n"), nil},
		{"syslog of RFC 3164", syslogHints, "192.168.1.9", []byte("<34>Oct 11 22:14:15 mymachine su: 'su root' failed"), []string{"192.168.1.9 name mymachine (syslog)"}},
		{"syslog of RFC 5424", syslogHints, "192.168.1.9", []byte("<165>1 2003-10-11T22:14:15.003Z mymachine.example evntslog - ID47 - x"), []string{"192.168.1.9 name mymachine.example (syslog)"}},
		{"syslog of RFC 5424 without a host", syslogHints, "192.168.1.9", []byte("<165>1 2003-10-11T22:14:15.003Z - evntslog - ID47 - x"), nil},
		{"syslog without a host", syslogHints, "192.168.1.9", []byte("<34>Oct 11 22:14:15 su: 'su root' failed: x"), nil},
		{"Kerberos", kerberosHints, "192.168.1.9", []byte(asReq), []string{"192.168.1.9 name pc77 (kerberos)", "192.168.1.9 domain CORP.TEST (kerberos)"}},
		{"Kerberos, an address of another type", kerberosHints, "192.168.1.9", []byte(strings.NewReplacer("\xa0\x03\x02\x01\x14", "\xa0\x03\x02\x01\x02", "PC77            ", "OTHER           ").Replace(asReq)), []string{"192.168.1.9 name pc77 (kerberos)", "192.168.1.9 domain CORP.TEST (kerberos)"}},
		{"Kerberos, a ticket", kerberosHints, "192.168.1.2", []byte(seq(0x6b, seq(0x30, "\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x0b\xa3\x0b\x1b\x09CORP.TEST"))), []string{
			"192.168.1.2 role Kerberos KDC (kerberos)", "192.168.1.2 domain CORP.TEST (kerberos)",
		}},
		{"Kerberos, an error", kerberosHints, "192.168.1.2", []byte(seq(0x7e, seq(0x30, "\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x1e\xa9\x0b\x1b\x09CORP.TEST"))), []string{
			"192.168.1.2 role Kerberos KDC (kerberos)", "192.168.1.2 domain CORP.TEST (kerberos)",
		}},
		{"a length of 32 bits, all of them set", kerberosHints, "192.168.1.9", []byte("\x6a\x84\xff\xff\xff\xff\x30\x00"), nil},
		{"SNMP", snmpHints, "192.168.1.1", []byte(snmp), []string{
			"192.168.1.1 description Linux gw 5.10.0 #1 SMP x86_64 (snmp)", "192.168.1.1 name gw.example (snmp)", "192.168.1.1 location Rack 7 (snmp)",
		}},
		{"SNMP, other objects", snmpHints, "192.168.1.1", []byte(strange), nil},
		{"MNDP", mndpHints, "192.168.88.1", []byte(mndp), []string{
			"192.168.88.1 mac 4c:5e:0c:01:02:03 (mndp)", "192.168.88.1 name core-gw (mndp)", "192.168.88.1 os RouterOS 6.49.6 (mndp)", "192.168.88.1 device router (mndp)",
			"192.168.88.1 model MikroTik RB4011 (mndp)",
		}},
		{"Ubiquiti", ubntHints, "192.168.1.20", []byte(ubnt), []string{
			"192.168.1.20 mac 04:18:d6:01:02:03 (ubnt)", "192.168.1.20 name ap1 (ubnt)", "192.168.1.20 model Ubiquiti NanoBeam5 (ubnt)",
		}},
	}
}

// anyPort reads a message as a datagram between ports that say nothing.
func anyPort(b []byte, m *mouth) {
	if parse := textHints(b); parse != nil {
		parse(b, m)
	}
}

func anyPortCases() []hintCase {
	const user = "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1\r\nUser-Agent: Phone 1.2\r\n\r\n"
	return []hintCase{
		{"SIP", anyPort, "192.168.1.3", []byte(user), []string{"192.168.1.3 software Phone 1.2 (sip)"}},
		{"an answer of SIP", anyPort, "192.168.1.3", []byte("SIP/2.0 200 OK\r\nServer: PBX 3\r\n\r\n"), []string{"192.168.1.3 software PBX 3 (sip)"}},
		{"an answer to a search", anyPort, "192.168.1.3", []byte("HTTP/1.1 200 OK\r\nST: roku:ecp\r\nServer: Roku UPnP/1.0\r\n\r\n"), []string{
			"192.168.1.3 software Roku UPnP/1.0 (ssdp)", "192.168.1.3 device media device (ssdp)",
		}},
		{"syslog", anyPort, "192.168.1.3", []byte("<34>Oct 11 22:14:15 mymachine su: failed"), []string{"192.168.1.3 name mymachine (syslog)"}},
		{"XML", anyPort, "192.168.1.3", []byte("<wsdd xmlns='x'>Oct 11 22:14:15 mymachine su: failed"), nil},
		{"other text", anyPort, "192.168.1.3", []byte("HELLO WORLD, HOW ARE YOU?"), nil},
		{"syslog with its length", syslogStreamHints, "192.168.1.3", []byte("39 <34>Oct 11 22:14:15 mymachine su: failed"), []string{"192.168.1.3 name mymachine (syslog)"}},
		{"syslog by lines", syslogStreamHints, "192.168.1.3", []byte("<34>Oct 11 22:14:15 mymachine su: failed\n<34>Oct 11 22:14:15 other su: failed\n"), []string{"192.168.1.3 name mymachine (syslog)"}},
		{"no syslog", syslogStreamHints, "192.168.1.3", []byte("a<34>Oct 11 22:14:15 mymachine su: failed"), nil},
	}
}

func TestAnyPortHints(t *testing.T) {
	for _, c := range anyPortCases() {
		c.check(t)
	}
}

func FuzzAnyPortHints(f *testing.F) {
	fuzzHints(f, func(b []byte, m *mouth) {
		anyPort(b, m)
		syslogStreamHints(b, m)
	}, anyPortCases())
}

func routing(proto uint8) func([]byte, *mouth) {
	return func(b []byte, m *mouth) { routingHints(proto, b, m) }
}

func linkCases() []hintCase {
	tlv := func(kind int, v string) string { return string([]byte{byte(kind<<1 | len(v)>>8), byte(len(v))}) + v }
	lldp := tlv(1, "\x04\x00\x1b\x21\x01\x02\x03") + tlv(2, "\x05ge-0/0/1") + tlv(3, "\x00\x78") + tlv(5, "sw1.example") + tlv(6, "Juniper Networks, Inc. ex2200") +
		tlv(7, "\x00\x14\x00\x04") + tlv(8, "\x05\x01\x0a\x00\x00\x02\x02\x00\x00\x00\x01\x00") + tlv(127, "\x00\x12\xbb\x0aEX2200-24T") + tlv(0, "")
	el := func(kind byte, v string) string {
		return string([]byte{0, kind, byte((len(v) + 4) >> 8), byte(len(v) + 4)}) + v
	}
	cdp := "\x02\xb4\x00\x00" + el(1, "R1.lab") + el(2, "\x00\x00\x00\x01\x01\x01\xcc\x00\x04\x0a\x00\x00\x01") + el(4, "\x00\x00\x00\x29") +
		el(5, "Cisco IOS Software, 7200 Software (C7200-ADVENTERPRISEK9-M), Version 15.2(4)M7, RELEASE SOFTWARE") + el(6, "Cisco 7206VXR")
	return []hintCase{
		{"LLDP", lldpHints, "0.0.0.0", []byte(lldp), []string{
			"10.0.0.2 name sw1.example (lldp)", "10.0.0.2 model EX2200-24T (lldp)", "10.0.0.2 mac 00:1b:21:01:02:03 (lldp)", "10.0.0.2 device switch (lldp)",
			"10.0.0.2 description Juniper Networks, Inc. ex2200 (lldp)",
		}},
		{"CDP", cdpHints, "0.0.0.0", []byte(cdp), []string{
			"10.0.0.1 name r1.lab (cdp)", "10.0.0.1 model Cisco 7206VXR (cdp)", "10.0.0.1 os IOS 15.2(4)M7 (cdp)", "10.0.0.1 device router (cdp)",
			"10.0.0.1 description Cisco IOS Software, 7200 Software (C7200-ADVENTERPRISEK9-M), Version 15.2(4)M7, RELEASE SOFTWARE (cdp)",
		}},
		{"PROFINET", profinetHints, "0.0.0.0", []byte("\xfe\xff\x05\x01\x00\x00\x00\x01\x00\x00\x00\x40" +
			"\x02\x02\x00\x0a\x00\x00plc1-s71" + "\x02\x01\x00\x09\x00\x00S7-1200\x00" + "\x02\x03\x00\x06\x00\x00\x00\x2a\x01\x0d" +
			"\x02\x04\x00\x04\x00\x00\x01\x00" + "\x01\x02\x00\x0e\x00\x01\x0a\x00\x00\x05\xff\xff\xff\x00\x0a\x00\x00\x01"), []string{
			"10.0.0.5 name plc1-s71 (profinet)", "10.0.0.5 model S7-1200 (profinet)", "10.0.0.5 device specialized (profinet)",
		}},
		{"PROFINET, a question", profinetHints, "0.0.0.0", []byte("\xfe\xfe\x05\x00\x00\x00\x00\x01\x00\x01\x00\x0c\x02\x02\x00\x08plc1-s71"), nil},
		{"OSPF", routing(89), "10.0.0.1", []byte("\x02\x01\x00\x2c\xc0\xa8\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), []string{
			"10.0.0.1 role OSPF router (ospf)", "10.0.0.1 router-id 192.168.0.1 (ospf)", "10.0.0.1 device router (ospf)",
		}},
		{"VRRP", routing(112), "10.0.0.1", []byte("\x21\x05\x64\x01\x00\x01\x00\x00\x0a\x00\x00\xfe\x00\x00\x00\x00\x00\x00\x00\x00"), []string{
			"10.0.0.1 role VRRP router, group 5 (vrrp)", "10.0.0.1 device router (vrrp)", "10.0.0.254 role VRRP address, group 5 (vrrp) told",
		}},
		{"CARP", routing(112), "10.0.0.1", []byte("\x21\x05\x64\x07\x00\x01" + strings.Repeat("\x01", 30)), []string{"10.0.0.1 role CARP member, group 5 (carp)"}},
		{"EIGRP", routing(88), "10.0.0.1", []byte("\x02\x05" + strings.Repeat("\x00", 20)), []string{"10.0.0.1 role EIGRP router (eigrp)", "10.0.0.1 device router (eigrp)"}},
		{"HSRP", hsrpHints, "10.0.0.1", []byte("\x00\x00\x10\x03\x0a\x64\x01\x00cisco\x00\x00\x00\x0a\x00\x00\xfe"), []string{
			"10.0.0.1 role HSRP router, group 1 (hsrp)", "10.0.0.1 device router (hsrp)", "10.0.0.254 role HSRP address, group 1 (hsrp) told",
		}},
		{"RIP", ripHints, "10.0.0.1", []byte("\x02\x02\x00\x00" + strings.Repeat("\x00", 20)), []string{"10.0.0.1 role RIP router (rip)"}},
	}
}

// The lengths of BER at the bounds of their forms.
func TestDER(t *testing.T) {
	for head, n := range map[string]int{"\x04\x00": 0, "\x04\x7f": 0x7f, "\x04\x81\x80": 0x80, "\x04\x82\x01\x02": 0x102, "\x04\x83\x01\x02\x03": 0x10203, "\x04\x84\x00\x00\x00\x01": 1} {
		v := strings.Repeat("x", n)
		if tag, content, rest, ok := der([]byte(head + v + "yz")); tag != 4 || string(content) != v || string(rest) != "yz" || !ok {
			t.Errorf("%q: tag %d, %d bytes, %.4q behind them, %v", head, tag, len(content), rest, ok)
		}
		if n > 0 {
			if _, _, _, ok := der([]byte(head + v[1:])); ok {
				t.Errorf("%q: whole without its last byte", head)
			}
		}
	}
	for _, b := range []string{"", "\x04", "\x1f\x00", "\x04\x80", "\x04\x81", "\x04\x85\x00\x00\x00\x00\x00", "\x04\x84\xff\xff\xff\xff"} {
		if _, _, _, ok := der([]byte(b)); ok {
			t.Errorf("%q is an element", b)
		}
	}
}

// A model has its maker before it, but once.
func TestMadeBy(t *testing.T) {
	for in, want := range map[[2]string]string{
		{"Avaya", "1608"}: "Avaya 1608", {"Avaya", "AVAYA 1608"}: "AVAYA 1608", {"", "1608"}: "1608", {"Avaya", ""}: "", {"", ""}: "",
	} {
		if got := madeBy(in[0], in[1]); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestTextHints(t *testing.T) {
	for _, c := range textCases() {
		c.check(t)
	}
}

func TestLinkHints(t *testing.T) {
	for _, c := range linkCases() {
		c.check(t)
	}
}

func FuzzTextHints(f *testing.F) {
	fuzzHints(f, func(b []byte, m *mouth) {
		for _, parse := range []func([]byte, *mouth){ssdpHints, sipHints, syslogHints, kerberosHints, kerberosStreamHints, agentHints, mndpHints, ubntHints, radiusHints, cldapHints} {
			parse(b, m)
		}
	}, textCases())
}

func FuzzLinkHints(f *testing.F) {
	fuzzHints(f, func(b []byte, m *mouth) {
		lldpHints(b, m)
		cdpHints(b, m)
		profinetHints(b, m)
		hsrpHints(b, m)
		ripHints(b, m)
		for _, p := range []uint8{88, 89, 103, 112} {
			routingHints(p, b, m)
		}
	}, linkCases())
}
