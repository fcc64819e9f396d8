package pcre

import (
	"bytes"
	"sync"
	"time"
)

// Outcome is what became of one match attempt.
type Outcome uint8

// The outcomes.
const (
	NoMatch   Outcome = iota
	Match             // caps holds the offsets
	Exhausted         // the budget ended before the answer was known
)

// Budget bounds the work of matches, usually of all the patterns tried on one
// banner. It is counted in steps, not in time, so that results do not depend
// on the load of the machine. It carries the memory that matching needs: keep
// one per goroutine and set Steps anew, and matching allocates nothing.
type Budget struct {
	Steps int // left; every match takes its steps away

	machine machine
}

// Regexp is a pattern that can be matched. Safe for concurrent use.
type Regexp struct {
	pattern []byte
	flags   Flags
	groups  int

	once sync.Once
	prog matchable
}

// Engine is what runs a pattern: the byte machine, bounded by steps and fast, or, as
// a second opinion, github.com/dlclark/regexp2, with how long one match may run. Both
// give the same answers, offset by offset.
type Engine time.Duration

// The engines. Another time than Regexp2's is that engine with that time. It is wall
// time: on a loaded machine it is up after less work, so that with regexp2, unlike
// with the byte machine, "exhausted" can depend on the load. The real stop is up to two
// periods later in which that library looks at its clock: 100 ms each, unless a program
// sets it otherwise.
const (
	Machine Engine = 0
	Regexp2 Engine = Engine(time.Second)
)

// Compile is [Compile] for the engine. For regexp2 the pattern is printed (see
// [Regexp2Text]) and run on runes; one that has no exact text there is run by the
// byte machine all the same.
func (e Engine) Compile(pattern []byte, flags Flags) (*Regexp, error) {
	if e == Machine {
		return Compile(pattern, flags)
	}
	p, err := Parse(pattern, flags)
	if err != nil {
		return nil, err
	}
	re := p.Regexp()
	r2, err := newRunes(p, time.Duration(e))
	if err == errUntranslatable {
		return re, nil
	}
	if err != nil {
		return nil, err
	}
	re.once.Do(func() { re.prog = r2 })
	return re, nil
}

// matchable is an engine's compiled form of one pattern.
type matchable interface {
	match(in []byte, caps []int, b *Budget) Outcome
}

// Compile makes a pattern a Regexp run by the byte machine. See Parse for the
// dialect and the errors. The pattern's bytes are kept, not copied. For many
// patterns of which few will be used see [Pattern.Regexp].
func Compile(pattern []byte, flags Flags) (*Regexp, error) {
	p, err := Parse(pattern, flags)
	if err != nil {
		return nil, err
	}
	re := p.Regexp()
	re.once.Do(func() { re.prog = newProgram(p, maxUnroll) })
	return re, nil
}

// MustCompile is Compile for patterns that are part of the program. It panics
// on a bad one.
func MustCompile(pattern string, flags Flags) *Regexp {
	re, err := Compile([]byte(pattern), flags)
	if err != nil {
		panic("pcre: " + pattern + ": " + err.Error())
	}
	return re
}

// Regexp is the matcher of an already parsed pattern. It is compiled when it is
// first used, from its text: the tree is not kept, and until then a Regexp
// costs little more than the text.
func (p *Pattern) Regexp() *Regexp {
	return &Regexp{pattern: p.Source, flags: p.Flags, groups: p.Groups}
}

// Groups is the number of capture groups.
func (re *Regexp) Groups() int { return re.groups }

// String is the pattern as it was written.
func (re *Regexp) String() string { return string(re.pattern) }

// Flags are the options the pattern was compiled with.
func (re *Regexp) Flags() Flags { return re.flags }

// Engine is what runs the pattern: the byte machine also where regexp2 was
// asked for and has no exact text for it.
func (re *Regexp) Engine() Engine {
	re.once.Do(re.compile)
	if r, ok := re.prog.(*runes); ok {
		return Engine(r.re.MatchTimeout)
	}
	return Machine
}

// Match searches in for the leftmost match, as pcre2_match does. caps receives
// as many as fit of the 2*(Groups()+1) offsets: the whole match, then the
// groups; -1 is a group that took no part. Without a match caps is undefined.
// A nil budget means DefaultSteps.
func (re *Regexp) Match(in []byte, caps []int, b *Budget) Outcome {
	re.once.Do(re.compile)
	if b == nil {
		b = &Budget{Steps: DefaultSteps}
	}
	return re.prog.match(in, caps, b)
}

// MatchBytes is Match for tests and tools: the groups' texts, nil without a
// match; the text of a group that took no part is nil.
func (re *Regexp) MatchBytes(in []byte) [][]byte {
	caps := make([]int, 2*(re.groups+1))
	if re.Match(in, caps, nil) != Match {
		return nil
	}
	groups := make([][]byte, re.groups+1)
	for i := range groups {
		if caps[2*i] >= 0 {
			groups[i] = bytes.Clone(in[caps[2*i]:caps[2*i+1]])
		}
	}
	return groups
}
