package matcher

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"earshot/matcher/pcre"
)

// Bounds of what Check lets pass without a word.
const (
	oldLine      = 2047 // bytes of a line that nmap up to 7.95 reads
	manyUnlimted = 4    // repetitions without an upper bound, see unlimited
)

// Finding is something in a probe file that its author may want to change.
type Finding struct {
	Error
	Warning bool // the line works, but perhaps not as meant
}

// Check looks at every pattern and template of the file, which loading does not.
// A pattern that does not compile is an error: that line never matches. The
// rest are warnings: a template that always fails, a group the pattern does not
// have, a product that is lost with a part of its name, a value that never fits, a bad CPE, a key given twice, a pattern that
// matches nearly anything, may need very much work or is too large for PCRE2, a line that an earlier one
// hides, and what some nmap version would refuse. The findings are in line order.
func (f *File) Check() []Finding {
	c := checker{file: f}
	for _, b := range f.Blocks {
		seen := map[string]int{}
		for _, r := range b.Rules {
			c.line = r.Line
			c.rule(r)
			key := fmt.Sprintf("%d %s", r.Flags, r.Pattern)
			if at := seen[key]; at != 0 {
				c.warn("the pattern also stands in line %d of this probe, which comes first", at)
			} else if !r.Soft {
				seen[key] = r.Line
			}
		}
	}
	for i := range f.rows {
		if r := &f.rows[i]; r.rule == nil && len(r.text) > oldLine && r.text[0] != '#' {
			c.line = i + 1
			c.warn("the line has %d bytes; nmap before 2026 reads %d", len(r.text), oldLine)
		}
	}
	slices.SortStableFunc(c.found, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	return c.found
}

// checker is the state of Check.
type checker struct {
	file   *File
	line   int
	finder pcre.Finder
	found  []Finding
}

func (c *checker) add(warning bool, format string, args ...any) {
	c.found = append(c.found, Finding{Error{c.file.Name, c.line, fmt.Sprintf(format, args...)}, warning})
}

func (c *checker) warn(format string, args ...any) { c.add(true, format, args...) }

// rule checks one line.
func (c *checker) rule(r *Rule) {
	if n := len(r.String()); n > oldLine {
		c.warn("the line has %d bytes; nmap before 2026 reads %d", n, oldLine)
	}
	p, err := pcre.Parse([]byte(r.Pattern), r.Flags)
	if err != nil {
		c.add(false, "pattern: %v", err)
	} else {
		c.pattern(p)
	}
	var keys, parts string
	for i := range r.Fields {
		f := &r.Fields[i]
		name := string(rune(f.Key)) + "/"
		t := compileTemplate(f)
		if f.Key == KeyCPE {
			name = "cpe:/"
			if t.slot != 0 && strings.IndexByte(parts, t.slot) >= 0 {
				c.warn("two CPEs of part %c; the last one counts", t.slot)
			}
			parts += string(rune(t.slot))
			if f.delim != '/' {
				c.warn("cpe: must be followed by / for current nmap")
			}
		} else {
			if strings.IndexByte(keys, byte(f.Key)) >= 0 {
				c.warn("%s is given twice; the last one counts", name)
			}
			keys += string(rune(f.Key))
		}
		if t.bad != nil {
			c.warn("%s stays empty: %v", name, t.bad)
			continue
		}
		if n := t.maxGroup(); p != nil && n > p.Groups {
			c.warn("%s stays empty: it names group %d but the pattern has %d", name, n, p.Groups)
		}
		c.literals(&t, name)
		if p != nil && f.Key == KeyProduct {
			c.product(&t, p)
		}
	}
}

// product warns where a product that the line knows is lost because a part of its
// name is not said: a template with a group that took no part yields nothing.
func (c *checker) product(t *template, p *pcre.Pattern) {
	if t.parts[0].fn != 0 && len(t.parts) == 1 {
		return
	}
	for i := range t.parts {
		if g := t.parts[i].group; g > 0 && g <= p.Groups && !p.Always(g) {
			c.warn("the product is lost where group %d takes no part", g)
		}
	}
}

// literals checks the text of a template outside substitutions.
func (c *checker) literals(t *template, name string) {
	size, whole := 0, strings.Builder{}
	for i := range t.parts {
		if t.parts[i].fn != 0 {
			whole.WriteByte('x')
			continue
		}
		size += len(t.parts[i].text)
		whole.WriteString(t.parts[i].text)
	}
	if size >= t.size() {
		c.warn("%s stays empty: its text has %d bytes and at most %d fit", name, size, t.size()-1)
	}
	if t.key == KeyCPE {
		text := whole.String()
		if _, ok := CPE23(text); !ok || strings.ContainsAny(text, " \t") {
			c.warn("%.60q is no valid CPE 2.2 URI", text)
		} else if strings.ToLower(text) != text {
			c.warn("%.60q: a CPE is written in lower case", text)
		}
	}
}

// pattern checks what a pattern may match and what that may cost.
func (c *checker) pattern(p *pcre.Pattern) {
	if p.Groups > maxGroup {
		c.warn("the pattern has %d groups; templates can name %d", p.Groups, maxGroup)
	}
	facts := c.finder.Find(p.Root)
	broad := !slices.ContainsFunc(facts.Factors, func(f pcre.Factor) bool { return f.Shortest() >= 2 })
	switch {
	case pcre.MinLen(p.Root) == 0:
		c.warn("the pattern may match the empty string, which current nmap refuses")
	case broad && (facts.Max < 0 || facts.Prefix == 0):
		c.warn("the pattern requires no literal text of two bytes or more: it may match nearly anything")
	}
	if n := p.PCRE2Size(); n > mostPCRE2 {
		c.warn("the pattern becomes up to %d bytes in PCRE2, and so in nmap, which take %d: a group is copied as often as it is counted", n, pcre.MaxPCRE2Size)
	}
	if n := unlimited(p.Root); n > manyUnlimted {
		c.warn("%d repetitions without limit that overlap what follows them; each multiplies the work hostile bytes can cause", n)
	}
	if loop := nested(p.Root); loop {
		c.warn("a repetition within a repetition can split the same bytes in many ways: hostile bytes make it exponential")
	}
}

// unlimited counts the repetitions without an upper bound that can give back
// what they took to what follows them: those over bytes that the next part can
// begin with, as in .*x, not those that end by themselves, as in [^x]*x.
func unlimited(n *pcre.Node) int {
	if n.Op == pcre.OpAtomic || n.Op == pcre.OpRepeat && n.Possessive {
		return 0
	}
	sum := 0
	for i, s := range n.Sub {
		sum += unlimited(s)
		e := strip(s)
		if n.Op != pcre.OpCat || i+1 == len(n.Sub) || e.Op != pcre.OpRepeat || e.Max >= 0 || e.Possessive {
			continue
		}
		took, _ := loopSet(e)
		if overlap(took, firstBytes(&pcre.Node{Op: pcre.OpCat, Sub: n.Sub[i+1:]})) {
			sum++
		}
	}
	return sum
}

// nested reports whether the pattern holds a loop whose body ends in a loop over
// bytes the body can also begin with, as in (\w+ ?)+ or (a+)*.
func nested(n *pcre.Node) bool {
	if n.Op == pcre.OpAtomic || n.Op == pcre.OpRepeat && n.Possessive {
		return false
	}
	if n.Op == pcre.OpRepeat && (n.Max < 0 || n.Max > 16) {
		for _, b := range pcre.Branches(strip(n.Sub[0])) {
			if first, last := firstBytes(b), lastLoop(b); overlap(first, last) {
				return true
			}
		}
	}
	return slices.ContainsFunc(n.Sub, nested)
}

// strip removes groups around a node.
func strip(n *pcre.Node) *pcre.Node {
	for n.Op == pcre.OpCapture || n.Op == pcre.OpCat && len(n.Sub) == 1 {
		n = n.Sub[0]
	}
	return n
}

// elements returns the parts of a concatenation.
func elements(n *pcre.Node) []*pcre.Node {
	for n = strip(n); n.Op == pcre.OpAtomic; {
		n = strip(n.Sub[0])
	}
	if n.Op == pcre.OpCat {
		return n.Sub
	}
	return []*pcre.Node{n}
}

// firstBytes returns the bytes that a match of n can begin with, as far as sets,
// loops and choices tell.
func firstBytes(n *pcre.Node) pcre.Set {
	var out pcre.Set
	for _, e := range elements(n) {
		s, least := loopSet(e)
		for i := range out {
			out[i] |= s[i]
		}
		if least > 0 {
			break
		}
	}
	return out
}

// lastLoop returns the bytes of an unbounded loop that n can end in.
func lastLoop(n *pcre.Node) pcre.Set {
	parts := elements(n)
	for i := len(parts) - 1; i >= 0; i-- {
		e := strip(parts[i])
		s, least := loopSet(e)
		if e.Op == pcre.OpRepeat && e.Max < 0 && !e.Possessive && strip(e.Sub[0]).Op == pcre.OpSet {
			return s
		}
		if least > 0 {
			break
		}
	}
	return pcre.Set{}
}

// loopSet returns the bytes that n can begin with, and how many it takes at
// least, or 1 for any more. Lookaround and conditions say nothing.
func loopSet(n *pcre.Node) (pcre.Set, int) {
	switch n = strip(n); n.Op {
	case pcre.OpSet:
		return n.Set, 1
	case pcre.OpRepeat:
		s, least := loopSet(n.Sub[0])
		return s, min(least, n.Min)
	case pcre.OpCat, pcre.OpAtomic:
		return firstBytes(n), min(1, pcre.MinLen(n))
	case pcre.OpAlt:
		var out pcre.Set
		for _, b := range n.Sub {
			s := firstBytes(b)
			for i := range out {
				out[i] |= s[i]
			}
		}
		return out, min(1, pcre.MinLen(n))
	}
	return pcre.Set{}, 0
}

func overlap(a, b pcre.Set) bool {
	for i := range a {
		if a[i]&b[i] != 0 {
			return true
		}
	}
	return false
}
