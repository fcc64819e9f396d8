package pcre_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"earshot/matcher/pcre"
	"earshot/matcher/pcre/pcretest"
)

// nmapPatterns are the patterns of an installed nmap's signature file, which
// serves as a yardstick only; the test is skipped where nmap is not installed.
func nmapPatterns(t testing.TB) []pcretest.ProbePattern {
	t.Helper()
	data, err := os.ReadFile("/usr/share/nmap/nmap-service-probes")
	if err != nil {
		t.Skip("no nmap installed")
	}
	return pcretest.ProbePatterns(data)
}

// ownPatterns are the patterns of the embedded signatures.
func ownPatterns(t testing.TB) (all []pcretest.ProbePattern) {
	t.Helper()
	files, err := filepath.Glob("../../data/probes/*.probes")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pcretest.ProbePatterns(data)...)
	}
	return all
}

// pair is one pattern in both engines.
type pair struct {
	vm, runes *pcre.Regexp
	a, b      []int
	budget    pcre.Budget
	pairs     int
	matches   int
	passed    int // over, see compare
}

func newPair(t testing.TB, text []byte, flags pcre.Flags) (*pair, *pcre.Pattern) {
	t.Helper()
	parsed, err := pcre.Parse(text, flags)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	r2, err := pcre.Engine(time.Minute).Compile(text, flags)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	n := 2 * (parsed.Groups + 1)
	return &pair{vm: parsed.Regexp(), runes: r2, a: make([]int, n), b: make([]int, n)}, parsed
}

// compare runs both engines on in. What takes the machine so long that it begins to
// remember where it failed may take regexp2, which never does, for ever: such a pair is
// passed over. It counts steps, so that no clock decides which these are; with fewer,
// regexp2 needs less than a millisecond of its minute.
func (p *pair) compare(t testing.TB, in []byte) {
	t.Helper()
	p.budget.Steps = pcre.MemoAfter
	one := p.vm.Match(in, p.a, &p.budget)
	p.pairs++
	if one == pcre.Exhausted {
		p.passed++
		return
	}
	p.budget.Steps = 1 << 22
	two := p.runes.Match(in, p.b, &p.budget)
	if one == pcre.Match {
		p.matches++
	}
	if one != two || one == pcre.Match && !slices.Equal(p.a, p.b) {
		t.Errorf("%q flags %d on %.300q: machine %v %v, regexp2 %v %v", p.vm, p.vm.Flags(), in, one, p.a, two, p.b)
	}
}

// TestRemembering compares the machine with itself remembering failures from
// the first step on, and counting rounds instead of unrolling: the answers must
// be the same.
func TestRemembering(t *testing.T) {
	var patterns []pcretest.ProbePattern
	n := 20000
	if testing.Short() {
		n = 3000
	}
	for i := range n {
		patterns = append(patterns, pcretest.ProbePattern{Text: []byte(pcretest.Pattern(pcretest.Rand(uint64(i) << 20))), Flags: pcre.Flags(i & 3)})
	}
	if !testing.Short() {
		patterns = append(patterns, ownPatterns(t)...)
	}
	pairs, matches, undecided := 0, 0, 0
	for i, p := range patterns {
		parsed, err := pcre.Parse(p.Text, p.Flags)
		if err != nil {
			continue
		}
		re := parsed.Regexp()
		counted := pcre.Counted(parsed)
		a := make([]int, 2*(parsed.Groups+1))
		b := slices.Clone(a)
		var plain, eager pcre.Budget
		pcre.RememberAtOnce(&eager)
		r := pcretest.Rand(uint64(i))
		check := func(in []byte) {
			plain.Steps, eager.Steps = 1<<20, 1<<20
			one, two := re.Match(in, a, &plain), re.Match(in, b, &eager)
			pairs++
			if one == pcre.Exhausted || two == pcre.Exhausted {
				undecided++
				return
			}
			if one == pcre.Match {
				matches++
			}
			if one != two || one == pcre.Match && !slices.Equal(a, b) {
				t.Errorf("%q flags %d on %.300q: %v %v, remembering %v %v", re, re.Flags(), in, one, a, two, b)
			}
			for _, budget := range []*pcre.Budget{&plain, &eager} {
				budget.Steps = 1 << 20
				two = counted.Match(in, b, budget)
				if two == pcre.Exhausted {
					undecided++
				} else if one != two || one == pcre.Match && !slices.Equal(a, b) {
					t.Errorf("%q flags %d on %.300q: %v %v, counted %v %v (remembering: %v)", re, re.Flags(), in, one, a, two, b, budget == &eager)
				}
			}
		}
		for range 4 {
			in := pcretest.Positive(r, parsed)
			check(in)
			check(pcretest.Mutate(r, in))
			check(pcretest.Mutate(r, in))
		}
		for range 12 {
			in := make([]byte, r.IntN(12))
			for j := range in {
				in[j] = "aaabbbccA1 -_\n\xe9"[r.IntN(15)]
			}
			check(in)
		}
	}
	t.Logf("%d pairs, %d matches, %d undecided", pairs, matches, undecided)
	if undecided > pairs/1000 || matches < pairs/5 {
		t.Errorf("of %d pairs %d match and %d are undecided", pairs, matches, undecided)
	}
}

// checkEngines compares the engines over inputs made for each pattern.
func checkEngines(t *testing.T, patterns []pcretest.ProbePattern, rounds int) {
	pairs, matches, passed := 0, 0, 0
	for i, n := range patterns {
		p, parsed := newPair(t, n.Text, n.Flags)
		r := pcretest.Rand(uint64(i))
		for range rounds {
			in := pcretest.Positive(r, parsed)
			p.compare(t, in)
			p.compare(t, pcretest.Mutate(r, in))
			p.compare(t, pcretest.Mutate(r, in))
		}
		pairs, matches, passed = pairs+p.pairs, matches+p.matches, passed+p.passed
		if t.Failed() {
			return
		}
	}
	t.Logf("%d patterns, %d pairs, %d matches, %d passed over", len(patterns), pairs, matches, passed)
	if passed > pairs/1000 {
		t.Errorf("%d of %d pairs passed over", passed, pairs)
	}
	if matches < pairs/5 {
		t.Errorf("only %d of %d pairs match", matches, pairs)
	}
}

// sample is every eighth pattern in a short run.
func sample(patterns []pcretest.ProbePattern) (some []pcretest.ProbePattern) {
	if !testing.Short() {
		return patterns
	}
	for i := 0; i < len(patterns); i += 8 {
		some = append(some, patterns[i])
	}
	return some
}

func TestEnginesNmap(t *testing.T) { checkEngines(t, sample(nmapPatterns(t)), 2) }

func TestEnginesOwn(t *testing.T) { checkEngines(t, sample(ownPatterns(t)), 3) }

func TestEnginesRandom(t *testing.T) {
	n := 3000
	if testing.Short() {
		n = 500
	}
	var patterns []pcretest.ProbePattern
	for i := range n {
		r := pcretest.Rand(uint64(i))
		text := []byte(pcretest.Pattern(r))
		if p, err := pcre.Parse(text, 0); err == nil && simple(p.Root, 0) {
			patterns = append(patterns, pcretest.ProbePattern{Text: text, Flags: pcre.Flags(i & 3)})
		}
	}
	if len(patterns) < n/3 {
		t.Errorf("only %d of %d patterns are valid", len(patterns), n)
	}
	checkEngines(t, patterns, 3)
}

// simple tells patterns that regexp2 can be expected to finish: no deep
// repetition of repetitions.
func simple(n *pcre.Node, loops int) bool {
	if n.Op == pcre.OpRepeat {
		if loops++; loops > 2 {
			return false
		}
	}
	for _, s := range n.Sub {
		if !simple(s, loops) {
			return false
		}
	}
	return true
}

func TestParseNmap(t *testing.T) {
	all := nmapPatterns(t)
	for _, n := range all {
		if _, err := pcre.Parse(n.Text, n.Flags); err != nil {
			t.Errorf("line %d: %v", n.Line, err)
		}
	}
	if len(all) < 10000 {
		t.Errorf("%d patterns", len(all))
	}
}

// TestFactsHold: strings generated from a pattern have all its facts.
func TestFactsHold(t *testing.T) {
	for name, patterns := range map[string]func(testing.TB) []pcretest.ProbePattern{"own": ownPatterns, "nmap": nmapPatterns} {
		t.Run(name, func(t *testing.T) {
			var f pcre.Finder
			r := rand.New(rand.NewPCG(1, 2))
			mute, all := 0, sample(patterns(t))
			for _, p := range all {
				if pcre.CheckFacts(t, p.Text, p.Flags, &f, r, 5) == 0 {
					mute++
				}
			}
			if mute > len(all)/1000 {
				t.Errorf("nothing was said of %d of %d patterns", mute, len(all))
			}
		})
	}
}

func FuzzMatch(f *testing.F) {
	seeds := []struct{ pattern, in string }{
		{`^SSH-([\d.]+)-OpenSSH[_-]([\w.]+)\r?\n`, "SSH-2.0-OpenSSH_9.2p1\r\n"},
		{`^HTTP/1\.[01] \d\d\d (?:[^\r\n]*\r\n(?!\r\n))*?Server: ([^/\r\n]+)(?:/([\w.]+))?`, "HTTP/1.1 200 OK\r\nX: y\r\nServer: a/1.2\r\n\r\n"},
		{`(a*)*(?:b|(?<n>c?)){1,3}?\1$`, "aabca\n"},
		{`(?i:k)(?<=K|ab)\b[^\Wx]{2,}+(?>\R|.)`, "kab\r\n"},
		{`(?:.*?:){5}(.*)`, ":::::::x"},
	}
	for _, s := range seeds {
		f.Add([]byte(s.pattern), uint8(0), []byte(s.in))
		f.Add([]byte(s.pattern), uint8(3), []byte(s.in))
	}
	f.Fuzz(func(t *testing.T, pattern []byte, flags uint8, in []byte) {
		if len(pattern) > 80 || len(in) > 200 {
			return
		}
		parsed, err := pcre.Parse(pattern, pcre.Flags(flags&3))
		if err != nil || !simple(parsed.Root, 0) || large(parsed.Root) {
			return
		}
		p, _ := newPair(t, pattern, pcre.Flags(flags&3))
		if p.compare(t, in); p.passed == 0 {
			pcre.RememberAtOnce(&p.budget)
			p.compare(t, in)
		}
	})
}

// large tells patterns with big counts, which only take time.
func large(n *pcre.Node) bool {
	return n.Op == pcre.OpRepeat && (n.Min > 40 || n.Max > 40) || slices.ContainsFunc(n.Sub, large)
}
