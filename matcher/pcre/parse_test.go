package pcre

import (
	"errors"
	"testing"
)

// TestParseAccepts holds what PCRE2 10.42 compiles and we must too.
func TestParseAccepts(t *testing.T) {
	for _, s := range []string{
		``, `a\E*`, `a\Q\E*`, `a(?#x)*`, `(?x)a+ +`, `(?x)a+ ?`, `(?x)a {2}`, `a{,5}`, `a{ 2}`, `x{1,2`, `{`, `a{`, `{a}`, `]`, `}`,
		`(?(<n>)a)(?<n>z)`, `(?(n)a)(?<n>z)`, `(?('n')a)(?<n>z)`, `(z)(?(-1)a)`, `(?(+1)a)(z)`, `(?(?=a)b)`, `(?(?<!a)b|c)`, `(?(?#c)(?=a)b)`,
		`(?<=a|bc)`, `(?<=a{2})`, `(?<=a{2,2})`, `(?<=(?=aaa*))`, `(?<!a|)`, `(?<=.\b)`, `(?<=\G)`, `(?=a)*`, `(?!a){3}`, `(?<=a)?`,
		`[\d-]`, `[[:<:]]a[[:>:]]`, `[]a]`, `[^]a]`, `[\b]`, `\N{3}`, `\N*`, `\R*`, `\_`, `\<`, `\o{101}`, `\18`, `[\8]`, `\ca`, `\c{`,
		`\g1(a)`, `\g{1}(a)`, `(a)\g{-1}`, `(a)\g-1`, `\g{+1}(a)`, `\k<n>(?<n>a)`, `\k{n}(?'n'a)`, `(?P<n>a)(?P=n)`,
		`(?^i)a`, `(?n)(a)`, `(?xx)[ a]`, `(?-i)a`, `(?i-i)a`, `(?)a`, `(?im:a)`, `a{0}`, `(a){0}\1`, `(?>a)+`, `[a-z-[aeiou]]`, `\E`,
		`[a\Q]\E]`, `[^\Q\E]a]`, `[a-\Qz\E]`, `[\Qa\E-z]`, `[a\E-z]`, `(?x)#a`, `\Qabc`, `(?x)a(?#b) *`, `\x{0041}`, `[[:^alpha:]\-]`,
	} {
		if _, err := Parse([]byte(s), 0); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// TestParseRefuses holds what PCRE2 refuses, and what we do not support.
func TestParseRefuses(t *testing.T) {
	for _, s := range []string{
		`^*`, `$*`, `\b+`, `\A*`, `\Z?`, `\G*`, `a{2}{3}`, `a**`, `a*?+`, `a{2,1}`, `a{65536}`, `a{99999999999999999999}`, `\Q\E*`, `(?i)*`, `a(?i)*`,
		`(?x)(?# a) *`, `*a`, `+`, `?`, `(*a)`, `(?(1)a|b|c)(z)`, `(?(-1)a)`, `(?(2)a)`, `(?(0)a)`, `(?(?:a)b)`, `(?(R)a)`, `(?(DEFINE)a)`, `(?(VERSION>=10)a)`,
		`(?<=a\R)`, `(a+)(?<=\1)`, `(?<=a{1,2})`, `(?<=a*)`, `(?<!a+b)`, `[a-\d]`, `[\d-z]`, `[[:digit:]-x]`, `[:alpha:]`, `[[.a.]]`, `[[:nope:]]`,
		`[]`, `[^]`, `[a-`, `[z-a]`, `[a\]`, `[\E]`, `[\Q\E]`, `(?xx)[^ ]`, `[\N]`, `[\R]`, `[\B]`, `[\x{200}]`, `\N{a}`, `\y`, `\i`, `\u`, `\L`, `\l`,
		`\x{100}`, `\x{}`, `\x{41`, `\400`, `[\400]`, `\8`, `\81`, `\2`, `\c`, "\\c\xff", `\g{-1}`, `\g<1>(a)`, `\g'1'(a)`, `\kn`, `\k`, `\g`, `\g{`,
		`(?<1a>x)`, `(?<n>a)(?<n>b)`, `(?<n`, `(?'n>a)`, `(?<>a)`, `(?P>n)`, `(?Pn)`, `(?-i-s)`, `(?a)`, `(?i`, `(?:a`, `a)`, `(?`, `(`, `\`, `(?#`,
		`(*ACCEPT)`, `(*atomic:a)`, `(?C)`, `(?R)`, `(?1)(a)`, `(?-1)(a)`, `(?&n)(?<n>a)`, `(?|a)`, `(?U)a`, `(?J)a`, `\K`, `\C`, `\X`, `\p{L}`, `\PL`,
	} {
		_, err := Parse([]byte(s), 0)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: no error", s)
		} else if e.Offset < 0 || e.Offset > len(s) {
			t.Errorf("%s: offset %d", s, e.Offset)
		}
	}
}

func TestParseLimits(t *testing.T) {
	deep := func(n int) []byte {
		var b []byte
		for range n {
			b = append(b, '(')
		}
		for range n {
			b = append(b, ')')
		}
		return b
	}
	if _, err := Parse(deep(maxNest-1), 0); err != nil {
		t.Error(err)
	}
	if _, err := Parse(deep(maxNest+1), 0); err == nil {
		t.Error("too deep a pattern was read")
	}
	if _, err := Parse(make([]byte, maxPattern+1), 0); err == nil {
		t.Error("too long a pattern was read")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`^SSH-([\d.]+)-OpenSSH[_-]([\w.]+)\r?\n`, `(?i:a)|[^\Q]\E-z]{2,3}?`, `(?(?=a)b|c)\g{-1}`, `(?x) a # b` + "\n" + `+ +`, `(?<=ab|c)\R\x{4`, `[[:alpha:]-z]\c[\018`} {
		f.Add([]byte(s), uint8(0))
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, pattern []byte, flags uint8) {
		p, err := Parse(pattern, Flags(flags&3))
		if (p == nil) == (err == nil) {
			t.Fatal("a pattern or an error, not both or neither")
		}
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Offset < 0 || e.Offset > len(pattern)) {
			t.Fatalf("%v", err)
		}
	})
}
