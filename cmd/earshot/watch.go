package main

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"earshot/active"
	"earshot/active/discover"
	"earshot/data"
	"earshot/matcher"
)

func watchCommand(con *console) *cli.Command {
	flags := append(
		liveFlags(),
		&cli.StringSliceFlag{Name: "ask", Usage: "ask ports of `TARGETS` that listening left open, and nobody else; may be repeated"},
		&cli.StringSliceFlag{Name: "ask-vlan", Usage: "also ask hosts heard behind the 802.1Q tag `ID`, by their addresses: this machine must have a way to them; may be repeated"},
		&cli.StringSliceFlag{Name: "exclude", Usage: "send nothing to `TARGETS`, a comma list"},
		&cli.DurationFlag{Name: "grace", Value: 10 * time.Minute, Usage: "listen to a port for `SPAN` before it is asked"},
		&cli.StringFlag{Name: "enough", Value: "service", Usage: "a port of which `WHAT` is known is not asked: service, product or version"},
		&cli.DurationFlag{Name: "recheck", Value: 24 * time.Hour, Usage: "ask again what stayed unidentified after `SPAN`"},
		&cli.StringFlag{Name: "budget", Value: "1000/day", Usage: "at most `N/day` connections and datagrams"},
		&cli.StringFlag{Name: "host-budget", Value: "100/day", Usage: "the same for each host"},
		&cli.StringFlag{Name: "quiet-hours", Usage: "ask nothing from `HH:MM-HH:MM`, local time"},
		&cli.StringFlag{Name: "stop-file", Usage: "ask nothing while `FILE` is there"},
		&cli.IntFlag{Name: "version-intensity", Value: 7, Usage: "how rare the questions may be, 0 to `9`"},
		&cli.BoolFlag{Name: "allports", Usage: "also speak to printers, industrial controllers and what the signatures exclude"},
		&cli.Float64Flag{Name: "max-rate", Value: 20, Usage: "send at most `N` packets a second"},
		&cli.StringFlag{Name: "ledger", Usage: "account for every connection and datagram in `FILE`, as JSON lines"},
		&cli.StringFlag{Name: "filter-file", Aliases: []string{"F"}, Usage: "read the filter from `FILE`"},
		&cli.BoolFlag{Name: "raw-filter", Usage: "take the filter as tcpdump does: without looking behind 802.1Q tags; so does one with the word vlan"},
		&cli.StringSliceFlag{Name: "home", Usage: "only addresses in `CIDR` become hosts; may be repeated"},
		stateFlag(),
	)
	flags = append(flags, confineFlags()...)
	flags = append(flags, limitFlags()...)
	flags = append(flags, databaseFlags()...)
	return &cli.Command{
		Name:      "watch",
		Usage:     "listen to interfaces, and ask what listening leaves open",
		ArgsUsage: "-i IFACE… --ask CIDR… [flags] [BPF filter]",
		Flags:     append(flags, outputFlags(true)...),
		Description: `A port that is alive, in --ask, and unidentified after --grace is asked as probe asks
it; what it says lands in the same state. One whose version or certificate has
changed is asked at once. What earlier runs on the same state have named or asked is
not asked again. Traffic between this machine and what it may ask is not taken for
evidence: it is its own. Multicast, broadcast and industrial controllers are not
asked (see probe).

  earshot watch -i eth1 --ask 10.0.0.0/24 --state lab.db --budget 200/day

Signals are those of listen -i. So is what it gives up once everything is open, but that
it may open TCP and UDP sockets to ask.

exit status: 0 done (Ctrl-C and SIGTERM, too), 1 failed, 2 usage`,
		Action: func(c *cli.Context) error { return watch(c, con) },
	}
}

func watch(c *cli.Context, con *console) error {
	names := *c.Generic("interface").(*words)
	switch {
	case c.Bool("list-interfaces"):
		return listInterfaces(con)
	case len(names) == 0:
		return usagef("watch needs -i IFACE; earshot watch -D lists them")
	case len(c.StringSlice("ask")) == 0:
		return usagef("watch needs --ask CIDR: whom it may ask; to ask nobody there is earshot listen -i")
	}
	return listenLive(c, con, names, newAsker)
}

// newAsker reads the flags about asking.
func newAsker(c *cli.Context, s *sensor) (*asker, error) {
	a := &asker{
		sensor: s, waiting: map[told]*port{}, known: map[told]struct{}{}, asked: map[told]time.Time{}, seen: map[netip.Addr]uint16{},
		spent: map[netip.Addr]int{}, begin: time.Now(),
	}
	var err error
	if a.vlans, err = vlanIDs(c.StringSlice("ask-vlan")); err != nil {
		return nil, err
	}
	local, err := discover.LocalNetworks()
	if err != nil {
		return nil, err
	}
	for _, n := range local {
		a.local = append(a.local, n.Addr())
	}
	a.options = discover.TargetOptions{Local: local}
	for _, w := range c.StringSlice("exclude") {
		a.exclude = append(a.exclude, discover.SplitTargets(w)...)
	}
	var ask []string
	for _, w := range c.StringSlice("ask") {
		ask = append(ask, discover.SplitTargets(w)...)
	}
	if a.scope, err = discover.ParseTargets(c.Context, ask, a.exclude, a.options); err != nil {
		return nil, usagef("--ask: %v", err)
	}
	for _, x := range a.scope.Skipped() {
		return nil, usagef("--ask: %v", x.Err)
	}
	programs, err := active.ReadPrograms(strings.NewReader(data.Programs))
	if err != nil {
		return nil, err
	}
	a.cfg = active.Config{
		Names: s.out.opts.Names, Programs: programs, Intensity: c.Int("version-intensity"), AllPorts: c.Bool("allports"),
		Up: true, MaxRate: c.Float64("max-rate"), Hosts: 1, May: a.may, Origin: fmt.Sprintf("watch:%d", a.begin.UnixNano()),
	}
	return a, a.retune(c)
}

// retune takes with which signatures, how much and when may be asked. What is wrong leaves
// all as it was.
func (a *asker) retune(c *cli.Context) error {
	grace, recheck := c.Duration("grace"), c.Duration("recheck")
	budget, err := perDay("budget", c.String("budget"))
	if err != nil {
		return err
	}
	hostBudget, err := perDay("host-budget", c.String("host-budget"))
	if err != nil {
		return err
	}
	quiet, err := hours(c.String("quiet-hours"))
	if err != nil {
		return err
	}
	enough, err := wants(c.String("enough"))
	if err != nil {
		return err
	}
	if grace < 0 || recheck <= 0 {
		return usagef("--grace and --recheck are spans such as 10m and 24h")
	}
	db, err := loadDatabase(c, matcher.Options{})
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cfg.DB, a.enough = db, enough
	a.grace, a.recheck, a.budget, a.hostBudget, a.quiet, a.stopFile, a.warned = grace, recheck, budget, hostBudget, quiet, c.String("stop-file"), false
	return nil
}

// perDay reads N or N/day.
func perDay(flag, w string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSuffix(w, "/day"))
	if err != nil || n < 0 {
		return 0, usagef("--%s is a number for each day, such as 200/day, not %s", flag, w)
	}
	return n, nil
}

// daily is a part of every day, in minutes since midnight; the zero daily is none.
type daily struct{ from, to int }

// hours reads HH:MM-HH:MM.
func hours(w string) (daily, error) {
	if w == "" {
		return daily{}, nil
	}
	a, b, _ := strings.Cut(w, "-")
	from, err := time.Parse("15:04", a)
	to, err2 := time.Parse("15:04", b)
	if err != nil || err2 != nil {
		return daily{}, usagef("--quiet-hours is a part of the day such as 08:00-18:00, not %s", w)
	}
	return daily{from.Hour()*60 + from.Minute(), to.Hour()*60 + to.Minute()}, nil
}

// has reports whether a time of day lies in it; 22:00-06:00 goes over midnight.
func (d daily) has(t time.Time) bool {
	m := t.Hour()*60 + t.Minute()
	if d.from <= d.to {
		return d.from <= m && m < d.to
	}
	return m >= d.from || m < d.to
}
