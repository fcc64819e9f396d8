package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestColumns(t *testing.T) {
	const ports = "# comment\nhttp\t80/tcp\t0.48\t# World Wide Web\nunknown\t4/tcp\t0.0\n\nshort\n"
	if got := columns([]byte(ports), 0, 1); got != "http\t80/tcp\n" {
		t.Errorf("%q", got)
	}
	if got := columns([]byte("rpcbind 100000  portmap sunrpc\n"), 1, 0); got != "100000\trpcbind\n" {
		t.Errorf("%q", got)
	}
}

// Where nmap is followed, a file of signatures is instead of the built-in ones, as its
// --versiondb is; else it is beside them.
func TestVersionDBInstead(t *testing.T) {
	mine := filepath.Join(t.TempDir(), "mine.probes")
	if err := os.WriteFile(mine, []byte("Probe TCP Mine q|mine|\nrarity 1\nports 7777\nmatch mine m|^mine|\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		args []string
		own  bool
	}{
		{[]string{"--strategy", "nmap"}, false},
		{[]string{"--strategy", "nmap", "--no-embedded=false"}, true},
		{nil, true},
	} {
		args := append([]string{"probe", "--dry-run", "--versiondb", mine, "-p", "7777"}, x.args...)
		args = append(args, "127.0.0.1")
		r := earshot(t, "", args...).want(t, 0)
		if !strings.Contains(r.out, "Mine") || strings.Contains(r.out, "GetRequest") != x.own {
			t.Errorf("%q: %s", x.args, r.out)
		}
	}
}
