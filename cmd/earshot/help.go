package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Help texts are written here and not by the library, which knows only "--oX".

const helpWidth = 80

// appHelp writes the help text of the program.
func appHelp(a *cli.App) string {
	var b strings.Builder
	fmt.Fprintf(&b, "earshot: %s\n\nusage: earshot COMMAND [flags]\n\ncommands:\n", a.Usage)
	for _, c := range a.Commands {
		entry(&b, c.Name, c.Usage, 16)
	}
	b.WriteString("\nflags:\n")
	flags(&b, a.Flags)
	b.WriteString("\nearshot COMMAND -h tells more of a command.\n")
	return b.String()
}

// commandHelp writes the help text of a command. Its Description is free text, shown
// last: the exit status stands there.
func commandHelp(c *cli.Command, full string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\nusage: %s", full, c.Usage, full)
	if c.ArgsUsage != "" {
		b.WriteString(" " + c.ArgsUsage)
	}
	b.WriteString("\n")
	if len(c.Subcommands) > 0 {
		b.WriteString("\ncommands:\n")
		for _, s := range c.Subcommands {
			entry(&b, s.Name, s.Usage, 16)
		}
	}
	if len(c.Flags) > 0 {
		b.WriteString("\nflags:\n")
		flags(&b, c.Flags)
	}
	if c.Description != "" {
		b.WriteString("\n" + strings.TrimSpace(c.Description) + "\n")
	}
	return b.String()
}

// flags lists flags as they are written on the command line: -oX FILE, --workers N.
func flags(b *strings.Builder, list []cli.Flag) {
	for _, f := range list {
		d, ok := f.(cli.DocGenerationFlag)
		if v, hides := f.(cli.VisibleFlag); !ok || hides && !v.IsVisible() {
			continue
		}
		usage := d.GetUsage()
		value := ""
		if d.TakesValue() {
			value = " VALUE"
			if i := strings.IndexByte(usage, '`'); i >= 0 {
				if j := strings.IndexByte(usage[i+1:], '`'); j >= 0 {
					value = " " + usage[i+1:i+1+j]
				}
			}
		}
		usage = strings.ReplaceAll(usage, "`", "")
		var names []string
		for _, n := range f.Names() {
			if len(n) <= 2 { // nmap's are short ones with a letter behind them: -oX, -sU
				names = slices.Insert(names, 0, dashed(n))
			} else {
				names = append(names, dashed(n))
			}
		}
		entry(b, strings.Join(names, ", ")+value, usage, 26)
	}
}

// entry writes one item of a list, its text folded beside it.
func entry(b *strings.Builder, item, text string, column int) {
	line := "  " + item
	if len(line) > column-2 {
		b.WriteString(line + "\n")
		line = ""
	}
	line += strings.Repeat(" ", column-len(line))
	for _, w := range strings.Fields(text) {
		if len(line)+len(w) > helpWidth && len(strings.TrimSpace(line)) > 0 {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = strings.Repeat(" ", column)
		}
		line += w + " "
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}
