package pcretest

import (
	"bytes"

	"earshot/matcher/pcre"
)

// ProbePattern is the pattern of one line of a probe file.
type ProbePattern struct {
	Line  int
	Text  []byte
	Flags pcre.Flags
}

// ProbePatterns picks the patterns out of the match lines of a probe file. It
// knows no more of the grammar than that; package matcher knows the rest.
func ProbePatterns(data []byte) (all []ProbePattern) {
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
		p := ProbePattern{Line: i + 1, Text: rest[2 : 2+end]}
	options:
		for _, c := range rest[3+end:] {
			switch c {
			case 'i':
				p.Flags |= pcre.Caseless
			case 's':
				p.Flags |= pcre.DotAll
			default:
				break options
			}
		}
		all = append(all, p)
	}
	return all
}
