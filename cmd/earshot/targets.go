package main

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"earshot/active"
)

// targetWords gathers the targets of the command line and of -iL.
func targetWords(c *cli.Context, con *console) ([]string, error) {
	words := c.Args().Slice()
	for _, w := range words {
		if len(w) > 1 && w[0] == '-' {
			return nil, usagef("%s stands behind the target %s: flags come first", w, c.Args().First())
		}
	}
	for _, path := range c.StringSlice("iL") {
		var in io.Reader = &interruptible{ctx: c.Context, r: con.in}
		if path != "-" {
			f, err := os.Open(path)
			if err != nil {
				return nil, tidy(err)
			}
			defer f.Close()
			in = f
		}
		more, err := readWords(in)
		if err != nil {
			return nil, tidy(err)
		}
		words = append(words, more...)
	}
	if len(words) == 0 {
		return nil, usagef("probe needs targets; see earshot probe -h")
	}
	return words, nil
}

// readWords reads words separated by blanks; # begins a comment.
func readWords(r io.Reader) ([]string, error) {
	var out []string
	in := bufio.NewScanner(r)
	for in.Scan() {
		line, _, _ := strings.Cut(in.Text(), "#")
		out = append(out, strings.Fields(line)...)
	}
	return out, in.Err()
}

// scope reads the targets and what is excluded. known holds the names that were typed,
// by address.
func scope(c *cli.Context, words []string, talk *talk) (*active.Scope, map[string]string, error) {
	known := map[string]string{}
	targets, err := readTargets(c, words, known, talk, false)
	if err != nil {
		return nil, nil, err
	}
	if len(targets) == 0 {
		return nil, nil, usagef("there is no target left to ask")
	}
	var out []string
	for _, w := range c.StringSlice("exclude") {
		out = append(out, strings.Split(w, ",")...)
	}
	for _, path := range c.StringSlice("excludefile") {
		f, err := os.Open(path)
		if err != nil {
			return nil, nil, tidy(err)
		}
		more, err := readWords(f)
		f.Close()
		if err != nil {
			return nil, nil, tidy(err)
		}
		out = append(out, more...)
	}
	exclude, err := readTargets(c, out, map[string]string{}, talk, true)
	if err != nil {
		return nil, nil, err
	}
	return active.NewScope(targets, exclude), known, nil
}

// readTargets reads target expressions and looks host names up. A name that cannot be
// found is passed over, unless it is one to be spared.
func readTargets(c *cli.Context, words []string, known map[string]string, talk *talk, all bool) ([]active.Target, error) {
	var out []active.Target
	for _, w := range words {
		t, ok, err := active.ParseTarget(w)
		if err != nil {
			return nil, usagef("%v", err)
		}
		if ok {
			out = append(out, t)
			continue
		}
		addrs, err := net.DefaultResolver.LookupNetIP(c.Context, "ip", w)
		if err != nil {
			if all {
				return nil, usagef("the name %s, which is to be excluded, cannot be found", w)
			}
			talk.note("the name " + w + " cannot be found: passed over")
			continue
		}
		if !all { // one address of the family wanted, as nmap does
			i := slices.IndexFunc(addrs, func(a netip.Addr) bool { return a.Unmap().Is6() == c.Bool("6") })
			if i < 0 {
				talk.note("the name " + w + " has no address of the family wanted (see -6): passed over")
				continue
			}
			addrs = addrs[i : i+1]
			known[addrs[0].Unmap().String()] = strings.TrimSuffix(w, ".")
		}
		out = append(out, active.NameTarget(w, addrs...))
	}
	return out, nil
}
