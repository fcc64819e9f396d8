package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

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

// nmapProbes finds the probe file of an installed nmap, in the places where nmap
// looks (version-detection.md §1).
func nmapProbes() (string, error) {
	const name = "nmap-service-probes"
	var dirs []string
	if d := os.Getenv("NMAPDIR"); d != "" {
		dirs = append(dirs, d)
	}
	if h, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, filepath.Join(h, ".nmap"))
	}
	dirs = append(dirs, "/usr/share/nmap", "/usr/local/share/nmap", "/opt/homebrew/share/nmap", "/opt/local/share/nmap")
	if runtime.GOOS == "windows" {
		dirs = append(dirs, filepath.Join(os.Getenv("ProgramFiles(x86)"), "Nmap"), filepath.Join(os.Getenv("ProgramFiles"), "Nmap"))
	}
	for _, d := range dirs {
		p := filepath.Join(d, name)
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("no installed nmap was found; name its %s with --versiondb FILE", name)
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
