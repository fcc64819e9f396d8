package main

import (
	"errors"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"earshot/state"
	"earshot/state/report"
)

// track makes the sensor follow what changes, if somebody wants to know.
func (s *sensor) track(c *cli.Context) error {
	_, quiet, err := moment(c.String("stale"))
	if err != nil || quiet <= 0 {
		return usagef("--stale %s is no span such as 24h or 7d", c.String("stale"))
	}
	if c.String("oJ") != "" || c.String("changes") != "" || c.String("metrics") != "" || c.Command.Name == "watch" {
		s.tracker = &state.Tracker{Names: s.out.opts.Names, Quiet: quiet, Max: s.most}
	}
	return nil
}

// openChanges opens the file of changes.
func (s *sensor) openChanges(path string) error {
	switch path {
	case "":
		return nil
	case "-":
		s.changes = s.con.out
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return tidy(err)
	}
	s.changes = f
	return nil
}

func (s *sensor) closeChanges() error {
	if f, ok := s.changes.(*os.File); ok && s.changes != s.con.out {
		return f.Close()
	}
	return nil
}

// recall looks at what was known before, of which nothing is new.
func (s *sensor) recall() error {
	if s.tracker == nil {
		return nil
	}
	if s.disk != nil {
		err := s.disk.Hosts(func(h *state.Host) error {
			s.tracker.Recall(h)
			if s.asker != nil {
				s.asker.recall(h)
			}
			return nil
		})
		if err == nil && s.asker != nil {
			err = s.asker.recallLedger(s.disk)
		}
		if err != nil {
			return err
		}
	}
	s.tracker.Begin()
	return nil
}

// changed tells what has changed by what has become known, and returns it.
func (s *sensor) changed(m *state.Memory) []state.Change {
	if s.tracker == nil {
		return nil
	}
	var all []state.Change
	_ = m.Hosts(func(h *state.Host) error { // memory does not fail
		all = append(all, s.tracker.Learn(h)...)
		return nil
	})
	all = append(all, s.tracker.Sweep()...)
	if len(all) == 0 {
		return nil
	}
	s.meters.changed(all)
	for _, w := range []io.Writer{s.events, s.changes} {
		if w == nil {
			continue
		}
		if err := report.WriteChangesJSON(w, all); err != nil && s.err == nil {
			s.err = errors.Join(errors.New("what changed could not be told"), cause(err))
		}
	}
	return all
}
