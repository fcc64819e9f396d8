package capture

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
)

// mdnsHints reads multicast DNS (RFC 6762) and the service discovery in it (RFC 6763):
// names of hosts, the services they advertise, and what their TXT records say of the
// machine.
func mdnsHints(b []byte, m *mouth) {
	if len(b) < 12 || b[2]&0x78 != 0 {
		return
	}
	_, list := m.resources(b)
	if b[2]&0x80 == 0 {
		// A query: its authority section is what a host wants to be (RFC 6762 §8.2).
		if n := int(be16(b[6:])); n < len(list) {
			list = list[n:]
		} else {
			return
		}
	}
	named := mdnsNames(b, list, m)
	for i := range list {
		switch r := &list[i]; r.kind {
		case rrSRV:
			mdnsService(b, r, list, named, m)
		case rrTXT:
			if isServers(b, list, "", m.src) {
				txtHints(r.name, b[r.at:r.next], m)
			}
		}
	}
}

// mdnsNames tells the names of addresses, forward and reverse, and reports whether the
// sender's address is among those that have one.
func mdnsNames(b []byte, list []resource, m *mouth) (own bool) {
	for i := range list {
		r := &list[i]
		if a := r.addr(b); a.IsValid() && isLocalName(r.name) {
			m.name(a, r.name, "mdns")
			own = own || a == m.src
		}
		if r.kind == rrPTR {
			if a := reverseAddr(r.name); a.IsValid() {
				if name, _, ok := dnsName(b, r.at); ok {
					m.name(a, name, "mdns")
				}
			}
		}
	}
	return own
}

// mdnsService tells a service that the sender advertises, and, unless it is named otherwise,
// that the name of the service's host is its own.
func mdnsService(b []byte, r *resource, list []resource, named bool, m *mouth) {
	if r.next-r.at < 7 {
		return
	}
	port := be16(b[r.at+4:])
	target, _, ok := dnsName(b, r.at+6)
	if !ok || port == 0 || !isServers(b, list, target, m.src) {
		return
	}
	if !named && isLocalName(target) {
		m.name(m.src, target, "mdns")
	}
	if text := advertised(r.name, port); text != "" {
		m.say("advertised", text, "mdns")
	}
}

// isLocalName reports whether a name is a host's in the domain of multicast DNS.
func isLocalName(s string) bool {
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	host, ok := strings.CutSuffix(s, ".local")
	return ok && host != "" && !strings.Contains(host, ".") && host[0] != '_'
}

// isServers reports whether a record of a host can be taken for the sender's own: the
// message has no address for the target, or the sender's is among them. A proxy that
// speaks for sleeping hosts has theirs.
func isServers(b []byte, list []resource, target string, src netip.Addr) bool {
	addresses, own := 0, false
	for i := range list {
		a := list[i].addr(b)
		if !a.IsValid() || target != "" && !strings.EqualFold(list[i].name, target) || a.Is4() != src.Is4() {
			continue
		}
		addresses++
		own = own || a == src
	}
	return own || addresses == 0
}

// advertised writes a service instance as "ipp/tcp 631: Printer": the type, the port and
// what people call it.
func advertised(instance string, port uint16) string {
	title, service, proto, ok := splitInstance(instance)
	if !ok {
		return ""
	}
	text := service + "/" + proto + " " + strconv.Itoa(int(port))
	if title != "" {
		text += ": " + title
	}
	return text
}

// splitInstance takes the name of a service instance apart (RFC 6763 §4.1).
func splitInstance(name string) (title, service, proto string, ok bool) {
	for _, p := range [...]string{"._tcp.", "._udp."} {
		if i := strings.LastIndex(name, p); i > 0 {
			head := name[:i]
			k := strings.LastIndex(head, "._")
			if k < 0 && head[0] != '_' {
				return "", "", "", false
			}
			title, service = head[:max(k, 0)], head[k+2:]
			if k < 0 {
				title, service = "", head[1:]
			}
			if sub := strings.Index(title, "._sub"); sub >= 0 {
				title = ""
			}
			return strings.ReplaceAll(title, `\.`, "."), service, p[2:5], service != ""
		}
	}
	return "", "", "", false
}

// txtHints reads the keys of a TXT record that say what the machine is (RFC 6763 §6). The
// keys are those that vendors of devices use: model, md and am are a model, ty and
// usb_MDL a printer's, fn a name that people gave.
func txtHints(instance string, b []byte, m *mouth) {
	title, service, _, ok := splitInstance(instance)
	if !ok {
		return
	}
	maker, model := txtMachine(b, m)
	if tellsModel(service) && model != "" && !strings.EqualFold(model, "unknown") {
		if maker != "" && !strings.Contains(strings.ToLower(model), strings.ToLower(maker)) {
			model = maker + " " + model
		}
		m.say("model", model, "mdns")
	}
	switch service {
	case "ipp", "ipps", "printer", "pdl-datastream":
		m.say("device", "printer", "mdns")
	case "googlecast", "airplay", "raop":
		m.say("device", "media device", "mdns")
	case "device-info", "companion-link":
		m.say("label", title, "mdns")
	}
}

// tellsModel reports whether a machine that advertises a service says in its record which
// model it is: elsewhere the same keys mean other things.
func tellsModel(service string) bool {
	switch service {
	case "device-info", "airplay", "raop", "hap", "ipp", "ipps", "printer", "pdl-datastream", "scanner", "uscan", "googlecast", "adisk",
		"companion-link", "rdlink", "http", "axis-video", "amzn-wplay", "spotify-connect", "sonos", "hue", "nvstream", "nvstream_dbd", "smb", "afpovertcp", "matter", "matterc", "miio", "esphomelib", "androidtvremote2":
		return true
	}
	return false
}

// txtMachine reads the pairs of a TXT record: it returns who made the machine and which it
// is, and tells what else they say.
func txtMachine(b []byte, m *mouth) (maker, model string) {
	for range 64 {
		if len(b) == 0 {
			break
		}
		n := int(b[0])
		if 1+n > len(b) {
			break
		}
		key, value, _ := strings.Cut(string(b[1:1+n]), "=")
		b = b[1+n:]
		switch strings.ToLower(key) {
		case "model", "md", "am", "modelname", "usb_mdl":
			if (model == "" || key == "model") && strings.ContainsFunc(value, unicode.IsLetter) { // in AirPlay's sound md is a list of numbers
				model = value
			}
		case "ty":
			model = value
		case "usb_mfg", "manufacturer", "vendor", "mf":
			maker = value
		case "fn":
			m.say("label", value, "mdns")
		case "osxvers":
			if n, err := strconv.Atoi(value); err == nil && n > 8 && n < 100 {
				m.say("os", darwinName(n), "mdns")
			}
		}
	}
	return maker, model
}

// darwinName names Apple's system by the number that device-info has for it: that of
// Darwin's kernel (osxvers of Apple's Bonjour).
func darwinName(n int) string {
	switch {
	case n >= 25:
		return "macOS " + strconv.Itoa(n+1)
	case n >= 20:
		return "macOS " + strconv.Itoa(n-9)
	}
	return "Mac OS X 10." + strconv.Itoa(n-4)
}
