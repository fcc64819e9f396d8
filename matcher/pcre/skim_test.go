package pcre

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// tell writes what was skimmed in one line: the first byte and the texts; "-" for nothing at all.
func (s *Skimmed) tell() string {
	if s == nil {
		return "-"
	}
	var words []string
	if s.First >= 0 {
		words = append(words, fmt.Sprintf("^%02x", s.First))
	}
	for _, t := range s.Texts {
		word := strings.Trim(fmt.Sprintf("%q", t.Text), `"`)
		if t.Fold {
			word = "~" + word
		}
		words = append(words, strings.ReplaceAll(word, " ", "_"))
	}
	return strings.Join(words, " ")
}

// lacks says what of s b has not, or "".
func (s *Skimmed) lacks(b []byte) string {
	if s.First >= 0 && (len(b) == 0 || int(b[0]) != s.First) {
		return "First"
	}
	low := appendLowerCase(nil, b)
	for _, t := range s.Texts {
		if !t.Fold && !bytes.Contains(b, t.Text) || t.Fold && !bytes.Contains(low, t.Text) {
			return fmt.Sprintf("text %q", t.Text)
		}
	}
	return ""
}

func TestSkim(t *testing.T) {
	s := Skimmer{Least: 3}
	for _, c := range []struct {
		pattern string
		flags   Flags
		want    string
	}{
		{`abc`, 0, "abc"},
		{`^abc`, 0, "^61 abc"},
		{`ab`, 0, ""},
		{``, 0, ""},
		{`Server: `, Caseless, "~server:_"},
		{`^Abc`, Caseless, "~abc"},
		{`^220 -`, Caseless, "^32 220_-"},
		{`^220[ -]FTP (\S+) ready\.\r\n`, 0, `^32 220 FTP_ _ready.\r\n`},
		// Escapes.
		{`\x00\x1Fa\0\t\/\xff`, 0, `\x00\x1fa\x00\t/\xff`},
		{`abc\ddef\w+ghi\bjkl`, 0, "abc def ghi jkl"},
		{`abc\12`, 0, "-"},
		{`abc\07`, 0, "-"},
		{`abc\x7`, 0, "-"},
		{`abc\x{7}`, 0, "-"},
		{`abc\Q?\E`, 0, "-"},
		{`abc\E?`, 0, "-"},
		{`abc\`, 0, "-"},
		// Quantifiers.
		{`abc?def`, 0, "def"},
		{`abcd?def`, 0, "abc def"},
		{`abcd*def`, 0, "abc def"},
		{`abcd+def`, 0, "abcd def"},
		{`abcd+?def`, 0, "abcd def"},
		{`abcd??def`, 0, "abc def"},
		{`abcd{0}def`, 0, "abc def"},
		{`abcd{0,7}+def`, 0, "abc def"},
		{`abcd{2,}def`, 0, "abcd def"},
		{`abc{x}def{,2}ghi{`, 0, "abc{x}def{,2}ghi{"},
		{`{1}abc`, 0, "-"},
		{`?abc`, 0, "-"},
		{`^a?bcd`, 0, "bcd"},
		{`^^abc`, 0, "abc"},
		{`abc$`, 0, "abc"},
		{`abc.def.*ghi`, 0, "abc def ghi"},
		// Classes.
		{`abc[def]ghi`, 0, "abc ghi"},
		{`abc[^]def]+ghi`, 0, "abc ghi"},
		{`abc[]def]?ghi`, 0, "abc ghi"},
		{`abc[\]def]ghi[[]jkl`, 0, "abc ghi jkl"},
		{`abc[[:digit:]def]ghi`, 0, "-"},
		{`abc[\Q]\E]ghi`, 0, "-"},
		{`abc[def`, 0, "-"},
		{`^[ab]cde`, 0, "cde"},
		// Groups.
		{`abc(def)ghi`, 0, "abc def ghi"},
		{`abc(?:def)?ghi`, 0, "abc ghi"},
		{`abc(?:def){0,2}ghi`, 0, "abc ghi"},
		{`abc(?:def){2}ghi`, 0, "abc def ghi"},
		{`abc(def|xyz)ghi`, 0, "abc ghi"},
		{`abc(x(def|xyz)uvw)ghi`, 0, "abc uvw ghi"},
		{`abc(x(def)uvw|)ghi`, 0, "abc ghi"},
		{`abc(?!def)(?=ghi)jkl`, 0, "abc jkl"},
		{`abc(?s:.{0,9}?def)ghi`, 0, "abc def ghi"},
		{`abc(?<=def)ghi`, 0, "-"},
		{`abc(?i)def`, 0, "-"},
		{`abc(?#x)?def`, 0, "-"},
		{`(?x)abc #def`, 0, "-"},
		{`abc(?<n>def)`, 0, "-"},
		{`(*UTF)abc`, 0, "-"},
		{`abc(def`, 0, "-"},
		{`abc)def`, 0, "-"},
		{`abc(`, 0, "-"},
		{`^(abc)`, 0, "abc"},
		{`(^abc)`, 0, "abc"},
		// Choices of whole patterns.
		{`^abc|def`, 0, "-"},
		{`(abc)|def`, 0, "-"},
		// Long texts are told in parts.
		{strings.Repeat("x", maxWord+4), 0, strings.Repeat("x", maxWord) + " xxxx"},
	} {
		if got := s.Skim(c.pattern, c.flags).tell(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.pattern, got, c.want)
		}
	}
}
