package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/urfave/cli/v2"
)

// configFlag names the file of settings.
func configFlag() cli.Flag {
	return &cli.StringFlag{Name: "config", EnvVars: []string{"EARSHOT_CONFIG"}, Usage: "take flags that are not given from the YAML `FILE`: every long name, for all commands or below a command's name"}
}

// A command's flags come from the command line; what is not given there from the
// environment (EARSHOT_STATE for --state); what is not there from the file of --config.

// settings fills in the flags of a command that the command line does not give.
func settings(a *cli.App) cli.BeforeFunc {
	return func(c *cli.Context) error {
		// Asked only of flags that have a value elsewhere: cli takes its time to answer.
		given := func(f cli.Flag) bool { return slices.ContainsFunc(f.Names(), c.IsSet) }
		for _, f := range c.Command.Flags {
			name := f.Names()[0]
			if v := os.Getenv(environment(name)); v != "" && len(name) > 1 && name != "config" && !given(f) {
				values := []string{v}
				if repeats(f) {
					values = strings.Split(v, ",")
				}
				for _, v := range values {
					if err := set(c, f, v); err != nil {
						return usagef("%s: %s", environment(name), err)
					}
				}
			}
		}
		file := c.String("config")
		if file == "" {
			return nil
		}
		all, err := readSettings(file, a)
		if err != nil {
			return err
		}
		filled := map[string]bool{}
		for _, x := range all {
			f := flagOf(c.Command, x.key)
			if x.command != "" && x.command != c.Command.Name || f == nil || filled[f.Names()[0]] || given(f) {
				continue
			}
			for _, v := range x.values {
				if err := set(c, f, v); err != nil {
					return usagef("%s:%d: %s: %s", file, x.line, x.key, err)
				}
			}
			filled[f.Names()[0]] = true // what stands below the command's name comes first
		}
		return nil
	}
}

// environment is the name of a flag's variable.
func environment(flag string) string {
	return "EARSHOT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// set gives a flag one value, or one more.
func set(c *cli.Context, f cli.Flag, value string) error {
	names := f.Names()
	if repeats(f) {
		names = names[:1] // they share their value
	}
	for _, n := range names {
		if err := c.Set(n, value); err != nil {
			return fmt.Errorf("%q does not go with it: %w", value, err)
		}
	}
	return nil
}

// repeats reports whether a flag may be given several times.
func repeats(f cli.Flag) bool {
	switch f := f.(type) {
	case *cli.StringSliceFlag:
		return true
	case *cli.GenericFlag:
		_, ok := f.Value.(*words)
		return ok
	}
	return false
}

// flagOf is the flag of a command with a name, nil if it has none.
func flagOf(c *cli.Command, name string) cli.Flag {
	for _, f := range c.Flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

// setting is one of a file: a flag of one command, or of all that have it.
type setting struct {
	command string // empty: all
	key     string
	values  []string
	line    int
}

// readSettings reads a file of settings; those of one command come before those of all. An
// unknown key is an error that names its line.
func readSettings(path string, a *cli.App) ([]setting, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, tidy(err)
	}
	return parseSettings(path, text, a)
}

// parseSettings is readSettings of a file's text; path is for errors.
func parseSettings(path string, text []byte, a *cli.App) ([]setting, error) {
	doc, err := parser.ParseBytes(text, 0)
	if err != nil {
		var bad yaml.Error
		if errors.As(err, &bad) && bad.GetToken() != nil {
			return nil, usagef("%s:%d: no YAML: %s", path, bad.GetToken().Position.Line, bad.GetMessage())
		}
		return nil, usagef("%s: no YAML: %v", path, err)
	}
	var general, special []setting
	for _, d := range doc.Docs {
		for _, kv := range pairs(d.Body) {
			key, line := kv.Key.GetToken().Value, kv.Key.GetToken().Position.Line
			if c := a.Command(key); c != nil {
				below, err := commandSettings(path, c, kv)
				if err != nil {
					return nil, err
				}
				special = append(special, below...)
				continue
			}
			f := anyFlag(a, key)
			if !mayBeSet(f) {
				return nil, usagef("%s:%d: no command has a setting %q", path, line, key)
			}
			s, err := newSetting(path, "", kv, f)
			if err != nil {
				return nil, err
			}
			general = append(general, s)
		}
		if d.Body != nil && len(pairs(d.Body)) == 0 {
			return nil, usagef("%s:%d: settings are written as in \"state: lab.db\"", path, d.Body.GetToken().Position.Line)
		}
	}
	return append(special, general...), nil
}

// commandSettings reads what stands below a command's name.
func commandSettings(path string, c *cli.Command, below *ast.MappingValueNode) (all []setting, err error) {
	for _, kv := range pairs(below.Value) {
		key, line := kv.Key.GetToken().Value, kv.Key.GetToken().Position.Line
		f := flagOf(c, key)
		if !mayBeSet(f) {
			return nil, usagef("%s:%d: %s has no setting %q", path, line, c.Name, key)
		}
		s, err := newSetting(path, c.Name, kv, f)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	if _, ok := below.Value.(*ast.NullNode); !ok && len(all) == 0 {
		return nil, usagef("%s:%d: below %s stand its settings, as in \"state: lab.db\"", path, below.Key.GetToken().Position.Line, c.Name)
	}
	return all, nil
}

// anyFlag is the first command's flag of that name, nil if no command has one.
func anyFlag(a *cli.App, name string) cli.Flag {
	for _, c := range a.Commands {
		if f := flagOf(c, name); f != nil {
			return f
		}
	}
	return nil
}

// mayBeSet reports whether a flag may stand in a file: not those that only say what the
// command line is to do this once.
func mayBeSet(f cli.Flag) bool {
	return f != nil && !slices.Contains([]string{"help", "config", "check"}, f.Names()[0])
}

// pairs are the keys and values of a mapping.
func pairs(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

// newSetting reads the value of a key: one, or a list where the flag may be repeated.
func newSetting(path, command string, kv *ast.MappingValueNode, f cli.Flag) (setting, error) {
	s := setting{command: command, key: kv.Key.GetToken().Value, line: kv.Key.GetToken().Position.Line}
	nodes := []ast.Node{kv.Value}
	if l, ok := kv.Value.(*ast.SequenceNode); ok {
		if !repeats(f) {
			return s, usagef("%s:%d: %s takes one value, not a list", path, s.line, s.key)
		}
		nodes = l.Values
	}
	for _, n := range nodes {
		if _, ok := n.(ast.ScalarNode); !ok || n.Type() == ast.NullType {
			return s, usagef("%s:%d: %s needs a value", path, s.line, s.key)
		}
		if n, ok := n.(*ast.LiteralNode); ok {
			s.values = append(s.values, strings.TrimSpace(n.Value.Value))
			continue
		}
		s.values = append(s.values, n.GetToken().Value)
	}
	return s, nil
}
