package main

import (
	"errors"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"earshot/state/sqlite"
)

func mergeCommand() *cli.Command {
	return &cli.Command{
		Name:      "merge",
		Usage:     "make one state out of several",
		ArgsUsage: "INTO FROM…",
		Description: `INTO is made if there is none. The order does not matter, and what was merged before
is not counted again.

  earshot merge all.db site-a.db site-b.db

exit status: 0 done, 1 failed, 2 usage`,
		Action: func(c *cli.Context) error { return merge(c) },
	}
}

func merge(c *cli.Context) error {
	if c.NArg() < 2 {
		return usagef("merge takes the state to merge into, and at least one to merge from")
	}
	names := c.Args().Slice()
	into, intoErr := os.Stat(names[0])
	for _, name := range names[1:] {
		if st, err := os.Stat(name); err == nil && intoErr == nil && os.SameFile(st, into) {
			return usagef("%s is to be merged into itself", name)
		}
		s, err := sqlite.OpenForReading(name)
		if err != nil {
			return cannotUse(name, err)
		}
		s.Close()
	}
	db, err := sqlite.Open(names[0])
	if err != nil {
		return cannotUse(names[0], err)
	}
	var errs []error
	for _, name := range names[1:] {
		err := c.Context.Err()
		if err == nil {
			err = db.Merge(name)
		}
		if err == nil {
			continue
		}
		errs = append(errs, err)
		if db.Err() != nil || c.Context.Err() != nil {
			break // nothing more can be written
		}
	}
	// What cannot be written fails again when it is closed.
	if err := db.Close(); err != nil && !slices.ContainsFunc(errs, func(e error) bool { return e.Error() == err.Error() }) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
