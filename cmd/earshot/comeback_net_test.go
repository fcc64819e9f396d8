//go:build linux

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A sensor that has given up its privileges hears an interface again that was down, and
// one that was taken away and made anew.
func TestMirrorComesBack(t *testing.T) {
	l := newLAN(t, map[string]string{"a": "10.99.9.1", "b": "10.99.9.2"})
	cmd, said := l.start("b", nil, binary, "listen", "-i", "eth0", "--capture", "afpacket", "--state", filepath.Join(t.TempDir(), "x.db"))
	l.wait(said, "listening on eth0")
	last := 0
	hears := func() {
		t.Helper()
		for range 20 {
			l.in("a", "bash -c echo>/dev/udp/10.99.9.77/9") // asks on the wire who that is
			if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
				t.Fatal(err)
			}
			n := 0
			if _, err := fmt.Sscanf(l.wait(said, " packets ("), "%d packets", &n); err != nil {
				t.Fatal(err)
			}
			if n > last {
				last = n
				return
			}
			time.Sleep(300 * time.Millisecond)
		}
		t.Fatalf("it heard nothing after %d packets", last)
	}
	hears()
	l.run("ip -n " + l.id + "b link set eth0 down")
	l.wait(said, "it is down or was taken away")
	l.run("ip -n " + l.id + "b link set eth0 up")
	l.wait(said, "eth0: listening again")
	hears()
	l.run("ip -n " + l.id + "b link del eth0")
	l.wait(said, "it is down or was taken away")
	l.run(fmt.Sprintf("ip -n %sb link add eth0 type veth peer name pb netns %ss", l.id, l.id))
	l.run("ip -n " + l.id + "s link set pb master br0 up")
	l.run("ip -n " + l.id + "b link set eth0 up")
	l.wait(said, "eth0: listening again")
	hears()
	for _, s := range statusOf(t, cmd.Process.Pid, "Seccomp") {
		if !strings.HasPrefix(s, "2") {
			t.Errorf("it was not confined: %s", s)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	l.wait(said, "0 dropped by the kernel")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
