package pcre_test

import (
	"bytes"
	"strings"
	"testing"

	"earshot/matcher/pcre"
)

// benchCase is a pattern of the kind signatures are made of, and a banner.
type benchCase struct {
	name, pattern string
	flags         pcre.Flags
	in            string
	want          pcre.Outcome
}

func benchCases() []benchCase {
	http := "HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nX-Powered-By: something/1.2.3\r\nCache-Control: no-store, no-cache, must-revalidate\r\nConnection: close\r\nServer: thing/2.4.1 (Unix)\r\nContent-Type: text/html\r\n\r\n<html><head><title>Router login</title></head>" + strings.Repeat("<p>lorem ipsum</p>", 20)
	return []benchCase{
		{"ssh", `^SSH-([\d.]+)-OpenSSH_([\w.]+)(?: Debian-(\S+))?\r?\n`, 0, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2\r\n", pcre.Match},
		{"ssh-miss", `^SSH-([\d.]+)-dropbear_([\w.]+)\r?\n`, 0, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2\r\n", pcre.NoMatch},
		{"ftp", `^220[- ]([-.\w]+) FTP server \(Version ([\w.-]+)\) ready\.?\r\n`, 0, "220 host.example.net FTP server (Version 6.4-1) ready.\r\n", pcre.Match},
		{"http-header", `^HTTP/1\.[01] \d\d\d (?:[^\r\n]*\r\n(?!\r\n))*?Server: thing/([\w.]+)`, 0, http, pcre.Match},
		{"http-caseless", `^http/1\.[01] 200.*\r\nserver: thing/([\w.]+).*<title>([^<]*)</title>`, pcre.Caseless | pcre.DotAll, http, pcre.Match},
		{"http-miss", `^HTTP/1\.[01] \d\d\d (?:[^\r\n]*\r\n(?!\r\n))*?Server: other/([\w.]+)`, 0, http, pcre.NoMatch},
		{"binary", `^.\0\0\0\x0a([\d.]+)-MariaDB[^\0]*\0.{8,40}mysql_native_password\0`, pcre.DotAll, "J\x00\x00\x00\x0a5.5.5-10.11.6-MariaDB\x00\x01\x02\x03\x04aaaaaaaa\x00\xfe\xf7\x08\x02\x00\xff\x81mysql_native_password\x00", pcre.NoMatch},
		{"search", `lighttpd/(\d[\d.]*)`, 0, strings.Repeat("x-header: value\r\n", 30) + "lighttpd/1.4.69", pcre.Match},
	}
}

func BenchmarkMachine(b *testing.B) {
	for _, c := range benchCases() {
		b.Run(c.name, func(b *testing.B) { benchmark(b, pcre.MustCompile(c.pattern, c.flags), c) })
	}
}

func BenchmarkRegexp2(b *testing.B) {
	for _, c := range benchCases() {
		re, err := pcre.Regexp2.Compile([]byte(c.pattern), c.flags)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) { benchmark(b, re, c) })
	}
}

func benchmark(b *testing.B, re *pcre.Regexp, c benchCase) {
	in, caps := []byte(c.in), make([]int, 2*(re.Groups()+1))
	var budget pcre.Budget
	b.ReportAllocs()
	for b.Loop() {
		budget.Steps = pcre.DefaultSteps
		if out := re.Match(in, caps, &budget); out != c.want {
			b.Fatalf("outcome %d, want %d", out, c.want)
		}
	}
}

// BenchmarkHostile is the cost of 8 KB made to be slow.
func BenchmarkHostile(b *testing.B) {
	for _, c := range []struct{ name, pattern, unit string }{
		{"dots", `(?s)^.*one.*two.*three.*four.*five`, "one two three four "},
		{"nested", `^([\w._]+)*!`, "a"},
		{"blanks", `^\s*([ \w]+?)\s*-\s*x`, " "},
		{"counted", `(?:\w{1,9}\.?){1,9}!`, "a"},
		{"exhausted", `(a*)*\1b`, "a"},
	} {
		re := pcre.MustCompile(c.pattern, 0)
		in := bytes.Repeat([]byte(c.unit), 8192/len(c.unit))
		b.Run(c.name, func(b *testing.B) {
			var budget pcre.Budget
			b.ReportAllocs()
			for b.Loop() {
				budget.Steps = pcre.DefaultSteps
				re.Match(in, nil, &budget)
			}
			b.ReportMetric(float64(pcre.DefaultSteps-budget.Steps), "steps")
		})
	}
}

func BenchmarkParseNmap(b *testing.B) {
	all := nmapPatterns(b)
	b.ReportAllocs()
	for b.Loop() {
		for _, n := range all {
			if _, err := pcre.Parse(n.Text, n.Flags); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(all)), "µs/pattern")
}

// BenchmarkCompileNmap parses every pattern twice, as the lazy compile does,
// and makes its program.
func BenchmarkCompileNmap(b *testing.B) {
	all := nmapPatterns(b)
	b.ReportAllocs()
	for b.Loop() {
		for _, n := range all {
			re, err := pcre.Compile(n.Text, n.Flags)
			if err != nil {
				b.Fatal(err)
			}
			re.Match(nil, nil, nil)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(all)), "µs/pattern")
}
