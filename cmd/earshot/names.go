package main

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"earshot/active"
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

// systemServers reads the servers that the system is set up with (resolv.conf(5)): at
// most three, as the system does.
func systemServers() []netip.AddrPort {
	f, err := os.Open("/etc/resolv.conf")
	if err != nil {
		return nil
	}
	defer f.Close()
	var out []netip.AddrPort
	for in := bufio.NewScanner(f); in.Scan() && len(out) < 3; {
		if w := strings.Fields(in.Text()); len(w) > 1 && w[0] == "nameserver" {
			if s, ok := nameServer(w[1]); ok {
				out = append(out, s)
			}
		}
	}
	return out
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
		r.Servers = systemServers()
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
