package pcre

import (
	"bytes"
	"os"
	"testing"
)

// nmapPattern is one pattern of an installed nmap's file.
type nmapPattern struct {
	line    int
	pattern []byte
	flags   Flags
}

// nmapPatterns reads the patterns of an installed nmap's signature file, which
// serves as a yardstick only; the test is skipped where nmap is not installed.
func nmapPatterns(t testing.TB) []nmapPattern {
	t.Helper()
	data, err := os.ReadFile("/usr/share/nmap/nmap-service-probes")
	if err != nil {
		t.Skip("no nmap installed")
	}
	return probePatterns(data)
}

// probePatterns picks the patterns out of the match lines of a probe file.
func probePatterns(data []byte) (all []nmapPattern) {
	for i, line := range bytes.Split(data, []byte("\n")) {
		f := bytes.SplitN(line, []byte(" "), 3)
		if len(f) < 3 || string(f[0]) != "match" && string(f[0]) != "softmatch" {
			continue
		}
		rest := bytes.TrimLeft(f[2], " ")
		if len(rest) < 2 || rest[0] != 'm' {
			continue
		}
		end := bytes.IndexByte(rest[2:], rest[1])
		if end < 0 {
			continue
		}
		p := nmapPattern{line: i + 1, pattern: rest[2 : 2+end]}
		for _, c := range rest[3+end:] {
			if c == 'i' {
				p.flags |= Caseless
			} else if c == 's' {
				p.flags |= DotAll
			} else {
				break
			}
		}
		all = append(all, p)
	}
	return all
}
