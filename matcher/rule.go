package matcher

import (
	"fmt"
	"strings"

	"earshot/matcher/pcre"
)

// Rule is a match or softmatch line as it stands in a file. Its strings are
// parts of the file's text: bytes, in no encoding.
type Rule struct {
	Line    int
	Soft    bool
	Service string // with a leading "ssl/" if it has one
	Pattern string // the regular expression between its delimiters
	Flags   pcre.Flags
	Fields  []Field // in file order; a key may stand several times

	delim byte   // the pattern's delimiter
	opts  string // the letters after the pattern
	tail  string // blanks after the last field
}

// Key is the key of a version field.
type Key byte

// The keys: p v i h o d, and C for cpe:.
const (
	KeyProduct  Key = 'p'
	KeyVersion  Key = 'v'
	KeyInfo     Key = 'i'
	KeyHostname Key = 'h'
	KeyOS       Key = 'o'
	KeyDevice   Key = 'd'
	KeyCPE      Key = 'C'
)

// Field is one version field of a rule: key, delimiter, template, delimiter.
type Field struct {
	Key   Key
	delim byte
	Text  string // the template; of a CPE, what follows "cpe:/"
	Flags string // letters after the closing delimiter: read and ignored

	lead string // blanks before the key
}

// ruleStore is where rules and their fields are put, many of them in one piece of memory.
type ruleStore struct {
	rules  []Rule
	fields []Field
}

// parse reads what follows "match " or "softmatch ".
func (in *ruleStore) parse(s string) (*Rule, error) {
	const piece, most = 256, 16 // rules; fields of any but odd rules
	if len(in.rules) == cap(in.rules) {
		in.rules = make([]Rule, 0, piece)
	}
	if cap(in.fields)-len(in.fields) < most {
		in.fields = make([]Field, 0, 4*piece)
	}
	var r Rule
	rest, err := r.parsePattern(s)
	if err != nil {
		return nil, err
	}
	from := len(in.fields)
	for {
		n := 0
		for n < len(rest) && isBlank(rest[n]) {
			n++
		}
		if n == len(rest) {
			break
		}
		f, ok := Field{lead: rest[:n]}, false
		if rest, ok = f.parse(rest[n:]); !ok {
			return nil, f.explain(rest)
		}
		in.fields = append(in.fields, f)
	}
	r.tail, r.Fields = rest, in.fields[from:len(in.fields):len(in.fields)]
	in.rules = append(in.rules, r)
	return &in.rules[len(in.rules)-1], nil
}

// parsePattern reads the service and the pattern, and returns what follows them.
func (r *Rule) parsePattern(s string) (rest string, err error) {
	var ok bool
	if r.Service, rest, ok = strings.Cut(s, " "); !ok || r.Service == "" {
		return "", fmt.Errorf("expected a service name and a pattern: match SERVICE m|PATTERN|")
	}
	if !strings.HasPrefix(rest, "m") || len(rest) < 2 {
		return "", fmt.Errorf("expected m and the pattern between two equal bytes after the service name, as in m|^SSH-|")
	}
	r.delim = rest[1]
	if r.Pattern, rest, ok = strings.Cut(rest[2:], string(rest[1:2])); !ok {
		return "", fmt.Errorf("the pattern has no closing %q (the delimiter cannot be escaped: choose one that does not occur in the pattern)", r.delim)
	}
	n := 0
	for n < len(rest) && !isBlank(rest[n]) {
		switch {
		case n == 3:
			return "", fmt.Errorf("more than three letters after the pattern; a blank must follow i and s")
		case rest[n] == 'i':
			r.Flags |= pcre.Caseless
		case rest[n] == 's':
			r.Flags |= pcre.DotAll
		default:
			return "", fmt.Errorf("unknown pattern option %q (known: i and s; a blank must follow)", rest[n])
		}
		n++
	}
	r.opts = rest[:n]
	return rest[n:], nil
}

// parse reads one field from the head of s and returns what follows it. If it
// returns false, explain says why.
func (f *Field) parse(s string) (string, bool) {
	n := 0
	switch {
	case strings.HasPrefix(s, "cpe:"):
		f.Key, n = KeyCPE, 4
	case strings.IndexByte("pvihod", s[0]) >= 0 && (len(s) == 1 || !isAlnum(s[1])):
		f.Key, n = Key(s[0]), 1
	default:
		return s, false
	}
	if n == len(s) || isBlank(s[n]) {
		return s, false
	}
	f.delim = s[n]
	end := strings.IndexByte(s[n+1:], f.delim)
	if end < 0 {
		return s, false
	}
	f.Text = s[n+1 : n+1+end]
	s = s[n+1+end+1:]
	n = 0
	for n < 3 && n < len(s) && isAlpha(s[n]) {
		n++
	}
	f.Flags = s[:n]
	return s[n:], true
}

// explain says why parse refused s.
func (f *Field) explain(s string) error {
	switch {
	case f.Key == 0 && isAlpha(s[0]):
		word := s
		for i := range len(s) {
			if !isAlpha(s[i]) && s[i] != ':' {
				word = s[:i]
				break
			}
		}
		return fmt.Errorf("unknown field %.20q (known: p/…/ v/…/ i/…/ h/…/ o/…/ d/…/ cpe:/…/)", word)
	case f.Key == 0:
		return fmt.Errorf("expected a field such as p/product/ but found %.20q (does the text before it hold its own delimiter?)", s)
	case f.delim == 0:
		return fmt.Errorf("field %c has no text between delimiters", f.Key)
	}
	return fmt.Errorf("field %.20q has no closing %q", s, f.delim)
}

// text writes the rule as it stood in the file.
func (r *Rule) text(b *strings.Builder) {
	if r.Soft {
		b.WriteString("soft")
	}
	b.WriteString("match ")
	b.WriteString(r.Service)
	b.WriteString(" m")
	b.WriteByte(r.delim)
	b.WriteString(r.Pattern)
	b.WriteByte(r.delim)
	b.WriteString(r.opts)
	for i := range r.Fields {
		f := &r.Fields[i]
		b.WriteString(f.lead)
		if f.Key == KeyCPE {
			b.WriteString("cpe:")
		} else {
			b.WriteByte(byte(f.Key))
		}
		b.WriteByte(f.delim)
		b.WriteString(f.Text)
		b.WriteByte(f.delim)
		b.WriteString(f.Flags)
	}
	b.WriteString(r.tail)
}

// String returns the line as it stands in the file.
func (r *Rule) String() string {
	var b strings.Builder
	r.text(&b)
	return b.String()
}
