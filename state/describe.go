package state

import "strings"

// described is the system in what a device says of itself as a text (sysDescr of RFC 3418,
// the system descriptions of LLDP and CDP): its name and version where the text has the
// form that its system writes, else what stands before the first comma.
func described(s string) string {
	f := strings.Fields(s)
	// What uname says: system, node, release, version, machine.
	if len(f) >= 3 && f[2] != "" && f[2][0] >= '0' && f[2][0] <= '9' {
		switch f[0] {
		case "Linux", "FreeBSD", "NetBSD", "OpenBSD", "DragonFly", "HP-UX":
			return f[0] + " " + f[2]
		case "SunOS":
			return "SunOS " + f[2]
		case "Darwin":
			return "Darwin " + f[2]
		}
	}
	for _, x := range [...]struct{ has, name, before string }{
		{"Cisco IOS XR Software", "Cisco IOS XR", "Version "},
		{"Cisco IOS-XE", "Cisco IOS XE", "Version "},
		{"IOS-XE Software", "Cisco IOS XE", "Version "},
		{"Cisco NX-OS", "Cisco NX-OS", "Version "},
		{"Cisco IOS Software", "Cisco IOS", "Version "},
		{"Cisco Internetwork Operating System", "Cisco IOS", "Version "},
		{"Cisco Adaptive Security Appliance", "Cisco ASA", "Version "},
		{"JUNOS ", "JUNOS", "JUNOS "},
		{"Arista Networks EOS", "Arista EOS", "version "},
		{"Software: Windows Version", "Windows", "Windows Version "},
		{"Software: Windows 2000 Version", "Windows", "Windows 2000 Version "},
		{"VMware ESXi ", "VMware ESXi", "VMware ESXi "},
		{"VMware ESX ", "VMware ESX", "VMware ESX "},
		{"RouterOS ", "RouterOS", "RouterOS "},
		{"Comware Platform Software", "Comware", "Version "},
		{"Versatile Routing Platform", "VRP", "Version "},
		{"ExtremeXOS", "ExtremeXOS", "version "},
	} {
		if !strings.Contains(s, x.has) {
			continue
		}
		_, v, _ := strings.Cut(s, x.before)
		if n := strings.IndexAny(v, ", ;\r\n"); n >= 0 {
			v = v[:n]
		}
		if v == "" || len(v) > 40 || v[0] < '0' || v[0] > '9' {
			return x.name
		}
		return x.name + " " + v
	}
	if len(s) > 60 {
		s, _, _ = strings.Cut(s, ",")
	}
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
