package pcretest

import "earshot/matcher/pcre"

// Attacks makes texts of the given size that cost a backtracking engine much:
// for each unlimited repetition in the pattern's top sequence, what stands
// before it filled at least once, then its own byte, or the text up to one of
// the next repetitions, over and over, and the pattern's tail left out.
func Attacks(p *pcre.Pattern, size int) [][]byte {
	top := flatten(p.Root, nil)
	var all [][]byte
	for i, n := range top {
		if !unlimited(n) {
			continue
		}
		head := least(top[:i])
		units := [][]byte{least([]*pcre.Node{n.Sub[0]}), once(top[i : i+1])}
		ends := 0
		for j := i + 1; j <= len(top) && ends < 4; j++ {
			if j == len(top) || unlimited(top[j]) {
				ends++
				if j > i+1 {
					units = append(units, once(top[i:j]), least(top[i+1:j]))
				}
			}
		}
		if len(top) > i+1 {
			units = append(units, once(top[i:len(top)-1]))
		}
		for _, u := range units {
			if len(u) == 0 {
				continue
			}
			text := append([]byte(nil), head...)
			for len(text) < size {
				text = append(text, u...)
			}
			all = append(all, text[:size])
		}
	}
	return all
}

// flatten is the sequence of n with groups opened.
func flatten(n *pcre.Node, to []*pcre.Node) []*pcre.Node {
	switch n.Op {
	case pcre.OpCat, pcre.OpCapture, pcre.OpAtomic:
		for _, s := range n.Sub {
			to = flatten(s, to)
		}
		return to
	}
	return append(to, n)
}

func unlimited(n *pcre.Node) bool {
	return n.Op == pcre.OpRepeat && (n.Max < 0 || n.Max > 64)
}

// least is a shortest text for the nodes, once one where every repetition
// goes round at least once; both take the first byte and the first branch.
func least(nodes []*pcre.Node) []byte { return fill(nil, nodes, 0) }

func once(nodes []*pcre.Node) []byte { return fill(nil, nodes, 1) }

func fill(to []byte, nodes []*pcre.Node, rounds int) []byte {
	for _, n := range nodes {
		if len(to) > maxText {
			break
		}
		switch n.Op {
		case pcre.OpSet:
			to = append(to, plain(n.Set))
		case pcre.OpCat, pcre.OpCapture, pcre.OpAtomic:
			to = fill(to, n.Sub, rounds)
		case pcre.OpAlt:
			to = fill(to, n.Sub[:1], rounds)
		case pcre.OpCond:
			to = fill(to, n.Sub[1:2], rounds)
		case pcre.OpRepeat:
			for range max(n.Min, min(rounds, n.Max|1)) {
				to = fill(to, n.Sub, rounds)
			}
		}
	}
	return to
}

// plain is a byte of the set that other sets are likely to hold as well.
func plain(s pcre.Set) byte {
	for _, b := range []byte("a 0.") {
		if s.Has(b) {
			return b
		}
	}
	return s.First()
}
