package pcre

// RememberAtOnce makes matches with b remember failures from the first step
// on, which otherwise only long searches do.
func RememberAtOnce(b *Budget) { b.machine.later = -memoAfter - 1 }
