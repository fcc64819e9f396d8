//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
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
	l.run("ip -n " + sw + " link add br0 type bridge ageing_time 0") // what comes in goes out everywhere
	l.run("ip -n " + sw + " link set br0 up")
	for n, addr := range hosts {
		l.run("ip netns add " + l.id + n)
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", l.id+n).Run() })
		l.run(fmt.Sprintf("ip -n %s%s link add eth0 type veth peer name p%s netns %s", l.id, n, n, sw))
		l.run(fmt.Sprintf("ip -n %s link set p%s master br0 up", sw, n))
		l.run(fmt.Sprintf("ip -n %s%s addr add %s/24 dev eth0", l.id, n, addr))
		l.run(fmt.Sprintf("ip -n %s%s link set eth0 up", l.id, n))
	}
	return l
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
	c := make(chan string, 10000)
	go func() {
		defer close(c)
		for s := bufio.NewScanner(r); s.Scan(); {
			c <- s.Text()
		}
	}()
	return cmd, c
}

// peer runs TestWatchPeer on a host.
func (l *lan) peer(host, role string) <-chan string {
	l.Helper()
	_, c := l.start(host, []string{"EARSHOT_PEER=" + role}, os.Args[0], "-test.run=^TestWatchPeer$", "-test.v")
	return c
}

// wait waits for a line that holds all of some words, and returns it.
func (l *lan) wait(c <-chan string, what ...string) string {
	l.Helper()
	end := time.After(40 * time.Second)
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
func trunk(t *testing.T, from, to string) {
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
