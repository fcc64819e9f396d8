package matcher

import (
	"cmp"
	"math/bits"
	"slices"
)

// filer puts lines into a prefilter under construction.
type filer struct {
	p     *prefilter
	ids   map[string]uint32 // literals by fold mark and text
	freq  *counts
	posts []keyedLine
	keys  []keyedGram
	keyed []bool // by literal: its grams are in keys
	first [257][]uint32
	name  []byte
}

type keyedLine struct{ lit, line uint32 }

type keyedGram struct {
	gram uint32
	key  gramKey
}

// file adds one line.
func (b *filer) file(q *quarry, l *quarryLine, list, place uint32) {
	p := b.p
	s := &p.lines[l.line]
	*s = siftLine{min: l.min, max: l.max, head: uint32(len(p.heads)), others: noOthers, list: list, place: place, words: l.words}
	p.heads = append(p.heads, l.head[:l.words]...)
	factors := q.factors[l.factors.from:l.factors.to]
	key := b.choose(q, factors)
	if key < 0 {
		b.fileFirst(l)
	} else {
		for _, t := range q.lits[factors[key].lits.from:factors[key].lits.to] {
			id := b.literal(q, t)
			b.posts = append(b.posts, keyedLine{id, l.line})
			b.addKey(id)
		}
	}
	b.fileOthers(q, s, factors, key)
}

// choose returns the factor to file a line under, or -1.
func (b *filer) choose(q *quarry, factors []quarryFactor) int {
	best, least := -1, uint64(0)
	for i := range factors {
		f := &factors[i]
		if f.shortest < windowLen {
			continue
		}
		cost := uint64(0)
		for _, t := range q.lits[f.lits.from:f.lits.to] {
			_, c := b.freq.window(q.text[t.text.from:t.text.to])
			cost += uint64(c) + 1
		}
		// A longer literal is wrong less often.
		cost = cost<<8 + 255 - uint64(f.shortest)
		if best < 0 || cost < least {
			best, least = i, cost
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

// fileOthers notes the factors other than the key, the longest first.
func (b *filer) fileOthers(q *quarry, s *siftLine, factors []quarryFactor, key int) {
	p := b.p
	from := len(p.others)
	for range maxOthers {
		best := -1
		for i := range factors {
			f := &factors[i]
			if i != key && !f.head && f.shortest > 2 && (best < 0 || f.shortest > factors[best].shortest) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		for _, t := range q.lits[factors[best].lits.from:factors[best].lits.to] {
			p.others = append(p.others, b.literal(q, t))
		}
		p.others[len(p.others)-1] |= lastAlternative
		factors[best].head = true // done
	}
	if len(p.others) > from {
		p.others[len(p.others)-1] |= lastFactor
		s.others = uint32(from)
	}
}

// literal returns the number of a literal.
func (b *filer) literal(q *quarry, t quarryLiteral) uint32 {
	text := q.text[t.text.from:t.text.to]
	b.name = append(b.name[:0], '=')
	if t.fold {
		b.name[0] = '~'
	}
	b.name = append(b.name, text...)
	if id, ok := b.ids[string(b.name)]; ok {
		return id
	}
	p := b.p
	id := uint32(len(p.lits))
	p.lits = append(p.lits, literal{text: uint32(len(p.text)), size: uint8(len(text)), rare: b.freq.rare(text), fold: t.fold})
	p.text = append(p.text, text...)
	b.keyed = append(b.keyed, false)
	b.ids[string(b.name)] = id
	return id
}

// addKey makes a literal one that is looked for in the pass.
func (b *filer) addKey(id uint32) {
	if b.keyed[id] {
		return
	}
	b.keyed[id] = true
	l := &b.p.lits[id]
	text := b.p.text[l.text:][:l.size]
	at, _ := b.freq.window(text)
	for i := at; i <= at+1; i++ {
		g := gramAt(text, i)
		b.keys = append(b.keys, keyedGram{g, gramKey{lit: id, at: uint8(i), size: l.size, rare: l.rare, fold: text[l.rare] | 0x20}})
		h := gramHash(g)
		b.p.bitmap[h>>6] |= 1 << (h & 63)
	}
}

// finish lays the lists out.
func (b *filer) finish() {
	p := b.p
	slices.SortFunc(b.posts, func(x, y keyedLine) int { return cmp.Or(cmp.Compare(x.lit, y.lit), cmp.Compare(x.line, y.line)) })
	p.posts = make([]uint32, 0, len(b.posts))
	for i, k := range b.posts {
		if i > 0 && b.posts[i-1] == k {
			continue
		}
		l := &p.lits[k.lit]
		if l.posts == 0 {
			l.post = uint32(len(p.posts))
		}
		l.posts++
		p.posts = append(p.posts, k.line)
	}
	for c := range b.first {
		from := uint32(len(p.posts))
		p.posts = append(p.posts, b.first[c]...)
		p.first[c] = span{from, uint32(len(p.posts))}
	}
	slices.SortFunc(b.keys, func(x, y keyedGram) int {
		return cmp.Or(cmp.Compare(x.gram, y.gram), cmp.Compare(x.key.lit, y.key.lit), cmp.Compare(x.key.at, y.key.at))
	})
	p.keys = make([]gramKey, len(b.keys))
	p.grams = make([]gramSlot, max(1<<10, 1<<bits.Len(uint(2*len(b.keys)))))
	for i := 0; i < len(b.keys); {
		g, from := b.keys[i].gram, i
		for ; i < len(b.keys) && b.keys[i].gram == g; i++ {
			p.keys[i] = b.keys[i].key
		}
		*p.slot(g) = gramSlot{g, uint32(from), uint32(i)}
	}
}
