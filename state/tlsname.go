package state

import (
	"strings"

	"earshot/capture"
)

// tlsName is the name a server goes by in a TLS handshake: the one the client asked
// for, unless the certificate says that it is not the server's; else the first that
// the certificate has. "" if there is none.
func tlsName(t *capture.TLS) string {
	names := t.Names
	if t.Subject != "" {
		names = append([]string{t.Subject}, names...)
	}
	var own string
	covered := len(t.Names) == 0 && !isHostname(t.Subject)
	for _, n := range names {
		if own == "" && isHostname(n) {
			own = n
		}
		covered = covered || covers(n, t.SNI)
	}
	if covered && (isHostname(t.SNI) || bare(t.SNI)) {
		return t.SNI
	}
	return own
}

// bare reports whether a certificate's subject is a host's name without a domain, as
// Windows writes it into the certificate that its remote desktop makes for itself.
func bare(s string) bool {
	switch strings.ToLower(s) {
	case "localhost", "default", "server", "test", "example", "unknown", "ca", "root", "client":
		return false
	}
	return s != "" && len(s) <= 63 && s[0] != '-' && !strings.Contains(s, ".") && isHostname(s+".x")
}

// covers reports whether a certificate's name is that of a host (RFC 9525 §6.3).
func covers(name, host string) bool {
	if rest, ok := strings.CutPrefix(name, "*."); ok {
		_, parent, _ := strings.Cut(host, ".")
		return parent != "" && strings.EqualFold(rest, parent)
	}
	return strings.EqualFold(name, host)
}

// isHostname reports whether s has the form of a host's full name; an address has not.
func isHostname(s string) bool {
	if len(s) > 253 || strings.Trim(s, ".") != s || !strings.Contains(s, ".") {
		return false
	}
	letter := false
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			letter = true
		case '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_':
		default:
			return false
		}
	}
	return letter
}
