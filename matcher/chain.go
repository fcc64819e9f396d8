package matcher

// chain is an ordered list of lines to try: the lines of a probe and of those it
// falls back to, or every line of a transport. It never changes once built.
type chain struct {
	ids   []int32  // places in DB.lines, in the order of trial
	order []uint32 // by probe: what the prefilter calls the order of lists
}
