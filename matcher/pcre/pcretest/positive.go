// Package pcretest makes inputs for tests of regular expressions: texts that a
// pattern should match, near misses, and texts that make matching slow. Same
// seed, same texts.
package pcretest

import (
	"math/rand/v2"

	"earshot/matcher/pcre"
)

// Rand is the source of chance for a seed.
func Rand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x656172)) }

// maxText bounds a generated text.
const maxText = 1 << 14

// Positive makes a text that follows the pattern's tree: it matches unless an
// assertion happens to forbid it, so the caller must ask an engine.
func Positive(r *rand.Rand, p *pcre.Pattern) []byte {
	g := generator{rand: r, groups: make([][]byte, p.Groups+1)}
	g.node(p.Root)
	return g.out
}

type generator struct {
	rand   *rand.Rand
	out    []byte
	groups [][]byte
}

func (g *generator) node(n *pcre.Node) {
	if len(g.out) > maxText {
		return
	}
	switch n.Op {
	case pcre.OpSet:
		g.out = append(g.out, Pick(g.rand, n.Set))
	case pcre.OpCat:
		for _, s := range n.Sub {
			g.node(s)
		}
	case pcre.OpAlt:
		g.node(n.Sub[g.rand.IntN(len(n.Sub))])
	case pcre.OpRepeat:
		for range g.count(n.Min, n.Max) {
			g.node(n.Sub[0])
		}
	case pcre.OpCapture:
		from := len(g.out)
		g.node(n.Sub[0])
		g.groups[n.Group] = g.out[from:len(g.out):len(g.out)]
	case pcre.OpAtomic:
		g.node(n.Sub[0])
	case pcre.OpLook:
		if !n.Negate && !n.Behind && g.rand.IntN(3) == 0 {
			g.node(n.Sub[0])
		}
	case pcre.OpBackref:
		g.out = append(g.out, g.groups[n.Group]...)
	case pcre.OpCond:
		c := n.Sub[0]
		yes := g.rand.IntN(2) == 0
		if c.Op == pcre.OpGroupSet {
			yes = g.groups[c.Group] != nil
		}
		if yes {
			g.node(n.Sub[1])
		} else {
			g.node(n.Sub[2])
		}
	case pcre.OpEndLine, pcre.OpEndMulti:
		if g.rand.IntN(4) == 0 {
			g.out = append(g.out, '\n')
		}
	}
}

// count picks how often to repeat; mostly little.
func (g *generator) count(lo, hi int) int {
	if hi < 0 || hi > lo+12 {
		hi = lo + 12
	}
	if hi == lo {
		return lo
	}
	switch g.rand.IntN(8) {
	case 0:
		return lo
	case 1:
		return hi
	}
	return lo + g.rand.IntN(min(hi-lo+1, 4))
}

// Pick is a byte of the set, readable ones more often; 0 for the empty set.
func Pick(r *rand.Rand, s pcre.Set) byte {
	for range 6 {
		if b := byte(' ' + r.IntN(95)); s.Has(b) {
			return b
		}
	}
	start := r.IntN(256)
	for i := range 256 {
		if b := byte(start + i); s.Has(b) {
			return b
		}
	}
	return 0
}

// Mutate changes a text a little: bytes changed, cut, doubled, inserted, case
// and line ends altered, text put around it.
func Mutate(r *rand.Rand, in []byte) []byte {
	out := append([]byte(nil), in...)
	at := func() int { return r.IntN(len(out) + 1) }
	for range 1 + r.IntN(3) {
		if len(out) == 0 {
			out = append(out, byte(r.IntN(256)))
			continue
		}
		i := r.IntN(len(out))
		switch r.IntN(10) {
		case 0:
			out[i] = byte(r.IntN(256))
		case 1:
			out = append(out[:i], out[i+1:]...)
		case 2:
			out = out[:i]
		case 3:
			j := i + r.IntN(len(out)-i)
			out = append(out[:j:j], append(append([]byte(nil), out[i:j]...), out[j:]...)...)
		case 4:
			out[i] ^= 0x20
		case 5:
			out = insert(out, at(), interesting(r))
		case 6:
			out = append(out, interesting(r)...)
		case 7:
			out = insert(out, 0, interesting(r))
		case 8:
			out[i] ^= 1 << r.IntN(8)
		case 9:
			out[i] = out[r.IntN(len(out))]
		}
	}
	if len(out) > maxText {
		out = out[:maxText]
	}
	return out
}

func insert(b []byte, i int, s string) []byte {
	return append(b[:i:i], append([]byte(s), b[i:]...)...)
}

func interesting(r *rand.Rand) string {
	all := [...]string{"\n", "\r\n", "\r", "\x00", "\x0b", "\x85", "\xa0", "\xff", "\xe9", "\xc9", " ", "\t", "a", "Z", "9", "_", "-", ".", "\n\n", "\r\n\r\n", "aaaaaaaa", "<", "/", "0.0", "\xb5", "\xaa"}
	return all[r.IntN(len(all))]
}
