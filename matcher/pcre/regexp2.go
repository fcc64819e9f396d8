package pcre

import (
	"sync"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// Regexp2Timeout is how long one pattern may run in the regexp2 engine. It is
// wall time: on a loaded machine it fires after less work, so with that
// engine, unlike with the byte machine, "exhausted" can depend on the load.
// The real stop is up to two periods later in which that library looks at its clock:
// 100 ms each, unless a program sets it otherwise.
const Regexp2Timeout = 20 * time.Millisecond

// CompileRegexp2 is Compile for the other engine: the pattern is printed for
// regexp2 (see Regexp2Text) and run on runes. Results are the same, offset by
// offset; it exists as a second opinion. A pattern that has no exact text
// there is run by the byte machine all the same.
func CompileRegexp2(pattern []byte, flags Flags) (*Regexp, error) {
	p, err := Parse(pattern, flags)
	if err != nil {
		return nil, err
	}
	re := p.Regexp()
	r2, err := newRunes(p)
	if err == errUntranslatable {
		return re, nil
	}
	if err != nil {
		return nil, err
	}
	re.once.Do(func() { re.prog = r2 })
	return re, nil
}

// runes is a pattern compiled by regexp2.
type runes struct {
	re      *regexp2.Regexp
	groups  int
	buffers *sync.Pool // of *[]rune
}

func newRunes(p *Pattern) (*runes, error) {
	text, err := Regexp2Text(p)
	if err != nil {
		return nil, err
	}
	re, err := regexp2.Compile(text, regexp2.Singleline)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = Regexp2Timeout
	return &runes{re, p.Groups, &sync.Pool{New: func() any { return new([]rune) }}}, nil
}

// match takes one step per byte from the budget; what the search itself costs
// is not known here.
func (r *runes) match(in []byte, caps []int, b *Budget) Outcome {
	if b.Steps -= len(in); b.Steps < 0 {
		return Exhausted
	}
	buf := r.buffers.Get().(*[]rune)
	defer r.buffers.Put(buf)
	*buf = (*buf)[:0]
	for _, c := range in {
		*buf = append(*buf, rune(c))
	}
	out := NoMatch
	err := r.re.FindRunesMatches(*buf, 0, func(v regexp2.MatchView) bool {
		out = Match
		for g := 0; 2*g+1 < len(caps) && g <= r.groups; g++ {
			caps[2*g], caps[2*g+1] = -1, -1
			if i, n, ok := v.GroupRange(g); ok {
				caps[2*g], caps[2*g+1] = i, i+n
			}
		}
		return false
	})
	if err != nil {
		return Exhausted
	}
	return out
}
