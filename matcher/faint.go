package matcher

import (
	"cmp"
	"slices"
	"sync"

	"earshot/matcher/pcre"
)

// What a line must rest on, in bits, to be believed among all the lines of a transport, where
// nobody knows what was asked. Below hardBits a hard line counts as a soft one there: of four thousand million
// messages of nobody it takes one. Below softBits a soft line says nothing there. Behind its own question,
// to which few can answer at all, each line says what it says.
const (
	hardBits = 32
	softBits = 16
)

// weight is how much a line's pattern tells, once it has been asked for.
type weight struct {
	once sync.Once
	bits float64
}

// Bits returns how much a match of the line tells: random bytes match with a chance of at most
// 2 to the power of -Bits. 0 if the pattern is bad.
func (l *Line) Bits() float64 {
	l.weight.once.Do(func() {
		if p, err := pcre.Parse([]byte(l.Pattern), l.Flags); err == nil {
			l.weight.bits = p.Bits(MaxInput)
		}
	})
	return l.weight.bits
}

// kind says what a match of the line is worth: wide says that it was found among all lines of a
// transport.
func (l *Line) kind(wide bool) Kind {
	switch {
	case wide && l.Bits() < softBits:
		return None
	case l.Soft || wide && l.Bits() < hardBits:
		return Soft
	}
	return Hard
}

// Faint is a line whose pattern tells little.
type Faint struct {
	Line *Line
	Bits float64
	// Greeting: it is a hard line of NULL, or of a certificate, behind no question, which therefore
	// takes whatever any server says first.
	Greeting bool
}

// Faint returns the lines that rest on less than a claim without a question must, the
// fewest bits first.
func (db *DB) Faint() []Faint {
	var out []Faint
	for _, l := range db.lines {
		if b := l.Bits(); !l.Soft && b < hardBits || b < softBits {
			out = append(out, Faint{Line: l, Bits: b, Greeting: !l.Soft && len(l.Probe.Payload) == 0})
		}
	}
	slices.SortStableFunc(out, func(a, b Faint) int { return cmp.Compare(a.Bits, b.Bits) })
	return out
}
