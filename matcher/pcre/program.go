package pcre

// DefaultSteps is the budget of a match that is given none.
const DefaultSteps = 1 << 20

func (re *Regexp) compile() {
	p, err := Parse(re.pattern, re.flags)
	if err != nil {
		re.prog = never{}
		return
	}
	r2, err := newRunes(p)
	if err != nil {
		re.prog = never{}
		return
	}
	re.prog = r2
}

// never stands for a pattern that cannot be compiled; Compile has let none in.
type never struct{}

func (never) match([]byte, []int, *Budget) Outcome { return NoMatch }
