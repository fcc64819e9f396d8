package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"earshot/state"
	"earshot/state/report"
	"earshot/state/sqlite"
)

// errChanged is what report --fail-on change ends with if something has changed.
var errChanged = errors.New("something has changed")

func reportCommand(con *console) *cli.Command {
	flags := []cli.Flag{
		stateFlag(),
		&cli.StringSliceFlag{Name: "host", Usage: "only the host `ADDRESS`; may be repeated"},
		&cli.StringSliceFlag{Name: "net", Usage: "only hosts in `CIDR`; may be repeated"},
		&cli.StringFlag{Name: "service", Usage: "only services of that `NAME`"},
		&cli.StringFlag{Name: "product", Usage: "only services whose product contains `TEXT`, in either case"},
		&cli.StringFlag{Name: "since", Usage: "only what was heard since `TIME`: 2026-01-31, 2026-01-31T12:00:00Z, or a span such as 24h before the last thing heard; with --changes, changes since then"},
		&cli.BoolFlag{Name: "unidentified", Usage: "only open services that no evidence names"},
		&cli.StringFlag{Name: "stale", Usage: "only services not heard for `SPAN` before the last thing heard, such as 168h; with --changes, those have gone quiet"},
		&cli.BoolFlag{Name: "changes", Usage: "what changed, by time, instead of what is there; with -oJ as JSON lines"},
		&cli.StringFlag{Name: "fail-on", Usage: "`change`: exit status 4 if --changes shows any"},
	}
	return &cli.Command{
		Name:      "report",
		Usage:     "print what a state knows; never sends a packet",
		ArgsUsage: "--state FILE [flags]",
		Flags:     append(flags, outputFlags(true)...),
		Description: `  earshot report --state lab.db --net 10.0.0.0/8 --unidentified
  earshot report --state lab.db --html lab.html --csv lab.csv
  earshot report --state lab.db --changes --since 24h --fail-on change

exit status: 0 done, 1 failed, 2 usage, 4 something changed (--fail-on change)`,
		Action: func(c *cli.Context) error { return reportState(c, con) },
	}
}

func reportState(c *cli.Context, con *console) error {
	if c.Args().Present() {
		return usagef("report takes no %q: --host, --net and --service choose what is shown", c.Args().First())
	}
	if w := c.String("fail-on"); w != "" && (w != "change" || !c.Bool("changes")) {
		return usagef("--fail-on knows only change, and goes with --changes")
	}
	out, err := newOutput(c, con)
	if err != nil {
		return err
	}
	sel, err := selectionOf(c)
	if err != nil {
		return err
	}
	if c.Bool("changes") {
		if err := checkChanges(c); err != nil {
			return err
		}
	}
	db, err := readState(c)
	if err != nil {
		return err
	}
	defer db.Close()
	if out.opts.Names, err = portNames(); err != nil {
		return err
	}
	if sel.relative() {
		if sel.now, err = lastHeard(db); err != nil {
			return err
		}
	}
	if c.Bool("changes") {
		return changes(c, con, sel.within(db), out, sel)
	}
	if sel.any() {
		out.opts.Keep = sel.keep
	}
	out.opts.Sent = sentTo(db, sel)
	st, err := os.Stat(c.String("state"))
	if err != nil {
		return err
	}
	if err := out.prepare(func(f os.FileInfo) bool { return os.SameFile(f, st) }); err != nil {
		return err
	}
	defer out.abandon()
	return out.write(sel.within(db))
}

// checkChanges says what is wrong with where --changes is to write.
func checkChanges(c *cli.Context) error {
	st, err := os.Stat(c.String("state"))
	for _, f := range []string{c.String("oN"), c.String("oJ")} {
		if to, terr := os.Stat(f); err == nil && terr == nil && os.SameFile(st, to) {
			return usagef("%s is the state: what changed would take its place", f)
		}
	}
	for _, f := range []string{"-oX", "-oG", "-oA", "--ocsf", "--eve", "--html", "--csv"} {
		if c.String(strings.TrimLeft(f, "-")) != "" {
			return usagef("--changes writes lines of text, or JSON lines with -oJ; %s shows what is there", f)
		}
	}
	return nil
}

// sentTo reads the ledger, of the hosts that are chosen by address.
func sentTo(db *sqlite.DB, sel *selection) func(func(*report.Sent) error) error {
	return func(yield func(*report.Sent) error) error {
		return db.Ledger(func(q *sqlite.Question) error {
			if len(sel.nets) > 0 && !slices.ContainsFunc(sel.nets, func(p netip.Prefix) bool { return p.Contains(q.Addr) }) {
				return nil
			}
			return yield(&report.Sent{Time: q.Time, Addr: q.Addr, Port: q.Port, Proto: q.Proto, Why: q.Why, Packets: q.Sent})
		})
	}
}

// within is the store of the hosts that are chosen by address; all if none are.
func (s *selection) within(db *sqlite.DB) state.Store {
	if len(s.nets) == 0 {
		return db
	}
	return db.Within(s.nets)
}

// changes prints what changed.
func changes(c *cli.Context, con *console, s state.Store, out *output, sel *selection) error {
	if sel.service != "" || sel.product != "" || sel.unidentified {
		out.opts.Keep = func(h *state.Host, v *state.Service, b *state.Belief) bool {
			return sel.where(h, b) && (!sel.unidentified || unnamed(v, b))
		}
	}
	list, err := out.opts.Changes(s, report.History{Since: sel.from(), Quiet: sel.stale, Now: sel.now})
	if err != nil {
		return err
	}
	write := report.WriteChanges
	if c.String("oJ") == "-" {
		write = report.WriteChangesJSON
	}
	err = errors.Join(write(con.out, list), writeChanges(c.String("oN"), report.WriteChanges, list), writeChanges(c.String("oJ"), report.WriteChangesJSON, list))
	if err != nil {
		return err
	}
	if len(list) > 0 && c.String("fail-on") == "change" {
		return errChanged
	}
	return nil
}

// writeChanges makes a file of changes, if one was asked for.
func writeChanges(path string, write func(io.Writer, []state.Change) error, list []state.Change) error {
	if path == "" || path == "-" {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("cannot write %w", tidy(err))
	}
	if err := errors.Join(write(f, list), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, cause(err))
	}
	return nil
}

// selection is which services are shown.
type selection struct {
	nets         []netip.Prefix
	service      string
	product      string
	since        time.Time
	ago          time.Duration // since, counted back from now
	stale        time.Duration
	unidentified bool
	now          time.Time // the last thing heard
}

func selectionOf(c *cli.Context) (*selection, error) {
	s := &selection{service: c.String("service"), product: strings.ToLower(c.String("product")), unidentified: c.Bool("unidentified")}
	var err error
	if s.nets, err = networks("host", c.StringSlice("host")); err != nil {
		return nil, err
	}
	more, err := networks("net", c.StringSlice("net"))
	if err != nil {
		return nil, err
	}
	s.nets = append(s.nets, more...)
	if w := c.String("since"); w != "" {
		if s.since, s.ago, err = moment(w); err != nil {
			return nil, usagef("--since %s is neither a time such as 2026-01-31T12:00:00Z nor a span such as 24h", w)
		}
	}
	if w := c.String("stale"); w != "" {
		if _, s.stale, err = moment(w); err != nil || s.stale <= 0 {
			return nil, usagef("--stale %s is no span such as 24h or 7d", w)
		}
	}
	return s, nil
}

// moment reads a time or a span; days may be written as 7d.
func moment(w string) (at time.Time, ago time.Duration, err error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if at, err = time.Parse(layout, w); err == nil {
			return at, 0, nil
		}
	}
	if days, ok := strings.CutSuffix(w, "d"); ok {
		n, err := strconv.Atoi(days)
		if err == nil && n > 0 && n < 1<<16 {
			return time.Time{}, time.Duration(n) * 24 * time.Hour, nil
		}
	}
	if ago, err = time.ParseDuration(w); err == nil && ago <= 0 {
		err = errors.New("not in the past")
	}
	return time.Time{}, ago, err
}

func (s *selection) relative() bool { return s.ago > 0 || s.stale > 0 }

func (s *selection) any() bool {
	return len(s.nets) > 0 || s.service != "" || s.product != "" || !s.since.IsZero() || s.relative() || s.unidentified
}

func (s *selection) from() time.Time {
	if s.ago > 0 {
		return s.now.Add(-s.ago)
	}
	return s.since
}

// where chooses by place and name.
func (s *selection) where(h *state.Host, b *state.Belief) bool {
	return (len(s.nets) == 0 || slices.ContainsFunc(s.nets, func(p netip.Prefix) bool { return p.Contains(h.Addr.WithZone("")) })) &&
		(s.service == "" || b.Service == s.service || b.Tunnel+"/"+b.Service == s.service) &&
		(s.product == "" || strings.Contains(strings.ToLower(b.Product), s.product))
}

// keep chooses by everything.
func (s *selection) keep(h *state.Host, v *state.Service, b *state.Belief) bool {
	last := v.Life().Last
	return s.where(h, b) && (s.from().IsZero() || !last.Before(s.from())) && (s.stale == 0 || s.now.Sub(last) >= s.stale) &&
		(!s.unidentified || unnamed(v, b))
}

// unnamed reports whether a service is open and no evidence names it.
func unnamed(v *state.Service, b *state.Belief) bool {
	return v.State() == "open" && (b.By == nil || b.Guess() || b.Service == "")
}

// lastHeard is the time that a state has reached.
func lastHeard(s state.Store) (time.Time, error) {
	var last time.Time
	err := s.Hosts(func(h *state.Host) error {
		if l := h.Life().Last; l.After(last) {
			last = l
		}
		return nil
	})
	return last, err
}
