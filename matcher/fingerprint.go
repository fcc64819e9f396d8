package matcher

import (
	"errors"
	"fmt"
	"html"
	"strconv"
	"strings"

	"earshot/matcher/request"
)

// Limits of fingerprints (nmap 7.93, measured).
const (
	maxRecord      = 900  // bytes of a response that are written
	maxFingerprint = 2200 // characters after which no record is added
	fpLine         = 74   // characters of a physical line
	maxFPRecords   = 4096 // records read back
)

// Fingerprint is the SF-Port text of a service that answered and was not
// recognised: the answers, and how they were got.
type Fingerprint struct {
	Port      uint16
	Proto     Proto
	Version   string // of the scanner
	TLS       bool   // the answers came through a TLS or DTLS tunnel
	Intensity int    // 0 to 9
	Month     int    // of the first record, 1 to 12; local to the scanner
	Day       int
	Time      int64  // Unix time of the first record, in seconds
	Platform  string // such as x86_64-pc-linux-gnu
	Records   []Record
}

// Record is one probe's answer.
type Record struct {
	Probe  string
	Length int    // of the whole answer; more than len(Data) if that is cut
	Data   []byte // at most 900 bytes when written
}

// Text writes the fingerprint on one line, as an XML attribute holds it before
// XML's own escaping. It has no records beyond the first whose start stands
// behind character 2200 of the wrapped form.
func (f *Fingerprint) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "SF-Port%d-%s:V=%s", f.Port, strings.ToUpper(f.Proto.String()), f.Version)
	if f.TLS {
		b.WriteString("%T=SSL")
	}
	fmt.Fprintf(&b, "%%I=%d%%D=%d/%d%%Time=%X%%P=%s", f.Intensity, f.Month, f.Day, f.Time, f.Platform)
	for i := range f.Records {
		if wrappedLen(b.Len()) > maxFingerprint {
			break
		}
		r := &f.Records[i]
		fmt.Fprintf(&b, "%%r(%s,%X,\"", r.Probe, max(r.Length, len(r.Data)))
		escapeContent(&b, r.Data[:min(len(r.Data), maxRecord)])
		b.WriteString("\")")
	}
	b.WriteByte(';')
	return b.String()
}

// Wrapped writes the fingerprint as normal output shows it: lines of 74
// characters joined by LF, each but the first begun with "SF:", no LF at the end.
// The break is purely positional.
func (f *Fingerprint) Wrapped() string {
	text := f.Text()
	body := text[:len(text)-1] // the last ; is never wrapped
	var b strings.Builder
	for i := range len(body) {
		if b.Len()%(fpLine+1) == fpLine {
			b.WriteString("\nSF:")
		}
		b.WriteByte(body[i])
	}
	b.WriteByte(';')
	return b.String()
}

// wrappedLen returns the length of n characters once they are wrapped.
func wrappedLen(n int) int {
	if n <= fpLine {
		return n
	}
	return n + (n-fpLine+fpLine-4)/(fpLine-3)*len("\nSF:")
}

// escapeContent writes response bytes as nmap 7.93 does.
func escapeContent(b *strings.Builder, data []byte) {
	const hex = "0123456789abcdef"
	for i, c := range data {
		switch {
		case isAlnum(c):
			b.WriteByte(c)
		case c == 0 && (i+1 == len(data) || !isDigit(data[i+1])):
			b.WriteString(`\0`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case strings.IndexByte(`\?"[]().*+$^|`, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case '!' <= c && c <= '~':
			b.WriteByte(c)
		default:
			b.WriteString(`\x`)
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
}

// ErrNoFingerprint is returned for text that holds no SF-Port block.
var ErrNoFingerprint = errors.New("no SF-Port text found")

// ParseFingerprints reads every SF-Port block in text: wrapped or not, with or
// without XML's escapes, among other lines of a report. It returns the blocks
// that are whole, and an error for the first that is not, or ErrNoFingerprint.
func ParseFingerprints(text string) ([]*Fingerprint, error) {
	const mark = "SF-Port"
	var out []*Fingerprint
	var bad error
	for {
		i := strings.Index(text, mark)
		if i < 0 {
			break
		}
		text = text[i:]
		block, where := unwrap(text)
		f, n, err := parseFingerprint(block)
		switch {
		case err == nil:
			out = append(out, f)
			text = text[where(n):]
			continue
		case bad == nil:
			bad = err
		}
		text = text[len(mark):]
	}
	if len(out) == 0 && bad == nil {
		bad = ErrNoFingerprint
	}
	return out, bad
}

// unwrap returns the block that text begins with on one line and without XML's
// escapes, and a function from an offset in that to one in text which is not
// behind it by more than the block. The first quote tells the form: it opens a
// record's content, as " or as XML's &quot; or &#34;.
func unwrap(text string) (block string, where func(int) int) {
	quote, entity := strings.IndexByte(text, '"'), strings.Index(text, "&quot;")
	if dec := strings.Index(text, "&#34;"); entity < 0 || dec >= 0 && dec < entity {
		entity = dec
	}
	if entity >= 0 && (quote < 0 || entity < quote) {
		if quote >= 0 {
			text = text[:quote]
		}
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			text = text[:i]
		}
		end := len(text)
		return html.UnescapeString(text), func(int) int { return end }
	}
	type line struct{ block, text int } // where a line begins in both
	var lines []line
	var b strings.Builder
	for at := 0; at < len(text); {
		s, _, _ := strings.Cut(text[at:], "\n")
		next := at + len(s) + 1
		from := at
		if at > 0 {
			trimmed := strings.TrimLeft(s, " \t|_")
			if !strings.HasPrefix(trimmed, "SF:") {
				break
			}
			from += len(s) - len(trimmed) + len("SF:")
			s = trimmed[len("SF:"):]
		}
		lines = append(lines, line{b.Len(), from})
		b.WriteString(strings.TrimSuffix(s, "\r"))
		at = next
	}
	return b.String(), func(n int) int {
		i := len(lines) - 1
		for i > 0 && lines[i].block >= n {
			i--
		}
		return lines[i].text + n - lines[i].block
	}
}

// parseFingerprint reads one unwrapped block from the head of s.
func parseFingerprint(s string) (*Fingerprint, int, error) {
	whole := len(s)
	fail := func(what string) (*Fingerprint, int, error) {
		return nil, 0, fmt.Errorf("SF-Port text at character %d: %s", whole-len(s)+1, what)
	}
	f := &Fingerprint{}
	s = s[len("SF-Port"):]
	port, rest, ok := strings.Cut(s, "-")
	n, err := strconv.ParseUint(port, 10, 16)
	if !ok || err != nil {
		return fail("expected a port number and a hyphen")
	}
	f.Port, s = uint16(n), rest
	switch {
	case strings.HasPrefix(s, "TCP:"):
		f.Proto = request.TCP
	case strings.HasPrefix(s, "UDP:"):
		f.Proto = request.UDP
	default:
		return fail("expected TCP: or UDP:")
	}
	s = s[len("TCP:"):]
	head, _, ok := strings.Cut(s, "%r(")
	if !ok {
		return fail("it has no record %r(…)")
	}
	if err := f.header(head); err != nil {
		return fail(err.Error())
	}
	s = s[len(head):]
	for strings.HasPrefix(s, "%r(") {
		if len(f.Records) == maxFPRecords {
			return fail("too many records")
		}
		r := Record{}
		if r.Probe, rest, ok = strings.Cut(s[len("%r("):], ","); !ok || r.Probe == "" {
			return fail("expected a probe name and a comma")
		}
		length, rest, ok := strings.Cut(rest, `,"`)
		n, err := strconv.ParseUint(length, 16, 31)
		if !ok || err != nil {
			return fail("expected a hexadecimal length, a comma and a quote")
		}
		r.Length = int(n)
		end, data := unescapeContent(rest)
		if end < 0 || !strings.HasPrefix(rest[end:], `")`) {
			return fail(`a record does not end in ")`)
		}
		r.Data = data
		if len(r.Data) > r.Length {
			return fail("a record holds more bytes than its length says")
		}
		f.Records = append(f.Records, r)
		s = rest[end+2:]
	}
	if !strings.HasPrefix(s, ";") {
		return fail("expected another record or the final semicolon")
	}
	return f, whole - len(s) + 1, nil
}

// header reads what stands between the protocol and the first record.
func (f *Fingerprint) header(s string) error {
	for item := range strings.SplitSeq(s, "%") {
		key, value, ok := strings.Cut(item, "=")
		if !ok {
			return fmt.Errorf("%.20q in the header is no KEY=VALUE", item)
		}
		var err error
		switch key {
		case "V":
			f.Version = value
		case "T":
			f.TLS = value == "SSL"
		case "I":
			f.Intensity, err = strconv.Atoi(value)
		case "D":
			month, day, _ := strings.Cut(value, "/")
			if f.Month, err = strconv.Atoi(month); err == nil {
				f.Day, err = strconv.Atoi(day)
			}
		case "Time":
			f.Time, err = strconv.ParseInt(value, 16, 64)
		case "P":
			f.Platform = value
		}
		if err != nil {
			return fmt.Errorf("%s=%.20q in the header is not valid", key, value)
		}
	}
	return nil
}

// unescapeContent decodes content up to its unescaped closing quote and returns
// that quote's offset, or -1 if there is none.
func unescapeContent(s string) (int, []byte) {
	var out []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '"' {
			return i, out
		}
		if c != '\\' {
			out = append(out, c)
			continue
		}
		if i++; i == len(s) {
			return -1, nil
		}
		switch c = s[i]; c {
		case '0':
			c = 0
		case 'r':
			c = '\r'
		case 'n':
			c = '\n'
		case 't':
			c = '\t'
		case 'x':
			if i+2 >= len(s) || hexVal(s[i+1]) < 0 || hexVal(s[i+2]) < 0 {
				return -1, nil
			}
			c = byte(hexVal(s[i+1])<<4 | hexVal(s[i+2]))
			i += 2
		}
		out = append(out, c)
	}
	return -1, nil
}
