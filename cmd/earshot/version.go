package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

func versionCommand(con *console) *cli.Command {
	return &cli.Command{
		Name:   "version",
		Usage:  "say which earshot this is",
		Action: func(*cli.Context) error { return printVersion(con.out) },
	}
}

func printVersion(w io.Writer) error {
	_, err := fmt.Fprintf(w, "earshot %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// version is the module's version as the Go tool recorded it: a tag, or "devel" with
// the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	rev, changed := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			rev = "-" + s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			if s.Value == "true" {
				changed = "+changed"
			}
		}
	}
	return "devel" + rev + changed
}
