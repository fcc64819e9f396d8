package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"earshot/active"
	"earshot/active/discover"
)

// hearOurselves has the run hear its own packets: all of them for -w, else what the system
// asks its neighbours because of them, for the ledger, where the process may.
func hearOurselves(c *cli.Context, cfg *active.Config, frames io.Writer, talk *talk) (err error) {
	if c.Bool("dry-run") || c.Bool("sL") {
		return nil
	}
	write := c.String("w") != ""
	if !write {
		frames = nil
	}
	if cfg.Tap, err = discover.NewTap(frames, talk.say); err != nil {
		cfg.Tap = nil
		if write {
			return fmt.Errorf("-w: %w", tidy(err))
		}
		return nil
	}
	cfg.Tap.System = cfg.Ledger.System
	cfg.Tap.Patient = write || c.String("ledger") != ""
	return nil
}

// uncounted says what the ledger does not have.
func uncounted(cfg *active.Config, names *active.Names) string {
	var not []string
	if cfg.Tap == nil {
		for a := range cfg.Scope.All() {
			if !a.IsLoopback() {
				not = append(not, "ARP and neighbour discovery of the system (it needs CAP_NET_RAW)")
			}
			break
		}
	}
	if names.Uncounted() {
		not = append(not, "what the system's resolver sent")
	}
	if len(not) == 0 {
		return ""
	}
	return "; not counted: " + strings.Join(not, ", ")
}
