package pcre

import "math/bits"

// remember turns the memory of runs and failures on, the latter unless it
// would take too much, and returns what that cost.
func (m *machine) remember() int {
	m.runsOn = true
	if n := m.prog.runs; cap(m.runs) < n {
		m.runs = make([]run, n)
	} else {
		m.runs = m.runs[:n]
	}
	for i := range m.runs {
		m.runs[i] = run{1, 0}
	}
	m.stride = len(m.in)>>6 + 1
	words := m.prog.rows * m.stride
	if words == 0 || words > maxMemoBits/64 {
		return 0
	}
	if cap(m.memo) < words {
		m.memo = make([]uint64, words)
	} else {
		m.memo = m.memo[:words]
		clear(m.memo)
	}
	if n := m.prog.rows; cap(m.stretches) < n {
		m.stretches = make([]stretch, n)
	} else {
		m.stretches = m.stretches[:n]
	}
	for i := range m.stretches {
		m.stretches[i] = stretch{1, 0}
	}
	m.memoOn = true
	return words >> 3
}

// row is the number of the row for a choice in the rounds its loops are in.
func (m *machine) row(memo int32) int32 {
	p := &m.prog.memos[memo-1]
	row := p.row
	for _, t := range p.counts {
		row += min(m.regs[t.reg], t.most) * t.stride
	}
	return row
}

func (m *machine) bits(row int32) []uint64 {
	at := int(row) * m.stride
	return m.memo[at : at+m.stride]
}

func (m *machine) failed(row int32, pos int) bool {
	return m.bits(row)[pos>>6]&(1<<(pos&63)) != 0
}

func (m *machine) fail(row int32, pos int) {
	m.bits(row)[pos>>6] |= 1 << (pos & 63)
}

// sound reports whether a failure at pos can be remembered. In a round of a
// loop that has consumed nothing yet, less is tried than in one that has: such
// a failure says nothing of the other case, while the other's holds for it.
func (m *machine) sound(memo int32, pos int) bool {
	for _, r := range m.prog.memos[memo-1].marks {
		if int(m.regs[r]) == pos {
			return false
		}
	}
	return true
}

// stretch is a range of positions that have all failed; from > to is none.
type stretch struct{ from, to int32 }

// cover notes that everything from from to to has failed, joining it to the
// stretch that is known where they touch, else keeping the longer one.
func (s *stretch) cover(from, to int) {
	f, t := int32(from), int32(to)
	switch {
	case f > t:
	case f <= s.to+1 && t >= s.from-1 && s.from <= s.to:
		s.from, s.to = min(s.from, f), max(s.to, t)
	case t-f >= s.to-s.from:
		s.from, s.to = f, t
	}
}

// lastOpen is the last position between lo and hi that has not failed, -1 if
// there is none. The stretch saves looking at the same bits again and again.
func (m *machine) lastOpen(row int32, lo, hi int) (q, cost int) {
	known := &m.stretches[row]
	top := hi
	if int(known.from) <= hi && hi <= int(known.to) {
		hi = int(known.from) - 1
	}
	q = hi
	if hi >= lo {
		q, cost = lastZero(m.bits(row), lo, hi)
	}
	known.cover(max(q+1, lo), top)
	if q < lo {
		q = -1
	}
	return q, cost
}

// nextOpen is the first such position.
func (m *machine) nextOpen(row int32, lo, hi int) (q, cost int) {
	known := &m.stretches[row]
	bottom := lo
	if int(known.from) <= lo && lo <= int(known.to) {
		lo = int(known.to) + 1
	}
	q = lo
	if lo <= hi {
		q, cost = nextZero(m.bits(row), lo, hi)
	}
	known.cover(bottom, min(q-1, hi))
	if q > hi {
		q = -1
	}
	return q, cost
}

// lastZero is the last bit from lo to hi that is not set, else lo-1.
func lastZero(row []uint64, lo, hi int) (q, cost int) {
	for w := hi >> 6; w >= lo>>6; w-- {
		open := ^row[w]
		if w == hi>>6 {
			open &= ^uint64(0) >> (63 - hi&63)
		}
		if open != 0 {
			return max(w<<6+63-bits.LeadingZeros64(open), lo-1), cost
		}
		cost++
	}
	return lo - 1, cost
}

// nextZero is the first bit from lo to hi that is not set, else hi+1.
func nextZero(row []uint64, lo, hi int) (q, cost int) {
	for w := lo >> 6; w <= hi>>6; w++ {
		open := ^row[w]
		if w == lo>>6 {
			open &= ^uint64(0) << (lo & 63)
		}
		if open != 0 {
			return min(w<<6+bits.TrailingZeros64(open), hi+1), cost
		}
		cost++
	}
	return hi + 1, cost
}
