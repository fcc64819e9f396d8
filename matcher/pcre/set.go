package pcre

import "math/bits"

// The classes of PCRE in the C locale: ASCII only, and VT is white space.
// pcre2pattern(3), "Generic character types" and "POSIX character classes".

func rangeSet(lo, hi int) (s Set) {
	for b := lo; b <= hi; b++ {
		s.Add(byte(b))
	}
	return s
}

func allSet() Set   { return Set{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)} }
func digitSet() Set { return Set{0x3ff << 48} }
func spaceSet() Set { return Set{1<<9 | 1<<10 | 1<<11 | 1<<12 | 1<<13 | 1<<32} }

// wordSet is [A-Za-z0-9_].
func wordSet() Set { return Set{0x3ff << 48, 0x07fffffe<<32 | 0x07fffffe | 1<<31} }

// hspaceSet is \h: blank, tab and the Latin-1 no-break space.
func hspaceSet() (s Set) {
	s.Add('\t')
	s.Add(' ')
	s.Add(0xa0)
	return s
}

// vspaceSet is \v: LF, VT, FF, CR and the Latin-1 NEL.
func vspaceSet() (s Set) {
	s = rangeSet('\n', '\r')
	s.Add(0x85)
	return s
}

func notNewlineSet() Set { return singleSet('\n').not() }

func singleSet(b byte) (s Set) {
	s.Add(b)
	return s
}

// byteSet is the set of one literal byte, in both cases when fold is set.
func byteSet(b byte, fold bool) (s Set) {
	s.Add(b)
	if fold && isLetter(b) {
		s.Add(b ^ 0x20)
	}
	return s
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
func isDigit(b byte) bool  { return b >= '0' && b <= '9' }
func isWord(b byte) bool   { return isLetter(b) || isDigit(b) || b == '_' }
func isSpace(b byte) bool  { return b == ' ' || b >= '\t' && b <= '\r' }

func (s Set) not() Set { return Set{^s[0], ^s[1], ^s[2], ^s[3]} }

func (s Set) or(t Set) Set { return Set{s[0] | t[0], s[1] | t[1], s[2] | t[2], s[3] | t[3]} }

func (s Set) and(t Set) Set { return Set{s[0] & t[0], s[1] & t[1], s[2] & t[2], s[3] & t[3]} }

func (s Set) empty() bool { return s[0]|s[1]|s[2]|s[3] == 0 }

// Len is the number of bytes in the set.
func (s *Set) Len() int {
	return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) + bits.OnesCount64(s[2]) + bits.OnesCount64(s[3])
}

// First is the lowest byte of the set; 0 when the set is empty.
func (s *Set) First() byte {
	for i, w := range s {
		if w != 0 {
			return byte(i<<6 + bits.TrailingZeros64(w))
		}
	}
	return 0
}

// fold adds the other case of every ASCII letter in the set.
func (s Set) fold() Set {
	const upper = 0x07fffffe
	w := s[1]
	s[1] |= (w&upper)<<32 | w>>32&upper
	return s
}

// posixSet is the class called name in [:name:]; fold makes upper and lower
// mean alpha, as PCRE does.
func posixSet(name string, fold bool) (s Set, ok bool) {
	upper, lower := rangeSet('A', 'Z'), rangeSet('a', 'z')
	alpha := upper.or(lower)
	switch name {
	case "alpha":
		return alpha, true
	case "upper", "lower":
		switch {
		case fold:
			return alpha, true
		case name == "upper":
			return upper, true
		}
		return lower, true
	case "alnum":
		return alpha.or(digitSet()), true
	case "ascii":
		return rangeSet(0, 127), true
	case "blank":
		s.Add(' ')
		s.Add('\t')
		return s, true
	case "cntrl":
		return rangeSet(0, 31).or(singleSet(127)), true
	case "digit":
		return digitSet(), true
	case "graph":
		return rangeSet(33, 126), true
	case "print":
		return rangeSet(32, 126), true
	case "punct":
		return rangeSet(33, 126).and(alpha.or(digitSet()).not()), true
	case "space":
		return spaceSet(), true
	case "word":
		return wordSet(), true
	case "xdigit":
		return digitSet().or(rangeSet('A', 'F')).or(rangeSet('a', 'f')), true
	}
	return s, false
}
