package pcre

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRegexpIsLazy(t *testing.T) {
	p, err := Parse([]byte(`^a(b)?c`), Caseless)
	if err != nil {
		t.Fatal(err)
	}
	re := p.Regexp()
	if re.prog != nil {
		t.Error("compiled before it is used")
	}
	if got := answer(re, "ABC"); got != "0,3 1,2" {
		t.Error(got)
	}
	if re.prog == nil || re.Groups() != 1 || re.String() != `^a(b)?c` || re.Flags() != Caseless {
		t.Errorf("%+v", re)
	}
}

func TestMatchFillsWhatFits(t *testing.T) {
	re := MustCompile(`(a)(x)?(b)`, 0)
	for n := range 11 {
		caps := slices.Repeat([]int{77}, n)
		if re.Match([]byte("-ab"), caps, nil) != Match {
			t.Fatal("no match")
		}
		want := []int{1, 3, 1, 2, -1, -1, 2, 3, 77, 77, 77}[:n]
		if !slices.Equal(caps, want) {
			t.Errorf("%v, want %v", caps, want)
		}
	}
	if g := re.MatchBytes([]byte("-ab")); len(g) != 4 || string(g[0]) != "ab" || g[2] != nil || string(g[3]) != "b" {
		t.Errorf("%q", g)
	}
	if g := re.MatchBytes([]byte("-")); g != nil {
		t.Errorf("%q", g)
	}
}

// TestNoAllocation: a match in a used Budget takes no memory.
func TestNoAllocation(t *testing.T) {
	in := []byte("HTTP/1.1 200 OK\r\nA: b\r\nServer: thing/1.2\r\n\r\n" + strings.Repeat("a ", 2000))
	for _, pattern := range []string{`^HTTP/1\.[01] (\d+) (?:[^\r\n]*\r\n(?!\r\n))*?Server: ([^/]+)/([\d.]+)`, `(?s)one.*two`, `(?:\w+ ?)+!`, `(\w+) \1`} {
		re := MustCompile(pattern, 0)
		caps := make([]int, 2*(re.Groups()+1))
		var b Budget
		run := func() {
			b.Steps = DefaultSteps
			re.Match(in, caps, &b)
		}
		run()
		if n := testing.AllocsPerRun(20, run); n != 0 {
			t.Errorf("%s: %v allocations", pattern, n)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	p, err := Parse([]byte(`(\w+)@(\w+)\.org`), 0)
	if err != nil {
		t.Fatal(err)
	}
	re := p.Regexp()
	r2, err := Regexp2.Compile([]byte(`(\w+)@(\w+)\.org`), 0)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				for _, re := range []*Regexp{re, r2} {
					if got := answer(re, "-- me@here.org"); got != "3,14 3,5 6,10" {
						t.Error(got)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

// TestUntranslatable: what regexp2 cannot be told is run by the machine.
func TestUntranslatable(t *testing.T) {
	for _, s := range []string{`(?i)(.)\1`, `(a)?(?<=(?(1)b|c))`} {
		p, err := Parse([]byte(s), 0)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := Regexp2Text(p); err == nil {
			t.Errorf("%s: %s", s, text)
		}
		if re, err := Regexp2.Compile([]byte(s), 0); err != nil || re.Engine() != Machine {
			t.Errorf("%s: run by %v, %v", s, re.Engine(), err)
		}
	}
}

// TestRegexp2GivesUp: a pattern that would never end does, and takes all that was left of the budget.
func TestRegexp2GivesUp(t *testing.T) {
	const e = Engine(time.Millisecond)
	re, err := e.Compile([]byte(`^(\w+\w+)+!`), 0)
	if err != nil || re.Engine() != e {
		t.Fatalf("%v, %v", re, err)
	}
	b := Budget{Steps: DefaultSteps}
	if out := re.Match([]byte(strings.Repeat("w", 64)), nil, &b); out != Exhausted || b.Steps >= 0 {
		t.Errorf("outcome %d with %d steps left", out, b.Steps)
	}
}

// TestLongInput: offsets and budgets hold far beyond a banner.
func TestLongInput(t *testing.T) {
	in := strings.Repeat("ab", 1<<19) + "!"
	for pattern, want := range map[string]string{`(?:ab)*!`: "0,1048577", `b!`: "1048575,1048577", `^.*(!)$`: "0,1048577 1048576,1048577"} {
		re := MustCompile(pattern, 0)
		b := Budget{Steps: 1 << 24}
		caps := make([]int, 2*(re.Groups()+1))
		if out := re.Match([]byte(in), caps, &b); out == Exhausted {
			continue // a budget of stack or steps may end here, an answer must be right
		} else if got := answerOf(caps); out != Match || got != want {
			t.Errorf("%s: %v %s, want %s", pattern, out, got, want)
		}
	}
}
