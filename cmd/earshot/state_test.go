package main

import (
	"bytes"
	le "encoding/binary"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A capture is listened to into a state: report says the same as listen did, the same again
// adds nothing, and a state merged from two others is as if one had heard it all.
func TestStateStory(t *testing.T) {
	dir := t.TempDir()
	db := func(n string) string { return filepath.Join(dir, n+".db") }
	said := earshot(t, "", "listen", "-q", "-r", day, "--state", db("a"))
	if said.code != 0 {
		t.Fatalf("%+v", said)
	}
	for range 2 {
		if r := earshot(t, "", "report", "--state", db("a")); r.code != 0 || r.out != said.out {
			t.Fatalf("report says otherwise than listen:\n%s%s", r.out, r.errs)
		}
		if r := earshot(t, "", "listen", "-q", "-r", day, "--state", db("a")); r.code != 0 || r.out != said.out {
			t.Fatalf("the second time: %+v", r)
		}
	}
	for _, part := range []struct{ name, filter string }{{"tcp", "tcp"}, {"udp", "udp"}} {
		if r := earshot(t, "", "listen", "-q", "-r", day, "--state", db(part.name), part.filter); r.code != 0 {
			t.Fatalf("%+v", r)
		}
	}
	one := earshot(t, "", "merge", db("m1"), db("tcp"), db("udp"), db("tcp"))
	two := earshot(t, "", "merge", db("m2"), db("udp"), db("tcp"))
	if one.code != 0 || two.code != 0 {
		t.Fatalf("%+v %+v", one, two)
	}
	a, b := earshot(t, "", "report", "--state", db("m1"), "-oJ", "-"), earshot(t, "", "report", "--state", db("m2"), "-oJ", "-")
	if a.out != b.out || a.out == "" {
		t.Error("the order of merging shows")
	}
	if r := earshot(t, "", "report", "--state", db("m1")); r.out != said.out {
		t.Errorf("merged:\n%s", r.out)
	}
}

// What people ask a state.
func TestReportStory(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "a.db")
	if r := earshot(t, "", "listen", "-q", "-r", day, "--state", db); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	report := func(args ...string) result {
		return earshot(t, "", append([]string{"report", "--state", db}, args...)...)
	}
	if r := report("--service", "http", "--product", "NGINX", "-oJ", "-"); strings.Count(r.out, `"type":"service"`) != 3 {
		t.Errorf("nginx: %s", r.out)
	}
	if r := report("--net", "fd77::/16", "--host", "10.77.0.20", "-oJ", "-"); strings.Count(r.out, `"type":"host"`) != 2 {
		t.Errorf("one address and one network: %s", r.out)
	}
	if r := report("--unidentified", "-oJ", "-"); !strings.Contains(r.out, `"port":443`) || strings.Contains(r.out, `"product"`) {
		t.Errorf("unidentified: %s", r.out)
	}
	if r := report("--since", "10s", "-oJ", "-"); r.code != 0 || !strings.Contains(r.out, "lighttpd") || strings.Contains(r.out, "vsftpd") {
		t.Errorf("the last ten seconds: %s", r.out)
	}
	if r := report("--changes", "-oJ", "-", "--fail-on", "change"); r.code != 4 {
		t.Errorf("exit status %d with changes", r.code)
	} else {
		var c struct{ Type, Kind, Host, To string }
		first, _, _ := strings.Cut(r.out, "\n")
		if err := json.Unmarshal([]byte(first), &c); err != nil || c.Type != "change" || c.Kind != "new-host" || c.Host == "" {
			t.Errorf("%v: %s", err, first)
		}
	}
	if r := report("--changes", "--since", "2030-01-01", "--fail-on", "change"); r.code != 0 || r.out != "" {
		t.Errorf("changes of the future: %+v", r)
	}
	if r := report("--changes", "--service", "ftp", "--stale", "1s"); r.code != 0 || strings.Count(r.out, "\n") != 3 ||
		!strings.Contains(r.out, " new host\n") || !strings.Contains(r.out, ":21/tcp new service: vsftpd 3.0.3\n") || !strings.Contains(r.out, ":21/tcp gone quiet: vsftpd 3.0.3\n") {
		t.Errorf("changes of one service: %+v", r)
	}
	// Of the client nothing but a name was heard, and that is new, too.
	if r := report("--changes", "--host", "10.77.0.2"); r.out != "2026-11-20 12:07:19 10.77.0.2 new host\n" {
		t.Errorf("changes of a host without services: %+v", r)
	}
	lines := filepath.Join(dir, "c.jsonl")
	if r := report("--changes", "-oJ", lines); r.code != 0 {
		t.Errorf("changes into a file: %+v", r)
	} else if b, err := os.ReadFile(lines); err != nil || bytes.Count(b, []byte("\n")) != strings.Count(r.out, "\n") || len(b) == 0 {
		t.Errorf("changes in a file: %v\n%s", err, b)
	}
	table := filepath.Join(dir, "t.csv")
	if r := report("--csv", table); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	f, err := os.Open(table)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rows, err := csv.NewReader(f).ReadAll(); err != nil || len(rows) != 41 {
		t.Errorf("%d rows: %v", len(rows), err)
	}
	if r := earshot(t, "", "explain", "--state", db, "10.77.0.11:22"); r.code != 0 || !strings.Contains(r.out, "says ssh OpenSSH 9.2p1, by match line ssh.probes:") ||
		!strings.Contains(r.out, `SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n`) || strings.Contains(r.out, "vsftpd") {
		t.Errorf("explain: %+v", r)
	}
}

// Wrong use is told in one line, with the right exit status.
func TestStateUsage(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	db := filepath.Join(dir, "a.db")
	if r := earshot(t, "", "listen", "-q", "-r", day, "--state", db); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"report"}, 2, "report needs --state FILE"},
		{[]string{"report", "--state", filepath.Join(dir, "none.db")}, 1, "there is no such file"},
		{[]string{"report", "--state", text}, 1, "no state of earshot"},
		{[]string{"listen", "-r", day, "--state", text}, 1, "no state of earshot"},
		{[]string{"listen", "-r", day, "--state", filepath.Join(dir, "no", "a.db")}, 1, "no such file or folder"},
		{[]string{"report", "--state", db, "--since", "yesterday"}, 2, "--since yesterday"},
		{[]string{"report", "--state", db, "--fail-on", "change"}, 2, "goes with --changes"},
		{[]string{"report", "--state", db, "--csv", db}, 2, "would take its place"},
		{[]string{"report", "--state", db, "--changes", "-oJ", db}, 2, "would take its place"},
		{[]string{"report", "--state", db, "--changes", "-oX", "-"}, 2, "-oX shows what is there"},
		{[]string{"explain", "--state", db, "host"}, 2, "is no address"},
		{[]string{"explain", "--state", db, "192.0.2.1:5"}, 1, "nothing is known of 192.0.2.1:5"},
		{[]string{"merge", db}, 2, "at least one"},
		{[]string{"merge", db, db}, 2, "into itself"},
		{[]string{"merge", db, text}, 1, "no state of earshot"},
	} {
		r := earshot(t, "", c.args...)
		if r.code != c.code || !strings.Contains(r.errs, c.says) || strings.Count(strings.TrimSpace(r.errs), "\n") != 0 {
			t.Errorf("%q: %d %q", c.args, r.code, r.errs)
		}
	}
	if r := earshot(t, "", "report", "--state", db); r.code != 0 {
		t.Errorf("the state has suffered: %+v", r)
	}
}

// Captures come to the same at once, one by one, in another order and twice, through
// standard input, and on two machines whose states are merged.
func TestStateOfSeveralCaptures(t *testing.T) {
	dir := t.TempDir()
	db := func(n string) string { return filepath.Join(dir, n+".db") }
	found := cut(t, day, 10)
	listen := func(name string, files ...string) {
		t.Helper()
		args := []string{"listen", "-q", "--state", db(name)}
		for _, f := range files {
			args = append(args, "-r", f)
		}
		if r := earshot(t, "", args...); r.code != 0 && r.code != 3 {
			t.Fatalf("%q: %+v", args, r)
		}
	}
	listen("at-once", found...)
	for i := range found {
		listen("one-by-one", found[len(found)-1-i])
		listen([]string{"north", "south"}[i%2], found[i])
	}
	listen("one-by-one", found[0])
	if r := earshot(t, "", "merge", db("merged"), db("south"), db("north"), db("at-once")); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	want := earshot(t, "", "report", "--state", db("at-once"), "-oJ", "-", "--open=false").out
	if len(want) < 1000 {
		t.Fatalf("a short report: %q", want)
	}
	for _, name := range []string{"one-by-one", "merged"} {
		if got := earshot(t, "", "report", "--state", db(name), "-oJ", "-", "--open=false").out; got != want {
			t.Errorf("%s says otherwise than at once", name)
		}
	}
	// The same by standard input is the same pass, another one is another.
	for _, i := range []int{0, 0, 1} {
		b, err := os.ReadFile(found[i])
		if err != nil {
			t.Fatal(err)
		}
		if r := earshot(t, string(b), "listen", "-q", "--state", db("stdin"), "-r", "-"); r.code != 0 && r.code != 3 {
			t.Fatalf("%+v", r)
		}
		listen("file", found[i])
		a := earshot(t, "", "report", "--state", db("stdin"), "-oJ", "-", "--open=false").out
		if b := earshot(t, "", "report", "--state", db("file"), "-oJ", "-", "--open=false").out; a != b || a == "" {
			t.Errorf("by standard input:\n%sby name:\n%s", a, b)
		}
	}
}

// cut makes n captures of one, in a classic file of little-endian order.
func cut(t *testing.T, path string, n int) []string {
	t.Helper()
	b := unpacked(t, path)
	const fileHeader, packetHeader = 24, 16
	var out []string
	for i, rest := 0, b[fileHeader:]; i < n; i++ {
		part := slices.Clone(b[:fileHeader])
		for len(rest) >= packetHeader && (len(part) < len(b)/n || i == n-1) {
			size := packetHeader + int(le.LittleEndian.Uint32(rest[8:]))
			part, rest = append(part, rest[:size]...), rest[size:]
		}
		out = append(out, filepath.Join(t.TempDir(), fmt.Sprintf("part%d.pcap", i)))
		if err := os.WriteFile(out[i], part, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
