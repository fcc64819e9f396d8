//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A sweep, and a scan, of a network that were interrupted go on: who was looked for is not
// looked for again, and the report is that of all.
func TestAskResumeHosts(t *testing.T) {
	l := newLAN(t, map[string]string{"a": "10.99.9.1", "b": "10.99.9.2"})
	for last := 3; last < 60; last += 4 {
		l.in("b", "ip addr add 10.99.9."+strconv.Itoa(last)+"/24 dev eth0")
	}
	for _, how := range []string{"-sn --max-rate 30", "-sn --unprivileged --max-rate 20", "-sS --no-version -p 80 --max-rate 30"} {
		dir := t.TempDir()
		db := filepath.Join(dir, "run.db")
		words := append([]string{"netns", "exec", l.id + "a", binary, "probe", "-n", "--resume", db}, strings.Fields(how)...)
		begin := func(seconds int, words ...string) (out string, asked map[string]bool) {
			dump := filepath.Join(dir, "dump")
			end := l.hears("a", dump)
			cmd := exec.Command("ip", words...)
			var b strings.Builder
			cmd.Stdout, cmd.Stderr = &b, &b
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if seconds > 0 {
				time.Sleep(time.Duration(seconds) * time.Second)
				_ = cmd.Process.Signal(os.Interrupt)
			}
			_ = cmd.Wait() // its report is looked at
			end()
			said, err := exec.Command("tcpdump", "-nn", "-t", "-r", dump, "arp[6:2] = 1 and ether src "+l.hardware("a")).Output()
			if err != nil {
				t.Fatal(err)
			}
			asked = map[string]bool{}
			for _, line := range strings.Split(string(said), "\n") {
				if w := strings.Fields(line); len(w) > 4 {
					asked[w[3]] = true
				}
			}
			return b.String(), asked
		}
		whole, all := begin(0, append(append([]string{"netns", "exec", l.id + "a", binary, "probe", "-n"}, strings.Fields(how)...), "10.99.9.0/26")...)
		l.in("a", "ip neigh flush all")
		first, askedFirst := begin(2, append(words, "10.99.9.0/26")...)
		l.in("a", "ip neigh flush all")
		second, askedSecond := begin(0, "netns", "exec", l.id+"a", binary, "probe", "--resume", db)
		l.in("a", "ip neigh flush all")
		if len(askedFirst) == 0 || len(askedFirst) == len(all) {
			t.Fatalf("%s: interrupted after %d of %d addresses:\n%s", how, len(askedFirst), len(all), first)
		}
		both := 0
		for a := range askedSecond {
			if askedFirst[a] {
				both++ // was in flight, or waited for its second question
			}
		}
		if n := len(askedFirst) + len(askedSecond) - both; n != len(all) || len(askedSecond) == 0 {
			t.Errorf("%s: %d and %d addresses were looked for, of %d", how, len(askedFirst), len(askedSecond), len(all))
		}
		t.Logf("%s: %d addresses, then %d, of them %d again", how, len(askedFirst), len(askedSecond), both)
		if both == len(askedFirst) { // how many they are depends on what else the machine does
			t.Errorf("%s: all %d addresses were looked for again", how, both)
		}
		hosts := func(s string) int { return strings.Count(s, "report for") }
		if hosts(second) != hosts(whole) || hosts(whole) != 16 {
			t.Errorf("%s: %d hosts, without interruption %d:\n%s", how, hosts(second), hosts(whole), second)
		}
	}
}
