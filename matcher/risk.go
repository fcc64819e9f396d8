package matcher

import (
	"cmp"
	"slices"

	"earshot/matcher/pcre"
	"earshot/matcher/pcre/pcretest"
)

// mostPCRE2 is how large a pattern may become in PCRE2: some less than it takes, for other
// versions of it compile a little differently.
const mostPCRE2 = pcre.MaxPCRE2Size * 3 / 4

// Risk is a pattern that texts made against it cost much, or that others do not compile.
type Risk struct {
	Line      *Line
	Steps     int    // of the worst text; one step is some nanoseconds
	Text      []byte // that text
	Exhausted bool   // the budget of one line ended before the answer was known: "no match" may be wrong
	Size      int    // bytes that PCRE2 compiles the pattern to, at most
	TooLarge  bool   // PCRE2, and so nmap, may refuse it
}

// Risks attacks every line's pattern with texts of size bytes that make its loops
// run long and fail late, and returns those that took at least that many steps a
// byte, costliest first, and those that are too large. A line is never given more than it gets in a match.
func (db *DB) Risks(size, stepsPerByte int) []Risk {
	var out []Risk
	var b pcre.Budget
	for _, l := range db.lines {
		p, err := pcre.Parse([]byte(l.Pattern), l.Flags)
		if err != nil {
			continue // Check says so
		}
		re, worst := p.Regexp(), Risk{Line: l, Size: p.PCRE2Size()}
		worst.TooLarge = worst.Size > mostPCRE2
		caps := make([]int, 2*(p.Groups+1))
		for _, in := range pcretest.Attacks(p, size) {
			b.Steps = stepsPerLine
			ended := re.Match(in, caps, &b) == pcre.Exhausted
			if steps := stepsPerLine - b.Steps; steps > worst.Steps || ended && !worst.Exhausted {
				worst.Steps, worst.Text, worst.Exhausted = steps, in, ended
			}
		}
		if worst.Exhausted || worst.TooLarge || worst.Steps >= size*stepsPerByte {
			out = append(out, worst)
		}
	}
	slices.SortStableFunc(out, func(a, b Risk) int { return cmp.Compare(b.Steps, a.Steps) })
	return out
}
