//go:build linux

package main

import (
	"encoding/xml"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// scanned is what a report in nmap's XML says of hosts that are up: of each how many ports are
// in which state, and which ones are listed.
func scanned(t *testing.T, doc []byte) string {
	t.Helper()
	var run struct {
		Hosts []struct {
			Status struct {
				State  string `xml:"state,attr"`
				Reason string `xml:"reason,attr"`
			} `xml:"status"`
			Addr []struct {
				Addr string `xml:"addr,attr"`
				Type string `xml:"addrtype,attr"`
			} `xml:"address"`
			Extra []struct {
				State string `xml:"state,attr"`
				Count int    `xml:"count,attr"`
			} `xml:"ports>extraports"`
			Ports []struct {
				Proto string `xml:"protocol,attr"`
				ID    string `xml:"portid,attr"`
				State struct {
					State string `xml:"state,attr"`
				} `xml:"state"`
			} `xml:"ports>port"`
		} `xml:"host"`
	}
	if err := xml.Unmarshal(doc, &run); err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	hosts := map[string]string{}
	for _, h := range run.Hosts {
		if h.Status.State != "up" {
			continue
		}
		counts, open := map[string]int{}, []string(nil)
		for _, x := range h.Extra {
			counts[x.State] += x.Count
		}
		for _, p := range h.Ports {
			counts[p.State.State]++
			if p.State.State == "open" {
				open = append(open, p.ID+"/"+p.Proto)
			}
		}
		for _, a := range h.Addr {
			if a.Type != "mac" {
				hosts[a.Addr] = fmt.Sprint(counts, " ", open)
			}
		}
	}
	var out []string
	for _, a := range slices.Sorted(maps.Keys(hosts)) {
		out = append(out, a+" "+hosts[a])
	}
	return strings.Join(out, "\n")
}

// The same words are given to nmap and to probe: the same hosts are up, the same ports open,
// and as many in each state.
func TestAskFlags(t *testing.T) {
	l := newLAN(t, map[string]string{"a": "10.99.9.1", "b": "10.99.9.2", "c": "10.99.9.3"})
	for _, tool := range []string{"nft", "nmap"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs " + tool)
		}
	}
	l.run("ip -n " + l.id + "a link set lo up")
	l.both("a", "fd99::1", "b", "fd99::2")
	l.both("a", "fd99::11", "c", "fd99::3")
	l.in("b", "nft -f "+put(t, t.TempDir(), "rules", "table inet f {\nchain in {\ntype filter hook input priority 0\ntcp dport 31-40 drop\nudp dport 31-40 drop\ntcp dport 41-43 reject with icmpx admin-prohibited\n}\n}\n"))
	l.in("c", "nft -f "+put(t, t.TempDir(), "rules", "table inet f {\nchain in {\ntype filter hook input priority 0\nicmp type echo-request drop\n}\n}\n"))
	for _, h := range []string{"b", "c"} {
		l.in(h, "sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000")
	}
	l.asked("b", "servers 10.99.9.2")
	l.asked("b", "servers [fd99::2]")
	l.asked("c", "servers 10.99.9.3")
	// What "ip netns exec" lays over the system's own.
	etc := filepath.Join("/etc/netns", l.id+"a")
	if err := os.MkdirAll(etc, 0o755); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		_ = os.RemoveAll(etc)
		_ = os.Remove("/etc/netns") // unless others use it
	})
	put(t, etc, "hosts", "127.0.0.1 localhost\n10.99.9.2 bee.test bee\n10.99.9.3 cee.test\nfd99::2 six.test\n")
	put(t, etc, "resolv.conf", "nameserver 10.99.9.2\n")
	dir := t.TempDir()
	list := put(t, dir, "list", "# hosts\n10.99.9.2 10.99.9.3 # two\n\nbee\n")
	none := put(t, dir, "none", "10.99.9.3\n10.99.9.5-9 10.99.9.1\n")
	for _, words := range []string{
		"-sS -p 20-50 10.99.9.2",
		"-sT -p 20-50 10.99.9.2",
		"-sT --unprivileged -p 20-50 10.99.9.2",
		"-sU -p 20-60,123,5353 10.99.9.2",
		"-sSU -p T:20-50,U:31-45,5353 10.99.9.2",
		"-sn 10.99.9.0/28 --exclude 10.99.9.1",
		"-sn -PE 10.99.9.2-3",
		"-sn -PE --disable-arp-ping 10.99.9.2-3",
		"-sn -PS22,80 --disable-arp-ping 10.99.9.2-3",
		"-sn -PA80 --disable-arp-ping 10.99.9.2-3",
		"-sn -PU9 --disable-arp-ping 10.99.9.2-3",
		"-sn -PP --disable-arp-ping 10.99.9.2-3",
		"-sn -6 fd99::0/125 --exclude fd99::1",
		"-p ssh,https,domain-s 10.99.9.2",
		"-p ftp,telne?,[20-23],T:80,22 10.99.9.2",
		"-p -30 10.99.9.2",
		"-p 65000- 10.99.9.2",
		"-p 20-50 --exclude-ports 22,31-40 10.99.9.2",
		"-p 20-50 -r 10.99.9.2",
		"-p 20-50 10.99.9.2/31",
		"-p 22,80 10.99.9.0/29 --exclude 10.99.9.1",
		"-p 22,80 10.99.9.2,3,7",
		"-p 22,80 10.97-99.9.2-3 --exclude 10.97-98.-.-",
		"-p 22,80 bee.test cee.test",
		"-p 22,80 bee/31",
		"-6 -p 22,31,44 fd99::2 fd99::7",
		"-6 -p 22,31,44 six.test",
		"-p 22,80 10.99.9.0/28 --exclude 10.99.9.1-2",
		"-p 22,80 10.99.9.0/28 --exclude 10.99.9.1,cee.test,10.99.9.8/29",
		"-p 22,80 10.99.9.0/28 --excludefile " + none,
		"-p 22,80 -iL " + list,
		"-Pn -p 22,31,44 10.99.9.2",
		"-p 20-50 --open 10.99.9.2",
		"-T5 -p 20-50 10.99.9.2",
		"-T4 -p 20-50 10.99.9.2",
		"-T2 -p 22,44 10.99.9.2",
		"-T aggressive -p 22,44 10.99.9.2",
		"--max-rate 100 -p 20-50 10.99.9.2",
		"--min-rate 200 -p 20-50 10.99.9.2",
		"--max-retries 0 -p 20-50 10.99.9.2",
		"--scan-delay 20ms -p 20-30 10.99.9.2",
		"--max-rtt-timeout 200ms --initial-rtt-timeout 150ms -p 20-50 10.99.9.2",
		"-e eth0 -sS -p 20-50 10.99.9.2",
		"-S 10.99.9.1 -e eth0 -sS -Pn -p 20-50 10.99.9.2",
		"-g 53 -sS -p 20-50 10.99.9.2",
		"--source-port 4444 -sS -p 20-50 10.99.9.2",
		"--reason -p 20-50 10.99.9.2",
		"-v -p 20-50 10.99.9.2",
		"-d -p 20-50 10.99.9.2",
		"-p 80 10.99.9.9",
		"-sS -Pn -p 80,81 10.99.9.9",
		"-sP 10.99.9.2",
		"-PS -PA -PE -sS -p 22,44 10.99.9.2",
	} {
		t.Run(words, func(t *testing.T) {
			l.T = t
			run := func(more ...string) string {
				x := filepath.Join(t.TempDir(), "x.xml")
				args := append([]string{"netns", "exec", l.id + "a"}, more...)
				args = append(args, "-n", "-oX", x)
				out, err := exec.Command("ip", append(args, strings.Fields(words)...)...).CombinedOutput()
				if err != nil {
					t.Errorf("%s: %v\n%s", more[0], err, out)
					return ""
				}
				doc, err := os.ReadFile(x)
				if err != nil {
					t.Fatal(err)
				}
				return scanned(t, doc)
			}
			differ := agree(t, func() string {
				words = strings.Replace(words, " --in-order ", " -r ", 1)
				theirs := run("nmap")
				words = strings.Replace(words, " -r ", " --in-order ", 1)
				if ours := run(binary, "probe", "--no-version"); ours != theirs {
					return fmt.Sprintf("%s:\n%s\nnmap:\n%s", words, ours, theirs)
				}
				return ""
			})
			if differ != "" {
				t.Error(differ)
			}
		})
	}
	l.T = t
}
