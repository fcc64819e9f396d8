package state

import (
	"slices"
	"strings"

	"earshot/matcher"
)

// What a server's words say of its system beyond the system's name: some products run on
// one system only, packages are marked by their distribution, and a release of a system
// brings one version of a product and keeps it.

// onlyOn is the system that a product runs on and no other, "" if there are several. Its
// makers' system requirements say so.
func onlyOn(product string) string {
	for _, x := range [...]struct{ begins, system string }{
		{"Microsoft IIS", "Windows"},
		{"Microsoft Exchange", "Windows"},
		{"Microsoft ESMTP", "Windows"},
		{"Microsoft HTTPAPI", "Windows"},
		{"Microsoft Windows", "Windows"},
		{"Microsoft SharePoint", "Windows"},
		{"Microsoft Terminal Services", "Windows"},
		{"Microsoft Active Directory", "Windows"},
		{"Microsoft ftpd", "Windows"},
		{"Microsoft Telnet", "Windows"},
		{"Microsoft DNS", "Windows"},
		{"Microsoft Message Queuing", "Windows"},
		{"Microsoft SQL Server 6", "Windows"},
		{"Microsoft SQL Server 7", "Windows"},
		{"Microsoft SQL Server 2000", "Windows"},
		{"Microsoft SQL Server 2005", "Windows"},
		{"Microsoft SQL Server 2008", "Windows"},
		{"Microsoft SQL Server 2012", "Windows"},
		{"Microsoft SQL Server 2014", "Windows"},
		{"Microsoft SQL Server 2016", "Windows"},
		{"OpenSSH for Windows", "Windows"},
		{"Bitvise SSH Server", "Windows"},
		{"Bitvise WinSSHD", "Windows"},
		{"freeSSHd", "Windows"},
		{"freeFTPd", "Windows"},
		{"Cerberus FTP", "Windows"},
		{"Xlight ftpd", "Windows"},
		{"WAR-FTPD", "Windows"},
		{"GuildFTPd", "Windows"},
		{"Home Ftp Server", "Windows"},
		{"MailEnable", "Windows"},
		{"hMailServer", "Windows"},
		{"MDaemon", "Windows"},
		{"Alt-N MDaemon", "Windows"},
		{"SmarterMail", "Windows"},
		{"ArGoSoft", "Windows"},
		{"Ipswitch IMail", "Windows"},
		{"Mercury/32", "Windows"},
		{"UltraVNC", "Windows"},
		{"Small HTTP server", "Windows"},
		{"HttpFileServer", "Windows"},
		{"Apple remote desktop", "macOS"},
		{"Cockpit web service", "Linux"},
		{"Proxmox", "Linux"},
		{"pfSense", "FreeBSD"},
		{"OPNsense", "FreeBSD"},
		{"Synology", "Linux"},
		{"QNAP", "Linux"},
		{"VMware ESX", "ESXi"},
		{"MikroTik", "RouterOS"},
	} {
		if strings.HasPrefix(product, x.begins) {
			return x.system
		}
	}
	return ""
}

// distribution names a distribution and its release by the words of a server that came
// from its packages; "" if they do not tell.
func distribution(f *matcher.Fields) string {
	text := f.Version + " " + f.Info
	var name string
	for _, x := range [...]struct{ word, name string }{
		{"Raspbian", "Raspbian"},
		{"Ubuntu", "Ubuntu"},
		{"Debian", "Debian"},
		{"Fedora", "Fedora"},
		{"CentOS", "CentOS"},
		{"Red Hat", "Red Hat Linux"},
		{"AlmaLinux", "AlmaLinux"},
		{"Rocky Linux", "Rocky Linux"},
		{"Oracle Linux", "Oracle Linux"},
		{"Amazon Linux", "Amazon Linux"},
		{"openSUSE", "openSUSE"},
		{"SUSE", "SUSE Linux"},
		{"Gentoo", "Gentoo"},
		{"Mageia", "Mageia"},
		{"Mandriva", "Mandriva"},
		{"Alpine", "Alpine Linux"},
	} {
		if strings.Contains(text, x.word) {
			name = x.name
			break
		}
	}
	if name == "" {
		name = marked(text)
	}
	for _, c := range f.CPE {
		if name != "" {
			break
		}
		switch {
		case strings.HasPrefix(c, "cpe:/o:debian:"):
			name = "Debian"
		case strings.HasPrefix(c, "cpe:/o:canonical:ubuntu"):
			name = "Ubuntu"
		}
	}
	if v := release(name, f.Product, f.Version, text); v != "" {
		return name + " " + v
	}
	return name
}

// marked is the distribution whose mark a package's version bears, "" if it bears none.
// Debian's policy and Ubuntu's write them so.
func marked(text string) string {
	for _, x := range [...]struct{ mark, name string }{{"+deb", "Debian"}, {"+rpi", "Raspbian"}, {"ubuntu", "Ubuntu"}} {
		_, after, ok := strings.Cut(text, x.mark)
		if ok && after != "" && after[0] >= '0' && after[0] <= '9' {
			return x.name
		}
	}
	return ""
}

// release is that of a distribution: by the mark of its security updates, or by the
// version of a product that it keeps through its life.
func release(name, product, version, text string) string {
	switch name {
	case "Debian", "Raspbian":
		if v := debianRelease(text); v != "" {
			return v
		}
	case "Ubuntu":
		for _, v := range [...]string{"14.04", "16.04", "18.04", "20.04", "22.04", "24.04", "26.04"} {
			if strings.Contains(text, "0."+v+".") || strings.Contains(text, "~"+v+".") {
				return v
			}
		}
	case "Fedora":
		return digitsBehind(text, ".fc")
	case "Red Hat Linux", "CentOS", "AlmaLinux", "Rocky Linux", "Oracle Linux":
		if v := digitsBehind(text, ".el"); v != "" {
			return v[:1]
		}
	}
	return releaseBy(name, product, version)
}

// debianRelease is the release that a package's version bears, "" if it bears none.
func debianRelease(text string) string {
	if v := digitsBehind(text, "+deb"); v != "" {
		return v
	}
	if v := digitsBehind(text, "~bpo"); v != "" && len(v) <= 2 {
		return v
	}
	if v := digitsBehind(text, ".pgdg"); len(v) == 3 && v[2] == '0' { // PostgreSQL's own packages
		return v[:2]
	}
	for i, word := range [...]string{"+etch", "+lenny", "+squeeze"} {
		if strings.Contains(text, word) {
			return string(rune('4' + i))
		}
	}
	return ""
}

// digitsBehind are the digits, at most three, behind the first mark in text.
func digitsBehind(text, mark string) string {
	_, v, _ := strings.Cut(text, mark)
	n := 0
	for n < len(v) && n < 3 && v[n] >= '0' && v[n] <= '9' {
		n++
	}
	return v[:n]
}

// releaseBy is the release of a distribution that has that version of a product through its
// life, "" if it is not known or there are several.
func releaseBy(name, product, version string) string {
	for _, x := range [...]struct{ name, product, version, release string }{
		{"Debian", "OpenSSH", "5.5p1", "6"},
		{"Debian", "OpenSSH", "6.0p1", "7"},
		{"Debian", "OpenSSH", "6.7p1", "8"},
		{"Debian", "OpenSSH", "7.4p1", "9"},
		{"Debian", "OpenSSH", "7.9p1", "10"},
		{"Debian", "OpenSSH", "8.4p1", "11"},
		{"Debian", "OpenSSH", "9.2p1", "12"},
		{"Debian", "OpenSSH", "10.0p2", "13"},
		{"Debian", "Apache httpd", "2.2.22", "7"},
		{"Debian", "Apache httpd", "2.4.10", "8"},
		{"Debian", "Apache httpd", "2.4.25", "9"},
		{"Debian", "Apache httpd", "2.4.38", "10"},
		{"Raspbian", "OpenSSH", "7.9p1", "10"},
		{"Raspbian", "OpenSSH", "8.4p1", "11"},
		{"Raspbian", "Apache httpd", "2.4.38", "10"},
		{"Ubuntu", "OpenSSH", "5.3p1", "10.04"},
		{"Ubuntu", "OpenSSH", "5.9p1", "12.04"},
		{"Ubuntu", "OpenSSH", "6.6.1p1", "14.04"},
		{"Ubuntu", "OpenSSH", "7.2p2", "16.04"},
		{"Ubuntu", "OpenSSH", "7.6p1", "18.04"},
		{"Ubuntu", "OpenSSH", "8.2p1", "20.04"},
		{"Ubuntu", "OpenSSH", "8.9p1", "22.04"},
		{"Ubuntu", "OpenSSH", "9.6p1", "24.04"},
		{"Ubuntu", "Apache httpd", "2.2.8", "8.04"},
		{"Ubuntu", "Apache httpd", "2.2.14", "10.04"},
		{"Ubuntu", "Apache httpd", "2.2.22", "12.04"},
		{"Ubuntu", "Apache httpd", "2.4.7", "14.04"},
		{"Ubuntu", "Apache httpd", "2.4.18", "16.04"},
		{"Ubuntu", "Apache httpd", "2.4.29", "18.04"},
		{"Ubuntu", "Apache httpd", "2.4.41", "20.04"},
		{"Ubuntu", "Apache httpd", "2.4.52", "22.04"},
		{"Ubuntu", "Apache httpd", "2.4.58", "24.04"},
		{"Ubuntu", "nginx", "1.4.6", "14.04"},
		{"Ubuntu", "nginx", "1.10.3", "16.04"},
		{"Ubuntu", "nginx", "1.14.0", "18.04"},
		{"Ubuntu", "nginx", "1.18.0", ""}, // 20.04 and 22.04
		{"Ubuntu", "nginx", "1.24.0", "24.04"},
		{"CentOS", "Apache httpd", "2.2.3", "5"},
		{"CentOS", "Apache httpd", "2.2.15", "6"},
		{"CentOS", "Apache httpd", "2.4.6", "7"},
		{"CentOS", "Apache httpd", "2.4.37", "8"},
		{"Red Hat Linux", "Apache httpd", "2.2.15", "6"},
	} {
		if x.name == name && x.product == product && x.version == version {
			return x.release
		}
	}
	return ""
}

// windowsBy names Windows by the version of a part of it, "" if it does not tell.
func windowsBy(f *matcher.Fields) string {
	if f.Product == "Microsoft IIS httpd" {
		switch f.Version {
		case "4.0":
			return "Windows NT 4.0"
		case "5.0":
			return "Windows 2000"
		case "5.1":
			return "Windows XP"
		case "6.0":
			return "Windows Server 2003 or XP x64"
		case "7.0":
			return "Windows Vista or Server 2008"
		case "7.5":
			return "Windows 7 or Server 2008 R2"
		case "8.0":
			return "Windows 8 or Server 2012"
		case "8.5":
			return "Windows 8.1 or Server 2012 R2"
		case "10.0":
			return "Windows 10, Server 2016 or later"
		}
	}
	if strings.HasPrefix(f.Product, "Microsoft Windows") {
		parts := strings.Split(f.Info, "; ")
		if i := slices.IndexFunc(parts, func(p string) bool { return strings.HasPrefix(p, "Windows ") }); i >= 0 {
			return parts[i]
		}
	}
	return ""
}

// exactly is the most exact name of a system that a server's words give: at least what
// its signature says.
func exactly(f *matcher.Fields) string {
	var name string
	switch systemFamily(f.OS) {
	case "Linux":
		name = distribution(f)
	case "Windows":
		name = windowsBy(f)
	}
	if name == "" || len(f.OS) > len(name) {
		return f.OS
	}
	return name
}
