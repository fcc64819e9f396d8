package pcre

import (
	"bytes"
	"math/bits"
)

// PrefixLen is the most bytes of a subject's head that Facts speak about.
const PrefixLen = 48

// Bounds of the literals kept of a pattern. They limit the work and the memory,
// not what is right: whatever does not fit is cut into shorter literals or
// left out, and a fact left out only makes the prefilter less choosy.
const (
	maxWords   = 16      // alternatives a factor may have
	maxWord    = 64      // bytes of a literal
	minWord    = 2       // shorter literals say nothing
	splitWord  = 8       // from this length on a choice starts a new literal instead of doubling this one
	maxFactors = 12      // factors kept
	maxVisits  = 20_000  // nodes looked at, repetitions unrolled
	noLimit    = 1 << 29 // two of them are added where an int may have 32 bits
)

// Facts say what every subject that matches a pattern has. They are necessary,
// never sufficient: a subject that lacks one of them does not match.
type Facts struct {
	// Min and Max bound the length of a subject in bytes. Max < 0: no bound,
	// which is so unless the pattern is anchored at both ends.
	Min, Max int
	// Anchored: a match begins at offset 0 of the subject.
	Anchored bool
	// Prefix bytes at the head of the subject are known in part:
	// subject[i]&Mask[i] == Value[i] for i < Prefix. 0 if not Anchored.
	Prefix      int
	Mask, Value [PrefixLen]byte
	// First holds every byte a subject may begin with: all of them unless Anchored, and
	// if the subject may be empty.
	First Set
	// Factors: of each of them, the subject contains at least one literal.
	Factors []Factor
}

// Factor is a choice of literals.
type Factor struct {
	Literals []Literal
	// Head: the literals stand at the begin of the subject, and Mask and Value imply
	// already that one of them does.
	Head bool
}

// Literal is a string of bytes. With Fold it is in lower case and ASCII
// letters match either case.
type Literal struct {
	Text []byte
	Fold bool
}

// Shortest is the length of the shortest literal of the factor.
func (f *Factor) Shortest() int {
	n := maxWord + 1
	for i := range f.Literals {
		n = min(n, len(f.Literals[i].Text))
	}
	return n
}

// Finder finds the facts of one pattern after the other in memory it keeps.
// The zero Finder is ready; it must not be used by two goroutines at once.
type Finder struct {
	facts  Facts
	frames []*frame
	depth  int
	visits int
	text   []byte // of the literals
	lits   []Literal

	// In FindIn: the pattern, the nodes of its tree, and their Sub slices.
	pattern []byte
	nodes   []Node
	subs    []*Node
	parser  parser
}

// frame is the state of walking one branch: the words that must end exactly
// where the walk is, and the factors found on the way.
type frame struct {
	n       int // words; with none the walk is dead (a set that matches nothing)
	fold    bool
	cut     bool // the words do not reach back to the begin of the branch
	length  [maxWords]uint8
	word    [maxWords][maxWord]byte
	factors []Factor
}

// Find returns what a match of the pattern requires. The result is valid until
// the next call.
func (f *Finder) Find(n *Node) *Facts {
	f.facts = Facts{Max: -1, First: allSet()}
	f.depth, f.visits, f.text, f.lits = 0, 0, f.text[:0], f.lits[:0]
	lo, hi := n.span()
	f.facts.Min = lo
	f.facts.Anchored = n.pinned(isBegin)
	if f.facts.Anchored {
		f.facts.Prefix, _ = n.prefix(&f.facts.Mask, &f.facts.Value, 0)
		fuel := leadFuel
		if l := leadOf(n, &fuel); lo > 0 && l.empty == emptyNever {
			f.facts.First = l.set
		}
		switch {
		case hi == noLimit:
		case n.pinned(isEnd):
			f.facts.Max = hi
		case n.pinned(isEndLine):
			f.facts.Max = hi + 1
		}
	}
	w := f.push()
	f.walk(w, n)
	f.flush(w)
	f.facts.Factors = w.factors
	return &f.facts
}

// FindIn is Parse and Find for one who does not want the tree: it is built in
// memory the Finder keeps.
func (f *Finder) FindIn(pattern string, flags Flags) (*Facts, error) {
	if len(pattern) > maxPattern {
		return nil, &Error{maxPattern, "pattern is too long"}
	}
	if f.nodes == nil {
		f.nodes, f.subs = make([]Node, 1024), make([]*Node, 2048)
	}
	f.pattern = append(f.pattern[:0], pattern...)
	p := &f.parser
	*p = parser{src: f.pattern, slab: f.nodes, subs: f.subs, stack: p.stack[:0]}
	tree, err := p.parse(flags)
	var facts *Facts
	if err == nil {
		facts = f.Find(tree.Root)
	}
	clear(f.nodes[:min(p.nodes, len(f.nodes))])
	return facts, err
}

// span returns the least and the greatest number of bytes n matches.
func (n *Node) span() (lo, hi int) {
	switch n.Op {
	case OpSet:
		return 1, 1
	case OpCapture, OpAtomic:
		return n.Sub[0].span()
	case OpCat:
		for _, s := range n.Sub {
			l, h := s.span()
			lo, hi = min(lo+l, noLimit), min(hi+h, noLimit)
		}
	case OpAlt:
		lo = noLimit
		for _, s := range n.Sub {
			l, h := s.span()
			lo, hi = min(lo, l), max(hi, h)
		}
	case OpRepeat:
		l, h := n.Sub[0].span()
		lo, hi = times(l, n.Min), times(h, n.Max)
	case OpBackref:
		hi = noLimit
	case OpCond:
		lo, hi = n.Sub[1].span()
		if len(n.Sub) < 3 {
			return 0, hi
		}
		l, h := n.Sub[2].span()
		lo, hi = min(lo, l), max(hi, h)
	}
	return lo, hi
}

// times multiplies a length by a count, below 0 for no limit.
func times(length, count int) int {
	switch {
	case length == 0 || count == 0:
		return 0
	case count < 0 || length > noLimit/count:
		return noLimit
	}
	return length * count
}

func isBegin(o Op) bool   { return o == OpBegin || o == OpStartPos }
func isEnd(o Op) bool     { return o == OpEnd }
func isEndLine(o Op) bool { return o == OpEnd || o == OpEndLine }

// pinned reports whether every way through n passes an assertion of the kind.
func (n *Node) pinned(kind func(Op) bool) bool {
	switch n.Op {
	case OpCapture, OpAtomic:
		return n.Sub[0].pinned(kind)
	case OpRepeat:
		return n.Min > 0 && n.Sub[0].pinned(kind)
	case OpCat:
		for _, s := range n.Sub {
			if s.pinned(kind) {
				return true
			}
		}
		return false
	case OpAlt:
		for _, s := range n.Sub {
			if !s.pinned(kind) {
				return false
			}
		}
		return len(n.Sub) > 0
	}
	return kind(n.Op)
}

// prefix writes what is known of the bytes from at on and returns the place it
// came to, and whether what follows n stands exactly there.
func (n *Node) prefix(mask, value *[PrefixLen]byte, at int) (end int, goOn bool) {
	switch n.Op {
	case OpSet:
		if at == PrefixLen {
			return at, false
		}
		mask[at], value[at] = n.Set.common()
		return at + 1, true
	case OpCapture, OpAtomic:
		return n.Sub[0].prefix(mask, value, at)
	case OpCat:
		for _, s := range n.Sub {
			if at, goOn = s.prefix(mask, value, at); !goOn {
				return at, false
			}
		}
		return at, true
	case OpAlt:
		return n.prefixAlt(mask, value, at)
	case OpRepeat:
		// A body that matches nothing but the empty string goes nowhere.
		for i, before := 0, -1; i < n.Min && at > before; i++ {
			before = at
			if at, goOn = n.Sub[0].prefix(mask, value, at); !goOn {
				return at, false
			}
		}
		return at, n.Min == n.Max
	case OpBackref, OpCond:
		return at, false
	}
	return at, true // zero-width
}

// prefixAlt keeps the bits all branches agree on.
func (n *Node) prefixAlt(mask, value *[PrefixLen]byte, at int) (end int, goOn bool) {
	var m, v [PrefixLen]byte
	end, goOn = PrefixLen+1, true
	for i, s := range n.Sub {
		e, more := s.prefix(&m, &v, at)
		goOn = goOn && more && (i == 0 || e == end)
		if end = min(end, e); end == at {
			return at, goOn && i == len(n.Sub)-1
		}
		for j := at; j < end; j++ {
			if i == 0 {
				mask[j], value[j] = m[j], v[j]
				continue
			}
			mask[j] &= m[j] &^ (value[j] ^ v[j])
			value[j] &= mask[j]
		}
	}
	return end, goOn
}

// common returns the bits in which all bytes of the set agree, and their values.
func (s *Set) common() (mask, value byte) {
	all := s[0] | s[1] | s[2] | s[3]
	// Bit k of a byte is bit k of its place within the word, for k < 6.
	for k, ones := range [6]uint64{
		0xaaaaaaaaaaaaaaaa, 0xcccccccccccccccc, 0xf0f0f0f0f0f0f0f0,
		0xff00ff00ff00ff00, 0xffff0000ffff0000, 0xffffffff00000000,
	} {
		switch {
		case all&^ones == 0:
			mask, value = mask|1<<k, value|1<<k
		case all&ones == 0:
			mask |= 1 << k
		}
	}
	switch {
	case s[0]|s[2] == 0:
		mask, value = mask|0x40, value|0x40
	case s[1]|s[3] == 0:
		mask |= 0x40
	}
	switch {
	case s[0]|s[1] == 0:
		mask, value = mask|0x80, value|0x80
	case s[2]|s[3] == 0:
		mask |= 0x80
	}
	return mask, value
}

// next returns the least byte of the set that is not below b, or 256.
func (s *Set) next(b int) int {
	for w := b >> 6; w < 4; w++ {
		m := s[w]
		if w == b>>6 {
			m &= ^uint64(0) << (b & 63)
		}
		if m != 0 {
			return w<<6 + bits.TrailingZeros64(m)
		}
	}
	return 256
}

// push returns a frame at the begin of a branch: one empty word.
func (f *Finder) push() *frame {
	if f.depth == len(f.frames) {
		f.frames = append(f.frames, new(frame))
	}
	w := f.frames[f.depth]
	f.depth++
	w.n, w.fold, w.cut, w.length[0] = 1, false, false, 0
	w.factors = w.factors[:0]
	return w
}

// walk goes through n, extending the words of w.
func (f *Finder) walk(w *frame, n *Node) {
	if f.visits++; f.visits > maxVisits {
		f.stop(w)
		return
	}
	switch n.Op {
	case OpSet:
		f.walkSet(w, &n.Set)
	case OpCapture, OpAtomic:
		f.walk(w, n.Sub[0])
	case OpCat:
		for _, s := range n.Sub {
			f.walk(w, s)
		}
	case OpAlt:
		f.walkAlt(w, n.Sub, false)
	case OpRepeat:
		switch {
		case n.Min == n.Max && n.Min <= 4:
			for range n.Min {
				f.walk(w, n.Sub[0])
			}
		case n.Min > 0:
			f.walk(w, n.Sub[0])
			f.stop(w)
		case n.Max == 1 && f.visits < maxVisits/2:
			f.walkAlt(w, n.Sub[:1], true)
		default:
			f.stop(w)
		}
	case OpBackref, OpCond:
		f.stop(w)
	}
	// All else is zero-width: what stands before it and behind it touch.
}

// walkSet extends the words by one byte.
func (f *Finder) walkSet(w *frame, s *Set) {
	size := s.Len()
	first := s.next(0)
	switch {
	case size == 1:
		f.room(w)
		w.add(byte(first))
		return
	case size == 2 && first >= 'A' && first <= 'Z' && s.Has(byte(first)|0x20):
		f.room(w)
		if !w.fold {
			w.lower()
		}
		w.add(byte(first) | 0x20)
		return
	case size == 0 || size > 4:
		f.stop(w)
		return
	}
	if w.n*size > maxWords || w.shortest() >= splitWord {
		f.flush(w)
		w.restart()
	}
	f.room(w)
	n := w.n
	for b, k := first, 0; k < size; b, k = s.next(b+1), k+1 {
		for i := range n {
			if k > 0 {
				copy(w.word[k*n+i][:], w.word[i][:w.length[i]-1])
				w.length[k*n+i] = w.length[i]
			} else {
				w.length[i]++
			}
			c := byte(b)
			if w.fold {
				c = lower(c)
			}
			w.word[k*n+i][w.length[i]-1] = c
		}
	}
	w.n = n * size
}

// walkAlt extends the words by the choice of branches, or of the branches and
// nothing.
func (f *Finder) walkAlt(w *frame, subs []*Node, orNothing bool) {
	all := f.push() // collects the words of all branches
	all.n = 0
	exact, known := len(subs) > 0, len(subs) > 0
	var union []Literal
	if orNothing {
		all.n, known = 1, false
	}
	for _, s := range subs {
		b := f.push()
		f.walk(b, s)
		exact = exact && !b.cut && b.n > 0 && all.n+b.n <= maxWords
		if exact {
			if b.fold && !all.fold {
				all.lower()
			}
			for i := range b.n {
				t := all.word[all.n+i][:b.length[i]]
				copy(t, b.word[i][:])
				if all.fold && !b.fold {
					lowerAll(t)
				}
				all.length[all.n+i] = b.length[i]
			}
			all.n += b.n
		}
		if known {
			f.flush(b)
			best := b.best()
			if best == nil || len(union)+len(best.Literals) > maxWords {
				known = false
			} else {
				union = append(union, best.Literals...)
			}
		}
		f.depth--
		if !exact && !known {
			break
		}
	}
	f.depth--
	if exact {
		f.join(w, all)
		return
	}
	f.stop(w)
	if known && len(union) > 0 {
		w.keep(Factor{Literals: union})
	}
}

// join extends the words by the words of a.
func (f *Finder) join(w, a *frame) {
	longest := 0
	for i := range a.n {
		longest = max(longest, int(a.length[i]))
	}
	if w.n*a.n > maxWords || a.n > 1 && w.shortest() >= splitWord || w.longest()+longest > maxWord {
		f.flush(w)
		w.restart()
	}
	if a.fold && !w.fold {
		w.lower()
	}
	n := w.n
	// From behind, so that the words of w are still there to be copied.
	for k := a.n - 1; k >= 0; k-- {
		for i := range n {
			l := int(w.length[i])
			if k > 0 {
				copy(w.word[k*n+i][:], w.word[i][:l])
			}
			t := w.word[k*n+i][l : l+int(a.length[k])]
			copy(t, a.word[k][:])
			if w.fold && !a.fold {
				lowerAll(t)
			}
			w.length[k*n+i] = uint8(l) + a.length[k]
		}
	}
	w.n = n * a.n
}

// room makes sure that every word can take one more byte.
func (f *Finder) room(w *frame) {
	if w.longest() == maxWord {
		f.flush(w)
		w.restart()
	}
}

// stop ends the words here: what follows does not touch them.
func (f *Finder) stop(w *frame) {
	f.flush(w)
	w.restart()
}

// flush makes a factor of the words.
func (f *Finder) flush(w *frame) {
	if w.n == 0 || w.shortest() < minWord {
		return
	}
	// The first words of the whole pattern are what prefix has gone through too.
	head := f.depth == 1 && !w.cut && f.implied(w)
	w.keep(Factor{Literals: f.literals(w), Head: head})
}

// implied reports whether only the words fit in the known prefix: they are as many as what
// its mask leaves open.
func (f *Finder) implied(w *frame) bool {
	n := int(w.length[0])
	if n > f.facts.Prefix {
		return false
	}
	if w.n == 1 {
		return true
	}
	open, fit := 0, 0
	for _, m := range f.facts.Mask[:n] {
		open += 8 - bits.OnesCount8(m)
	}
	for i := range w.n {
		letters := 0
		for _, c := range w.word[i][:w.length[i]] {
			if w.fold && isLetter(c) {
				letters++
			}
		}
		if int(w.length[i]) != n || letters > open {
			return false
		}
		fit += 1 << letters
	}
	return open < 32 && fit == 1<<open
}

// literals copies the words to where they last. A word that has another one in it is left
// out: where it stands, the other one does.
func (f *Finder) literals(w *frame) []Literal {
	from := len(f.lits)
	for i := range w.n {
		if w.n > 1 && w.hasAnother(i) {
			continue
		}
		at := len(f.text)
		f.text = append(f.text, w.word[i][:w.length[i]]...)
		f.lits = append(f.lits, Literal{Text: f.text[at:len(f.text):len(f.text)], Fold: w.fold && hasLetter(f.text[at:])})
	}
	return f.lits[from:len(f.lits):len(f.lits)]
}

// hasAnother reports whether another word stands within word i, or one before it is the same.
func (w *frame) hasAnother(i int) bool {
	t := w.word[i][:w.length[i]]
	for j := range w.n {
		if n := w.length[j]; (n < w.length[i] || n == w.length[i] && j < i) && bytes.Contains(t, w.word[j][:n]) {
			return true
		}
	}
	return false
}

// keep adds a factor, instead of a weaker one if there are too many.
func (w *frame) keep(c Factor) {
	if len(w.factors) < maxFactors {
		w.factors = append(w.factors, c)
		return
	}
	weak := 0
	for i := range w.factors {
		if w.factors[i].worth() < w.factors[weak].worth() {
			weak = i
		}
	}
	if c.worth() > w.factors[weak].worth() {
		w.factors[weak] = c
	}
}

// best returns the factor worth most, or nil.
func (w *frame) best() *Factor {
	var b *Factor
	for i := range w.factors {
		if c := &w.factors[i]; b == nil || c.worth() > b.worth() {
			b = c
		}
	}
	return b
}

// worth orders factors: long literals before few ones.
func (f *Factor) worth() int { return f.Shortest()*4 - len(f.Literals) }

// restart begins a new word that does not reach back.
func (w *frame) restart() { w.n, w.fold, w.cut, w.length[0] = 1, false, true, 0 }

func (w *frame) add(b byte) {
	if w.fold {
		b = lower(b)
	}
	for i := range w.n {
		w.word[i][w.length[i]] = b
		w.length[i]++
	}
}

// lower makes the words ignore case.
func (w *frame) lower() {
	w.fold = true
	for i := range w.n {
		lowerAll(w.word[i][:w.length[i]])
	}
}

func (w *frame) shortest() int {
	n := maxWord + 1
	for i := range w.n {
		n = min(n, int(w.length[i]))
	}
	return n
}

func (w *frame) longest() int {
	n := 0
	for i := range w.n {
		n = max(n, int(w.length[i]))
	}
	return n
}

func lower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		b |= 0x20
	}
	return b
}

func lowerAll(b []byte) {
	for i, c := range b {
		b[i] = lower(c)
	}
}

func hasLetter(b []byte) bool {
	for _, c := range b {
		if c|0x20 >= 'a' && c|0x20 <= 'z' {
			return true
		}
	}
	return false
}
