package pcre

// escape reads what starts with a backslash, outside a class.
func (p *parser) escape() (n *Node, repeatable bool) {
	start := p.pos
	if start+1 >= len(p.src) {
		p.fail(start, `\ at end of pattern`)
		return nil, false
	}
	c := p.src[start+1]
	if s, ok := escapeClass(c); ok {
		p.pos += 2
		return p.set(s), true
	}
	if n := p.assertion(c); n != nil {
		p.pos += 2
		return n, false
	}
	switch c {
	case 'N':
		p.pos += 2
		if p.peek() == '{' {
			if _, _, _, ok := p.counts(); !ok {
				p.fail(start, `\N{name} is not supported`)
			}
		}
		return p.set(notNewlineSet()), true
	case 'R':
		p.pos += 2
		return p.lineBreak(), true
	case 'g', 'k':
		return p.namedReference(), true
	}
	if n := p.numberedReference(); n != nil {
		return n, true
	}
	b := p.escapedByte()
	if p.err != nil {
		return nil, false
	}
	return p.literal(b), true
}

// assertion is the node of an escape that matches a place and no byte, or nil.
func (p *parser) assertion(c byte) *Node {
	var n *Node
	switch c {
	case 'b', 'B':
		n = p.node(OpWord)
		n.Negate = c == 'B'
	case 'A':
		n = p.node(OpBegin)
	case 'Z':
		n = p.node(OpEndLine)
	case 'z':
		n = p.node(OpEnd)
	case 'G':
		n = p.node(OpStartPos)
	}
	return n
}

// numberedReference reads \1 and its like, and returns nil for what stands for a byte: \1 to
// \9 always refer back; more digits do so when there are that many groups before, or when
// they cannot be octal.
func (p *parser) numberedReference() *Node {
	start := p.pos
	c := p.src[start+1]
	if c < '1' || c > '9' {
		return nil
	}
	i, num := start+1, 0
	for ; i < len(p.src) && isDigit(p.src[i]); i++ {
		num = min(num*10+int(p.src[i]-'0'), maxGroups+1)
	}
	if num >= 10 && c < '8' && num > p.groups {
		return nil
	}
	p.pos = i
	return p.backref(num, "", start)
}

// escapeClass is the set of \d and its like; they mean the same in a class.
func escapeClass(c byte) (s Set, ok bool) {
	switch c {
	case 'd', 'D':
		s = digitSet()
	case 's', 'S':
		s = spaceSet()
	case 'w', 'W':
		s = wordSet()
	case 'h', 'H':
		s = hspaceSet()
	case 'v', 'V':
		s = vspaceSet()
	default:
		return s, false
	}
	if c < 'a' {
		s = s.not()
	}
	return s, true
}

// lineBreak is \R: (?>\r\n|[\n-\r\x85]).
func (p *parser) lineBreak() *Node {
	crlf := p.node(OpCat)
	crlf.Sub = p.list(p.set(singleSet('\r')), p.set(singleSet('\n')))
	return p.wrap(OpAtomic, p.alt(p.list(crlf, p.set(vspaceSet()))))
}

// escapedByte reads an escape that stands for one byte, in or out of a class.
func (p *parser) escapedByte() byte {
	start := p.pos
	p.pos += 2
	if start+1 >= len(p.src) {
		p.pos = len(p.src)
		p.fail(start, `\ at end of pattern`)
		return 0
	}
	c := p.src[start+1]
	switch {
	case c == 'x':
		return p.hex(start)
	case c == 'o':
		return p.braced(start, 8)
	case c == 'c':
		return p.controlByte(start)
	case c >= '0' && c <= '7':
		return p.octal(start)
	case isLetter(c):
		return p.letterEscape(start)
	}
	return c
}

// letterEscape is the byte that \n and its like stand for; other letters mean nothing, or
// what is not supported.
func (p *parser) letterEscape(start int) byte {
	c := p.src[start+1]
	switch c {
	case 'a':
		return 7
	case 'e':
		return 27
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'K':
		p.fail(start, `\K (reset match start) is not supported`)
	case 'C':
		p.fail(start, `\C (one code unit) is not supported`)
	case 'X':
		p.fail(start, `\X (grapheme cluster) is not supported`)
	case 'p', 'P':
		p.fail(start, `\%c (Unicode properties) is not supported`, c)
	default:
		p.fail(start, `unrecognised character %q follows \`, c)
	}
	return c
}

// controlByte reads what follows \c.
func (p *parser) controlByte(start int) byte {
	x := p.peek()
	if p.pos >= len(p.src) || x < ' ' || x > '~' {
		p.fail(start, `\c must be followed by a printable ASCII character`)
		return 0
	}
	p.pos++
	if x >= 'a' && x <= 'z' {
		x -= 0x20
	}
	return x ^ 0x40
}

// octal reads up to three octal digits, of which the first was read.
func (p *parser) octal(start int) byte {
	v := int(p.src[start+1] - '0')
	for i := 0; i < 2 && p.pos < len(p.src) && p.src[p.pos] >= '0' && p.src[p.pos] <= '7'; i++ {
		v = v*8 + int(p.src[p.pos]-'0')
		p.pos++
	}
	if v > 255 {
		p.fail(start, `octal value is greater than \377`)
	}
	return byte(v)
}

// hex reads what follows \x: {hh…}, or up to two digits.
func (p *parser) hex(start int) byte {
	if p.peek() == '{' {
		return p.braced(start, 16)
	}
	v := 0
	for i := 0; i < 2 && p.pos < len(p.src); i++ {
		d := digit(p.src[p.pos])
		if d >= 16 {
			break
		}
		v = v<<4 | d
		p.pos++
	}
	return byte(v)
}

// braced reads {digits} to the given base.
func (p *parser) braced(start, base int) byte {
	if p.peek() != '{' {
		p.fail(start, `\o must be followed by {octal digits}`)
		return 0
	}
	p.pos++
	v, first := 0, p.pos
	for p.pos < len(p.src) {
		d := digit(p.src[p.pos])
		if d >= base {
			break
		}
		v = min(v*base+d, 256)
		p.pos++
	}
	switch {
	case v > 255:
		p.fail(start, `value in \x{} or \o{} is greater than 255`)
	case p.pos >= len(p.src) || p.src[p.pos] != '}':
		p.fail(start, `unexpected character in \x{} or \o{} (closing brace missing?)`)
	case p.pos == first:
		p.fail(start, `digits missing in \x{} or \o{}`)
	default:
		p.pos++
	}
	return byte(v)
}

// digit is the value of a hexadecimal digit, 16 for any other byte.
func digit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return 16
}
