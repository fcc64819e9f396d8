package pcre

// group reads what starts with a parenthesis. A nil node without an error
// stands for inline flags that hold for the rest of the enclosing group.
func (p *parser) group() (n *Node, repeatable bool) {
	start := p.pos
	p.pos++
	if p.peek() == '*' {
		p.fail(start, "verbs and (*…) groups are not supported")
		return nil, false
	}
	if p.peek() != '?' || p.pos >= len(p.src) {
		if p.opts&optNoAuto != 0 {
			return p.body(start, nil), true
		}
		return p.capture(start, ""), true
	}
	p.pos++
	if p.pos >= len(p.src) {
		p.fail(start, "missing closing parenthesis")
		return nil, false
	}
	c := p.src[p.pos]
	p.pos++
	switch c {
	case ':':
		return p.body(start, nil), true
	case '>':
		return p.body(start, p.node(OpAtomic)), true
	case '=', '!':
		return p.look(start, c == '!', false), true
	case '<':
		if d := p.peek(); d == '=' || d == '!' {
			p.pos++
			return p.look(start, d == '!', true), true
		}
		return p.capture(start, p.name('>')), true
	case '\'':
		return p.capture(start, p.name('\'')), true
	case 'P':
		n = p.namedGroup(start)
		return n, n != nil
	case '(':
		return p.conditional(start), true
	}
	if why := unsupportedGroup(c, p.peek()); why != "" {
		p.fail(start, "%s", why)
		return nil, false
	}
	p.pos--
	return p.flags(start)
}

// namedGroup reads what follows (?P, as Python writes named groups.
func (p *parser) namedGroup(start int) *Node {
	switch p.peek() {
	case '<':
		p.pos++
		return p.capture(start, p.name('>'))
	case '=':
		p.pos++
		return p.backref(0, p.name(')'), start)
	case '>':
		p.fail(start, "recursion and subroutine calls are not supported")
	default:
		p.fail(start, "unrecognised character after (?P")
	}
	return nil
}

// unsupportedGroup says why a group that begins with (? and c, next is not read; it is ""
// for one that begins with flags.
func unsupportedGroup(c, next byte) string {
	switch {
	case c == '|':
		return "branch reset (?| is not supported"
	case c == 'C':
		return "callouts are not supported"
	case c == 'R' || c == '&' || c == '+' || isDigit(c) || c == '-' && isDigit(next):
		return "recursion and subroutine calls are not supported"
	case c == '*':
		return "(?* non-atomic assertions are not supported"
	}
	return ""
}

// body reads branches and the closing parenthesis. With a wrapper node the
// branches become its only child, else they are the result.
func (p *parser) body(start int, wrapper *Node) *Node {
	opts := p.opts
	n := p.alt(p.branches())
	p.close(start)
	p.opts = opts
	if wrapper == nil {
		n.parens++
		return n
	}
	wrapper.Sub = p.list(n)
	return wrapper
}

func (p *parser) close(start int) {
	if p.err != nil {
		return
	}
	if p.pos >= len(p.src) {
		p.fail(start, "missing closing parenthesis")
		return
	}
	p.pos++ // only a parenthesis ends branches before the end
}

func (p *parser) capture(start int, name string) *Node {
	if p.groups++; p.groups > maxGroups {
		p.fail(start, "too many capture groups (at most %d)", maxGroups)
	}
	n := p.node(OpCapture)
	n.Group = p.groups
	if name != "" && p.err == nil {
		if _, twice := p.names[name]; twice {
			p.fail(start, "two groups are named %q", name)
		}
		if p.names == nil {
			p.names = map[string]int{}
		}
		p.names[name] = p.groups
	}
	return p.body(start, n)
}

func (p *parser) look(start int, negate, back bool) *Node {
	n := p.node(OpLook)
	n.Negate, n.Behind = negate, back
	if back {
		p.behinds = append(p.behinds, behind{n, start})
	}
	return p.body(start, n)
}

// flags reads (?flags) and (?flags:…).
func (p *parser) flags(start int) (n *Node, repeatable bool) {
	opts, on := p.opts, true
	if p.peek() == '^' {
		p.pos++
		opts = 0
	}
	caret := opts == 0 && p.src[p.pos-1] == '^'
	for p.pos < len(p.src) {
		var bit options
		c := p.src[p.pos]
		p.pos++
		switch c {
		case 'i':
			bit = optCaseless
		case 's':
			bit = optDotAll
		case 'm':
			bit = optMulti
		case 'n':
			bit = optNoAuto
		case 'x':
			bit = optExtended
			if p.peek() == 'x' && p.pos < len(p.src) {
				p.pos++
				bit |= optMore
			} else {
				opts &^= optMore // x alone takes xx away
			}
			if !on {
				bit |= optMore
			}
		case '-':
			if !on || caret {
				p.fail(start, "invalid hyphen in inline flags")
				return nil, false
			}
			on = false
			continue
		case ')':
			p.opts = opts
			return nil, false
		case ':':
			old := p.opts
			p.opts = opts
			n = p.body(start, nil)
			p.opts = old
			return n, true
		case 'U':
			p.fail(start, "(?U) is not supported")
			return nil, false
		case 'J':
			p.fail(start, "(?J) is not supported")
			return nil, false
		default:
			p.fail(start, "unrecognised character %q after (?", c)
			return nil, false
		}
		if on {
			opts |= bit
		} else {
			opts &^= bit
		}
	}
	p.fail(start, "missing closing parenthesis")
	return nil, false
}

// conditional reads (?(condition)yes|no), the second parenthesis being read.
func (p *parser) conditional(start int) *Node {
	n := p.node(OpCond)
	cond := p.condition(start)
	if p.err != nil {
		return nil
	}
	opts := p.opts
	branches := p.branches()
	p.close(start)
	p.opts = opts
	switch len(branches) {
	case 1:
		n.Sub = p.list(cond, branches[0], p.node(OpEmpty))
	case 2:
		n.Sub = p.list(cond, branches[0], branches[1])
	default:
		p.fail(start, "conditional group contains more than two branches")
	}
	return n
}

func (p *parser) condition(start int) *Node {
	if p.has("?#") { // a comment may stand before an assertion
		p.pos--
		p.skip()
		if p.peek() != '(' {
			p.fail(p.pos, "assertion expected after (?(")
			return nil
		}
		p.pos++
	}
	for _, l := range [...]struct {
		text         string
		negate, back bool
	}{{"?=", false, false}, {"?!", true, false}, {"?<=", false, true}, {"?<!", true, true}} {
		if p.has(l.text) {
			p.pos += len(l.text)
			return p.look(start, l.negate, l.back)
		}
	}
	n := p.node(OpGroupSet)
	ref := reference{node: n, offset: start}
	c := p.peek()
	switch {
	case isDigit(c) || c == '+' || c == '-':
		n.Group = p.number()
		if p.err == nil && p.peek() != ')' {
			p.fail(p.pos, "missing closing parenthesis for condition")
		}
		p.pos++
	case c == '<' || c == '\'':
		p.pos++
		end := c
		if c == '<' {
			end = '>'
		}
		ref.name = p.name(end)
		if p.err == nil && p.peek() != ')' {
			p.fail(p.pos, "missing closing parenthesis for condition")
		}
		p.pos++
	case isWord(c):
		at := p.pos
		ref.name = p.name(')')
		if ref.name == "R" || ref.name == "DEFINE" || ref.name == "VERSION" {
			p.fail(at, "condition (%s) is not supported", ref.name)
		}
	default:
		p.fail(p.pos, "assertion or group expected after (?(")
	}
	p.refs = append(p.refs, ref)
	return n
}

// number reads a group number; with a sign it counts from here.
func (p *parser) number() int {
	start, sign := p.pos, byte(0)
	if c := p.peek(); c == '+' || c == '-' {
		sign = c
		p.pos++
	}
	first, n := p.pos, 0
	for p.pos < len(p.src) && isDigit(p.src[p.pos]) {
		n = min(n*10+int(p.src[p.pos]-'0'), 2*maxGroups)
		p.pos++
	}
	if p.pos == first {
		p.fail(start, "group number expected")
		return 0
	}
	switch sign {
	case '-':
		if n == 0 || n > p.groups {
			p.fail(start, "reference to a group that does not exist")
		}
		return p.groups - n + 1
	case '+':
		if n == 0 {
			p.fail(start, "(+0) is not a group")
		}
		return p.groups + n
	}
	return n
}

// namedReference reads \g and \k in all their forms.
func (p *parser) namedReference() *Node {
	start := p.pos
	kind := p.src[p.pos+1]
	p.pos += 2
	c := p.peek()
	if p.pos >= len(p.src) {
		p.fail(start, `\%c is not followed by a name or a number`, kind)
		return nil
	}
	if kind == 'k' {
		p.pos++
		switch c {
		case '{':
			return p.backref(0, p.name('}'), start)
		case '<':
			return p.backref(0, p.name('>'), start)
		case '\'':
			return p.backref(0, p.name('\''), start)
		}
		p.fail(start, `\k is not followed by a braced, angle-bracketed, or quoted name`)
		return nil
	}
	switch {
	case c == '<' || c == '\'':
		p.fail(start, `\g%c (subroutine call) is not supported`, c)
		return nil
	case c == '{':
		p.pos++
		if d := p.peek(); !isDigit(d) && d != '+' && d != '-' {
			return p.backref(0, p.name('}'), start)
		}
		num := p.number()
		if p.err == nil && p.peek() != '}' {
			p.fail(start, `a braced number must follow \g{`)
		}
		p.pos++
		return p.backref(num, "", start)
	}
	return p.backref(p.number(), "", start)
}

func (p *parser) backref(num int, name string, offset int) *Node {
	n := p.node(OpBackref)
	n.Group = num
	n.Fold = p.opts&optCaseless != 0
	p.refs = append(p.refs, reference{n, name, offset})
	return n
}
