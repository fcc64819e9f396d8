package pcre

// MaxPCRE2Size is what PCRE2, and PCRE before it, compile a pattern to at most, in bytes,
// as distributions and nmap build them: links within a pattern have two bytes.
const MaxPCRE2Size = 1 << 16

// PCRE2Size is how many bytes PCRE2 compiles p to at most: never fewer than it needs,
// and mostly not many more (some escapes and classes are smaller there). What makes a
// pattern large is a group that is counted, as in (?:ab|c){0,6000}: PCRE2 writes the
// group down that many times. It counts so, too, before it optimises anything, and
// refuses what exceeds [MaxPCRE2Size]. The numbers follow compile_branch of its
// pcre2_compile.c in 10.42, which has not changed there since PCRE 8.
func (p *Pattern) PCRE2Size() int { return pcre2Group + 1 + pcre2Size(p.Root) }

// Bytes of PCRE2's code.
const (
	pcre2Link   = 1 + 2               // an opcode with a link: OP_ALT, OP_KET, OP_ONCE, OP_REVERSE
	pcre2Group  = 2 * pcre2Link       // a parenthesis and its end
	pcre2Number = 2                   // a group's number, a count
	pcre2Char   = 2                   // a byte; \d and its like have 1
	pcre2Class  = 1 + 32              // a bracketed class: one bit for each byte
	pcre2Count  = 1 + 2*pcre2Number   // {n,m} behind a class or a back-reference
	pcre2Counts = 2 * (pcre2Char + 2) // x{n,m}: n of them, then up to m-n
	pcre2Nest   = 1 + pcre2Group      // around each optional copy of a group
	pcre2Most   = MaxPCRE2Size << 2   // enough: sums saturate here
)

func pcre2Size(n *Node) int {
	sum := int(n.parens) * pcre2Group
	switch n.Op {
	case OpRepeat:
		return sum + int(min(pcre2Repeat(n), pcre2Most))
	case OpSet:
		if n.class {
			return sum + pcre2Class
		}
		return sum + pcre2Char
	case OpAlt:
		sum += (len(n.Sub) - 1) * pcre2Link
	case OpCapture:
		sum += pcre2Group + pcre2Number
	case OpAtomic, OpCond:
		sum += pcre2Group
		if n.Op == OpCond {
			sum += pcre2Link // before the second branch
		}
	case OpLook:
		sum += pcre2Group
		if n.Behind {
			sum += len(Branches(n.Sub[0])) * pcre2Link
		}
	case OpBackref, OpGroupSet:
		sum += 1 + pcre2Number
	case OpBegin, OpEnd, OpEndLine, OpBeginMulti, OpEndMulti, OpWord, OpStartPos:
		sum++
	}
	for _, s := range n.Sub {
		sum = min(sum+pcre2Size(s), pcre2Most)
	}
	return sum
}

// pcre2Repeat is the size of a repetition: an item has its counts beside it, a group is copied.
func pcre2Repeat(n *Node) int64 {
	sub := n.Sub[0]
	size := int64(pcre2Size(sub))
	extra := int64(0)
	if n.Possessive {
		extra = pcre2Group + pcre2Link
	}
	if sub.parens == 0 {
		switch {
		case sub.Op == OpSet && !sub.class:
			return pcre2Counts + extra
		case sub.Op == OpSet || sub.Op == OpBackref:
			return size + pcre2Count + extra
		}
	}
	if n.Max < 1 { // of {0} there is a copy that is passed over
		return size*int64(max(n.Min, 1)) + 1 + extra
	}
	return size*int64(n.Min) + (size+pcre2Nest)*int64(n.Max-n.Min) + extra
}
