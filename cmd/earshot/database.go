package main

import (
	"errors"
	"io/fs"

	"github.com/urfave/cli/v2"

	"earshot/data"
	"earshot/matcher"
	"earshot/matcher/pcre"
)

// databaseFlags choose the signatures.
func databaseFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "versiondb", Usage: "read signatures from `FILE`, too (nmap: the file of an installed nmap); may be repeated"},
		&cli.BoolFlag{Name: "no-embedded", Usage: "leave out the signatures that are built in"},
		&cli.StringFlag{Name: "engine", Value: "machine", Usage: "what runs the regular expressions, machine or regexp2: the `NAME` of one (regexp2 gives the same answers more slowly, bounded by time and not by steps: a second opinion)"},
	}
}

// loadDatabase reads the signatures that the flags name: those built in come first. They
// are left out where nmap is followed with a file of its own: its --versiondb is instead
// of what it has, not beside it.
func loadDatabase(c *cli.Context, opts matcher.Options) (*matcher.DB, error) {
	switch c.String("engine") {
	case "machine":
	case "regexp2":
		opts.Engine = pcre.Regexp2
	default:
		return nil, usagef("--engine is machine or regexp2, not %q", c.String("engine"))
	}
	var own fs.FS
	without := c.Bool("no-embedded")
	if !c.IsSet("no-embedded") {
		without = c.String("strategy") == "nmap" && c.IsSet("versiondb")
	}
	if !without {
		own = data.Probes
	}
	var paths []string
	for _, p := range c.StringSlice("versiondb") {
		if p == "nmap" {
			var err error
			if p, err = nmapProbes(); err != nil {
				return nil, err
			}
		}
		paths = append(paths, p)
	}
	if own == nil && len(paths) == 0 {
		return nil, usagef("--no-embedded leaves no signatures; add --versiondb FILE")
	}
	db, err := matcher.Load(opts, own, paths...)
	if err != nil {
		return nil, err
	}
	return db, checkOwn(c, db)
}

// checkOwn looks at the patterns of the user's own files, which loading does not: a
// line with a bad one would never match, and nobody would know.
func checkOwn(c *cli.Context, db *matcher.DB) error {
	var errs matcher.Errors
	paths, files := c.StringSlice("versiondb"), db.Files()
	for i, f := range files[len(files)-len(paths):] {
		if paths[i] == "nmap" {
			continue // thousands of lines that are known to be good
		}
		for _, x := range f.Check() {
			if !x.Warning {
				errs = append(errs, &x.Error)
			}
		}
	}
	if len(errs) > 0 {
		return errs
	}
	return nil
}

// nmapProbes finds the probe file of an installed nmap.
func nmapProbes() (string, error) {
	if p := matcher.FindNmap(); p != "" {
		return p, nil
	}
	return "", errors.New("no installed nmap was found; name its nmap-service-probes with --versiondb FILE")
}
