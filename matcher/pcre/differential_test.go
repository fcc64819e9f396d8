package pcre_test

import (
	"os"
	"path/filepath"
	"testing"

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

func BenchmarkParseNmap(b *testing.B) {
	all := nmapPatterns(b)
	for b.Loop() {
		for _, n := range all {
			if _, err := pcre.Parse(n.Text, n.Flags); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(all)), "µs/pattern")
}
