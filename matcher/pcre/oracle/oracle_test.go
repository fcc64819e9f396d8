//go:build oracle && cgo

package oracle_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"earshot/matcher/pcre"
	"earshot/matcher/pcre/oracle"
	"earshot/matcher/pcre/pcretest"
)

// tally counts what a comparison has seen.
type tally struct {
	t       *testing.T
	pairs   int
	matches int
	limits  int // PCRE2 gave up
	stops   int // we gave up
	wrong   int
}

func (c *tally) report(patterns int) {
	c.t.Logf("%d patterns, %d pairs, %d matches, %d beyond PCRE2's limit, %d beyond our budget, %d divergences",
		patterns, c.pairs, c.matches, c.limits, c.stops, c.wrong)
}

// subject is one pattern in both engines.
type subject struct {
	parsed *pcre.Pattern
	re     *pcre.Regexp
	code   *oracle.Code
	a, b   []int
	budget pcre.Budget
}

func newSubject(pattern []byte, flags pcre.Flags, option oracle.Option) (*subject, error, error) {
	parsed, err := pcre.Parse(pattern, flags)
	code, err2 := oracle.Compile(pattern, flags, option)
	if err != nil || err2 != nil {
		if code != nil {
			code.Free()
		}
		return nil, err, err2
	}
	n := 2 * (parsed.Groups + 1)
	return &subject{parsed: parsed, re: parsed.Regexp(), code: code, a: make([]int, n), b: make([]int, n)}, nil, nil
}

func (c *tally) compare(s *subject, in []byte) {
	c.pairs++
	want, err := s.code.Match(in, s.b)
	if err != nil {
		c.limits++
		return
	}
	s.budget.Steps = 1 << 22
	got := s.re.Match(in, s.a, &s.budget)
	switch {
	case got == pcre.Exhausted:
		if c.stops++; c.stops < 10 {
			c.t.Logf("%q on %d bytes: beyond our budget", s.re, len(in))
		}
		return
	case want:
		c.matches++
	}
	if want != (got == pcre.Match) || want && !slices.Equal(s.a, s.b) {
		if c.wrong++; c.wrong < 30 {
			c.t.Errorf("%q flags %d on %.200q: PCRE2 %v %v, ours %v %v", s.re, s.re.Flags(), in, want, s.b, got == pcre.Match, s.a)
		}
	}
}

// inputs feeds n inputs made for the pattern to f: positives, mutations of
// them, and a few that have nothing to do with it.
func inputs(seed uint64, p *pcre.Pattern, n int, f func([]byte)) {
	r := pcretest.Rand(seed)
	for i := 0; i < n; i++ {
		in := pcretest.Positive(r, p)
		f(in)
		for range 4 {
			f(pcretest.Mutate(r, in))
		}
		if i == 0 {
			for _, s := range []string{"", "\n", "\r\n\r\n", "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n<html>\n", "220 host ESMTP\r\n", "\x00\x00\x00\x01\xff\xfe"} {
				f([]byte(s))
			}
		}
	}
}

func TestOracleNmap(t *testing.T) {
	data, err := os.ReadFile("/usr/share/nmap/nmap-service-probes")
	if err != nil {
		t.Skip("no nmap installed")
	}
	if c := compareFile(t, data); c.pairs < 500_000 {
		t.Errorf("only %d pairs", c.pairs)
	}
}

func TestOracleOwn(t *testing.T) {
	files, err := filepath.Glob("../../../data/probes/*.probes")
	if err != nil || len(files) == 0 {
		t.Fatalf("no probe files: %v", err)
	}
	var all []byte
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, data...), '\n')
	}
	if c := compareFile(t, all); c.matches < c.pairs/8 {
		t.Errorf("only %d matches", c.matches)
	}
}

// compareFile compares the engines over the patterns of a probe file.
func compareFile(t *testing.T, data []byte) tally {
	patterns := pcretest.ProbePatterns(data)
	c := tally{t: t}
	for i, p := range patterns {
		s, err, err2 := newSubject(p.Text, p.Flags, 0)
		if s == nil {
			t.Errorf("line %d: %q: ours %v, PCRE2 %v", p.Line, p.Text, err, err2)
			continue
		}
		inputs(uint64(i), s.parsed, 10, func(in []byte) { c.compare(s, in) })
		s.code.Free()
	}
	c.report(len(patterns))
	return c
}

// TestOracleRandom compares what both make of random patterns: whether they
// are patterns at all, and what they match.
func TestOracleRandom(t *testing.T) {
	c := tally{t: t}
	good, refused, kinder := 0, 0, 0
	n := 25_000
	if testing.Short() {
		n = 3_000
	}
	for i := range n {
		r := pcretest.Rand(uint64(i))
		text := []byte(pcretest.Pattern(r))
		flags := pcre.Flags(r.IntN(4))
		s, err, err2 := newSubject(text, flags, oracle.Plain)
		switch {
		case s != nil:
		case err != nil && err2 != nil:
			refused++
			continue
		case err == nil:
			// PCRE2 refuses, we take it: alternatives of different length
			// inside a group of a lookbehind.
			kinder++
			if kinder < 5 {
				t.Logf("%q: only PCRE2 refuses: %v", text, err2)
			}
			continue
		default:
			if !bytes.Contains(text, []byte(`(?<`)) {
				t.Errorf("%q: only we refuse: %v", text, err)
			}
			continue
		}
		if leftOut(s.parsed.Root, false) {
			s.code.Free()
			continue
		}
		good++
		inputs(uint64(i), s.parsed, 4, func(in []byte) { c.compare(s, in) })
		for range 10 {
			in := make([]byte, r.IntN(9))
			for j := range in {
				in[j] = "aaabbbccA1 -_\n\xe9"[r.IntN(15)]
			}
			c.compare(s, in)
		}
		s.code.Free()
	}
	t.Logf("%d refused by both, %d only by PCRE2", refused, kinder)
	c.report(good)
}

// TestOracleSize: what we say a pattern compiles to is never less than what it does, over
// our own patterns, an installed nmap's, random ones, and random ones that are counted high;
// and of these not too many are called too large that are not.
func TestOracleSize(t *testing.T) {
	files, err := filepath.Glob("../../../data/probes/*.probes")
	if err != nil || len(files) == 0 {
		t.Fatalf("no probe files: %v", err)
	}
	var patterns []pcretest.ProbePattern
	for _, f := range append(files, "/usr/share/nmap/nmap-service-probes") {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Log(err) // where nmap is not installed
		}
		patterns = append(patterns, pcretest.ProbePatterns(data)...)
	}
	written := len(patterns)
	for i := range 60_000 {
		r := pcretest.Rand(uint64(i))
		text := pcretest.Pattern(r)
		if i%2 == 1 {
			n := r.IntN(3000)
			text += []string{fmt.Sprintf("(?:%s){%d}", text, n), fmt.Sprintf("(%s){0,%d}", text, n), fmt.Sprintf("(?>%s){%d,}+", text, n), fmt.Sprintf("(?:x(?:%s){1,%d}?){3,5}", text, n)}[r.IntN(4)]
		}
		patterns = append(patterns, pcretest.ProbePattern{Text: []byte(text), Flags: pcre.Flags(r.IntN(4))})
	}
	var fit, large, strict, said, real int
	for i, p := range patterns {
		parsed, err := pcre.Parse(p.Text, p.Flags)
		if err != nil {
			continue
		}
		size := parsed.PCRE2Size()
		code, err := oracle.Compile(p.Text, p.Flags, 0)
		switch {
		case err == oracle.ErrSize:
			if large++; size <= pcre.MaxPCRE2Size {
				t.Errorf("%.200q: too large for PCRE2, %d bytes by us", p.Text, size)
			}
		case err != nil:
		default:
			n := code.Size()
			if size < n {
				t.Errorf("%.200q: %d bytes, %d by us", p.Text, n, size)
			}
			fit++
			if size > pcre.MaxPCRE2Size {
				strict++
			}
			if i < written {
				said, real = said+size, real+n
			}
			code.Free()
		}
	}
	t.Logf("%d patterns fit, %d of them not by us, %d are too large; of those written by people %d bytes by us, %d by PCRE2", fit, strict, large, said, real)
	if fit < 30_000 || large < 1000 || strict > large/4 {
		t.Errorf("%d fit, %d of them not by us, %d are too large", fit, strict, large)
	}
}

// leftOut tells patterns that repeat a group zero times that has an anchor in
// it: PCRE2 10.42 may then take the whole pattern for anchored, as in
// (\1|\A.){0}c and (\V++|\A){0}a.
func leftOut(n *pcre.Node, inside bool) bool {
	inside = inside || n.Op == pcre.OpRepeat && n.Max == 0
	return inside && n.Op == pcre.OpBegin || slices.ContainsFunc(n.Sub, func(s *pcre.Node) bool { return leftOut(s, inside) })
}
