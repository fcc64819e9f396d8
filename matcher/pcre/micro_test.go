package pcre

import (
	"fmt"
	"strings"
	"testing"
)

// micro is one pattern on one text, and what PCRE2 10.42 makes of it: the
// offsets of the whole match and the groups, - for a group that took no part,
// "" for no match.
type micro struct {
	pattern string
	flags   Flags
	in      string
	want    string
}

// microTable has at least one case for each way in which regular expression
// engines differ from PCRE. The answers are PCRE2's own.
func microTable() []micro {
	return []micro{
		// $ and \Z are the end, or before a last LF
		{`^a$`, 0, "a\n", "0,1"},
		{`^a$`, 0, "a\n\n", ""},
		{`^a$`, 0, "a\r\n", ""},
		{`a\Z`, 0, "a\n", "0,1"},
		{`a\Z`, 0, "a\nb", ""},
		{`a\z`, 0, "a\n", ""},
		{`(a$)`, 0, "a\n", "0,1 0,1"},
		{`(a\n?)$`, 0, "a\n", "0,2 0,2"},
		{`a$\n`, 0, "a\n", "0,2"},
		{`$`, 0, "\n", "0,0"},
		{`(.*)$`, 0, "ab\n", "0,2 0,2"},
		{`(.*)$`, DotAll, "ab\n", "0,3 0,3"},
		{`^(.*?)$`, DotAll, "ab\n", "0,2 0,2"},
		{`a$b?`, 0, "a\n", "0,1"},
		// . leaves out LF only
		{`a.b`, 0, "a\nb", ""},
		{`a.b`, DotAll, "a\nb", "0,3"},
		{`a.b`, 0, "a\rb", "0,3"},
		{`a.b`, 0, "a\x85b", "0,3"},
		{`a.b`, 0, "a\x00b", "0,3"},
		{`\N+`, DotAll, "ab\n", "0,2"},
		// \s has VT and nothing above 0x7F
		{`\s+`, 0, "\t\n\x0b\x0c\r ", "0,6"},
		{`\s`, 0, "\x85", ""},
		{`\s`, 0, "\xa0", ""},
		{`\S+`, 0, "\x85\xa0\x1c", "0,3"},
		{`[\s]`, 0, "\x0b", "0,1"},
		{`[^\s]`, 0, "\x0b\xa0", "1,2"},
		// \w is ASCII
		{`\w+`, 0, "az09_AZ", "0,7"},
		{`\w`, 0, "\xaa\xb5\xba\xe9\xff", ""},
		{`\W+`, 0, "\xe9-\xb5", "0,3"},
		{`[^\w]`, 0, "\xb5", "0,1"},
		{`\d+`, 0, "0123456789", "0,10"},
		{`\D+`, 0, "\xb2\xb3\xb9", "0,3"},
		// \b is ASCII
		{`a\b`, 0, "a\xe9", "0,1"},
		{`\ba`, 0, "\xe9a", "1,2"},
		{`a\B`, 0, "a\xe9", ""},
		{`\Bb`, 0, "ab", "1,2"},
		{`\b`, 0, "\xe9", ""},
		{`^\B`, 0, "\xe9", "0,0"},
		{`\b_`, 0, "-_", "1,2"},
		// caseless is ASCII
		{`k`, Caseless, "K", "0,1"},
		{`\xe9`, Caseless, "\xc9", ""},
		{`[\xe0-\xfe]`, Caseless, "\xc9", ""},
		{`[a-c]+`, Caseless, "AbC", "0,3"},
		{`[^a]`, Caseless, "A", ""},
		{`[^a]`, Caseless, "a\xe1", "1,2"},
		{`[Z-a]+`, Caseless, "zZA^", "0,4"},
		{`\x41`, Caseless, "a", "0,1"},
		{`straSSe`, Caseless, "STRAssE", "0,7"},
		{`\xdf`, Caseless, "SS", ""},
		{`(?i)ab(?-i)c`, 0, "ABc", "0,3"},
		{`(?i)ab(?-i)c`, 0, "ABC", ""},
		{`(?i:a)b`, 0, "Ab", "0,2"},
		{`(?i:a)b`, 0, "AB", ""},
		{`(a(?i)b|c)`, 0, "C", "0,1 0,1"},
		{`[@-Z]`, Caseless, "`", ""},
		// \h \v \N \R
		{`\h+`, 0, " \t\xa0\n", "0,3"},
		{`\H+`, 0, "a\x85 ", "0,2"},
		{`\v+`, 0, "\n\x0b\x0c\r\x85 ", "0,5"},
		{`\V+`, 0, "a\t\n", "0,2"},
		{`[\h\v]+`, 0, " \n\x85\xa0x", "0,4"},
		{`\R`, 0, "\r\n", "0,2"},
		{`\R\n`, 0, "\r\n", ""},
		{`\R`, 0, "\x85", "0,1"},
		{`a\R+b`, 0, "a\r\n\n\rb", "0,6"},
		{`\R`, 0, "a", ""},
		{`\N{2}`, 0, "ab", "0,2"},
		// \x with 0 to 2 digits
		{`\x`, 0, "\x00", "0,1"},
		{`\xg`, 0, "\x00g", "0,2"},
		{`\x1g`, 0, "\x01g", "0,2"},
		{`\x411`, 0, "A1", "0,2"},
		{`\x{41}`, 0, "A", "0,1"},
		{`\x{0000e9}`, 0, "\xe9", "0,1"},
		{`[\x]`, 0, "\x00", "0,1"},
		{`\o{101}`, 0, "A", "0,1"},
		// needless escapes
		{`\_\<\>\"\-\/\;\=\@\!`, 0, "_<>\"-/;=@!", "0,10"},
		{`[\_\<\-]+`, 0, "_-<", "0,3"},
		{"\\\xe9", 0, "\xe9", "0,1"},
		{`\ \#\~`, 0, " #~", "0,3"},
		// control escapes
		{`\a\e\f\n\r\t`, 0, "\x07\x1b\x0c\n\r\t", "0,6"},
		{`\cA\c[\ca`, 0, "\x01\x1b\x01", "0,3"},
		{`[\b]`, 0, "\x08", "0,1"},
		// named groups number in order
		{`(?<a>1)(2)(?P<b>3)`, 0, "123", "0,3 0,1 1,2 2,3"},
		{`(1)(?'x'2)(3)`, 0, "123", "0,3 0,1 1,2 2,3"},
		{`(?<n>a|b)\k<n>`, 0, "bb", "0,2 0,1"},
		{`(?<n>a|b)\k'n'`, 0, "ba", ""},
		{`(?<n>a|b)\k{n}`, 0, "aa", "0,2 0,1"},
		{`(?P<n>a|b)(?P=n)`, 0, "bb", "0,2 0,1"},
		{`(a)(?<n>b)\g{n}\g1\g{-1}`, 0, "abbab", "0,5 0,1 1,2"},
		{`(a)(b)\g-2`, 0, "aba", "0,3 0,1 1,2"},
		// POSIX classes
		{`[[:alpha:]]+`, 0, "aZ\xe9", "0,2"},
		{`[[:^alpha:]]+`, 0, "1\xe9a", "0,2"},
		{`[[:punct:]]+`, 0, "!/:@[`{~a", "0,8"},
		{`[[:space:]]+`, 0, "\x0b \xa0", "0,2"},
		{`[[:xdigit:]]+`, 0, "09afAFg", "0,6"},
		{`[[:upper:]]+`, Caseless, "aA", "0,2"},
		{`[[:^lower:]]+`, Caseless, "aA1", "2,3"},
		{`[[:cntrl:][:print:]]+`, 0, "\x00\x7f ~\x80", "0,4"},
		{`[[:blank:]]+`, 0, "\t \n", "0,2"},
		{`[[:word:][:ascii:]]+`, 0, "\x00_\x7f\x80", "0,3"},
		{`[[:graph:]]+`, 0, "a \x00", "0,1"},
		{`[[:<:]]b+[[:>:]]`, 0, "abb bb", "4,6"},
		{`[a[:digit:]b-]+`, 0, "-1ab", "0,4"},
		// no class subtraction
		{`[a-z-[aeiou]]`, 0, "b-]", "1,3"},
		{`[a-z-[aeiou]]`, 0, "e]", "0,2"},
		{`[a-c-e]+`, 0, "b-ed", "0,3"},
		{`[]a]+`, 0, "a]", "0,2"},
		{`[^]a]`, 0, "a]b", "2,3"},
		{`[a\]b]+`, 0, "]ab", "0,3"},
		{`[\d-]+`, 0, "1-", "0,2"},
		{`[--/]+`, 0, "-./", "0,3"},
		{`[a-\x{63}]+`, 0, "abcd", "0,3"},
		{`[a&&b]+`, 0, "a&b", "0,3"},
		{`[[a]+]`, 0, "[a]", "0,3"},
		// possessive, atomic, literal text
		{`a++a`, 0, "aaa", ""},
		{`a*+b`, 0, "aaab", "0,4"},
		{`a?+a`, 0, "a", ""},
		{`(?:ab){1,2}+ab`, 0, "abab", ""},
		{`(?>a|ab)c`, 0, "abc", ""},
		{`(?>ab|a)c`, 0, "abc", "0,3"},
		{`\Qa.b*\E+`, 0, "a.b***", "0,6"},
		{`\Q[\E\Q]\E`, 0, "[]", "0,2"},
		{`a\Q\E+`, 0, "aaa", "0,3"},
		{`[\Q^]\E]+`, 0, "^]", "0,2"},
		{`\Qab`, 0, "ab", "0,2"},
		// lookaround
		{`a(?=b)`, 0, "ab", "0,1"},
		{`a(?!b)`, 0, "ab", ""},
		{`(?=(a+))a`, 0, "aa", "0,1 0,2"},
		{`(?!(a)b)a`, 0, "ac", "0,1 -"},
		{`(?<=ab|c)d`, 0, "cd", "1,2"},
		{`(?<!a)b`, 0, "ab", ""},
		{`(?<=^|,)x`, 0, ",x", "1,2"},
		{`(?<=.)a`, 0, "aa", "1,2"},
		{`(?=(a+))*b`, 0, "aab", "2,3 -"},
		{`(?=(a))?\1`, 0, "aa", "0,1 0,1"},
		{`(?<=(a)(b))c`, 0, "abc", "2,3 0,1 1,2"},
		{`(?:[^\r\n]*\r\n(?!\r\n))*?Server: (\w+)`, 0, "a\r\nb\r\nServer: x\r\n\r\n", "0,15 14,15"},
		{`(?:[^\r\n]*\r\n(?!\r\n))*?Server: (\w+)`, 0, "a\r\n\r\nServer: x\r\n", "3,14 13,14"},
		// conditionals
		{`(a)?(?(1)b|c)`, 0, "ab", "0,2 0,1"},
		{`(a)?(?(1)b|c)`, 0, "c", "0,1 -"},
		{`(?<n>a)?(?(<n>)b|c)d`, 0, "bcd", "1,3 -"},
		{`(?(?=a)ab|cd)`, 0, "xcd", "1,3"},
		{`(?(?!a)b|ac)`, 0, "ac", "0,2"},
		{`(?(?=(a))a|b)\1`, 0, "aa", "0,2 0,1"},
		{`(?(?<=a)b|c)`, 0, "ab", "1,2"},
		{`(a)?(?(1)b)`, 0, "x", "0,0 -"},
		// comments and (?x)
		{`a(?#b\)c`, 0, "ac", "0,2"},
		{"(?x) a b # c\n c", 0, "abc", "0,3"},
		{`(?x)a\ b[ ]c`, 0, "a b c", "0,5"},
		{`(?x)a + +b`, 0, "aab", "0,3"},
		{`(?x: a)b `, 0, "ab ", "0,3"},
		{`(?xx)[a b]+`, 0, "a b", "0,1"},
		{`a(?#x)+`, 0, "aa", "0,2"},
		{"(?x)a\x0b\x85b", 0, "ab", "0,2"},
		// \G and (?m)
		{`\Ga`, 0, "ba", ""},
		{`\G\Ga`, 0, "a", "0,1"},
		{`(?m)^b$`, 0, "a\nb\nc", "2,3"},
		{`(?m)a\n^`, 0, "a\n", ""},
		{`(?m)$`, 0, "a\n", "1,1"},
		{`(?m)^a\Z`, 0, "b\na\n", "2,3"},
		{`(?m)\Ab`, 0, "a\nb", ""},
		{`(?ms)a.^b$`, 0, "a\nb\n", "0,3"},
		// leftmost first
		{`(a|ab)(c|bcd)(d*)`, 0, "abcd", "0,4 0,1 1,4 4,4"},
		{`(a+|b+)+?c`, 0, "aabc", "0,4 2,3"},
		{`x*`, 0, "aaa", "0,0"},
		{`(a*?)(a*)`, 0, "aa", "0,2 0,0 0,2"},
		{`(a{1,2}?)(a*)`, 0, "aaa", "0,3 0,1 1,3"},
		{`(a|b)*?b`, 0, "aab", "0,3 1,2"},
		// octal and back-references
		{`\0`, 0, "\x00", "0,1"},
		{`\08`, 0, "\x008", "0,2"},
		{`\0012`, 0, "\x012", "0,2"},
		{`\012`, 0, "\n", "0,1"},
		{`\377`, 0, "\xff", "0,1"},
		{`(a)\12`, 0, "a\n", "0,2 0,1"},
		{`\18`, 0, "\x018", "0,2"},
		{`[\1]`, 0, "\x01", "0,1"},
		{`[\8\9]+`, 0, "89", "0,2"},
		{`(a)\1`, 0, "aa", "0,2 0,1"},
		{`(a)\1`, Caseless, "aA", "0,2 0,1"},
		{`(a)?\1b`, 0, "b", ""},
		{`(a\1?){2}`, 0, "aaa", "0,3 1,3"},
		{`(?:(a)|b)*\1`, 0, "aba", "0,3 0,1"},
		{`()\1*a`, 0, "a", "0,1 0,0"},
		{`(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\10`, 0, "abcdefghijj", "0,11 0,1 1,2 2,3 3,4 4,5 5,6 6,7 7,8 8,9 9,10"},
		{`\1(a)`, 0, "aa", ""},
		{`(?:\1x|(a))+`, 0, "aax", "0,3 0,1"},
		{`(\xe9)\1`, Caseless, "\xe9\xc9", ""},
		// empty rounds of loops
		{`(a*)+`, 0, "aa", "0,2 2,2"},
		{`(a*)*`, 0, "b", "0,0 0,0"},
		{`(a|b*)*`, 0, "aabb", "0,4 4,4"},
		{`(|a)+`, 0, "aa", "0,0 0,0"},
		{`(|a)*?b`, 0, "aab", "0,3 1,2"},
		{`(|a){0,2}$`, 0, "a", "0,1 0,1"},
		{`(|a){2,3}$`, 0, "aa", "0,2 1,2"},
		{`(a*?)*$`, 0, "aa", "0,2 2,2"},
		{`((a)|b)*`, 0, "ab", "0,2 1,2 0,1"},
		{`(?:(a)|(b)|)*`, 0, "ab", "0,2 0,1 1,2"},
		{`(a{0,2})*c`, 0, "aaac", "0,4 3,3"},
		{`(?:a?)*?b`, 0, "aab", "0,3"},
		{`(?:a?){3}b`, 0, "ab", "0,2"},
		{`(a?)*?$`, 0, "aa", "0,2 1,2"},
		{`(?:()|a)+b`, 0, "aab", "0,3 2,2"},
		{"(?:(?(?<!b){c?)){3}", 0, "{cx", ""},
		{"-(?:(?(?<!b)xabc?)){3,4}+", 0, "-xabc", "0,4"},
		// quantifiers and literal braces
		{`a{2}`, 0, "aaa", "0,2"},
		{`a{2,}`, 0, "aaaa", "0,4"},
		{`a{1,2}?`, 0, "aa", "0,1"},
		{`a{,2}`, 0, "a{,2}", "0,5"},
		{`a{x`, 0, "a{x", "0,3"},
		{`{`, 0, "{", "0,1"},
		{`a{1`, 0, "a{1", "0,3"},
		{`a{0}b`, 0, "ab", "1,2"},
		{`(a){0}b`, 0, "b", "0,1 -"},
		{`x{2}}`, 0, "xx}", "0,3"},
		{`]`, 0, "a]", "1,2"},
		{`(?:ab|c){2,3}`, 0, "abcabc", "0,5"},
		{`[ab]{2,3}?b`, 0, "aabb", "0,3"},
		{`a{ 1}`, 0, "a{ 1}", "0,5"},
	}
}

func answer(re *Regexp, in string) string {
	caps := make([]int, 2*(re.Groups()+1))
	if re.Match([]byte(in), caps, nil) != Match {
		return ""
	}
	return answerOf(caps)
}

func answerOf(caps []int) string {
	var parts []string
	for i := 0; i < len(caps); i += 2 {
		if caps[i] < 0 {
			parts = append(parts, "-")
		} else {
			parts = append(parts, fmt.Sprintf("%d,%d", caps[i], caps[i+1]))
		}
	}
	return strings.Join(parts, " ")
}

func TestMicroMachine(t *testing.T) {
	for _, m := range microTable() {
		re, err := Compile([]byte(m.pattern), m.flags)
		if err != nil {
			t.Errorf("%q: %v", m.pattern, err)
		} else if got := answer(re, m.in); got != m.want {
			t.Errorf("%q flags %d on %q: %q, PCRE2 says %q", m.pattern, m.flags, m.in, got, m.want)
		}
	}
}

func TestMicroRegexp2(t *testing.T) {
	untold := 0
	for _, m := range microTable() {
		re, err := Regexp2.Compile([]byte(m.pattern), m.flags)
		if err != nil {
			t.Errorf("%q: %v", m.pattern, err)
			continue
		}
		if re.Engine() == Machine {
			untold++
		}
		if got := answer(re, m.in); got != m.want {
			p, _ := Parse([]byte(m.pattern), m.flags)
			text, _ := Regexp2Text(p)
			t.Errorf("%q flags %d, as %q, on %q: %q, PCRE2 says %q", m.pattern, m.flags, text, m.in, got, m.want)
		}
	}
	if untold > 1 { // caseless back-reference to a byte above 0x7F
		t.Errorf("%d patterns have no regexp2 text", untold)
	}
}
