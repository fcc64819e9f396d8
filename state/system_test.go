package state

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"earshot/capture"
	"earshot/matcher"
)

func hinted(hints ...Hint) *Host { return &Host{Hints: hints} }

func TestSystems(t *testing.T) {
	s := embedded(t)
	linux := Hint{Kind: "stack", From: "syn", Value: "64 64240 1460 10 mss,sok,ts,nop,ws df,id+"}
	windows := Hint{Kind: "stack", From: "syn", Value: "128 64240 1460 8 mss,nop,ws,nop,nop,sok df,id+"}
	for _, c := range []struct {
		name   string
		h      *Host
		banner string // what the host's SSH server says of its system
		want   string
	}{
		{"nothing", hinted(), "", ""},
		{"TCP", hinted(linux), "", "Linux 4.19 or later 5"},
		{"two stacks behind one address", hinted(linux, windows), "", ""},
		{"a banner before TCP", hinted(windows), "Linux", "Linux 9"},
		{"a banner and TCP agree", hinted(linux), "Linux", "Linux 9, Linux 4.19 or later 5"},
		{"NTLM before a program", hinted(Hint{Kind: "os", From: "ntlm", Value: "Windows 10 build 19041"}, Hint{Kind: "software", From: "http", Value: "curl/8.1 (x86_64-pc-linux-gnu)"}), "", "Windows 10 build 19041 9"},
		{"programs of two systems", hinted(
			Hint{Kind: "software", From: "http", Value: "Mozilla/5.0 (X11; Linux x86_64)"},
			Hint{Kind: "software", From: "http", Value: "Mozilla/5.0 (Windows NT 10.0; Win64)"},
		), "", ""},
		{"Android is a Linux", hinted(linux, Hint{Kind: "software", From: "http", Value: "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)"}), "", "Android 14 7, Linux 4.19 or later 5"},
		{"a proxy passes on what Windows says", hinted(linux, Hint{Kind: "software", From: "http", Value: "Mozilla/5.0 (Windows NT 10.0; Win64)"}), "", ""},
		{"Windows by its programs and its TCP", hinted(windows, Hint{Kind: "software", From: "http", Value: "Mozilla/5.0 (Windows NT 10.0; Win64)"}), "", "Windows 10, 11, Server 2016 or later 7, Windows 10 or 11 5"},
		{"SYN and SYN-ACK are one", hinted(linux, Hint{Kind: "stack", From: "syn-ack", Value: "64 65160 1460 10 mss,sok,ts,nop,ws df"}), "", "Linux 4.19 or later 5"},
		{"another system says that it is Windows", hinted(linux, Hint{Kind: "os", From: "browser", Value: "Windows 7"}), "", ""},
		{"a description", hinted(Hint{Kind: "description", From: "snmp", Value: "Linux gw 6.1.0-13-amd64 #1 SMP Debian"}), "", "Linux 6.1.0-13-amd64 9"},
		{"two systems say it alike", hinted(Hint{Kind: "os", From: "smb", Value: "Windows 5.1"}, Hint{Kind: "os", From: "mdns", Value: "Linux"}), "", ""},
		{"DHCP", hinted(Hint{Kind: "dhcp-options", From: "dhcp", Value: "1,3,6,12,15,28,42"}), "", "Linux (BusyBox udhcpc) 4"},
		{"what asks by DHCP for IPv6", hinted(Hint{Kind: "dhcp-options", From: "dhcpv6", Value: "1,3,6,12,15,28,42"}), "", ""},
		{"dhcpcd's vendor class", hinted(Hint{Kind: "dhcp-vendor", From: "dhcp", Value: "dhcpcd-9.4.1:Linux-5.10.0:x86_64:GenuineIntel"}), "", "Linux 5.10.0 8"},
		{"dhcpcd's without a system", hinted(Hint{Kind: "dhcp-vendor", From: "dhcp", Value: "dhcpcd-9.4.1"}), "", ""},
		{"BusyBox' vendor class", hinted(Hint{Kind: "dhcp-vendor", From: "dhcp", Value: "udhcp 1.36.1"}), "", "Linux 7"},
		{"Windows' vendor classes", hinted(Hint{Kind: "dhcp-vendor", From: "dhcp", Value: "MSFT 98"}), "", "Windows 98 or Me 7"},
		{"Windows' other vendor class", hinted(Hint{Kind: "dhcp-vendor", From: "dhcp", Value: "MSFT 5.0"}), "", "Windows 7"},
		{"Cisco's vendor class", hinted(Hint{Kind: "dhcp-vendor", From: "dhcp", Value: "ciscopnp"}), "", "Cisco 6"},
		{"a DHCP vendor class", hinted(Hint{Kind: "dhcp-vendor", From: "dhcp", Value: "android-dhcp-13"}), "", "Android 13 8"},
	} {
		var bs []Belief
		if c.banner != "" {
			c.h.Services = []Service{{Endpoint: capture.Endpoint{Addr: netip.MustParseAddrPort("192.0.2.1:22")}}}
			bs = []Belief{{By: &Evidence{}, Fields: matcher.Fields{OS: c.banner}, Confidence: 10}}
		}
		got := ""
		for i, x := range c.h.Systems(bs, s) {
			if i > 0 {
				got += ", "
			}
			got += fmt.Sprint(x.Name, " ", x.Sure)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSoftwareSystem(t *testing.T) {
	for v, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 6.1; WOW64; rv:38.0) Gecko/20100101 Firefox/38.0":    "Windows 7 or Server 2008 R2",
		"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:109.0) Gecko/20100101":            "Ubuntu Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15": "iOS 16.5",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15":        "macOS",
		"Mozilla/5.0 (Linux; Android 13; SM-S901B) AppleWebKit/537.36":                "Android 13",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36":                 "Chrome OS",
		"Microsoft-CryptoAPI/10.0": "Windows 10 or 11",
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": "",
		"Debian APT-HTTP/1.3 (2.6.1)": "Debian Linux",
		"Wget/1.21.3 (linux-gnu)":     "Linux",
		"curl/7.88.1":                 "",
		"":                            "",
		"com.apple.trustd/2.0 CFNetwork/1410 Darwin/22.6.0":                              "macOS or iOS",
		"Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) Edge/15.": "Windows Phone 10.0",
		// What is longer in small letters than in capitals, or no text at all.
		strings.Repeat("Ⱥ", 20) + "Windows NT ":  "Windows",
		"\xff\xff\xff\xff\xff\xff\xff\xffLinux/": "Linux",
		strings.Repeat("Ⱥ", 4) + " Android 13":   "Android 13",
	} {
		if got := softwareSystem(v); got.Name != want {
			t.Errorf("%q: %q, want %q", v, got.Name, want)
		}
	}
}

func TestSystemFamily(t *testing.T) {
	for v, want := range map[string]string{
		"Windows Server 2019": "Windows", "Cisco IOS Software, C3560": "Cisco", "iPhone OS 16": "iOS",
		"RouterOS 6.49": "RouterOS", "FreeBSD 13.2": "FreeBSD", "Darwin 22": "macOS", "macrosoft": "", "": "", "across": "",
	} {
		if got := systemFamily(v); got != want {
			t.Errorf("%q: %q, want %q", v, got, want)
		}
	}
}

func TestIntroduce(t *testing.T) {
	ntlm := func(kind, v string) Hint { return Hint{Kind: kind, From: "ntlm", Value: v} }
	for _, c := range []struct {
		name, service, product string
		banner                 string
		hints                  []Hint
		wantName, wantOS       string
	}{
		{"through a proxy", "http-proxy", "", "HTTP/1.1 200 OK\r\nServer: Apache/2.4.6 (Fedora)\r\n\r\n", nil, "", ""},
		{"SMB", "microsoft-ds", "", "", []Hint{ntlm("name", "fs1"), ntlm("name", "fs1.example.com"), ntlm("os", "Windows 10 build 17763")}, "fs1.example.com", "Windows"},
		{"Samba calls itself Windows", "netbios-ssn", "Samba smbd", "", []Hint{ntlm("name", "nas"), ntlm("os", "Windows 6.1 build 0")}, "nas", ""},
		{"two systems", "microsoft-ds", "", "", []Hint{ntlm("name", "fs1"), ntlm("os", "Windows 10"), {Kind: "os", From: "smb", Value: "Linux 5"}}, "fs1", ""},
		{"SMB's own word", "microsoft-ds", "", "", []Hint{{Kind: "os", From: "smb", Value: "Windows 6.1"}, {Kind: "os", From: "smb", Value: "Windows 7"}}, "", "Windows"},
		{"a name alone", "microsoft-ds", "", "", []Hint{ntlm("name", "nas")}, "nas", ""},
		{"a name that others gave it", "microsoft-ds", "", "", []Hint{{Kind: "name", From: "dns", Value: "fs1"}, {Kind: "os", From: "browser", Value: "Windows 10"}}, "", ""},
		{"two names", "microsoft-ds", "", "", []Hint{ntlm("name", "fs1"), ntlm("name", "fs2")}, "", ""},
		{"a service that does not carry it", "ftp", "", "220 hello", []Hint{ntlm("name", "fs1"), ntlm("os", "Windows 10")}, "", ""},
		{"a service that does", "http", "", "HTTP/1.1 401\r\nWWW-Authenticate: NTLM TlRMTVNTUAACAAAA\r\n\r\n", []Hint{ntlm("name", "fs1"), ntlm("os", "Windows 10")}, "fs1", "Windows"},
		{"a server's comment", "http", "Apache httpd", "HTTP/1.1 200 OK\r\nServer: Apache/2.4.29 (Ubuntu)\r\n\r\n", nil, "", "Linux"},
		{"a server's product", "upnp", "", "HTTP/1.1 200 OK\r\nSERVER: Linux/3.10 UPnP/1.0 x/1\r\n\r\n", nil, "", "Linux"},
		{"a remote desktop's certificate", "ms-wbt-server", "", "", nil, "DESK-1", ""},
		{"a product of one system", "http", "Microsoft IIS httpd", "", nil, "", "Windows"},
		{"a word in the body", "http", "", "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nServer: Linux", nil, "", ""},
	} {
		h := hinted(c.hints...)
		e := Evidence{Banner: []byte(c.banner)}
		if c.service == "http-proxy" {
			e.Via, e.Target, e.Result.Service = capture.Proxied, "www.example", "http"
		}
		h.Services = []Service{{Evidence: []Evidence{e, {TLS: &capture.TLS{Subject: "DESK-1"}}, {TLS: &capture.TLS{Subject: "a.example.com"}}}}}
		bs := []Belief{{By: &e, Service: c.service, Fields: matcher.Fields{Product: c.product}}}
		h.introduce(bs)
		if bs[0].Hostname != c.wantName || bs[0].OS != c.wantOS {
			t.Errorf("%s: %q %q, want %q %q", c.name, bs[0].Hostname, bs[0].OS, c.wantName, c.wantOS)
		}
	}
}
