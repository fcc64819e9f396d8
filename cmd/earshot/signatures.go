package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"earshot/matcher"
)

func signaturesCommand(con *console) *cli.Command {
	return &cli.Command{
		Name:  "signatures",
		Usage: "check, list and test probe files",
		Subcommands: []*cli.Command{
			{
				Name:        "check",
				Usage:       "read probe files and say what is wrong with them",
				ArgsUsage:   "FILE…",
				Description: "exit status: 0 nothing is wrong, 1 something is, 2 usage",
				Action:      func(c *cli.Context) error { return checkSignatures(c, con) },
			},
			{
				Name:      "list",
				Usage:     "list every match line, or count them",
				ArgsUsage: "[flags]",
				Flags: append([]cli.Flag{
					&cli.BoolFlag{Name: "stats", Usage: "counts by file and by probe instead of lines"},
				}, databaseFlags()...),
				Action: func(c *cli.Context) error { return listSignatures(c, con) },
			},
			{
				Name:      "test",
				Usage:     "read a corpus of known banners with the signatures",
				ArgsUsage: "[flags] [DIR|FILE.jsonl…]   (default: testdata/banners)",
				Flags: append([]cli.Flag{
					&cli.StringFlag{Name: "only", Usage: "show only what concerns the probe or corpus file whose name begins with `NAME`"},
					&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "every item of every list, not the first 20"},
				}, databaseFlags()...),
				Description: "exit status: 0 every banner is read as expected and every line has one, 1 not so, 2 usage",
				Action:      func(c *cli.Context) error { return testSignatures(c, con) },
			},
		},
	}
}

func checkSignatures(c *cli.Context, con *console) error {
	if !c.Args().Present() {
		return usagef("name the probe files to check; see earshot signatures check -h")
	}
	wrong := 0
	var files []*matcher.File
	for _, path := range c.Args().Slice() {
		if path == "nmap" {
			var err error
			if path, err = nmapProbes(); err != nil {
				return err
			}
		}
		f, err := matcher.ReadFile(path)
		if f == nil {
			return tidy(err)
		}
		files = append(files, f)
		errs, warnings := listErrors(err), 0
		for _, e := range errs {
			fmt.Fprintln(con.out, printable(e.Error()))
		}
		// Patterns and templates are looked at even when some line is wrong.
		n := len(errs)
		for _, x := range f.Check() {
			if x.Warning {
				warnings++
				x.Msg = "warning: " + x.Msg
			} else {
				n++
			}
			fmt.Fprintln(con.out, printable(x.Error.Error()))
		}
		wrong += n
		rules := 0
		for _, b := range f.Blocks {
			rules += len(b.Rules)
		}
		fmt.Fprintf(con.out, "%s: %d probes, %d match lines, %d errors, %d warnings\n", printable(path), len(f.Blocks), rules, n, warnings)
	}
	// A fallback may name a probe of another file, so this is asked of all together.
	_, err := matcher.New(matcher.Options{}, files...)
	for _, e := range listErrors(err) {
		fmt.Fprintln(con.out, printable(e.Error()))
		wrong++
	}
	if wrong > 0 {
		return errNoMatch
	}
	return nil
}

// listErrors takes apart what the parser found.
func listErrors(err error) []error {
	var es matcher.Errors
	if errors.As(err, &es) {
		return es.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}

func listSignatures(c *cli.Context, con *console) error {
	if c.Args().Present() {
		return usagef("signatures list takes no %q; see earshot signatures list -h", c.Args().First())
	}
	begin := time.Now()
	db, err := loadDatabase(c, matcher.Options{})
	if err != nil {
		return err
	}
	took := time.Since(begin)
	var b strings.Builder
	if !c.Bool("stats") {
		for _, l := range db.Lines() {
			kind := "match"
			if l.Soft {
				kind = "softmatch"
			}
			product := ""
			for _, f := range l.Fields {
				if f.Key == matcher.KeyProduct {
					product = f.Text
				}
			}
			fmt.Fprintf(&b, "%s:%d\t%s\t%s\t%s\t%s\n", l.File, l.Line, l.Probe.Name, kind, printable(l.Service), printable(product))
		}
		_, err = io.WriteString(con.out, b.String())
		return err
	}
	type count struct{ hard, soft int }
	byFile, byProbe, services, products := map[string]*count{}, map[string]*count{}, map[string]bool{}, map[string]bool{}
	add := func(m map[string]*count, k string, soft bool) {
		if m[k] == nil {
			m[k] = new(count)
		}
		if soft {
			m[k].soft++
		} else {
			m[k].hard++
		}
	}
	for _, l := range db.Lines() {
		add(byFile, l.File, l.Soft)
		add(byProbe, l.Probe.Proto.String()+" "+l.Probe.Name, l.Soft)
		services[l.Service] = true
		for i := range l.Fields {
			if f := &l.Fields[i]; f.Key == matcher.KeyProduct && f.Text != "" && !strings.Contains(f.Text, "$") {
				products[f.Text] = true // those that are read from the banner are not counted
			}
		}
	}
	fmt.Fprintf(&b, "%-28s %6s %6s\n", "file", "match", "soft")
	for _, f := range db.Files() {
		n := byFile[f.Name]
		if n == nil {
			n = new(count)
		}
		fmt.Fprintf(&b, "%-28s %6d %6d\n", printable(f.Name), n.hard, n.soft)
	}
	fmt.Fprintf(&b, "\n%-28s %6s %6s\n", "probe", "match", "soft")
	for _, p := range db.Probes() {
		k := p.Proto.String() + " " + p.Name
		n := byProbe[k]
		if n == nil {
			n = new(count)
		}
		fmt.Fprintf(&b, "%-28s %6d %6d\n", printable(k), n.hard, n.soft)
	}
	fmt.Fprintf(&b, "\n%d files, %d probes, %d lines, %d services, %d products; read in %.1f ms\n",
		len(db.Files()), len(db.Probes()), len(db.Lines()), len(services), len(products), float64(took.Microseconds())/1000)
	_, err = io.WriteString(con.out, b.String())
	return err
}

func testSignatures(c *cli.Context, con *console) error {
	paths := c.Args().Slice()
	if len(paths) == 0 {
		paths = []string{"testdata/banners"}
		if _, err := os.Stat(paths[0]); err != nil {
			return usagef("there is no %s here; name the corpus: a folder or files of .jsonl", paths[0])
		}
	}
	var samples []matcher.Sample
	for _, p := range paths {
		s, err := readCorpus(p)
		if err != nil {
			return tidy(err)
		}
		samples = append(samples, s...)
	}
	db, err := loadDatabase(c, matcher.Options{Validate: true})
	if err != nil {
		return err
	}
	begin := time.Now()
	cov := db.TestCorpus(samples, func() time.Duration { return time.Since(begin) })
	if printCoverage(con.out, db, cov, db.Risks(riskSize, riskSteps), c.String("only"), c.Bool("verbose")) {
		return nil
	}
	return errNoMatch
}

func readCorpus(path string) ([]matcher.Sample, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if st.IsDir() {
		return matcher.ReadCorpusFS(os.DirFS(path))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return matcher.ReadCorpus(path, f)
}

// The texts that patterns are attacked with have as many bytes as a match looks
// at, and a pattern is at risk that takes more steps a byte than this.
const (
	riskSize  = matcher.MaxInput
	riskSteps = 24
)

// printCoverage shows what a corpus says of the signatures, and returns whether all
// is well in what is shown.
func printCoverage(w io.Writer, db *matcher.DB, cov *matcher.Coverage, risks []matcher.Risk, only string, all bool) bool {
	ok := true
	list := func(title string, n int, bad bool, item func(i int) (concerns []string, text string)) {
		var items []string
		for i := range n {
			concerns, text := item(i)
			if slices.ContainsFunc(concerns, func(s string) bool { return strings.HasPrefix(s, only) }) {
				items = append(items, text)
			}
		}
		if len(items) == 0 {
			return
		}
		ok = ok && !bad
		fmt.Fprintf(w, "%s: %d\n", title, len(items))
		for i, s := range items {
			if i == 20 && !all {
				fmt.Fprintf(w, "  … and %d more (-v shows them)\n", len(items)-i)
				break
			}
			fmt.Fprintf(w, "  %s\n", s)
		}
	}
	where := func(s *matcher.Sample) string { return fmt.Sprintf("%s:%d", s.File, s.Line) }
	line := func(r *matcher.Result) string { return fmt.Sprintf("%s:%d", r.File, r.Line) }
	says := func(r *matcher.Result) string {
		return printable(strings.TrimSpace(r.Service + " " + r.Product + " " + r.Version))
	}
	list("read wrongly", len(cov.Failures), true, func(i int) ([]string, string) {
		f := &cov.Failures[i]
		by := "by no line"
		if f.Got.Line > 0 {
			by = "by " + line(&f.Got)
		}
		return []string{f.Sample.File, f.Got.File}, fmt.Sprintf("%s %s: %s", where(f.Sample), by, printable(f.Why))
	})
	list("lines without a banner", len(cov.Unhit), true, func(i int) ([]string, string) {
		l := cov.Unhit[i]
		return []string{l.File}, fmt.Sprintf("%s:%d %.100s", l.File, l.Line, printable(l.String()))
	})
	list("in another file than that of their line", len(cov.Astray), false, func(i int) ([]string, string) {
		f := &cov.Astray[i]
		return []string{f.Sample.File, f.Got.File}, fmt.Sprintf("%s: %s", where(f.Sample), f.Why)
	})
	overlap := func(broad bool) func(i int) ([]string, string) {
		return func(i int) ([]string, string) {
			o := &cov.Overlaps[i]
			if o.Broad != broad {
				return nil, ""
			}
			return []string{o.Sample.File, o.Other.File}, fmt.Sprintf("%s: %s says %s; %s also matches: %s",
				where(o.Sample), line(&o.Winner), says(&o.Winner), line(&o.Other), says(&o.Other))
		}
	}
	list("also matched by a line that names another service", len(cov.Overlaps), false, overlap(true))
	list("also matched by a line that names another product", len(cov.Overlaps), false, overlap(false))
	other := func(broad bool) func(i int) ([]string, string) {
		return func(i int) ([]string, string) {
			o := &cov.AnyOther[i]
			if o.Broad != broad {
				return nil, ""
			}
			return []string{o.Sample.File, o.Other.File}, fmt.Sprintf("%s: %s says %s; %s: %s",
				where(o.Sample), line(&o.Winner), says(&o.Winner), line(&o.Other), says(&o.Other))
		}
	}
	list("read as another service when the request is not known", len(cov.AnyOther), true, other(true))
	list("read as another product or version when the request is not known", len(cov.AnyOther), false, other(false))
	faint := db.Faint()
	few := func(greeting bool) func(i int) ([]string, string) {
		return func(i int) ([]string, string) {
			x := &faint[i]
			if x.Greeting != greeting {
				return nil, ""
			}
			return []string{x.Line.File}, fmt.Sprintf("%s:%d %.1f bits: %.100s", x.Line.File, x.Line.Line, x.Bits, printable(x.Line.String()))
		}
	}
	list("match any server's first words on few bits", len(faint), true, few(true))
	list("rest on few bits, and are believed behind their question only", len(faint), false, few(false))
	list("costliest lines", min(len(cov.Costs), 5), false, func(i int) ([]string, string) {
		x := &cov.Costs[i]
		return []string{x.Line.File}, fmt.Sprintf("%s:%d %v on %s (first use, with compilation)", x.Line.File, x.Line.Line, x.Longest.Round(time.Microsecond), where(x.Sample))
	})
	list("too large for PCRE2, and so for nmap", len(risks), true, func(i int) ([]string, string) {
		x := &risks[i]
		if !x.TooLarge {
			return nil, ""
		}
		return []string{x.Line.File}, fmt.Sprintf("%s:%d up to %d bytes: a group is copied as often as it is counted, unroll its loop", x.Line.File, x.Line.Line, x.Size)
	})
	risk := func(ended bool) func(i int) ([]string, string) {
		return func(i int) ([]string, string) {
			x := &risks[i]
			if x.Exhausted != ended || x.TooLarge {
				return nil, ""
			}
			return []string{x.Line.File}, fmt.Sprintf("%s:%d %d steps on %d bytes such as %.40s…", x.Line.File, x.Line.Line, x.Steps, len(x.Text), printable(string(x.Text)))
		}
	}
	list("backtrack until they are stopped", len(risks), true, risk(true))
	list("at risk of backtracking", len(risks), false, risk(false))
	fmt.Fprintf(w, "%d banners; %d lines, shown by a recorded banner %d, a documented one %d, an unverified one %d, none %d; %d of the banners read alike when the request is not known\n",
		cov.Samples, len(db.Lines()), cov.Lines["recorded"], cov.Lines["documented"], cov.Lines["unverified"], cov.Lines[""], cov.AnySame)
	return ok
}
