// Package pcre reads the Perl-compatible regular expressions of probe files.
//
// A pattern is parsed once into a tree of explicit byte sets, so that nothing
// of an engine's idea of Unicode, case or line ends is left in it. The tree is
// what everything else works on: the byte machine that matches, the text that
// is handed to regexp2, what the prefilter looks at, the generator
// of test inputs. Only Skim does without: it reads off the pattern what a prefilter of
// thousands of lines is built of, of which few are ever parsed.
//
//	pattern ── Parse ──► tree ──► program ── byte machine ──► offsets
//	   │                  │ ├───► Regexp2Text ── regexp2 ───► the same offsets
//	   │                  │ └───► Facts ── prefilter
//	   │                  └─────► pcretest: texts that match, nearly match, or hurt
//	   └── Skim: texts ── prefilter
//
// The byte machine gives PCRE2's answers: the leftmost match, Perl's
// priorities, PCRE's rules for empty rounds of loops, captures in repeated
// groups, lookaround and atomic groups. Package oracle checks that against
// libpcre2. Unlike PCRE it does not give up on patterns that backtrack without
// end: see (*program).match. What it cannot shorten (patterns with
// back-references or group conditions, loops counted very high) ends with the
// Budget, which is counted in work and so does not depend on the machine.
package pcre

import "slices"

// Flags are the options after a pattern's closing delimiter.
type Flags uint8

// The options of the grammar: i and s.
const (
	Caseless Flags = 1 << iota // i: ASCII letters match either case
	DotAll                     // s: . matches LF too
)

// Op is the kind of a Node.
type Op uint8

// The kinds of nodes.
const (
	OpEmpty      Op = iota // matches the empty string
	OpSet                  // one byte out of Set
	OpCat                  // Sub, one after the other
	OpAlt                  // Sub, the first that lets the rest match
	OpRepeat               // Sub[0], Min to Max times (Max < 0: no limit); Lazy, Possessive
	OpCapture              // Sub[0], remembered as group Group
	OpAtomic               // Sub[0], never re-entered
	OpLook                 // Sub[0] ahead (or Behind), Negate: must not match
	OpBackref              // what group Group captured; Fold: ASCII case ignored
	OpBegin                // \A, ^ : offset 0
	OpEnd                  // \z : the very end
	OpEndLine              // \Z, $ : the end, or before an LF that is the last byte
	OpBeginMulti           // ^ under (?m)
	OpEndMulti             // $ under (?m)
	OpWord                 // \b (Negate: \B), ASCII words
	OpGroupSet             // condition of OpCond: group Group has matched
	OpCond                 // Sub[0] is an OpGroupSet or OpLook; then Sub[1], else Sub[2]
	OpStartPos             // \G : where the match attempt began
)

// Set is a set of bytes: bit b%64 of word b/64 is byte b.
type Set [4]uint64

// Node is one node of a parsed pattern.
type Node struct {
	Op         Op
	Set        Set // OpSet
	Sub        []*Node
	Min, Max   int // OpRepeat
	Group      int // OpCapture, OpBackref, OpGroupSet; 1-based
	Lazy       bool
	Possessive bool
	Negate     bool
	Behind     bool
	Fold       bool

	class  bool   // OpSet: written as a class in brackets
	parens uint16 // parentheses around it that left no node of their own
}

// Has reports whether b is in the set.
func (s *Set) Has(b byte) bool { return s[b>>6]&(1<<(b&63)) != 0 }

// Add puts b into the set.
func (s *Set) Add(b byte) { s[b>>6] |= 1 << (b & 63) }

// Always reports whether group has taken part in every match of p: it stands
// on each way through the pattern.
func (p *Pattern) Always(group int) bool { return always(p.Root, group) }

func always(n *Node, group int) bool {
	holds := func(sub *Node) bool { return always(sub, group) }
	switch n.Op {
	case OpCapture:
		return n.Group == group || holds(n.Sub[0])
	case OpCat:
		return slices.ContainsFunc(n.Sub, holds)
	case OpAlt:
		return !slices.ContainsFunc(n.Sub, func(sub *Node) bool { return !holds(sub) })
	case OpRepeat:
		return n.Min > 0 && holds(n.Sub[0])
	case OpAtomic:
		return holds(n.Sub[0])
	case OpLook:
		return !n.Negate && holds(n.Sub[0])
	case OpCond:
		return len(n.Sub) == 3 && holds(n.Sub[1]) && holds(n.Sub[2])
	}
	return false
}
