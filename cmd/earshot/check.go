package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"earshot/capture"
	"earshot/matcher"
	"earshot/state"
	"earshot/state/sqlite"
)

// checkFlag ends a sensor before it begins.
func checkFlag() cli.Flag {
	return &cli.BoolFlag{Name: "check", Usage: "say whether settings, filter, signatures, interfaces and state can be used, and end"}
}

// checkLive looks at everything that a sensor needs, without listening, and says what it
// found: a line for each thing, the first that cannot be used as an error.
func checkLive(c *cli.Context, con *console, names []string, asking func(*cli.Context, *sensor) (*asker, error)) error {
	say := func(what, format string, args ...any) {
		fmt.Fprintf(con.out, "%-12s%s\n", what, printable(fmt.Sprintf(format, args...)))
	}
	if file := c.String("config"); file != "" {
		say("settings", "%s", file) // they have been read: see settings
	}
	db, err := loadDatabase(c, matcher.Options{Validate: true})
	if err != nil {
		return err
	}
	say("signatures", "%d lines of %d files", len(db.Lines()), len(db.Files()))
	if _, err := packetFilter(c); err != nil {
		return err
	}
	if w := strings.Join(c.Args().Slice(), " "); w != "" {
		say("filter", "%s", w)
	}
	if _, err := captureConfig(c); err != nil {
		return err
	}
	if _, err := networks("home", c.StringSlice("home")); err != nil {
		return err
	}
	there, err := capture.Interfaces()
	if err != nil {
		return err
	}
	for _, name := range names {
		i := slices.IndexFunc(there, func(x capture.Interface) bool { return x.Name == name })
		if i < 0 {
			return fmt.Errorf("cannot listen to %s: there is no such interface; earshot listen -D lists them", name)
		}
		note := ""
		if !there[i].Up {
			note = ", which is down now"
		}
		say("interface", "%s%s", name, note)
	}
	out, err := newOutput(c, con)
	if err != nil {
		return err
	}
	if asking != nil {
		a, err := asking(c, &sensor{con: con, talk: newTalk(con, c), out: out})
		if err != nil {
			return err
		}
		say("asks", "%s after %v, at most %d times a day, %d a host", strings.Join(c.StringSlice("ask"), ", "), a.grace, a.budget, a.hostBudget)
	}
	if at := c.String("metrics"); at != "" {
		m, err := openMeters(at)
		if err != nil {
			return err
		}
		say("counters", "http://%s/metrics", m.where())
		m.close()
	}
	return checkState(c.String("state"), say)
}

// checkState looks at the state without changing it, or at the folder it would be made in.
func checkState(name string, say func(what, format string, args ...any)) error {
	if name == "" {
		say("state", "none: what is learned is reported at the end, and forgotten")
		return nil
	}
	dir, err := os.Stat(filepath.Dir(name))
	if err != nil || !dir.IsDir() {
		return cannotUse(name, os.ErrNotExist)
	}
	db, err := sqlite.OpenForReading(name)
	if errors.Is(err, os.ErrNotExist) {
		say("state", "%s, which would be made", name)
		return nil
	}
	if err != nil {
		return cannotUse(name, err)
	}
	hosts, services := 0, 0
	err = db.Hosts(func(h *state.Host) error {
		hosts++
		services += len(h.Services)
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return cannotUse(name, err)
	}
	say("state", "%s: %d hosts, %d services", name, hosts, services)
	return nil
}
