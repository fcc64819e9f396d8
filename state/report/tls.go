package report

import (
	"crypto/tls"
	"fmt"
	"io"
	"strings"
	"time"

	"earshot/capture"
)

// tlsVersion names a protocol version (RFC 8446 §4.2.1, RFC 9147 §5.3).
func tlsVersion(v uint16) string {
	switch v {
	case 0:
		return "handshake"
	case 0x0002:
		return "SSLv2"
	case 0x0300:
		return "SSLv3"
	case 0x0301, 0x0302, 0x0303, 0x0304:
		return fmt.Sprintf("TLSv1.%d", v-0x0301)
	case 0xfeff:
		return "DTLSv1.0"
	case 0xfefd, 0xfefc:
		return fmt.Sprintf("DTLSv1.%d", 0xfeff-v)
	case 0x0100: // of OpenSSL before 0.9.8f
		return "DTLSv1.0"
	}
	if v>>8 == 0x7f {
		return fmt.Sprintf("TLSv1.3 draft %d", v&0xff)
	}
	return fmt.Sprintf("version %#04x", v)
}

// quicVersion names a version of QUIC (IANA registry "QUIC Versions").
func quicVersion(v uint32) string {
	switch {
	case v == 1:
		return "QUIC 1"
	case v == 0x6b3343cf:
		return "QUIC 2"
	case v>>8 == 0xff0000:
		return fmt.Sprintf("QUIC draft %d", v&0xff)
	}
	return fmt.Sprintf("QUIC %#08x", v)
}

// cipherName names a cipher suite as IANA's registry does, or by its number; "" for none.
func cipherName(c uint16) string {
	if c == 0 {
		return ""
	}
	return tls.CipherSuiteName(c)
}

// day is the date of a time, "" for none.
func day(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return clamp(at).Format(time.DateOnly)
}

// tlsFacts are what a service's handshakes tell: those of the strongest claim, and the
// certificate of the first that shows one.
func (r *row) tlsFacts() *capture.TLS {
	var t *capture.TLS
	for i := range r.Evidence {
		e := &r.Evidence[i]
		if e.TLS == nil || e.Via == capture.Proxied {
			continue
		}
		if t == nil {
			c := *e.TLS
			t = &c
		}
		if x := e.TLS; t.SHA256 == "" && x.SHA256 != "" {
			t.Subject, t.SubjectDN, t.Issuer, t.IssuerDN = x.Subject, x.SubjectDN, x.Issuer, x.IssuerDN
			t.Names, t.NotBefore, t.NotAfter, t.Serial, t.SHA256 = x.Names, x.NotBefore, x.NotAfter, x.Serial, x.SHA256
		}
	}
	return t
}

// tls writes the facts of a handshake, named as Suricata names them in its tls and
// quic events where it does.
func (o *object) tls(t *capture.TLS) {
	if t == nil {
		return
	}
	const stamp = "2006-01-02T15:04:05"
	o.key("tls")
	j := object{'{'}
	j.str("version", eveVersion(t.Version))
	j.str("cipher", cipherName(t.Cipher))
	if t.QUIC != 0 {
		j.str("quic", strings.TrimPrefix(quicVersion(t.QUIC), "QUIC "))
	}
	j.str("sni", t.SNI)
	j.list("client_alpns", t.Offered)
	if t.ALPN != "" {
		j.list("server_alpns", []string{t.ALPN})
	}
	j.str("subject", orCommon(t.SubjectDN, t.Subject))
	j.list("subjectaltname", t.Names)
	j.str("issuerdn", orCommon(t.IssuerDN, t.Issuer))
	j.str("serial", colons(t.Serial))
	if !t.NotAfter.IsZero() {
		j.str("notbefore", clamp(t.NotBefore).Format(stamp))
		j.str("notafter", clamp(t.NotAfter).Format(stamp))
	}
	j.str("fingerprint_sha256", colons(t.SHA256))
	if t.JA3S != "" {
		j.key("ja3s")
		s := object{'{'}
		s.str("hash", t.JA3S)
		j = append(append(j, s...), '}')
	}
	j.str("ja4", t.JA4)
	*o = append(append(*o, j...), '}')
}

// eveVersion names a protocol version as Suricata does: "TLS 1.3"; "" for none.
func eveVersion(v uint16) string {
	if v == 0 {
		return ""
	}
	return strings.Replace(tlsVersion(v), "TLSv", "TLS ", 1)
}

// orCommon is a whole name, or one that has a common name only.
func orCommon(dn, cn string) string {
	if dn == "" && cn != "" {
		return "CN=" + cn
	}
	return dn
}

// colons puts a colon after every two digits.
func colons(hex string) string {
	var b strings.Builder
	for i := 0; i+2 <= len(hex); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(strings.ToUpper(hex[i : i+2]))
	}
	return b.String()
}

// tlsElems are the facts for the script element of XML.
func tlsElems(t *capture.TLS) [][2]string {
	if t == nil {
		return nil
	}
	elems := [][2]string{{"tls_version", eveVersion(t.Version)}, {"tls_cipher", cipherName(t.Cipher)}}
	if t.QUIC != 0 {
		elems = append(elems, [2]string{"quic_version", strings.TrimPrefix(quicVersion(t.QUIC), "QUIC ")})
	}
	elems = append(elems, [2]string{"tls_sni", t.SNI}, [2]string{"tls_alpn", t.ALPN},
		[2]string{"tls_subject", orCommon(t.SubjectDN, t.Subject)}, [2]string{"tls_issuer", orCommon(t.IssuerDN, t.Issuer)})
	if !t.NotAfter.IsZero() {
		elems = append(elems, [2]string{"tls_notbefore", rfc3339(t.NotBefore)}, [2]string{"tls_notafter", rfc3339(t.NotAfter)})
	}
	return append(elems, [2]string{"tls_sha256", t.SHA256}, [2]string{"ja3s", t.JA3S}, [2]string{"ja4", t.JA4})
}

// explainTLS tells all that a handshake told.
func explainTLS(w io.Writer, t *capture.TLS) {
	fmt.Fprintf(w, "       TLS: %s", tlsVersion(t.Version))
	if t.QUIC != 0 {
		fmt.Fprintf(w, " in %s", quicVersion(t.QUIC))
	}
	if t.Cipher != 0 {
		fmt.Fprintf(w, ", cipher %s", cipherName(t.Cipher))
	}
	for _, f := range []struct{ name, value string }{
		{"asked for", t.SNI}, {"offered", strings.Join(t.Offered, " ")}, {"ALPN", t.ALPN}, {"JA3S", t.JA3S}, {"client JA4", t.JA4},
	} {
		if f.value != "" {
			fmt.Fprintf(w, ", %s %s", f.name, clean(f.value))
		}
	}
	fmt.Fprintln(w)
	if t.Subject == "" && t.SubjectDN == "" && t.SHA256 == "" && len(t.Names) == 0 {
		return
	}
	fmt.Fprintf(w, "       certificate: %s", clean(orCommon(t.SubjectDN, t.Subject)))
	for _, f := range []struct{ name, value string }{
		{"names", strings.Join(t.Names, " ")}, {"issuer", orCommon(t.IssuerDN, t.Issuer)}, {"number", t.Serial}, {"SHA-256", t.SHA256},
	} {
		if f.value != "" {
			fmt.Fprintf(w, ", %s %s", f.name, clean(f.value))
		}
	}
	if !t.NotAfter.IsZero() {
		fmt.Fprintf(w, ", valid %s to %s", stamp(t.NotBefore), stamp(t.NotAfter))
	}
	fmt.Fprintln(w)
}
