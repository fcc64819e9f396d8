package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"earshot/active"
	"earshot/active/discover"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

// scanFlags say how ports are found ahead of the questions. Any of them turns that on.
func scanFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "sS", Usage: "find hosts and TCP ports first, by ARP, ICMP and raw SYNs; needs CAP_NET_RAW, else connects"},
		&cli.BoolFlag{Name: "sn", Usage: "find hosts and ask them no port: by ARP, ICMP and raw segments with CAP_NET_RAW, else by connecting"},
		&cli.StringFlag{Name: "PS", Usage: "look for hosts by a SYN to each of PORTS (written without a space, `PORTS`; default 80)"},
		&cli.StringFlag{Name: "PA", Usage: "look for hosts by an ACK to each of `PORTS` (default 80)"},
		&cli.StringFlag{Name: "PU", Usage: "look for hosts by an empty datagram to each of `PORTS` (default 40125)"},
		&cli.BoolFlag{Name: "PE", Usage: "look for hosts by ICMP echo"},
		&cli.BoolFlag{Name: "PP", Usage: "look for hosts by ICMP timestamp (IPv4)"},
		&cli.BoolFlag{Name: "PM", Usage: "look for hosts by ICMP address mask (IPv4)"},
		&cli.BoolFlag{Name: "disable-arp-ping", Usage: "look for neighbours as for others: their hardware address does not make them up"},
		&cli.BoolFlag{Name: "PR", Usage: "accepted: neighbours are looked for by ARP anyway"},
		&cli.StringFlag{Name: "T", Usage: "the timing template `0-5`, or paranoid, sneaky, polite, normal, aggressive, insane; default 3"},
		&cli.BoolFlag{Name: "unprivileged", Usage: "send no raw frames: connect"},
		&cli.BoolFlag{Name: "privileged", Usage: "send raw frames or fail"},
		&cli.StringFlag{Name: "initial-rtt-timeout", Usage: "wait `TIME` for an answer before any has come"},
		&cli.StringFlag{Name: "min-rtt-timeout", Usage: "wait at least `TIME` for an answer"},
		&cli.StringFlag{Name: "max-rtt-timeout", Usage: "wait at most `TIME` for an answer"},
		&cli.StringFlag{Name: "max-scan-delay", Usage: "lost answers slow the scan of a host down to a question each `TIME` at most"},
		&cli.Float64Flag{Name: "min-rate", Usage: "let the scan send at least `N` packets a second, whatever is lost; the questions after it are not hurried"},
		&cli.IntFlag{Name: "max-retries", Usage: "ask a silent port again at most `N` times (default: by the template)"},
		&cli.IntFlag{Name: "source-port", Aliases: []string{"g"}, Usage: "send from `PORT`"},
		&cli.StringFlag{Name: "S", Usage: "send from `ADDRESS`"},
		&cli.StringFlag{Name: "e", Usage: "send through `INTERFACE`"},
		&cli.BoolFlag{Name: "randomize-hosts", Usage: "look for the hosts in random order"},
	}
}

// ahead are the flags that need hosts and ports to be found ahead of the questions. The
// template and the rates also pace the questions, and do not.
func ahead() []string {
	return []string{
		"sS", "sU", "PS", "PA", "PU", "PE", "PP", "PM", "PR", "disable-arp-ping", "unprivileged", "privileged", "initial-rtt-timeout", "min-rtt-timeout",
		"max-rtt-timeout", "max-scan-delay", "min-rate", "max-retries", "source-port", "S", "e", "randomize-hosts",
	}
}

// foundAhead reports whether hosts and ports are found ahead of the questions.
func foundAhead(c *cli.Context) bool { return slices.ContainsFunc(ahead(), c.IsSet) }

// template reads -T.
func template(c *cli.Context) (int, error) {
	t := c.String("T")
	for n, name := range []string{"paranoid", "sneaky", "polite", "normal", "aggressive", "insane"} {
		if t == strconv.Itoa(n) || strings.EqualFold(t, name) {
			return n, nil
		}
	}
	if t != "" {
		return 0, usagef("-T takes 0 to 5, or paranoid, sneaky, polite, normal, aggressive or insane, not %s", t)
	}
	return 3, nil
}

// pace applies the template to the questions (nmap.org/book/man-performance.html): the slow ones ask
// one host at a time and wait between connections, the fast ones are less patient.
func pace(c *cli.Context, cfg *active.Config) error {
	n, err := template(c)
	if err != nil {
		return err
	}
	t, err := discover.Template(n)
	if err != nil {
		return err
	}
	if n < 3 {
		cfg.ScanDelay, cfg.Hosts, cfg.PerHost = max(cfg.ScanDelay, t.Delay), 1, 1
	}
	if n > 3 {
		cfg.Patience = t.MaxTimeout
		if cfg.HostTimeout == 0 {
			cfg.HostTimeout = t.HostTimeout
		}
	}
	return nil
}

// scan starts the scan ahead of the questions, if a flag asks for it; nil if none does.
func scan(ctx context.Context, c *cli.Context, cfg *active.Config, talk *talk) (*active.Scan, error) {
	if !foundAhead(c) {
		return nil, nil
	}
	if cfg.Ports == nil {
		return nil, usagef("hosts and ports are to be found first: with -r, say which ports with -p, -F or --top-ports")
	}
	how, err := search(c, cfg, talk)
	if err != nil {
		return nil, err
	}
	s, err := active.NewScan(ctx, cfg, how)
	if err != nil {
		return nil, fmt.Errorf("scan: %w", err)
	}
	cfg.Discover, cfg.Await, cfg.Found = s.Discover, s.Await, s.Found
	return s, nil
}

// search reads how hosts and ports are to be found.
func search(c *cli.Context, cfg *active.Config, talk *talk) (how discover.Config, err error) {
	how = discover.Config{
		Seed: rand.Uint64(), Shuffle: c.Bool("randomize-hosts"), Interface: c.String("e"),
		Note: talk.note, SkipPing: cfg.Up, FarPings: c.Bool("disable-arp-ping"), Tap: cfg.Tap,
	}
	if how.Method, err = scanMethod(c); err != nil {
		return how, err
	}
	if how.Timing, err = scanTiming(c, cfg); err != nil {
		return how, err
	}
	least := c.Float64("min-rate")
	if least < 0 || cfg.MaxRate > 0 && least > cfg.MaxRate {
		return how, usagef("--min-rate must be above 0 and not above --max-rate")
	}
	cfg.Rate = &discover.Rate{Most: cfg.MaxRate, Least: least}
	how.Rate = cfg.Rate
	if how.Source, how.SourcePort, err = scanSource(c); err != nil {
		return how, err
	}
	cfg.Interface, cfg.Source = how.Interface, how.Source
	how.Pings, err = pings(c, cfg.Names)
	return how, err
}

// scanMethod reads by which kind of packets ports are found.
func scanMethod(c *cli.Context) (discover.Method, error) {
	switch {
	case c.Bool("sS") && c.Bool("sT"):
		return 0, usagef("-sS and -sT exclude each other")
	case c.Bool("privileged") && c.Bool("unprivileged"):
		return 0, usagef("--privileged and --unprivileged exclude each other")
	case c.Bool("sT"), c.Bool("unprivileged"):
		return discover.Connect, nil
	case c.Bool("privileged"):
		return discover.Raw, nil
	}
	return discover.Auto, nil
}

// scanTiming is the template, with what single flags say otherwise.
func scanTiming(c *cli.Context, cfg *active.Config) (t discover.Timing, err error) {
	n, err := template(c)
	if err != nil {
		return t, err
	}
	if t, err = discover.Template(n); err != nil {
		return t, usagef("%v", err)
	}
	t.Delay = max(t.Delay, cfg.ScanDelay)
	if cfg.HostTimeout > 0 {
		t.HostTimeout = cfg.HostTimeout
	}
	for _, f := range []struct {
		flag string
		to   *time.Duration
	}{
		{"initial-rtt-timeout", &t.InitialTimeout},
		{"min-rtt-timeout", &t.MinTimeout},
		{"max-rtt-timeout", &t.MaxTimeout},
		{"max-scan-delay", &t.MaxDelay},
	} {
		d, err := nmapTime(c, f.flag)
		if err != nil {
			return t, err
		}
		if d > 0 {
			*f.to = d
		}
	}
	if c.IsSet("max-scan-delay") {
		t.MaxUDPDelay = t.MaxDelay
	}
	if t.MinTimeout > t.MaxTimeout { // the one that was given wins
		if c.IsSet("max-rtt-timeout") {
			t.MinTimeout = t.MaxTimeout
		} else {
			t.MaxTimeout = t.MinTimeout
		}
	}
	t.InitialTimeout = min(t.InitialTimeout, t.MaxTimeout)
	if !c.IsSet("max-retries") {
		return t, nil
	}
	n = c.Int("max-retries")
	if n < 0 || n > 50 {
		return t, usagef("--max-retries is a number from 0 to 50, not %d", n)
	}
	if t.Retries = n; n == 0 {
		t.Retries = -1
	}
	return t, nil
}

// scanSource reads where the scan's packets come from.
func scanSource(c *cli.Context) (a netip.Addr, port uint16, err error) {
	if name := c.String("e"); name != "" {
		if _, err := net.InterfaceByName(name); err != nil {
			return a, 0, usagef("-e %s: there is no such interface", name)
		}
	}
	n := c.Int("source-port")
	if n < 0 || n > 65535 {
		return a, 0, usagef("--source-port is a number from 1 to 65535, not %d", n)
	}
	if s := c.String("S"); s != "" {
		if a, err = netip.ParseAddr(s); err != nil {
			return a, 0, usagef("-S %s is no address", s)
		}
	}
	return a.Unmap(), uint16(n), nil
}

// pings reads how hosts are to be looked for.
func pings(c *cli.Context, names *state.PortNames) ([]discover.Ping, error) {
	var out []discover.Ping
	for _, p := range []struct {
		flag  string
		kind  discover.PingKind
		proto request.Proto
	}{{"PS", discover.PingSYN, request.TCP}, {"PA", discover.PingACK, request.TCP}, {"PU", discover.PingUDP, request.UDP}} {
		if !c.IsSet(p.flag) {
			continue
		}
		spec, err := matcher.ParsePortSpec(c.String(p.flag))
		if err != nil {
			return nil, usagef("-%s: %v", p.flag, err)
		}
		before := len(out)
		for port := range 1 << 16 {
			if spec.Has(p.proto, uint16(port), names.Name) {
				out = append(out, discover.Ping{Kind: p.kind, Port: uint16(port)})
			}
		}
		if len(out) == before {
			return nil, usagef("-%s%s names no port", p.flag, c.String(p.flag))
		}
	}
	for flag, kind := range map[string]discover.PingKind{"PE": discover.PingEcho, "PP": discover.PingTime, "PM": discover.PingMask} {
		if c.Bool(flag) {
			out = append(out, discover.Ping{Kind: kind})
		}
	}
	slices.SortFunc(out, func(a, b discover.Ping) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Port, b.Port)) })
	return out, nil
}
