package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// The library reads a command line as Go does: a flag is a word of its own, its value the
// next, and targets come last. Who comes from nmap writes -sSV -T4 -p- 192.0.2.7 -oX -
// in any order; nmapWords turns the one into the other before the library sees it.

// nmapCommands are the commands whose words are read so.
const nmapCommands = "probe"

// nmapWords rewrites the command line of a command that nmap's users know.
func nmapWords(a *cli.App, args []string) ([]string, error) {
	if len(args) < 2 || args[1] != nmapCommands || slices.Contains(args, "--generate-bash-completion") {
		return args, nil
	}
	c := a.Command(args[1])
	if c == nil {
		return args, nil
	}
	w := wordReader{takes: map[string]bool{}}
	for _, f := range c.Flags {
		d, ok := f.(cli.DocGenerationFlag)
		for _, n := range f.Names() {
			w.takes[n] = ok && d.TakesValue()
		}
	}
	for _, n := range []string{"help", "h"} {
		w.takes[n] = false
	}
	if err := w.read(args[2:]); err != nil {
		return nil, err
	}
	if w.missing != "" {
		return nil, usagef("%s needs a value; see earshot %s -h", w.missing, nmapCommands)
	}
	out := append(slices.Clone(args[:2]), w.flags...)
	if len(w.rest) > 0 && strings.HasPrefix(w.rest[0], "-") {
		out = append(out, "--")
	}
	return append(out, w.rest...), nil
}

// wordReader is a command line, being read.
type wordReader struct {
	takes map[string]bool // the command's flags; true: one that takes a value
	in    []string
	flags []string
	rest  []string // targets

	missing string // a flag without its value
}

func (w *wordReader) read(in []string) error {
	w.in = in
	for len(w.in) > 0 {
		word := w.in[0]
		w.in = w.in[1:]
		if word == "--" {
			w.rest = append(w.rest, w.in...)
			return nil
		}
		if len(word) < 2 || word[0] != '-' {
			w.rest = append(w.rest, word)
			continue
		}
		letters := word[1] == 'P' || strings.Trim(word[1:], "v") == "" // not -PS PORTS, nor the hidden --vv
		if !letters && w.long(word) {
			continue
		}
		if strings.HasPrefix(word, "--") {
			w.flags = append(w.flags, word) // the library says that there is none
			continue
		}
		if err := w.short(word[1:]); err != nil {
			return err
		}
	}
	return nil
}

// long reads a word that is one flag with a long name. As with getopt_long_only(3), one
// dash is enough, a beginning that fits one name only is enough, and nmap takes _ for -.
func (w *wordReader) long(word string) bool {
	name, value, has := strings.Cut(strings.TrimPrefix(word[1:], "-"), "=")
	if len(name) < 2 {
		if strings.HasPrefix(word, "--") && len(name) == 1 { // --p, as Go reads it
			return w.known(name, value, has)
		}
		return false
	}
	if dashes := strings.ReplaceAll(name, "_", "-"); w.known(name, value, has) || w.known(dashes, value, has) {
		return true
	} else if name = dashes; len(name) < 3 {
		return false
	}
	var fits []string
	for n := range w.takes {
		if strings.HasPrefix(n, name) {
			fits = append(fits, n)
		}
	}
	return len(fits) == 1 && w.known(fits[0], value, has)
}

func (w *wordReader) known(name, value string, has bool) bool {
	takes, is := w.takes[name]
	if !is {
		return false
	}
	switch {
	case has:
		w.flags = append(w.flags, "--"+name+"="+value)
	case takes:
		w.value(name, "")
	default:
		w.flags = append(w.flags, "--"+name)
	}
	return true
}

// value writes a flag with its value, which is the next word if it does not stand there.
func (w *wordReader) value(name, value string) {
	if value == "" {
		if len(w.in) == 0 {
			if dash := "--"; w.missing == "" { // else a target would be taken for it
				if len(name) < 3 {
					dash = "-"
				}
				w.missing = dash + name
			}
			return
		}
		value, w.in = w.in[0], w.in[1:]
	}
	w.flags = append(w.flags, "--"+name+"="+value)
}

// short reads a word of one-letter flags: several without values, the last with one.
func (w *wordReader) short(cluster string) error {
	for i := 0; i < len(cluster); i++ {
		name, tail := cluster[i:i+1], cluster[i+1:]
		switch {
		case name == "s" && tail != "":
			return w.scans(tail)
		case name == "P" && tail != "":
			return w.pings(tail)
		case name == "v" || name == "d":
			return w.louder(name, tail)
		case name == "O":
			w.flags = append(w.flags, "--O")
			return nil
		}
		takes, is := w.takes[name]
		switch {
		case !is && i == 0:
			w.flags = append(w.flags, "-"+cluster) // the library says that there is none
			return nil
		case !is:
			return usagef("-%s: there is no flag -%s; see earshot probe -h", cluster, name)
		case takes:
			w.value(name, strings.TrimPrefix(tail, "="))
			return nil
		case strings.HasPrefix(tail, "="):
			w.flags = append(w.flags, "--"+name+tail)
			return nil
		}
		w.flags = append(w.flags, "--"+name)
	}
	return nil
}

// scans reads the letters behind -s.
func (w *wordReader) scans(letters string) error {
	for i := range len(letters) {
		switch l := letters[i : i+1]; l {
		case "S", "T", "U", "V", "n", "L", "C":
			w.flags = append(w.flags, "--s"+l)
		case "P":
			w.flags = append(w.flags, "--sn") // its old name
		case "A", "W", "M", "N", "F", "X", "O", "I", "Y", "Z", "R":
			return usagef("-s%s: earshot has no scan of this kind; it knows -sS, -sT, -sU, -sn, -sL and -sV", l)
		default:
			return usagef("-s%s: there is no scan -s%s; earshot knows -sS, -sT, -sU, -sn, -sL and -sV", letters, l)
		}
	}
	return nil
}

// pings reads what stands behind -P: a kind of question to a host, perhaps with ports.
func (w *wordReader) pings(what string) error {
	kind, tail := what[:1], what[1:]
	ports := map[string]string{"S": "80", "A": "80", "U": "40125"}
	switch kind {
	case "T":
		kind = "A"
	case "I":
		kind = "E"
	}
	switch kind {
	case "S", "A", "U":
		if tail = strings.TrimPrefix(tail, "="); tail == "" {
			tail = ports[kind]
		}
		w.flags = append(w.flags, "--P"+kind+"="+tail)
		return nil
	case "B":
		w.flags = append(w.flags, "--PE", "--PA=80")
	case "E", "P", "M", "R", "n":
		w.flags = append(w.flags, "--P"+kind)
	case "N", "0", "D":
		w.flags = append(w.flags, "--Pn")
	case "Y", "O":
		return usagef("-P%s: earshot looks for hosts with -PS, -PA, -PU, -PE, -PP, -PM and -PR", kind)
	default:
		return usagef("-P%s: there is no such flag; earshot looks for hosts with -PS, -PA, -PU, -PE, -PP, -PM and -PR", what)
	}
	if tail != "" && kind != "B" {
		return usagef("-P%s takes nothing behind it, not %q", kind, tail)
	}
	return nil
}

// louder reads -v and -d, which take a number or repeat themselves.
func (w *wordReader) louder(name, tail string) error {
	n := 1
	if tail != "" {
		if d, err := strconv.Atoi(tail); err == nil && d >= 0 && d <= 10 {
			n = d
		} else if strings.Trim(tail, name) == "" {
			n += len(tail)
		} else {
			return usagef("-%s takes a number from 0 to 10, or repeats itself, not %q", name, tail)
		}
	}
	for range n {
		w.flags = append(w.flags, "-"+name)
	}
	return nil
}
