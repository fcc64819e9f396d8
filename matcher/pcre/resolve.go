package pcre

// resolve checks what can only be checked when the whole pattern is known:
// that groups referred to exist, and that lookbehinds have fixed lengths.
func (p *parser) resolve() {
	for _, r := range p.refs {
		if p.err != nil {
			return
		}
		if r.name != "" {
			num, ok := p.names[r.name]
			if !ok {
				p.fail(r.offset, "reference to group %q, which does not exist", r.name)
				return
			}
			r.node.Group = num
		}
		if r.node.Group < 1 || r.node.Group > p.groups {
			p.fail(r.offset, "reference to group %d, which does not exist", r.node.Group)
		}
	}
	for _, b := range p.behinds {
		if p.err != nil {
			return
		}
		for _, branch := range Branches(b.node.Sub[0]) {
			n, ok := FixedLen(branch)
			if !ok {
				p.fail(b.offset, "lookbehind assertion is not fixed length")
			} else if n > maxBehind {
				p.fail(b.offset, "lookbehind assertion is too long")
			}
		}
	}
}

// Branches are the alternatives of n: its children if it is an OpAlt, else n.
func Branches(n *Node) []*Node {
	if n.Op == OpAlt {
		return n.Sub
	}
	return []*Node{n}
}

// FixedLen is the number of bytes n consumes when that is the same for every
// match. Lookaround consumes nothing. Back-references have no fixed length
// here (PCRE2 accepts some in lookbehinds; we refuse them).
func FixedLen(n *Node) (length int, ok bool) {
	const limit = 1 << 24
	switch n.Op {
	case OpSet:
		return 1, true
	case OpCat:
		for _, s := range n.Sub {
			l, ok := FixedLen(s)
			if !ok {
				return 0, false
			}
			length = min(length+l, limit)
		}
		return length, true
	case OpAlt, OpCond:
		sub := n.Sub
		if n.Op == OpCond {
			sub = sub[1:]
		}
		for i, s := range sub {
			l, ok := FixedLen(s)
			if !ok || i > 0 && l != length {
				return 0, false
			}
			length = l
		}
		return length, true
	case OpRepeat:
		l, ok := FixedLen(n.Sub[0])
		if !ok || n.Min != n.Max {
			return 0, false
		}
		return min(l*n.Min, limit), true
	case OpCapture, OpAtomic:
		return FixedLen(n.Sub[0])
	case OpBackref:
		return 0, false
	}
	return 0, true
}
