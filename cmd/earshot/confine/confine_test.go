//go:build linux

package confine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// task is what a child of these tests does: it confines itself, tries things, and tells
// what came of them.
type task struct {
	User, State, Read, Other string
	Policy                   Policy
	Packet                   bool // opens a packet socket first
	Free                     bool // does not confine itself
}

// TestMain is the child when it is told to be.
func TestMain(m *testing.M) {
	if text := os.Getenv("EARSHOT_CONFINE"); text != "" {
		var t task
		if err := json.Unmarshal([]byte(text), &t); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(t.run())
	}
	os.Exit(m.Run())
}

func (k *task) run() int {
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	packet := -1
	if k.Packet {
		var err error
		if packet, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK, int(htons(unix.ETH_P_ALL))); err != nil {
			return fail(err)
		}
		if err := unix.Bind(packet, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ALL), Ifindex: 1}); err != nil {
			return fail(err)
		}
	}
	// A thread that was there before, and is no goroutine's but this one's.
	ask, answer := make(chan func() error), make(chan error)
	go func() {
		runtime.LockOSThread()
		for f := range ask {
			answer <- f()
		}
	}()
	state, err := os.OpenFile(filepath.Join(k.State, "open"), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return fail(err)
	}
	if k.User != "" {
		if err := Become(k.User); err != nil {
			return fail(err)
		}
	}
	var missing []string
	if !k.Free {
		if missing, err = Enter(k.Policy); err != nil {
			return fail(err)
		}
	}
	got := map[string]string{"missing": strings.Join(missing, "; ")}
	try := func(name string, f func() error) {
		ask <- f
		for where, err := range map[string]error{"": f(), ", other thread": <-answer} {
			what := "done"
			switch {
			case errors.Is(err, fs.ErrPermission): // EACCES and EPERM
				what = "refused"
			case errors.Is(err, unix.ENOSYS):
				what = "absent"
			case err != nil:
				what = err.Error()
			}
			got[name+where] = what
		}
	}
	open := func(domain, kind, proto int) func() error {
		return func() error {
			fd, err := unix.Socket(domain, kind, proto)
			if err == nil {
				unix.Close(fd)
			}
			return err
		}
	}
	try("udp socket", open(unix.AF_INET, unix.SOCK_DGRAM, 0))
	try("tcp socket", open(unix.AF_INET6, unix.SOCK_STREAM, 0))
	try("unix socket", open(unix.AF_UNIX, unix.SOCK_STREAM, 0))
	try("packet socket", open(unix.AF_PACKET, unix.SOCK_RAW, 0))
	try("raw socket", open(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP))
	try("dial", func() error {
		c, err := net.Dial("udp", "127.0.0.1:9")
		if err == nil {
			c.Close()
		}
		return err
	})
	try("listen", func() error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			l.Close()
		}
		return err
	})
	try("exec", func() error { return exec.Command("/bin/true").Run() })
	try("signal another", func() error { return unix.Kill(os.Getppid(), 0) })
	try("io_uring", func() error {
		_, _, e := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
		return e
	})
	try("a call of tomorrow", func() error {
		_, _, e := unix.Syscall(9999, 0, 0, 0)
		return e
	})
	try("memory that runs", func() error {
		b, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err == nil {
			_ = unix.Munmap(b)
		}
		return err
	})
	if got["memory that runs"] == "refused" { // without a filter each would be the end of it
		try("exec in place", func() error { return syscall.Exec("/bin/true", []string{"true"}, nil) })
		try("run from the state's folder", func() error { return syscall.Exec(filepath.Join(k.State, "open"), []string{"x"}, nil) })
		try("trace", func() error {
			_, _, e := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_TRACEME, 0, 0, 0, 0, 0)
			if e != 0 {
				return e
			}
			return nil
		})
	}
	try("chmod", func() error { return os.Chmod(filepath.Join(k.State, "open"), 0o777) })
	try("user 0", func() error { return syscall.Setuid(0) })
	try("read shadow", readable("/etc/shadow"))
	try("read passwd", readable("/etc/passwd"))
	try("read a neighbour", readable(filepath.Join(k.Other, "secret")))
	try("write beside", func() error { return os.WriteFile(filepath.Join(k.Other, "new"), []byte("x"), 0o600) })
	try("remove beside", func() error { return os.Remove(filepath.Join(k.Other, "secret")) })
	try("list the root", func() error {
		_, err := os.ReadDir("/")
		return err
	})
	try("read what is named", readable(filepath.Join(k.Read, "in", "named")))
	try("write what is named", func() error { return os.WriteFile(filepath.Join(k.Read, "in", "named"), nil, 0o600) })
	try("make in the state's folder", func() error {
		name := filepath.Join(k.State, fmt.Sprint("new", unix.Gettid()))
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			return err
		}
		if err := os.Truncate(name, 0); err != nil {
			return err
		}
		return os.Remove(name)
	})
	try("keep a capability", func() error {
		h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var d [2]unix.CapUserData
		if err := unix.Capget(&h, &d[0]); err != nil {
			return err
		}
		if d != [2]unix.CapUserData{} {
			return nil
		}
		return fs.ErrPermission // they are gone
	})
	try("write to what is open", func() error {
		_, err := state.WriteString("x")
		return err
	})
	try("threads", func() error {
		done := make(chan int)
		for range 20 {
			go func() { runtime.LockOSThread(); done <- 1 }()
		}
		for range 20 {
			<-done
		}
		return nil
	})
	if k.Packet {
		try("send a frame by write", func() error {
			_, err := unix.Write(packet, make([]byte, 60))
			return err
		})
		try("send a frame by sendto", func() error {
			return unix.Sendto(packet, make([]byte, 60), 0, &unix.SockaddrLinklayer{Ifindex: 1})
		})
		try("another number for it", func() error {
			_, err := unix.Dup(packet)
			return err
		})
		try("another number by fcntl", func() error {
			_, err := unix.FcntlInt(uintptr(packet), unix.F_DUPFD_CLOEXEC, 0)
			return err
		})
		try("bind it again", func() error {
			return unix.Bind(packet, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ALL), Ifindex: 1})
		})
		try("hear", func() error {
			_, _, err := unix.Recvfrom(packet, make([]byte, 60), 0)
			if errors.Is(err, unix.EAGAIN) { // nothing was said just now
				return nil
			}
			return err
		})
	}
	_ = json.NewEncoder(os.Stdout).Encode(got)
	return 0
}

func readable(path string) func() error {
	return func() error {
		_, err := os.ReadFile(path)
		return err
	}
}

func htons(v uint16) uint16 { return v<<8 | v>>8 }

// folders makes what a child tries itself on.
func folders(t *testing.T, name string) task {
	t.Helper()
	root := os.Geteuid() == 0
	dir := t.TempDir()
	for p := dir; p != "/" && p != "/tmp"; p = filepath.Dir(p) {
		if root {
			_ = os.Chmod(p, 0o755) // so that nobody gets there
		}
	}
	k := task{User: name, State: filepath.Join(dir, "state"), Read: filepath.Join(dir, "read"), Other: filepath.Join(dir, "other"), Packet: root}
	for _, d := range []string{k.State, filepath.Join(k.Read, "in"), k.Other} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{filepath.Join(k.Read, "in", "named"), filepath.Join(k.Other, "secret")} {
		if err := os.WriteFile(f, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// child runs a child and returns what came of what it tried.
func (k *task) child(t *testing.T) map[string]string {
	t.Helper()
	text, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "EARSHOT_CONFINE="+string(text))
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	got := map[string]string{}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// What a listener is refused works where nothing is confined: so what TestEnter finds is
// the policy's doing.
func TestFree(t *testing.T) {
	k := folders(t, "")
	k.Free = true
	got := k.child(t)
	want := []string{
		"udp socket", "tcp socket", "unix socket", "dial", "listen", "exec", "signal another", "memory that runs", "chmod", "read passwd",
		"read a neighbour", "write beside", "list the root", "write what is named",
	}
	if k.Packet {
		want = append(want, "packet socket", "raw socket", "user 0", "keep a capability", "read shadow", "send a frame by write", "send a frame by sendto", "another number for it", "another number by fcntl")
	}
	for _, name := range want {
		if got[name] != "done" {
			t.Errorf("%s: %q, not done", name, got[name])
		}
	}
	if a, b := got["remove beside"], got["remove beside, other thread"]; a != "done" && b != "done" { // there is one to remove
		t.Errorf("remove beside: %q and %q", a, b)
	}
	if got["io_uring"] == "refused" && got["a call of tomorrow"] == "absent" {
		t.Log("this kernel lets nobody use io_uring")
	}
}

// What must not work is tried from inside, on this kernel, on two threads; what must, too.
func TestEnter(t *testing.T) {
	root := os.Geteuid() == 0
	for _, c := range []struct {
		name, user string
		ask, brief bool
	}{{"listener", "", false, false}, {"listener as nobody", "nobody", false, false}, {"asker", "", true, false}, {"asker as nobody", "nobody", true, false}, {"reader", "", false, true}} {
		t.Run(c.name, func(t *testing.T) {
			if c.user != "" {
				if _, err := user.Lookup(c.user); err != nil || !root {
					t.Skip("needs root and the user nobody")
				}
			}
			k := folders(t, c.user)
			k.Policy = Policy{Write: []string{k.State}, Read: []string{k.Read, filepath.Join(k.Read, "missing")}, Ask: c.ask, Brief: c.brief}
			got := k.child(t)
			if got["missing"] != "" {
				t.Skip(got["missing"])
			}
			asks := map[bool]string{true: "done", false: "refused"}[c.ask]
			want := map[string]string{
				"udp socket": asks, "tcp socket": asks, "dial": asks, "unix socket": "refused", "packet socket": "refused", "raw socket": "refused",
				"listen": "refused", "exec": "refused", "exec in place": "refused", "trace": "refused", "signal another": "refused",
				"io_uring": "refused", "a call of tomorrow": "absent", "memory that runs": "refused", "chmod": "refused", "user 0": "refused", "keep a capability": "refused",
				"read shadow": "refused", "read passwd": "refused", "read a neighbour": "refused", "write beside": "refused", "remove beside": "refused",
				"list the root": "refused", "read what is named": "done", "write what is named": "refused",
				"make in the state's folder": "done", "run from the state's folder": "refused", "write to what is open": "done", "threads": "done",
			}
			if k.Packet {
				want["send a frame by write"], want["send a frame by sendto"] = "refused", "refused"
				want["another number for it"], want["another number by fcntl"] = "refused", "refused"
				want["bind it again"], want["hear"] = "done", "done"
			}
			for name, what := range want {
				for _, where := range []string{"", ", other thread"} {
					if got[name+where] != what {
						t.Errorf("%s%s: %q, not %q", name, where, got[name+where], what)
					}
				}
			}
		})
	}
}

// Becoming nobody that is known, or somebody else without being root, fails.
func TestBecome(t *testing.T) {
	if err := Become("no-such-user-here"); err == nil || !strings.Contains(err.Error(), "no user no-such-user-here") {
		t.Errorf("says %v", err)
	}
	if err := Become(fmt.Sprint(os.Getuid())); err != nil {
		t.Errorf("who it is already: %v", err)
	}
	if os.Getuid() != 0 {
		if err := Become("root"); err == nil {
			t.Error("became root")
		}
	}
}
