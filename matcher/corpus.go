package matcher

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"earshot/matcher/request"
)

// Sample is a response whose sender is known, and what the database must make of
// it. A corpus file holds one as a JSON object a line.
type Sample struct {
	File string `json:"-"` // base name
	Line int    `json:"-"` // from 1

	Probe string `json:"probe"` // name of the probe it answers: "NULL", "GetRequest"
	Proto string `json:"proto"` // "tcp", "udp" or "cert"
	Data  Latin1 `json:"data"`

	Service  string   `json:"service"` // empty: no line may match
	Tunnel   string   `json:"tunnel"`
	Product  string   `json:"product"`
	Version  string   `json:"version"`
	Info     string   `json:"info"`
	Hostname string   `json:"hostname"`
	OS       string   `json:"os"`
	Device   string   `json:"device"`
	CPE      []string `json:"cpe"`
	Soft     bool     `json:"soft"` // it must match a softmatch line

	Source     string `json:"source"`     // "recorded", "documented" or "unverified"
	Provenance string `json:"provenance"` // who sent it and when, or where it is written
}

// Latin1 is bytes that stand in JSON as a string in which each character, U+0000
// to U+00FF, is one byte.
type Latin1 []byte

// UnmarshalJSON implements json.Unmarshaler.
func (l *Latin1) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*l = make(Latin1, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return fmt.Errorf("character %U in data is not one byte", r)
		}
		*l = append(*l, byte(r))
	}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (l Latin1) MarshalJSON() ([]byte, error) {
	r := make([]rune, len(l))
	for i, c := range l {
		r[i] = rune(c)
	}
	return json.Marshal(string(r))
}

// transport returns the sample's Proto.
func (s *Sample) transport() Proto {
	switch s.Proto {
	case "udp":
		return request.UDP
	case "cert":
		return request.Cert
	}
	return request.TCP
}

// ReadCorpus reads one corpus file. Blank lines are skipped; a line that is not a
// sample is an error that names it.
func ReadCorpus(name string, r io.Reader) ([]Sample, error) {
	var out []Sample
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		if len(strings.TrimSpace(in.Text())) == 0 {
			continue
		}
		s := Sample{File: path.Base(name), Line: n}
		d := json.NewDecoder(strings.NewReader(in.Text()))
		d.DisallowUnknownFields()
		err := d.Decode(&s)
		if err == nil && !slices.Contains([]string{"tcp", "udp", "cert"}, s.Proto) {
			err = fmt.Errorf("proto is %q, want tcp, udp or cert", s.Proto)
		}
		if err == nil && s.Source != "recorded" && s.Source != "documented" && s.Source != "unverified" {
			err = fmt.Errorf("source is %q, want recorded, documented or unverified", s.Source)
		}
		if err == nil && s.Probe == "" {
			err = fmt.Errorf("no probe is named")
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", s.File, n, err)
		}
		out = append(out, s)
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path.Base(name), err)
	}
	return out, nil
}

// ReadCorpusFS reads every *.jsonl file of fsys, in the order of their paths.
func ReadCorpusFS(fsys fs.FS) ([]Sample, error) {
	names, err := fs.Glob(fsys, "*.jsonl")
	if err != nil {
		return nil, err
	}
	var out []Sample
	for _, name := range names {
		f, err := fsys.Open(name)
		if err != nil {
			return nil, err
		}
		s, err := ReadCorpus(name, f)
		f.Close()
		if err != nil {
			return nil, err
		}
		out = append(out, s...)
	}
	return out, nil
}

// Failure is a sample that the database read wrongly.
type Failure struct {
	Sample *Sample
	Got    Result
	Why    string // each field that differs
}

// Overlap is a line that hard-matches a sample and names something else. Winner
// is the line that the sample is read by.
type Overlap struct {
	Sample *Sample
	Winner Result
	Other  Result
	Broad  bool // it names another service: too broad if a request is not recognised, or at fault
}

// Cost is the longest trial of one line over the corpus.
type Cost struct {
	Line    *Line
	Longest time.Duration
	Sample  *Sample
}

// Coverage is what a corpus shows of a database.
type Coverage struct {
	Samples  int
	Failures []Failure
	Unhit    []*Line        // lines by which no sample is read, in file order
	Hits     map[string]int // samples that lines were read by, by the samples' source
	Lines    map[string]int // lines hit, by the best source that hits them; "" for none
	Overlaps []Overlap
	AnySame  int       // samples that MatchAny reads as the probe's own list does, product and version
	AnyOther []Overlap // samples that MatchAny reads otherwise: Winner is the probe's list, Other is MatchAny
	Costs    []Cost    // costliest first; empty without a clock
	Astray   []Failure // samples that do not stand in the file named for that of the line that reads them
}

// TestCorpus reads every sample with db. clock, if not nil, returns the time since
// some fixed moment; it is used to find costly lines.
func (db *DB) TestCorpus(samples []Sample, clock func() time.Duration) *Coverage {
	t := corpusTest{
		db: db, clock: clock, best: make([]string, len(db.lines)), costs: make([]Cost, len(db.lines)),
		cov: &Coverage{Samples: len(samples), Hits: map[string]int{}, Lines: map[string]int{}},
	}
	for i := range samples {
		t.read(&samples[i])
	}
	for _, l := range db.lines {
		t.cov.Lines[t.best[l.ID]]++
		if t.best[l.ID] == "" {
			t.cov.Unhit = append(t.cov.Unhit, l)
		}
		if t.costs[l.ID].Line != nil {
			t.cov.Costs = append(t.cov.Costs, t.costs[l.ID])
		}
	}
	slices.SortStableFunc(t.cov.Costs, func(a, b Cost) int { return int(b.Longest - a.Longest) })
	return t.cov
}

// corpusTest is one run of TestCorpus.
type corpusTest struct {
	db    *DB
	cov   *Coverage
	clock func() time.Duration // may be nil
	best  []string             // by line: the best source of a sample that it won
	costs []Cost               // by line
}

// read reads one sample: as an answer to its probe, by every line, and as an answer to a
// request that nobody knows.
func (t *corpusTest) read(s *Sample) {
	p := t.db.Probe(s.transport(), s.Probe)
	if p == nil && s.Probe == "NULL" {
		p = t.db.Null()
	}
	if p == nil {
		t.cov.Failures = append(t.cov.Failures, Failure{Sample: s, Why: fmt.Sprintf("there is no %s probe named %q", s.Proto, s.Probe)})
		return
	}
	got := t.db.Match(s.Data, p)
	if why := s.differs(&got); why != "" {
		t.cov.Failures = append(t.cov.Failures, Failure{s, got, why})
	}
	t.won(s, &got)
	if home := s.home(&got); s.File != home {
		t.cov.Astray = append(t.cov.Astray, Failure{s, got, "its file is " + home})
	}
	for _, h := range t.db.hits(s.Data, s.transport(), t.costs, s, t.clock) {
		if h.Kind != Hard || got.Kind == None || h.Service == got.Service && (h.Product == got.Product || h.Product == "") {
			continue
		}
		t.cov.Overlaps = append(t.cov.Overlaps, Overlap{s, got, h, broad(got, h)})
	}
	if other := t.db.MatchAny(s.Data, s.transport()); other.Service == got.Service && other.Product == got.Product && other.Version == got.Version {
		t.cov.AnySame++
	} else if other.Kind != None { // a line that rests on few bits takes nothing without its question
		t.cov.AnyOther = append(t.cov.AnyOther, Overlap{s, got, other, broad(got, other)})
	}
}

// nobodys is the corpus file of the samples that no line may match.
const nobodys = "no-line.jsonl"

// home returns the name of the corpus file that a sample read so belongs in: that of the file
// of its line, "ssh.jsonl" beside "ssh.probes".
func (s *Sample) home(got *Result) string {
	if got.Kind == None {
		return nobodys
	}
	return strings.TrimSuffix(got.File, ".probes") + ".jsonl"
}

// won notes which line a sample is a sample of.
func (t *corpusTest) won(s *Sample, got *Result) {
	if got.Kind == None {
		return
	}
	i := slices.IndexFunc(t.db.lines, func(l *Line) bool { return got.Line == l.Line && got.File == l.File })
	if i < 0 {
		return
	}
	t.cov.Hits[s.Source]++
	best := &t.best[t.db.lines[i].ID]
	if *best == "" || sourceRank(s.Source) < sourceRank(*best) {
		*best = s.Source
	}
}

// broad reports whether other names another service than got. What a proxy
// passed on carries the words of its origin: that is no fault of the origin's line.
func broad(got, other Result) bool {
	return other.Service != got.Service && (got.Service != "http-proxy" || other.Service != "http")
}

func sourceRank(s string) int {
	return strings.Index("recorded documented unverified", s)
}

// Hits lists what every line of a transport that matches data says, in file order,
// NULL's first: the winner and all that stand behind it.
func (db *DB) Hits(data []byte, proto Proto) []Result { return db.hits(data, proto, nil, nil, nil) }

func (db *DB) hits(data []byte, proto Proto, costs []Cost, sample *Sample, clock func() time.Duration) []Result {
	c := db.anyChain(proto)
	data = data[:min(len(data), MaxInput)]
	s := db.begin()
	defer db.end(s)
	var out []Result
	try := func(l *Line) {
		s.work = stepsPerResponse
		var r Result
		var begin time.Duration
		if clock != nil {
			begin = clock()
		}
		db.tryLine(&r, l, data, s)
		if clock != nil {
			if took := clock() - begin; took > costs[l.ID].Longest {
				costs[l.ID] = Cost{l, took, sample}
			}
		}
		if r.Kind == Hard || r.Kind == Soft {
			out = append(out, r)
		}
	}
	if db.opts.Linear {
		for _, id := range c.ids {
			try(db.lines[id])
		}
		return out
	}
	f := db.prefilter(c).sift(data, c.order)
	defer f.done()
	for id, ok := f.next(); ok; id, ok = f.next() {
		try(db.lines[id])
	}
	return out
}

// differs says where a result is not what the sample expects; "" if nowhere.
func (s *Sample) differs(r *Result) string {
	var why []string
	want := Hard
	switch {
	case s.Service == "":
		want = None
	case s.Soft:
		want = Soft
	}
	if r.Kind != want {
		why = append(why, fmt.Sprintf("kind is %s, want %s", r.Kind, want))
	}
	if r.Kind == None || want == None {
		return strings.Join(why, "; ")
	}
	for _, f := range [...]struct{ name, got, want string }{
		{"service", r.Service, s.Service},
		{"tunnel", r.Tunnel, s.Tunnel},
		{"product", r.Product, s.Product},
		{"version", r.Version, s.Version},
		{"info", r.Info, s.Info},
		{"hostname", r.Hostname, s.Hostname},
		{"os", r.OS, s.OS},
		{"device", r.Device, s.Device},
	} {
		if f.got != f.want {
			why = append(why, fmt.Sprintf("%s is %q, want %q", f.name, f.got, f.want))
		}
	}
	g, w := slices.Sorted(slices.Values(r.CPE)), slices.Sorted(slices.Values(s.CPE))
	if !slices.Equal(g, w) {
		why = append(why, fmt.Sprintf("cpe is %q, want %q", r.CPE, s.CPE))
	}
	return strings.Join(why, "; ")
}

// String returns "none", "soft", "hard" or "timeout".
func (k Kind) String() string {
	switch k {
	case Soft:
		return "soft"
	case Hard:
		return "hard"
	case Timeout:
		return "timeout"
	}
	return "none"
}
