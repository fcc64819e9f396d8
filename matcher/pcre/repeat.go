package pcre

// emitRepeat compiles a repetition.
func (c *compiler) emitRepeat(n *Node, k *cont, always bool) {
	sub := n.Sub[0]
	if n.Max == 0 {
		return
	}
	if n.Min == 1 && n.Max == 1 {
		if n.Possessive {
			c.emitAtomic(func() { c.emit(sub, nil, always) })
		} else {
			c.emit(sub, k, always)
		}
		return
	}
	if s, ok := oneByte(sub); ok {
		c.emitSetLoop(n, s, k)
		return
	}
	if n.Possessive {
		c.emitAtomic(func() { c.emitGroupLoop(n, nil) })
		return
	}
	c.emitGroupLoop(n, k)
}

// emitSetLoop compiles the repetition of one byte out of s.
//
// Where what follows cannot begin with a byte of s, there is nothing to give
// back: the loop takes all it can, for good (PCRE calls this
// auto-possessification). That holds for a lazy loop too, if something must
// follow. Else the loop knows what must follow and only stops there.
func (c *compiler) emitSetLoop(n *Node, s Set, k *cont) {
	i := inst{op: iGreedy, x: int32(n.Min), y: int32(n.Max)}
	if s.empty() {
		if n.Min > 0 {
			c.add(inst{op: iFail})
		}
		return
	}
	i.set = c.set(s)
	i.run = int32(c.prog.runs)
	c.prog.runs++
	switch not := s.not(); s.Len() {
	case 256:
		i.span = spanAll
	case 255:
		i.span, i.b = spanNot, not.First()
	}
	if n.Min == n.Max {
		i.op = iSetN
		if i.span == spanAll {
			i.op = iAny
		}
		c.add(i)
		return
	}
	if n.Lazy {
		i.op = iLazy
	}
	l := k.lead()
	disjoint := s.and(l.set).empty()
	switch {
	case n.Possessive,
		disjoint && l.empty == emptyNever,
		disjoint && l.empty == emptyAlways && !n.Lazy:
		i.op = iSpan
	default:
		i.memo = c.choice()
		if i.lit = k.literal(); len(i.lit) == 0 && l.empty == emptyNever && l.set.Len() < 256 {
			i.set2 = c.set(l.set)
		}
	}
	c.add(i)
}

// size is about how many instructions n becomes, saturating.
func (c *compiler) size(n *Node) int {
	sum := 2
	for _, s := range n.Sub {
		sum += c.size(s)
	}
	if n.Op == OpRepeat {
		if _, ok := oneByte(n.Sub[0]); !ok {
			if s := sum * copies(n); s <= c.unroll {
				sum = s
			}
		}
	}
	return min(sum, 1<<20)
}

// copies is how many times the body of a repetition stands in unrolled code.
func copies(n *Node) int {
	if n.Max < 0 {
		return max(n.Min, 1)
	}
	return n.Max
}

// emitGroupLoop compiles the repetition of anything, by PCRE's rules: the
// first Min rounds must match, be they empty; further rounds up to a limit
// may be empty too; but a round beyond Min of an unlimited loop that consumed
// nothing is the last.
func (c *compiler) emitGroupLoop(n *Node, k *cont) {
	if c.size(n.Sub[0])*copies(n) <= c.unroll && len(c.prog.code) < maxCode || n.Max < 0 && n.Min <= 1 {
		c.emitUnrolled(n, k)
		return
	}
	c.emitCounted(n, k)
}

// more is the continuation of a round that may be followed by others, must
// the one of a round that another has to follow.
func more(n *Node, k *cont) *cont {
	return &cont{&Node{Op: OpRepeat, Sub: n.Sub, Min: 0, Max: -1}, k}
}

func must(n *Node, k *cont) *cont { return &cont{n.Sub[0], more(n, k)} }

// perhaps is more or must: that it can be empty depends on something.
func perhaps(n *Node, k *cont) *cont { return &cont{&Node{Op: OpWord}, more(n, k)} }

// emitWay emits the choice between another round, whose code comes next or is
// at back, and the way out, which the caller fills in.
func (c *compiler) emitWay(n *Node, k *cont, back int32) int32 {
	s := c.add(inst{op: iSplit, memo: c.choice()})
	i := c.at(s)
	round := s + 1
	if back >= 0 {
		round = back
	}
	in, out := c.begins(n.Sub[0], more(n, k)), c.begins(&Node{Op: OpEmpty}, k)
	if n.Lazy {
		i.x, i.y, i.set, i.set2 = -1, round, out, in
	} else {
		i.x, i.y, i.set, i.set2 = round, -1, in, out
	}
	return s
}

// leave fills in the way out of splits.
func (c *compiler) leave(splits ...int32) {
	for _, s := range splits {
		if i := c.at(s); i.x < 0 {
			i.x = c.here()
		} else {
			i.y = c.here()
		}
	}
}

func (c *compiler) emitUnrolled(n *Node, k *cont) {
	sub := n.Sub[0]
	again, another := more(n, k), must(n, k)
	var out []int32
	if n.Max >= 0 {
		for i := range n.Min {
			if i < n.Min-1 {
				c.emit(sub, another, false)
			} else {
				c.emit(sub, again, false)
			}
		}
		for range n.Max - n.Min {
			out = append(out, c.emitWay(n, k, -1))
			c.emit(sub, again, false)
		}
		c.leave(out...)
		return
	}
	for range n.Min - 1 {
		c.emit(sub, another, false)
	}
	if n.Min == 0 {
		out = append(out, c.emitWay(n, k, -1))
	}
	head := c.here()
	if MinLen(sub) > 0 {
		c.emit(sub, again, false)
		out = append(out, c.emitWay(n, k, head))
		c.leave(out...)
		return
	}
	mark := c.reg()
	c.marks = append(c.marks, mark)
	c.add(inst{op: iMark, x: mark})
	c.emit(sub, again, false)
	c.marks = c.marks[:len(c.marks)-1]
	check := c.add(inst{op: iSkipEmpty, x: mark})
	out = append(out, c.emitWay(n, k, head))
	c.leave(out...)
	c.at(check).y = c.here()
}

// emitCounted compiles a loop that counts its rounds.
func (c *compiler) emitCounted(n *Node, k *cont) {
	l := &counts{min: int32(n.Min), max: int32(n.Max), lazy: n.Lazy, count: c.reg(), mark: -1}
	most := l.max
	if l.max < 0 {
		most = l.min // from there on all rounds are alike
	}
	c.counts = append(c.counts, tally{reg: l.count, most: most})
	l.memo = c.choice()
	if n.Max < 0 && MinLen(n.Sub[0]) == 0 {
		l.mark = c.reg()
		c.marks = append(c.marks, l.mark)
	}
	c.add(inst{op: iCountInit, x: l.count})
	l.head = c.add(inst{op: iCount, loop: l})
	if l.mark >= 0 {
		c.add(inst{op: iMark, x: l.mark})
	}
	c.emit(n.Sub[0], perhaps(n, k), false)
	c.add(inst{op: iCountNext, loop: l})
	l.end = c.here()
	c.counts = c.counts[:len(c.counts)-1]
	if l.mark >= 0 {
		c.marks = c.marks[:len(c.marks)-1]
	}
}
