package pcre

// opcode is the kind of an instruction of the byte machine.
type opcode uint8

const (
	iMatch     opcode = iota
	iFail             // never matches
	iByte             // the byte b
	iSet              // a byte of set
	iAny              // x bytes, whatever they are
	iSetN             // x bytes of set
	iLit              // the text lit
	iLitFold          // lit under mask: in|mask == lit
	iSpan             // x to y bytes of set, as many as there are, for good
	iGreedy           // x to y bytes of set, as many as possible first
	iLazy             // x to y bytes of set, as few as possible first
	iJump             // go to x
	iSplit            // go to x, on failure to y
	iMark             // register x = here
	iSkipEmpty        // nothing consumed since mark x: go to y
	iCountInit        // register x = 0
	iCount            // head of a counted loop, see loop
	iCountNext        // end of its body
	iCapture          // capture slot x = here, for good
	iOpen             // register x = here
	iClose            // group x is from register y to here
	iBackref          // the text of group x
	iBegin            // assertions
	iEnd
	iEndLine
	iBeginMulti
	iEndMulti
	iWord
	iNotWord
	iGroupSet  // group x is set, else go to y
	iBack      // go x bytes back
	iAtomic    // register x = height of the stack
	iAtomicEnd // drop the choices made since
	iLook      // the same, and register x+1 = here
	iLookEnd   // drop the choices, go back to where it began
	iNot       // as iLook; if the body fails go on at y
	iNotEnd    // the body has matched: undo all, then fail, or go to y if y >= 0
)

// inst is one instruction. What its fields mean depends on op.
type inst struct {
	op   opcode
	span spanKind
	b    byte
	fold bool
	memo int32 // 1-based number of a choice whose failures can be remembered
	run  int32 // number of a loop, for the memory of how far its set reaches
	x, y int32
	set  *Set    // loops and sets; iSplit: what way x can begin with, or nil
	set2 *Set    // iSplit: what way y can begin with; loops: what can follow
	lit  []byte  // text; loops: the text that must follow
	mask []byte  // iLitFold
	loop *counts // iCount, iCountNext
}

// spanKind picks the way to find how far a set reaches.
type spanKind uint8

const (
	spanSet spanKind = iota
	spanAll          // every byte
	spanNot          // every byte but b
)

// counts is a counted loop around a group.
type counts struct {
	min, max  int32 // max < 0: no limit
	count     int32 // register of the iterations done
	mark      int32 // register of where the iteration began, -1: never empty
	head, end int32 // of the code
	lazy      bool
	memo      int32
}

// program is a pattern compiled for the byte machine.
type program struct {
	code     []inst
	groups   int
	regs     int
	minLen   int
	anchored bool
	prefix   []byte // every match begins with it
	first    *Set   // or with one of these bytes
	runs     int    // loops of one byte
	memos    []memo
	rows     int // of memory for all memos
}

// memo says how the failures of a choice are remembered: by position, and by
// the rounds done of the counted loops around it.
type memo struct {
	row    int32   // the first of its rows
	marks  []int32 // registers of the loops around that may be empty
	counts []tally
}

// tally is a counted loop around a choice. More than most rounds make no
// difference to what can follow.
type tally struct{ reg, most, stride int32 }

// maxRows bounds the rows of one choice.
const maxRows = 1 << 10

// DefaultSteps is the budget of a match that is given none. A step is one
// instruction or some bytes looked at, a few nanoseconds.
const DefaultSteps = 1 << 20

// sizes of code: unrolling stops there.
const (
	maxUnroll = 256  // instructions made from one repetition
	maxCode   = 8192 // instructions after which nothing is unrolled
)

func (re *Regexp) compile() {
	p, err := Parse(re.pattern, re.flags)
	if err != nil {
		re.prog = never{} // Compile has let no such pattern in
		return
	}
	re.prog = newProgram(p, maxUnroll)
}

// never is the program of a pattern that cannot match.
type never struct{}

func (never) match([]byte, []int, *Budget) Outcome { return NoMatch }

func newProgram(p *Pattern, unroll int) *program {
	c := compiler{prog: &program{groups: p.Groups}, memo: true, unroll: unroll}
	c.prog.anchored = anchored(p.Root)
	c.prog.minLen = MinLen(p.Root)
	c.scan(p.Root)
	start := &cont{n: p.Root}
	if c.prog.prefix = start.literal(); len(c.prog.prefix) == 0 {
		if l := start.lead(); l.empty == emptyNever && c.prog.minLen > 0 && l.set != allSet() {
			c.prog.first = &l.set
		}
	}
	c.emit(p.Root, nil, true)
	c.add(inst{op: iMatch})
	return c.prog
}

// compiler turns a tree into a program.
type compiler struct {
	prog   *program
	unroll int     // instructions that one repetition may become
	lookup bool    // something asks what groups hold: captures must be exact at all times
	memo   bool    // failures of a choice depend on nothing but the position
	marks  []int32 // registers of the loops around that may be empty
	counts []tally // counted loops around
	sets   map[Set]*Set
	opens  []int32 // register of each group's beginning
}

func (c *compiler) scan(n *Node) {
	if n.Op == OpBackref || n.Op == OpGroupSet {
		c.lookup, c.memo = true, false
	}
	for _, s := range n.Sub {
		c.scan(s)
	}
}

func (c *compiler) add(i inst) int32 {
	c.prog.code = append(c.prog.code, i)
	return int32(len(c.prog.code) - 1)
}

func (c *compiler) here() int32 { return int32(len(c.prog.code)) }

func (c *compiler) at(pc int32) *inst { return &c.prog.code[pc] }

func (c *compiler) reg() int32 {
	c.prog.regs++
	return int32(c.prog.regs - 1)
}

func (c *compiler) set(s Set) *Set {
	if p, ok := c.sets[s]; ok {
		return p
	}
	if c.sets == nil {
		c.sets = map[Set]*Set{}
	}
	p := &s
	c.sets[s] = p
	return p
}

// choice gives an instruction that chooses a memo number where that is sound.
func (c *compiler) choice() int32 {
	if !c.memo {
		return 0
	}
	m := memo{row: int32(c.prog.rows)}
	rows := int32(1)
	for _, t := range c.counts {
		t.stride = rows
		m.counts = append(m.counts, t)
		if rows *= t.most + 1; rows > maxRows {
			return 0
		}
	}
	m.marks = append(m.marks, c.marks...)
	c.prog.rows += int(rows)
	c.prog.memos = append(c.prog.memos, m)
	return int32(len(c.prog.memos))
}

// emit compiles n. k is what follows it; always says that every match passes
// through n exactly once.
func (c *compiler) emit(n *Node, k *cont, always bool) {
	switch n.Op {
	case OpEmpty:
	case OpSet:
		c.emitSet(n.Set)
	case OpCat:
		c.emitCat(n.Sub, k, always)
	case OpAlt:
		if s, ok := oneByte(n); ok {
			c.emitSet(s)
			break
		}
		c.emitAlt(n.Sub, k)
	case OpRepeat:
		c.emitRepeat(n, k, always)
	case OpCapture:
		c.emitCapture(n, k, always)
	case OpAtomic:
		c.emitAtomic(func() { c.emit(n.Sub[0], nil, always) })
	case OpLook:
		c.emitLook(n, always)
	case OpBackref:
		c.add(inst{op: iBackref, x: int32(n.Group), fold: n.Fold})
	case OpBegin, OpStartPos:
		c.add(inst{op: iBegin})
	case OpEnd:
		c.add(inst{op: iEnd})
	case OpEndLine:
		c.add(inst{op: iEndLine})
	case OpBeginMulti:
		c.add(inst{op: iBeginMulti})
	case OpEndMulti:
		c.add(inst{op: iEndMulti})
	case OpWord:
		op := iWord
		if n.Negate {
			op = iNotWord
		}
		c.add(inst{op: op})
	case OpCond:
		c.emitCond(n, k)
	default:
		c.add(inst{op: iFail})
	}
}

func (c *compiler) emitSet(s Set) {
	switch s.Len() {
	case 0:
		c.add(inst{op: iFail})
	case 1:
		c.add(inst{op: iByte, b: s.First()})
	case 256:
		c.add(inst{op: iAny, x: 1})
	default:
		c.add(inst{op: iSet, set: c.set(s)})
	}
}

// emitCat compiles a sequence; runs of literal bytes become one instruction.
func (c *compiler) emitCat(sub []*Node, k *cont, always bool) {
	tail := make([]cont, len(sub))
	for i := len(sub) - 1; i >= 0; i-- {
		tail[i] = cont{sub[i], k}
		k = &tail[i]
	}
	for i := 0; i < len(sub); {
		if n := c.emitText(sub[i:]); n > 0 {
			i += n
			continue
		}
		c.emit(sub[i], tail[i].next, always)
		i++
	}
}

// emitText compiles the literal bytes sub begins with, caseless letters among
// them, and returns how many nodes they were; a lone byte is not worth it.
func (c *compiler) emitText(sub []*Node) int {
	var lit, mask []byte
	fold := false
	for _, n := range sub {
		if n.Op != OpSet {
			break
		}
		b := n.Set.First()
		switch n.Set.Len() {
		case 1:
			lit, mask = append(lit, b), append(mask, 0)
			continue
		case 2:
			if isLetter(b) && n.Set.Has(b^0x20) {
				lit, mask, fold = append(lit, b|0x20), append(mask, 0x20), true
				continue
			}
		}
		break
	}
	switch {
	case len(lit) < 2:
		return 0
	case fold:
		c.add(inst{op: iLitFold, lit: lit, mask: mask})
	default:
		c.add(inst{op: iLit, lit: lit})
	}
	return len(lit)
}

// begins is what n followed by k can begin with, nil if that says nothing.
func (c *compiler) begins(n *Node, k *cont) *Set {
	l := (&cont{n, k}).lead()
	if l.empty != emptyNever || l.set.Len() == 256 {
		return nil
	}
	return c.set(l.set)
}

func (c *compiler) emitAlt(sub []*Node, k *cont) {
	var jumps []int32
	for i, s := range sub {
		if i == len(sub)-1 {
			c.emit(s, k, false)
			break
		}
		split := c.add(inst{op: iSplit, memo: c.choice(), set: c.begins(s, k)})
		c.at(split).x = c.here()
		if i == len(sub)-2 {
			c.at(split).set2 = c.begins(sub[i+1], k)
		}
		c.emit(s, k, false)
		jumps = append(jumps, c.add(inst{op: iJump}))
		c.at(split).y = c.here()
	}
	for _, j := range jumps {
		c.at(j).x = c.here()
	}
}

func (c *compiler) emitCapture(n *Node, k *cont, always bool) {
	g := int32(n.Group)
	if always && !c.lookup {
		c.add(inst{op: iCapture, x: 2 * g})
		c.emit(n.Sub[0], k, always)
		c.add(inst{op: iCapture, x: 2*g + 1})
		return
	}
	for len(c.opens) <= n.Group {
		c.opens = append(c.opens, -1)
	}
	if c.opens[g] < 0 {
		c.opens[g] = c.reg()
	}
	c.add(inst{op: iOpen, x: c.opens[g]})
	c.emit(n.Sub[0], k, always)
	c.add(inst{op: iClose, x: g, y: c.opens[g]})
}

func (c *compiler) emitAtomic(body func()) {
	r := c.reg()
	c.add(inst{op: iAtomic, x: r})
	body()
	c.add(inst{op: iAtomicEnd, x: r})
}

// emitBody compiles what an assertion asserts.
func (c *compiler) emitBody(n *Node, always bool) {
	if !n.Behind {
		c.emit(n.Sub[0], nil, always)
		return
	}
	// Every branch goes back by its own length. What fails in there depends
	// on where it came from, so nothing is remembered.
	memo := c.memo
	c.memo = false
	branches := Branches(n.Sub[0])
	var jumps []int32
	for i, s := range branches {
		var split int32
		last := i == len(branches)-1
		if !last {
			split = c.add(inst{op: iSplit})
			c.at(split).x = c.here()
		}
		length, _ := FixedLen(s)
		c.add(inst{op: iBack, x: int32(length)})
		c.emit(s, nil, false)
		if !last {
			jumps = append(jumps, c.add(inst{op: iJump}))
			c.at(split).y = c.here()
		}
	}
	for _, j := range jumps {
		c.at(j).x = c.here()
	}
	c.memo = memo
}

func (c *compiler) emitLook(n *Node, always bool) {
	r := c.reg()
	c.reg()
	if n.Negate {
		start := c.add(inst{op: iNot, x: r})
		c.emitBody(n, false)
		c.add(inst{op: iNotEnd, x: r, y: -1})
		c.at(start).y = c.here()
		return
	}
	c.add(inst{op: iLook, x: r})
	c.emitBody(n, always)
	c.add(inst{op: iLookEnd, x: r})
}

func (c *compiler) emitCond(n *Node, k *cont) {
	cond, r := n.Sub[0], int32(0)
	var test int32
	switch {
	case cond.Op == OpGroupSet:
		test = c.add(inst{op: iGroupSet, x: int32(cond.Group)})
		c.emit(n.Sub[1], k, false)
	case cond.Negate: // the body fails: yes; it matches: no
		r = c.reg()
		c.reg()
		start := c.add(inst{op: iNot, x: r})
		c.emitBody(cond, false)
		test = c.add(inst{op: iNotEnd, x: r})
		c.at(start).y = c.here()
		c.emit(n.Sub[1], k, false)
	default: // the body fails: no; it matches: drop that way, and yes
		r = c.reg()
		c.reg()
		test = c.add(inst{op: iNot, x: r})
		c.emitBody(cond, false)
		c.add(inst{op: iLookEnd, x: r})
		c.emit(n.Sub[1], k, false)
	}
	end := c.add(inst{op: iJump})
	c.at(test).y = c.here()
	c.emit(n.Sub[2], k, false)
	c.at(end).x = c.here()
}
