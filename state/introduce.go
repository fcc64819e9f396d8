package state

import (
	"bytes"
	"cmp"
	"strings"
	"time"

	"earshot/capture"
)

// introduce gives to services the system that their product runs on and no other, or that
// their words name beside the product. It gives to a host's services the name and the system
// that the host gave itself in NTLM or SMB, where their own words do not say them: to those
// that were heard to carry NTLM, and to those that are parts of Windows networking. Behind
// one address may stand several hosts: if several names or systems were heard, it gives none.
func (h *Host) introduce(bs []Belief) {
	name, system := h.windowsName(), h.windowsSystem()
	for i := range bs {
		b, s := &bs[i], &h.Services[i]
		if b.By == nil || b.Method == "table" || b.By.Result.Strict {
			continue
		}
		if b.OS == "" {
			b.OS = onlyOn(b.Product)
			if b.OS == "" && (b.By.Via != capture.Proxied || isProxy(b.By.Result.Service)) { // else they are another host's words
				b.OS = serverToken(b.By.Banner)
			}
			if b.OS == "" && marked(b.Version+" "+b.Info) != "" {
				b.OS = "Linux"
			}
		}
		if b.Service == "ms-wbt-server" {
			fill(&b.Hostname, s.ownName())
		}
		if name == "" && system == "" || !windowsNetworking(b.Service) && !s.carries() {
			continue
		}
		fill(&b.Hostname, name)
		if !strings.Contains(b.Product, "Samba") {
			fill(&b.OS, system)
		}
	}
}

// windowsName is the one name that a host gave itself in NTLM, the longest form of it; "" for
// none or several.
func (h *Host) windowsName() string {
	name := ""
	for i := range h.Hints {
		x := &h.Hints[i]
		if x.Kind != "name" || x.From != "ntlm" {
			continue
		}
		if name != "" && hostPart(x.Value) != hostPart(name) {
			return ""
		}
		if len(x.Value) > len(name) {
			name = x.Value
		}
	}
	return name
}

// windowsSystem is the one family of systems that a host gave itself in NTLM or SMB; "" for
// none or several.
func (h *Host) windowsSystem() string {
	system := ""
	for i := range h.Hints {
		x := &h.Hints[i]
		if x.Kind != "os" || x.From != "ntlm" && x.From != "smb" {
			continue
		}
		f := systemFamily(x.Value)
		if f != "" && system != "" && f != system {
			return ""
		}
		system = cmp.Or(f, system)
	}
	return system
}

// windowsNetworking reports whether a service is one that the system itself speaks.
func windowsNetworking(service string) bool {
	switch service {
	case "netbios-ssn", "microsoft-ds", "msrpc", "ms-wbt-server":
		return true
	}
	return false
}

// ownName is the host's name that the newest certificate of a service has for its subject
// if it is without a domain, "" if it has none.
func (s *Service) ownName() string {
	var t *capture.TLS
	var at time.Time
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if e.TLS != nil && bare(e.TLS.Subject) && (t == nil || e.Last.After(at) || e.Last.Equal(at) && e.TLS.Subject < t.Subject) {
			t, at = e.TLS, e.Last
		}
	}
	if t == nil {
		return ""
	}
	return t.Subject
}

// carries reports whether a service was heard to speak NTLM.
func (s *Service) carries() bool {
	for i := range s.Evidence {
		if b := s.Evidence[i].Banner; bytes.Contains(b, []byte("NTLMSSP\x00\x02")) || bytes.Contains(b, []byte("TlRMTVNTUAAC")) {
			return true
		}
	}
	return false
}

// hostPart is a name without its domain.
func hostPart(name string) string {
	for i := range len(name) {
		if name[i] == '.' {
			return name[:i]
		}
	}
	return name
}

// serverToken is the system that an HTTP server's words about itself name: as a comment,
// "Apache/2.4.29 (Ubuntu)", or as a product of their own, "Linux/3.10" (RFC 9110 §10.2.4).
func serverToken(b []byte) string {
	if !bytes.HasPrefix(b, []byte("HTTP/1.")) && !bytes.HasPrefix(b, []byte("NOTIFY ")) {
		return ""
	}
	head, _, _ := bytes.Cut(b, []byte("\r\n\r\n"))
	for line := range bytes.Lines(head) {
		if len(line) < 9 || !strings.EqualFold(string(line[:7]), "server:") {
			continue
		}
		for _, w := range strings.FieldsFunc(string(line[7:]), func(r rune) bool { return strings.ContainsRune(" ();,\r\n", r) }) {
			name, _, _ := strings.Cut(w, "/")
			switch strings.ToLower(name) {
			case "linux", "ubuntu", "debian", "centos", "fedora", "rhel", "raspbian", "gentoo", "suse", "opensuse", "openwrt", "alpine", "almalinux", "rocky", "oracle-linux", "mageia", "mandriva":
				return "Linux"
			case "win32", "win64", "windows", "microsoft-windows", "winnt":
				return "Windows"
			case "freebsd", "openbsd", "netbsd", "darwin", "sunos", "aix", "vxworks":
				return strings.NewReplacer("SunOS", "Solaris", "Darwin", "macOS").Replace(name)
			}
		}
		return ""
	}
	return ""
}
