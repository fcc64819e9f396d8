package matcher

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"earshot/matcher/pcre"
	"earshot/matcher/pcre/pcretest"
	"earshot/matcher/request"
	"earshot/testdata/bench/banner"
)

// probesOf makes a database of text.
func probesOf(t testing.TB, opts Options, text string) *DB {
	t.Helper()
	f, err := ParseFile("test.probes", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	db, err := New(opts, f)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// candidates lists the lines the prefilter lets through, by their line number.
func candidates(db *DB, c *chain, b []byte) []int {
	var lines []int
	f := db.prefilter(c).sift(b, c.order)
	defer f.done()
	for id, ok := f.next(); ok; id, ok = f.next() {
		lines = append(lines, db.lines[id].Line)
	}
	return lines
}

const siftProbes = `Probe TCP NULL q||
match a m|^220 files FTP|
match b m|^220 .*mail ESMTP|
match c m|POSTFIX|i
match d m|^.$|
match e m=(?:alpha|bravo\d)x=
match f m|^220.*ESMTP [\w.]+ running|
match g m|^abcd|
softmatch h m|^2|
Probe TCP Get q|GET|
match i m|^220 .*mail ESMTP|
match j m|^2.*quit|
match k m|^2.*q\s*$|
Probe TCP Other q|O|
fallback Get
match l m|only in other|
`

func TestCandidates(t *testing.T) {
	db := probesOf(t, Options{}, siftProbes)
	for _, c := range []struct{ probe, text, want string }{
		{"NULL", "220 files FTP", "[2 9]"},
		{"NULL", "221 files FTP", "[9]"},
		{"NULL", "220 a mail ESMTP x running", "[3 7 9]"},
		{"NULL", "220 a mail ESMTP x walking", "[3 9]"},
		{"NULL", "a PostFix b", "[4]"},
		{"NULL", " postfix", "[4]"},
		{"NULL", "  postfi", "[]"},
		{"NULL", "x", "[5]"},
		{"NULL", "x\n", "[5]"},
		{"NULL", "xyz", "[]"},
		{"NULL", "", "[]"},
		{"NULL", "--alphax", "[6]"},
		{"NULL", "--bravo7x", "[6]"},
		{"NULL", "abcde", "[8]"},
		{"NULL", "abc", "[]"},
		// Own lines, then those of NULL.
		{"Get", "220 a mail ESMTP x running quit", "[11 12 13 3 7 9]"},
		// Own lines, the fallback's, those of NULL; nothing twice.
		{"Other", "220 only in other mail ESMTP quit", "[16 11 12 13 3 9]"},
		// NULL first, then the probes in file order.
		{"", "220 only in other mail ESMTP quit", "[3 9 11 12 13 16]"},
	} {
		if got := fmt.Sprint(candidates(db, chainNamed(db, c.probe), []byte(c.text))); got != c.want {
			t.Errorf("%s %q: candidates %s, want %s", c.probe, c.text, got, c.want)
		}
	}
}

// TestCandidatesAtEveryPlace: the pass looks at every second gram, but finds a
// literal at any place and in any length of banner.
// TestPlainPage: a page in the words of most servers makes candidates of few lines. Lines filed under such words would
// each look through every page for the rest of what they require.
func TestPlainPage(t *testing.T) {
	db := embeddedDB(t, Options{})
	c := db.anyChain(request.TCP)
	page := "HTTP/1.1 200 OK\r\nServer: x\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Type: text/html\r\nContent-Length: 46\r\n" +
		"Connection: close\r\n\r\n<html><head><title>hello</title></head></html>"
	s := db.prefilter(c).sift([]byte(page), c.order)
	defer s.done()
	if n := len(s.found); n == 0 || n > len(c.ids)/50 {
		t.Errorf("%d of %d lines", n, len(c.ids))
	}
}

func TestCandidatesAtEveryPlace(t *testing.T) {
	db := probesOf(t, Options{}, "Probe TCP NULL q||\nmatch a m|needle|\nmatch b m|Thread|i\nmatch c m|a (?:longer needle of many bytes)|\n")
	for pad := range 40 {
		for tail := range 10 {
			for i, n := range []string{"needle", "tHReAD", "a longer needle of many bytes"} {
				b := bytes.Repeat([]byte{'-'}, pad+len(n)+tail)
				copy(b[pad:], n)
				if got, want := fmt.Sprint(candidates(db, chainNamed(db, "NULL"), b)), []string{"[2]", "[3]", "[2 4]"}[i]; got != want {
					t.Fatalf("%q: candidates %s, want %s", b, got, want)
				}
			}
		}
	}
}

// sameWinner compares a database with the linear one of the same files.
func sameWinner(t *testing.T, fast, slow *DB, b []byte) {
	t.Helper()
	check := func(how string, x, y Result) {
		t.Helper()
		// The linear search has a budget for each line, but none for all of them.
		if x.Degraded || y.Degraded {
			return
		}
		if x.Kind != y.Kind || x.File != y.File || x.Line != y.Line {
			t.Errorf("%s, %.200q: %s:%d (kind %d), but line by line %s:%d (kind %d)", how, b, x.File, x.Line, x.Kind, y.File, y.Line, y.Kind)
		}
	}
	check("any", fast.MatchAny(b, request.TCP), slow.MatchAny(b, request.TCP))
	check("any of UDP", fast.MatchAny(b, request.UDP), slow.MatchAny(b, request.UDP))
	check("certificate", fast.MatchCertificate(b), slow.MatchCertificate(b))
	get := []byte("GET / HTTP/1.0\r\n\r\n") // tries one chain after the other
	check("request", fast.MatchRequest(request.TCP, get, b, 0), slow.MatchRequest(request.TCP, get, b, 0))
	for _, name := range []string{"NULL", "GetRequest"} {
		if p := fast.Probe(request.TCP, name); p != nil {
			check(name, fast.Match(b, p), slow.Match(b, slow.Probe(request.TCP, name)))
		}
	}
}

// mutants returns b and n strings near it.
func mutants(b []byte, r *rand.Rand, n int) [][]byte {
	all := [][]byte{b}
	for range n {
		all = append(all, pcretest.Mutate(r, b))
	}
	return all
}

func checkWinners(t *testing.T, fast, slow *DB, mutations int) {
	r := pcretest.Rand(3)
	for _, s := range banner.Scenarios() {
		for _, b := range s.Data {
			for _, m := range mutants(b[:min(len(b), 2048)], r, mutations) {
				sameWinner(t, fast, slow, m)
			}
		}
	}
}

func TestWinnerEmbedded(t *testing.T) {
	fast, slow := embeddedDB(t, Options{}), embeddedDB(t, Options{Linear: true})
	n := 20
	if testing.Short() {
		n = 2
	}
	checkWinners(t, fast, slow, n)
}

func TestWinnerInstalled(t *testing.T) {
	fast, slow := installedDB(t, Options{}), installedDB(t, Options{Linear: true})
	n := 5
	if testing.Short() {
		n = 1
	}
	checkWinners(t, fast, slow, n)
}

// checkSound generates strings from every pattern and checks that those the pattern
// matches make its line a candidate, alone and with text around them. It returns
// how many matches it saw, of how many lines.
func checkSound(t *testing.T, db *DB, rounds int, each func(b []byte)) (matches, lines int) {
	t.Helper()
	r := pcretest.Rand(5)
	for _, l := range db.Lines() {
		p, err := pcre.Parse([]byte(l.Pattern), l.Flags)
		if err != nil {
			t.Errorf("%s:%d: %v", l.File, l.Line, err)
			continue
		}
		re, seen := p.Regexp(), matches
		for i := range rounds {
			b := pcretest.Positive(r, p)
			switch i % 3 {
			case 1:
				b = append(b, "\r\nand then some"...)
			case 2:
				b = append([]byte("before "), b...)
			}
			if len(b) > MaxInput || re.Match(b, make([]int, 2), nil) != pcre.Match {
				continue
			}
			matches++
			each(b)
			c := db.chainOf(l.Probe)
			f := db.prefilter(c).sift(b, c.order)
			found := false
			for id, ok := f.next(); ok && !found; id, ok = f.next() {
				found = id == int(l.ID)
			}
			f.done()
			if !found {
				t.Errorf("%s:%d: %q is no candidate for %q", l.File, l.Line, b, l.Pattern)
				break
			}
		}
		if matches > seen {
			lines++
		}
	}
	return matches, lines
}

// checkLines holds the prefilter over texts made of every line, so many rounds of them, and each
// so-manieth text's winner against the linear search.
func checkLines(t *testing.T, load func(testing.TB, Options) *DB, rounds, every int) {
	t.Helper()
	fast, slow := load(t, Options{}), load(t, Options{Linear: true})
	n := 0
	matches, lines := checkSound(t, fast, rounds, func(b []byte) {
		if n++; n%every == 0 {
			sameWinner(t, fast, slow, b)
		}
	})
	t.Logf("%d matches of %d of %d lines", matches, lines, len(fast.Lines()))
	if lines < len(fast.Lines())*9/10 {
		t.Errorf("matches of %d lines only, of %d", lines, len(fast.Lines()))
	}
}

func TestSoundEmbedded(t *testing.T) {
	if testing.Short() {
		checkLines(t, embeddedDB, 4, 200)
		return
	}
	checkLines(t, embeddedDB, 12, 20)
}

func TestSoundInstalled(t *testing.T) {
	if testing.Short() {
		checkLines(t, installedDB, 2, 5000)
		return
	}
	checkLines(t, installedDB, 6, 500)
}

// TestSoundRandom does the same with patterns nobody would write.
func TestSoundRandom(t *testing.T) {
	r := pcretest.Rand(8)
	f := &File{Name: "random"}
	block := &Block{Proto: request.TCP, Name: "NULL"}
	f.Blocks = []*Block{block}
	for len(block.Rules) < 3000 {
		text := pcretest.Pattern(r)
		if r.IntN(2) == 0 {
			text = "^" + text
		}
		flags := pcre.Flags(r.IntN(4))
		if _, err := pcre.Parse([]byte(text), flags); err == nil {
			block.Rules = append(block.Rules, &Rule{Line: len(block.Rules) + 1, Pattern: text, Flags: flags, Service: "x"})
		}
	}
	db, err := New(Options{}, f)
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := checkSound(t, db, 10, func([]byte) {}); n < 5000 {
		t.Errorf("%d matches only", n)
	}
}

// FuzzWinner: the prefilter never changes who wins.
func FuzzWinner(f *testing.F) {
	for _, s := range banner.Scenarios() {
		for _, b := range s.Data {
			f.Add(b[:min(len(b), 600)])
		}
	}
	fast, slow := embeddedDB(f, Options{}), embeddedDB(f, Options{Linear: true})
	f.Fuzz(func(t *testing.T, b []byte) { sameWinner(t, fast, slow, b) })
}

// Every byte at every place of a word becomes what it is by itself.
func TestAppendLower(t *testing.T) {
	for n := range 20 {
		for c := range 256 {
			b := bytes.Repeat([]byte{byte(c)}, n)
			for i := range b {
				b[i] += byte(i * 37)
			}
			want := append([]byte("X"), b...)
			for i, c := range want[1:] {
				if c >= 'A' && c <= 'Z' {
					want[1+i] = c - 'A' + 'a'
				}
			}
			if got := appendLower([]byte("X"), b); !bytes.Equal(got, want) {
				t.Fatalf("%q: %q, want %q", b, got, want)
			}
		}
	}
}
