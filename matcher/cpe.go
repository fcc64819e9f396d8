package matcher

import (
	"bytes"
	"strings"
)

// cpeValue turns the bytes of a substitution into the value of a CPE 2.2 URI's
// component: reserved characters become %XX, white space an underscore, letters
// lower case (nmap.org/book/vscan-fileformat.html). The result shares nothing with v.
func cpeValue(v []byte) []byte {
	const hex = "0123456789ABCDEF"
	out := make([]byte, 0, len(v)+16)
	for _, c := range v {
		switch {
		case c != 0 && bytes.IndexByte([]byte(`:/?#[]@!$&'()*+,;=%<>"`), c) >= 0:
			out = append(out, '%', hex[c>>4], hex[c&15])
		case isBlank(c):
			out = append(out, '_')
		case 'A' <= c && c <= 'Z':
			out = append(out, c|0x20)
		default:
			out = append(out, c)
		}
	}
	return out
}

// cpePart returns the part of a CPE 2.2 URI, a h or o, or 0 if it is none.
func cpePart(uri string) byte {
	if s, ok := strings.CutPrefix(uri, "cpe:/"); ok && s != "" && strings.IndexByte("aho", s[0]) >= 0 && (len(s) == 1 || s[1] == ':') {
		return s[0]
	}
	return 0
}

// CPE23 writes a CPE 2.2 URI as a 2.3 formatted string: unbound and bound again
// as NISTIR 7695 §6.1.3.2 and §6.2.2 say. It is more lenient with what a URI may
// hold: a character that should have been percent-encoded is taken as itself. It
// returns false if uri has no part, too many components, or a bad percent form.
func CPE23(uri string) (string, bool) {
	if cpePart(uri) == 0 {
		return "", false
	}
	comps := strings.Split(uri[len("cpe:/"):], ":")
	if len(comps) > 7 {
		return "", false
	}
	// part vendor product version update edition language, then the extended
	// attributes sw_edition target_sw target_hw other, packed into edition.
	var attr [11]string
	copy(attr[:], comps)
	if ed, packed := strings.CutPrefix(attr[5], "~"); packed {
		ext := strings.Split(ed, "~")
		if len(ext) != 5 {
			return "", false
		}
		attr[5] = ext[0]
		copy(attr[7:], ext[1:])
	}
	var b strings.Builder
	b.WriteString("cpe:2.3")
	for _, a := range attr {
		b.WriteByte(':')
		if !bindFS(&b, a) {
			return "", false
		}
	}
	return b.String(), true
}

// bindFS decodes one URI component and writes it as a component of a formatted
// string: empty is ANY (*), a lone hyphen NA (-), %01 and %02 are the wildcards,
// other punctuation is quoted, except that . - and _ stand for themselves.
func bindFS(b *strings.Builder, s string) bool {
	switch s {
	case "":
		b.WriteByte('*')
		return true
	case "-":
		b.WriteByte('-')
		return true
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if i+2 >= len(s) || hexVal(s[i+1]) < 0 || hexVal(s[i+2]) < 0 {
				return false
			}
			c = byte(hexVal(s[i+1])<<4 | hexVal(s[i+2]))
			i += 2
			if c == 1 || c == 2 {
				b.WriteByte("?*"[c-1])
				continue
			}
		}
		switch {
		case 'A' <= c && c <= 'Z':
			b.WriteByte(c | 0x20)
		case isAlnum(c), c == '_', c == '.', c == '-':
			b.WriteByte(c)
		case c == ' ':
			b.WriteByte('_')
		case !isPrint(c):
			return false
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return true
}
