package matcher

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		rule string
		want string // part of the one finding; "" for none
		err  bool
	}{
		{`m|^SSH-([\d.]+)-(\w+)| p/$2/ v/$1/ d/strange word/ cpe:/a:x:y:$1/a`, "", false},
		{`m|^(|`, "pattern:", true},
		{`m|^abc\K|`, "pattern:", true},
		{`m|^abc| p/$1/`, "names group 1 but the pattern has 0", false},
		{`m|^ab(c)| p/$SUBST(2,"a","b")/`, "names group 2", false},
		{`m|^ab(c)| p/$FOO(1)/`, "unknown function", false},
		{`m|^ab(c)| p/US$/`, "must be followed by", false},
		{`m|^ab(c)| cpe:/x:y/`, "must begin with part", false},
		{`m|^ab(c)| cpe:/a:b:c:d:e:f:g:h:i/`, "no valid CPE", false},
		{`m|^ab(c)| cpe:/a:b c/`, "no valid CPE", false},
		{`m|^ab(c)| cpe:/a:Vendor/`, "lower case", false},
		{`m|^ab(c)| cpe:/a:x/ cpe:/a:y/`, "two CPEs of part a", false},
		{`m|^ab(c)| cpe:/a:x/ cpe:/o:y/ cpe:/h:z/`, "", false},
		{`m=^ab(c)= cpe:|a:x|`, "current nmap", false},
		{`m|^ab(c)| p/a/ p/b/`, "given twice", false},
		{`m|^ab(?: (\w+))?| p/A $1/`, "group 1 takes no part", false},
		{`m=^ab(?:(c)|d)= p/A $1/`, "group 1 takes no part", false},
		{`m=^ab(?:c(d)|e(f))= p/A $2/`, "group 2 takes no part", false},
		{`m|^ab(?!(c))d| p/A $1/`, "group 1 takes no part", false},
		{`m%^ab((?: \w+)?)(?=c(d))(?:e|f)(g)+% p/A$1 $2 $3/`, "", false},
		{`m|^ab(?: (\w+))?| p/A/ v/$1/`, "", false},
		{`m|^ab(?: (\w+))?| p/$1/`, "", false}, // a product only if it is said
		{`m|^ab(c)| o/` + strings.Repeat("x", 32) + `/`, "at most 31 fit", false},
		{`m|a*|`, "empty string", false},
		{`m|^.+$|s`, "nearly anything", false},
		{`m|^\x05.$|s`, "", false}, // fixed length
		{`m|^\x05[\x00-\xff]|`, "nearly anything", false},
		{`m|^ab.*c.*d.*e.*f.*g|`, "5 repetitions", false},
		{`m|^ab.*c.*d.*e.*f.*+g|`, "", false},
		{`m|^ab(?:\w+ ?)+:|`, "exponential", false},
		{`m|^ab(?:\w+ )+:|`, "", false},
		{`m|^ab(?:[^\r\n]+\r\n)*:|`, "", false},
		{`m=^HTTP/[\d.]+ \d\d\d[^\r\n]*\r?\n(?:(?!server:)[^\r\n]+\r?\n)*\r?\n(?:[^<]|<(?!title)){0,6000}?<title>FUXA</title>=i`, "in PCRE2", false},
		{`m=^HTTP/[\d.]+ \d\d\d[^\r\n]*\r?\n(?:(?!server:)[^\r\n]+\r?\n)*\r?\n[^<]*(?:<(?!title)[^<]*)*<title>FUXA</title>=i`, "", false},
		{`m|^ab(?:(?:a+))*:|`, "exponential", false},
		{`m|^ab(?>(?:a+)*):|`, "", false},
		{`m|^` + strings.Repeat("x", 2048) + `|`, "2047", false},
	} {
		f, err := ParseFile("x", []byte("Probe TCP NULL q||\nmatch x "+tt.rule+"\n"))
		if err != nil {
			t.Errorf("%s: %v", tt.rule, err)
			continue
		}
		found := f.Check()
		if tt.want == "" {
			if len(found) > 0 {
				t.Errorf("%s: %v", tt.rule, found)
			}
			continue
		}
		if len(found) != 1 || !strings.Contains(found[0].Msg, tt.want) || found[0].Warning == tt.err || found[0].Line != 2 {
			t.Errorf("%s: got %+v, want %q", tt.rule, found, tt.want)
		}
	}
}

func TestCheckHidden(t *testing.T) {
	f, err := ParseFile("x", []byte("Probe TCP NULL q||\nsoftmatch x m|^aa|\nmatch x m|^aa|\nmatch y m|^aa|\nmatch y m|^aa|i\nProbe TCP X q|x|\nmatch z m|^aa|\n"))
	if err != nil {
		t.Fatal(err)
	}
	if found := f.Check(); len(found) != 1 || found[0].Line != 4 || !strings.Contains(found[0].Msg, "line 3") {
		t.Errorf("got %+v", found)
	}
}

func TestCheckInstalledNmapFile(t *testing.T) {
	f, err := ReadFile(nmapFile(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range f.Check() {
		if !x.Warning {
			t.Errorf("%v", x.Error.Error())
		}
	}
}
