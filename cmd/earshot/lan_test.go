//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// lan is a network of namespaces on a switch that sends everything everywhere.
type lan struct {
	*testing.T
	id string
}

// newLAN makes one with a host eth0 of it for each name. It skips the test where it cannot.
func newLAN(t *testing.T, hosts map[string]string) *lan {
	t.Helper()
	if os.Getenv("EARSHOT_TEST_NETWORKS") == "" || os.Geteuid() != 0 {
		t.Skip("builds a network: make test-net, as root")
	}
	l := &lan{t, fmt.Sprintf("ew%d", os.Getpid()%100000)}
	sw := l.id + "s"
	l.run("ip netns add " + sw)
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", sw).Run() })
	if out, err := exec.Command("ip", "netns", "exec", sw, "true").CombinedOutput(); err != nil {
		t.Skipf("no program runs in a network namespace here (is / of a chroot a mount?): %s", out)
	}
	l.run("ip netns exec " + sw + " sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1") // it says nothing itself
	l.run("ip -n " + sw + " link add br0 type bridge ageing_time 0")                                                   // what comes in goes out everywhere
	l.run("ip -n " + sw + " link set br0 up")
	for n, addr := range hosts {
		l.run("ip netns add " + l.id + n)
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", l.id+n).Run() })
		// Nor does a kernel ask a second later whether its own address is free: who counts packets would count that.
		l.in(n, "sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.router_solicitations=0")
		l.run(fmt.Sprintf("ip -n %s%s link add eth0 type veth peer name p%s netns %s", l.id, n, n, sw))
		l.run(fmt.Sprintf("ip -n %s link set p%s master br0 up", sw, n))
		l.run(fmt.Sprintf("ip -n %s%s addr add %s/24 dev eth0", l.id, n, addr))
		l.run(fmt.Sprintf("ip -n %s%s link set eth0 up", l.id, n))
	}
	return l
}

// agree compares two programs that see one network, until they do not differ, at most three
// times: on a busy machine either may take an answer for late, or miss one that comes when
// the other has ended. Who is wrong is wrong each time.
func agree(t *testing.T, compare func() (differ string)) (differ string) {
	t.Helper()
	for n := 1; ; n++ {
		if differ = compare(); differ == "" || n == 3 {
			return differ
		}
		t.Logf("time %d: %s", n, differ)
	}
}

// run runs a command.
func (l *lan) run(line string) {
	l.Helper()
	w := strings.Fields(line)
	if out, err := exec.Command(w[0], w[1:]...).CombinedOutput(); err != nil {
		l.Fatalf("%s: %v: %s", line, err, out)
	}
}

// in runs a command on a host.
func (l *lan) in(host, line string) {
	l.Helper()
	l.run("ip netns exec " + l.id + host + " " + line)
}

// start starts a program on a host and returns the lines that it says.
func (l *lan) start(host string, env []string, args ...string) (*exec.Cmd, <-chan string) {
	l.Helper()
	cmd := exec.Command("ip", append([]string{"netns", "exec", l.id + host}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	r, w, err := os.Pipe()
	if err != nil {
		l.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		l.Fatal(err)
	}
	w.Close()
	l.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); r.Close() })
	return cmd, spoken(r)
}

// TestPeer is no test: the test program runs itself on the other hosts of a network, and this
// is what it does there.
func TestPeer(t *testing.T) {
	role, rest, _ := strings.Cut(os.Getenv("EARSHOT_PEER"), " ")
	if role == "" {
		t.Skip("run by the tests that build a network")
	}
	part := map[string]func(*testing.T, string){
		"stranger": stranger, "greeter": greeter, "trunk": trunk, "visitor": visitor, "clients": clients,
		"mirrored": serve, "visit": visit, "replay": replay,
		"servers": askedServers, "lures": lures,
	}[role]
	if part == nil {
		t.Fatalf("no part is called %q", role)
	}
	part(t, rest)
}

// peer begins a role of TestPeer on a host.
func (l *lan) peer(host, role string) <-chan string {
	l.Helper()
	_, c := l.start(host, []string{"EARSHOT_PEER=" + role}, os.Args[0], "-test.run=^TestPeer$", "-test.v")
	return c
}

// ready ends the beginning of a server's role: it says so, and serves until it is killed.
func ready() {
	fmt.Println("peer ready")
	select {}
}

// stranger says what nobody knows, and is a web server when it is asked like one.
func stranger(t *testing.T, at string) {
	serveTCP(t, at, func(c net.Conn) {
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		b := make([]byte, 512)
		n, _ := c.Read(b)
		fmt.Println("peer asked by", c.RemoteAddr())
		if strings.HasPrefix(string(b[:n]), "GET ") {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nServer: nginx/1.25.9\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		} else {
			_, _ = io.WriteString(c, "\x17\xf3\x90zz?")
		}
	})
	ready()
}

// greeter greets with the version that stands in a file.
func greeter(t *testing.T, words string) {
	at, file, _ := strings.Cut(words, " ")
	serveTCP(t, at, func(c net.Conn) {
		b, _ := os.ReadFile(file)
		_, _ = io.WriteString(c, "SSH-2.0-OpenSSH_"+string(b)+"\r\n")
		time.Sleep(time.Second)
	})
	ready()
}

// visitor comes so many times, listens for a moment, and goes.
func visitor(_ *testing.T, words string) {
	at, rounds, _ := strings.Cut(words, " ")
	n, _ := strconv.Atoi(rounds)
	for range n {
		if c, err := net.DialTimeout("tcp", at, time.Second); err == nil {
			_ = c.SetDeadline(time.Now().Add(200 * time.Millisecond))
			_, _ = io.ReadAll(c)
			c.Close()
		}
		time.Sleep(500 * time.Millisecond)
	}
}

// clients say to several servers, again and again, what nobody knows.
func clients(t *testing.T, words string) {
	for range 100 {
		for _, to := range strings.Fields(words) {
			c, err := net.DialTimeout("tcp", to, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			_ = c.SetDeadline(time.Now().Add(time.Second))
			_, _ = io.WriteString(c, "\x01\xc8\xe1 whatever")
			_, _ = io.ReadAll(c)
			c.Close()
		}
		time.Sleep(300 * time.Millisecond)
	}
}

// wait waits for a line that holds all of some words, and returns it.
func (l *lan) wait(c <-chan string, what ...string) string {
	l.Helper()
	end := time.After(patience)
	var seen []string
	for {
		select {
		case line, ok := <-c:
			if !ok {
				l.Fatalf("ended without %q; said %q", what, seen)
			}
			seen = append(seen, line)
			all := true
			for _, w := range what {
				all = all && strings.Contains(line, w)
			}
			if all {
				return line
			}
		case <-end:
			l.Fatalf("no %q; said %q", what, seen)
		}
	}
}

// trunk sends what passes one interface out of another, part of it tagged.
func trunk(t *testing.T, words string) {
	from, to, _ := strings.Cut(words, " ")
	sock := func(name string) int {
		i, err := net.InterfaceByName(name)
		if err != nil {
			t.Fatal(err)
		}
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
		if err == nil {
			err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: 0x0300, Ifindex: i.Index}) // all of them, in network order
		}
		if err != nil {
			t.Fatal(err)
		}
		return fd
	}
	in, out := sock(from), sock(to)
	fmt.Println("peer ready")
	b := make([]byte, 1<<16)
	for {
		n, _, err := unix.Recvfrom(in, b, 0)
		if err != nil {
			return
		}
		f := b[:n]
		for _, at := range [...]int{26, 30, 28, 38} { // addresses of IPv4, and of ARP
			if len(f) >= 42 && bytes.HasPrefix(f[at:], []byte{10, 99, 8}) {
				f = slices.Concat(f[:12], []byte{0x81, 0, 0, 20}, f[12:])
				break
			}
		}
		_, _ = unix.Write(out, f) // offloaded segments may be too long
	}
}
