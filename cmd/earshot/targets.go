package main

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"earshot/active"
	"earshot/active/discover"
	"earshot/data"
	"earshot/matcher/request"
)

// targetFlags say who is asked.
func targetFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "iL", Usage: "read targets from `FILE`; - is standard input"},
		&cli.StringSliceFlag{Name: "exclude", Usage: "send nothing to `TARGETS`, a comma list"},
		&cli.StringSliceFlag{Name: "excludefile", Usage: "send nothing to the targets in `FILE`"},
		&cli.BoolFlag{Name: "resolve-all", Usage: "ask every address of a host name, not only the first"},
		&cli.BoolFlag{Name: "unique", Usage: "accepted: every address is asked once anyway"},
		&cli.BoolFlag{Name: "4", Hidden: true},
		&cli.BoolFlag{Name: "6", Usage: "of a host name take the IPv6 address"},
	}
}

// targets reads the targets of the command line and of -iL, and what is excluded.
func targets(c *cli.Context, con *console, names *active.Names, talk *talk) (*discover.Targets, error) {
	words, err := targetWords(c, con)
	if err != nil {
		return nil, err
	}
	exclude, err := excludedWords(c, con)
	if err != nil {
		return nil, err
	}
	for _, w := range words {
		if err := zoned(w, c.String("e")); err != nil {
			return nil, err
		}
	}
	local, err := discover.LocalNetworks()
	if err != nil {
		return nil, err
	}
	t, err := discover.ParseTargets(c.Context, words, exclude, discover.TargetOptions{
		Resolve: names.Resolve, ResolveAll: c.Bool("resolve-all"), IPv6: c.Bool("6"), Local: local,
	})
	if c.Context.Err() != nil {
		return nil, c.Context.Err()
	}
	if err != nil {
		return nil, usagef("%v", err)
	}
	if skipped := t.Skipped(); t.Size() == 0 && len(skipped) == 1 {
		return nil, usagef("there is no target to ask: %v", skipped[0].Err)
	}
	for _, s := range t.Skipped() {
		talk.note(s.Err.Error())
	}
	if t.Size() == 0 {
		return nil, usagef("there is no target to ask")
	}
	if len(exclude) > 0 && nobodyIn(t) {
		talk.note("every target is excluded")
	}
	return t, nil
}

// zoned refuses a link-local address that does not say which link is meant, or one that is not
// there; through is the interface that everything is sent through, if one is named.
func zoned(word, through string) error {
	a, err := netip.ParseAddr(word)
	switch {
	case err != nil || !a.Is6() || !a.IsLinkLocalUnicast():
		return nil
	case a.Zone() == "" && through == "":
		return usagef("%s is there on each link: say which is meant, as in %s%%eth0, or with -e", a, a)
	case a.Zone() == "":
		return nil
	}
	_, err = net.InterfaceByName(a.Zone())
	if n, nerr := strconv.Atoi(a.Zone()); err != nil && nerr == nil {
		_, err = net.InterfaceByIndex(n)
	}
	if err != nil {
		return usagef("%s: there is no interface %s", a, a.Zone())
	}
	return nil
}

// targetWords are the targets as they were written; there is at least one.
func targetWords(c *cli.Context, con *console) ([]string, error) {
	words := c.Args().Slice()
	if c.Command.Name != nmapCommands {
		for _, w := range words {
			if len(w) > 1 && w[0] == '-' {
				return nil, usagef("%s stands behind the target %s: flags come first", w, c.Args().First())
			}
		}
	}
	lists := c.StringSlice("iL")
	more, err := targetFiles(c, con, lists)
	if err != nil {
		return nil, err
	}
	if words = append(words, more...); len(words) > 0 {
		return words, nil
	}
	if f := c.String("resume"); f != "" {
		if _, err := os.Stat(f); errors.Is(err, os.ErrNotExist) {
			return nil, usagef("--resume %s: there is no such file to go on with, and no target to begin with", f)
		}
	}
	if len(lists) > 0 {
		return nil, usagef("there is no target in the list %s", strings.Join(lists, ", "))
	}
	return nil, usagef("probe needs targets; see earshot probe -h")
}

// excludedWords are what nothing is sent to, as it was written.
func excludedWords(c *cli.Context, con *console) ([]string, error) {
	var out []string
	for _, w := range c.StringSlice("exclude") {
		out = append(out, discover.SplitTargets(w)...)
	}
	more, err := targetFiles(c, con, c.StringSlice("excludefile"))
	return append(out, more...), err
}

// nobodyIn reports whether no target is left.
func nobodyIn(t *discover.Targets) bool {
	for range t.All() {
		return false
	}
	return true
}

// targetFiles reads lists of targets.
func targetFiles(c *cli.Context, con *console, paths []string) ([]string, error) {
	var out []string
	for _, path := range paths {
		words, err := targetFile(c, con, path)
		if err != nil {
			return nil, err
		}
		out = append(out, words...)
	}
	return out, nil
}

func targetFile(c *cli.Context, con *console, path string) ([]string, error) {
	var in io.Reader = &interruptible{ctx: c.Context, r: con.in}
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, tidy(err)
		}
		defer f.Close()
		in = f
	}
	words, err := discover.ReadTargetList(in)
	if err != nil {
		return nil, tidy(err)
	}
	return words, nil
}

// portFlags say which ports are asked.
func portFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "p", Usage: "look at these `PORTS`: 22,80-90,T:443,U:53,http*,- (nmap's grammar); U: ports are asked over UDP. Default: with -r the ports heard open, else the 1000 most common"},
		&cli.BoolFlag{Name: "sU", Usage: "look at UDP ports; without -sT or -sS only at those"},
		&cli.BoolFlag{Name: "sT", Usage: "look at TCP ports, by connecting (the default)"},
		&cli.BoolFlag{Name: "in-order", Usage: "look at the ports in ascending order (nmap's -r; here -r reads a capture)"},
		&cli.BoolFlag{Name: "F", Usage: "look at the 100 most common ports only"},
		&cli.IntFlag{Name: "top-ports", Usage: "look at the `N` most common ports"},
		&cli.StringFlag{Name: "exclude-ports", Usage: "never look at `PORTS`, a list as of -p"},
	}
}

// ports lists the ports to look at; nil means those that a capture shows open.
func ports(c *cli.Context, cfg *active.Config, talk *talk) ([]active.Port, error) {
	if c.String("p") == "" && !c.Bool("F") && !c.IsSet("top-ports") && len(c.StringSlice("read")) > 0 {
		return nil, nil
	}
	if c.IsSet("p") && c.String("p") == "" {
		return nil, usagef("-p needs ports, such as -p 22,80-90")
	}
	common, err := discover.ReadCommonPorts(data.CommonPorts)
	if err != nil {
		return nil, err
	}
	if c.IsSet("top-ports") && c.Int("top-ports") == 0 {
		return nil, usagef("--top-ports takes 1 to 65536, not 0")
	}
	choice := discover.PortChoice{
		TCP: c.Bool("sT") || c.Bool("sS"), UDP: c.Bool("sU"), Spec: c.String("p"), Fast: c.Bool("F"), Top: c.Int("top-ports"),
		Exclude: c.String("exclude-ports"), InOrder: c.Bool("in-order"), Seed: rand.Uint64(), Common: common, Name: cfg.Names.Name,
	}
	list, warnings, err := choice.Ports()
	for _, w := range warnings {
		talk.note(w)
	}
	if err != nil {
		return nil, usagef("%v", err)
	}
	var out []active.Port
	for _, p := range list.TCP {
		out = append(out, active.Port{Proto: request.TCP, Port: p})
	}
	for _, p := range list.UDP {
		out = append(out, active.Port{Proto: request.UDP, Port: p})
	}
	return out, nil
}
