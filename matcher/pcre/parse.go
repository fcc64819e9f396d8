package pcre

import "fmt"

// Limits on what a pattern may be; those of PCRE2 where it has one.
const (
	maxPattern  = 1 << 16 // bytes of a pattern
	maxNest     = 250     // groups within groups (PCRE2's parens nest limit)
	maxRepeat   = 65535   // counts in {n,m}
	maxGroups   = 1000    // capture groups (PCRE2: 65535)
	maxName     = 32      // bytes of a group's name
	maxBehind   = 65535   // bytes a lookbehind looks back
	maxTreeSize = 1 << 18 // nodes
)

// Pattern is a parsed pattern.
type Pattern struct {
	Root   *Node
	Groups int // capture groups; they are numbered from 1
	Source []byte
	Flags  Flags
}

// Error says what is wrong with a pattern, and at which byte of it.
type Error struct {
	Offset int
	Msg    string
}

// Error says both.
func (e *Error) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.Msg) }

// options are what inline flags change.
type options uint8

const (
	optCaseless options = 1 << iota // i
	optDotAll                       // s
	optMulti                        // m
	optExtended                     // x
	optMore                         // xx
	optNoAuto                       // n: plain ( ) do not capture
)

// Parse reads a pattern as PCRE2 10.42 reads it, in byte mode, in the C
// locale, with the options in flags only. It refuses what the project does
// not support (recursion, branch reset, \K, \C, \X, \p, (?U), callouts,
// verbs) and what PCRE2 refuses, always with an *Error.
func Parse(pattern []byte, flags Flags) (*Pattern, error) {
	if len(pattern) > maxPattern {
		return nil, &Error{maxPattern, "pattern is too long"}
	}
	p := parser{src: pattern}
	return p.parse(flags)
}

// parse reads the whole pattern.
func (p *parser) parse(flags Flags) (*Pattern, error) {
	if flags&Caseless != 0 {
		p.opts |= optCaseless
	}
	if flags&DotAll != 0 {
		p.opts |= optDotAll
	}
	branches := p.branches()
	if p.err == nil && p.pos < len(p.src) {
		p.fail(p.pos, "unmatched closing parenthesis")
	}
	root := p.alt(branches)
	p.resolve()
	if p.err != nil {
		return nil, p.err
	}
	return &Pattern{Root: root, Groups: p.groups, Source: p.src, Flags: flags}, nil
}

// parser walks over the pattern once. The first error sticks: every step
// checks err, so nothing has to be returned through the levels.
type parser struct {
	src    []byte
	pos    int
	err    error
	opts   options
	quote  bool // between \Q and \E
	depth  int
	groups int
	nodes  int

	names   map[string]int
	refs    []reference
	behinds []behind

	stack []*Node // items of the sequences being read
	slab  []Node  // nodes are taken from here
	subs  []*Node // and their Sub slices from here
}

// reference is a back-reference or group condition not yet checked.
type reference struct {
	node   *Node
	name   string // "" : by node.Group
	offset int
}

// behind is a lookbehind whose length is not yet checked.
type behind struct {
	node   *Node
	offset int
}

func (p *parser) fail(offset int, format string, args ...any) {
	if p.err == nil {
		p.err = &Error{offset, fmt.Sprintf(format, args...)}
	}
}

func (p *parser) node(op Op) *Node {
	if len(p.slab) == 0 {
		p.slab = make([]Node, min(16+len(p.src)/8, 128))
	}
	if p.nodes++; p.nodes > maxTreeSize {
		p.fail(p.pos, "pattern is too large")
	}
	n := &p.slab[0]
	p.slab = p.slab[1:]
	n.Op = op
	return n
}

// list copies nodes to where they can stay.
func (p *parser) list(nodes ...*Node) []*Node {
	if len(nodes) > len(p.subs) {
		p.subs = make([]*Node, max(16+len(p.src)/4, len(nodes)))
	}
	l := p.subs[:len(nodes):len(nodes)]
	p.subs = p.subs[len(nodes):]
	copy(l, nodes)
	return l
}

func (p *parser) set(s Set) *Node {
	n := p.node(OpSet)
	n.Set = s
	return n
}

func (p *parser) literal(b byte) *Node {
	n := p.node(OpSet)
	n.Set.Add(b)
	if p.opts&optCaseless != 0 && isLetter(b) {
		n.Set.Add(b ^ 0x20)
	}
	return n
}

func (p *parser) wrap(op Op, sub *Node) *Node {
	n := p.node(op)
	n.Sub = p.list(sub)
	return n
}

func (p *parser) alt(branches []*Node) *Node {
	if len(branches) == 1 {
		return branches[0]
	}
	n := p.node(OpAlt)
	n.Sub = branches
	return n
}

// has reports whether the pattern goes on with s.
func (p *parser) has(s string) bool {
	return len(p.src)-p.pos >= len(s) && string(p.src[p.pos:p.pos+len(s)]) == s
}

// peek is the next byte, 0 at the end (callers that care check more).
func (p *parser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

// branches reads alternatives up to a closing parenthesis or the end.
func (p *parser) branches() []*Node {
	if p.depth++; p.depth > maxNest {
		p.fail(p.pos, "parentheses are too deeply nested")
	}
	defer func() { p.depth-- }()
	first := p.sequence()
	if p.err != nil || p.peek() != '|' {
		return p.list(first)
	}
	all := []*Node{first}
	for p.err == nil && p.pos < len(p.src) && p.src[p.pos] == '|' {
		p.pos++
		all = append(all, p.sequence())
	}
	return all
}

// sequence reads items up to |, a closing parenthesis or the end.
func (p *parser) sequence() *Node {
	base := len(p.stack)
	empty := uint16(0) // parentheses around nothing
	for p.err == nil {
		if p.plain() {
			p.stack = append(p.stack, p.literal(p.src[p.pos]))
			p.pos++
			continue
		}
		p.skip()
		if p.pos >= len(p.src) || !p.quote && (p.src[p.pos] == '|' || p.src[p.pos] == ')') {
			break
		}
		n, repeatable := p.item()
		if p.err != nil {
			break
		}
		if n == nil { // inline flags
			continue
		}
		if n = p.repeat(n, repeatable); n.Op != OpEmpty {
			p.stack = append(p.stack, n)
		} else {
			empty += n.parens
		}
	}
	items := p.stack[base:]
	var n *Node
	switch len(items) {
	case 0:
		n = p.node(OpEmpty)
	case 1:
		n = items[0]
	default:
		n = p.node(OpCat)
		n.Sub = p.list(items...)
	}
	p.stack = p.stack[:base]
	n.parens += empty
	return n
}

// plain reports whether the byte at the current place stands for itself and so does the next
// one: no quantifier can follow. Most bytes of most patterns are such.
func (p *parser) plain() bool {
	return p.pos+1 < len(p.src) && !p.quote && p.opts&optExtended == 0 && !special(p.src[p.pos]) && !special(p.src[p.pos+1])
}

// special reports whether a byte may mean something else than itself, outside of classes.
func special(b byte) bool {
	switch b {
	case '\\', '^', '$', '.', '[', '|', '(', ')', '?', '*', '+', '{':
		return true
	}
	return false
}

// skip passes over what means nothing between two items, and between an item
// and its quantifier: comments, blanks under (?x), \E, and \Q which it notes.
func (p *parser) skip() {
	for p.err == nil && p.pos < len(p.src) {
		c := p.src[p.pos]
		extended := p.opts&optExtended != 0
		if c != '\\' && c != '(' && !p.quote && !extended {
			return // most bytes
		}
		switch {
		case p.has(`\E`):
			p.quote = false
			p.pos += 2
		case p.quote:
			return
		case p.has(`\Q`):
			p.quote = true
			p.pos += 2
		case p.has(`(?#`):
			start := p.pos
			if p.skipTo(')'); p.pos == len(p.src) {
				p.fail(start, "missing ) after (?# comment")
				return
			}
			p.pos++
		case extended && (isSpace(c) || c == 0x85): // PCRE2 skips NEL too
			p.pos++
		case extended && c == '#':
			p.skipTo('\n')
		default:
			return
		}
	}
}

// skipTo passes over what stands before the next byte c, or before the end.
func (p *parser) skipTo(c byte) {
	for p.pos < len(p.src) && p.src[p.pos] != c {
		p.pos++
	}
}

// item reads one item without its quantifier, and says whether one may follow.
// A nil node without an error means that there was nothing but inline flags.
func (p *parser) item() (n *Node, repeatable bool) {
	c := p.src[p.pos]
	if p.quote {
		p.pos++
		return p.literal(c), true
	}
	switch c {
	case '\\':
		return p.escape()
	case '[':
		return p.class(), true
	case '(':
		return p.group()
	case '.':
		p.pos++
		if p.opts&optDotAll != 0 {
			return p.set(allSet()), true
		}
		return p.set(notNewlineSet()), true
	case '^':
		p.pos++
		if p.opts&optMulti != 0 {
			return p.node(OpBeginMulti), false
		}
		return p.node(OpBegin), false
	case '$':
		p.pos++
		if p.opts&optMulti != 0 {
			return p.node(OpEndMulti), false
		}
		return p.node(OpEndLine), false
	case '*', '+', '?':
		p.fail(p.pos, "quantifier %c does not follow a repeatable item", c)
		return nil, false
	case '{':
		if _, _, _, ok := p.counts(); ok {
			p.fail(p.pos, "quantifier does not follow a repeatable item")
			return nil, false
		}
	}
	p.pos++
	return p.literal(c), true
}

// repeat reads the quantifier behind item n, if there is one.
func (p *parser) repeat(n *Node, repeatable bool) *Node {
	p.skip()
	if p.err != nil || p.quote || p.pos >= len(p.src) {
		return n
	}
	start := p.pos
	lo, hi, ok := p.quantifier()
	switch {
	case !ok:
		return n
	case !repeatable:
		p.fail(start, "quantifier does not follow a repeatable item")
	case lo > maxRepeat || hi > maxRepeat:
		p.fail(start, "number too big in {} quantifier")
	case hi >= 0 && lo > hi:
		p.fail(start, "numbers out of order in {} quantifier")
	}
	if n.Op == OpLook && hi < 0 {
		hi = lo + 1 // PCRE2 does the same: one more look changes nothing
	}
	r := p.wrap(OpRepeat, n)
	r.Min, r.Max = lo, hi
	p.skip()
	if p.err == nil && !p.quote && p.pos < len(p.src) {
		switch p.src[p.pos] {
		case '?':
			r.Lazy = true
			p.pos++
		case '+':
			r.Possessive = true
			p.pos++
		}
	}
	return r
}

// quantifier reads how often the item before it stands; hi is -1 where there is no limit.
func (p *parser) quantifier() (lo, hi int, ok bool) {
	end := p.pos + 1
	switch p.src[p.pos] {
	case '*':
		lo, hi = 0, -1
	case '+':
		lo, hi = 1, -1
	case '?':
		lo, hi = 0, 1
	case '{':
		if lo, hi, end, ok = p.counts(); !ok {
			return 0, 0, false
		}
	default:
		return 0, 0, false
	}
	p.pos = end
	return lo, hi, true
}

// counts reads {n}, {n,} or {n,m} at the current place without moving there.
// Anything else that starts with { is literal text, {,m} too: PCRE2 before
// 10.43 reads it so, and so did PCRE1. Counts above maxRepeat come back as
// maxRepeat+1.
func (p *parser) counts() (lo, hi, end int, ok bool) {
	i := p.pos + 1
	number := func() (n int, any bool) {
		for ; i < len(p.src) && isDigit(p.src[i]); i++ {
			n, any = min(n*10+int(p.src[i]-'0'), maxRepeat+1), true
		}
		return n, any
	}
	if lo, ok = number(); !ok {
		return 0, 0, 0, false
	}
	hi = lo
	if i < len(p.src) && p.src[i] == ',' {
		i++
		if hi, ok = number(); !ok {
			hi = -1
		}
	}
	if i >= len(p.src) || p.src[i] != '}' {
		return 0, 0, 0, false
	}
	return lo, hi, i + 1, true
}
