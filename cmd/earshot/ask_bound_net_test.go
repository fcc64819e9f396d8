//go:build linux

package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What --dry-run says is the most is the most, counted by tcpdump: whatever the way of
// finding ports, whatever the servers do, and where nobody is. Where no port is open, what it
// says of that holds, too.
func TestAskBound(t *testing.T) {
	l := newLAN(t, map[string]string{"a": "10.99.9.1", "b": "10.99.9.2"})
	l.both("a", "fd99::1", "b", "fd99::2")
	if _, err := exec.LookPath("nft"); err != nil {
		t.Skip("filters with nft")
	}
	l.in("b", "nft -f "+put(t, t.TempDir(), "rules", "table inet f {\nchain in {\ntype filter hook input priority 0\ntcp dport 300-400 drop\nudp dport 300-400 drop\n}\n}\n"))
	l.asked("b", "servers 10.99.9.2")
	l.asked("b", "servers [fd99::2]")
	mac := l.hardware("a")
	number := func(plan, what string) int {
		t.Helper()
		m := regexp.MustCompile(`(?m)^ *(\d+)  ` + what + `$`).FindStringSubmatch(plan)
		if m == nil {
			t.Fatalf("no %q in %s", what, plan)
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, x := range []struct {
		args   string
		closed bool
	}{
		{"-p 21-25,61-63,80,443 10.99.9.2", false},
		{"-sS -p 21-25,61-63,80,443 10.99.9.2", false},
		{"-sT --unprivileged -p 21-25,61-63,80,443 10.99.9.2", false},
		{"-sSU -p T:22,61-63,U:53,123,69,300-310 10.99.9.2", false},
		{"-6 -sSU -p T:22,61-63,80,U:53,123,69,300-302 fd99::2", false},
		{"--strategy nmap --version-light -p 22,61-63,80 10.99.9.2", false},
		{"--no-version -sS -p 20-25,61-63,1000-1100 10.99.9.2", false},
		{"--no-version -sT --unprivileged -p 20-25,61,62,1000-1100 10.99.9.2", false},
		{"-sn 10.99.9.0/28", true},
		{"-sn --unprivileged 10.99.9.0/28", true},
		{"-sS -p 200-400 10.99.9.2", true},
		{"-Pn -p 200-240,300-310 10.99.9.2", true},
		{"-Pn -p 200-240 10.99.9.7", true},
		{"-sS -p 22,80 10.99.9.3-9", true},
		{"-6 -sS -p 200-240,300-340 fd99::2 fd99::7", true},
		{"-6 -Pn -p 200-240,300-310 fd99::2 fd99::7", true},
		{"-sU -p 200-210,300-310 10.99.9.2", true},
	} {
		run := func(more ...string) string {
			out, err := exec.Command("ip", append(append([]string{"netns", "exec", l.id + "a", binary, "probe", "-n"}, strings.Fields(x.args)...), more...)...).CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", x.args, err, out)
			}
			return string(out)
		}
		plan := run("--dry-run")
		most := number(plan, "in all")
		if x.closed {
			if most = number(plan, "in all if no port is open"); strings.Contains(x.args, "-sn") {
				most = number(plan, "in all")
			}
		}
		l.in("a", "ip neigh flush all")
		dump := filepath.Join(t.TempDir(), "dump")
		end := l.hears("a", dump)
		run()
		sent := end()("ether src " + mac + " and not (ip6[6] = 0 or icmp6[0] = 143)") // but its multicast listener reports
		if sent == 0 || sent > most {
			t.Errorf("%s: %d packets, at most %d were said\n%s", x.args, sent, most, plan[strings.LastIndex(plan, "\n\n"):])
		}
		t.Logf("%s: %d packets, at most %d", x.args, sent, most)
	}
}
