package pcre

import "math/bits"

// remember turns the memory of failures on, unless it would take too much,
// and returns what that cost.
func (m *machine) remember() int {
	n := len(m.prog.memos)
	m.stride = len(m.in)>>6 + 1
	words := n * m.stride
	if words > maxMemoBits/64 {
		return 0
	}
	if cap(m.memo) < words {
		m.memo = make([]uint64, words)
	} else {
		m.memo = m.memo[:words]
		clear(m.memo)
	}
	if cap(m.reaches) < n {
		m.reaches = make([]reached, n)
	} else {
		m.reaches = m.reaches[:n]
		clear(m.reaches)
	}
	m.memoOn = true
	return words >> 3
}

// row is the memory of one choice: a bit per position.
func (m *machine) row(memo int32) []uint64 {
	at := int(memo-1) * m.stride
	return m.memo[at : at+m.stride]
}

func (m *machine) failed(memo int32, pos int) bool {
	return m.row(memo)[pos>>6]&(1<<(pos&63)) != 0
}

func (m *machine) fail(memo int32, pos int) {
	m.row(memo)[pos>>6] |= 1 << (pos & 63)
}

// sound reports whether a failure at pos can be remembered. In a round of a
// loop that has consumed nothing yet, less is tried than in one that has: such
// a failure says nothing of the other case, while the other's holds for it.
func (m *machine) sound(memo int32, pos int) bool {
	for _, r := range m.prog.memos[memo-1] {
		if int(m.regs[r]) == pos {
			return false
		}
	}
	return true
}

// lastOpen is the last position between lo and hi that has not failed.
func (m *machine) lastOpen(memo int32, lo, hi int) (q, cost int) {
	row := m.row(memo)
	for w := hi >> 6; w >= lo>>6; w-- {
		open := ^row[w]
		if w == hi>>6 {
			open &= ^uint64(0) >> (63 - hi&63)
		}
		if open != 0 {
			if q = w<<6 + 63 - bits.LeadingZeros64(open); q >= lo {
				return q, cost
			}
			return -1, cost
		}
		cost++
	}
	return -1, cost
}

// nextOpen is the first position between lo and hi that has not failed.
func (m *machine) nextOpen(memo int32, lo, hi int) (q, cost int) {
	row := m.row(memo)
	for w := lo >> 6; w <= hi>>6; w++ {
		open := ^row[w]
		if w == lo>>6 {
			open &= ^uint64(0) << (lo & 63)
		}
		if open != 0 {
			if q = w<<6 + bits.TrailingZeros64(open); q <= hi {
				return q, cost
			}
			return -1, cost
		}
		cost++
	}
	return -1, cost
}
