package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSettings holds which of command line, environment and file wins, and what is said of
// a file that cannot be used.
func TestSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "earshot.yaml")
	day := filepath.Join("..", "..", "testdata", "captures", "lab-day.pcap.gz")
	ask := func(text string, args ...string) result {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return earshot(t, "", append([]string{"listen", "--config", file, "-q"}, args...)...)
	}
	const general = "home: [10.77.0.11]\n"
	const both = general + "listen:\n  home: [10.77.0.15]\n"
	for _, s := range []struct {
		text, env string
		args      []string
		want      string // the only host
	}{
		{general, "", nil, "10.77.0.11"},
		{both, "", nil, "10.77.0.15"},
		{both, "10.77.0.18", nil, "10.77.0.18"},
		{both, "10.77.0.18", []string{"--home", "10.77.0.12"}, "10.77.0.12"},
		{"---\n# nothing but\nlisten:\n  home: 10.77.0.11\n", "", nil, "10.77.0.11"},
		{"report:\n  net: 192.0.2.1\n" + general, "", nil, "10.77.0.11"},
	} {
		t.Setenv("EARSHOT_HOME", s.env)
		r := ask(s.text, append(s.args, "-r", day)...)
		if r.code != 0 || strings.Count(r.out, "report for ") != 1 || !strings.Contains(r.out, s.want+"\n") && !strings.Contains(r.out, "("+s.want+")\n") {
			t.Errorf("%q, %q, %q: want %s alone: %+v", s.text, s.env, s.args, s.want, r)
		}
	}
	t.Setenv("EARSHOT_HOME", "")
	for text, want := range map[string]string{
		"state: a.db\nlisten:\n  reed: x\n":    `:3: listen has no setting "reed"`,
		"\nsatte: a.db\n":                      `:2: no command has a setting "satte"`,
		"listen: [a\n":                         ":1: no YAML",
		"state: [a.db, b.db]\n":                ":1: state takes one value, not a list",
		"depth: deep\n":                        `:1: depth: "deep" does not go with it`,
		"words\n":                              ":1: settings are written as in",
		"listen:\n  home:\n":                   ":2: home needs a value",
		"listen: yes\n":                        ":1: below listen stand its settings",
		"home: {a: b}\n":                       ":1: home needs a value",
		"config: other.yaml\n":                 `:1: no command has a setting "config"`,
		"depth: 1000\ndepth: 2000\n":           ":2: no YAML",
		"listen:\n  depth: 1000\n   home: x\n": ":2: no YAML",
	} {
		r := ask(text, "-r", day)
		if r.code != 2 || r.out != "" || strings.Count(r.errs, "\n") != 1 || !strings.Contains(r.errs, want) {
			t.Errorf("%q: want %q: %+v", text, want, r)
		}
	}
	if r := earshot(t, "", "listen", "--config", file+".none", "-r", day); r.code == 0 || !strings.Contains(r.errs, "no such file") {
		t.Errorf("a file that is not there: %+v", r)
	}
	t.Setenv("EARSHOT_OG", "-") // -oG, too, has a variable
	if r := earshot(t, "", "listen", "-q", "-r", day); r.code != 0 || !strings.HasPrefix(r.out, "# earshot") {
		t.Errorf("greppable lines by a variable: %+v", r)
	}
	t.Setenv("EARSHOT_OG", "")
	t.Setenv("EARSHOT_DEPTH", "deep")
	if r := earshot(t, "", "listen", "-r", day); r.code != 2 || !strings.Contains(r.errs, "EARSHOT_DEPTH") {
		t.Errorf("a bad variable: %+v", r)
	}
}

// TestCheck shows what --check says, and that it changes nothing.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "lab.db")
	if r := earshot(t, "", "watch", "--check", "-i", "no-such-interface", "--ask", "127.0.0.1"); r.code == 0 || !strings.Contains(r.errs, "no-such-interface") && !strings.Contains(r.errs, "libpcap") {
		t.Errorf("an interface that is not there: %+v", r)
	}
	r := earshot(t, "", "listen", "--check", "-i", "lo", "--state", db, "tcp")
	if strings.Contains(r.errs, "libpcap") || strings.Contains(r.errs, "no such interface") {
		t.Skip(r.errs)
	}
	if r.code != 0 || !strings.Contains(r.out, "would be made") || !strings.Contains(r.out, "filter      tcp\n") {
		t.Errorf("%+v", r)
	}
	if _, err := os.Stat(db); err == nil {
		t.Error("it made the state")
	}
	if r := earshot(t, "", "listen", "--check", "-i", "lo", "tcp prt"); r.code != 2 || !strings.Contains(r.errs, "packet filter") {
		t.Errorf("a bad filter: %+v", r)
	}
	if r := earshot(t, "", "listen", "--check", "-i", "lo", "--state", filepath.Join(dir, "no", "lab.db")); r.code != 1 || !strings.Contains(r.errs, "cannot use the state") {
		t.Errorf("a folder that is not there: %+v", r)
	}
}

// Whatever stands in a file, settings come out of it or one line that says where it is wrong.
func FuzzSettings(f *testing.F) {
	for _, s := range []string{
		"state: lab.db\nwatch: {interface: [eth1], ask: [10.0.0.0/24], metrics: \":9464\"}\n", "listen:\n  home:\n    - 10.0.0.0/8\n", "a: &x [1]\nb: *x\n",
		"? [a, b]\n: c\n", "<<: {state: x}\n", "state: !!binary aGk=\n", "state: |\n  x\n---\nreport:\n", "? |\n  state\n: >\n  x\n", "{", "- a", "state: \"\\x00\"\n",
	} {
		f.Add([]byte(s))
	}
	a := app(&console{in: strings.NewReader(""), out: io.Discard, errw: io.Discard})
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := parseSettings("f.yaml", text, a)
		if err != nil && !strings.HasPrefix(err.Error(), "f.yaml:") {
			t.Errorf("whose error is this? %v", err)
		}
		for _, s := range all {
			if s.line < 1 || len(s.values) == 0 && s.key == "" {
				t.Errorf("%+v", s)
			}
		}
	})
}
