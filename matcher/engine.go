package matcher

import (
	"time"

	"github.com/dlclark/regexp2/v2"

	"earshot/matcher/pcre"
)

// pattern is a compiled regular expression.
type pattern struct {
	re *regexp2.Regexp
	n  int
}

func newBudget() budget { return budget{} }

// groups returns how many groups the pattern has.
func (p *pattern) groups() int { return p.n }

// outcome is how the trial of one pattern ended.
type outcome uint8

const (
	noMatch outcome = iota
	matched
	exhausted // a budget ran out: neither
)

// budget bounds the work one response may cost.
type budget struct{ left int }

func compilePattern(text string, flags pcre.Flags) (*pattern, error) {
	runes := make([]rune, len(text))
	for i := range len(text) {
		runes[i] = rune(text[i])
	}
	var o regexp2.RegexOptions
	if flags&pcre.Caseless != 0 {
		o |= regexp2.IgnoreCase
	}
	if flags&pcre.DotAll != 0 {
		o |= regexp2.Singleline
	}
	re, err := regexp2.Compile(string(runes), o)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = 20 * time.Millisecond
	return &pattern{re, len(re.GetGroupNumbers()) - 1}, nil
}

func (p *pattern) match(data []byte, caps []int, b *budget) outcome {
	runes := make([]rune, len(data))
	for i, c := range data {
		runes[i] = rune(c)
	}
	m, err := p.re.FindRunesMatch(runes)
	switch {
	case err != nil:
		return exhausted
	case m == nil:
		return noMatch
	}
	for i, g := range m.Groups() {
		caps[2*i], caps[2*i+1] = -1, -1
		if len(g.Captures) > 0 {
			caps[2*i], caps[2*i+1] = g.RuneIndex, g.RuneIndex+g.RuneLength
		}
	}
	return matched
}
