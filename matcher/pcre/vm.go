package pcre

import (
	"bytes"
	"math"
)

// entry is an entry of the backtracking stack: a choice to come back to, or
// a value to put back on the way there.
type entry struct {
	kind entryKind
	pc   int32 // register or capture slot for the undo kinds, memo for entryMemo
	a, b int32
}

type entryKind uint8

const (
	entryChoice  entryKind = iota // go on at pc, position a
	entryGreedy                   // loop pc: try shorter, tried b, down to a
	entryLazy                     // loop pc: try longer, tried a, up to b
	entryReg                      // register pc was a
	entryCapture                  // capture slot pc was a
	entryMemo                     // position a has failed in row pc of the memory
)

const (
	memoAfter   = 1 << 12 // steps after which failures are remembered
	maxMemoBits = 1 << 25 // of memory for that (4 MB)
	maxStack    = 1 << 19 // frames (8 MB); a match that needs more is exhausted
	keptStack   = 1 << 14 // frames kept between matches
	keptMemo    = 1 << 14 // words kept between matches
)

// machine is the memory of a running match. It lives in a Budget, so that
// matches after the first need no new memory.
type machine struct {
	prog  *program
	in    []byte
	caps  []int32
	regs  []int32
	stack []entry
	steps int
	start int // steps there were when the match began
	later int // added to memoAfter; tests make it negative

	memo      []uint64 // one bit per memo and position: failed from here
	memoOn    bool
	stretches []stretch // per row: where it has failed throughout
	stride    int       // words of a row
	runs      []run     // per loop: how far its set reaches
	runsOn    bool
}

// run is a stretch of bytes that are in a loop's set, up to one that is not
// or the end; from > to is none.
type run struct{ from, to int32 }

// match searches in for the leftmost match.
//
// It is a backtracking search with Perl's priorities, as PCRE does it. When it
// has taken memoAfter steps it begins to remember, for each choice, the
// positions from which everything has failed. What fails there once fails
// always (no back-reference and no counter is involved, or the choice has no
// memo number), so the rest of the search is bounded by the pattern's size
// times the input's length, where PCRE would run for hours or into its limit.
// The answer does not change.
func (p *program) match(in []byte, caps []int, b *Budget) Outcome {
	if len(in) < p.minLen {
		return NoMatch
	}
	if len(in) > 1<<30 {
		return Exhausted
	}
	m := &b.machine
	m.prog, m.in = p, in
	m.steps, m.start = b.Steps, b.Steps
	m.memoOn, m.runsOn = false, false
	m.caps = resize(m.caps, 2*(p.groups+1))
	m.regs = resize(m.regs, p.regs)
	out := m.search()
	b.Steps = max(m.steps, 0)
	if out == Match {
		for i := range min(len(caps), len(m.caps)) {
			caps[i] = int(m.caps[i])
		}
	}
	m.in, m.prog = nil, nil
	if cap(m.stack) > keptStack {
		m.stack = nil
	}
	if cap(m.memo) > keptMemo {
		m.memo = nil
	}
	return out
}

func resize(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n, n+8)
	}
	return s[:n]
}

// search tries one start after the other.
func (m *machine) search() Outcome {
	p, in := m.prog, m.in
	last := len(in) - p.minLen
	if p.anchored {
		last = 0
	}
	for s := 0; s <= last; s++ {
		switch {
		case p.anchored:
		case len(p.prefix) > 0:
			i := bytes.Index(in[s:], p.prefix)
			if i < 0 {
				m.steps -= (len(in) - s) >> 4
				return m.end(NoMatch)
			}
			m.steps -= i >> 4
			s += i
		case p.first != nil:
			from := s
			for s <= last && !p.first.Has(in[s]) {
				s++
			}
			m.steps -= (s - from) >> 2
		}
		if s > last {
			break
		}
		for i := range m.caps {
			m.caps[i] = -1
		}
		if out := m.run(s); out != NoMatch {
			return out
		}
	}
	return m.end(NoMatch)
}

func (m *machine) end(o Outcome) Outcome {
	if m.steps < 0 {
		return Exhausted
	}
	return o
}

// run tries to match at position start.
//
// It is long, and stays one loop with a case an instruction: position, program counter,
// steps and stack are its own variables, which the processor keeps at hand from one
// instruction to the next. Functions of the instructions would have to be given all four and
// to give them back, for work that is often no more than comparing a byte. What takes a loop
// of its own (reachOf, lastStop, nextStop, remember, equalText) or is rare (holds, undo) is
// called. A case that goes on says continue; one that has failed falls out of the switch, to
// the last choice.
func (m *machine) run(start int) Outcome {
	code, in := m.prog.code, m.in
	stack := m.stack[:0]
	pos, pc := start, int32(0)
	steps := m.steps
	watch := m.start - memoAfter - m.later // when to begin to remember
	if m.runsOn {
		watch = math.MinInt
	}
	outcome := Exhausted

loop:
	for {
		if steps--; steps < 0 {
			break
		}
		i := &code[pc]
		switch i.op {
		case iMatch:
			m.caps[0], m.caps[1] = int32(start), int32(pos)
			outcome = Match
			break loop
		case iByte:
			if pos < len(in) && in[pos] == i.b {
				pos++
				pc++
				continue
			}
		case iSet:
			if pos < len(in) && i.set.Has(in[pos]) {
				pos++
				pc++
				continue
			}
		case iAny:
			if len(in)-pos >= int(i.x) {
				pos += int(i.x)
				pc++
				continue
			}
		case iSetN:
			if len(in)-pos >= int(i.x) {
				e, cost := m.reachOf(i, pos, pos+int(i.x))
				steps -= cost
				if e == pos+int(i.x) {
					pos = e
					pc++
					continue
				}
			}
		case iLit:
			if n := len(i.lit); len(in)-pos >= n && string(in[pos:pos+n]) == string(i.lit) {
				pos += n
				pc++
				continue
			}
		case iLitFold:
			if n := len(i.lit); len(in)-pos >= n && equalMasked(in[pos:pos+n], i.lit, i.mask) {
				pos += n
				pc++
				continue
			}
		case iSpan:
			e, cost := m.reachOf(i, pos, i.limit(in, pos))
			steps -= cost
			if e-pos >= int(i.x) {
				pos = e
				pc++
				continue
			}
		case iGreedy:
			e, cost := m.reachOf(i, pos, i.limit(in, pos))
			steps -= cost
			lo := pos + int(i.x)
			if e < lo {
				break
			}
			q, cost := m.lastStop(i, lo, e)
			steps -= cost
			if q >= 0 {
				if q > lo || m.memoOn {
					stack = append(stack, entry{entryGreedy, pc, int32(lo), int32(q)})
				}
				pos = q
				pc++
				continue
			}
		case iLazy:
			e, cost := m.reachOf(i, pos, i.limit(in, pos))
			steps -= cost
			lo := pos + int(i.x)
			if e < lo {
				break
			}
			q, cost := m.nextStop(i, lo, e)
			steps -= cost
			if q >= 0 {
				if q < e || m.memoOn {
					stack = append(stack, entry{entryLazy, pc, int32(q), int32(e)})
				}
				pos = q
				pc++
				continue
			}
		case iJump:
			pc = i.x
			continue
		case iSplit:
			if steps < watch {
				watch = math.MinInt
				steps -= m.remember()
			}
			if m.memoOn && i.memo > 0 {
				row := m.row(i.memo)
				if m.failed(row, pos) {
					break
				}
				if m.sound(i.memo, pos) {
					stack = append(stack, entry{entryMemo, row, int32(pos), 0})
				}
			}
			if pos < len(in) {
				if i.set != nil && !i.set.Has(in[pos]) {
					pc = i.y
					continue
				}
				if i.set2 != nil && !i.set2.Has(in[pos]) {
					pc = i.x
					continue
				}
			}
			if len(stack) >= maxStack {
				break loop
			}
			stack = append(stack, entry{entryChoice, i.y, int32(pos), 0})
			pc = i.x
			continue
		case iMark, iOpen:
			stack = append(stack, entry{entryReg, i.x, m.regs[i.x], 0})
			m.regs[i.x] = int32(pos)
			pc++
			continue
		case iSkipEmpty:
			if int(m.regs[i.x]) == pos {
				pc = i.y
			} else {
				pc++
			}
			continue
		case iCountInit:
			stack = append(stack, entry{entryReg, i.x, m.regs[i.x], 0})
			m.regs[i.x] = 0
			pc++
			continue
		case iCount:
			if steps < watch {
				watch = math.MinInt
				steps -= m.remember()
			}
			l := i.loop
			n := m.regs[l.count]
			if l.max >= 0 && n >= l.max {
				pc = l.end
				continue
			}
			if m.memoOn && l.memo > 0 {
				row := m.row(l.memo)
				if m.failed(row, pos) {
					break
				}
				if m.sound(l.memo, pos) {
					stack = append(stack, entry{entryMemo, row, int32(pos), 0})
				}
			}
			if len(stack) >= maxStack {
				break loop
			}
			pc++
			if n >= l.min {
				if l.lazy {
					stack = append(stack, entry{entryChoice, pc, int32(pos), 0})
					pc = l.end
					continue
				}
				stack = append(stack, entry{entryChoice, l.end, int32(pos), 0})
			}
			continue
		case iCountNext:
			l := i.loop
			n := m.regs[l.count]
			if l.mark >= 0 && n+1 >= l.min && int(m.regs[l.mark]) == pos {
				pc = l.end
				continue
			}
			stack = append(stack, entry{entryReg, l.count, n, 0})
			m.regs[l.count] = n + 1
			pc = l.head
			continue
		case iCapture:
			m.caps[i.x] = int32(pos)
			pc++
			continue
		case iClose:
			s := 2 * i.x
			stack = append(stack, entry{entryCapture, s, m.caps[s], m.caps[s+1]})
			m.caps[s], m.caps[s+1] = m.regs[i.y], int32(pos)
			pc++
			continue
		case iBackref:
			from, to := m.caps[2*i.x], m.caps[2*i.x+1]
			if n := int(to - from); to >= 0 && len(in)-pos >= n {
				steps -= n >> 2
				if equalText(in[from:to], in[pos:pos+n], i.fold) {
					pos += n
					pc++
					continue
				}
			}
		case iGroupSet:
			if m.caps[2*i.x+1] >= 0 {
				pc++
			} else {
				pc = i.y
			}
			continue
		case iBack:
			if pos >= int(i.x) {
				pos -= int(i.x)
				pc++
				continue
			}
		case iAtomic:
			m.regs[i.x] = int32(len(stack))
			pc++
			continue
		case iLook:
			m.regs[i.x], m.regs[i.x+1] = int32(len(stack)), int32(pos)
			pc++
			continue
		case iNot:
			m.regs[i.x], m.regs[i.x+1] = int32(len(stack)), int32(pos)
			stack = append(stack, entry{entryChoice, i.y, int32(pos), 0})
			pc++
			continue
		case iAtomicEnd, iLookEnd:
			height := int(m.regs[i.x])
			steps -= (len(stack) - height) >> 2
			stack = cut(stack, height)
			if i.op == iLookEnd {
				pos = int(m.regs[i.x+1])
			}
			pc++
			continue
		case iNotEnd:
			height := int(m.regs[i.x])
			steps -= (len(stack) - height) >> 2
			for len(stack) > height {
				m.undo(stack[len(stack)-1])
				stack = stack[:len(stack)-1]
			}
			if i.y >= 0 {
				pos = int(m.regs[i.x+1])
				pc = i.y
				continue
			}
		case iFail:
		default:
			if m.holds(i.op, pos) {
				pc++
				continue
			}
		}

		// Failed here: back to the last choice.
		if steps < watch {
			watch = math.MinInt
			steps -= m.remember()
		}
	back:
		for {
			if len(stack) == 0 {
				outcome = NoMatch
				break loop
			}
			f := &stack[len(stack)-1]
			switch f.kind {
			case entryChoice:
				pc, pos = f.pc, int(f.a)
				stack = stack[:len(stack)-1]
				break back
			case entryGreedy:
				q, cost := m.shorter(&code[f.pc], f)
				steps -= cost
				if q >= 0 {
					pc, pos = f.pc+1, q
					f.b = int32(q)
					if q == int(f.a) && !m.memoOn {
						stack = stack[:len(stack)-1]
					}
					break back
				}
			case entryLazy:
				q, cost := m.longer(&code[f.pc], f)
				steps -= cost
				if q >= 0 {
					pc, pos = f.pc+1, q
					f.a = int32(q)
					if q == int(f.b) && !m.memoOn {
						stack = stack[:len(stack)-1]
					}
					break back
				}
			case entryMemo:
				m.fail(f.pc, int(f.a))
			default:
				m.undo(*f)
			}
			stack = stack[:len(stack)-1]
			if steps--; steps < 0 {
				break loop
			}
		}
	}
	m.stack, m.steps = stack, steps
	return outcome
}

func (m *machine) undo(f entry) {
	switch f.kind {
	case entryReg:
		m.regs[f.pc] = f.a
	case entryCapture:
		m.caps[f.pc], m.caps[f.pc+1] = f.a, f.b
	}
}

// cut drops the choices above height and keeps what must be undone.
func cut(stack []entry, height int) []entry {
	kept := height
	for _, f := range stack[height:] {
		if f.kind == entryReg || f.kind == entryCapture {
			stack[kept] = f
			kept++
		}
	}
	return stack[:kept]
}

// holds reports whether an assertion is true at pos.
func (m *machine) holds(op opcode, pos int) bool {
	in := m.in
	switch op {
	case iBegin:
		return pos == 0
	case iEnd:
		return pos == len(in)
	case iEndLine:
		return pos == len(in) || pos == len(in)-1 && in[pos] == '\n'
	case iBeginMulti: // PCRE: not behind the last byte of the input
		return pos == 0 || pos < len(in) && in[pos-1] == '\n'
	case iEndMulti:
		return pos == len(in) || in[pos] == '\n'
	case iWord, iNotWord:
		before := pos > 0 && isWord(in[pos-1])
		after := pos < len(in) && isWord(in[pos])
		return (before != after) == (op == iWord)
	}
	return false
}

func equalMasked(in, lit, mask []byte) bool {
	lit, mask = lit[:len(in)], mask[:len(in)]
	for i, b := range in {
		if b|mask[i] != lit[i] {
			return false
		}
	}
	return true
}

func equalText(a, b []byte, fold bool) bool {
	if !fold {
		return string(a) == string(b)
	}
	for i, c := range a {
		if d := b[i]; c != d && (c^d != 0x20 || !isLetter(c)) {
			return false
		}
	}
	return true
}
