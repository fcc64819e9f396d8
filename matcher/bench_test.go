package matcher

import (
	"bytes"
	"os"
	"testing"

	"earshot/data"
	"earshot/matcher/request"
	"earshot/testdata/bench/banner"
)

// installedProbes is where Debian puts nmap's file: read as a yardstick only.
const installedProbes = "/usr/share/nmap/nmap-service-probes"

func embeddedDB(t testing.TB, opts Options) *DB {
	t.Helper()
	db, err := Load(opts, data.Probes)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func installedDB(t testing.TB, opts Options) *DB {
	t.Helper()
	if _, err := os.Stat(installedProbes); err != nil {
		t.Skip("no nmap installed")
	}
	db, err := Load(opts, nil, installedProbes)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func chainNamed(db *DB, name string) *chain {
	if name == "" {
		return db.anyChain(request.TCP)
	}
	return db.chainOf(db.Probe(request.TCP, name))
}

// BenchmarkMatch is the whole way of an answer, over an installed nmap's file.
func BenchmarkMatch(b *testing.B) {
	db := installedDB(b, Options{})
	for _, s := range banner.Scenarios() {
		b.Run(s.Name, func(b *testing.B) {
			match := func(i int) Result {
				if s.Chain == "" {
					return db.MatchAny(s.Data[i], request.TCP)
				}
				return db.Match(s.Data[i], db.Probe(request.TCP, s.Chain))
			}
			for i := range s.Data {
				match(i)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; b.Loop(); i = (i + 1) % len(s.Data) {
				match(i)
			}
		})
	}
}

// BenchmarkPrefilter is the choice of candidates alone, and how many they are.
func BenchmarkPrefilter(b *testing.B) {
	db := installedDB(b, Options{})
	for _, s := range banner.Scenarios() {
		b.Run(s.Name, func(b *testing.B) {
			c := chainNamed(db, s.Chain)
			p := db.prefilter(c)
			found := 0
			b.ReportAllocs()
			for i := 0; b.Loop(); i = (i + 1) % len(s.Data) {
				f := p.sift(s.Data[i], c.order)
				for _, ok := f.next(); ok; _, ok = f.next() {
					found++
				}
				f.done()
			}
			b.ReportMetric(float64(found)/float64(b.N), "candidates")
		})
	}
}

// BenchmarkIndex is what the first match of a process waits for: reading the
// files, parsing their patterns, filing them.
func BenchmarkIndex(b *testing.B) {
	index := func(db *DB) {
		for _, p := range []Proto{request.TCP, request.UDP, request.Cert} {
			db.prefilter(db.anyChain(p))
		}
	}
	b.Run("embedded", func(b *testing.B) {
		for b.Loop() {
			index(embeddedDB(b, Options{}))
		}
	})
	b.Run("installed", func(b *testing.B) {
		for b.Loop() {
			index(installedDB(b, Options{}))
		}
	})
}

// BenchmarkLower is a page in lower case, for the literals that are looked for in any.
func BenchmarkLower(b *testing.B) {
	page := bytes.Repeat([]byte("<HTML><head><Title>The page</Title>\r\n"), 100)
	var low []byte
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		low = appendLower(low[:0], page)
	}
}
