package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"earshot/active"
	"earshot/data"
	"earshot/matcher"
	"earshot/state"
)

// tables are the names of ports and of RPC programs. They are our own, but for a run
// that follows an installed nmap with its own signatures: then the tables that lie
// beside them are read, as nmap reads them, so that both call a port the same. A table
// that is not there is ours.
func tables(c *cli.Context) (*state.PortNames, *active.Programs, error) {
	services, programs := data.Services, data.Programs
	if c.String("strategy") == "nmap" && slices.Contains(c.StringSlice("versiondb"), "nmap") {
		dir := filepath.Dir(matcher.FindNmap())
		if b, err := os.ReadFile(filepath.Join(dir, "nmap-services")); err == nil {
			services = columns(b, 0, 1)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "nmap-rpc")); err == nil {
			programs = columns(b, 1, 0)
		}
	}
	names, err := state.ReadPortNames(services)
	if err != nil {
		return nil, nil, err
	}
	p, err := active.ReadPrograms(strings.NewReader(programs))
	return names, p, err
}

// columns turns a table of words into one of ours: two of its columns, with a tab
// between. Ports that the table itself calls unknown have no name.
func columns(b []byte, first, second int) string {
	var out strings.Builder
	for in := bufio.NewScanner(bytes.NewReader(b)); in.Scan(); {
		line, _, _ := strings.Cut(in.Text(), "#")
		w := strings.Fields(line)
		if len(w) <= max(first, second) || w[first] == "unknown" {
			continue
		}
		out.WriteString(w[first] + "\t" + w[second] + "\n")
	}
	return out.String()
}
