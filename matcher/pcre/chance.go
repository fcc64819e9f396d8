package pcre

import "math"

// Bits says how much a match tells: a text of up to size uniformly random bytes matches with
// a chance of at most 2 to the power of -Bits. It is a lower bound: what consumes bytes
// counts, once for each length and place that it may have, and so does what the whole pattern looks at ahead; where
// a text ends, what is refused, what stands before and what is repeated by reference does not.
// 0, the least, is a pattern that anything may match.
func (p *Pattern) Bits(size int) float64 {
	n := p.Root
	ways := n.ways(size)
	if n.Op == OpCat {
		// What is looked at ahead is the same bytes as what comes then: the rarer of the two counts.
		for i, s := range n.Sub {
			if s.Op == OpLook && !s.Negate && !s.Behind {
				ways = min(ways, waysOf(n.Sub[:i], size)*s.Sub[0].ways(size))
			}
		}
	}
	if !n.pinned(isBegin) {
		ways *= float64(size)
	}
	return max(0, -math.Log2(ways))
}

// ways is the expected number of ways in which n matches random bytes from one place on, or
// more: what a chance of matching there cannot be above.
func (n *Node) ways(size int) float64 {
	switch n.Op {
	case OpSet:
		return float64(n.Set.Len()) / 256
	case OpCapture, OpAtomic:
		return n.Sub[0].ways(size)
	case OpCat:
		return waysOf(n.Sub, size)
	case OpAlt:
		sum := 0.0
		for _, s := range n.Sub {
			sum += s.ways(size)
		}
		return sum
	case OpRepeat:
		return rounds(n.Sub[0].ways(size), n.Min, n.Max, size)
	case OpCond:
		sum := 1.0
		for _, s := range n.Sub[1:] {
			sum += s.ways(size)
		}
		return sum
	}
	return 1
}

// waysOf is that of nodes that follow each other.
func waysOf(subs []*Node, size int) float64 {
	ways := 1.0
	for _, s := range subs {
		ways *= s.ways(size)
	}
	return ways
}

// rounds sums the powers of once from low to high, or as many of them as size bytes have room for.
func rounds(once float64, low, high, size int) float64 {
	if high < 0 || high > low+size {
		high = low + size
	}
	sum, power := 0.0, math.Pow(once, float64(low))
	for k := low; k <= high; k++ {
		sum += power
		if power *= once; power < sum/1e9 {
			break
		}
	}
	return sum
}
