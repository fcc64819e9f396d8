package matcher

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"earshot/matcher/request"
)

// Limits of the grammar (nmap 7.93, measured).
const (
	maxLine      = 8191    // bytes of a line, as current nmap reads them
	maxFallbacks = 17      // names in a fallback directive
	maxFile      = 1 << 28 // bytes of a file; nmap's has 2.5 MB
	maxErrors    = 200     // errors kept of one file
)

// Defaults of a probe's directives.
const (
	defaultRarity     = 5
	defaultTotalWait  = 5000 * time.Millisecond
	defaultTCPWrapped = 2000 * time.Millisecond
)

// File is one parsed probe file. Nothing of its text is lost: String returns
// the bytes that were read, printed from the parts.
type File struct {
	Name    string    // base name
	Exclude *PortSpec // nil if there is none
	Blocks  []*Block
	rows    []row
	noEOL   bool // the last line had no LF
}

// Block is a Probe line and the directives up to the next one, as written: what
// is absent is zero.
type Block struct {
	Line       int
	Proto      Proto
	Name       string
	Payload    []byte // empty: the NULL probe
	Flags      []string
	Ports      PortSet
	SSLPorts   PortSet
	Rarity     int
	TotalWait  time.Duration
	TCPWrapped time.Duration
	Fallback   []string
	Rules      []*Rule

	fallbackLine int
	delim        byte
	raw, tail    string // payload as written; what follows its delimiter
}

// row is one line of a file: exactly one of block, rule and text is meant.
type row struct {
	block *Block
	rule  *Rule
	text  string // comment, blank line, or a directive as written
}

// String returns the file's text, byte for byte what was parsed if there was no
// error.
func (f *File) String() string {
	var b strings.Builder
	for i := range f.rows {
		r := &f.rows[i]
		switch {
		case r.rule != nil:
			r.rule.text(&b)
		case r.block != nil:
			p := r.block
			b.WriteString("Probe " + strings.ToUpper(p.Proto.String()) + " " + p.Name + " q")
			b.WriteByte(p.delim)
			b.WriteString(p.raw)
			b.WriteByte(p.delim)
			b.WriteString(p.tail)
		default:
			b.WriteString(r.text)
		}
		if i < len(f.rows)-1 || !f.noEOL {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// ReadFile parses the probe file at path. See ParseFile for the errors.
func ReadFile(path string) (*File, error) { return new(loader).readFile(path) }

// loader reads several files in memory it keeps.
type loader struct {
	text  bytes.Buffer
	rules ruleStore
}

func (l *loader) readFile(path string) (*File, error) {
	fd, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer fd.Close()
	return l.read(path, fd)
}

// read parses the probe file that r reads, called name.
func (l *loader) read(name string, r io.Reader) (*File, error) {
	l.text.Reset()
	if _, err := l.text.ReadFrom(io.LimitReader(r, maxFile+1)); err != nil {
		return nil, err
	}
	return parseFile(name, l.text.String(), &l.rules)
}

// ParseFile reads a probe file's text. Line ends are LF; the text is bytes in no
// encoding. It goes on after an error to find the others: the error is of type
// Errors, and the File then holds every line that was right. Patterns and
// templates are not looked into: see Check, and Options.Validate.
func ParseFile(name string, text []byte) (*File, error) {
	return parseFile(name, string(text), new(ruleStore))
}

func parseFile(name, text string, rules *ruleStore) (*File, error) {
	p := &parser{f: &File{Name: filepath.Base(name)}, rules: rules}
	if len(text) > maxFile {
		p.fail("the file is larger than %d bytes", maxFile)
		return p.f, p.errs
	}
	p.f.noEOL = text != "" && text[len(text)-1] != '\n'
	p.f.rows = make([]row, 0, strings.Count(text, "\n")+1)
	for rest := text; rest != ""; {
		var s string
		s, rest, _ = strings.Cut(rest, "\n")
		p.line++
		p.f.rows = append(p.f.rows, p.row(s))
	}
	return p.f, p.errs.orNil()
}

// parser is the state of ParseFile.
type parser struct {
	f    *File
	line int
	cur  *Block // the block directives belong to
	bad  bool   // the last Probe line was refused: its directives belong to nothing
	null bool   // a NULL probe was seen
	errs Errors

	rules *ruleStore
}

func (p *parser) fail(format string, args ...any) {
	if len(p.errs) < maxErrors {
		p.errs = append(p.errs, &Error{p.f.Name, p.line, fmt.Sprintf(format, args...)})
	}
}

// row parses one line.
func (p *parser) row(s string) row {
	raw := row{text: s}
	if s == "" || s[0] == '#' {
		return raw
	}
	if len(s) > maxLine {
		p.fail("the line has %d bytes; at most %d are allowed", len(s), maxLine)
		return raw
	}
	if i := strings.IndexByte(s, 0); i >= 0 {
		p.fail(`a NUL byte at column %d (write \0)`, i+1)
		return raw
	}
	word, arg, ok := strings.Cut(s, " ")
	if !ok {
		p.unknown(s)
		return raw
	}
	switch word {
	case "Exclude":
		p.exclude(arg)
		return raw
	case "Probe":
		b, err := p.probe(arg)
		if p.bad = err != nil; p.bad {
			p.cur = nil
			p.fail("Probe: %v", err)
			return raw
		}
		p.cur = b
		p.f.Blocks = append(p.f.Blocks, b)
		return row{block: b}
	case "match", "softmatch", "ports", "sslports", "rarity", "totalwaitms", "tcpwrappedms", "fallback":
	default:
		p.unknown(s)
		return raw
	}
	b := p.cur
	if b == nil {
		if !p.bad {
			p.fail("%s before the first Probe line", word)
			return raw
		}
		b = &Block{} // still look at the line for its own errors
	}
	r, err := b.directive(word, arg, p.line, p.rules)
	if err != nil {
		p.fail("%s: %v", word, err)
		return raw
	}
	if r != nil {
		return row{rule: r}
	}
	return raw
}

// unknown says what may be wrong with a line that begins with no known word.
func (p *parser) unknown(s string) {
	trimmed := strings.TrimLeft(s, " \t\r\v\f")
	word, _, _ := strings.Cut(trimmed, " ")
	switch {
	case s == "\r":
		p.fail("the line ends in CR LF; lines must end in LF alone")
	case trimmed == "":
		p.fail("a line of blanks only; leave it empty")
	case trimmed[0] == '#':
		p.fail("a comment must begin in the first column")
	case len(trimmed) < len(s):
		p.fail("blanks before %.20q; a directive must begin in the first column", word)
	case strings.ContainsAny(word, "\t"):
		p.fail("%.20q: one blank, not a tab, must follow the directive", word)
	case isDirective(word):
		p.fail("%s needs an argument", word)
	default:
		p.fail("unknown directive %.20q (known: Exclude Probe match softmatch ports sslports rarity totalwaitms tcpwrappedms fallback)", word)
	}
}

func isDirective(word string) bool {
	switch strings.TrimSuffix(word, "\r") {
	case "Exclude", "Probe", "match", "softmatch", "ports", "sslports", "rarity", "totalwaitms", "tcpwrappedms", "fallback":
		return true
	}
	return false
}

func (p *parser) exclude(arg string) {
	switch {
	case p.f.Exclude != nil:
		p.fail("a second Exclude; at most one is allowed")
	case p.cur != nil || p.bad:
		p.fail("Exclude must stand before the first Probe line")
	default:
		spec, err := ParsePortSpec(arg)
		if err != nil {
			p.fail("Exclude: %v", err)
		}
		p.f.Exclude = spec
	}
}

// probe reads what follows "Probe ".
func (p *parser) probe(s string) (*Block, error) {
	b := &Block{Line: p.line}
	proto, rest, _ := strings.Cut(s, " ")
	switch proto {
	case "TCP":
		b.Proto = request.TCP
	case "UDP":
		b.Proto = request.UDP
	case "CERT":
		b.Proto = request.Cert
	default:
		return nil, fmt.Errorf("expected TCP or UDP but found %.20q", proto)
	}
	var ok bool
	if b.Name, rest, ok = strings.Cut(rest, " "); b.Name == "" || !isAlnum(b.Name[0]) {
		return nil, fmt.Errorf("expected a name that begins with a letter or digit but found %.20q", b.Name)
	}
	if !ok || len(rest) < 2 || rest[0] != 'q' {
		return nil, fmt.Errorf("expected q and the payload between two equal bytes after the name, as in q|HELP|")
	}
	b.delim = rest[1]
	if b.raw, b.tail, ok = strings.Cut(rest[2:], rest[1:2]); !ok {
		return nil, fmt.Errorf(`the payload has no closing %q (the delimiter cannot be escaped: write it as \xHH)`, b.delim)
	}
	var err error
	if b.Payload, err = unescape(b.raw); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	if b.tail != "" && !isBlank(b.tail[0]) {
		return nil, fmt.Errorf("expected a blank before %.20q after the payload", b.tail)
	}
	b.Flags = strings.Fields(b.tail)
	switch empty := len(b.Payload) == 0; {
	case b.Proto == request.Cert && !empty:
		return nil, fmt.Errorf("certificates are asked for by TLS itself: the payload must be empty")
	case b.Proto != request.Cert && empty:
		if b.Proto != request.TCP {
			return nil, fmt.Errorf("an empty payload makes the NULL probe, which is for TCP only")
		}
		if p.null {
			return nil, fmt.Errorf("a second probe with an empty payload; there is one NULL probe only")
		}
		p.null = true
	}
	return b, nil
}

// directive reads one directive of a block. The rule is nil unless word is match
// or softmatch.
func (b *Block) directive(word, arg string, line int, rules *ruleStore) (*Rule, error) {
	var err error
	switch word {
	case "match", "softmatch":
		r, err := rules.parse(arg)
		if err != nil {
			return nil, err
		}
		r.Line, r.Soft = line, word == "softmatch"
		b.Rules = append(b.Rules, r)
		return r, nil
	case "ports", "sslports":
		set, err := parsePorts(arg)
		if err != nil {
			return nil, err
		}
		if word == "ports" {
			b.Ports = b.Ports.Union(set)
		} else {
			b.SSLPorts = b.SSLPorts.Union(set)
		}
	case "rarity":
		b.Rarity, err = parseInt(arg, 1, 9)
	case "totalwaitms":
		var ms int
		ms, err = parseInt(arg, 100, 300000)
		b.TotalWait = time.Duration(ms) * time.Millisecond
	case "tcpwrappedms":
		var ms int
		ms, err = parseInt(arg, 100, 300000)
		b.TCPWrapped = time.Duration(ms) * time.Millisecond
	case "fallback":
		names := strings.FieldsFunc(arg, func(r rune) bool { return r == ',' || r < 0x80 && isBlank(byte(r)) })
		switch {
		case len(names) == 0:
			return nil, fmt.Errorf("expected the names of one or more probes")
		case len(names) > maxFallbacks:
			return nil, fmt.Errorf("%d names; at most %d are allowed", len(names), maxFallbacks)
		}
		b.Fallback, b.fallbackLine = names, line
	}
	return nil, err
}

func parseInt(s string, lo, hi int) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < lo || n > hi {
		return 0, fmt.Errorf("expected a number from %d to %d but found %.20q", lo, hi, s)
	}
	return n, nil
}
