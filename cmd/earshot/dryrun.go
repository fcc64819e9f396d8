package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"earshot/active"
	"earshot/active/discover"
)

// dryRun says what would be done, and the most packets it could take.
func dryRun(c *cli.Context, con *console, cfg *active.Config, talk *talk) error {
	var how *discover.Config
	if c.Bool("sn") || foundAhead(c) {
		h, err := search(c, cfg, talk)
		if err != nil {
			return err
		}
		h.PingOnly = c.Bool("sn")
		how = &h
	}
	most, err := active.Plan(cfg, how, func(s *active.Step) error {
		where := fmt.Sprintf("%s %d/%s", s.Addr, s.Port.Port, s.Port.Proto)
		if !s.Ask {
			_, err := fmt.Fprintf(con.out, "%s: not asked: %s\n", where, printable(s.Why))
			return err
		}
		what := "whether it is open"
		if s.Speak {
			what += ", then " + strings.Join(s.Probes, " ") + fmt.Sprintf("; at most %d packets if it is", s.Packets)
		}
		_, err := fmt.Fprintf(con.out, "%s: %s: %s\n", where, printable(s.Why), what)
		return err
	})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(con.out, "\n%d ports of %d hosts would be asked, with at most so many packets of ours, whatever they answer:\n", most.Ports, most.Hosts); err != nil {
		return err
	}
	w := tabwriter.NewWriter(con.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, part := range []struct {
		n    int
		what string
	}{
		{most.Cost.Hosts, "to look for the hosts"},
		{most.Link, "of ARP and neighbour discovery"},
		{most.System, "of the same by the system, which has its own timers: allowed for, not known"},
		{most.Names, "to name servers, for the names of addresses"},
		{most.Scan, "to find open ports"},
		{most.Questions, "of questions, if every port is open"},
		{most.All(), "in all"},
		{most.Closed(), "in all if no port is open"},
	} {
		fmt.Fprintf(w, "%d\t\t%s\n", part.n, part.what)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	said := "Nothing was sent to them."
	if n := cfg.Ledger.Totals().Datagrams; n > 0 {
		said = fmt.Sprintf("Nothing was sent to them; %d questions for their addresses went to name servers.", n)
	}
	_, err = fmt.Fprintln(con.out, said)
	return err
}
