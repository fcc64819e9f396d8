package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// reread reads the command line, the environment and the file of settings once more, and
// returns the flags as they are now.
func reread(c *cli.Context) (*cli.Context, error) {
	again := app(&console{in: strings.NewReader(""), out: io.Discard, errw: io.Discard})
	var fresh *cli.Context
	again.Command(c.Command.Name).Action = func(c *cli.Context) error {
		fresh = c
		return nil
	}
	if err := again.RunContext(c.Context, os.Args); err != nil {
		return nil, err
	}
	if fresh == nil {
		return nil, errors.New("the command line cannot be read again")
	}
	return fresh, nil
}

// reload does what SIGHUP asks for: it takes the signatures and settings as they are now.
// What cannot be used leaves everything as it is. It returns the flags in force.
func (s *sensor) reload(c *cli.Context) *cli.Context {
	fresh, err := reread(c)
	if err == nil {
		err = s.load(fresh)
	}
	if err == nil && s.asker != nil {
		err = s.asker.retune(fresh)
	}
	if err != nil {
		s.talk.say("earshot: signatures and settings stay as they are: " + legible(tidy(err).Error()))
		return c
	}
	var later []string
	for _, f := range c.Command.Flags {
		name := f.Names()[0]
		if !slices.Contains([]string{"versiondb", "no-embedded", "grace", "recheck", "budget", "host-budget", "quiet-hours", "stop-file"}, name) &&
			!reflect.DeepEqual(c.Value(name), fresh.Value(name)) {
			later = append(later, "--"+name)
		}
	}
	s.talk.note("signatures and settings read again")
	if len(later) > 0 {
		s.talk.note(fmt.Sprintf("%s: not before the next start", strings.Join(later, ", ")))
	}
	return fresh
}
