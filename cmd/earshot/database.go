package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/urfave/cli/v2"

	"earshot/data"
	"earshot/matcher"
)

// databaseFlags choose the signatures.
func databaseFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "versiondb", Usage: "read signatures from `FILE`, too (nmap: the file of an installed nmap); may be repeated"},
		&cli.BoolFlag{Name: "no-embedded", Usage: "leave out the signatures that are built in"},
	}
}

// loadDatabase reads the signatures that the flags name: those built in come first.
func loadDatabase(c *cli.Context, opts matcher.Options) (*matcher.DB, error) {
	var own fs.FS
	if !c.Bool("no-embedded") {
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
		return nil, tidy(err)
	}
	return db, nil
}

// nmapProbes finds the probe file of an installed nmap.
func nmapProbes() (string, error) {
	if p := matcher.FindNmap(); p != "" {
		return p, nil
	}
	return "", errors.New("no installed nmap was found; name its nmap-service-probes with --versiondb FILE")
}

// tidy turns an error about a file into one short line of plain words.
func tidy(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%s: there is no such file", p.Path)
		case errors.Is(err, fs.ErrPermission):
			return fmt.Errorf("%s: no permission to open it", p.Path)
		}
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}
