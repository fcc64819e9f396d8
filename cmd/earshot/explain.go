package main

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"earshot/state"
	"earshot/state/report"
)

func explainCommand(con *console) *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "say why something is believed: every piece of evidence",
		ArgsUsage: "--state FILE HOST[:PORT[/PROTO]]",
		Flags:     []cli.Flag{stateFlag()},
		Description: `  earshot explain --state lab.db 10.0.0.7:22
  earshot explain --state lab.db [2001:db8::1]:53/udp

exit status: 0 done, 1 failed or nothing is known of it, 2 usage`,
		Action: func(c *cli.Context) error { return explain(c, con) },
	}
}

func explain(c *cli.Context, con *console) error {
	if c.NArg() != 1 {
		return usagef("explain takes one HOST or HOST:PORT, after the flags")
	}
	addr, port, proto, err := endpointOf(c.Args().First())
	if err != nil {
		return err
	}
	db, err := readState(c)
	if err != nil {
		return err
	}
	defer db.Close()
	names, err := portNames()
	if err != nil {
		return err
	}
	known := db.Within([]netip.Prefix{netip.PrefixFrom(addr.WithZone(""), addr.BitLen())})
	found := false
	o := report.Options{Names: names, Vendor: vendors, Version: version(), Shape: shape(), Systems: systems()}
	keep := func(_ *state.Host, s *state.Service, _ *state.Belief) bool {
		ok := (port < 0 || int(s.Endpoint.Addr.Port()) == port) && (proto == "" || s.Endpoint.Proto.String() == proto)
		found = found || ok
		return ok
	}
	if port >= 0 {
		o.Keep = keep
	} else if err := known.Hosts(func(*state.Host) error { found = true; return nil }); err != nil {
		return err
	}
	if err := report.Explain(con.out, known, &o); err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("nothing is known of %s", c.Args().First())
	}
	return nil
}

// endpointOf reads HOST, HOST:PORT or HOST:PORT/PROTO; the port is -1 if there is none.
func endpointOf(w string) (addr netip.Addr, port int, proto string, err error) {
	bad := usagef("%s is no address such as 192.0.2.7, 192.0.2.7:22, 192.0.2.7:53/udp or [2001:db8::1]:22", w)
	if a, err := netip.ParseAddr(strings.Trim(w, "[]")); err == nil {
		return a, -1, "", nil
	}
	rest, proto, named := strings.Cut(w, "/")
	if named && proto != "tcp" && proto != "udp" && proto != "sctp" {
		return addr, 0, "", bad
	}
	i := strings.LastIndexByte(rest, ':')
	if i < 0 {
		return addr, 0, "", bad
	}
	a, err := netip.ParseAddr(strings.Trim(rest[:i], "[]"))
	n, perr := strconv.ParseUint(rest[i+1:], 10, 16)
	if err != nil || perr != nil {
		return addr, 0, "", bad
	}
	return a, int(n), proto, nil
}
