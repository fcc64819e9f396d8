package matcher

// chain is an ordered list of lines to try: the lines of a probe and of those it
// falls back to, or every line of a transport. It never changes once built.
type chain struct {
	ids []int32  // places in DB.lines, in the order of trial
	sel selector // nil: every line is a candidate
}

// A selector looks at a response once and says which lines of its chain may
// match it. It may name a line that does not match, never leave out one that
// does. It is safe for use by several goroutines.
type selector interface {
	// candidates appends to dst the places in chain.ids, ascending and without
	// repetition, whose lines may match data.
	candidates(dst []int32, data []byte) []int32
}

// newSelector builds the selector of a chain, or nil if it has none.
func newSelector(lines []*Line, ids []int32) selector { return nil }
