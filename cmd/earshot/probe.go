package main

import (
	"context"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"earshot/active"
	"earshot/capture"
	"earshot/state"
)

func probeCommand(con *console) *cli.Command {
	flags := append(portFlags(), targetFlags()...)
	flags = append(flags,
		&cli.StringSliceFlag{Name: "read", Aliases: []string{"r"}, Usage: "listen to the capture `FILE` first, and ask only what it leaves open; may be repeated"},
		&cli.BoolFlag{Name: "Pn", Usage: "take every host as up; without it a host that answers none of its first ports is given up"},
		&cli.BoolFlag{Name: "sL", Usage: "list the targets and send nothing to them"},
		&cli.BoolFlag{Name: "n", Usage: "never look up the names of addresses"},
		&cli.BoolFlag{Name: "R", Usage: "look up the names of all addresses; without it, of hosts that are up"},
		&cli.StringSliceFlag{Name: "dns-servers", Usage: "ask these name `SERVERS`, a comma list, and not those that the system is set up with"},
		&cli.BoolFlag{Name: "system-dns", Usage: "accepted: the servers that the system is set up with are asked"},
		&cli.BoolFlag{Name: "sV", Usage: "accepted: what runs on open ports is asked anyway; see --no-version"},
		&cli.BoolFlag{Name: "A", Usage: "accepted as -sV: there are no scripts and no traceroute, and the system is told from what is heard"},
		&cli.BoolFlag{Name: "O", Usage: "accepted: the system is told from what is heard, no packets are sent for it"},
		&cli.BoolFlag{Name: "sC", Hidden: true},
		&cli.BoolFlag{Name: "no-version", Usage: "find open ports only, and ask them nothing"},
		&cli.StringFlag{Name: "strategy", Value: "quiet", Usage: "`NAME`: quiet (few packets) or nmap (what nmap -sV does; --versiondb is then instead of the signatures built in)"},
		&cli.IntFlag{Name: "version-intensity", Value: 7, Usage: "how rare the questions may be, 0 to `9`"},
		&cli.BoolFlag{Name: "version-light", Usage: "the same as --version-intensity 2"},
		&cli.BoolFlag{Name: "version-all", Usage: "the same as --version-intensity 9"},
		&cli.BoolFlag{Name: "starttls", Usage: "ask mail, directory and other services in the clear for TLS, for version, cipher and certificate; the quiet strategy does from intensity 7 on unless --starttls=false"},
		&cli.BoolFlag{Name: "jarm", Usage: "also ask servers of TLS for their JARM, ten connections each"},
		&cli.BoolFlag{Name: "favicon", Usage: "also ask web servers for their icon, for its hashes (MurmurHash3 as search engines have it, and SHA-256)"},
		&cli.BoolFlag{Name: "version-trace", Usage: "say on standard error what is asked and answered"},
		&cli.StringFlag{Name: "contact", Usage: "say who asks: `TEXT` goes into the User-Agent of HTTP, SIP and RTSP requests, an address of mail also into HTTP's From; not with --strategy nmap"},
		&cli.BoolFlag{Name: "allports", Usage: "also speak to printers, industrial controllers and what the signatures exclude"},
		&cli.Float64Flag{Name: "max-rate", Usage: "send at most `N` packets a second, scan and questions together"},
		&cli.StringFlag{Name: "scan-delay", Usage: "wait at least `TIME` between two connections to one host (ms, s, m, h; default s)"},
		&cli.StringFlag{Name: "host-timeout", Usage: "leave a host after `TIME`; what it said until then is reported"},
		&cli.IntFlag{Name: "max-hostgroup", Usage: "work on at most `N` hosts at once (default 64)"},
		&cli.BoolFlag{Name: "dry-run", Usage: "send nothing: say what would be asked, why, and the most packets it could take"},
		&cli.StringFlag{Name: "ledger", Usage: "account for every connection and datagram in `FILE`, as JSON lines"},
		&cli.StringFlag{Name: "w", Usage: "write the packets sent and got into `FILE` (pcapng), each with what was asked as its comment; needs CAP_NET_RAW"},
	)
	flags = append(flags, scanFlags()...)
	flags = append(flags, stateFlag(),
		&cli.StringFlag{Name: "resume", Usage: "go on where a run with --resume or --state `FILE` was interrupted, with its command line; FILE is made if there is none"},
		&cli.BoolFlag{Name: "recheck", Usage: "with --state: ask again what was asked before and is not known"})
	flags = append(flags, databaseFlags()...)
	flags = append(flags, outputFlags(false)...)
	return &cli.Command{
		Name:      "probe",
		Usage:     "ask hosts what runs on their ports; sends packets to them only",
		ArgsUsage: "[flags] TARGET…",
		Flags:     flags,
		Description: `Flags are written as nmap's users do, in any order: -sSU -p- -T4 192.0.2.7 -oX -.
A target is an address, a network (192.0.2.0/24), a range (192.0.2.1-20) or a
host name. Of a network, multicast and broadcast addresses and this machine's own are
left out.

  earshot probe -p 22,80,443 192.0.2.0/28
  earshot probe -r day.pcap 192.0.2.0/24       ask what the capture left open

Ctrl-C ends the asking and reports what is known by then. With --resume FILE the run can
be gone on with:

  earshot probe --resume net.db -p- 192.0.2.0/24
  earshot probe --resume net.db                asks what is missing, reports everything

exit status: 0 done, 1 failed, 2 usage, 3 part of the capture could not be read,
130 interrupted`,
		Action: func(c *cli.Context) error { return probe(c, con) },
	}
}

// ask does the asking: hosts only, or ports found ahead, or ports and questions as one.
func ask(ctx context.Context, stop func(), c *cli.Context, cfg *active.Config, talk *talk) error {
	if c.Bool("sn") {
		how, err := search(c, cfg, talk)
		if err != nil {
			return err
		}
		return active.Sweep(ctx, cfg, how)
	}
	ahead, err := scan(ctx, c, cfg, talk)
	if err != nil {
		return err
	}
	err = active.Run(ctx, cfg)
	if ahead != nil {
		if err != nil {
			stop()
		}
		if serr := ahead.Wait(); err == nil {
			err = serr
		}
	}
	return err
}

// probeConfig reads the flags that need nothing else.
func probeConfig(c *cli.Context) (*active.Config, error) {
	cfg := &active.Config{
		Intensity: c.Int("version-intensity"), AllPorts: c.Bool("allports"), Up: c.Bool("Pn"), ScanOnly: c.Bool("no-version"), JARM: c.Bool("jarm"), Favicon: c.Bool("favicon"),
		MaxRate: c.Float64("max-rate"), Hosts: c.Int("max-hostgroup"), Contact: c.String("contact"),
	}
	switch c.String("strategy") {
	case "quiet":
	case "nmap":
		cfg.Strategy = active.Classic
	default:
		return nil, usagef("--strategy is quiet or nmap, not %s", c.String("strategy"))
	}
	if c.Bool("version-light") {
		cfg.Intensity = 2
	}
	if c.Bool("version-all") {
		cfg.Intensity = 9
	}
	cfg.StartTLS = cfg.Strategy == active.Quiet && cfg.Intensity >= 7
	if c.IsSet("starttls") {
		cfg.StartTLS = c.Bool("starttls")
	}
	if err := checkProbeConfig(c, cfg); err != nil {
		return nil, err
	}
	var err error
	if cfg.ScanDelay, err = nmapTime(c, "scan-delay"); err != nil {
		return nil, err
	}
	if cfg.HostTimeout, err = nmapTime(c, "host-timeout"); err != nil {
		return nil, err
	}
	return cfg, pace(c, cfg)
}

// checkProbeConfig says what is wrong with the values of flags.
func checkProbeConfig(c *cli.Context, cfg *active.Config) error {
	switch {
	case len(cfg.Contact) > 200 || strings.ContainsFunc(cfg.Contact, func(r rune) bool { return r < ' ' || r > '~' }):
		return usagef("--contact takes at most 200 printable characters of ASCII")
	case cfg.Contact != "" && cfg.Strategy == active.Classic:
		return usagef("--contact is not for --strategy nmap: it would change what the fingerprints are compared by")
	case cfg.Intensity < 0 || cfg.Intensity > 9:
		return usagef("--version-intensity is a number from 0 to 9, not %d", cfg.Intensity)
	case cfg.MaxRate < 0 || c.IsSet("max-rate") && cfg.MaxRate == 0:
		return usagef("--max-rate must be above 0")
	case c.IsSet("max-hostgroup") && cfg.Hosts < 1:
		return usagef("--max-hostgroup must be at least 1, not %d", cfg.Hosts)
	}
	return nil
}

// nmapTime reads a flag that holds a time as nmap writes it: a number is seconds.
func nmapTime(c *cli.Context, flag string) (time.Duration, error) {
	s := c.String(flag)
	if s == "" {
		return 0, nil
	}
	if strings.Trim(s, "0123456789.") == "" {
		s += "s"
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, usagef("--%s %s is no time such as 500ms, 2s or 5m", flag, c.String(flag))
	}
	return d, nil
}

// listenFirst listens to captures as listen does, refusals included.
func listenFirst(ctx context.Context, paths []string, files *capture.Files, cfg *active.Config, talk *talk) (*state.Memory, error) {
	rec := state.Config{Origin: originOf(paths), Closed: true, Identify: state.Matching(cfg.DB)}
	return hear(ctx, files, files, capture.Config{}, &rec, talk)
}
