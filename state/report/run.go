package report

import (
	"fmt"
	"time"

	"earshot/state"
)

// Run is the run of a scan that a report is of: who was asked, and for how long. Its times
// are by the clock of the machine that asked.
type Run struct {
	Begin, End  time.Time
	Targets     int  // addresses that were to be asked
	Interrupted bool // before all of them were
}

// account adds what a run was told to do to the count of what is shown. A host is up if
// anything was learned of one of its ports, or it was found; a report may leave it out.
func (r *Run) account(t *totals, s state.Store) error {
	t.run, t.first, t.last, t.hosts = r, r.Begin, r.End, 0
	err := s.Hosts(func(h *state.Host) error {
		if len(h.Services) > 0 || len(h.Hinted("up")) > 0 {
			t.hosts++
		}
		return nil
	})
	t.asked = max(r.Targets, t.hosts) // a capture may have told of others
	return err
}

// headline is the comment that a file of nmap's formats begins with. Its time is that of the
// first packet that counted, or that the run began.
func (o *Options) headline(t *totals) string {
	what := "report, first heard"
	if t.run != nil {
		what = "scan initiated"
	}
	return fmt.Sprintf("earshot %s %s %s as: %s", o.Version, what, t.when(false), o.Args)
}

// footline is what such a file ends with, up to the counts.
func (t *totals) footline() string {
	if t.run != nil {
		return "earshot done at " + t.when(true)
	}
	return "earshot done, last heard " + t.when(true)
}

// String is the count in nmap's words.
func (t *totals) String() string {
	services := count(t.services, "service", "s")
	if t.run == nil {
		return fmt.Sprintf("%s (%s up), %s heard in %.2f seconds", count(t.hosts, "IP address", "es"), count(t.hosts, "host", "s"), services, t.seconds())
	}
	s := fmt.Sprintf("%s (%s up) scanned in %.2f seconds", count(t.asked, "IP address", "es"), count(t.hosts, "host", "s"), t.seconds())
	if !t.hostsOnly {
		s += ", " + services + " found"
	}
	if t.run.Interrupted {
		s += ", interrupted"
	}
	return s
}

// exit is how the run ended, for XML.
func (t *totals) exit() string {
	if t.run != nil && t.run.Interrupted {
		return `error" errormsg="interrupted`
	}
	return "success"
}

func count(n int, noun, plural string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %s%s", n, noun, plural)
}
