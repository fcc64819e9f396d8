package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"earshot/state"
	"earshot/state/report"
)

// outputFlags choose what is written where; open is the default of --open.
func outputFlags(open bool) []cli.Flag {
	usage := "show open ports only; --open=false or -v shows the closed ones that were heard, too"
	if !open {
		usage = "show open ports only"
	}
	return []cli.Flag{
		&cli.StringFlag{Name: "oN", Usage: "write the table to `FILE`; - is standard output, then without the table (so for every one of these)"},
		&cli.StringFlag{Name: "oX", Usage: "write nmap's XML to `FILE`"},
		&cli.StringFlag{Name: "oG", Usage: "write greppable lines to `FILE`"},
		&cli.StringFlag{Name: "oJ", Usage: "write JSON lines to `FILE`"},
		&cli.StringFlag{Name: "ocsf", Usage: "write OCSF 1.3 events (5001 Device Inventory Info, 5020 Software Inventory Info) to `FILE`"},
		&cli.StringFlag{Name: "eve", Usage: "write events in the envelope of Suricata's eve.json to `FILE`"},
		&cli.StringFlag{Name: "html", Usage: "write one self-contained page to `FILE`, for a browser"},
		&cli.StringFlag{Name: "csv", Usage: "write comma separated values, a service a line, to `FILE`"},
		&cli.StringFlag{Name: "oA", Usage: "write `BASE`.nmap, BASE.xml, BASE.gnmap and BASE.jsonl"},
		&cli.BoolFlag{Name: "open", Value: open, Usage: usage},
		&cli.BoolFlag{Name: "reason", Usage: "say how each service is known"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Count: new(int), Usage: "say more; may be repeated"},
		&cli.BoolFlag{Name: "vv", Hidden: true},
		&cli.BoolFlag{Name: "debug", Aliases: []string{"d"}, Usage: "say what was counted on the way"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "say nothing but results and errors"},
	}
}

// writer is one of report's.
type writer func(io.Writer, state.Store, *report.Options) error

// output is where a command's report goes.
type output struct {
	opts  report.Options
	out   io.Writer
	files []*outFile
	table bool // nothing else goes to standard output
}

// outFile is one report to be written.
type outFile struct {
	path  string // "-" is standard output
	write writer
	f     *os.File
	isNew bool // there was no such file before
	done  bool
}

func newOutput(c *cli.Context, con *console) (*output, error) {
	o := &output{opts: reportOptions(c), out: con.out, table: true}
	add := func(path string, w writer) {
		if path != "" {
			o.files = append(o.files, &outFile{path: path, write: w})
		}
	}
	add(c.String("oN"), report.Normal)
	add(c.String("oX"), report.XML)
	add(c.String("oG"), report.Greppable)
	add(c.String("oJ"), report.JSON)
	add(c.String("html"), report.HTML)
	add(c.String("ocsf"), report.OCSF)
	add(c.String("eve"), report.EVE)
	add(c.String("csv"), report.CSV)
	if base := c.String("oA"); base != "" {
		if base == "-" {
			return nil, usagef("-oA takes the beginning of file names, not -")
		}
		add(base+".nmap", report.Normal)
		add(base+".xml", report.XML)
		add(base+".gnmap", report.Greppable)
		add(base+".jsonl", report.JSON)
	}
	seen := map[string]bool{}
	for _, f := range o.files {
		if seen[f.path] {
			if f.path == "-" {
				return nil, usagef("only one report can go to standard output")
			}
			return nil, usagef("two reports would go to %s", f.path)
		}
		seen[f.path] = true
		o.table = o.table && f.path != "-"
	}
	if c.Command.Name != "report" && c.String("changes") == "-" {
		if seen["-"] {
			return nil, usagef("only one report can go to standard output; -oJ - has the changes among its lines")
		}
		o.table = false
	}
	if f, ok := con.out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			o.opts.Width = w
		}
	}
	return o, nil
}

// prepare opens the files, so that one that cannot be written is known before the
// work and not after. What stands in them stays until write. Files that isInput names
// are not written over.
func (o *output) prepare(isInput func(os.FileInfo) bool) error {
	for _, f := range o.files {
		if f.path == "-" {
			continue
		}
		if st, err := os.Stat(f.path); err == nil && isInput(st) {
			o.abandon()
			return usagef("%s is one of the captures to read: a report would take its place", f.path)
		}
		_, err := os.Lstat(f.path)
		f.isNew = errors.Is(err, os.ErrNotExist)
		if f.f, err = os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE, 0o644); err != nil {
			f.isNew = false
			o.abandon()
			if errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("cannot write %s: there is no such folder", f.path)
			}
			return fmt.Errorf("cannot write %v", tidy(err))
		}
	}
	return nil
}

// stream takes the report that goes to path out of those that are written at the end, for
// lines to be written meanwhile; nil if there is none.
func (o *output) stream(path string) io.Writer {
	for i, f := range o.files {
		if path == "" || f.path != path {
			continue
		}
		o.files = slices.Delete(o.files, i, i+1)
		if path == "-" {
			return o.out
		}
		f.done = true
		_ = f.f.Truncate(0) // of a pipe it cannot be, and need not
		return f.f
	}
	return nil
}

// abandon closes what was not written and takes away what prepare made.
func (o *output) abandon() {
	for _, f := range o.files {
		if f.f == nil || f.done {
			continue
		}
		f.f.Close()
		if f.isNew {
			os.Remove(f.path)
		}
		f.f = nil
	}
}

// write writes every report, also when one of them cannot be. Standard output comes
// last: whoever reads it may go away, and that ends the program.
func (o *output) write(s state.Store) error {
	var errs []error
	table := writer(nil)
	if o.table {
		table = report.Table
	}
	for _, f := range o.files {
		if f.path == "-" {
			table = f.write
		} else if err := f.fill(s, &o.opts); err != nil {
			errs = append(errs, tidy(err))
		}
	}
	if table != nil {
		if err := table(o.out, s, &o.opts); err != nil {
			errs = append(errs, fmt.Errorf("standard output: %w", cause(err)))
		}
	}
	return errors.Join(errs...)
}

// cause leaves out what an error about a file says of the file.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func (f *outFile) fill(s state.Store, o *report.Options) error {
	if st, err := f.f.Stat(); err == nil && st.Mode().IsRegular() {
		if err := f.f.Truncate(0); err != nil {
			return err
		}
	}
	f.done = true
	return errors.Join(f.write(f.f, s, o), f.f.Close())
}
