package pcre

import (
	"sync"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// runes is a pattern compiled by regexp2.
type runes struct {
	re      *regexp2.Regexp
	groups  int
	buffers *sync.Pool // of *[]rune
}

func newRunes(p *Pattern, timeout time.Duration) (*runes, error) {
	text, err := Regexp2Text(p)
	if err != nil {
		return nil, err
	}
	re, err := regexp2.Compile(text, regexp2.Singleline)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = timeout
	return &runes{re, p.Groups, &sync.Pool{New: func() any { return new([]rune) }}}, nil
}

// match takes one step per byte from the budget, and all of it where the time is up:
// what the search itself costs is not known here, and who gives several patterns their
// part of a budget must come to its end after few of these.
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
		b.Steps = -1
		return Exhausted
	}
	return out
}
