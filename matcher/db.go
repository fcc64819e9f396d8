package matcher

import (
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"earshot/matcher/pcre"
	"earshot/matcher/request"
)

// Options say how a database matches. The zero Options is what listening wants.
type Options struct {
	Strict   bool // the first matching line wins, hard or soft, as in nmap
	Depth    int  // bytes of a response that are looked at; 0: MaxInput; below 0: all
	Linear   bool // try every line of a list: slow, the yardstick of the prefilter
	Validate bool // compile every pattern now: a bad one is an error of New
	Engine   pcre.Engine
}

// DB is a set of probes and their match lines, out of one or several files. It
// is safe for use by several goroutines.
type DB struct {
	opts    Options
	files   []*File
	probes  []*Probe
	lines   []*Line // in global order: files as given, lines as they stand
	null    *Probe  // nil if no file has one
	any     [3]lazyChain
	equiv   equivalents
	pre     [3]lazyPrefilter // of the lines of any
	scratch sync.Pool
}

// Probe is a probe of a database: what is sent, and what is expected back. Its
// fields hold defaults where the file says nothing, and must not be changed.
type Probe struct {
	Name       string
	Proto      Proto
	Payload    []byte   // empty: the NULL probe, which sends nothing
	Flags      []string // words after the payload, such as "no-payload"
	Ports      PortSet  // probable ports outside a tunnel
	SSLPorts   PortSet  // probable ports inside TLS or DTLS
	Rarity     int      // 1 to 9; 0 for the NULL probe, which has none
	TotalWait  time.Duration
	TCPWrapped time.Duration // of the NULL probe: a close before this is tcpwrapped
	Fallback   []*Probe      // whose lines are tried after its own, not recursively
	File       string        // base name of the file that named it first
	Line       int

	id    int     // place in DB.probes
	lines []int32 // places in DB.lines
	chain lazyChain
}

// NullProbe is the name of the probe that sends nothing: its lines are for greetings.
const NullProbe = "NULL"

// IsNull reports whether p sends nothing: the NULL probe, or the lines for certificates.
func (p *Probe) IsNull() bool { return len(p.Payload) == 0 }

// NoPayload reports whether the probe must not be used as the payload of a UDP
// port scan.
func (p *Probe) NoPayload() bool { return slices.Contains(p.Flags, "no-payload") }

// Load reads the probe files of fsys (which may be nil), then those at paths,
// and makes one database of them. See New.
func Load(opts Options, fsys fs.FS, paths ...string) (*DB, error) {
	var in loader
	var files []*File
	var errs Errors
	take := func(f *File, err error) error {
		if es, ok := err.(Errors); ok {
			errs = append(errs, es...)
			err = nil
		}
		files = append(files, f)
		return err
	}
	if fsys != nil {
		names, err := probeFiles(fsys)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			fd, err := fsys.Open(name)
			if err != nil {
				return nil, err
			}
			err = take(in.read(name, fd))
			fd.Close()
			if err != nil {
				return nil, err
			}
		}
	}
	for _, p := range paths {
		if err := take(in.readFile(p)); err != nil {
			return nil, err
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return New(opts, files...)
}

// probeFiles lists the probe files of fsys.
func probeFiles(fsys fs.FS) ([]string, error) {
	var names []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path.Ext(name) == ".probes" {
			names = append(names, name)
		}
		return err
	})
	return names, err
}

// New makes one database of parsed files; earlier files come first in every
// order. Blocks of one protocol, name and payload are one probe: its lines follow
// each other in file order, ports are united, fallbacks appended, and of rarity
// and waits the first file that says one counts. Blocks of one name but another
// payload are separate probes. A fallback's name means the probe of its own
// file and protocol, else of its own protocol, else of its own file, else any.
//
// The error, of type Errors, names unknown fallbacks and, with Options.Validate,
// every pattern that does not compile. Without it such a line never matches.
func New(opts Options, files ...*File) (*DB, error) {
	switch {
	case opts.Depth == 0:
		opts.Depth = MaxInput
	case opts.Depth < 0:
		opts.Depth = math.MaxInt
	}
	db := &DB{opts: opts, files: files}
	db.scratch.New = func() any { return new(scratch) }
	type place struct {
		file  *File
		block *Block
		probe *Probe
	}
	var places []place
	rules := 0
	for _, f := range files {
		for _, b := range f.Blocks {
			p := db.merge(f, b)
			places = append(places, place{f, b, p})
			rules += len(b.Rules)
		}
	}
	db.lines = make([]*Line, 0, rules)
	store := make([]Line, rules)
	var errs Errors
	for _, at := range places {
		for _, r := range at.block.Rules {
			l := &store[len(db.lines)]
			l.Rule, l.File, l.Probe, l.ID, l.engine = r, at.file.Name, at.probe, int32(len(db.lines)), opts.Engine
			db.lines = append(db.lines, l)
			at.probe.lines = append(at.probe.lines, l.ID)
		}
		for _, name := range at.block.Fallback {
			var best *Probe
			score := -1
			for _, q := range places {
				s := 0
				if q.probe.Proto == at.probe.Proto {
					s += 2
				}
				if q.file == at.file {
					s++
				}
				if q.block.Name == name && s > score {
					best, score = q.probe, s
				}
			}
			switch {
			case best == nil:
				errs = append(errs, &Error{at.file.Name, at.block.fallbackLine, fmt.Sprintf("fallback: there is no probe named %.40q", name)})
			case !slices.Contains(at.probe.Fallback, best):
				at.probe.Fallback = append(at.probe.Fallback, best)
			}
		}
	}
	for _, p := range db.probes {
		p.setDefaults()
	}
	if opts.Validate {
		for _, l := range db.lines {
			if err := l.program().err; err != nil {
				errs = append(errs, &Error{l.File, l.Line, fmt.Sprintf("pattern: %v", err)})
			}
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return db, nil
}

// merge finds or makes the probe of a block.
func (db *DB) merge(f *File, b *Block) *Probe {
	i := slices.IndexFunc(db.probes, func(p *Probe) bool {
		return p.Proto == b.Proto && string(p.Payload) == string(b.Payload) && (p.Name == b.Name || p.IsNull())
	})
	if i < 0 {
		i = len(db.probes)
		db.probes = append(db.probes, &Probe{id: i, Name: b.Name, Proto: b.Proto, Payload: b.Payload, File: f.Name, Line: b.Line})
		if db.probes[i].IsNull() && b.Proto == request.TCP {
			db.null = db.probes[i]
		}
	}
	p := db.probes[i]
	p.Ports, p.SSLPorts = p.Ports.Union(b.Ports), p.SSLPorts.Union(b.SSLPorts)
	if p.Rarity == 0 {
		p.Rarity = b.Rarity
	}
	if p.TotalWait == 0 {
		p.TotalWait = b.TotalWait
	}
	if p.TCPWrapped == 0 {
		p.TCPWrapped = b.TCPWrapped
	}
	for _, w := range b.Flags {
		if !slices.Contains(p.Flags, w) {
			p.Flags = append(p.Flags, w)
		}
	}
	return p
}

func (p *Probe) setDefaults() {
	if p.Rarity == 0 {
		p.Rarity = defaultRarity
	}
	if p.IsNull() {
		p.Rarity = 0
	}
	if p.TotalWait == 0 {
		p.TotalWait = defaultTotalWait
	}
	if p.TCPWrapped == 0 {
		p.TCPWrapped = defaultTCPWrapped
	}
}

// Probes lists the probes in file order. The slice must not be changed.
func (db *DB) Probes() []*Probe { return db.probes }

// Null returns the NULL probe, or nil if no file has one.
func (db *DB) Null() *Probe { return db.null }

// Probe returns the first probe of that transport and name, or nil. Another of
// the same name may exist, with another payload.
func (db *DB) Probe(proto Proto, name string) *Probe {
	for _, p := range db.probes {
		if p.Proto == proto && p.Name == name {
			return p
		}
	}
	return nil
}

// Lines lists every match line in file order. The slice must not be changed.
func (db *DB) Lines() []*Line { return db.lines }

// Files lists the files the database was made of. The slice must not be changed.
func (db *DB) Files() []*File { return db.files }

// Excluded reports whether an Exclude directive of any file names the port. name
// may be nil, see PortSpec.Has.
func (db *DB) Excluded(p Proto, port uint16, name func(Proto, uint16) string) bool {
	return slices.ContainsFunc(db.files, func(f *File) bool { return f.Exclude.Has(p, port, name) })
}

// HasService reports whether one of p's own lines, not those of its fallbacks,
// names the service: what decides whether p is worth sending once the service is
// soft-matched.
func (db *DB) HasService(p *Probe, service string) bool {
	return slices.ContainsFunc(p.lines, func(id int32) bool { return db.lines[id].Service == service })
}

// lazyPrefilter is a prefilter built on first use.
type lazyPrefilter struct {
	once sync.Once
	*prefilter
}

// prefilter returns the prefilter of all lines of a chain's transport. Most captures are of
// few protocols, and building it is most of what reading a small one costs.
func (db *DB) prefilter(c *chain) *prefilter {
	pre := &db.pre[c.set]
	pre.once.Do(func() {
		all := db.anyChain([...]Proto{request.TCP, request.UDP, request.Cert}[c.set])
		pre.prefilter = newPrefilter(db.lines, all.ids)
	})
	return pre.prefilter
}

// String says what the database holds, for a progress line.
func (db *DB) String() string {
	names := make([]string, len(db.files))
	for i, f := range db.files {
		names[i] = f.Name
	}
	return fmt.Sprintf("%d probes, %d match lines (%s)", len(db.probes), len(db.lines), strings.Join(names, " "))
}
