//go:build linux

package main

import (
	"bytes"
	wire "encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"
)

// askedServers are what the hosts of these tests run.
func askedServers(t *testing.T, at string) {
	on := func(port int) string { return fmt.Sprintf("%s:%d", at, port) }
	serveTCP(t, on(21), drips("220 welcome to the slow ftp\r\n", 20*time.Millisecond))
	serveTCP(t, on(22), greets("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"))
	serveTCP(t, on(23), untilEnd)
	serveTCP(t, on(24), resets)
	serveTCP(t, on(25), closes)
	serveTCP(t, on(80), answersWeb("Server: nginx/1.25.9", strings.Repeat("x", 200000)))
	serveTCP(t, on(443), behindTLS(t, answersWeb("Server: nginx/1.25.9", "hello")))
	serveTCP(t, on(61), drips(strings.Repeat("what do you want? ", 1000), 5*time.Millisecond))
	serveTCP(t, on(62), floods(32<<10))
	serveTCP(t, on(63), floods(1))
	serveUDP(t, on(53), func(q []byte) []byte {
		if len(q) < 12 {
			return nil
		}
		return append(append(q[:2:2], 0x81, 0x80), q[4:]...)
	})
	serveUDP(t, on(123), func([]byte) []byte { return nil })
	serveUDP(t, on(5353), names4Test)
	ready()
}

// names4Test is a name server: host.test is 10.99.9.2 and fd99::2, and the other way round.
func names4Test(b []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(b) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response = true
	answer := func(r dnsmessage.ResourceBody) {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: r})
	}
	switch n := q.Name.String(); {
	case n == "host.test." && q.Type == dnsmessage.TypeA:
		answer(&dnsmessage.AResource{A: [4]byte{10, 99, 9, 2}})
	case n == "host.test." && q.Type == dnsmessage.TypeAAAA:
		answer(&dnsmessage.AAAAResource{AAAA: netip.MustParseAddr("fd99::2").As16()})
	case q.Type == dnsmessage.TypePTR && (strings.HasPrefix(n, "2.9.99.10.") || strings.HasPrefix(n, "2.0.0.0.")):
		answer(&dnsmessage.PTRResource{PTR: dnsmessage.MustNewName("host.test.")})
	default:
		m.RCode = dnsmessage.RCodeNameError
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}

// lures are servers that all lead to 10.99.9.3.
func lures(t *testing.T, at string) {
	elsewhere := "Server: nginx/1.25.9\r\nLocation: http://10.99.9.3/\r\nLink: <http://10.99.9.3/x>; rel=preload"
	move := func(c net.Conn) {
		if n, _ := c.Read(make([]byte, 2048)); n > 0 {
			_, _ = fmt.Fprintf(c, "HTTP/1.0 301 Moved\r\n%s\r\n\r\n<link rel=icon href=http://10.99.9.3/favicon.ico>", elsewhere)
		}
	}
	serveTCP(t, at+":80", move)
	serveTCP(t, at+":443", behindTLS(t, move))
	serveTCP(t, at+":502", untilEnd)
	serveUDP(t, at+":53", func(q []byte) []byte { // whatever is asked for is 10.99.9.3
		if len(q) < 17 {
			return nil
		}
		out := append(append(q[:2:2], 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0), q[12:]...)
		return append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 99, 9, 3)
	})
	ready()
}

// asked runs a role on a host and returns when it is ready.
func (l *lan) asked(host, role string) {
	l.Helper()
	c := l.peer(host, role)
	l.wait(c, "peer ready")
	go func() {
		for range c { // what else it says
		}
	}()
}

// hears runs tcpdump on a host, and returns how to end it: then it says how many packets of
// a filter it has seen.
func (l *lan) hears(host, name string) (end func() (count func(filter string) int)) {
	l.Helper()
	if _, err := exec.LookPath("tcpdump"); err != nil {
		l.Skip("counts with tcpdump")
	}
	cmd, said := l.start(host, nil, "tcpdump", "-i", "eth0", "-Z", "root", "-B", "65536", "-s", "160", "--immediate-mode", "-U", "-w", name)
	l.wait(said, "listening on")
	return func() func(string) int {
		l.Helper()
		l.mark(host, name)
		_ = cmd.Process.Signal(os.Interrupt)
		l.wait(said, "packets captured")
		if n := l.wait(said, "dropped by kernel"); !strings.HasPrefix(n, "0 ") {
			l.Fatal(n)
		}
		return func(filter string) int {
			l.Helper()
			return counted(l.T, name, filter)
		}
	}
}

// endMark stands in a frame that is the last of a capture, of a type that is nobody's.
const endMark = "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x88\xb5earshot: the capture ends here"

// mark sends a frame out of a host and waits until a capture there has it: then it has all
// that came before.
func (l *lan) mark(host, capture string) {
	l.Helper()
	sent := make(chan error)
	go func() {
		runtime.LockOSThread() // and not unlocked: the thread is of that host, and ends here
		sent <- sendFrom("/run/netns/"+l.id+host, []byte(endMark))
	}()
	if err := <-sent; err != nil {
		l.Fatal(err)
	}
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(10 * time.Millisecond) {
		if b := tail(capture, 1<<20); bytes.Contains(b, []byte(endMark)) {
			return
		}
	}
	l.Fatal("tcpdump does not come to the end")
}

// sendFrom sends a frame out of eth0 of a network namespace, in which it leaves its thread.
func sendFrom(namespace string, frame []byte) error {
	ns, err := os.Open(namespace)
	if err != nil {
		return err
	}
	defer ns.Close()
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return err
	}
	card, err := net.InterfaceByName("eth0")
	if err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: card.Index})
}

// tail is the end of a file, at most so many bytes.
func tail(path string, most int64) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.Size() > most {
		_, _ = f.Seek(-most, io.SeekEnd)
	}
	b, _ := io.ReadAll(f)
	return b
}

// hardware is a host's hardware address.
func (l *lan) hardware(host string) string {
	l.Helper()
	b, err := exec.Command("ip", "netns", "exec", l.id+host, "cat", "/sys/class/net/eth0/address").Output()
	if err != nil {
		l.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// both gives two hosts addresses of IPv6, too, and makes what a capture on them shows equal to
// what is on the wire.
func (l *lan) both(a, addrA, b, addrB string) {
	for h, addr := range map[string]string{a: addrA, b: addrB} {
		l.in(h, "sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.eth0.accept_dad=0 net.ipv6.conf.eth0.router_solicitations=0 net.ipv6.icmp.ratelimit=0")
		l.run("ip -n " + l.id + h + " link set eth0 gso_max_segs 1")
		l.in(h, "ip addr add "+addr+"/64 dev eth0 nodad")
	}
}

// plain makes what a capture on a host shows equal to what is on the wire, and keeps the
// kernel of a from asking for b's hardware address and the other way round.
func (l *lan) plain(a, addrA, b, addrB string) {
	for _, h := range []string{a, b} {
		l.run("ip -n " + l.id + h + " link set eth0 gso_max_segs 1")
	}
	l.run("ip -n " + l.id + a + " neigh replace " + addrB + " lladdr " + l.hardware(b) + " dev eth0 nud permanent")
	l.run("ip -n " + l.id + b + " neigh replace " + addrA + " lladdr " + l.hardware(a) + " dev eth0 nud permanent")
}

// accounts sums up a ledger: by port, and altogether.
type account struct {
	Port    int    `json:"port"`
	Proto   string `json:"proto"`
	Why     string `json:"why"`
	Outcome string `json:"outcome"`
	Sent    int    `json:"packets_sent"`
	Got     int    `json:"packets_received"`
	Exact   bool   `json:"packets_exact"`
}

func readAccounts(t *testing.T, path string) (all []account, sent, got int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		var a account
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
		sent, got = sent+a.Sent, got+a.Got
	}
	return all, sent, got
}

// blocks counts the packets of a pcapng file.
func blocks(t *testing.T, path string) (n int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for len(b) >= 12 {
		size := int(wire.LittleEndian.Uint32(b[4:]))
		if size < 12 || size > len(b) {
			t.Fatalf("%s: a block of %d bytes with %d left", path, size, len(b))
		}
		if wire.LittleEndian.Uint32(b) == 6 {
			n++
		}
		b = b[size:]
	}
	return n
}

// The ledger accounts for every packet: an independent tcpdump agrees with it, and with -w,
// to the packet, whatever the other side does.
func TestAskLedger(t *testing.T) {
	l := newLAN(t, map[string]string{"a": "10.99.9.1", "b": "10.99.9.2"})
	l.both("a", "fd99::1", "b", "fd99::2")
	if _, err := exec.LookPath("nft"); err != nil {
		t.Skip("filters with nft")
	}
	rules := "table inet f {; chain in {; type filter hook input priority 0 ; tcp dport 31 drop; udp dport 31 drop; " +
		"tcp dport 32 reject with icmp type admin-prohibited; tcp dport 33 reject with icmp type port-unreachable; tcp dport 34 reject with icmp type host-unreachable; " +
		"udp dport 32 reject with icmp type admin-prohibited; }; }"
	l.in("b", "nft -f "+put(t, t.TempDir(), "rules", strings.ReplaceAll(rules, "; ", "\n")+"\n"))
	l.in("b", "sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000")
	l.asked("b", "servers 10.99.9.2")
	l.asked("b", "servers [fd99::2]")
	const tcp, udp = "20-22,24-35,80,443", "T:22,U:30-35,53,69,123,161"
	for _, args := range []string{
		"-Pn -p 20-35,80,443",
		"-p " + tcp + " 10.99.9.7", // nobody has that address
		"-sS -p " + tcp + " 10.99.9.6",
		"-sT --unprivileged -p " + tcp,
		"-sU -p " + udp,
		"-Pn -sSU -p " + udp,
		"-sn 10.99.9.0/29",
		"--no-version -sS -p 1-200",
		"--strategy nmap -p 22,25,80,443",
		"--starttls --jarm --favicon -p 22,80,443",
		"--dns-servers 10.99.9.2:5353 -p 22,80 host.test",
		"--dns-servers 10.99.9.2:5353 -6 -sS -p 22,24-26,80 host.test",
		"-6 -Pn -p " + tcp + " fd99::2",
		"-6 -sS -p " + tcp + " fd99::2 fd99::7",
		"-6 -sT --unprivileged -p " + tcp + " fd99::2",
		"-6 -sU -p 30,34,35,53,123 fd99::2",
		"-6 -sn fd99::0/125",
	} {
		t.Run(args, func(t *testing.T) {
			l.T = t
			words := append([]string{"probe", "--version-light"}, strings.Fields(args)...)
			if !strings.Contains(args, "dns") {
				words = append(words, "-n")
			}
			if !strings.Contains(args, "fd99") && !strings.Contains(args, "test") {
				words = append(words, "10.99.9.2")
			}
			if differ := agree(t, func() string { return l.accounted(words) }); differ != "" {
				t.Error(differ)
			}
		})
	}
	l.T = t
}

// accounted runs words on host a, and returns in what the ledger, the file that -w writes and
// tcpdump differ.
func (l *lan) accounted(words []string) string {
	l.Helper()
	dir := l.TempDir()
	dump, ledger, pcapng := filepath.Join(dir, "dump"), filepath.Join(dir, "ledger"), filepath.Join(dir, "w.pcapng")
	mac := l.hardware("a")
	l.in("a", "ip neigh flush all")
	l.in("b", "ip neigh flush all")
	end := l.hears("a", dump)
	out, err := exec.Command("ip", append(append([]string{"netns", "exec", l.id + "a", binary}, words...), "--ledger", ledger, "-w", pcapng)...).CombinedOutput()
	if err != nil {
		l.Fatalf("%v\n%s", err, out)
	}
	count := end()
	all, sent, got := readAccounts(l.T, ledger)
	// What is no packet of ours is what a kernel tells routers of its multicast groups.
	const mine = "((ip and not igmp) or arp or (ip6 and not (ip6[6] = 0 or (ip6[6] = 58 and (ip6[40] = 143 or ip6[40] = 133)))))"
	wantSent, wantGot := count(mine+" and ether src "+mac), count(mine+" and not ether src "+mac)
	var differ strings.Builder
	if sent != wantSent || got != wantGot {
		fmt.Fprintf(&differ, "the ledger has %d packets sent and %d got, tcpdump %d and %d\n%s", sent, got, wantSent, wantGot, out)
		other, _ := exec.Command("tcpdump", "-nn", "-tt", "-r", dump, mine+" and not tcp and not udp").Output()
		fmt.Fprintf(&differ, "neither TCP nor UDP:\n%s", other)
		byPort := map[string][2]int{}
		for _, a := range all {
			k := fmt.Sprintf("%s %d", a.Proto, a.Port)
			byPort[k] = [2]int{byPort[k][0] + a.Sent, byPort[k][1] + a.Got}
		}
		for k, v := range byPort {
			proto, port, _ := strings.Cut(k, " ")
			if port == "0" {
				fmt.Fprintf(&differ, "%q: ledger %v\n", k, v)
				continue
			}
			s := count(fmt.Sprintf("%s dst port %s and ether src %s", proto, port, mac))
			g := count(fmt.Sprintf("%s src port %s and not ether src %s", proto, port, mac))
			if v != [2]int{s, g} {
				fmt.Fprintf(&differ, "%q: ledger %v, tcpdump %d %d\n", k, v, s, g)
			}
		}
		for _, a := range all {
			if !a.Exact && a.Proto == "tcp" {
				fmt.Fprintf(&differ, "estimated: %+v\n", a)
			}
		}
	}
	if sent == 0 {
		l.Error("nothing was sent")
	}
	if n := blocks(l.T, pcapng); n != wantSent+wantGot {
		fmt.Fprintf(&differ, "%d packets in the pcapng, %d seen by tcpdump\n", n, wantSent+wantGot)
	}
	if _, err := exec.LookPath("tshark"); err != nil {
		return differ.String()
	}
	seen, err := exec.Command("tshark", "-r", pcapng, "-T", "fields", "-e", "frame.interface_name", "-e", "frame.comment").Output()
	if n := strings.Count(string(seen), "eth0\t"); err != nil || n != wantSent+wantGot {
		fmt.Fprintf(&differ, "tshark: %v, %d packets of eth0, %d seen by tcpdump\n", err, n, wantSent+wantGot)
	}
	if strings.Contains(string(seen), "eth0\t\n") {
		l.Error("a packet has no comment")
	}
	return differ.String()
}

// --max-rate holds for all that is sent, the scan and the questions together.
func TestAskRate(t *testing.T) {
	l := newLAN(t, map[string]string{"a": "10.99.9.1", "b": "10.99.9.2"})
	l.plain("a", "10.99.9.1", "b", "10.99.9.2")
	l.asked("b", "servers 10.99.9.2")
	for _, x := range []struct {
		args  string
		burst int // what one connection may cost before it is counted: its acknowledgements
	}{
		{"-sS -p 21,22,24-60,64-250,443", 16},
		{"-sSU -p T:21,22,443,1000-1100,U:30-35,53", 16},
		{"-p 21,22,24-60,64-250,443", 16},
		{"-sT --unprivileged -p 20-60,64-250,443", 16},
		{"-p 80", 16},
		{"-p 61-63", 96 + 64}, // servers that flood: what active allows a connection, and what it overshoots
		{"-sS -p 20-80", 96 + 64},
	} {
		if differ := agree(t, func() string { return l.rated(x.args, x.burst) }); differ != "" {
			t.Error(differ)
		}
	}
}

// rated runs probe on host a at a hundred packets a second, and returns where more went out.
func (l *lan) rated(args string, burst int) string {
	l.Helper()
	dump := filepath.Join(l.TempDir(), "dump")
	end := l.hears("a", dump)
	words := append([]string{"netns", "exec", l.id + "a", binary, "probe", "-n", "--version-light", "--max-rate", "100"}, strings.Fields(args)...)
	if out, err := exec.Command("ip", append(words, "10.99.9.2")...).CombinedOutput(); err != nil {
		l.Fatalf("%v\n%s", err, out)
	}
	end()
	out, err := exec.Command("tcpdump", "-nn", "-tt", "-r", dump, "ip and src host 10.99.9.1").Output()
	if err != nil {
		l.Fatal(err)
	}
	var times []float64
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		at, _, _ := strings.Cut(line, " ")
		f, err := strconv.ParseFloat(at, 64)
		if err != nil {
			l.Fatal(err)
		}
		times = append(times, f)
	}
	most, from := 0, 0
	for i, at := range times {
		for times[from] < at-1 {
			from++
		}
		most = max(most, i-from+1)
	}
	l.Logf("%s: %d packets, at most %d in a second", args, len(times), most)
	// Beyond the rate go at most a tenth of a second's packets saved up, one connection's, and the acknowledgements of one answer.
	span := times[len(times)-1] - times[0]
	if most > 100+10+4+burst || span < float64(len(times)-34-burst)/100 {
		return fmt.Sprintf("%s: %d packets in %.2f s, %d of them in one second", args, len(times), span, most)
	}
	return ""
}

// Scope is a law: whatever a capture, a redirect, a certificate or a name says, and whatever
// lies beside a target, nothing else is sent a packet; controllers are not spoken to first.
func TestAskScope(t *testing.T) {
	l := newLAN(t, map[string]string{"a": "10.99.9.1", "b": "10.99.9.2", "c": "10.99.9.3"})
	l.asked("b", "lures 10.99.9.2")
	l.asked("c", "servers 10.99.9.3")
	l.in("a", "ip route add default via 10.99.9.2") // so that a packet to anywhere would be seen
	mac := l.hardware("a")
	const spoken = "tcp dst port 502 and (ip[2:2] - ((ip[0]&0xf)<<2) - ((tcp[12]&0xf0)>>2)) != 0"
	for _, x := range []struct {
		args    string
		allowed []string
		control bool // the controller is spoken to
	}{
		{args: "-n -r " + day + " -p 53,80,443,502,U:53,47808 --favicon --jarm 10.99.9.2", allowed: []string{"10.99.9.2"}},
		{args: "-n -sSU -p T:80,443,502,U:53 10.99.9.0/29 --exclude 10.99.9.3,10.99.9.6", allowed: []string{"10.99.9.2", "10.99.9.4", "10.99.9.5", "10.99.9.7", "10.99.9.0"}},
		{args: "-n -sT --unprivileged -p 80 10.99.9.2 10.99.9.255/32 224.0.0.0/29", allowed: []string{"10.99.9.2", "10.99.9.255"}},
		{args: "--dns-servers 10.99.9.2 -p 80,443 10.99.9.2", allowed: []string{"10.99.9.2"}},
		{args: "-n --allports -p 502 10.99.9.2", allowed: []string{"10.99.9.2"}, control: true},
	} {
		dump := filepath.Join(t.TempDir(), "dump")
		end := l.hears("a", dump)
		words := append([]string{"netns", "exec", l.id + "a", binary, "probe", "--version-light"}, strings.Fields(x.args)...)
		if out, err := exec.Command("ip", words...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", x.args, err, out)
		}
		count := end()
		allowed := strings.Join(x.allowed, " or dst host ")
		if n := count("ether src " + mac + " and (ip or arp) and not (dst host " + allowed + ")"); n > 0 {
			t.Errorf("%s: %d packets to somebody else", x.args, n)
		}
		if count("ip and ether src "+mac+" and dst host 10.99.9.2") == 0 {
			t.Errorf("%s: nothing was sent", x.args)
		}
		if n := count(spoken); n > 0 != x.control {
			t.Errorf("%s: %d packets spoke to the controller", x.args, n)
		}
	}
}
