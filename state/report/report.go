// Package report writes what a state holds: as nmap's table, nmap's XML, greppable
// lines, JSON lines, comma separated values, events (OCSF, Suricata's EVE), a page for a
// browser, and the evidence for one host. A writer takes rows and gives bytes; everything
// it writes comes from the state and its Options, so equal states give equal reports.
// Every byte that came from the wire is escaped for the format it is written in. It imports
// state and what state imports; it opens no file and reads no clock.
package report

import (
	"time"

	"earshot/matcher"
	"earshot/state"
)

// Options say what a report shows. The zero Options shows open services, named by
// evidence only.
type Options struct {
	Version   string                                                // of earshot, for headers
	Args      string                                                // the command line, for headers
	Names     *state.PortNames                                      // names ports that no evidence names; may be nil
	Vendor    func(mac string) string                               // names the maker of a network card; may be nil
	Systems   *state.Stacks                                         // tells systems by TCP and DHCP; may be nil
	Reason    bool                                                  // table: how each service is known
	All       bool                                                  // closed ports, and hosts without open services, too
	Verbose   int                                                   // the level that XML states
	Width     int                                                   // table: lines longer than this are cut; 0 for never
	Shape     string                                                // of the machine, for fingerprints: "linux-amd64"
	Asked     bool                                                  // the report is of a scan: what was asked and not heard is told, too
	HostsOnly bool                                                  // no port was looked at
	Run       *Run                                                  // that the report is of, which counts and times are those of then; nil: they are those of what was heard
	Intensity int                                                   // of the questions, 0 to 9, if Asked
	Sent      func(yield func(*Sent) error) error                   // HTML: what the prober sent, the same at each call; may be nil
	Interface string                                                // that was listened to, if it was one
	Spared    func(*state.Service) string                           // why a service was not asked, "" if it was, if Asked; may be nil
	Keep      func(*state.Host, *state.Service, *state.Belief) bool // which services are shown; nil for all
}

// host is a host with the rows that are shown of it.
type host struct {
	*state.Host
	life   state.Life
	rows   []row
	hidden []hidden // states that are only counted, the most frequent first

	beliefs []state.Belief // of all its services
	stacks  *state.Stacks  // may be nil
}

// systems is what its system is taken for, the strongest first. It takes a while, and
// who only counts does without.
func (h *host) systems() []state.Clue { return h.Systems(h.beliefs, h.stacks) }

// row is one line of the port table.
type row struct {
	*state.Service
	state.Belief
	life        state.Life
	fingerprint *matcher.Fingerprint // of words that no match line named; else nil
	spared      string               // why it was not asked; "" if it was, or is known anyway
}

// totals are what headers and footers say of a whole report.
type totals struct {
	first, last time.Time // of everything that was heard
	hosts       int       // that are shown
	services    int       // open ones that are shown

	asked     int  // hosts that were to be asked, and those that are shown
	run       *Run // nil if the report is of no run
	hostsOnly bool
}

// walk calls yield for each host that is shown.
func (o *Options) walk(s state.Store, yield func(*host) error) error {
	return s.Hosts(func(sh *state.Host) error {
		beliefs := sh.Beliefs(o.Names)
		h := host{Host: sh, life: sh.Life(), beliefs: beliefs, stacks: o.Systems}
		for i := range sh.Services {
			v := &sh.Services[i]
			if st := v.State(); st != "open" && !o.Asked && !o.All {
				continue
			}
			if o.Keep != nil && !o.Keep(sh, v, &beliefs[i]) {
				continue
			}
			r := row{Service: v, Belief: beliefs[i], life: v.Life()}
			r.fingerprint = o.fingerprintOf(&r)
			if o.Spared != nil && r.By == nil && v.State() == "open" {
				r.spared = o.Spared(v)
			}
			h.rows = append(h.rows, r)
		}
		o.hide(&h)
		if len(h.rows) == 0 && (len(h.hidden) == 0 && !o.All || o.Keep != nil) {
			return nil
		}
		return yield(&h)
	})
}

// sum counts what is shown.
func (o *Options) sum(s state.Store) (totals, error) {
	t := totals{hostsOnly: o.HostsOnly}
	err := o.walk(s, func(h *host) error {
		t.add(h)
		return nil
	})
	if err == nil {
		err = o.account(&t, s)
	}
	return t, err
}

// add counts a host.
func (t *totals) add(h *host) {
	t.hosts++
	for i := range h.rows {
		if h.rows[i].State() == "open" {
			t.services++
		}
	}
	if f := h.life.First; !f.IsZero() && (t.first.IsZero() || f.Before(t.first)) {
		t.first = f
	}
	if l := h.life.Last; l.After(t.last) {
		t.last = l
	}
}

// account adds what is known of the run, once all hosts are counted.
func (o *Options) account(t *totals, s state.Store) error {
	t.asked = t.hosts
	if o.Run == nil {
		return nil
	}
	return o.Run.account(t, s)
}

// seconds is the time between the first and the last thing heard.
func (t *totals) seconds() float64 { return t.last.Sub(t.first).Seconds() }

// name is the cell of the SERVICE column (nmap 7.93, measured).
func (r *row) name() string {
	n := r.Belief.Service
	if n == "" {
		n = "unknown"
	}
	if r.Tunnel != "" {
		n = r.Tunnel + "/" + n
	}
	if r.Guess() && r.State() == "open" {
		n += "?"
	}
	return n
}

// version is the cell of the VERSION column: what is known, or why it was not asked for.
func (r *row) version() string {
	if r.spared != "" {
		return "not asked: " + r.spared
	}
	return r.VersionText()
}

// ownName is the name a host gave itself or its network gives it, as against one a
// client asked it for; "" if none was heard.
func (h *host) ownName() string {
	given := map[string]int{} // names by where they come from
	for _, x := range h.Hints {
		if x.Kind == "name" {
			given[x.From]++
		}
	}
	best, rank := "", 0
	for _, x := range h.Hints {
		if x.Kind != "name" {
			continue
		}
		if r := nameRank(x.From, given[x.From]); r > rank {
			best, rank = x.Value, r
		}
	}
	return best
}

// nameRank weighs a name by where it comes from and how many names came from there: a
// resolver has many for an address that serves many, a relay of logs has those of others.
// 0 is a name that only clients used.
func nameRank(from string, of int) int {
	switch from {
	case "sni", "http":
		return 0
	case "ptr":
		return 9
	case "dns":
		if of == 1 {
			return 8
		}
		return 2
	case "user":
		return 7
	case "ntlm", "ldap":
		return 6
	case "dhcp", "dhcp6", "mdns":
		return 5
	case "nbdgm":
		return 3 // of a domain's announcement the sender's name is a group's
	case "syslog":
		if of > 1 {
			return 0
		}
		return 1
	}
	return 4
}
