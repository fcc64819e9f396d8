package pcre

import "bytes"

// limit is how far from pos a loop of one byte may go.
func (i *inst) limit(in []byte, pos int) int {
	if i.y >= 0 && len(in)-pos > int(i.y) {
		return pos + int(i.y)
	}
	return len(in)
}

// reach is the end of the run of bytes of the loop's set from pos.
func (i *inst) reach(in []byte, pos, limit int) int {
	switch i.span {
	case spanAll:
		return limit
	case spanNot:
		if n := bytes.IndexByte(in[pos:limit], i.b); n >= 0 {
			return pos + n
		}
		return limit
	}
	set := i.set
	for n, b := range in[pos:limit] {
		if !set.Has(b) {
			return pos + n
		}
	}
	return limit
}

// reachOf is reach up to limit, from memory once that is on: hostile input
// makes a loop begin at each byte of a long run.
func (m *machine) reachOf(i *inst, pos, limit int) (end, cost int) {
	if i.span == spanAll {
		return limit, 0
	}
	if !m.runsOn {
		e := i.reach(m.in, pos, limit)
		return e, (e - pos) >> 2
	}
	r := &m.runs[i.run]
	switch from, to := int(r.from), int(r.to); {
	case pos >= from && pos <= to:
	case pos < from && from <= to: // perhaps it joins the run known
		e := i.reach(m.in, pos, from)
		cost = (e - pos) >> 2
		if e < from {
			r.to = int32(e)
		}
		r.from = int32(pos)
	default:
		e := i.reach(m.in, pos, len(m.in))
		cost = (e - pos) >> 2
		*r = run{int32(pos), int32(e)}
	}
	return min(int(r.to), limit), cost
}

// lastStop is the last position between lo and hi where what follows the loop
// could begin; -1 if there is none.
func (m *machine) lastStop(i *inst, lo, hi int) (q, cost int) {
	in := m.in
	switch {
	case m.memoOn && i.memo > 0:
		return m.lastOpen(m.row(i.memo), lo, hi)
	case len(i.lit) > 0:
		for hi >= lo {
			end := min(hi+1, len(in))
			n := bytes.LastIndexByte(in[lo:end], i.lit[0])
			if n < 0 {
				return -1, cost + (end-lo)>>2
			}
			cost += (end-lo-n)>>2 + 1
			if bytes.HasPrefix(in[lo+n:], i.lit) {
				return lo + n, cost
			}
			hi = lo + n - 1
		}
		return -1, cost
	case i.set2 != nil:
		q = hi
		for q >= lo && q < len(in) && !i.set2.Has(in[q]) {
			q--
		}
		if q < lo {
			return -1, (hi - q) >> 2
		}
		return q, (hi - q) >> 2
	}
	return hi, 0
}

// nextStop is the first such position.
func (m *machine) nextStop(i *inst, lo, hi int) (q, cost int) {
	in := m.in
	switch {
	case m.memoOn && i.memo > 0:
		return m.nextOpen(m.row(i.memo), lo, hi)
	case len(i.lit) > 0:
		end := min(hi+len(i.lit), len(in))
		n := bytes.Index(in[lo:end], i.lit)
		if n < 0 {
			return -1, (end - lo) >> 3
		}
		return lo + n, n >> 3
	case i.set2 != nil:
		q = lo
		for q < hi && !i.set2.Has(in[q]) {
			q++
		}
		cost = (q - lo) >> 2
		if q < len(in) && !i.set2.Has(in[q]) {
			return -1, cost
		}
		return q, cost
	}
	return lo, 0
}

// shorter is the next position for a greedy loop whose last one has failed.
func (m *machine) shorter(i *inst, f *entry) (q, cost int) {
	last, row := int(f.b), m.forget(i, int(f.b))
	if q = -1; last > int(f.a) {
		q, cost = m.lastStop(i, int(f.a), last-1)
	}
	if row >= 0 {
		m.stretches[row].cover(last, last)
	}
	return q, cost + 2
}

// longer is the next position for a lazy loop whose last one has failed.
func (m *machine) longer(i *inst, f *entry) (q, cost int) {
	last, row := int(f.a), m.forget(i, int(f.a))
	if q = -1; last < int(f.b) {
		q, cost = m.nextStop(i, last+1, int(f.b))
	}
	if row >= 0 {
		m.stretches[row].cover(last, last)
	}
	return q, cost + 2
}

// forget notes that a loop need not stop at pos again, in the row returned; -1
// if that is not remembered.
func (m *machine) forget(i *inst, pos int) int32 {
	if !m.memoOn || i.memo == 0 || !m.sound(i.memo, pos) {
		return -1
	}
	row := m.row(i.memo)
	m.fail(row, pos)
	m.stretches[row].cover(pos, pos)
	return row
}
