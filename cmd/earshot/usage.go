package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"
)

// usageError is a command line that cannot be carried out.
type usageError string

// Error returns the one line that is shown.
func (e usageError) Error() string { return string(e) }

func usagef(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// misused says in plain words what Go's flag package finds wrong with a command line, and
// which flag may have been meant. help is the command that tells more.
func misused(err error, flags []cli.Flag, help string) error {
	said := err.Error()
	for _, p := range []struct{ said, plain string }{
		{`^flag provided but not defined: -(?P<name>.*)$`, "there is no flag $name"},
		{`^flag needs an argument: -(?P<name>.*)$`, "$name needs a value"},
		{`^invalid (?:boolean )?value (?P<value>".*") for (?:flag )?-(?P<name>[^:]*): .*$`, "$name does not take $value"},
	} {
		re := regexp.MustCompile(p.said)
		m := re.FindStringSubmatchIndex(said)
		if m == nil {
			continue
		}
		i := 2 * re.SubexpIndex("name")
		name := said[m[i]:m[i+1]]
		plain := strings.Replace(p.plain, "$name", strings.ReplaceAll(dashed(name), "$", "$$"), 1)
		plain = string(re.ExpandString(nil, plain, said, m))
		var known []string
		for _, f := range flags {
			known = append(known, f.Names()...)
		}
		if meant := nearest(name, known); meant != "" && strings.HasPrefix(said, "flag provided") {
			plain += " (did you mean " + dashed(meant) + "?)"
		}
		return usagef("%s; see %s -h", plain, help)
	}
	return usagef("%s; see %s -h", said, help)
}

// noCommand says that there is no command of a name, and which may have been meant.
func noCommand(name string, commands []*cli.Command, below, help string) error {
	var known []string
	for _, c := range commands {
		known = append(known, c.Name)
	}
	if meant := nearest(name, known); meant != "" {
		return usagef("there is no command %q%s (did you mean %s?); see %s -h", name, below, meant, help)
	}
	return usagef("there is no command %q%s; see %s -h", name, below, help)
}

// dashed writes the name of a flag as it stands in the help text.
func dashed(name string) string {
	if len(name) <= 2 {
		return "-" + name
	}
	return "--" + name
}

// nearest returns the known word that a mistyped one may stand for: at most a third of it
// is otherwise; "" if none is, or several are equally near.
func nearest(word string, known []string) string {
	best, found := (len(word)+1)/3+1, ""
	for _, k := range known {
		switch d := distance(word, k); {
		case d < best:
			best, found = d, k
		case d == best:
			found = ""
		}
	}
	return found
}

// distance counts the bytes to add, take away or replace to make one word of another
// (Levenshtein's distance).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d++
			}
			diagonal = row[j+1]
			row[j+1] = min(d, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
