package state

import (
	"testing"

	"earshot/matcher"
)

func TestExactly(t *testing.T) {
	for _, c := range []struct{ product, version, info, os, cpe, want string }{
		{"OpenSSH", "9.2p1", "Debian 2+deb12u10", "Linux", "", "Debian 12"},
		{"OpenSSH", "6.7p1", "Debian 3", "Linux", "", "Debian 8"},
		{"OpenSSH", "7.6p1", "Ubuntu 4ubuntu0.3", "Linux", "", "Ubuntu 18.04"},
		{"OpenSSH", "7.9p1", "Raspbian 10+deb10u2", "Linux", "", "Raspbian 10"},
		{"OpenSSH", "3.9p1", "", "Linux", "", "Linux"},
		{"MariaDB", "10.6.12", "Ubuntu 0ubuntu0.22.04.1", "Linux", "", "Ubuntu 22.04"},
		{"PostgreSQL DB", "16.4", "Debian 16.4-1.pgdg120+1", "Linux", "", "Debian 12"},
		{"Apache httpd", "2.2.3", "(Debian) PHP/5.2.0-8+etch10 mod_ssl/2.2.3", "Linux", "", "Debian 4"},
		{"Apache httpd", "2.2.9", "(Debian) PHP/5.2.6-1+lenny16", "Linux", "", "Debian 5"},
		{"Apache httpd", "2.2.16", "(Debian) PHP/5.3.3-7+squeeze19", "Linux", "", "Debian 6"},
		{"PostgreSQL DB", "16.4", "Debian 16.4-1.pgdg12+1", "Linux", "", "Debian"},
		{"Apache httpd", "2.4.6", "(CentOS) PHP/5.6.8", "Linux", "", "CentOS 7"},
		{"Apache httpd", "2.4.6", "(Fedora)", "Linux", "", "Fedora"},
		{"Asterisk PBX", "16.28.0", "dfsg-0+deb11u4", "Linux", "", "Debian 11"},
		{"x", "1.2-3ubuntu0.1", "", "Linux", "", "Ubuntu"},
		{"x", "1.2", "for ubuntu users", "Linux", "", "Linux"},
		{"nginx", "1.18.0", "Ubuntu", "Linux", "", "Ubuntu"},
		{"Samba nmbd", "4.17.12", "workgroup: LABGRP", "Linux", "cpe:/o:debian:debian_linux", "Debian"},
		{"Postfix smtpd", "", "", "Linux", "cpe:/o:canonical:ubuntu_linux", "Ubuntu"},
		{"Microsoft IIS httpd", "7.5", "", "Windows", "", "Windows 7 or Server 2008 R2"},
		{"Microsoft IIS httpd", "99", "", "Windows", "", "Windows"},
		{"Microsoft Windows SMB", "", "Windows 10 Pro; build 19045", "Windows", "", "Windows 10 Pro"},
		{"Microsoft Windows SMB", "", "workgroup: X", "Windows", "", "Windows"},
		{"FreeBSD ftpd", "6.00LS", "", "FreeBSD", "", "FreeBSD"},
		{"", "", "", "", "", ""},
	} {
		f := matcher.Fields{Product: c.product, Version: c.version, Info: c.info, OS: c.os}
		if c.cpe != "" {
			f.CPE = []string{"cpe:/a:x:x", c.cpe}
		}
		if got := exactly(&f); got != c.want {
			t.Errorf("%s %s (%s): %q, want %q", c.product, c.version, c.info, got, c.want)
		}
	}
}

func TestOnlyOn(t *testing.T) {
	for product, want := range map[string]string{
		"Microsoft IIS httpd":           "Windows",
		"Microsoft Exchange smtpd":      "Windows",
		"Microsoft SQL Server 2016":     "Windows",
		"Microsoft SQL Server 2017":     "", // and Linux
		"Microsoft SQL Server 2022":     "",
		"Microsoft Kestrel httpd":       "",
		"OpenSSH":                       "",
		"Apple remote desktop vnc":      "macOS",
		"Synology DiskStation Manager":  "Linux",
		"pfSense http config":           "FreeBSD",
		"":                              "",
		"Apache httpd on Microsoft IIS": "",
	} {
		if got := onlyOn(product); got != want {
			t.Errorf("%q: %q, want %q", product, got, want)
		}
	}
}
