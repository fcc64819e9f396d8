package pcretest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Pattern makes a random pattern of small size over a small alphabet, using
// every construct of the dialect. Some of them are not valid.
func Pattern(r *rand.Rand) string {
	p := patterns{rand: r, left: 3 + r.IntN(14)}
	return p.alternatives(0)
}

type patterns struct {
	rand *rand.Rand
	left int // items that may still be made
}

func (p *patterns) pick(s ...string) string { return s[p.rand.IntN(len(s))] }

func (p *patterns) alternatives(depth int) string {
	parts := []string{p.sequence(depth)}
	for p.rand.IntN(4) == 0 && p.left > 0 {
		parts = append(parts, p.sequence(depth))
	}
	return strings.Join(parts, "|")
}

func (p *patterns) sequence(depth int) string {
	var b strings.Builder
	for n := p.rand.IntN(4) + 1; n > 0 && p.left > 0; n-- {
		p.left--
		b.WriteString(p.item(depth))
		if p.rand.IntN(2) == 0 {
			b.WriteString(p.quantifier())
		}
	}
	return b.String()
}

func (p *patterns) quantifier() string {
	q := p.pick("*", "+", "?", "{2}", "{0,2}", "{1,3}", "{2,}", "{0}", "{,2}", "{3,4}", "*", "+", "?")
	return q + p.pick("", "", "?", "+")
}

func (p *patterns) item(depth int) string {
	switch k := p.rand.IntN(30); {
	case k < 9 || depth > 4:
		return p.pick("a", "b", "c", "A", "ab", "abc", "a", "b", " ", "-", "\n", "\xe9", "\x85", "0", "_", "]", "}", "{")
	case k < 11:
		return "."
	case k < 14:
		return p.class()
	case k < 17:
		return p.pick(`\d`, `\w`, `\s`, `\S`, `\W`, `\D`, `\h`, `\v`, `\N`, `\R`, `\H`, `\V`, `\n`, `\x61`, `\x{62}`, `\x`, `\0`, `\061`, `\Qa*\E`, `\e`, `\.`, `\_`, `\-`, `\141`, `\o{141}`, `\cA`, `\E`, `\8`, `\18`)
	case k < 19:
		return p.pick("^", "$", `\b`, `\B`, `\A`, `\z`, `\Z`, `\G`)
	case k < 20:
		return p.pick(`\1`, `\2`, `\g{-1}`, `\k<n>`, `(?P=n)`, `\g1`, `\k{n}`, `\g{+1}`)
	case k < 21:
		return p.pick("(?i)", "(?s)", "(?m)", "(?x)", "(?-i)", "(?#x)", "(?x) ", "(?^)", "(?n)", "(?xx)")
	case k == 21:
		return "(?<n>" + p.alternatives(depth+1) + ")"
	case k == 22:
		return fmt.Sprintf("(?(%s)%s)", p.pick("1", "2", "<n>", "n", "?=a", "?!b", "?<=a", "?<!b", "-1", "+1", "?="+p.sequence(depth+1)), p.alternatives(depth+1))
	case k == 23:
		return p.pick("(?<=", "(?<!") + p.pick("a", "ab|c", `\w`, "^", "[ab]c", "a{2}", `\b`, "(a)", "(?=b).", ".") + ")"
	case k == 24:
		return p.pick("(?=", "(?!") + p.alternatives(depth+1) + ")"
	}
	return p.pick("(", "(", "(?:", "(?:", "(?>", "(?i:", "(?s:", "(?m:", "(?-i:", "(?x: ") + p.alternatives(depth+1) + ")"
}

func (p *patterns) class() string {
	var b strings.Builder
	b.WriteString(p.pick("[", "[", "[^"))
	for n := p.rand.IntN(4) + 1; n > 0; n-- {
		b.WriteString(p.pick("a", "b", "a-c", "A-C", `\d`, `\w`, `\S`, "[:alpha:]", "[:^digit:]", "[:upper:]", "[:punct:]", "-", `\x00-\x1f`, `\n`, "]", " ", `\x80-\xff`, `\h`, `\b`, `\]`, "_", `\Qa-\E`, "^", "[", "0-9", `\8`, `\61`))
	}
	return b.String() + "]"
}
