package matcher

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"earshot/matcher/pcre"
)

// Limits of a drafted pattern, in bytes of the response.
const (
	maxDraftText   = 160
	maxDraftBinary = 24
)

// Draft is a proposal for a match line. It is meant to be read and widened by a
// person before it goes into a probe file.
type Draft struct {
	Probe string // the probe below which the line belongs
	Line  string // a match line of the grammar; it matches the response it was drafted from
}

// Draft proposes a match line from the fingerprint's first answer, the NULL
// probe's if there is one. The head of the answer is kept literally; what looks
// like a version becomes a group, other numbers \d+, and the word before the
// version is guessed to be the product. service is the name to use, "unknown" if
// empty. The error says why no line can be drafted.
func (f *Fingerprint) Draft(service string) (Draft, error) {
	if service == "" || strings.ContainsAny(service, " \t\r\n") {
		service = "unknown"
	}
	for i := range f.Records {
		r := &f.Records[i]
		if len(r.Data) == 0 {
			continue
		}
		line := draftLine(service, r.Data)
		if rule, err := new(ruleStore).parse(strings.TrimPrefix(line, "match ")); err != nil {
			return Draft{}, fmt.Errorf("the drafted line is not valid: %w", err)
		} else if re, err := pcre.Compile([]byte(rule.Pattern), rule.Flags); err != nil {
			return Draft{}, fmt.Errorf("the drafted pattern is not valid: %w", err)
		} else if re.Match(r.Data, make([]int, 2*(re.Groups()+1)), nil) != pcre.Match {
			return Draft{}, errors.New("the drafted line does not match the answer it is drafted from")
		}
		return Draft{Probe: r.Probe, Line: line}, nil
	}
	return Draft{}, errors.New("the fingerprint holds no answer")
}

// draftLine writes the line for one response.
func draftLine(service string, data []byte) string {
	head := draftHead(data)
	var d drafter
	for i := 0; i < len(head); {
		i += d.next(head, i)
	}
	line := "match " + service + " m|^" + d.pattern.String() + "|"
	if !isText(head) {
		line += "s"
	}
	if d.product != "" {
		line += " p/" + d.product + "/"
	}
	if d.versioned {
		line += " v/$1/"
	}
	return line
}

// drafter is a line that is being written: a pattern, the product's name and whether the
// pattern has its version.
type drafter struct {
	pattern   strings.Builder
	product   string
	versioned bool
}

// next writes what stands for the bytes at i, and returns how many they are: numbers are what
// changes from one server to the next.
func (d *drafter) next(head []byte, i int) int {
	n := 0
	for i+n < len(head) && isDigit(head[i+n]) {
		n++
	}
	switch {
	case n == 0:
		return d.literal(head[i : i+1])
	case !d.versioned && versionLen(head[i:]) > 0:
		return d.version(head, i)
	case addrLen(head[i:]) > 0:
		d.pattern.WriteString(`[\d.]+`)
		return addrLen(head[i:])
	case i > 0 && isAlnum(head[i-1]) || n < 2 || len(head) <= maxDraftBinary && !isText(head):
		// Part of a name such as HTTP1, a lone digit such as a status, or
		// digits among binary data: as likely fixed as not.
		return d.literal(head[i : i+n])
	case n == 3 && i == 0:
		return d.literal(head[:3]) // a reply code
	}
	d.pattern.WriteString(`\d+`)
	return n
}

// literal writes bytes that stand for themselves.
func (d *drafter) literal(b []byte) int {
	for _, c := range b {
		writeLiteral(&d.pattern, c)
	}
	return len(b)
}

// version writes a group for the version at i, behind the product's name; that of a protocol
// is always the same.
func (d *drafter) version(head []byte, i int) int {
	n := versionLen(head[i:])
	word := wordBefore(head[:i])
	if isProtocol(word) {
		return d.literal(head[i : i+n])
	}
	d.product, d.versioned = word, true
	d.pattern.WriteString(`(\d[\w.+~]*)`)
	return n
}

// draftHead returns the part of a response that is likely to be the same next
// time: its first line with the line end, or the first bytes of binary data.
func draftHead(data []byte) []byte {
	if i := bytes.IndexByte(data, '\n'); i >= 0 && isText(data[:i+1]) && i < maxDraftText {
		return data[:i+1]
	}
	if isText(data) {
		return data[:min(len(data), maxDraftText)]
	}
	return data[:min(len(data), maxDraftBinary)]
}

// isText reports whether b is printable ASCII and white space only.
func isText(b []byte) bool {
	return bytes.IndexFunc(b, func(r rune) bool { return r >= 0x7f || !isPrint(byte(r)) && !isBlank(byte(r)) }) < 0
}

// versionLen returns the length of a version at the head of s: digits, a dot,
// digits, and what follows in one word. Four numbers that could be an IPv4
// address and nothing else are none. It returns 0 if s begins with no version.
func versionLen(s []byte) int {
	n := 0
	for n < len(s) && (isAlnum(s[n]) || bytes.IndexByte([]byte("._+~"), s[n]) >= 0) {
		n++
	}
	for n > 0 && !isAlnum(s[n-1]) {
		n--
	}
	i := bytes.IndexByte(s[:n], '.')
	if i < 1 || i+1 >= n || !isDigit(s[i+1]) || bytes.IndexFunc(s[:i], func(r rune) bool { return r >= 0x80 || !isDigit(byte(r)) }) >= 0 {
		return 0
	}
	if addrLen(s) == n {
		return 0
	}
	return n
}

// addrLen returns the length of four numbers with dots between them at the head
// of s, what an IPv4 address looks like, or 0.
func addrLen(s []byte) int {
	n, dots := 0, 0
	for n < len(s) && (isDigit(s[n]) || s[n] == '.' && n > 0 && s[n-1] != '.') {
		if s[n] == '.' {
			dots++
		}
		n++
	}
	if n > 0 && s[n-1] == '.' {
		n, dots = n-1, dots-1
	}
	if dots != 3 {
		return 0
	}
	return n
}

// isProtocol reports whether a word before a number is the name of a protocol:
// the number is then the protocol's, the same for every product.
func isProtocol(word string) bool {
	switch word {
	case "SSH", "HTTP", "RTSP", "SIP", "RFB", "ICAP", "ICY", "TLS", "protocol":
		return true
	}
	return false
}

// wordBefore returns the word a version follows, "OpenSSH" of "SSH-2.0-OpenSSH_",
// or "" if there is none.
func wordBefore(s []byte) string {
	s = bytes.TrimRight(s, " /_-v(:")
	i := len(s)
	for i > 0 && (isAlnum(s[i-1]) || s[i-1] == '_' || s[i-1] == '.') {
		i--
	}
	if i < len(s) && isAlpha(s[i]) {
		return string(s[i:])
	}
	return ""
}

// writeLiteral writes a byte so that it stands for itself in a pattern delimited
// by vertical bars.
func writeLiteral(b *strings.Builder, c byte) {
	switch {
	case isAlnum(c) || strings.IndexByte(" !\"#%&',-/:;<=>@_`~", c) >= 0:
		b.WriteByte(c)
	case c == '\r':
		b.WriteString(`\r`)
	case c == '\n':
		b.WriteString(`\n`)
	case c == '\t':
		b.WriteString(`\t`)
	case c == '|' || !isPrint(c):
		fmt.Fprintf(b, `\x%02x`, c)
	default:
		b.WriteByte('\\')
		b.WriteByte(c)
	}
}
