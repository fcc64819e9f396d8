package pcre

// MemoAfter is after how many steps the machine begins to remember failures.
const MemoAfter = memoAfter

// RememberAtOnce makes matches with b remember failures from the first step
// on, which otherwise only long searches do.
func RememberAtOnce(b *Budget) { b.machine.later = -memoAfter - 1 }

// Counted is p.Regexp with every repeated group counted instead of unrolled.
func Counted(p *Pattern) *Regexp {
	re := p.Regexp()
	re.once.Do(func() { re.prog = newProgram(p, 0) })
	return re
}
