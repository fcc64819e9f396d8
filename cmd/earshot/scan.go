package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"

	"github.com/urfave/cli/v2"

	"earshot/active"
	"earshot/active/discover"
)

// scanFlags say how ports are found ahead of the questions. Any of them turns that on.
func scanFlags() []cli.Flag {
	flags := []cli.Flag{
		&cli.BoolFlag{Name: "sS", Usage: "find hosts and TCP ports first, by ARP, ICMP and raw SYNs; needs CAP_NET_RAW, else connects"},
		&cli.Float64Flag{Name: "min-rate", Usage: "with -sS or -sU: send at least `N` packets a second"},
		&cli.IntFlag{Name: "max-retries", Usage: "with -sS or -sU: ask a silent port again at most `N` times (default: by the template)"},
		&cli.IntFlag{Name: "source-port", Aliases: []string{"g"}, Usage: "with -sS or -sU: send from `PORT`"},
		&cli.StringFlag{Name: "S", Usage: "with -sS or -sU: send from `ADDRESS`"},
		&cli.StringFlag{Name: "e", Usage: "with -sS or -sU: send through `INTERFACE`"},
		&cli.BoolFlag{Name: "randomize-hosts", Usage: "with -sS or -sU: look for the hosts in random order"},
	}
	for n := range 6 {
		f := &cli.BoolFlag{Name: "T" + strconv.Itoa(n), Hidden: n > 0}
		if n == 0 {
			f.Usage = "with -sS or -sU: the timing template, -T0 (slowest) to -T5; default -T3"
		}
		flags = append(flags, f)
	}
	return flags
}

// scan starts the scan ahead of the questions, if a flag asks for it; nil if none does.
func scan(ctx context.Context, c *cli.Context, cfg *active.Config, talk *talk) (*active.Scan, error) {
	wanted := c.Bool("sS") || c.Bool("sU")
	how := discover.Config{
		Seed: rand.Uint64(), Shuffle: c.Bool("randomize-hosts"), Interface: c.String("e"),
		MaxRate: cfg.MaxRate, MinRate: c.Float64("min-rate"), Note: talk.note,
	}
	template := 3
	for n := range 6 {
		if c.Bool("T" + strconv.Itoa(n)) {
			template = n
		}
		if c.IsSet("T"+strconv.Itoa(n)) && !wanted {
			return nil, usagef("-T%d is for -sS and -sU", n)
		}
	}
	for _, name := range []string{"min-rate", "max-retries", "source-port", "S", "e", "randomize-hosts"} {
		if c.IsSet(name) && !wanted {
			return nil, usagef("%s is for -sS and -sU", dashed(name))
		}
	}
	if !wanted {
		return nil, nil
	}
	if cfg.Ports == nil {
		return nil, usagef("-sS and -sU look for ports: with -r, say which with -p, -F or --top-ports")
	}
	if c.Bool("sS") && c.Bool("sT") {
		return nil, usagef("-sS and -sT exclude each other")
	}
	if c.Bool("sT") {
		how.Method = discover.Connect
	}
	var err error
	if how.Timing, err = discover.Template(template); err != nil {
		return nil, usagef("%v", err)
	}
	how.Timing.Delay = max(how.Timing.Delay, cfg.ScanDelay)
	if cfg.HostTimeout > 0 {
		how.Timing.HostTimeout = cfg.HostTimeout
	}
	if c.IsSet("max-retries") {
		n := c.Int("max-retries")
		if n < 0 || n > 50 {
			return nil, usagef("--max-retries is a number from 0 to 50, not %d", n)
		}
		if how.Timing.Retries = n; n == 0 {
			how.Timing.Retries = -1
		}
	}
	if how.MinRate < 0 || how.MaxRate > 0 && how.MinRate > how.MaxRate {
		return nil, usagef("--min-rate must be above 0 and not above --max-rate")
	}
	if n := c.Int("source-port"); n < 0 || n > 65535 {
		return nil, usagef("--source-port is a number from 1 to 65535, not %d", n)
	} else {
		how.SourcePort = uint16(n)
	}
	if s := c.String("S"); s != "" {
		if how.Source, err = netip.ParseAddr(s); err != nil {
			return nil, usagef("-S %s is no address", s)
		}
		how.Source = how.Source.Unmap()
	}
	s, err := active.NewScan(ctx, cfg, how)
	if err != nil {
		return nil, fmt.Errorf("scan: %w", err)
	}
	cfg.Discover, cfg.Await = s.Discover, s.Await
	return s, nil
}

// dashed writes a flag's name as the user does.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
