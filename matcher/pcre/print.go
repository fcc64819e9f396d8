package pcre

import (
	"errors"
	"strconv"
)

// errUntranslatable says that a tree means something that regexp2 cannot be
// told: see Regexp2Text.
var errUntranslatable = errors.New("no exact regexp2 text for this pattern")

// maxPrinted bounds the text made from one pattern; printing repeats parts.
const maxPrinted = 1 << 20

// Regexp2Text is p as a pattern for regexp2 v2 with the option Singleline and
// nothing else, to be run on one rune per byte (U+0000 to U+00FF).
//
// Nothing is left to that engine's own ideas: every byte class is printed as
// an explicit set, letters of caseless patterns as sets of both cases, $ as
// \Z, \b as lookaround, named groups by number. A bounded repetition of
// something that may be empty is printed as nested copies, because PCRE goes
// on after an empty iteration there and regexp2 does not; an assertion as a
// condition is printed as an alternative of both outcomes.
//
// Two rare things cannot be said exactly and give an error: a caseless
// back-reference to text that may hold bytes above 0x7F (regexp2 would fold
// Latin-1 letters), and a group condition inside a lookbehind (regexp2 reads
// lookbehinds from right to left).
func Regexp2Text(p *Pattern) (string, error) {
	w := printer{root: p.Root}
	w.node(p.Root)
	if w.err != nil {
		return "", w.err
	}
	return string(w.out), nil
}

type printer struct {
	root   *Node
	out    []byte
	err    error
	behind bool
}

func (w *printer) text(s string) {
	if len(w.out) > maxPrinted {
		w.err = errUntranslatable
	}
	if w.err == nil {
		w.out = append(w.out, s...)
	}
}

func (w *printer) node(n *Node) {
	if w.err != nil {
		return
	}
	switch n.Op {
	case OpSet:
		w.set(&n.Set)
	case OpCat:
		for _, s := range n.Sub {
			w.node(s)
		}
	case OpAlt:
		w.alt(n)
	case OpRepeat:
		w.repeat(n)
	case OpCapture:
		w.in("(?<"+strconv.Itoa(n.Group)+">", n.Sub[0])
	case OpAtomic:
		w.in("(?>", n.Sub[0])
	case OpLook:
		w.look(n, n.Negate)
	case OpBackref:
		w.backref(n)
	case OpCond:
		w.cond(n)
	default:
		if s := placeText(n); s != "" {
			w.text(s)
		} else {
			w.err = errUntranslatable
		}
	}
}

// placeText is the text for what matches a place, or nothing at all, and no byte; it is ""
// for any other node.
func placeText(n *Node) string {
	switch n.Op {
	case OpEmpty:
		return "(?:)"
	case OpBegin, OpStartPos:
		return `\A`
	case OpEnd:
		return `\z`
	case OpEndLine:
		return `\Z`
	case OpBeginMulti:
		return `(?:\A|(?<=\n)(?!\z))`
	case OpEndMulti:
		return `(?=\n|\z)`
	case OpWord:
		if n.Negate {
			return `(?:(?<=[0-9A-Z_a-z])(?=[0-9A-Z_a-z])|(?<![0-9A-Z_a-z])(?![0-9A-Z_a-z]))`
		}
		return `(?:(?<=[0-9A-Z_a-z])(?![0-9A-Z_a-z])|(?<![0-9A-Z_a-z])(?=[0-9A-Z_a-z]))`
	}
	return ""
}

func (w *printer) alt(n *Node) {
	w.text("(?:")
	for i, s := range n.Sub {
		if i > 0 {
			w.text("|")
		}
		w.node(s)
	}
	w.text(")")
}

func (w *printer) backref(n *Node) {
	if !n.Fold {
		w.text(`(?:\` + strconv.Itoa(n.Group) + ")")
		return
	}
	if s := reach(w.root, n.Group); s[2]|s[3] != 0 {
		w.err = errUntranslatable
	}
	w.text(`(?i:\` + strconv.Itoa(n.Group) + ")")
}

func (w *printer) in(open string, n *Node) {
	w.text(open)
	w.node(n)
	w.text(")")
}

func (w *printer) look(n *Node, negate bool) {
	old := w.behind
	w.behind = n.Behind
	switch {
	case n.Behind && negate:
		w.in("(?<!", n.Sub[0])
	case n.Behind:
		w.in("(?<=", n.Sub[0])
	case negate:
		w.in("(?!", n.Sub[0])
	default:
		w.in("(?=", n.Sub[0])
	}
	w.behind = old
}

// cond prints (?(c)yes|no). An assertion becomes (?:c yes|not-c no); what a
// negative assertion captures inside is forgotten, so its opposite is printed
// as a double negation, which forgets too.
func (w *printer) cond(n *Node) {
	c := n.Sub[0]
	if c.Op == OpGroupSet {
		if w.behind {
			w.err = errUntranslatable
		}
		w.text("(?(" + strconv.Itoa(c.Group) + ")")
		w.node(n.Sub[1])
		w.text("|")
		w.node(n.Sub[2])
		w.text(")")
		return
	}
	w.text("(?:")
	w.look(c, c.Negate)
	w.node(n.Sub[1])
	w.text("|")
	if c.Negate {
		w.text("(?!")
		w.look(c, true)
		w.text(")")
	} else {
		w.look(c, true)
	}
	w.node(n.Sub[2])
	w.text(")")
}

func (w *printer) repeat(n *Node) {
	sub := n.Sub[0]
	if n.Possessive {
		w.text("(?>")
		defer w.text(")")
	}
	lazy := ""
	if n.Lazy {
		lazy = "?"
	}
	if n.Max > 1 && MinLen(sub) == 0 {
		w.unrolled(n, lazy)
		return
	}
	w.item(sub)
	w.text(quantifierText(n.Min, n.Max))
	w.text(lazy)
}

// item prints what a quantifier can follow.
func (w *printer) item(n *Node) {
	switch {
	case n.Op == OpSet || n.Op == OpCapture:
		w.node(n)
	case n.Op == OpAtomic || n.Op == OpRepeat && n.Possessive:
		// regexp2 joins (?:(?>x{1,3})){1,3} to (?>x{1,9}), which is
		// something else. What is always true keeps it from that.
		w.in(`(?:(?=.|\z)`, n)
	default:
		w.in("(?:", n)
	}
}

// unrolled prints the item as often as it must stand, and so often optionally as it may.
func (w *printer) unrolled(n *Node, lazy string) {
	for range n.Min {
		w.item(n.Sub[0])
		if w.err != nil {
			return
		}
	}
	for range n.Max - n.Min {
		w.text("(?:")
		w.item(n.Sub[0])
		if w.err != nil {
			return
		}
	}
	for range n.Max - n.Min {
		w.text(")?" + lazy)
	}
}

// quantifierText is how at least lo and at most hi, or any number for -1, are written.
func quantifierText(lo, hi int) string {
	switch {
	case lo == 0 && hi < 0:
		return "*"
	case lo == 1 && hi < 0:
		return "+"
	case lo == 0 && hi == 1:
		return "?"
	case hi < 0:
		return "{" + strconv.Itoa(lo) + ",}"
	case lo == hi:
		return "{" + strconv.Itoa(lo) + "}"
	}
	return "{" + strconv.Itoa(lo) + "," + strconv.Itoa(hi) + "}"
}

// set prints a byte set; the smaller of the set and its complement.
func (w *printer) set(s *Set) {
	switch n := s.Len(); {
	case n == 0:
		w.text("(?!)")
	case n == 256:
		w.text(".")
	case n == 1:
		w.byte(s.First(), false)
	case n > 128:
		w.text("[^")
		w.ranges(s.not())
		w.text("]")
	default:
		w.text("[")
		w.ranges(*s)
		w.text("]")
	}
}

func (w *printer) ranges(s Set) {
	for lo := 0; lo < 256; lo++ {
		if !s.Has(byte(lo)) {
			continue
		}
		hi := lo
		for hi < 255 && s.Has(byte(hi+1)) {
			hi++
		}
		w.byte(byte(lo), true)
		if hi > lo {
			if hi > lo+1 {
				w.text("-")
			}
			w.byte(byte(hi), true)
		}
		lo = hi
	}
}

func (w *printer) byte(b byte, class bool) {
	const hex = "0123456789abcdef"
	if isWord(b) || !class && (b == ' ' || b == '/' || b == ':' || b == '<' || b == '>') {
		w.text(string(rune(b)))
		return
	}
	w.text(`\x` + hex[b>>4:b>>4+1] + hex[b&15:b&15+1])
}

// MinLen is a lower bound on the bytes a match of n consumes.
func MinLen(n *Node) int {
	const limit = 1 << 24
	switch n.Op {
	case OpSet:
		return 1
	case OpCat:
		sum := 0
		for _, s := range n.Sub {
			sum = min(sum+MinLen(s), limit)
		}
		return sum
	case OpAlt, OpCond:
		sub := n.Sub
		if n.Op == OpCond {
			sub = sub[1:]
		}
		least := limit
		for _, s := range sub {
			least = min(least, MinLen(s))
		}
		return least
	case OpRepeat:
		return min(n.Min*MinLen(n.Sub[0]), limit)
	case OpCapture, OpAtomic:
		return MinLen(n.Sub[0])
	}
	return 0
}

// reach is every byte that group may capture, as a superset.
func reach(n *Node, group int) (s Set) {
	if n.Op == OpCapture && n.Group == group {
		return bytesOf(n)
	}
	for _, sub := range n.Sub {
		s = s.or(reach(sub, group))
	}
	return s
}

func bytesOf(n *Node) (s Set) {
	switch n.Op {
	case OpSet:
		return n.Set
	case OpLook:
		return s
	case OpBackref:
		return allSet()
	}
	for _, sub := range n.Sub {
		s = s.or(bytesOf(sub))
	}
	return s
}
