package pcre_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"earshot/matcher/pcre"
	"earshot/matcher/pcre/pcretest"
)

// maxHostileSteps is what one pattern may take on a hostile text of 8 KB: a
// step is some nanoseconds, so this is about 5 ms.
const maxHostileSteps = 1 << 20

// hostile runs p on its attacks and returns the steps of the worst.
func hostile(t testing.TB, p *pcre.Pattern, size int) (worst int, text []byte) {
	t.Helper()
	re := p.Regexp()
	var b pcre.Budget
	caps := make([]int, 2*(p.Groups+1))
	for _, in := range pcretest.Attacks(p, size) {
		const budget = 1 << 22
		b.Steps = budget
		out := re.Match(in, caps, &b)
		if steps := budget - b.Steps; steps > worst {
			worst, text = steps, in
		}
		if out == pcre.Exhausted {
			t.Errorf("%q on %d bytes like %.60q: exhausted", re, len(in), in)
			return budget, in
		}
	}
	return worst, text
}

// TestHostileShapes holds the shapes on which backtracking engines blow up.
// The machine answers them all within the budget, and says no more than that.
func TestHostileShapes(t *testing.T) {
	for _, s := range []struct {
		pattern, unit string
		want          pcre.Outcome
	}{
		{`(?s)^.*one.*two.*three.*four.*five`, "one two three four ", pcre.NoMatch},
		{`(?:.*?:){5}x(.*)`, ":", pcre.NoMatch},
		{`^(?:.*?:){5}(.*)!`, "::", pcre.NoMatch},
		{`^([\w._]+)*!`, "a", pcre.NoMatch},
		{`^(?:\w+ ?)+$`, "abc ", pcre.Match},
		{`^(?:\w+ ?)+!`, "a", pcre.NoMatch},
		{`^\s*([ \w]+?)\s*-\s*x`, " ", pcre.NoMatch},
		{`,?\s*([^)]+)\)\S*\s+`, ", ", pcre.NoMatch},
		{`(?s)<(?:[^<]+|<(?!x))*?yz`, "<a", pcre.NoMatch},
		{`(a*)*b`, "a", pcre.NoMatch},
		{`(?:a*b*)*c`, "ab", pcre.NoMatch},
		{`(?:(?:a*)*)*c`, "a", pcre.NoMatch},
		{`(?:a|a)*c`, "a", pcre.NoMatch},
		{`(?:a?){16}b`, "a", pcre.NoMatch},
		{`(x+x+)+y`, "x", pcre.NoMatch},
		{`(?:(?=(a+))a)*b`, "a", pcre.NoMatch},
		{`(?>a*?)*?b`, "a", pcre.NoMatch},
		{`[^:]*.*[^:]*.*[^:]*=`, "a", pcre.NoMatch},
		{`(?i)(?:a|b|ab)*c`, "aB", pcre.NoMatch},
		{`\w*\w*\w*\w*\w*!`, "a", pcre.NoMatch},
		{`(?:\w{1,9}\.?){1,9}!`, "a", pcre.NoMatch},
	} {
		re := pcre.MustCompile(s.pattern, 0)
		in := []byte(strings.Repeat(s.unit, 8192/len(s.unit)))
		b := pcre.Budget{Steps: maxHostileSteps}
		if out := re.Match(in, nil, &b); out != s.want {
			t.Errorf("%s: %v, want %v (%d steps left)", s.pattern, out, s.want, b.Steps)
		} else {
			t.Logf("%7d steps %s", maxHostileSteps-b.Steps, s.pattern)
		}
	}
}

// TestBudgetEnds shows that what cannot be remembered ends with the budget.
func TestBudgetEnds(t *testing.T) {
	for _, pattern := range []string{`(a*)*\1b`, `(?:(?:a|aa){2,600}x?){2,300}b`, `(a+)+(?(1)b|c)`} {
		re := pcre.MustCompile(pattern, 0)
		b := pcre.Budget{Steps: 1 << 16}
		if out := re.Match(bytes.Repeat([]byte("a"), 8192), nil, &b); out != pcre.Exhausted || b.Steps != 0 {
			t.Errorf("%s: %v with %d steps left", pattern, out, b.Steps)
		}
		if out := re.Match([]byte("aaaaaaaab"), nil, &b); out != pcre.Exhausted {
			t.Errorf("%s: %v without a budget", pattern, out)
		}
	}
}

// TestRememberingChangesNothing compares a search that remembers failures with
// one on the same text that ends before it begins to.
func TestRememberingChangesNothing(t *testing.T) {
	for _, pattern := range []string{`(x+x+)+(y?)`, `(?:(a*)(b*))*?(c)`, `(?:(a|ab)(c|bcd)?)*d`, `((a*?)(b?))*(?!b)c`} {
		re := pcre.MustCompile(pattern, 0)
		tail := []byte("xxyabbbcabcdacbd")
		short := make([]int, 2*(re.Groups()+1))
		long := slices.Clone(short)
		if re.Match(tail, short, nil) != pcre.Match {
			t.Fatalf("%s: no match", pattern)
		}
		// A long stretch on which the pattern fails everywhere comes first.
		head := bytes.Repeat([]byte("b-"), 4000)
		if out := re.Match(append(head, tail...), long, nil); out != pcre.Match && out != pcre.NoMatch {
			t.Fatalf("%s: %v", pattern, out)
		}
		if long[0] >= len(head) {
			for i := range short {
				if short[i] >= 0 && short[i]+len(head) != long[i] {
					t.Errorf("%s: %v and %v", pattern, short, long)
					break
				}
			}
		}
	}
}

// TestHostileNmap attacks every pattern of an installed nmap's file.
func TestHostileNmap(t *testing.T) {
	patterns := nmapPatterns(t)
	step := 1
	if testing.Short() {
		step = 16
	}
	var steps []int
	for i := 0; i < len(patterns); i += step {
		n := patterns[i]
		p, err := pcre.Parse(n.Text, n.Flags)
		if err != nil {
			t.Fatal(err)
		}
		worst, in := hostile(t, p, 8192)
		if worst > maxHostileSteps {
			t.Errorf("line %d: %d steps on %.60q: %q", n.Line, worst, in, n.Text)
		}
		steps = append(steps, worst)
	}
	slices.Sort(steps)
	n := len(steps)
	t.Logf("steps on the worst 8 KB text, %d patterns: median %d, p90 %d, p99 %d, p99.9 %d, most %d",
		n, steps[n/2], steps[n*9/10], steps[n*99/100], steps[n*999/1000], steps[n-1])
}

func TestHostileOwn(t *testing.T) {
	patterns := ownPatterns(t)
	step := 1
	if testing.Short() {
		step = 8
	}
	for i := 0; i < len(patterns); i += step {
		n := patterns[i]
		p, err := pcre.Parse(n.Text, n.Flags)
		if err != nil {
			t.Fatal(err)
		}
		if worst, in := hostile(t, p, 8192); worst > maxHostileSteps {
			t.Errorf("line %d: %d steps on %.60q: %q", n.Line, worst, in, n.Text)
		}
	}
}
