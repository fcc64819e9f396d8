package main

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// reread reads the command line, the environment and the file of settings once more, and
// returns the flags as they are now.
func (s *sensor) reread() (*cli.Context, error) {
	var fresh *cli.Context
	err := s.con.again(func(c *cli.Context) error {
		fresh = c
		return nil
	})
	if err == nil && fresh == nil {
		err = errors.New("the command line cannot be read again")
	}
	return fresh, err
}

// reload does what SIGHUP asks for: it takes the signatures and settings as they are now.
// What cannot be used leaves everything as it is. It returns the flags in force.
func (s *sensor) reload(c *cli.Context) *cli.Context {
	fresh, err := s.reread()
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
		if !slices.Contains([]string{"versiondb", "no-embedded", "grace", "recheck", "enough", "budget", "host-budget", "quiet-hours", "stop-file"}, name) &&
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
