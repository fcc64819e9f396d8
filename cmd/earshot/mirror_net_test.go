//go:build linux

package main

import (
	"crypto/tls"
	wire "encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"earshot/capture"
)

// serve runs servers at an address: HTTP and HTTPS on 80 and 443, and two that greet.
func serve(t *testing.T, at string) {
	web := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", "nginx/1.25.9")
		_, _ = io.WriteString(w, "hello")
	})
	listen := func(port string) net.Listener {
		l, err := net.Listen("tcp", net.JoinHostPort(at, port))
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	go func() { _ = http.Serve(listen("80"), web) }()
	secure := tls.NewListener(listen("443"), &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}, MaxVersion: tls.VersionTLS12})
	go func() { _ = http.Serve(secure, web) }()
	for port, words := range map[string]string{"22": "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "21": "220 (vsFTPd 3.0.3)\r\n"} {
		go manner(func(c net.Conn) {
			_, _ = io.WriteString(c, words)
			time.Sleep(500 * time.Millisecond)
		}).serve(listen(port))
	}
	ready()
}

// visit is a client of those servers, some times.
func visit(t *testing.T, at string) {
	plain := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	for range 3 {
		for _, u := range []string{"http://" + at + "/", "https://" + at + "/"} {
			r, err := plain.Get(u)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, r.Body)
			r.Body.Close()
		}
		for _, port := range []string{"21", "22", "23"} { // nobody is at 23
			c, err := net.Dial("tcp", net.JoinHostPort(at, port))
			if err != nil {
				continue
			}
			_ = c.SetDeadline(time.Now().Add(300 * time.Millisecond))
			_, _ = io.WriteString(c, "SSH-2.0-PuTTY_Release_0.80\r\n")
			_, _ = io.ReadAll(c)
			c.Close()
		}
	}
	fmt.Println("peer done")
}

// replay sends a capture of real servers behind the VLAN tag 42, with a rest of so many
// milliseconds after every twenty frames.
func replay(t *testing.T, words string) {
	var rest time.Duration
	var file string
	if _, err := fmt.Sscanf(words, "%d %s", &rest, &file); err != nil {
		t.Fatal(err)
	}
	card, err := net.InterfaceByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		t.Fatal(err)
	}
	to := &unix.SockaddrLinklayer{Ifindex: card.Index}
	src, err := capture.Open([]string{file}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		var f capture.Frame
		if err := src.Next(&f); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if len(f.Data) < 14 {
			continue
		}
		if err := unix.Sendto(fd, slices.Concat(f.Data[:12], []byte{0x81, 0, 0, 42}, f.Data[12:]), 0, to); err != nil {
			t.Fatal(err)
		}
		if n%20 == 0 {
			time.Sleep(rest * time.Millisecond)
		}
	}
	fmt.Println("peer done")
}

// A sensor at the mirror port of a switch: real servers and clients, and tagged traffic of
// others. By whichever way frames come from the kernel it knows what listen -r says of
// tcpdump's file of the same port; filter words mean tagged frames, too, unless they are
// raw.
func TestMirror(t *testing.T) {
	for name, mirror := range map[string]func(l *lan, port string) string{
		"tc": func(l *lan, port string) string {
			l.run("tc -n " + l.id + "s qdisc add dev " + port + " ingress")
			return "tc -n " + l.id + "s filter add dev " + port + " parent ffff: protocol all u32 match u32 0 0 action mirred egress mirror dev mirror"
		},
		"nft": func(l *lan, port string) string {
			l.run("ip netns exec " + l.id + "s nft add table netdev " + port)
			l.run("ip netns exec " + l.id + "s nft add chain netdev " + port + " in { type filter hook ingress device " + port + " priority 0 ; }")
			return "ip netns exec " + l.id + "s nft add rule netdev " + port + " in dup to mirror"
		},
	} {
		t.Run(name, func(t *testing.T) { mirrored(t, mirror) })
	}
}

func mirrored(t *testing.T, mirror func(l *lan, port string) string) {
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip(err)
	}
	if out, err := exec.Command(binary, "listen", "-r", day, "-q", "tcp").CombinedOutput(); err != nil && strings.Contains(string(out), "no BPF compiler") {
		t.Skip("this build has no filters")
	}
	l := newLAN(t, map[string]string{"a": "10.99.9.1", "b": "10.99.9.2"})
	const sensor = "m"
	l.run("ip netns add " + l.id + sensor)
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", l.id+sensor).Run() })
	l.run(fmt.Sprintf("ip -n %s%s link add eth0 type veth peer name mirror netns %ss", l.id, sensor, l.id))
	for host, ports := range map[string][]string{"a": {"eth0"}, "b": {"eth0"}, sensor: {"eth0"}, "s": {"br0", "pa", "pb", "mirror"}} {
		for _, p := range ports { // what segmentation offload leaves whole is long; and nobody speaks unasked
			if host != "s" || p != "br0" {
				l.run(fmt.Sprintf("ip -n %s%s link set %s mtu 65000", l.id, host, p))
			}
			l.in(host, "sysctl -qw net.ipv6.conf."+p+".disable_ipv6=1")
		}
	}
	l.run("ip -n " + l.id + "s link set mirror up")
	l.run("ip -n " + l.id + sensor + " link set eth0 up")

	for _, port := range []string{"pa", "pb"} {
		line := mirror(l, port)
		if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
			t.Skipf("this kernel cannot mirror that way: %s: %s", line, out)
		}
	}
	l.wait(l.peer("b", "mirrored 10.99.9.2"), "peer ready")
	var file func(name string) string
	for rest := 1; ; rest *= 5 { // where a busy machine loses some of it, it is sent slower
		dir := t.TempDir()
		file = func(name string) string { return filepath.Join(dir, name) }
		lost := l.besides(sensor, rest, file)
		if lost == "" {
			break
		}
		if rest > 100 {
			t.Fatalf("at every pace some of it is lost: %s", lost)
		}
		t.Logf("with a rest of %d ms every 20 frames: %s", rest, lost)
	}
	earshot(t, "", "listen", "-q", "-r", file("mirror.pcap"), "--state", file("file")).want(t, 0)
	report := func(name string) string {
		return earshot(t, "", "report", "--state", file(name), "-oJ", "-").want(t, 0).out
	}
	want := report("file")
	for _, x := range []string{`"host":"10.99.9.2"`, `"version":"1.25.9"`, `"version":"9.2p1"`, `"product":"vsftpd"`, `"tunnel":"ssl"`, `"host":"10.77.0.11"`, `"product":"MariaDB"`, `"vlan":42`} {
		if !strings.Contains(want, x) {
			t.Errorf("the file does not know %s", x)
		}
	}
	// The kernel looks at its clock for each listener.
	timeless := func(s string) string { return regexp.MustCompile(`"20\d\d-[^"]*Z"`).ReplaceAllString(s, "0") }
	for _, name := range []string{"afpacket", "libpcap", "shared"} {
		if got, want := timeless(report(name)), timeless(want); got != want {
			t.Errorf("by %s it differs: %s", name, firstDifference(got, want))
		}
	}
	for _, c := range []struct {
		name   string
		has    []string
		hasNot []string
	}{
		{"words", []string{`"host":"10.99.9.2","port":80`, `"host":"10.77.0.11","port":80`}, []string{`"port":22`, `"port":443`}},
		{"raw", []string{`"host":"10.99.9.2","port":80`}, []string{`"port":22`, `10.77.0.11`}},
		{"tagged", []string{`"host":"10.77.0.11","port":80`}, []string{`"port":22`, `10.99.9.2`}},
	} {
		got := strings.ReplaceAll(report(c.name), `"vlan":42,`, "")
		for _, x := range c.has {
			if !strings.Contains(got, x) {
				t.Errorf("with the filter %s there is no %s: %s", c.name, x, got)
			}
		}
		for _, x := range c.hasNot {
			if strings.Contains(got, x) {
				t.Errorf("with the filter %s there is %s", c.name, x)
			}
		}
	}
}

// besides runs sensors and tcpdump beside each other on a host, while what they hear is
// visited, and replayed with rests, until all of them have taken all. It returns who has lost
// some of it.
func (l *lan) besides(sensor string, rest int, file func(string) string) (lost string) {
	l.Helper()
	type listener struct {
		name, takes string // what tcpdump calls what it is to hear
		cmd         *exec.Cmd
		said        <-chan string
	}
	var all []listener
	for _, k := range []struct {
		name, takes string
		args        []string
	}{
		{"afpacket", "", []string{"--capture", "afpacket"}},
		{"libpcap", "", []string{"--capture", "libpcap"}},
		{"shared", "", []string{"--capture", "afpacket", "--rings", "2", "--workers", "3"}},
		{"words", "port 80 or (vlan and port 80)", []string{"port", "80"}},
		{"raw", "port 80", []string{"--raw-filter", "port", "80"}},
		{"tagged", "vlan 42 and port 80", []string{"--raw-filter", "vlan", "42", "and", "port", "80"}},
	} {
		cmd, said := l.start(sensor, nil, append([]string{binary, "listen", "-i", "eth0", "--state", file(k.name)}, k.args...)...)
		all = append(all, listener{k.name, k.takes, cmd, said})
		l.wait(said, "listening on eth0")
	}
	dump := file("mirror.pcap")
	cmd, said := l.start(sensor, nil, "tcpdump", "-i", "eth0", "-n", "-U", "-s", "0", "-B", "65536", "-w", dump)
	l.wait(said, "listening on eth0")
	full, err := filepath.Abs(day)
	if err != nil {
		l.Fatal(err)
	}
	l.wait(l.peer("a", "visit 10.99.9.2"), "peer done")
	l.wait(l.peer("a", fmt.Sprintf("replay %d %s", rest, full)), "peer done")
	l.mark("a", dump)
	for _, k := range all {
		n := counted(l.T, dump, k.takes)
		for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
			if err := k.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
				l.Fatal(err)
			}
			line := l.wait(k.said, " packets (")
			got := 0
			if _, err := fmt.Sscanf(line, "%d packets", &got); err != nil {
				l.Fatalf("%s: %v", line, err)
			}
			if got >= n {
				break
			}
			if !strings.Contains(line, ", 0 dropped,") {
				lost += k.name + ": " + line + "\n"
				break
			}
			if time.Since(begin) > patience {
				l.Fatalf("%s has not heard %d packets: %s", k.name, n, line)
			}
		}
	}
	for _, k := range append(all, listener{"tcpdump", "", cmd, said}) {
		if err := k.cmd.Process.Signal(syscall.SIGINT); err != nil {
			l.Fatal(err)
		}
		for line := range k.said {
			if strings.Contains(line, "dropped by") && !strings.Contains(line, " 0 dropped by the kernel, 0 by the interface") && !strings.HasPrefix(line, "0 packets dropped by kernel") {
				lost += k.name + ": " + line + "\n"
			}
		}
		if err := k.cmd.Wait(); err != nil {
			l.Errorf("%s ended with %v", k.name, err)
		}
	}
	return lost
}

// counted is how many packets of a filter there are in a capture.
func counted(t *testing.T, capture, filter string) int {
	t.Helper()
	b, err := exec.Command("tcpdump", "-r", capture, "-w", "-", filter).Output()
	if err != nil || len(b) < 24 {
		t.Fatalf("tcpdump %s: %v", filter, err)
	}
	n := 0
	for b = b[24:]; len(b) >= 16; n++ {
		size := 16 + int(wire.NativeEndian.Uint32(b[8:]))
		if len(b) < size {
			t.Fatalf("%s is cut", capture)
		}
		b = b[size:]
	}
	return n
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d\n%s\n%s", i+1, x[i], y[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}
