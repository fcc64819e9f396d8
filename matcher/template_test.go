package matcher

import (
	"strings"
	"testing"

	"earshot/matcher/pcre"
)

// field matches pattern against data and returns the template's expansion.
func expandField(t testing.TB, key Key, text, pattern, data string) string {
	t.Helper()
	re, err := pcre.Compile([]byte(pattern), pcre.DotAll)
	if err != nil {
		t.Fatal(err)
	}
	caps := make([]int, 2*(re.Groups()+1))
	if re.Match([]byte(data), caps, nil) != pcre.Match {
		t.Fatalf("%q does not match %q", pattern, data)
	}
	tm := compileTemplate(&Field{Key: key, Text: text})
	var buf []byte
	return tm.expand(&buf, []byte(data), caps)
}

func TestTemplate(t *testing.T) {
	for _, tt := range []struct{ text, pattern, data, want string }{
		{"plain", "a", "a", "plain"},
		{"", "a", "a", ""},
		{"$1", "(a+)", "xaay", "aa"},
		{"$12", "(a+)", "aa", "aa2"},
		{"v$1.$2-x", "(a)(b)", "ab", "va.b-x"},
		{`a\n`, "a", "a", `a\n`}, // no escapes in literal text
		{"a, b, ", "a", "a", "a, b"},
		{" ,a", "a", "a", " ,a"},
		{",", "a", "a", ""},
		{" , ,", "a", "a", ""},
		{"$1", "(.*)", "x \r\n,", "x"},
		{"a\xe9b", "a", "a", "a.b"},
		{"$1", "(.*)", "a\x01\xffb", "a..b"},
		// Failures leave the whole field empty.
		{"x $2", "(a)", "a", ""},
		{"x $1", "(b)?a", "a", ""},
		{"x$1", "(b?)a", "a", "x"}, // empty, but it took part
		{"x $0", "(a)", "a", ""},
		{"x $", "(a)", "a", ""},
		{"x $ 1", "(a)", "a", ""},
		{"x $FOO(1)", "(a)", "a", ""},
		{"x $P(0)", "(a)", "a", ""},
		{"x $P(10)", "(a)", "a", ""},
		{`x $P("1")`, "(a)", "a", ""},
		{"x $P(1", "(a)", "a", ""},
		{"x $P(1,2)", "(a)", "a", ""},
		{"x $P()", "(a)", "a", ""},
		{"x $P(a)", "(a)", "a", ""},
		{"x $P(b1)", "(a)", "a", ""},
		{"x $P(1a)", "(a)", "a", ""},
		{"x $P(1,2,3,4,5,6)", "(a)", "a", ""},
		{"$P( 1)", "(a)", "a", "a"},
		{"$P(0x1)", "(a)", "a", "a"},
		{"$P(01)", "(a)", "a", "a"},
		// A NUL ends a value; $P has removed it.
		{"$1.", "(.*)", "W\x00O\x00R", "W."},
		{"$P(1)", "(.*)", "W\x00O\x00R\x00K\x00G", "WORKG"},
		{"$P(1)", "(.*)", "a\x7f\x80 \x1fb~", "a b~"},
		{`$SUBST(1,"_",".")`, "(.*)", "1_2_3", "1.2.3"},
		{`$SUBST(1, "aa" ,"b")`, "(.*)", "aaaaa", ""}, // no blank before a comma
		{`$SUBST(1, "aa", "b")`, "(.*)", "aaaaa", "bba"},
		{`$SUBST(1,"b","")`, "(a+b)", "aab", "aa"},
		{`$SUBST(1,"bc","X")x`, "(ab)c", "abc", "aXx"}, // compares past the end
		{`$SUBST(1,"bcd","X")x`, "(ab)c", "abc", "abx"},
		{`$SUBST(1,"","X")`, "(a)", "a", ""},
		{`$SUBST(1,"\x5f","\x2e")`, "(.*)", "1_2", "1.2"},
		{`$SUBST(1,"\"","'")`, "(.*)", `a"b`, "a'b"},
		{`$SUBST(1,"\0","")`, "(.*)", "a\x00b", "ab"},
		{`$SUBST(1,"a")`, "(a)", "a", ""},
		{`$SUBST(1,2,"a")`, "(a)", "a", ""},
		{`$SUBST(1,"` + strings.Repeat("a", 128) + `","b")`, "(a)", "a", ""},
		{`$I(1,">")`, "(.*)", "\x01\x02\x03\x04", "16909060"},
		{`$I(1,"<")`, "x(.*)", "x\x05\x06", "1541"},
		{`$I(1,"<")`, "(.*)", "\x05\x06", "1541"},
		{`$I(1,">")`, "(.*)", "\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"},
		{`$I(1,">")`, "(.*)", "123456789", ""},
		{`$I(1,">")`, "(x?)", "", "0"},
		{`$I(1,"=")`, "(.*)", "a", ""},
		{`$I(1)`, "(.*)", "a", ""},
		{`$I(1,">`, "(.*)", "a", ""},
	} {
		if got := expandField(t, KeyInfo, tt.text, tt.pattern, tt.data); got != tt.want {
			t.Errorf("%q on %q: got %q, want %q", tt.text, tt.data, got, tt.want)
		}
	}
}

func TestTemplateLimits(t *testing.T) {
	for _, tt := range []struct {
		key  Key
		size int
	}{{KeyProduct, 80}, {KeyVersion, 80}, {KeyHostname, 80}, {KeyInfo, 256}, {KeyOS, 32}, {KeyDevice, 32}} {
		run := func(text string, n int) int {
			return len(expandField(t, tt.key, text, "(a*)", strings.Repeat("a", n)))
		}
		if got := run("$1", tt.size-2); got != tt.size-2 {
			t.Errorf("%c: ends in a substitution, %d bytes: kept %d", tt.key, tt.size-2, got)
		}
		if got := run("$1", tt.size-1); got != 0 {
			t.Errorf("%c: ends in a substitution, %d bytes: kept %d", tt.key, tt.size-1, got)
		}
		if got := run("$1x", tt.size-2); got != tt.size-1 {
			t.Errorf("%c: ends in literal text, %d bytes: kept %d", tt.key, tt.size-1, got)
		}
		if got := run("$1xy", tt.size-2); got != 0 {
			t.Errorf("%c: ends in literal text, %d bytes: kept %d", tt.key, tt.size, got)
		}
		if got := run(strings.Repeat("b", tt.size-1), 0); got != tt.size-1 {
			t.Errorf("%c: literal text, %d bytes: kept %d", tt.key, tt.size-1, got)
		}
	}
}

func TestTemplateCPE(t *testing.T) {
	for _, tt := range []struct{ text, data, want string }{
		{"a:v:p:$1", "1.0", "cpe:/a:v:p:1.0"},
		{"a:$1", "My Vendor:Pro/Duct v1.0 (X)", "cpe:/a:my_vendor%3Apro%2Fduct_v1.0_%28x%29"},
		{"a:V (x):$1", "1", "cpe:/a:V (x):1"}, // literal text stays as it is
		{"a:$1", `/?#[]@!$&'()*+,;=%<>"`, "cpe:/a:%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%3C%3E%22"},
		{"a:$1:x", "a\tb\nc", "cpe:/a:a_b_c:x"},
		{"a:$2", "x", ""},
		{"x:$1", "x", ""},
		{"", "x", ""},
		{"o:" + strings.Repeat("b", 72), "", "cpe:/o:" + strings.Repeat("b", 72)},
		{"o:" + strings.Repeat("b", 73), "", ""},
	} {
		if got := expandField(t, KeyCPE, tt.text, "(.*)", tt.data); got != tt.want {
			t.Errorf("%q on %q: got %q, want %q", tt.text, tt.data, got, tt.want)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add("$1 $P(2) $SUBST(1,\"a\",\"b\") $I(2,\">\")", "ab\x00c", 1, 2)
	f.Add("a:v:p:$SUBST(1,\"_\",\".\")", "1_2 X:", 0, 3)
	f.Fuzz(func(t *testing.T, text, data string, from, to int) {
		caps := []int{0, len(data), from, to, -1, -1}
		for _, key := range []Key{KeyProduct, KeyInfo, KeyOS, KeyCPE} {
			tm := compileTemplate(&Field{Key: key, Text: text})
			var buf []byte
			got := tm.expand(&buf, []byte(data), caps)
			if len(got) >= tm.size() {
				t.Fatalf("%d bytes in a field of %d", len(got), tm.size())
			}
			for i := range len(got) {
				if !isPrint(got[i]) {
					t.Fatalf("unprintable: %q", got)
				}
			}
			if strings.TrimRight(got, " ,") != got {
				t.Fatalf("trailing blanks: %q", got)
			}
		}
	})
}
