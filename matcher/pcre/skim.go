package pcre

import "strings"

// Skimmed is a part of what Facts say, told for a small part of the work: bytes of the
// pattern that stand for themselves, and for nothing else.
type Skimmed struct {
	// Texts: a subject that matches has each of them.
	Texts []Literal
	// First is what a subject that matches begins with, -1 if that is not known.
	First int
}

// Skimmer skims one pattern after the other in memory it keeps. It must not be used by two
// goroutines at once.
type Skimmer struct {
	Least int // bytes of a text; shorter ones are left out

	found Skimmed
	src   string
	pos   int
	fold  bool
	text  []byte  // of the texts found; what stands from from on may grow
	from  int     // in text
	open  []level // groups around the current place
	place place
}

// level is a group.
type level struct {
	texts int  // how many were found before it
	loose bool // no text in it must be there: it has branches, or only looks ahead
}

// place says how much of the pattern was read.
type place uint8

const (
	atStart place = iota
	atFirst       // behind ^
	further
)

// Skim returns what a match of the pattern requires as far as its text shows it, without
// building a tree. It knows the common forms of the grammar and returns nil for a pattern with
// another one; of a pattern that Parse refuses it may say anything. The result is valid until
// the next call.
func (s *Skimmer) Skim(pattern string, flags Flags) *Skimmed {
	s.found = Skimmed{Texts: s.found.Texts[:0], First: -1}
	s.src, s.pos, s.fold = pattern, 0, flags&Caseless != 0
	s.text, s.from, s.open, s.place = s.text[:0], 0, s.open[:0], atStart
	for s.pos < len(s.src) {
		if !s.step() {
			return nil
		}
	}
	s.cut()
	if len(s.open) > 0 {
		return nil
	}
	return &s.found
}

// shape is what a byte may begin outside of a class.
type shape uint8

const (
	plain      shape = iota // itself
	quantifier              // of what stands before it
	anchor                  // a place, or any byte
	structure               // something longer
)

var shapes = [256]shape{
	'?': quantifier, '*': quantifier, '+': quantifier, '{': quantifier,
	'^': anchor, '$': anchor, '.': anchor,
	'\\': structure, '[': structure, '(': structure, ')': structure, '|': structure,
}

// step reads on, and reports whether it could.
func (s *Skimmer) step() bool {
	c := s.src[s.pos]
	switch shapes[c] {
	case plain:
		s.plain()
		return true
	case quantifier:
		if c != '{' || s.repeats() { // that is one of nothing
			return false
		}
		s.pos++
		s.item(c)
		return true
	case anchor:
		s.cut()
		s.pos++
		if c == '^' && s.place == atStart {
			s.place = atFirst
			return true
		}
		s.place = further
		s.times()
		return true
	}
	switch c {
	case '\\':
		return s.escape()
	case '[':
		return s.class()
	case '(':
		return s.enter()
	}
	if len(s.open) == 0 {
		return false // a choice of whole patterns
	}
	s.cut()
	s.pos++
	if c == '|' {
		s.open[len(s.open)-1].loose = true
		return true
	}
	l := s.open[len(s.open)-1]
	s.open = s.open[:len(s.open)-1]
	if least, _ := s.times(); least == 0 || l.loose {
		s.found.Texts = s.found.Texts[:l.texts]
	}
	return true
}

// plain takes bytes that stand for themselves.
func (s *Skimmer) plain() {
	end := s.pos + 1
	for end < len(s.src) && shapes[s.src[end]] == plain {
		end++
	}
	if end < len(s.src) && shapes[s.src[end]] == quantifier {
		end--
		s.take(s.src[s.pos:end])
		s.pos = end + 1
		s.item(s.src[end])
		return
	}
	s.take(s.src[s.pos:end])
	s.pos = end
}

// item takes a byte, of which the quantifier may come next.
func (s *Skimmer) item(b byte) {
	least, most := s.times()
	if least == 0 {
		s.cut()
		s.place = further
		return
	}
	s.takeOne(b)
	if most != 1 {
		s.cut()
	}
}

// set takes what stands for one of several bytes, of which the quantifier may come next.
func (s *Skimmer) set() {
	s.cut()
	s.place = further
	s.times()
}

// escape reads what a backslash begins.
func (s *Skimmer) escape() bool {
	if s.pos+1 == len(s.src) {
		return false
	}
	c := s.src[s.pos+1]
	s.pos += 2
	switch c {
	case 'r':
		c = '\r'
	case 'n':
		c = '\n'
	case 't':
		c = '\t'
	case '0':
		if s.pos < len(s.src) && isDigit(s.src[s.pos]) {
			return false
		}
		c = 0
	case 'x':
		if s.pos+2 > len(s.src) {
			return false
		}
		hi, lo := digit(s.src[s.pos]), digit(s.src[s.pos+1])
		if hi > 15 || lo > 15 {
			return false
		}
		s.pos += 2
		c = byte(hi<<4 | lo)
	case 'd', 'D', 's', 'S', 'w', 'W', 'b', 'B':
		s.set()
		return true
	default:
		if isLetter(c) || isDigit(c) {
			return false
		}
	}
	s.item(c)
	return true
}

// class passes over a bracketed class.
func (s *Skimmer) class() bool {
	i := s.pos + 1
	if i < len(s.src) && s.src[i] == '^' {
		i++
	}
	for first := i; i < len(s.src); i++ {
		switch s.src[i] {
		case '\\':
			if i++; i < len(s.src) && (s.src[i] == 'Q' || s.src[i] == 'E') {
				return false
			}
		case '[':
			if i+1 < len(s.src) && strings.IndexByte(":.=", s.src[i+1]) >= 0 {
				return false // perhaps a name
			}
		case ']':
			if i > first {
				s.pos = i + 1
				s.set()
				return true
			}
		}
	}
	return false
}

// enter begins a group.
func (s *Skimmer) enter() bool {
	s.cut()
	s.place = further
	l := level{texts: len(s.found.Texts)}
	rest := s.src[s.pos+1:]
	switch {
	case rest == "" || rest[0] == '*':
		return false
	case rest[0] != '?':
		s.pos++
	case strings.HasPrefix(rest, "?:"):
		s.pos += 3
	case strings.HasPrefix(rest, "?!"), strings.HasPrefix(rest, "?="):
		l.loose = true
		s.pos += 3
	case strings.HasPrefix(rest, "?s:"):
		s.pos += 4
	default:
		return false
	}
	s.open = append(s.open, l)
	return true
}

// times reads the quantifier that may come next; most is not 1 if there is one.
func (s *Skimmer) times() (least, most int) {
	if s.pos == len(s.src) || shapes[s.src[s.pos]] != quantifier {
		return 1, 1
	}
	switch s.src[s.pos] {
	case '?', '*':
		least = 0
	case '+':
		least = 1
	case '{':
		if !s.repeats() {
			return 1, 1
		}
		least = 1
		if s.src[s.pos+1] == '0' {
			least = 0 // or {01}: then less is said than could be
		}
		s.pos += strings.IndexByte(s.src[s.pos:], '}')
	}
	s.pos++
	if s.pos < len(s.src) && (s.src[s.pos] == '?' || s.src[s.pos] == '+') {
		s.pos++
	}
	return least, -1
}

// repeats reports whether the brace here begins {n}, {n,} or {n,m}.
func (s *Skimmer) repeats() bool {
	i, digits := s.pos+1, 0
	for ; i < len(s.src) && isDigit(s.src[i]); i++ {
		digits++
	}
	if digits > 0 && i < len(s.src) && s.src[i] == ',' {
		for i++; i < len(s.src) && isDigit(s.src[i]); i++ {
		}
	}
	return digits > 0 && i < len(s.src) && s.src[i] == '}'
}

// takeOne lets the text go on with b.
func (s *Skimmer) takeOne(b byte) {
	if s.place == atFirst && !(s.fold && isLetter(b)) {
		s.found.First = int(b)
	}
	s.place = further
	if len(s.text)-s.from == maxWord {
		s.cut()
	}
	s.text = append(s.text, b)
}

// take lets the text go on with b.
func (s *Skimmer) take(b string) {
	if b == "" {
		return
	}
	s.takeOne(b[0])
	b = b[1:]
	for len(b) > maxWord-(len(s.text)-s.from) {
		n := maxWord - (len(s.text) - s.from)
		s.text = append(s.text, b[:n]...)
		s.cut()
		b = b[n:]
	}
	s.text = append(s.text, b...)
}

// cut ends the text: what comes next need not touch it.
func (s *Skimmer) cut() {
	text := s.text[s.from:len(s.text):len(s.text)]
	if len(text) < max(s.Least, 1) {
		s.text = s.text[:s.from]
		return
	}
	if s.fold {
		lowerAll(text)
	}
	s.found.Texts = append(s.found.Texts, Literal{text, s.fold && hasLetter(text)})
	s.from = len(s.text)
}
