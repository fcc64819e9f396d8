package matcher

import (
	"math/bits"
	"slices"
)

// filer puts lines into a prefilter under construction.
type filer struct {
	p     *prefilter
	freq  *counts
	posts []keyedLine
	grams []keyedGram
	first [257][]uint32
}

type keyedLine struct{ lit, line uint32 }

type keyedGram struct {
	gram uint32
	key  gramKey
}

// file adds one line.
func (b *filer) file(q *quarry, l *quarryLine, list, place uint32) {
	s := &b.p.lines[l.line]
	s.list, s.place = list, place
	key := b.choose(q, q.factors[l.factors.from:l.factors.to])
	if key == (span{}) {
		b.fileFirst(l)
		return
	}
	for _, t := range q.texts[key.from:key.to] {
		lit := b.literal(t)
		lit.posts.to++
		b.posts = append(b.posts, keyedLine{lit.id, l.line})
	}
}

// choose returns the factor to file a line under; it is empty if there is none.
func (b *filer) choose(q *quarry, factors []span) span {
	var best span
	least := ^uint64(0)
	for _, f := range factors {
		cost, shortest := uint64(0), 255
		for _, t := range q.texts[f.from:f.to] {
			_, c := b.freq.window(t.bytes)
			cost += uint64(c) + 1
			shortest = min(shortest, len(t.bytes))
		}
		// A longer literal is wrong less often.
		if cost = cost<<8 + uint64(255-shortest); cost < least {
			best, least = f, cost
		}
	}
	return best
}

// fileFirst files a line without a key under the bytes that it may begin with.
func (b *filer) fileFirst(l *quarryLine) {
	if l.first.Len() > 128 {
		b.first[256] = append(b.first[256], l.line)
		return
	}
	for c := range 256 {
		if l.first.Has(byte(c)) {
			b.first[c] = append(b.first[c], l.line)
		}
	}
}

// literal returns the literal of a text, and makes it one that is looked for in the pass.
func (b *filer) literal(t text) *literal {
	p := b.p
	if l := p.byText[t]; l != nil {
		return l
	}
	l := p.addLiteral(t)
	p.lits = append(p.lits, l)
	at, _ := b.freq.window(t.bytes)
	for i := at; i <= at+1; i++ {
		g := gramOf(t.bytes, i)
		b.grams = append(b.grams, keyedGram{g, gramKey{lit: l.id, at: uint8(i), size: uint8(len(t.bytes)), rare: l.rare, fold: t.bytes[l.rare] | 0x20}})
		h := gramHash(g)
		p.bitmap[h>>6] |= 1 << (h & 63)
	}
	return l
}

// finish lays the lists out.
func (b *filer) finish() {
	p := b.p
	p.posts = make([]uint32, len(b.posts), len(b.posts)+256)
	next := uint32(0)
	for _, l := range p.lits {
		n := l.posts.to
		l.posts = span{next, next}
		next += n
	}
	for _, k := range b.posts {
		l := p.lits[k.lit]
		p.posts[l.posts.to] = k.line
		l.posts.to++
	}
	for c := range b.first {
		from := uint32(len(p.posts))
		p.posts = append(p.posts, b.first[c]...)
		p.first[c] = span{from, uint32(len(p.posts))}
	}
	b.finishGrams()
}

// finishGrams lays the table of grams out, with the keys of each side by side.
func (b *filer) finishGrams() {
	p := b.p
	order := make([]uint64, len(b.grams)) // gram, place in b.grams
	for i := range b.grams {
		order[i] = uint64(b.grams[i].gram)<<32 | uint64(i)
	}
	slices.Sort(order)
	p.keys = make([]gramKey, len(order))
	p.grams = make([]gramSlot, max(1<<10, 1<<bits.Len(uint(2*len(order)))))
	for i := 0; i < len(order); {
		g, from := uint32(order[i]>>32), i
		for ; i < len(order) && uint32(order[i]>>32) == g; i++ {
			p.keys[i] = b.grams[uint32(order[i])].key
		}
		*p.slot(g) = gramSlot{g, uint32(from), uint32(i)}
	}
}
