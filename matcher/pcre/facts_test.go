package pcre

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// tell writes facts in one line: "^" if anchored, lengths, prefix (bytes that
// are known in full; "?" for the others), factors.
func (f *Facts) tell() string {
	var b strings.Builder
	if f.Anchored {
		b.WriteString("^")
	}
	fmt.Fprintf(&b, "%d..%d ", f.Min, f.Max)
	for i := range f.Prefix {
		if f.Mask[i] == 0xff {
			fmt.Fprintf(&b, "%s", strings.Trim(fmt.Sprintf("%q", f.Value[i:i+1]), `"`))
		} else {
			b.WriteString("?")
		}
	}
	for _, c := range f.Factors {
		sep := " "
		for _, l := range c.Literals {
			b.WriteString(sep)
			sep = "|"
			if l.Fold {
				b.WriteString("~")
			}
			b.WriteString(strings.Trim(fmt.Sprintf("%q", l.Text), `"`))
		}
		if c.Head {
			b.WriteString("!")
		}
	}
	return b.String()
}

func TestFacts(t *testing.T) {
	for _, c := range []struct {
		pattern string
		flags   Flags
		want    string
	}{
		{`abc`, 0, "3..-1  abc"},
		{`^abc`, 0, "^3..-1 abc abc!"},
		{`^abc$`, 0, "^3..4 abc abc!"},
		{`^abc\z`, 0, "^3..3 abc abc!"},
		{`^$`, 0, "^0..1 "},
		{`abc$`, 0, "3..-1  abc"},
		{`(?m)^abc$`, 0, "3..-1  abc"},
		{`^(?:abc|^abd)$`, 0, "^3..4 ab? abc|abd"},
		{`^abc|^abd`, 0, "^3..-1 ab? abc|abd"},
		{`^abc|abd`, 0, "3..-1  abc|abd"},
		{`^(?:GET|PUT|GOT) x`, 0, "^5..-1 ??T x GET x|PUT x|GOT x"},
		{`^HTTP/1\.[01] x`, Caseless, "^10..-1 ????/1.? ? ~http/1.0 x|~http/1.1 x!"},
		{`^ab\d+cd`, 0, "^5..-1 ab? ab! cd"},
		{`^ab\d{2}cd\r\n$`, 0, `^8..9 ab??cd\r\n ab! cd\r\n`},
		{`^SSH-([\d.]+)-OpenSSH_(\S+)`, 0, "^15..-1 SSH-? SSH-! -OpenSSH_"},
		{`server: foo`, Caseless, "11..-1  ~server: foo"},
		{`[Ss]erver`, 0, "6..-1  ~server"},
		{`123 - 4`, Caseless, "7..-1  123 - 4"},
		{`fo(?:o|x)bar`, 0, "6..-1  foobar|foxbar"},
		{`fo[ox]bar`, 0, "6..-1  foobar|foxbar"},
		{`colou?r`, 0, "5..-1  color|colour"},
		{`abcdefghij[kl]mno`, 0, "14..-1  abcdefghij kmno|lmno"},
		{`(?:ab\d|cde)xyz`, 0, "6..-1  ab|cde xyz"},
		{`(?:ab\d|\d)xyz`, 0, "4..-1  xyz"},
		{`(?:|abc)xyz`, 0, "3..-1  xyz"},
		{`(?:abc)*xyz`, 0, "3..-1  xyz"},
		{`foo(?:abc)+xyz`, 0, "9..-1  fooabc xyz"},
		{`foo(?:ab){2}xyz`, 0, "10..-1  fooababxyz"},
		{`(?:ab){9}`, 0, "18..-1  ab"},
		{`foo(?=bar)barx`, 0, "7..-1  foobarx"},
		{`foo(?!baz)bar`, 0, "6..-1  foobar"},
		{`(?<=abc)def`, 0, "3..-1  def"},
		{`(abc)def\1`, 0, "6..-1  abcdef"},
		{`^(abc)\1$`, 0, "^3..-1 abc abc!"},
		{`(a)?(?(1)bcd|efg)hij`, 0, "6..-1  hij"},
		{`(?>abc)def`, 0, "6..-1  abcdef"},
		{`abc++def`, 0, "6..-1  abc def"},
		{`.*`, 0, "0..-1 "},
		{`^.{4}abc`, 0, "^7..-1 ????abc abc"},
		{`^.{4}abc$`, DotAll, "^7..8 ????abc abc"},
		{`^[A-Za-z]b`, 0, "^2..-1 ?b"},
		{`[^\x00-\xff]abc`, 0, "4..-1  abc"},
		{`\Gabc`, 0, "^3..-1 abc abc!"},
		{`a*^abc`, 0, "^3..-1  abc"},
	} {
		p, err := Parse([]byte(c.pattern), c.flags)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		var f Finder
		if got := f.Find(p.Root).tell(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.pattern, got, c.want)
		}
	}
}

// dead is set in groups by speak if it met a set without bytes, or said more where an
// assertion wants the end; ended holds what such an assertion lets follow: nothing, "\n" as
// the last byte, or a line.
const (
	dead  = -1
	ended = -2
)

// follows notes in groups that a byte stands behind an assertion that wants the end.
func follows(groups map[int][]byte, c byte) {
	left, ok := groups[ended]
	switch {
	case !ok:
	case len(left) == 0 || c != '\n':
		groups[dead] = []byte{}
	case len(left) == 1:
		groups[ended] = nil
	default:
		delete(groups, ended)
	}
}

// speak appends a string that goes through n, whatever assertions say to it.
func (n *Node) speak(b []byte, r *rand.Rand, groups map[int][]byte) []byte {
	switch n.Op {
	case OpSet:
		c := n.Set.next(int(r.Uint32() & 0xff))
		if c == 256 {
			c = n.Set.next(0)
		}
		if c == 256 {
			groups[dead] = []byte{}
			return b
		}
		follows(groups, byte(c))
		return append(b, byte(c))
	case OpEnd:
		groups[ended] = nil
	case OpEndLine:
		if left, ok := groups[ended]; !ok || len(left) > 0 {
			groups[ended] = []byte("\n")
		}
	case OpEndMulti:
		if _, ok := groups[ended]; !ok {
			groups[ended] = []byte("\n…")
		}
	case OpCapture:
		from := len(b)
		b = n.Sub[0].speak(b, r, groups)
		groups[n.Group] = bytes.Clone(b[from:])
	case OpCat:
		for _, s := range n.Sub {
			b = s.speak(b, r, groups)
		}
	case OpAlt:
		b = n.Sub[r.IntN(len(n.Sub))].speak(b, r, groups)
	case OpRepeat:
		most := n.Max
		if most < 0 || most > n.Min+3 {
			most = n.Min + 3
		}
		for range n.Min + r.IntN(most-n.Min+1) {
			b = n.Sub[0].speak(b, r, groups)
		}
	case OpAtomic:
		b = n.Sub[0].speak(b, r, groups)
	case OpBackref:
		for _, c := range groups[n.Group] {
			follows(groups, c)
			b = append(b, c)
		}
	case OpCond:
		if i := 1 + r.IntN(2); i < len(n.Sub) {
			b = n.Sub[i].speak(b, r, groups)
		}
	}
	return b
}

// lacks says which fact does not hold of b, or "".
func (f *Facts) lacks(b []byte) string {
	switch {
	case len(b) < f.Min:
		return "Min"
	case f.Max >= 0 && len(b) > f.Max:
		return "Max"
	}
	if len(b) > 0 && !f.First.Has(b[0]) {
		return "First"
	}
	for i := range f.Prefix {
		if b[i]&f.Mask[i] != f.Value[i] {
			return fmt.Sprintf("Mask[%d]", i)
		}
	}
	low := appendLowerCase(nil, b)
	for _, c := range f.Factors {
		found := false
		for _, l := range c.Literals {
			found = found || !l.Fold && bytes.Contains(b, l.Text) || l.Fold && bytes.Contains(low, l.Text)
		}
		if !found {
			return fmt.Sprintf("factor %q", c.Literals[0].Text)
		}
		if c.Head && !slices.ContainsFunc(c.Literals, func(l Literal) bool { return bytes.HasPrefix(low, appendLowerCase(nil, l.Text)) }) {
			return "Head"
		}
	}
	return ""
}

func appendLowerCase(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, lower(c))
	}
	return dst
}

// CheckFacts checks the facts of a pattern, and what is skimmed of it, on strings made of its
// tree, and returns how many of these there were: an assertion may leave none, and what is no
// pattern has none.
func CheckFacts(t *testing.T, pattern []byte, flags Flags, f *Finder, r *rand.Rand, rounds int) (spoken int) {
	t.Helper()
	p, err := Parse(pattern, flags)
	if err != nil {
		return 0
	}
	again, err := f.FindIn(string(pattern), flags)
	if err != nil {
		t.Fatalf("%q: %v", pattern, err)
	}
	said := again.tell()
	facts := f.Find(p.Root)
	if facts.tell() != said {
		t.Fatalf("%q: %s, but %s in reused memory", pattern, facts.tell(), said)
	}
	skimmer := Skimmer{Least: 1}
	skimmed := skimmer.Skim(string(pattern), flags)
	for range rounds {
		var b []byte
		if !facts.Anchored {
			b = append(b, "junk "...)
		}
		groups := map[int][]byte{}
		b = p.Root.speak(b, r, groups)
		if groups[dead] != nil {
			continue
		}
		if facts.Max < 0 {
			b = append(b, " junk"...)
		}
		if l := facts.lacks(b); l != "" {
			t.Errorf("%q: %q lacks %s (%s)", pattern, b, l, facts.tell())
			return spoken
		}
		spoken++
		if skimmed == nil {
			continue
		}
		if l := skimmed.lacks(b); l != "" {
			t.Errorf("%q: %q lacks %s (%s)", pattern, b, l, skimmed.tell())
			return spoken
		}
	}
	return spoken
}

func FuzzFacts(f *testing.F) {
	for _, s := range []string{
		`^SSH-([\d.]+)-OpenSSH_(\S+)[ \r\n]`, `^220[ -](?:foo|b[aA]r)*? (x|y){2,3}z?\1$`, `(?i)server: (\w+|)(?=x)y`,
		`(a)?(?(1)bcd|efg)hij`, `^(?:abc|^abd)$`, `(?:(?:ab?){2}c?){3}|[^x]`, `^(?:[Aa]b|cd|\x80e)+f{0}`,
	} {
		f.Add([]byte(s), uint8(0), uint64(7))
	}
	f.Fuzz(func(t *testing.T, pattern []byte, flags uint8, seed uint64) {
		if len(pattern) > 300 || bytes.Count(pattern, []byte("{")) > 2 {
			return
		}
		CheckFacts(t, pattern, Flags(flags)&(Caseless|DotAll), new(Finder), rand.New(rand.NewPCG(seed, 1)), 3)
	})
}
