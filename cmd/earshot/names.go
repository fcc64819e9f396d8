package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"earshot/active"
	"earshot/active/discover"
)

// nameServers reads --dns-servers.
func nameServers(c *cli.Context) ([]netip.AddrPort, error) {
	var out []netip.AddrPort
	for _, list := range c.StringSlice("dns-servers") {
		for w := range strings.SplitSeq(list, ",") {
			s, ok := nameServer(strings.TrimSpace(w))
			if !ok {
				return nil, usagef("--dns-servers: %q is no address", w)
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// nameServer reads an address, perhaps with a port.
func nameServer(s string) (netip.AddrPort, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.AddrPortFrom(a, 53), true
	}
	a, err := netip.ParseAddrPort(s)
	return a, err == nil
}

// resolvConf is how the system is set up to ask for names (resolv.conf(5)): at most three
// servers, as the system does.
type resolvConf struct {
	servers []netip.AddrPort
	search  []string
	dots    int
}

// mostSearch bounds the domains that are put behind a short name: each costs questions.
const mostSearch = 6

func readResolvConf(r io.Reader) (out resolvConf) {
	for in := bufio.NewScanner(r); in.Scan(); {
		w := strings.Fields(in.Text())
		if len(w) < 2 {
			continue
		}
		switch w[0] {
		case "nameserver":
			if s, ok := nameServer(w[1]); ok && len(out.servers) < 3 {
				out.servers = append(out.servers, s)
			}
		case "search", "domain":
			out.search = w[1:min(len(w), mostSearch+1)]
		case "options":
			for _, o := range w[1:] {
				if n, is := strings.CutPrefix(o, "ndots:"); is {
					if v, err := strconv.Atoi(n); err == nil && v >= 0 && v <= 15 {
						out.dots = v
					}
				}
			}
		}
	}
	return out
}

// readHosts reads the table of names of a machine (hosts(5)).
func readHosts(r io.Reader) map[string][]netip.Addr {
	out := map[string][]netip.Addr{}
	for in := bufio.NewScanner(r); in.Scan(); {
		line, _, _ := strings.Cut(in.Text(), "#")
		w := strings.Fields(line)
		if len(w) < 2 {
			continue
		}
		a, err := netip.ParseAddr(w[0])
		if err != nil {
			continue
		}
		for _, n := range w[1:] {
			n = strings.ToLower(strings.TrimSuffix(n, "."))
			out[n] = append(out[n], a.Unmap())
		}
	}
	return out
}

// system reads how the system looks up names; nothing where it keeps that elsewhere.
func system() (conf resolvConf, table map[string][]netip.Addr) {
	if f, err := os.Open("/etc/resolv.conf"); err == nil {
		conf = readResolvConf(f)
		f.Close()
	}
	if f, err := os.Open("/etc/hosts"); err == nil {
		table = readHosts(f)
		f.Close()
	}
	return conf, table
}

// resolver says how the names of targets are looked up: with --dns-servers at these alone.
func resolver(c *cli.Context, l *active.Ledger, tap *discover.Tap) (*active.Names, error) {
	servers, err := nameServers(c)
	if err != nil {
		return nil, err
	}
	conf, table := system()
	n := &active.Names{Table: table, Servers: servers, MaxRate: c.Float64("max-rate"), Ledger: l, Tap: tap}
	if len(servers) == 0 {
		n.Servers, n.Search, n.Dots = conf.servers, conf.search, conf.dots
		n.System = active.Lookup(net.DefaultResolver)
	}
	return n, nil
}

// reverse says how the names of addresses are looked up; nil if they are not.
func reverse(c *cli.Context) (*active.Reverse, error) {
	if c.Bool("n") && c.Bool("R") {
		return nil, usagef("-n and -R exclude each other")
	}
	servers, err := nameServers(c)
	if err != nil || c.Bool("n") {
		return nil, err
	}
	r := &active.Reverse{Servers: servers, All: c.Bool("R"), Local: len(servers) > 0}
	if len(servers) == 0 {
		conf, _ := system()
		r.Servers = conf.servers
	}
	return r, nil
}

// list says who the targets are.
func list(ctx context.Context, con *console, cfg *active.Config) error {
	n := 0
	for a := range cfg.Scope.All() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n++
		who := a.String()
		if name := cfg.Scope.Name(a); name != "" {
			who = fmt.Sprintf("%s (%s)", name, a)
		}
		if _, err := fmt.Fprintf(con.out, "earshot report for %s\n", who); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(con.out, "earshot done: %d addresses listed; nothing was sent to them\n", n)
	return err
}
