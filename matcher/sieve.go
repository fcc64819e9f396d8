package matcher

import (
	"bytes"
	"encoding/binary"
	"slices"

	"earshot/matcher/pcre"
)

// sieve is the state of one query of a prefilter: the candidates of one banner.
// Get one with sift, take the lines with next, give it back with done.
type sieve struct {
	p     *prefilter
	b     []byte
	order []uint32 // by list: where its lines begin in the chain, from 1; 0: not asked for
	head  [pcre.PrefixLen / 8]uint64
	low   []byte   // b with ASCII letters in lower case, if known
	known []uint32 // by literal: epoch + absent or present; else not looked for yet
	epoch uint32
	keys  []uint32 // literals that the pass found
	found []uint64 // candidates: place in the chain, line
	at    int      // next of found
	spent int      // bytes searched for other literals
}

// States of a literal within an epoch.
const (
	absent  = 1
	present = 2
	states  = 4
)

// maxSearch bounds the bytes searched for other literals of one banner, so that
// a banner made of thousands of keys costs no more than its regular expressions
// would. Past it lines are candidates without that test.
const maxSearch = 1 << 20

func newSieve(p *prefilter) *sieve {
	return &sieve{p: p, known: make([]uint32, len(p.lits)), found: make([]uint64, 0, 64)}
}

// slot returns the place of gram g in the table: its own, or an empty one.
func (p *prefilter) slot(g uint32) *gramSlot {
	mask := uint32(len(p.grams) - 1)
	for i := gramHash(g) & mask; ; i = (i + 1) & mask {
		if s := &p.grams[i]; s.gram == g || s.from == s.to {
			return s
		}
	}
}

// sift finds the candidates for b among the lists that order, by list, puts
// into a chain: 1 more than the number of lines before the list's first; 0 for
// a list that is not asked for.
func (p *prefilter) sift(b []byte, order []uint32) *sieve {
	s := p.pool.Get().(*sieve)
	s.b = b
	s.keys, s.low, s.spent = s.keys[:0], s.low[:0], 0
	if s.epoch += states; s.epoch < states { // wrapped
		clear(s.known)
		s.epoch = states
	}
	var head [pcre.PrefixLen]byte
	copy(head[:], b)
	for i := range s.head {
		s.head[i] = binary.LittleEndian.Uint64(head[8*i:])
	}
	s.scan()
	s.again(order)
	return s
}

// again finds the candidates for the same bytes among other lists.
func (s *sieve) again(order []uint32) {
	s.order = order
	s.found, s.at = s.found[:0], 0
	s.file(s.p.first[256])
	if len(s.b) > 0 {
		s.file(s.p.first[s.b[0]])
	}
	for _, lit := range s.keys {
		s.file(s.p.lits[lit].posts)
	}
	slices.Sort(s.found)
}

// done gives the sieve back.
func (s *sieve) done() {
	s.b, s.order = nil, nil
	s.p.pool.Put(s)
}

// next returns the next candidate in the order of the chain.
func (s *sieve) next() (line int, ok bool) {
	for s.at < len(s.found) {
		c := s.found[s.at]
		s.at++
		if s.at > 1 && s.found[s.at-2] == c {
			continue
		}
		line := uint32(c)
		if s.hasOthers(s.p.lines[line].needs.Load()) {
			return int(line), true
		}
	}
	return 0, false
}

// scan looks for the grams of the keys at every second place.
func (s *sieve) scan() {
	const fold = gramFold<<32 | gramFold
	b, bitmap := s.b, &s.p.bitmap
	i := 0
	for ; i+8 <= len(b); i += 6 {
		w := binary.LittleEndian.Uint64(b[i:]) | fold
		h0, h1, h2 := gramHash(uint32(w)), gramHash(uint32(w>>16)), gramHash(uint32(w>>32))
		b0, b1, b2 := bitmap[h0>>6]>>(h0&63), bitmap[h1>>6]>>(h1&63), bitmap[h2>>6]>>(h2&63)
		if (b0|b1|b2)&1 != 0 {
			if b0&1 != 0 {
				s.hit(uint32(w), i)
			}
			if b1&1 != 0 {
				s.hit(uint32(w>>16), i+2)
			}
			if b2&1 != 0 {
				s.hit(uint32(w>>32), i+4)
			}
		}
	}
	for ; i+gramLen <= len(b); i += 2 {
		g := gramAt(b, i)
		if h := gramHash(g); bitmap[h>>6]>>(h&63)&1 != 0 {
			s.hit(g, i)
		}
	}
}

// hit looks for the literals that have gram g, which stands at place i.
func (s *sieve) hit(g uint32, i int) {
	p := s.p
	slot := p.slot(g)
	for _, k := range p.keys[slot.from:slot.to] {
		from := i - int(k.at)
		if from < 0 || from+int(k.size) > len(s.b) || s.b[from+int(k.rare)]|0x20 != k.fold || s.known[k.lit] == s.epoch+present {
			continue
		}
		l := p.lits[k.lit]
		if l.fold {
			if !equalFold(s.b[from:][:k.size], l.bytes) {
				continue
			}
		} else if !bytes.Equal(s.b[from:][:k.size], l.bytes) {
			continue
		}
		s.known[k.lit] = s.epoch + present
		s.keys = append(s.keys, k.lit)
	}
}

// file makes candidates of the lines posted there that fit in list, length and
// head.
func (s *sieve) file(posts span) {
	p, n := s.p, uint32(len(s.b))
next:
	for _, line := range p.posts[posts.from:posts.to] {
		l := &p.lines[line]
		start := s.order[l.list]
		if start == 0 {
			continue
		}
		needs := l.needs.Load()
		if needs == nil {
			needs = p.learn(line)
		}
		if n < needs.min || n > needs.max {
			continue
		}
		for i, w := range needs.head[:needs.words] {
			if s.head[i]&w.mask != w.value {
				continue next
			}
		}
		s.found = append(s.found, uint64(start+l.place)<<32|uint64(line))
	}
}

// hasOthers reports whether each of the other factors has a literal in the banner.
func (s *sieve) hasOthers(needs *lineNeeds) bool {
next:
	for _, choice := range needs.others {
		for _, l := range choice {
			if s.has(l) {
				continue next
			}
		}
		return false
	}
	return true
}

// has reports whether the literal stands anywhere in the banner.
func (s *sieve) has(l *literal) bool {
	if n := int(l.id) + 1; n > len(s.known) { // learned since the sieve was made
		s.known = append(s.known, make([]uint32, n-len(s.known))...)
	}
	switch s.known[l.id] {
	case s.epoch + present:
		return true
	case s.epoch + absent:
		return false
	}
	if s.spent > maxSearch {
		return true
	}
	s.spent += len(s.b)
	b := s.b
	if l.fold {
		if len(s.low) == 0 {
			s.low = appendLower(s.low, b)
		}
		b = s.low
	}
	if !contains(b, l.bytes, int(l.rare)) {
		s.known[l.id] = s.epoch + absent
		return false
	}
	s.known[l.id] = s.epoch + present
	return true
}

// contains reports whether text stands in b, looking for its byte at rare.
func contains(b, text []byte, rare int) bool {
	last := len(b) - len(text)
	for from, tries := 0, 0; from <= last; tries++ {
		if tries > 8 && from < tries*32 {
			return bytes.Contains(b[from:], text) // not so rare in here
		}
		i := bytes.IndexByte(b[from+rare:last+rare+1], text[rare])
		if i < 0 {
			return false
		}
		if from += i; string(b[from:from+len(text)]) == string(text) {
			return true
		}
		from++
	}
	return false
}

// equalFold reports whether b in lower case is text.
func equalFold(b, text []byte) bool {
	for i, c := range text {
		d := b[i]
		if d >= 'A' && d <= 'Z' {
			d |= 0x20
		}
		if c != d {
			return false
		}
	}
	return true
}

// appendLower appends b with its ASCII letters in lower case, eight bytes at a time.
func appendLower(low, b []byte) []byte {
	at := len(low)
	low = append(low, b...)
	rest := low[at:]
	for ; len(rest) >= 8; rest = rest[8:] {
		binary.LittleEndian.PutUint64(rest, lowerWord(binary.LittleEndian.Uint64(rest)))
	}
	for i, c := range rest {
		if c >= 'A' && c <= 'Z' {
			rest[i] = c | 0x20
		}
	}
	return low
}

// lowerWord puts the ASCII letters of eight bytes in lower case. Adding to a byte of seven
// bits sets its eighth bit if it is at least so large; no byte carries into the next.
func lowerWord(w uint64) uint64 {
	const each, high = 0x0101010101010101, 0x8080808080808080
	seven := w &^ high
	fromA := seven + (0x80-'A')*each
	behindZ := seven + (0x80-'Z'-1)*each
	return w | (fromA&^behindZ&^w&high)>>2
}
