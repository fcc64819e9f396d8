package matcher

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Limits of templates (nmap 7.93, measured).
const (
	maxArgs      = 5   // arguments of a function
	maxArgString = 127 // bytes of a string argument
	maxGroup     = 9   // highest group a template can name
)

// template is a version field ready to be filled in. The zero template is empty.
type template struct {
	key   Key
	slot  byte // of a CPE: the part, a h or o
	parts []part
	bad   error // why every expansion fails, whatever the response; nil if it does not
}

// part is a piece of a template: literal text, or a substitution of one group.
type part struct {
	fn        byte   // 0 literal, '$' $n, 'P' $P, 'S' $SUBST, 'I' $I
	group     int    // 1 to 9
	text      string // the literal; what $SUBST looks for
	with      string // what $SUBST puts in its place
	bigEndian bool   // of $I
}

// compileTemplate parses a field's template. An error in it is no error of the
// file: as in nmap the field is then always left empty, and Check warns.
func compileTemplate(f *Field) template {
	t := template{key: f.Key}
	s := f.Text
	if f.Key == KeyCPE {
		if s == "" || strings.IndexByte("aho", s[0]) < 0 {
			t.bad = fmt.Errorf("a CPE must begin with part a, h or o, as in cpe:/a:vendor:product/")
			return t
		}
		t.slot = s[0]
		t.parts = append(t.parts, part{text: "cpe:/"})
	}
	for s != "" {
		lit, rest, found := strings.Cut(s, "$")
		if lit != "" {
			t.parts = append(t.parts, part{text: lit})
		}
		if !found {
			break
		}
		var p part
		var err error
		if p, s, err = parseSubstitution(rest); err != nil {
			t.bad = err
			return t
		}
		t.parts = append(t.parts, p)
	}
	return t
}

// parseSubstitution reads what follows a dollar sign, and returns what follows that.
func parseSubstitution(s string) (part, string, error) {
	var p part
	if s != "" && isDigit(s[0]) {
		p.fn, p.group = '$', int(s[0]-'0')
		if p.group == 0 {
			return p, "", errors.New("$0 names no group (known: $1 to $9)")
		}
		return p, s[1:], nil
	}
	name, rest, ok := strings.Cut(s, "(")
	if !ok || name == "" || strings.ContainsFunc(name, func(r rune) bool { return r >= 0x80 || !isAlpha(byte(r)) }) {
		return p, "", errors.New("$ must be followed by a digit 1 to 9 or by P( SUBST( or I(")
	}
	args, rest, err := parseArgs(rest)
	if err != nil {
		return p, "", fmt.Errorf("$%s: %w", name, err)
	}
	if p, err = callOf(name, args); err != nil {
		return p, "", err
	}
	if p.group = args[0].n; p.group < 1 || p.group > maxGroup {
		return p, "", fmt.Errorf("$%s: group %d is not from 1 to 9", name, p.group)
	}
	return p, rest, nil
}

// callOf is the call of a template function, but for the group that is its first argument.
func callOf(name string, args []arg) (p part, err error) {
	group := len(args) > 0 && args[0].isInt
	switch name {
	case "P":
		p.fn = 'P'
		if group && len(args) == 1 {
			return p, nil
		}
	case "SUBST":
		p.fn = 'S'
		if group && len(args) == 3 && !args[1].isInt && !args[2].isInt {
			if p.text, p.with = args[1].str, args[2].str; p.text == "" {
				return p, errors.New("$SUBST: the text to look for is empty")
			}
			return p, nil
		}
	case "I":
		p.fn = 'I'
		if group && len(args) == 2 && (args[1].str == "<" || args[1].str == ">") {
			p.bigEndian = args[1].str == ">"
			return p, nil
		}
	default:
		return p, fmt.Errorf("unknown function $%.20s( (known: $P $SUBST $I)", name)
	}
	return p, errors.New(`wrong arguments (known: $P(1), $SUBST(1,"find","replace"), $I(1,">"), $I(1,"<"))`)
}

// arg is an argument of a template function: a number, or a string.
type arg struct {
	isInt bool
	n     int
	str   string
}

// parseArgs reads a list of arguments up to its closing parenthesis and returns
// what follows that.
func parseArgs(s string) ([]arg, string, error) {
	var args []arg
	for {
		s = strings.TrimLeft(s, " \t\v\f\r\n")
		if len(args) == maxArgs {
			return nil, "", fmt.Errorf("more than %d arguments", maxArgs)
		}
		switch {
		case s == "":
			return nil, "", errors.New("the argument list is not closed")
		case s[0] == '"':
			n := 1
			for n < len(s) && s[n] != '"' {
				if s[n] == '\\' {
					n++
				}
				n++
			}
			if n >= len(s) {
				return nil, "", errors.New("a quoted argument is not closed")
			}
			v, err := unescape(s[1:n])
			if err != nil {
				return nil, "", err
			}
			if len(v) > maxArgString {
				return nil, "", fmt.Errorf("a quoted argument is longer than %d bytes", maxArgString)
			}
			args = append(args, arg{str: string(v)})
			s = s[n+1:]
		default:
			n := 0
			for n < len(s) && isAlnum(s[n]) {
				n++
			}
			v, err := strconv.ParseUint(s[:n], 0, 31)
			if err != nil || n > 0 && !isDigit(s[0]) {
				return nil, "", fmt.Errorf("expected a number or a quoted string but found %.20q", s)
			}
			args = append(args, arg{isInt: true, n: int(v)})
			s = s[n:]
		}
		switch {
		case strings.HasPrefix(s, ","):
			s = s[1:]
		case strings.HasPrefix(s, ")"):
			return args, s[1:], nil
		default:
			return nil, "", fmt.Errorf("expected , or ) after an argument but found %.20q", s)
		}
	}
}

// size is how many bytes nmap keeps for the field, the closing NUL included.
func (t *template) size() int {
	switch t.key {
	case KeyInfo:
		return 256
	case KeyOS, KeyDevice:
		return 32
	}
	return 80
}

// maxGroup returns the highest group the template names.
func (t *template) maxGroup() int {
	n := 0
	for i := range t.parts {
		n = max(n, t.parts[i].group)
	}
	return n
}

// expand fills the template in with the groups of a match and returns the field
// as it is stored: trailing blanks and commas removed, every byte that is not
// printable ASCII a dot. It returns "" if the template or any substitution
// fails, or if the text does not fit: size-2 bytes when it ends in a
// substitution, size-1 when it ends in literal text. buf is scratch.
//
// caps holds the offsets of group n in data at 2n and 2n+1, -1 for a group
// that took no part.
func (t *template) expand(buf *[]byte, data []byte, caps []int) string {
	if t.bad != nil || len(t.parts) == 0 {
		return ""
	}
	out := (*buf)[:0]
	for i := range t.parts {
		p := &t.parts[i]
		room := t.size() - 1
		if p.fn == 0 {
			out = append(out, p.text...)
		} else {
			room--
			start, ok := len(out), false
			if out, ok = p.substitute(out, data, caps); !ok {
				return ""
			}
			if n := bytes.IndexByte(out[start:], 0); n >= 0 {
				out = out[:start+n]
			}
			if t.key == KeyCPE {
				out = append(out[:start], cpeValue(out[start:])...)
			}
		}
		if len(out) > room {
			return ""
		}
	}
	for len(out) > 0 && (isBlank(out[len(out)-1]) || out[len(out)-1] == ',') {
		out = out[:len(out)-1]
	}
	for i, c := range out {
		if !isPrint(c) {
			out[i] = '.'
		}
	}
	*buf = out
	return string(out)
}

// isPrint reports whether c is printable ASCII, the blank included.
func isPrint(c byte) bool { return ' ' <= c && c <= '~' }

// substitute appends what p makes of its group. It returns false if nmap's
// substitution would fail: no such group, a group that took no part, $I on more
// than eight bytes.
func (p *part) substitute(out, data []byte, caps []int) ([]byte, bool) {
	if 2*p.group+1 >= len(caps) {
		return out, false
	}
	from, to := caps[2*p.group], caps[2*p.group+1]
	if from < 0 || to < from || to > len(data) {
		return out, false
	}
	// No field keeps more than 255 bytes, so a long group need not be copied
	// whole: what it yields would not fit. $P may shrink a group to nothing.
	switch value := data[from:to]; p.fn {
	case '$':
		out = append(out, value[:min(len(value), 512)]...)
	case 'P':
		for _, c := range value {
			if isPrint(c) {
				out = append(out, c)
			}
		}
	case 'S':
		// The comparison may run past the end of the group, as nmap's does.
		for i := from; i < to; {
			if tail := data[i:]; len(tail) >= len(p.text) && string(tail[:len(p.text)]) == p.text {
				out = append(out, p.with...)
				i += len(p.text)
				continue
			}
			out = append(out, data[i])
			i++
		}
	case 'I':
		if len(value) > 8 {
			return out, false
		}
		var n uint64
		for i := range value {
			c := value[i]
			if !p.bigEndian {
				c = value[len(value)-1-i]
			}
			n = n<<8 | uint64(c)
		}
		out = strconv.AppendUint(out, n, 10)
	}
	return out, true
}
