package report

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// clean makes text from elsewhere safe for a terminal and for one line: printable
// ASCII stays, every other byte becomes \xNN.
func clean(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= ' ' && c <= '~' {
			b.WriteByte(c)
		} else {
			b.WriteString(`\x`)
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

// plain reports whether s is printable ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// xml escapes text for XML content, attributes and comments, as nmap does
// (nmap.org/book/output-formats-xml-output.html): pure ASCII, no "--", and a dot for what XML 1.0 cannot
// hold. Bytes that are not UTF-8 are taken for Latin-1.
func xml(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '&':
			b.WriteString("&amp;")
		case c == '"':
			b.WriteString("&quot;")
		case c == '\'':
			b.WriteString("&apos;")
		case c == '-' && i > 0 && s[i-1] == '-':
			b.WriteString("&#45;")
		case c >= ' ' && c < 0x7f:
			b.WriteByte(c)
		case c == '\t' || c == '\n' || c == '\r':
			xmlRune(&b, rune(c))
		case c < ' ':
			b.WriteByte('.')
		case c == 0x7f:
			xmlRune(&b, rune(c))
		default:
			i += xmlWide(&b, s[i:])
			continue
		}
		i++
	}
	return b.String()
}

// xmlWide writes the first character of s, which is beyond ASCII, and returns how many bytes it has.
func xmlWide(b *strings.Builder, s string) int {
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 {
		r = rune(s[0])
	}
	if r == 0xfffe || r == 0xffff {
		b.WriteByte('.')
	} else {
		xmlRune(b, r)
	}
	return n
}

func xmlRune(b *strings.Builder, r rune) {
	b.WriteString("&#x")
	writeHex(b, r, 1)
	b.WriteByte(';')
}

// writeHex writes r in at least width hex digits.
func writeHex(b *strings.Builder, r rune, width int) {
	for w := 28; w >= 0; w -= 4 {
		if r>>w != 0 || w < 4*width {
			b.WriteByte(hexDigits[r>>w&15])
		}
	}
}

// jsonString appends s, valid UTF-8, as a JSON string. Besides what JSON asks for,
// everything a terminal could act on is escaped.
func jsonString(b []byte, s string) []byte {
	b = append(b, '"')
	if isPlain(s) {
		b = append(b, s...)
		return append(b, '"')
	}
	unit := func(r rune) {
		b = append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
	}
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case unicode.IsPrint(r):
			b = utf8.AppendRune(b, r)
		case r > 0xffff:
			r -= 0x10000
			unit(0xd800 + r>>10)
			unit(0xdc00 + r&0x3ff)
		default:
			unit(r)
		}
	}
	return append(b, '"')
}

// isPlain reports whether s stands in JSON as it is: most of what is said is such.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// clamp keeps a packet's time within the years that four digits can write.
func clamp(t time.Time) time.Time {
	t = t.UTC()
	if t.Year() > 9999 {
		return time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)
	}
	if t.Year() < 0 {
		return time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return t
}

// rfc3339 is the time form of JSON lines.
func rfc3339(t time.Time) string { return clamp(t).Format("2006-01-02T15:04:05.000000Z07:00") }

// ctime is the time form of nmap's headers, in UTC.
func ctime(t time.Time) string { return clamp(t).Format("Mon Jan _2 15:04:05 2006") }

// stamp is the time form of the table.
func stamp(t time.Time) string { return clamp(t).Format("2006-01-02 15:04:05") }
