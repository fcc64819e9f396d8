package pcre

// emptiness says whether a part of a pattern can match without consuming.
type emptiness uint8

const (
	emptyNever  emptiness = iota // it consumes, or wants the end of the input
	emptyCond                    // perhaps, where some condition holds
	emptyAlways                  // anywhere, whatever is around
)

// lead is what is known of the beginning of a part of a pattern: it cannot
// match where the next byte is not in set, unless it can be empty. At the end
// of the input nothing is said.
type lead struct {
	set   Set
	empty emptiness
}

func unknownLead() lead { return lead{allSet(), emptyCond} }

// cont is the list of what has to match after a node: its continuation. The
// nil list is success.
type cont struct {
	n    *Node
	next *cont
}

// leadFuel bounds how many nodes are looked at for one lead.
const leadFuel = 200

func (c *cont) lead() lead {
	fuel := leadFuel
	return c.leadFrom(&fuel)
}

func (c *cont) leadFrom(fuel *int) lead {
	l := lead{empty: emptyAlways}
	for ; c != nil && l.empty != emptyNever; c = c.next {
		l = l.then(leadOf(c.n, fuel))
	}
	return l
}

func (l lead) then(m lead) lead {
	l.set = l.set.or(m.set)
	l.empty = min(l.empty, m.empty)
	return l
}

func leadOf(n *Node, fuel *int) lead {
	if *fuel--; *fuel < 0 {
		return unknownLead()
	}
	switch n.Op {
	case OpEmpty:
		return lead{empty: emptyAlways}
	case OpSet:
		return lead{set: n.Set}
	case OpCat:
		l := lead{empty: emptyAlways}
		for _, s := range n.Sub {
			if l = l.then(leadOf(s, fuel)); l.empty == emptyNever {
				break
			}
		}
		return l
	case OpAlt:
		l := leadOf(n.Sub[0], fuel)
		for _, s := range n.Sub[1:] {
			m := leadOf(s, fuel)
			l = lead{l.set.or(m.set), max(l.empty, m.empty)}
		}
		return l
	case OpRepeat:
		if n.Max == 0 {
			return lead{empty: emptyAlways}
		}
		l := leadOf(n.Sub[0], fuel)
		if n.Min == 0 {
			l.empty = emptyAlways
		}
		return l
	case OpCapture, OpAtomic:
		return leadOf(n.Sub[0], fuel)
	case OpCond:
		a, b := leadOf(n.Sub[1], fuel), leadOf(n.Sub[2], fuel)
		return lead{a.set.or(b.set), min(max(a.empty, b.empty), emptyCond)}
	case OpEnd:
		return lead{}
	case OpEndLine, OpEndMulti:
		return lead{set: singleSet('\n')}
	case OpBackref:
		return unknownLead()
	}
	return lead{empty: emptyCond} // lookaround and the other assertions
}

// maxFollow is how many literal bytes behind a loop are searched for.
const maxFollow = 24

// literal is the text that must come next, as far as it is one text.
func (c *cont) literal() []byte {
	var lit []byte
	fuel := leadFuel
	for more := true; c != nil && more; c = c.next {
		lit, more = appendLiteral(lit, c.n, &fuel)
	}
	return lit
}

func appendLiteral(lit []byte, n *Node, fuel *int) (out []byte, more bool) {
	if *fuel--; *fuel < 0 || len(lit) >= maxFollow {
		return lit, false
	}
	switch n.Op {
	case OpSet:
		if n.Set.Len() != 1 {
			return lit, false
		}
		return append(lit, n.Set.First()), true
	case OpCat:
		for _, s := range n.Sub {
			if lit, more = appendLiteral(lit, s, fuel); !more {
				return lit, false
			}
		}
		return lit, true
	case OpCapture, OpAtomic:
		return appendLiteral(lit, n.Sub[0], fuel)
	case OpRepeat:
		if n.Min == 0 {
			return lit, n.Max == 0
		}
		lit, more = appendLiteral(lit, n.Sub[0], fuel)
		return lit, more && n.Max == 1
	case OpEmpty, OpLook, OpWord, OpBegin, OpStartPos, OpBeginMulti:
		return lit, true
	}
	return lit, false
}

// anchored reports whether n can only match at the start of the input.
func anchored(n *Node) bool {
	switch n.Op {
	case OpBegin, OpStartPos:
		return true
	case OpCat:
		for _, s := range n.Sub {
			if anchored(s) {
				return true
			}
			if l, ok := FixedLen(s); !ok || l != 0 || s.Op == OpRepeat {
				return false
			}
		}
	case OpAlt:
		for _, s := range n.Sub {
			if !anchored(s) {
				return false
			}
		}
		return true
	case OpCapture, OpAtomic:
		return anchored(n.Sub[0])
	case OpRepeat:
		return n.Min > 0 && anchored(n.Sub[0])
	}
	return false
}

// oneByte is the set that n matches if it always matches exactly one byte and
// does nothing else: a set, or alternatives of sets.
func oneByte(n *Node) (s Set, ok bool) {
	switch n.Op {
	case OpSet:
		return n.Set, true
	case OpAlt:
		for _, sub := range n.Sub {
			t, ok := oneByte(sub)
			if !ok {
				return s, false
			}
			s = s.or(t)
		}
		return s, true
	}
	return s, false
}
