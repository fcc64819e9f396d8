package state

import "testing"

func TestDescribed(t *testing.T) {
	for s, want := range map[string]string{
		"Linux gw 6.1.0-13-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29) x86_64":                  "Linux 6.1.0-13-amd64",
		"FreeBSD fw.example 13.2-RELEASE FreeBSD 13.2-RELEASE GENERIC amd64":                                  "FreeBSD 13.2-RELEASE",
		"Cisco IOS Software, C2960 Software (C2960-LANBASEK9-M), Version 15.0(2)SE4, RELEASE SOFTWARE (fc1)":  "Cisco IOS 15.0(2)SE4",
		"Cisco Internetwork Operating System Software IOS (tm) C2900XL Software, Version 12.0(5)WC7, RELEASE": "Cisco IOS 12.0(5)WC7",
		"Juniper Networks, Inc. ex2200-24t-4g Ethernet Switch, kernel JUNOS 12.3R6.6, Build date: 2014-03-13": "JUNOS 12.3R6.6",
		"Arista Networks EOS version 4.28.3M running on an Arista Networks DCS-7050":                          "Arista EOS 4.28.3M",
		"Hardware: Intel64 Family 6 - Software: Windows Version 6.3 (Build 14393 Multiprocessor Free)":        "Windows 6.3",
		"VMware ESXi 7.0.3 build-20328353 VMware, Inc. x86_64":                                                "VMware ESXi 7.0.3",
		"RouterOS RB750Gr3":             "RouterOS",
		"Cisco IOS Software":            "Cisco IOS",
		"HP ETHERNET MULTI-ENVIRONMENT": "HP ETHERNET MULTI-ENVIRONMENT",
		"a text without a comma that is longer than anybody wants to read in a line of a table": "a text without a comma that is longer than anybody wants to …",
		"":           "",
		"Linux host": "Linux host",
	} {
		if got := described(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
