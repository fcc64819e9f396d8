package matcher

import (
	"slices"

	"earshot/matcher/pcre"
	"earshot/matcher/request"
)

// Proto is a transport protocol, request.TCP or request.UDP, or request.Cert for what
// certificates say.
type Proto = request.Proto

// Kind says how a Result was reached.
type Kind uint8

// The kinds of result. Timeout means that a budget ran out before any line
// matched: not the same as None.
const (
	None Kind = iota
	Soft
	Hard
	Timeout
)

// Fields are the version fields of a match line after substitution. Every field
// is printable ASCII, cut or dropped as nmap 7.93 does.
type Fields struct {
	Product, Version, Info, Hostname, OS, Device string
	CPE                                          []string // at most one a part, in the order a, h, o; CPE 2.2 URIs
}

// Result is what the database makes of a response.
type Result struct {
	Kind    Kind
	Service string // as in the file, without a leading "ssl/"
	Tunnel  string // "ssl" if the line's service name began with "ssl/"; else ""
	Fields
	Probe    string // name of the probe that owns the line
	File     string // base name of the file the line stands in
	Line     int    // its line number, from 1
	Any      bool   // found by MatchAny: the request was not recognised, so the claim is weaker
	Degraded bool   // some line's budget ran out on the way; a better line may exist
	Strict   bool   // the database is Strict: the fields are what nmap would show, and nothing is to be added to them
}

// MaxInput is how many bytes of a response are looked at, unless Options.Depth
// says otherwise. nmap stops reading at 4096; what stands behind 8 KiB has never
// told a product, and the work of some patterns grows with a power of the length.
const MaxInput = 8 << 10

// Budgets, in steps of the byte machine, 2 to 4 ns each on a machine of 2024. They
// bound what hostile bytes can cost, whatever the machine's load: 6 ms for a
// response there, which leaves machines three times slower within 20. A line that uses its
// own budget up counts as not matching, as nmap's match limit has it; when the
// response's is used up, no further line is tried.
const (
	stepsPerLine     = 400_000
	stepsPerResponse = 1_500_000
)

// scratch is what one match needs besides the database.
type scratch struct {
	caps  []int
	text  []byte
	cut   int    // no value reaches so far into the response; 0 for no bound
	work  int    // steps left for the response
	wide  bool   // every line of the transport is tried: one that rests on few bits counts for less
	sieve *sieve // of the response, once a chain was tried
	// budget is that of one line; it holds the memory of the machine, too.
	budget pcre.Budget
}

// Match tries data, the head of a response to p, against p's list: its own lines,
// those of its fallbacks in the order of the directive, and for TCP the NULL
// probe's. A nil p has no lines.
//
// The first hard match in that order wins, else the first soft one. With
// Options.Strict the first match of either kind wins.
func (db *DB) Match(data []byte, p *Probe) Result {
	if p == nil {
		return Result{}
	}
	return db.MatchProbes(data, p)
}

// MatchProbes tries data against the lists of several probes, one after the
// other, within one budget: a hard match of any beats a soft one of any.
func (db *DB) MatchProbes(data []byte, ps ...*Probe) Result {
	s := db.begin()
	defer db.end(s)
	var r Result
	for _, p := range ps {
		if db.try(&r, db.chainOf(p), data, s); r.Kind == Hard || db.opts.Strict && r.Kind == Soft {
			break
		}
	}
	r.Strict = db.opts.Strict && r.Kind != None
	return r
}

// MatchAny tries data against every line of a transport, for a response to a
// request nobody recognised: the lines of NULL, then those of the other probes
// in file order, with Match's preference. Result.Any is set. SCTP is tried
// against the lines of TCP.
func (db *DB) MatchAny(data []byte, proto Proto) Result {
	s := db.begin()
	defer db.end(s)
	var r Result
	s.wide = !db.opts.Strict
	db.try(&r, db.anyChain(proto), data, s)
	r.Any = r.Kind != None
	r.Strict = db.opts.Strict && r.Any
	return r
}

// MatchCertificate tries what a certificate says, as capture.TLS.CertificateText writes
// it, against the lines of the CERT probe.
func (db *DB) MatchCertificate(text []byte) Result {
	i := slices.IndexFunc(db.probes, func(p *Probe) bool { return p.Proto == request.Cert })
	if i < 0 {
		return Result{}
	}
	return db.MatchProbes(text, db.probes[i])
}

func (db *DB) begin() *scratch {
	s := db.scratch.Get().(*scratch)
	s.work, s.cut, s.wide = stepsPerResponse, 0, false
	return s
}

func (db *DB) end(s *scratch) {
	if s.sieve != nil {
		s.sieve.done()
		s.sieve = nil
	}
	db.scratch.Put(s)
}

// try runs one chain over data, the same for all chains until end, and improves r. It stops
// at the first hard match.
func (db *DB) try(r *Result, c *chain, data []byte, s *scratch) {
	data = data[:min(len(data), db.opts.Depth)]
	if db.opts.Linear {
		for _, id := range c.ids {
			if db.tryLine(r, db.lines[id], data, s) {
				return
			}
		}
		return
	}
	if pre := db.prefilter(c); s.sieve == nil || s.sieve.p != pre {
		if s.sieve != nil {
			s.sieve.done()
		}
		s.sieve = pre.sift(data, c.order)
	} else {
		s.sieve.again(c.order)
	}
	for id, ok := s.sieve.next(); ok; id, ok = s.sieve.next() {
		if db.tryLine(r, db.lines[id], data, s) {
			return
		}
	}
}

// tryLine runs one line over data and improves r. It reports whether r is final.
func (db *DB) tryLine(r *Result, l *Line, data []byte, s *scratch) bool {
	if l.Soft && r.Kind == Soft {
		return false
	}
	p := l.program()
	if p.err != nil {
		return false
	}
	if need := 2 * (p.re.Groups() + 1); len(s.caps) < need {
		s.caps = make([]int, max(need, 20))
	}
	b := &s.budget
	b.Steps = stepsPerLine
	if !db.opts.Linear { // which tries every line, so that a sum would say nothing
		b.Steps = min(b.Steps, s.work)
	}
	given := b.Steps
	out := p.re.Match(data, s.caps, b)
	s.work -= given - max(b.Steps, 0)
	switch out {
	case pcre.Match:
		kind := l.kind(s.wide)
		if kind == None || kind == Soft && r.Kind == Soft {
			return false
		}
		for g := 1; s.cut > 0 && g <= p.re.Groups(); g++ {
			if s.caps[2*g+1] >= s.cut {
				s.caps[2*g], s.caps[2*g+1] = -1, -1
			}
		}
		degraded := r.Degraded
		*r = l.result(data, s)
		r.Kind, r.Degraded = kind, degraded
		return kind == Hard || db.opts.Strict
	case pcre.Exhausted:
		r.Degraded = true
		if r.Kind == None {
			r.Kind = Timeout
		}
		return s.work <= 0 && !db.opts.Linear
	}
	return false
}
