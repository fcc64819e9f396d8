package capture

import (
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// ReadCertificate takes names and dates out of an X.509 certificate (RFC 5280 §4.1) in
// its binary form. It checks nothing: devices are found by certificates that no browser
// would take. What cannot be read is left empty, with all that stands behind it.
func (t *TLS) ReadCertificate(der []byte) {
	s := cryptobyte.String(der)
	var cert, tbs, serial, issuer, validity, subject cryptobyte.String
	if !readLoose(&s, &cert, cbasn1.SEQUENCE) || !cert.ReadASN1(&tbs, cbasn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(cbasn1.Tag(0).Constructed().ContextSpecific()) || !tbs.ReadASN1(&serial, cbasn1.INTEGER) ||
		!tbs.SkipASN1(cbasn1.SEQUENCE) || !tbs.ReadASN1(&issuer, cbasn1.SEQUENCE) {
		return
	}
	sum := sha256.Sum256(der)
	t.SHA256 = hex.EncodeToString(sum[:])
	if len(serial) <= 64 {
		t.Serial = hex.EncodeToString(serial)
	}
	t.Issuer, t.IssuerDN = commonName(issuer), distinguished(issuer)
	if !tbs.ReadASN1(&validity, cbasn1.SEQUENCE) {
		return
	}
	t.NotBefore, t.NotAfter = readTime(&validity), readTime(&validity)
	if !tbs.ReadASN1(&subject, cbasn1.SEQUENCE) {
		return
	}
	t.Subject, t.SubjectDN = commonName(subject), distinguished(subject)
	if tbs.SkipASN1(cbasn1.SEQUENCE) { // the subject's key
		t.certificateExtensions(tbs)
	}
}

// certificateExtensions reads what stands behind the subject's key: two identifiers that
// nobody uses, and the extensions (RFC 5280 §4.1.2.8, §4.2).
func (t *TLS) certificateExtensions(tbs cryptobyte.String) {
	var extensions, list cryptobyte.String
	var present bool
	if !tbs.SkipOptionalASN1(cbasn1.Tag(1).ContextSpecific()) || !tbs.SkipOptionalASN1(cbasn1.Tag(2).ContextSpecific()) ||
		!tbs.ReadOptionalASN1(&extensions, &present, cbasn1.Tag(3).Constructed().ContextSpecific()) || !present ||
		!extensions.ReadASN1(&list, cbasn1.SEQUENCE) {
		return
	}
	for !list.Empty() {
		var ext, id, value cryptobyte.String
		if !list.ReadASN1(&ext, cbasn1.SEQUENCE) || !ext.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) ||
			!ext.SkipOptionalASN1(cbasn1.BOOLEAN) || !ext.ReadASN1(&value, cbasn1.OCTET_STRING) {
			return
		}
		if string(id) == "\x55\x1d\x11" { // subjectAltName, §4.2.1.6
			t.altNames(value)
		}
	}
}

// CertificateText is what a certificate says, for lines that know by it who made it:
//
//	subject=C=US, O=Example, CN=www.example.org
//	issuer=C=US, O=Example CA
//	name=www.example.org
//
// with a line for every DNS name, each ended by LF; nil if no certificate was read. A
// comma or backslash within a value has a backslash before it, a control character is a "?".
func (t *TLS) CertificateText() []byte {
	if t.SHA256 == "" {
		return nil
	}
	var b []byte
	line := func(key, value string) {
		b = append(append(b, key...), '=')
		for _, r := range value {
			if r < ' ' || r == 0x7f {
				r = '?'
			}
			b = utf8.AppendRune(b, r)
		}
		b = append(b, '\n')
	}
	line("subject", t.SubjectDN)
	line("issuer", t.IssuerDN)
	for _, n := range t.Names {
		line("name", n)
	}
	return b
}

// readLoose reads an element whose end may be missing.
func readLoose(s, out *cryptobyte.String, tag cbasn1.Tag) bool {
	if s.ReadASN1(out, tag) {
		return true
	}
	b := *s
	if len(b) < 5 || b[0] != byte(tag) || b[1] < 0x81 || b[1] > 0x83 {
		return false
	}
	*out = b[2+int(b[1]-0x80):]
	return true
}

func (t *TLS) altNames(value cryptobyte.String) {
	var names cryptobyte.String
	if !value.ReadASN1(&names, cbasn1.SEQUENCE) {
		return
	}
	for !names.Empty() && len(t.Names) < maxNames {
		var name cryptobyte.String
		var tag cbasn1.Tag
		if !names.ReadAnyASN1(&name, &tag) {
			return
		}
		if tag == cbasn1.Tag(2).ContextSpecific() && len(name) > 0 && len(name) <= maxTLSName {
			t.Names = append(t.Names, string(name))
		}
	}
}

// commonName returns the last CN of a name, the most specific one.
func commonName(rdns cryptobyte.String) (cn string) {
	for !rdns.Empty() {
		var set, pair, id, value cryptobyte.String
		var tag cbasn1.Tag
		if !rdns.ReadASN1(&set, cbasn1.SET) || !set.ReadASN1(&pair, cbasn1.SEQUENCE) || !pair.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) || !pair.ReadAnyASN1(&value, &tag) {
			break
		}
		if string(id) == "\x55\x04\x03" {
			cn = attribute(value, tag)
		}
	}
	return cn
}

// maxDN bounds what is kept of a name.
const maxDN = 512

// distinguished writes a name in its own order, "C=US, O=Example, CN=www.example.org". A
// comma or backslash in a value has a backslash before it (RFC 4514 §2.4); attributes
// that have no short name are left out.
func distinguished(rdns cryptobyte.String) string {
	var b strings.Builder
	for !rdns.Empty() {
		var set cryptobyte.String
		if !rdns.ReadASN1(&set, cbasn1.SET) {
			break
		}
		for !set.Empty() {
			var pair, id, value cryptobyte.String
			var tag cbasn1.Tag
			if !set.ReadASN1(&pair, cbasn1.SEQUENCE) || !pair.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) || !pair.ReadAnyASN1(&value, &tag) {
				return b.String()
			}
			name, v := attributeName(string(id)), attribute(value, tag)
			if name == "" || v == "" || b.Len()+len(name)+len(v) > maxDN {
				continue
			}
			if b.Len() > 0 {
				b.WriteString(", ")
			}
			b.WriteString(name + "=" + strings.NewReplacer(",", `\,`, `\`, `\\`).Replace(v))
		}
	}
	return b.String()
}

// attributeName is the short name of an attribute by its object identifier (RFC 4514 §3
// and, for mail addresses, what everybody writes).
func attributeName(id string) string {
	switch id {
	case "\x55\x04\x03":
		return "CN"
	case "\x55\x04\x05":
		return "serialNumber"
	case "\x55\x04\x06":
		return "C"
	case "\x55\x04\x07":
		return "L"
	case "\x55\x04\x08":
		return "ST"
	case "\x55\x04\x09":
		return "STREET"
	case "\x55\x04\x0a":
		return "O"
	case "\x55\x04\x0b":
		return "OU"
	case "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01":
		return "emailAddress"
	case "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19":
		return "DC"
	case "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01":
		return "UID"
	}
	return ""
}

// attribute reads a string of any of X.509's types.
func attribute(v cryptobyte.String, tag cbasn1.Tag) string {
	v = v[:min(len(v), maxTLSName)]
	switch {
	case tag == asn1.TagBMPString:
		u := make([]uint16, 0, maxTLSName/2)
		for len(v) >= 2 {
			u = append(u, uint16(v[0])<<8|uint16(v[1]))
			v = v[2:]
		}
		return string(utf16.Decode(u))
	case utf8.Valid(v):
		return string(v)
	}
	var b strings.Builder // Latin-1, by custom
	for _, c := range v {
		b.WriteRune(rune(c))
	}
	return b.String()
}

// readTime reads a UTCTime or GeneralizedTime, also one that breaks the rules of
// DER a little; the zero time if it cannot.
func readTime(s *cryptobyte.String) time.Time {
	var v cryptobyte.String
	var tag cbasn1.Tag
	if !s.ReadAnyASN1(&v, &tag) || len(v) > 20 {
		return time.Time{}
	}
	var layouts [2]string
	switch tag {
	case cbasn1.UTCTime:
		layouts = [2]string{"060102150405Z0700", "0601021504Z0700"}
	case cbasn1.GeneralizedTime:
		layouts = [2]string{"20060102150405Z0700", "20060102150405"}
	default:
		return time.Time{}
	}
	for _, l := range layouts {
		if at, err := time.Parse(l, string(v)); err == nil {
			if tag == cbasn1.UTCTime && at.Year() >= 2050 { // RFC 5280 §4.1.2.5.1
				at = at.AddDate(-100, 0, 0)
			}
			return at.UTC()
		}
	}
	return time.Time{}
}
