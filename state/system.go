package state

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Systems says what is known of the system of a host: the clues of the family that the
// strongest of them is of, strongest first. It is empty if there is no clue, or if two
// families have clues of one strength: then several systems stand behind one address.
// Banners say it best, and what the system says of itself in its protocols; then what
// programs say, its DHCP client, its TCP, which are worth more if they agree. s may be nil.
func (h *Host) Systems(beliefs []Belief, s *Stacks) []Clue {
	all := h.clues(beliefs, s)
	slices.SortFunc(all, func(a, b Clue) int {
		return cmp.Or(cmp.Compare(b.Sure, a.Sure), cmp.Compare(wide(a.Family), wide(b.Family)), cmp.Compare(len(b.Name), len(a.Name)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.From, b.From))
	})
	if len(all) == 0 {
		return nil
	}
	top := all[0]
	out := all[:0]
	for _, c := range all {
		switch {
		case kin(c.Family, top.Family):
			out = append(out, c)
		case c.Sure == top.Sure:
			return nil
		}
	}
	if out[0].Sure <= 5 && out[0].independent(out[1:]) {
		out[0].Sure = 7
	}
	return out
}

// clues gathers what banners and hints say of a host's system, each thing once.
func (h *Host) clues(beliefs []Belief, s *Stacks) (all []Clue) {
	add := func(c Clue) {
		if c.Family != "" && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	for i := range beliefs {
		b := &beliefs[i]
		if b.OS != "" && b.By != nil && b.Confidence > confGuess {
			add(Clue{cmp.Or(systemFamily(b.OS), bannerFamily(b.OS)), exactly(&b.Fields), 9, "banner of " + h.Services[i].Endpoint.Proto.String() + " " + strconv.Itoa(int(h.Services[i].Endpoint.Addr.Port()))})
		}
	}
	agents, stacks := map[string]Clue{}, map[string]Clue{}
	for _, x := range h.Hints {
		c, ok := h.clue(&x, s)
		if !ok {
			continue
		}
		switch x.Kind {
		case "software":
			agents[c.Family] = c
		case "stack":
			if old, ok := stacks[c.Family]; !ok || c.Sure > old.Sure {
				stacks[c.Family] = c
			}
		default:
			add(c)
		}
	}
	// Programs of several systems, or several stacks: an address that is shared.
	for _, m := range []map[string]Clue{agents, stacks} {
		if len(m) == 1 {
			for _, c := range m {
				add(c)
			}
		}
	}
	return all
}

// clue says what one hint tells of a host's system.
func (h *Host) clue(x *Hint, s *Stacks) (c Clue, ok bool) {
	switch x.Kind {
	case "os":
		sure := 9
		if x.From == "browser" {
			sure = 5 // others than Windows speak it, too, and say that they are Windows
		}
		return Clue{systemFamily(x.Value), x.Value, sure, x.From}, true
	case "description":
		return Clue{systemFamily(x.Value), described(x.Value), 9, x.From}, x.From != "browser"
	case "software":
		c = softwareSystem(x.Value)
		c.From = x.From
		if x.From == "http" {
			c.Sure = 5 // programs pretend, and proxies pass on what others say
		}
		return c, c.Family != ""
	case "dhcp-vendor":
		c = vendorClass(x.Value)
		c.From = x.From
		return c, true
	case "dhcp-options":
		if s == nil || x.From != "dhcp" {
			return c, false
		}
		c, ok = s.dhcp[x.Value]
		c.From = "what its DHCP client asks for"
		return c, ok
	case "stack":
		c, ok = s.TCP(x.From, x.Value, h.Addr.Is6())
		c.From = "its TCP " + x.From
		return c, ok
	}
	return c, false
}

// independent reports whether one of others comes from another layer: what programs say,
// what the DHCP client asks for, how TCP begins.
func (c *Clue) independent(others []Clue) bool {
	layer := func(from string) string { return strings.TrimSuffix(from, "-ack") } // both are TCP's
	return slices.ContainsFunc(others, func(o Clue) bool { return layer(o.From) != layer(c.From) })
}

// bannerFamily is the family of a system that signatures call by a name that is short.
func bannerFamily(os string) string {
	if os == "IOS" {
		return "Cisco"
	}
	return os
}

// wide is 1 for families that others are part of.
func wide(family string) int {
	if family == "Linux" || family == "Apple" {
		return 1
	}
	return 0
}

// kin reports whether two families can be one system's: Android's kernel is Linux.
func kin(a, b string) bool {
	linux := func(s string) bool { return s == "Linux" || s == "Android" || s == "Chrome OS" }
	apple := func(s string) bool { return s == "Apple" || s == "macOS" || s == "iOS" }
	return a == b || linux(a) && linux(b) || apple(a) && apple(b)
}

// systemFamily names the family of systems that a text speaks of; "" if none is known in it.
func systemFamily(text string) string {
	t := strings.ToLower(text)
	for _, f := range [...]struct{ word, family string }{
		{"windows", "Windows"},
		{"winnt", "Windows"},
		{"iphone os", "iOS"},
		{"ipados", "iOS"},
		{"iphone", "iOS"},
		{"ipad", "iOS"},
		{"android", "Android"},
		{"cros", "Chrome OS"},
		{"mac os x", "macOS"},
		{"macos", "macOS"},
		{"os x", "macOS"},
		{"darwin", "macOS"},
		{"macintosh", "macOS"},
		{"ios-xe", "Cisco"},
		{"ios xe", "Cisco"},
		{"ios xr", "Cisco"},
		{"nx-os", "Cisco"},
		{"cisco ios", "Cisco"},
		{"cisco", "Cisco"},
		{"ios 1", "Cisco"},
		{"routeros", "RouterOS"},
		{"mikrotik", "RouterOS"},
		{"arista", "EOS"},
		{"comware", "Comware"},
		{"versatile routing platform", "VRP"},
		{"vrp (r)", "VRP"},
		{"fortios", "FortiOS"},
		{"fortigate", "FortiOS"},
		{"pan-os", "PAN-OS"},
		{"extremexos", "ExtremeXOS"},
		{"screenos", "ScreenOS"},
		{"edgeos", "Linux"},
		{"vyos", "Linux"},
		{"junos", "JUNOS"},
		{"juniper", "JUNOS"},
		{"esx", "ESXi"},
		{"freebsd", "FreeBSD"},
		{"openbsd", "OpenBSD"},
		{"netbsd", "NetBSD"},
		{"dragonfly", "DragonFly BSD"},
		{"solaris", "Solaris"},
		{"sunos", "Solaris"},
		{"aix", "AIX"},
		{"hp-ux", "HP-UX"},
		{"openvms", "OpenVMS"},
		{"vxworks", "VxWorks"},
		{"qnx", "QNX"},
		{"linux", "Linux"},
		{"ubuntu", "Linux"},
		{"debian", "Linux"},
		{"raspbian", "Linux"},
		{"centos", "Linux"},
		{"fedora", "Linux"},
		{"red hat", "Linux"},
		{"rhel", "Linux"},
		{"suse", "Linux"},
		{"gentoo", "Linux"},
		{"alpine", "Linux"},
		{"openwrt", "Linux"},
		{"dd-wrt", "Linux"},
		{"synology", "Linux"},
		{"amazon", "Linux"},
	} {
		if i := strings.Index(t, f.word); i >= 0 && (i == 0 || !isLetter(t[i-1])) {
			return f.family
		}
	}
	return ""
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// softwareSystem is the system that a program says it runs on: in the words of RFC 9110
// §10.1.5 products and comments. The first of the list whose words are there is it.
func softwareSystem(s string) Clue {
	t := strings.ToLower(s)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(t, w) })
	}
	version := func(word string) string { return versionBehind(t, word) }
	name := func(n, v string) string { return strings.TrimSpace(n + " " + v) }
	is := func(family, name string) Clue { return Clue{Family: family, Name: name, Sure: 6} }
	switch {
	case has("compatible; googlebot", "bingbot", "spider", "crawler"):
		return Clue{}
	case has("windows phone"):
		return is("Windows Phone", name("Windows Phone", version("windows phone ")))
	case has("windows nt ", "windows nt/"):
		return is("Windows", windowsNT(version("windows nt ")+version("windows nt/")))
	case has("microsoft-cryptoapi/", "microsoft-wns/", "windows-update-agent", "microsoft-delivery-optimization/", "microsoft ncsi", "microsoft bits/", "winhttp", "microsoft-windows"):
		return is("Windows", windowsNT(version("microsoft-cryptoapi/")+version("microsoft-wns/")))
	case has("iphone os ", "cpu os "):
		return is("iOS", name("iOS", version("iphone os ")+version("cpu os ")))
	case has("android "):
		return is("Android", name("Android", version("android ")))
	case has("dalvik/", "; android"):
		return is("Android", "Android")
	case has("cros "):
		return is("Chrome OS", "Chrome OS")
	case has("mac os x ", "macintosh"):
		return is("macOS", "macOS") // the version is no longer true
	case has("cfnetwork/") && has("darwin/"):
		return is("Apple", "macOS or iOS")
	case has("ubuntu"):
		return is("Linux", "Ubuntu Linux")
	case has("debian"):
		return is("Linux", "Debian Linux")
	case has("fedora"):
		return is("Linux", "Fedora Linux")
	case has("freebsd"):
		return is("FreeBSD", "FreeBSD")
	case has("linux/"):
		return is("Linux", name("Linux", version("linux/")))
	case has("linux-gnu", "x11; linux", "(linux", "linux x86_64", " linux;", "; linux"), strings.HasPrefix(t, "linux"):
		return is("Linux", "Linux")
	}
	return Clue{}
}

// versionBehind is the version, numbers with dots or underscores between, behind a word.
func versionBehind(s, word string) string {
	_, v, _ := strings.Cut(s, word)
	n := 0
	for n < len(v) && (v[n] >= '0' && v[n] <= '9' || v[n] == '.' || v[n] == '_') {
		n++
	}
	return strings.Trim(strings.ReplaceAll(v[:n], "_", "."), ".")
}

// windowsNT names Windows by the version that its programs give.
func windowsNT(v string) string {
	switch v {
	case "5.0":
		return "Windows 2000"
	case "5.1":
		return "Windows XP"
	case "5.2":
		return "Windows XP x64 or Server 2003"
	case "6.0":
		return "Windows Vista or Server 2008"
	case "6.1":
		return "Windows 7 or Server 2008 R2"
	case "6.2":
		return "Windows 8 or Server 2012"
	case "6.3":
		return "Windows 8.1 or Server 2012 R2"
	case "10.0":
		return "Windows 10 or 11"
	}
	return "Windows"
}

// vendorClass is the system in the vendor class of a DHCP client (RFC 2132 §9.13), as
// vendors document them.
func vendorClass(s string) Clue {
	switch {
	case s == "MSFT 5.0":
		return Clue{Family: "Windows", Name: "Windows", Sure: 7}
	case s == "MSFT 98":
		return Clue{Family: "Windows", Name: "Windows 98 or Me", Sure: 7}
	case strings.HasPrefix(s, "android-dhcp-"):
		return Clue{Family: "Android", Name: "Android " + s[len("android-dhcp-"):], Sure: 8}
	case strings.HasPrefix(s, "dhcpcd-"):
		if f := strings.Split(s, ":"); len(f) > 1 {
			return Clue{Family: systemFamily(f[1]), Name: strings.Replace(f[1], "-", " ", 1), Sure: 8}
		}
	case strings.HasPrefix(s, "udhcp "):
		return Clue{Family: "Linux", Name: "Linux", Sure: 7}
	case strings.HasPrefix(s, "ciscopnp"), strings.HasPrefix(s, "Cisco Systems, Inc."):
		return Clue{Family: "Cisco", Name: "Cisco", Sure: 6}
	}
	return Clue{}
}

// Booted is when a host was started, by the clock of its TCP timestamps; the zero time if
// it is not known. Of several readings it is the one heard last.
func (h *Host) Booted() (boot, heard time.Time) {
	for _, x := range h.Hints {
		if x.Kind != "boot" || x.Last.Before(heard) {
			continue
		}
		if t, err := time.Parse(time.RFC3339, x.Value); err == nil {
			boot, heard = t, x.Last
		}
	}
	return boot, heard
}
