package matcher

import "fmt"

// unescape decodes the escapes of a probe payload or of a quoted template
// argument. It takes the current set (\\ \0 \n \r \t \xHH) and what 7.93 takes
// besides: \a \b \f \v, and a backslash before any byte that is no letter or
// digit. \0 is always one NUL; digits after it stand for themselves.
// Source: nmap.org/book/vscan-fileformat.html.
func unescape(s string) ([]byte, error) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '\\' {
			out = append(out, c)
			continue
		}
		i++
		if i == len(s) {
			return nil, fmt.Errorf(`a backslash at the end has nothing to escape (write \\ for a backslash)`)
		}
		switch c = s[i]; c {
		case '0':
			c = 0
		case 'a':
			c = '\a'
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'v':
			c = '\v'
		case 'x':
			if i+2 >= len(s) || hexVal(s[i+1]) < 0 || hexVal(s[i+2]) < 0 {
				return nil, fmt.Errorf(`\x must be followed by two hexadecimal digits`)
			}
			c = byte(hexVal(s[i+1])<<4 | hexVal(s[i+2]))
			i += 2
		default:
			if isAlnum(c) {
				return nil, fmt.Errorf(`unknown escape \%c (known: \\ \0 \a \b \f \n \r \t \v \xHH)`, c)
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// hexVal returns the value of a hexadecimal digit, or -1.
func hexVal(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isAlnum(c byte) bool { return isAlpha(c) || isDigit(c) }

// isBlank is C's isspace in the C locale.
func isBlank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
