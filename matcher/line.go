package matcher

import (
	"strings"
	"sync/atomic"

	"earshot/matcher/pcre"
)

// Line is a rule in a database: which file and probe it belongs to, and its
// pattern and templates once they have been needed.
type Line struct {
	*Rule
	File  string // base name
	Probe *Probe
	ID    int32 // its place in DB.lines

	engine pcre.Engine
	prog   atomic.Pointer[program]
	weight weight
}

// program is a rule made ready for matching. It never changes.
type program struct {
	re        *pcre.Regexp // nil if err is not
	err       error        // what is wrong with the pattern
	service   string
	tunnel    string
	templates []template // in the order of the fields they fill
}

// program compiles the rule on first use. Two goroutines may both do so; the
// first to finish is kept.
func (l *Line) program() *program {
	if p := l.prog.Load(); p != nil {
		return p
	}
	p := &program{service: l.Service}
	if s, ok := strings.CutPrefix(l.Service, "ssl/"); ok {
		p.service, p.tunnel = s, "ssl"
	}
	p.re, p.err = l.engine.Compile([]byte(l.Pattern), l.Flags)
	p.templates = make([]template, len(l.Fields))
	for i := range l.Fields {
		p.templates[i] = compileTemplate(&l.Fields[i])
	}
	l.prog.CompareAndSwap(nil, p)
	return l.prog.Load()
}

// result fills in the line's fields from a match.
func (l *Line) result(data []byte, s *scratch) Result {
	p := l.program()
	r := Result{
		Kind: l.kind(false), Service: p.service, Tunnel: p.tunnel,
		Probe: l.Probe.Name, File: l.File, Line: l.Line,
	}
	var cpe [3]string
	caps := s.caps[:2*(p.re.Groups()+1)]
	for i := range p.templates {
		t := &p.templates[i]
		if t.bad != nil {
			continue
		}
		text := t.expand(&s.text, data, caps)
		switch t.key {
		// A repeated key: the last one counts, also when it fails.
		case KeyProduct:
			r.Product = text
		case KeyVersion:
			r.Version = text
		case KeyInfo:
			r.Info = text
		case KeyHostname:
			r.Hostname = text
		case KeyOS:
			r.OS = text
		case KeyDevice:
			r.Device = text
		case KeyCPE:
			cpe[strings.IndexByte("aho", t.slot)] = text
		}
	}
	n := 0
	for _, c := range cpe {
		if c != "" {
			n++
		}
	}
	if n > 0 {
		r.CPE = make([]string, 0, n)
		for _, c := range cpe {
			if c != "" {
				r.CPE = append(r.CPE, c)
			}
		}
	}
	return r
}
