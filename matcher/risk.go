package matcher

import (
	"cmp"
	"slices"

	"earshot/matcher/pcre"
	"earshot/matcher/pcre/pcretest"
)

// Risk is a pattern that texts made against it cost much.
type Risk struct {
	Line      *Line
	Steps     int    // of the worst text; one step is some nanoseconds
	Text      []byte // that text
	Exhausted bool   // the budget of one line ended before the answer was known: "no match" may be wrong
}

// Risks attacks every line's pattern with texts of size bytes that make its loops
// run long and fail late, and returns those that took at least that many steps a
// byte, costliest first. A line is never given more than it gets in a match.
func (db *DB) Risks(size, stepsPerByte int) []Risk {
	var out []Risk
	var b pcre.Budget
	for _, l := range db.lines {
		p, err := pcre.Parse([]byte(l.Pattern), l.Flags)
		if err != nil {
			continue // Check says so
		}
		re, worst := p.Regexp(), Risk{Line: l}
		caps := make([]int, 2*(p.Groups+1))
		for _, in := range pcretest.Attacks(p, size) {
			b.Steps = stepsPerLine
			ended := re.Match(in, caps, &b) == pcre.Exhausted
			if steps := stepsPerLine - b.Steps; steps > worst.Steps || ended && !worst.Exhausted {
				worst.Steps, worst.Text, worst.Exhausted = steps, in, ended
			}
		}
		if worst.Exhausted || worst.Steps >= size*stepsPerByte {
			out = append(out, worst)
		}
	}
	slices.SortStableFunc(out, func(a, b Risk) int { return cmp.Compare(b.Steps, a.Steps) })
	return out
}
