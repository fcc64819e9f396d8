//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/active"
)

// A sweep, and a scan, of a network that were interrupted go on: who was looked for is not
// looked for again, and the report is that of all.
func TestAskResumeHosts(t *testing.T) {
	l := newLAN(t, map[string]string{"a": "10.99.9.1", "b": "10.99.9.2"})
	for last := 3; last < 60; last += 4 {
		l.in("b", "ip addr add 10.99.9."+strconv.Itoa(last)+"/24 dev eth0")
	}
	resumed := func(how string) (differ string) {
		dir, db, ledger := "", "", ""
		// begin runs words, interrupted when so many hosts are settled; none: to the end.
		begin := func(enough int, words ...string) (out string, asked map[string]bool) {
			dump := filepath.Join(dir, "dump")
			end := l.hears("a", dump)
			cmd := exec.Command("ip", append([]string{"netns", "exec", l.id + "a", binary, "probe"}, words...)...)
			var b strings.Builder
			cmd.Stdout, cmd.Stderr = &b, &b
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if enough > 0 {
				for begin := time.Now(); len(settled(t, ledger)) < enough && time.Since(begin) < patience; {
					time.Sleep(10 * time.Millisecond)
				}
				_ = cmd.Process.Signal(os.Interrupt)
			}
			_ = cmd.Wait() // its report is looked at
			end()
			said, err := exec.Command("tcpdump", "-nn", "-t", "-r", dump, "arp[6:2] = 1 and ether src "+l.hardware("a")).Output()
			if err != nil {
				t.Fatal(err)
			}
			l.in("a", "ip neigh flush all")
			asked = map[string]bool{}
			for _, line := range strings.Split(string(said), "\n") {
				if w := strings.Fields(line); len(w) > 4 {
					asked[w[3]] = true
				}
			}
			return b.String(), asked
		}
		words := append([]string{"-n"}, strings.Fields(how)...)
		dir = t.TempDir()
		whole, all := begin(0, append(words, "--max-rate", "30", "10.99.9.0/26")...)
		var first string
		var askedFirst, done map[string]bool
		for rate := 30; ; rate /= 2 { // this test may be too slow to interrupt it before it has settled all
			dir = t.TempDir()
			db, ledger = filepath.Join(dir, "run.db"), filepath.Join(dir, "ledger")
			first, askedFirst = begin(5, append(words, "--max-rate", strconv.Itoa(rate), "--resume", db, "--ledger", ledger, "10.99.9.0/26")...)
			if done = settled(t, ledger); len(done) >= 5 && len(done) < len(all)-16 {
				break
			}
			if rate == 1 {
				t.Fatalf("%s: interrupted after %d of %d addresses, %d of them settled:\n%s", how, len(askedFirst), len(all), len(done), first)
			}
		}
		second, askedSecond := begin(0, "--resume", db)
		either := maps.Clone(askedFirst)
		maps.Copy(either, askedSecond)
		if len(either) != len(all) || len(askedSecond) == 0 {
			differ += fmt.Sprintf("%s: %d and %d addresses were looked for, of %d\n", how, len(askedFirst), len(askedSecond), len(all))
		}
		for a := range done { // what was in flight, or waited for its second question, may be asked again
			if askedSecond[a] {
				t.Errorf("%s: %s was settled and is looked for again", how, a)
			}
		}
		t.Logf("%s: %d addresses, %d of them settled, then %d", how, len(askedFirst), len(done), len(askedSecond))
		hosts := func(s string) int { return strings.Count(s, "report for") }
		if hosts(second) != hosts(whole) || hosts(whole) != 16 {
			differ += fmt.Sprintf("%s: %d hosts, without interruption %d:\n%s", how, hosts(second), hosts(whole), second)
		}
		return differ
	}
	for _, how := range []string{"-sn", "-sn --unprivileged", "-sS --no-version -p 80"} {
		if differ := agree(t, func() string { return resumed(how) }); differ != "" {
			t.Error(differ)
		}
	}
}

// settled are the hosts of which a ledger says that they were looked for in vain.
func settled(t *testing.T, ledger string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	f, err := os.Open(ledger)
	if err != nil {
		return out // it is not there yet
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var e active.Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			continue // it is being written
		}
		if search, inVain := active.Search(e.Why, e.Proto); search && inVain {
			out[e.Host] = true
		}
	}
	return out
}
