package pcre

// class reads a bracketed class into a set.
func (p *parser) class() *Node {
	start := p.pos
	if p.has("[[:<:]]") || p.has("[[:>:]]") {
		return p.wordEdge()
	}
	if _, _, ok := p.posixName(); ok {
		p.fail(start, "POSIX named classes are supported only within a class")
		return nil
	}
	p.pos++
	var s Set
	p.classSkip()
	negate := !p.quote && p.peek() == '^' && p.pos < len(p.src)
	if negate {
		p.pos++
	}
	for first := true; ; first = false {
		p.classSkip()
		if p.err != nil {
			return nil
		}
		if p.pos >= len(p.src) {
			p.fail(start, "missing terminating ] for character class")
			return nil
		}
		if p.src[p.pos] == ']' && !first && !p.quote {
			p.pos++
			break
		}
		member := p.classMember()
		if p.err != nil {
			return nil
		}
		s = s.or(member)
	}
	if negate {
		s = s.not()
	}
	n := p.set(s)
	n.class = true
	return n
}

// classMember reads a byte, a set or a range in a class.
func (p *parser) classMember() (s Set) {
	fold := p.opts&optCaseless != 0
	lo, s, isSet := p.classItem()
	if p.err != nil {
		return s
	}
	dash := p.pos
	isRange, hi := p.classRange(isSet)
	switch {
	case p.err != nil || isSet:
		return s
	case !isRange:
		return byteSet(lo, fold)
	case hi < lo:
		p.fail(dash, "range out of order in character class")
		return s
	}
	s = rangeSet(int(lo), int(hi))
	if fold {
		s = s.fold()
	}
	return s
}

// classSkip passes over \Q and \E, and over blanks under (?xx).
func (p *parser) classSkip() {
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case p.has(`\E`):
			p.quote = false
			p.pos += 2
		case p.quote:
			return
		case p.has(`\Q`):
			p.quote = true
			p.pos += 2
		case p.opts&optMore != 0 && (c == ' ' || c == '\t'):
			p.pos++
		default:
			return
		}
	}
}

// classItem reads one byte, or one set such as \d or [:alpha:].
func (p *parser) classItem() (b byte, s Set, isSet bool) {
	c := p.src[p.pos]
	if p.quote {
		p.pos++
		return c, s, false
	}
	switch c {
	case '[':
		if name, end, ok := p.posixName(); ok {
			start := p.pos
			if p.src[p.pos+1] != ':' {
				p.fail(start, "POSIX collating elements are not supported")
				return 0, s, false
			}
			negate := name != "" && name[0] == '^'
			if negate {
				name = name[1:]
			}
			if s, ok = posixSet(name, p.opts&optCaseless != 0); !ok {
				p.fail(start, "unknown POSIX class name %q", name)
			}
			if negate {
				s = s.not()
			}
			p.pos = end
			return 0, s, true
		}
	case '\\':
		if p.pos+1 < len(p.src) {
			switch e := p.src[p.pos+1]; e {
			case 'b':
				p.pos += 2
				return '\b', s, false
			case 'N', 'R', 'B':
				p.fail(p.pos, `\%c is not supported in a class`, e)
				return 0, s, false
			case 'A', 'Z', 'z', 'G', 'g', 'k':
				p.fail(p.pos, `\%c is invalid in a class`, e)
				return 0, s, false
			default:
				if s, ok := escapeClass(e); ok {
					p.pos += 2
					return 0, s, true
				}
			}
		}
		return p.escapedByte(), s, false
	}
	p.pos++
	return c, s, false
}

// classRange reads "-x" behind an item, unless the hyphen is literal.
func (p *parser) classRange(afterSet bool) (ok bool, hi byte) {
	back, quote := p.pos, p.quote
	p.classSkip()
	if p.pos >= len(p.src) || p.src[p.pos] != '-' || p.quote {
		p.pos, p.quote = back, quote
		return false, 0
	}
	dash := p.pos
	p.pos++
	p.classSkip()
	if p.pos >= len(p.src) || p.src[p.pos] == ']' && !p.quote {
		p.pos, p.quote = back, quote // a hyphen at the end stands for itself
		return false, 0
	}
	if afterSet {
		p.fail(dash, "invalid range in character class")
		return false, 0
	}
	hi, _, isSet := p.classItem()
	if isSet {
		p.fail(dash, "invalid range in character class")
	}
	return true, hi
}

// posixName reports whether [:name:], [.name.] or [=name=] starts here, and
// where it ends. As in PCRE2 a ], a backslash before ] or a second opening
// ends the search.
func (p *parser) posixName() (name string, end int, ok bool) {
	if len(p.src)-p.pos < 4 || p.src[p.pos] != '[' {
		return "", 0, false
	}
	t := p.src[p.pos+1]
	if t != ':' && t != '.' && t != '=' {
		return "", 0, false
	}
	for i := p.pos + 2; i+1 < len(p.src); i++ {
		c, d := p.src[i], p.src[i+1]
		switch {
		case c == '\\' && (d == ']' || d == '\\'):
			i++
		case c == '[' && d == t || c == ']':
			return "", 0, false
		case c == t && d == ']':
			return string(p.src[p.pos+2 : i]), i + 2, true
		}
	}
	return "", 0, false
}

// wordEdge is [[:<:]] and [[:>:]], the start and the end of a word.
func (p *parser) wordEdge() *Node {
	start := p.has("[[:<:]]")
	p.pos += len("[[:<:]]")
	look := p.wrap(OpLook, p.set(wordSet()))
	look.Behind = !start
	n := p.node(OpCat)
	n.Sub = p.list(p.node(OpWord), look)
	return n
}

// name reads a group's name up to the byte that ends it, and passes that.
func (p *parser) name(end byte) string {
	start := p.pos
	for p.pos < len(p.src) && isWord(p.src[p.pos]) {
		p.pos++
	}
	name := p.src[start:p.pos]
	switch {
	case len(name) == 0:
		p.fail(start, "group name expected")
	case isDigit(name[0]):
		p.fail(start, "group name must start with a non-digit")
	case len(name) > maxName:
		p.fail(start, "group name is too long (at most %d)", maxName)
	case p.pos >= len(p.src) || p.src[p.pos] != end:
		p.fail(p.pos, "syntax error in group name (missing %q?)", end)
	default:
		p.pos++
	}
	return string(name)
}
