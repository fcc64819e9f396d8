//go:build linux

package discover

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The tests in this file build a little network of namespaces and run this test
// binary in them: as a host with open ports (serve), or as the one who asks (scan).
// They need root, ip and nft, and skip without; nmap and tcpdump for the comparison.

func TestMain(m *testing.M) {
	switch os.Getenv("DISCOVER_HELPER") {
	case "serve":
		os.Exit(serve(os.Args[1:]))
	case "scan":
		os.Exit(scanHelper(os.Stdin, os.Stdout))
	case "mark":
		os.Exit(markHelper())
	}
	os.Exit(m.Run())
}

// serve listens on the ports named as tcp:N and udp:N until its input ends.
func serve(words []string) int {
	for _, w := range words {
		proto, port, _ := strings.Cut(w, ":")
		if proto == "udp" {
			c, err := net.ListenPacket("udp", ":"+port)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			go func() {
				buf := make([]byte, 2048)
				for {
					n, from, err := c.ReadFrom(buf)
					if err != nil {
						return
					}
					_, _ = c.WriteTo(append([]byte("heard "), buf[:n]...), from)
				}
			}()
			continue
		}
		l, err := net.Listen("tcp", ":"+port)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					_, _ = c.Read(make([]byte, 1)) // until the other side ends it
					c.Close()
				}()
			}
		}()
	}
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadString(0)
	return 0
}

// markHelper sends the frame that ends a capture.
func markHelper() int {
	card, err := net.InterfaceByName("near0")
	if err == nil {
		var fd int
		if fd, err = syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, 0); err == nil {
			err = syscall.Sendto(fd, []byte(endMark), 0, &syscall.SockaddrLinklayer{Ifindex: card.Index})
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// order is what scanHelper is asked to do.
type order struct {
	Words, Exclude []string
	TCP, UDP       []uint16
	Method         Method
	Template       int
	MaxRate        float64
	SkipPing       bool
	SourcePort     uint16
	Pings          []Ping
	PingOnly       bool
}

// outcome is what came of it.
type outcome struct {
	Hosts []HostState
	Ports []PortState
	Notes []string
	Sent  map[string]int
	Err   string
	Took  time.Duration
	Stall time.Duration // the longest that the machine did not let it run
}

// stalls measures how long the machine does not let this program run, until it is called.
func stalls() (longest func() time.Duration) {
	end, out := make(chan struct{}), make(chan time.Duration)
	go func() {
		const step = 2 * time.Millisecond
		most := time.Duration(0)
		for last := time.Now(); ; {
			select {
			case <-end:
				out <- most
				return
			default:
			}
			time.Sleep(step)
			now := time.Now()
			most, last = max(most, now.Sub(last)-step), now
		}
	}()
	return func() time.Duration { close(end); return <-out }
}

func scanHelper(in *os.File, out *os.File) int {
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	local, err := LocalNetworks()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	targets, err := ParseTargets(context.Background(), o.Words, o.Exclude, TargetOptions{Local: local})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	r := outcome{Sent: map[string]int{}}
	var mu sync.Mutex
	timing, err := Template(o.Template)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	began, stall := time.Now(), stalls()
	err = Run(context.Background(), Config{
		Timing: timing, Method: o.Method, Rate: &Rate{Most: o.MaxRate}, SkipPing: o.SkipPing, SourcePort: o.SourcePort, Pings: o.Pings, PingOnly: o.PingOnly,
		Payloads: func(port uint16) [][]byte {
			if port == 53 {
				return [][]byte{[]byte("question")}
			}
			return nil
		},
		Host: func(h HostState) { r.Hosts = append(r.Hosts, h) },
		Note: func(s string) { r.Notes = append(r.Notes, s) },
		Sent: func(s Sent) {
			mu.Lock()
			defer mu.Unlock()
			if s.Why != "answer" {
				r.Sent[s.Why]++
			}
		},
	}, targets, Ports{TCP: o.TCP, UDP: o.UDP}, func(p PortState) { r.Ports = append(r.Ports, p) })
	r.Took, r.Stall = time.Since(began), stall()
	if err != nil {
		r.Err = err.Error()
	}
	if err := json.NewEncoder(out).Encode(r); err != nil {
		return 1
	}
	return 0
}

// lan is asker — 10.99.0.0/24 — router — 10.99.1.0/24 — host: the router is a
// host on the asker's own link, too.
type lan struct {
	t                   *testing.T
	asker, router, host string
}

const (
	nearAddr = "10.99.0.2" // the router's, on the asker's link
	farAddr  = "10.99.1.2" // the host's, behind the router
)

func newNetwork(t *testing.T) *lan {
	t.Helper()
	if os.Getenv("EARSHOT_TEST_NETWORKS") == "" {
		t.Skip("runs by itself, with no other test beside it: make test-net")
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root, to make network namespaces")
	}
	for _, tool := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s (packaging/testtools.sh installs it)", tool)
		}
	}
	id := fmt.Sprintf("es%d", os.Getpid()%100000)
	n := &lan{t: t, asker: id + "a", router: id + "r", host: id + "h"}
	for i, ns := range []string{n.asker, n.router, n.host} {
		if out, err := exec.Command("ip", "netns", "add", ns).CombinedOutput(); err != nil {
			if i == 0 {
				t.Skipf("no network namespaces here: %s", out)
			}
			t.Fatalf("%s", out)
		}
		t.Cleanup(func() {
			if out, err := exec.Command("ip", "netns", "del", ns).CombinedOutput(); err != nil {
				t.Errorf("%s", out)
			}
		})
		if out, err := exec.Command("ip", "netns", "exec", ns, "true").CombinedOutput(); err != nil {
			t.Skipf("no program runs in a network namespace here (is / of a chroot a mount?): %s", out)
		}
		n.in(ns, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0",
			"net.ipv6.conf.default.router_solicitations=0", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
		n.in(ns, "ip", "link", "set", "lo", "up")
	}
	veth := func(ns1, if1, a1, six1, ns2, if2, a2, six2 string) {
		n.run("ip", "link", "add", if1, "netns", ns1, "type", "veth", "peer", "name", if2, "netns", ns2)
		for _, x := range [][4]string{{ns1, if1, a1, six1}, {ns2, if2, a2, six2}} {
			n.in(x[0], "ip", "addr", "add", x[2], "dev", x[1])
			n.in(x[0], "ip", "addr", "add", x[3], "dev", x[1], "nodad")
			n.in(x[0], "ip", "link", "set", x[1], "up")
		}
	}
	veth(n.asker, "near0", "10.99.0.1/24", "fd99::1/64", n.router, "near1", nearAddr+"/24", "fd99::2/64")
	veth(n.router, "far0", "10.99.1.1/24", "fd99:1::1/64", n.host, "far1", farAddr+"/24", "fd99:1::2/64")
	n.in(n.router, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
	n.in(n.asker, "ip", "route", "add", "default", "via", nearAddr)
	n.in(n.asker, "ip", "-6", "route", "add", "default", "via", "fd99::2")
	n.in(n.host, "ip", "route", "add", "default", "via", "10.99.1.1")
	n.in(n.host, "ip", "-6", "route", "add", "default", "via", "fd99:1::1")
	return n
}

func (n *lan) run(name string, args ...string) []byte {
	n.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		n.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

func (n *lan) in(ns string, args ...string) []byte {
	n.t.Helper()
	return n.run("ip", append([]string{"netns", "exec", ns}, args...)...)
}

// filter loads nftables rules for what comes in at a namespace.
func (n *lan) filter(ns string, rules ...string) {
	n.t.Helper()
	text := "table inet t { chain in { type filter hook input priority 0; " + strings.Join(rules, "\n") + "\n}\n}\n"
	cmd := exec.Command("ip", "netns", "exec", ns, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		n.t.Fatalf("nft: %v\n%.300s", err, out)
	}
}

func self(t *testing.T) string {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// serve opens ports in a namespace until the test ends.
func (n *lan) serve(ns string, words ...string) {
	n.t.Helper()
	cmd := exec.Command("ip", append([]string{"netns", "exec", ns, self(n.t)}, words...)...)
	cmd.Env = append(os.Environ(), "DISCOVER_HELPER=serve")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait() // its exit code says nothing more
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		n.t.Fatalf("server: %q, %v", line, err)
	}
}

func (n *lan) scan(o order) outcome {
	n.t.Helper()
	in, err := json.Marshal(o)
	if err != nil {
		n.t.Fatal(err)
	}
	cmd := exec.Command("ip", "netns", "exec", n.asker, self(n.t))
	cmd.Env = append(os.Environ(), "DISCOVER_HELPER=scan")
	cmd.Stdin = bytes.NewReader(in)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		n.t.Fatalf("scan: %v", err)
	}
	var r outcome
	if err := json.Unmarshal(out, &r); err != nil {
		n.t.Fatal(err)
	}
	if r.Err != "" {
		n.t.Fatalf("scan: %s", r.Err)
	}
	return r
}

// packets runs f while tcpdump listens at the asker's interface and returns what it saw.
func (n *lan) packets(f func()) [][]byte {
	n.t.Helper()
	if _, err := exec.LookPath("tcpdump"); err != nil {
		n.t.Skip("needs tcpdump (packaging/testtools.sh installs it)")
	}
	file := filepath.Join(n.t.TempDir(), "p.pcap")
	cmd := exec.Command("ip", "netns", "exec", n.asker, "tcpdump", "-i", "near0", "-U", "-B", "65536", "-s", "256", "-w", file, "--immediate-mode")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	words := bufio.NewReader(stderr)
	for {
		line, err := words.ReadString('\n')
		if err != nil {
			n.t.Fatalf("tcpdump: %v", err)
		}
		if strings.Contains(line, "listening on") {
			break
		}
	}
	f()
	n.mark(file)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		n.t.Fatal(err)
	}
	for {
		if _, err := words.ReadString('\n'); err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil {
		n.t.Fatalf("tcpdump: %v", err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		n.t.Fatal(err)
	}
	var out [][]byte
	for b = b[24:]; len(b) >= 16; {
		l := int(binary.LittleEndian.Uint32(b[8:]))
		if len(b) < 16+l {
			break
		}
		if string(b[16:16+l]) != endMark {
			out = append(out, b[16:16+l])
		}
		b = b[16+l:]
	}
	return out
}

// endMark is a frame that is the last of a capture, of a type that is nobody's.
const endMark = "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x88\xb5earshot: the capture ends here"

// mark sends a frame out of the asker and waits until a capture there has it: then it has all
// that came before.
func (n *lan) mark(capture string) {
	n.t.Helper()
	cmd := exec.Command("ip", "netns", "exec", n.asker, self(n.t))
	cmd.Env = append(os.Environ(), "DISCOVER_HELPER=mark")
	if out, err := cmd.CombinedOutput(); err != nil {
		n.t.Fatalf("mark: %v\n%s", err, out)
	}
	for begin := time.Now(); time.Since(begin) < 2*time.Minute; time.Sleep(10 * time.Millisecond) {
		if b, err := os.ReadFile(capture); err == nil && bytes.Contains(b, []byte(endMark)) {
			return
		}
	}
	n.t.Fatal("tcpdump does not come to the end")
}

// agree compares what was seen of one network, until nothing differs, at most three times: on
// a busy machine either side may take an answer for late. Who is wrong is wrong each time.
func agree(t *testing.T, compare func(last bool) (differ []string)) (differ string) {
	t.Helper()
	for n := 1; ; n++ {
		if differ = strings.Join(compare(n == 3), "\n"); differ == "" || n == 3 {
			return differ
		}
		t.Logf("time %d: %s", n, differ)
	}
}

// nmap returns port → "state reason" of a run of an installed nmap.
func (n *lan) nmap(args ...string) (map[string]string, time.Duration) {
	n.t.Helper()
	began := time.Now()
	out := n.in(n.asker, append([]string{"nmap", "-oX", "-"}, args...)...)
	took := time.Since(began)
	var doc struct {
		Hosts []struct {
			Addr []struct {
				Addr string `xml:"addr,attr"`
				Type string `xml:"addrtype,attr"`
			} `xml:"address"`
			Ports struct {
				Extra []struct {
					State   string `xml:"state,attr"`
					Reasons []struct {
						Reason string `xml:"reason,attr"`
						Proto  string `xml:"proto,attr"`
						Ports  string `xml:"ports,attr"`
					} `xml:"extrareasons"`
				} `xml:"extraports"`
				Ports []struct {
					Proto string `xml:"protocol,attr"`
					ID    string `xml:"portid,attr"`
					State struct {
						State  string `xml:"state,attr"`
						Reason string `xml:"reason,attr"`
					} `xml:"state"`
				} `xml:"port"`
			} `xml:"ports"`
		} `xml:"host"`
	}
	if err := xml.Unmarshal(out, &doc); err != nil {
		n.t.Fatalf("nmap: %v", err)
	}
	got := map[string]string{}
	for _, h := range doc.Hosts {
		for _, p := range h.Ports.Ports {
			got[p.ID+"/"+p.Proto] = p.State.State + " " + p.State.Reason
		}
		for _, x := range h.Ports.Extra {
			for _, r := range x.Reasons {
				for part := range strings.SplitSeq(r.Ports, ",") {
					a, b, isRange := strings.Cut(part, "-")
					if !isRange {
						b = a
					}
					lo, err1 := strconv.Atoi(a)
					hi, err2 := strconv.Atoi(b)
					if err1 != nil || err2 != nil {
						n.t.Fatalf("nmap: ports %q", r.Ports)
					}
					for ; lo <= hi; lo++ {
						got[fmt.Sprintf("%d/%s", lo, r.Proto)] = x.State + " " + strings.TrimSuffix(r.Reason, "s")
					}
				}
			}
		}
	}
	return got, took
}

func states(ports []PortState, of string) map[string]string {
	out := map[string]string{}
	for _, p := range ports {
		if p.Addr.Addr() != netip.MustParseAddr(of) {
			continue
		}
		out[fmt.Sprintf("%d/%s", p.Addr.Port(), p.Proto)] = p.State.String() + " " + p.Reason
	}
	return out
}

func needNmap(t *testing.T) {
	if _, err := exec.LookPath("nmap"); err != nil {
		t.Skip("needs nmap (packaging/testtools.sh installs it)")
	}
}

// A thousand ports in any mix: the states are nmap's, in no more packets.
func TestAgainstNmap(t *testing.T) {
	needNmap(t)
	n := newNetwork(t)
	var ports []uint16
	var text []string
	for p := uint16(1); p <= 1000; p++ {
		ports = append(ports, p*7)
		text = append(text, strconv.Itoa(int(p)*7))
	}
	var open, drop, prohibit, reset []string
	for i, p := range text {
		switch {
		case i%25 == 3:
			open = append(open, "tcp:"+p)
		case i%3 == 1:
			drop = append(drop, p)
		case i%10 == 0:
			prohibit = append(prohibit, p)
		case i%11 == 0:
			reset = append(reset, p)
		}
	}
	for _, ns := range []string{n.router, n.host} {
		n.serve(ns, open...)
		n.filter(ns, "tcp dport {"+strings.Join(drop, ",")+"} drop",
			"tcp dport {"+strings.Join(prohibit, ",")+"} reject with icmpx admin-prohibited",
			"tcp dport {"+strings.Join(reset, ",")+"} reject with tcp reset")
	}
	list := strings.Join(text, ",")
	for _, x := range []struct {
		name   string
		target string
		method Method
		flags  []string
	}{
		{"raw, on the link", nearAddr, Raw, []string{"-sS"}},
		{"raw, behind a router", farAddr, Raw, []string{"-sS"}},
		{"raw, IPv6", "fd99:1::2", Raw, []string{"-sS", "-6"}},
		{"raw, IPv6 on the link", "fd99::2", Raw, []string{"-sS", "-6"}},
		{"connect, behind a router", farAddr, Connect, []string{"-sT", "--unprivileged"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			n.t = t
			o := order{Words: []string{x.target}, TCP: ports, Method: x.method, Template: 3}
			differ := agree(t, func(last bool) []string {
				return n.beside(append(x.flags, "-n", "-p", list, x.target), o, len(ports), busy, false, last)
			})
			if differ != "" {
				t.Error(differ)
			}
		})
	}
	n.t = t
}

// beside runs nmap and a scan of one host beside each other, and returns what we see otherwise
// than nmap of so many ports, exactly with the reasons, and whether that took more packets than
// nmap's and a few. At the last time that is not judged if the machine stood still meanwhile.
func (n *lan) beside(flags []string, o order, ports, more int, exact, last bool) (differ []string) {
	n.t.Helper()
	var theirs map[string]string
	var took time.Duration
	theirPackets := n.mine(n.packets(func() { theirs, took = n.nmap(flags...) }))
	var ours outcome
	ourPackets := n.mine(n.packets(func() { ours = n.scan(o) }))
	got := states(ours.Ports, o.Words[0])
	n.t.Logf("%s: packets sent: ours %d in %v, nmap's %d in %v; %v %v", flags[0], len(ourPackets), ours.Took.Round(time.Millisecond), len(theirPackets), took.Round(time.Millisecond), ours.Sent, ours.Notes)
	for p, want := range theirs {
		// Whether a filter's ICMP message came in time is chance; that it filters is not.
		w, g := want, got[p]
		if !exact {
			w, _, _ = strings.Cut(w, " ")
			g, _, _ = strings.Cut(g, " ")
		}
		if w != g && len(differ) < 10 {
			differ = append(differ, fmt.Sprintf("%s: %s: %q, nmap says %q", flags[0], p, got[p], want))
		}
	}
	if len(theirs) != ports || len(got) != ports {
		differ = append(differ, fmt.Sprintf("%s: %d ports, nmap %d, want %d", flags[0], len(got), len(theirs), ports))
	}
	switch {
	case len(ourPackets) <= len(theirPackets)+more:
	case last && ours.Stall > timeToSpare: // what had come was not read in time, and asked for again
		n.t.Logf("the machine did not let it run for %v: its packets are not judged", ours.Stall)
	default:
		differ = append(differ, fmt.Sprintf("%s: %d packets, nmap %d", flags[0], len(ourPackets), len(theirPackets)))
	}
	return differ
}

// UDP ports in any mix: what nmap sees open or closed we see so, in no more packets.
func TestAgainstNmapUDP(t *testing.T) {
	needNmap(t)
	n := newNetwork(t)
	var ports []uint16
	var text, open, drop []string
	for i := range 200 {
		p := strconv.Itoa(20000 + i)
		ports, text = append(ports, uint16(20000+i)), append(text, p)
		switch {
		case i%20 == 3:
			open = append(open, "udp:"+p)
		case i%4 == 1:
			drop = append(drop, p)
		}
	}
	n.serve(n.host, open...)
	n.filter(n.host, "udp dport {"+strings.Join(drop, ",")+"} drop")
	n.in(n.host, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv4.icmp_msgs_per_sec=100000", "net.ipv4.icmp_msgs_burst=10000")
	o := order{Words: []string{farAddr}, UDP: ports, Method: Raw, Template: 3}
	differ := agree(t, func(last bool) []string {
		return n.beside([]string{"-sU", "-n", "-p", strings.Join(text, ","), farAddr}, o, len(ports), 0, false, last)
	})
	if differ != "" {
		t.Error(differ)
	}
}

// timeToSpare is how long a scan may be kept from running and be on time: time-outs are twice
// as long and more.
const timeToSpare = 50 * time.Millisecond

// busy is how many packets more than nmap's are let pass: a machine that is busy takes some
// answers for late, and asks again.
const busy = 10

// A thousand ports by chance open, closed, silent and prohibited, in shares by chance: by SYN,
// by connecting and over UDP, over IPv4 and IPv6, the states are nmap's, in no more packets.
func TestAgainstNmapByChance(t *testing.T) {
	needNmap(t)
	n := newNetwork(t)
	n.in(n.host, "sysctl", "-qw", "net.ipv4.icmp_msgs_per_sec=100000", "net.ipv4.icmp_msgs_burst=10000")
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // of tests
		shares := [4]int{1 + r.IntN(5), 1 + r.IntN(40), 1 + r.IntN(40), 1 + r.IntN(20)}
		var ports []uint16
		var text []string
		sets := [4][]string{}
		for i := range 1000 {
			p := uint16(2000 + 17*i)
			ports, text = append(ports, p), append(text, strconv.Itoa(int(p)))
			at := r.IntN(shares[0] + shares[1] + shares[2] + shares[3])
			k := 0
			for ; at >= shares[k]; k++ {
				at -= shares[k]
			}
			sets[k] = append(sets[k], text[i])
		}
		var open []string
		for _, p := range sets[0] {
			open = append(open, "tcp:"+p, "udp:"+p)
		}
		t.Run(fmt.Sprint("shares ", shares), func(t *testing.T) {
			n.t = t
			n.serve(n.host, open...)
			silent, prohibited := strings.Join(sets[2], ","), strings.Join(sets[3], ",")
			n.filter(n.host, "tcp dport {"+silent+"} drop", "udp dport {"+silent+"} drop",
				"tcp dport {"+prohibited+"} reject with icmpx admin-prohibited", "udp dport {"+prohibited+"} reject with icmpx admin-prohibited")
			defer n.in(n.host, "nft", "flush", "ruleset")
			for _, x := range []struct {
				flags  string
				target string
				order  order
			}{
				{"-sS", farAddr, order{TCP: ports, Method: Raw}},
				{"-sS -6", "fd99:1::2", order{TCP: ports, Method: Raw}},
				{"-sT --unprivileged", farAddr, order{TCP: ports, Method: Connect}},
				{"-sT -6 --unprivileged", "fd99:1::2", order{TCP: ports, Method: Connect}},
				{"-sU", farAddr, order{UDP: ports, Method: Raw}},
				{"-sU -6", "fd99:1::2", order{UDP: ports, Method: Raw}},
			} {
				x.order.Words, x.order.Template = []string{x.target}, 3
				differ := agree(t, func(last bool) []string {
					return n.beside(append(strings.Fields(x.flags), "-n", "-p", strings.Join(text, ","), x.target), x.order, len(ports), busy, false, last)
				})
				if differ != "" {
					t.Error(differ)
				}
			}
		})
	}
	n.t = t
}

// The extremes of the mix: all silent, all closed, all open, nobody there.
func TestAgainstNmapUniform(t *testing.T) {
	needNmap(t)
	n := newNetwork(t)
	var ports []uint16
	var open []string
	for p := uint16(3000); p < 4000; p++ {
		ports = append(ports, p)
		open = append(open, fmt.Sprintf("tcp:%d", p))
	}
	compare := func(name, target string, udp bool, known int) {
		t.Helper()
		o := order{Words: []string{target}, TCP: ports, Method: Raw, Template: 3}
		args := []string{"-sS", "-n", "-p", "3000-3999", target}
		if udp {
			o.TCP, o.UDP = nil, ports[:15]
		}
		t.Log(name)
		differ := agree(t, func(last bool) (differ []string) {
			if !udp {
				return n.beside(args, o, known, 0, true, last)
			}
			closed := 0 // nmap takes some of the late messages for silence
			for _, g := range states(n.scan(o).Ports, target) {
				if g == "closed port-unreach" {
					closed++
				}
			}
			if closed < 13 {
				differ = append(differ, fmt.Sprintf("%s: %d of 15 ports are seen closed", name, closed))
			}
			return differ
		})
		if differ != "" {
			t.Error(differ)
		}
	}
	compare("closed", farAddr, false, len(ports))
	compare("nobody", "10.99.1.77", false, 0)
	// As Linux comes: one ICMP message a second.
	n.in(n.host, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=1000")
	compare("UDP closed, one ICMP message a second", farAddr, true, 0)
	n.filter(n.host, "tcp dport 3000-3999 drop")
	compare("silent", farAddr, false, len(ports))
	n.in(n.host, "nft", "flush", "ruleset")
	n.serve(n.host, open...)
	compare("open", farAddr, false, len(ports))
}

// Whatever the method, nothing outside the targets minus the exclusions is sent a
// packet: tcpdump saw what left. The next hop's hardware address is asked for, no more.
func TestScopeIsALaw(t *testing.T) {
	n := newNetwork(t)
	n.serve(n.router, "tcp:80", "udp:53")
	n.serve(n.host, "tcp:80", "udp:53")
	scan := func(method Method) (differ []string) {
		var got outcome
		packets := n.packets(func() {
			got = n.scan(order{
				Words: []string{"10.99.0.0/29", "10.99.1.0/30", "224.0.0.0/30", "255.255.255.255/32", "fd99:1::/125"}, Exclude: []string{"10.99.0.4-5", "10.99.1.3", "fd99:1::4/126"},
				TCP: []uint16{22, 80}, UDP: []uint16{53, 54}, Method: method, Template: 4,
			})
		})
		allowed, err := ParseTargets(context.Background(), []string{"10.99.0.2-3", "10.99.0.6", "10.99.1.1-2", "10.99.1.0", "fd99:1::/126", "10.99.0.7"}, nil, TargetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		gateways := []netip.Addr{netip.MustParseAddr(nearAddr), netip.MustParseAddr("fd99::2")}
		for _, p := range n.mine(packets) {
			dst, link := destination(t, p)
			if !dst.IsValid() || allowed.Contains(dst) || link && (dst == gateways[0] || dst == gateways[1]) {
				continue
			}
			t.Errorf("method %d: a packet to %s: %x", method, dst, p)
		}
		up := map[string]bool{}
		for _, h := range got.Hosts {
			if h.Up {
				up[h.Addr.String()] = true
			}
		}
		for _, want := range []string{nearAddr, farAddr} {
			if !up[want] {
				differ = append(differ, fmt.Sprintf("method %d: %s was not found up: %v", method, want, up))
			}
		}
		for _, of := range []string{nearAddr, farAddr, "fd99:1::1", "fd99:1::2"} {
			s := states(got.Ports, of)
			udp := s["53/udp"] == "open udp-response" ||
				of == "fd99:1::1" && s["53/udp"] == "open|filtered no-response" // it may answer from its other address, which is not asked
			if s["80/tcp"] != "open syn-ack" || !udp || s["54/udp"] != "closed port-unreach" || !strings.HasPrefix(s["22/tcp"], "closed ") {
				differ = append(differ, fmt.Sprintf("method %d: %s: %v", method, of, s))
			}
		}
		return differ
	}
	for _, method := range []Method{Raw, Connect} {
		if differ := agree(t, func(bool) []string { return scan(method) }); differ != "" {
			t.Error(differ)
		}
	}
}

// destination returns whom a frame of ours is for; link says that it only asks for a
// hardware address.
func destination(t *testing.T, b []byte) (dst netip.Addr, link bool) {
	t.Helper()
	switch binary.BigEndian.Uint16(b[12:]) {
	case etherARP:
		if binary.BigEndian.Uint16(b[20:]) == 2 {
			return dst, true // an answer of the kernel's
		}
		return netip.AddrFrom4([4]byte(b[38:42])), true
	case etherIPv4:
		return netip.AddrFrom4([4]byte(b[30:34])), false
	case etherIPv6:
		dst = netip.AddrFrom16([16]byte(b[38:54]))
		if b[20] == protoICMPv6 && len(b) >= 78 {
			switch b[54] {
			case 135:
				return netip.AddrFrom16([16]byte(b[62:78])), true
			case 136, 143: // answers and group reports of the kernel's
				return netip.Addr{}, true
			}
		}
		if b[20] == 0 || b[54] == 143 {
			return netip.Addr{}, true // a multicast listener report of the kernel's
		}
		return dst, false
	}
	t.Errorf("a frame of unknown type: %x", b)
	return dst, false
}

// mine are the frames that the asker sent, without the kernel's answers to ARP.
func (n *lan) mine(packets [][]byte) [][]byte {
	n.t.Helper()
	mac, err := net.ParseMAC(strings.TrimSpace(string(n.in(n.asker, "cat", "/sys/class/net/near0/address"))))
	if err != nil {
		n.t.Fatal(err)
	}
	var out [][]byte
	for _, p := range packets {
		answer := binary.BigEndian.Uint16(p[12:]) == etherARP && p[21] == 2
		if bytes.Equal(p[6:12], mac) && !answer {
			out = append(out, p)
		}
	}
	return out
}

// A link that loses a fifth of what goes through it, each way: no open port is missed,
// and no answer is taken for another.
func TestLossyLink(t *testing.T) {
	n := newNetwork(t)
	var ports []uint16
	var open []string
	for p := uint16(1000); p < 1300; p++ {
		ports = append(ports, p)
		if p%5 == 0 {
			open = append(open, fmt.Sprintf("tcp:%d", p))
		}
	}
	n.serve(n.host, open...)
	cmd := exec.Command("ip", "netns", "exec", n.router, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader("table inet t { chain f { type filter hook forward priority 0; numgen random mod 100 < 20 drop\n}\n}\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("no random drops here: %s", out)
	}
	for _, method := range []Method{Raw, Connect} {
		differ := agree(t, func(bool) (differ []string) {
			got := n.scan(order{Words: []string{farAddr}, TCP: ports, Method: method, Template: 4, SkipPing: true})
			s := states(got.Ports, farAddr)
			wrong, missed := 0, 0
			for _, p := range ports {
				state, _, _ := strings.Cut(s[fmt.Sprintf("%d/tcp", p)], " ")
				switch {
				case p%5 == 0 && state == "closed", p%5 != 0 && state == "open", state == "":
					wrong++
				case state == "filtered":
					missed++
				}
			}
			t.Logf("method %d: %v, %d of %d ports stayed silent, sent %v", method, got.Took.Round(time.Millisecond), missed, len(ports), got.Sent)
			if wrong > 0 {
				t.Errorf("method %d: %d ports wrong", method, wrong)
			}
			if missed > 10 {
				differ = append(differ, fmt.Sprintf("method %d: %d ports silent", method, missed))
			}
			return differ
		})
		if differ != "" {
			t.Error(differ)
		}
	}
}

// UDP: what answers is open, what is refused closed, what is silent open|filtered; the
// answer's bytes and the payload that made them are kept.
func TestUDP(t *testing.T) {
	n := newNetwork(t)
	n.serve(n.host, "udp:53", "udp:123")
	n.filter(n.host, "udp dport {500, 501} drop", "udp dport {502, 503} reject with icmpx admin-prohibited")
	ports := []uint16{53, 123, 500, 501, 502, 503, 504, 505, 506, 507, 508, 509}
	differ := agree(t, func(bool) (differ []string) {
		got := n.scan(order{Words: []string{farAddr, "fd99:1::2"}, UDP: ports, Template: 3})
		for _, of := range []string{farAddr, "fd99:1::2"} {
			s := states(got.Ports, of)
			for _, p := range ports {
				want := "closed port-unreach"
				switch {
				case p <= 123:
					want = "open udp-response"
				case p <= 501:
					want = "open|filtered no-response"
				case p <= 503:
					want = "filtered "
				}
				if g := s[fmt.Sprintf("%d/udp", p)]; !strings.HasPrefix(g, want) {
					differ = append(differ, fmt.Sprintf("%s port %d: %q, want %q", of, p, g, want))
				}
			}
		}
		for _, p := range got.Ports {
			if p.Addr.Port() == 53 && p.State == Open && (string(p.Answer) != "heard question" || string(p.Asked) != "question") {
				t.Errorf("asked %q, answer %q", p.Asked, p.Answer)
			}
		}
		return differ
	})
	if differ != "" {
		t.Error(differ)
	}
}

// A host that lets no echo through is found by what else answers; an empty network is
// found empty, and -Pn asks its ports all the same.
func TestHosts(t *testing.T) {
	n := newNetwork(t)
	n.filter(n.host, "icmp type echo-request drop", "tcp dport 443 drop", "icmpv6 type echo-request drop")
	want := map[string]string{
		farAddr: "true reset", nearAddr: "true arp-response", "10.99.0.3": "false no-response", "10.99.0.4": "false no-response",
		"10.99.1.3": "false no-response", "10.99.1.4": "false no-response", "10.99.1.5": "false no-response", "10.99.1.6": "false no-response",
	}
	differ := agree(t, func(bool) (differ []string) {
		got := n.scan(order{Words: []string{"10.99.1.2-6", "10.99.0.2-4"}, TCP: []uint16{81}, Template: 4})
		reasons := map[string]string{}
		for _, h := range got.Hosts {
			reasons[h.Addr.String()] = fmt.Sprint(h.Up, " ", h.Reason)
		}
		if fmt.Sprint(reasons) != fmt.Sprint(want) {
			differ = append(differ, fmt.Sprintf("got  %v\nwant %v", reasons, want))
		}
		if len(got.Ports) != 2 {
			differ = append(differ, fmt.Sprintf("%d ports of 2 hosts", len(got.Ports)))
		}
		return differ
	})
	if differ != "" {
		t.Error(differ)
	}
	got := n.scan(order{Words: []string{farAddr}, TCP: []uint16{443}, Template: 4, SkipPing: true})
	if s := states(got.Ports, farAddr); s["443/tcp"] != "filtered no-response" || got.Sent["syn"] != 2 {
		t.Errorf("%v, sent %v", s, got.Sent)
	}
}

// Hosts are looked for as the user says, and no port is asked of them.
func TestPings(t *testing.T) {
	n := newNetwork(t)
	for _, c := range []struct {
		ping   Ping
		reason string
		sent   string
	}{
		{Ping{Kind: PingEcho}, "echo-reply", "echo"},
		{Ping{Kind: PingTime}, "timestamp-reply", "timestamp"},
		{Ping{Kind: PingSYN, Port: 81}, "reset", "syn"},
		{Ping{Kind: PingACK, Port: 22}, "reset", "ack"},
		{Ping{Kind: PingUDP, Port: 40125}, "port-unreach", "udp"},
	} {
		differ := agree(t, func(bool) (differ []string) {
			got := n.scan(order{Words: []string{farAddr}, TCP: []uint16{81}, Template: 4, Pings: []Ping{c.ping}, PingOnly: true})
			if len(got.Hosts) != 1 || !got.Hosts[0].Up || got.Hosts[0].Reason != c.reason {
				differ = append(differ, fmt.Sprintf("%+v: %+v", c.ping, got.Hosts))
			}
			if got.Sent[c.sent] != 1 || got.Sent["arp"] != 1 || len(got.Sent) != 2 || len(got.Ports) != 0 {
				differ = append(differ, fmt.Sprintf("%+v: sent %v, %d ports", c.ping, got.Sent, len(got.Ports)))
			}
			return differ
		})
		if differ != "" {
			t.Error(differ)
		}
	}
	// Linux does not tell its netmask; a question of a kind that stays silent is not replaced.
	if got := n.scan(order{Words: []string{farAddr}, Template: 4, Pings: []Ping{{Kind: PingMask}}, PingOnly: true}); got.Hosts[0].Up || got.Sent["netmask"] != 2 {
		t.Errorf("netmask: %+v, sent %v", got.Hosts, got.Sent)
	}
}
