package matcher

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"earshot/matcher/request"
)

// hostile is pairs of a pattern that backtracks and bytes that make it do so, at
// the full length that is looked at.
func hostile() (patterns []string, inputs [][]byte) {
	fill := func(head, unit string) []byte {
		return []byte((head + strings.Repeat(unit, MaxInput/len(unit)+1))[:MaxInput])
	}
	for _, h := range []struct{ pattern, head, unit string }{
		{`m=^.*a.*b.*c.*d.*e.*f!=s`, "", "abcdef"},
		{`m=^q(?:.*?:){5}(.*)!=s`, "q", "::"},
		{`m=^([\w._]+)+!=`, "", "w"},
		{`m=^(?:\w+ ?)+!=`, "", "wwwwwww "},
		{`m=^x\s*([ \w]+?)\s*-\s*!=`, "x", " "},
		{`m=^y(?:[^<]+|<(?!x))*?!=`, "y", "<<aa"},
		{`m=^(?:a*)*b*?(?:a+)*!=`, "", "a"},
		{`m=(.+)(.+)(.+)\1!=s`, "", "ab"},
		{`m=.*.*.*.*!!=s`, "", "zz"},
		{`m=(?:a|b|ab)*?(?:a|ab)*!!=`, "", "ab"},
		{`m=(?:.*a.*b.*c)(?:.*c.*d)!!=s`, "", "abcd"},
	} {
		patterns = append(patterns, h.pattern)
		inputs = append(inputs, fill(h.head, h.unit))
	}
	return patterns, inputs
}

// hostileDB holds every hostile pattern, times times, and one line that is good.
func hostileDB(t testing.TB, times int) *DB {
	patterns, _ := hostile()
	var b strings.Builder
	b.WriteString("Probe TCP NULL q||\n")
	for i := range times {
		for _, p := range patterns {
			fmt.Fprintf(&b, "match bad%d %s\n", i, p)
		}
	}
	return mustDB(t, Options{Validate: true}, b.String())
}

func TestHostileWorkIsBounded(t *testing.T) {
	db := hostileDB(t, 40)
	_, inputs := hostile()
	exhausted := 0
	for i, in := range inputs {
		s := db.begin()
		var r Result
		db.try(&r, db.anyChain(request.TCP), in, s)
		if s.work < -stepsPerLine {
			t.Errorf("input %d: %d steps over the budget", i, -s.work)
		}
		if r.Kind == Timeout {
			exhausted++
			if !r.Degraded {
				t.Errorf("input %d: not marked: %+v", i, r)
			}
		}
		// The same work, the same result.
		if again := db.MatchAny(in, request.TCP); again.Kind != r.Kind || again.Degraded != r.Degraded {
			t.Errorf("input %d: first %+v, then %+v", i, r, again)
		}
		db.end(s)
	}
	if exhausted == 0 {
		t.Error("no input used its budget up: the patterns are not hostile")
	}
}

func BenchmarkHostile(b *testing.B) {
	db := hostileDB(b, 40)
	_, inputs := hostile()
	for i, in := range inputs {
		b.Run(fmt.Sprint(i), func(b *testing.B) {
			steps := 0
			for b.Loop() {
				s := db.begin()
				var r Result
				db.try(&r, db.anyChain(request.TCP), in, s)
				steps += stepsPerResponse - s.work
				db.end(s)
			}
			b.ReportMetric(float64(steps)/float64(b.N), "steps/op")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(max(steps, 1)), "ns/step")
		})
	}
}

// FuzzMatch runs hostile bytes through the embedded signatures, with the
// prefilter and without: the same line must win.
func FuzzMatch(f *testing.F) {
	quick, linear := embeddedDB(f, Options{}), embeddedDB(f, Options{Linear: true})
	f.Add([]byte("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"), []byte(""))
	f.Add([]byte("220 (vsFTPd 3.0.3)\r\n"), []byte("USER x\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nServer: Apache/2.4.6 (CentOS) PHP/5\r\n\r\n"), []byte("GET / HTTP/1.0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, answer, asked []byte) {
		for _, p := range []Proto{request.TCP, request.UDP} {
			for _, find := range []func(db *DB) Result{
				func(db *DB) Result { return db.MatchAny(answer, p) },
				func(db *DB) Result { return db.MatchRequest(p, asked, answer, 0) },
			} {
				a, b := find(quick), find(linear)
				if a.Degraded || b.Degraded {
					continue
				}
				if !reflect.DeepEqual(a, b) {
					t.Fatalf("prefiltered %+v, linear %+v", a, b)
				}
			}
		}
	})
}
