package capture

import (
	"strings"
	"testing"
)

// berText is an element of BER.
func berText(tag byte, parts ...string) string {
	s := strings.Join(parts, "")
	return string([]byte{tag, byte(len(s))}) + s
}

func loginCases() []hintCase {
	any := server(40000)
	said := client(40000)
	tds := "\x04\x01\x00\x60\x00\x33\x01\x00" + "\xaa\x28\x00" + "\x18\x48\x00\x00\x01\x0e" + "\x03\x00" + wideText("no!") + "\x0b" + wideText(`SQL7\EXPRESS`)[:22] + "\x00\x01\x00\x00\x00"
	tns := "\x00\xb0\x00\x00\x01\x00\x00\x00\x01\x36(DESCRIPTION=(CONNECT_DATA=(SID=x)(CID=(PROGRAM=sqlplus)(HOST=appws12)(USER=bob)))(ADDRESS=(HOST=10.0.0.1)))"
	vnc := func(name string) []byte {
		return []byte("\x04\x00\x03\x00\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\x00\x00\x00\x00\x00\x00" + string([]byte{byte(len(name))}) + name)
	}
	netlogon := "\x17\x00\x00\x00\xfd\xf3\x01\x00" + strings.Repeat("\x11", 16) + "\x04corp\x05local\x00" + "\xc0\x18" + "\x04dc01\xc0\x18" + "\x04CORP\x00" + "\x04DC01\x00"
	cldap := "\x30\x60\x02\x01\x01\x64\x5b" + "\x04\x08netlogon" + berText(0x31, berText(4, netlogon))
	engine := func(id string) []byte {
		return []byte(berText(0x30, "\x02\x01\x03", berText(0x30, "\x02\x01\x01\x02\x02\x05\xdc\x04\x01\x00\x02\x01\x03"), berText(4, berText(0x30, berText(4, id), "\x02\x01\x01\x02\x01\x01\x04\x00\x04\x00\x04\x00")), "\x30\x00"))
	}
	tree2 := func(path string) []byte {
		w := wideText(path)
		return []byte("\x00\x00\x00\x80\xfeSMB\x40\x00\x01\x00\x00\x00\x00\x00\x03\x00\x20\x00" + strings.Repeat("\x00", 48-4) + "\x00\x00\x00\x00\x09\x00\x00\x00\x48\x00" + string([]byte{byte(len(w)), 0}) + w)
	}
	tree1 := "\x00\x00\x00\x50\xffSMB\x75\x00\x00\x00\x00\x18\x07\xc8" + strings.Repeat("\x00", 20) + "\x04\xff\x00\x00\x00\x08\x00\x01\x00\x29\x00\x00" + wideText("\\\\NAS02\\IPC$") + "\x00\x00?????\x00"
	plainLogin := "\x00\x00\x00\x90\xffSMB\x73\x00\x00\x00\x00\x18\x07\xc8" + strings.Repeat("\x00", 20) + "\x0d\xff\x00\x00\x00\xff\xff\x02\x00\x01\x00\x00\x00\x00\x00\x02\x00\x02\x00\x00\x00\x00\x00\xd4\x00\x00\x00" +
		"\x90\x00" + "pwpw" + "\x00" + wideText("bob\x00WG\x00Windows 2002 Service Pack 3 2600\x00Windows 2002 5.1\x00")
	return []hintCase{
		{"EHLO", said, "10.0.0.9", []byte("EHLO DESKTOP-AB12\r\n"), []string{"10.0.0.9 name desktop-ab12 (smtp)"}},
		{"HELO at home", said, "10.0.0.9", []byte("HELO ws1.lan\r\n"), []string{"10.0.0.9 name ws1.lan (smtp)"}},
		{"EHLO that anybody may say", said, "10.0.0.9", []byte("EHLO mail.example.com\r\n"), nil},
		{"EHLO with an address", said, "10.0.0.9", []byte("EHLO [10.0.0.9]\r\n"), nil},
		{"the name in an error of SQL Server", any, "10.0.0.1", []byte(tds), []string{"10.0.0.1 name sql7 (tds)"}},
		{"Oracle's client", said, "10.0.0.9", []byte(tns), []string{"10.0.0.9 name appws12 (tns)"}},
		{"Oracle's client in Java", said, "10.0.0.9", []byte(strings.Replace(tns, "appws12", "__jdbc__", 1)), nil},
		{"a desktop of X", any, "10.0.0.1", vnc("root's X desktop (lab7:1)"), []string{"10.0.0.1 label root's X desktop (lab7:1) (vnc)", "10.0.0.1 name lab7 (vnc)"}},
		{"a desktop and its user", any, "10.0.0.1", vnc("lab8:2 (bob)"), []string{"10.0.0.1 label lab8:2 (bob) (vnc)", "10.0.0.1 name lab8 (vnc)"}},
		{"a desktop at a host", any, "10.0.0.1", vnc("bob@lab9:3"), []string{"10.0.0.1 label bob@lab9:3 (vnc)", "10.0.0.1 name lab9 (vnc)"}},
		{"a machine of QEMU", any, "10.0.0.1", vnc("QEMU (vm3)"), []string{"10.0.0.1 label QEMU (vm3) (vnc)"}},
		{"RADIUS", radiusHints, "10.0.0.9", []byte("\x01\x09\x00\x25" + strings.Repeat("\x11", 16) + "\x01\x05bob" + "\x20\x0cap-lobby-1"), []string{"10.0.0.9 name ap-lobby-1 (radius)"}},
		{"RADIUS, a name of words", radiusHints, "10.0.0.9", []byte("\x04\x09\x00\x1e" + strings.Repeat("\x11", 16) + "\x20\x0aAP lobby"), []string{"10.0.0.9 label AP lobby (radius)"}},
		{"RADIUS, an answer", radiusHints, "10.0.0.1", []byte("\x02\x09\x00\x20" + strings.Repeat("\x11", 16) + "\x20\x0cap-lobby-1"), nil},
		{"a domain controller", cldapHints, "10.0.0.1", []byte(cldap), []string{"10.0.0.1 domain corp.local (ldap)", "10.0.0.1 name dc01.corp.local (ldap)", "10.0.0.1 domain CORP (ldap)"}},
		{"an agent of SNMP 3", agentHints, "10.0.0.1", engine("\x80\x00\x00\x09\x03\x00\x15\x5d\x11\x22\x33"), []string{"10.0.0.1 mac 00:15:5d:11:22:33 (snmp)"}},
		{"an engine with another name", agentHints, "10.0.0.1", engine("\x80\x00\x1f\x88\x80\x00\x15\x5d\x11\x22\x33"), nil},
		{"a share", smbCalled, "10.0.0.1", tree2(`\\FILESRV01\data$`), []string{"10.0.0.1 name filesrv01 (smb)"}},
		{"a share by the whole name", smbCalled, "10.0.0.1", tree2(`\\fs1.corp.local\IPC$`), []string{"10.0.0.1 name fs1.corp.local (smb)"}},
		{"a share of a domain", smbCalled, "10.0.0.1", tree2(`\\corp.local\IPC$`), nil},
		{"a domain's scripts", smbCalled, "10.0.0.1", tree2(`\\CORP\SYSVOL`), nil},
		{"a share by its address", smbCalled, "10.0.0.1", tree2(`\\10.0.0.1\IPC$`), nil},
		{"a share of SMB 1", smbCalled, "10.0.0.1", []byte(tree1), []string{"10.0.0.1 name nas02 (smb)"}},
		{"a client of SMB 1 with passwords", client(445), "10.0.0.9", []byte(plainLogin), []string{"10.0.0.9 os Windows XP Service Pack 3 2600 (smb)"}},
		{"rsyslog", syslogHints, "10.0.0.9", []byte("<30>2023-10-11T22:14:15.003123+02:00 node17 systemd[1]: Started x."), []string{"10.0.0.9 name node17 (syslog)"}},
		{"syslog with the year", syslogHints, "10.0.0.9", []byte("<166>Oct 11 2023 22:14:15 asa-fw1 : %ASA-6-302013: Built"), []string{"10.0.0.9 name asa-fw1 (syslog)"}},
		{"Fortinet's", syslogHints, "10.0.0.9", []byte(`<189>date=2023-10-11 time=22:14:15 devname="FGT60F-HQ" devid="FGT60F0000000001" logid="0000000013"`), []string{"10.0.0.9 name fgt60f-hq (syslog)"}},
		{"Cisco's", syslogHints, "10.0.0.9", []byte("<189>47: core-sw1: *Mar  1 00:00:10.123: %SYS-5-CONFIG_I: Configured"), []string{"10.0.0.9 name core-sw1 (syslog)"}},
		{"Cisco's without a host", syslogHints, "10.0.0.9", []byte("<189>47: *Mar  1 00:00:10.123: %SYS-5-CONFIG_I: Configured"), nil},
	}
}

func TestLoginHints(t *testing.T) {
	for _, c := range loginCases() {
		c.check(t)
	}
}

func FuzzLoginHints(f *testing.F) {
	fuzzHints(f, func(b []byte, m *mouth) {
		serverWords(b, m)
		clientWords(b, m)
		smbCalled(b, m)
		radiusHints(b, m)
		cldapHints(b, m)
		agentHints(b, m)
		syslogHints(b, m)
	}, loginCases())
}
