//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestWatchPeer is no test but a part of TestWatchStory: what runs on the other hosts.
func TestWatchPeer(t *testing.T) {
	switch role, at, _ := strings.Cut(os.Getenv("EARSHOT_PEER"), " "); role {
	case "server": // says what nobody knows, and is a web server when it is asked like one
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("peer ready")
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(10 * time.Second))
				b := make([]byte, 512)
				n, _ := c.Read(b)
				fmt.Println("peer asked by", c.RemoteAddr())
				if strings.HasPrefix(string(b[:n]), "GET ") {
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nServer: nginx/1.25.9\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
				} else {
					_, _ = io.WriteString(c, "\x17\xf3\x90zz?")
				}
			}()
		}
	case "client":
		for range 100 {
			for _, to := range strings.Fields(at) {
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
	default:
		t.Skip("run by TestWatchStory")
	}
}

// The loop: a sensor on a port where everything is heard listens to two servers that it
// does not recognise, asks the one that it may ask, and knows it; its own questions are no
// evidence, the other server gets no packet, and everything is on the ledger.
func TestWatchStory(t *testing.T) {
	if os.Getenv("EARSHOT_NET") == "" || os.Geteuid() != 0 {
		t.Skip("builds a network: make test-net, as root")
	}
	run := func(line string) {
		t.Helper()
		w := strings.Fields(line)
		if out, err := exec.Command(w[0], w[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
	}
	id := fmt.Sprintf("ew%d", os.Getpid()%100000)
	sw := id + "s"
	spaces := map[string]string{"a": "10.99.7.1", "b": "10.99.7.2", "c": "10.99.7.3", "d": "10.99.7.4"}
	run("ip netns add " + sw)
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", sw).Run() })
	run("ip -n " + sw + " link add br0 type bridge ageing_time 0") // what comes in goes out everywhere
	run("ip -n " + sw + " link set br0 up")
	for n, addr := range spaces {
		run("ip netns add " + id + n)
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", id+n).Run() })
		run(fmt.Sprintf("ip -n %s%s link add eth0 type veth peer name p%s netns %s", id, n, n, sw))
		run(fmt.Sprintf("ip -n %s link set p%s master br0 up", sw, n))
		run(fmt.Sprintf("ip -n %s%s addr add %s/24 dev eth0", id, n, addr))
		run(fmt.Sprintf("ip -n %s%s link set eth0 up", id, n))
	}
	start := func(space string, env []string, args ...string) (*exec.Cmd, <-chan string) {
		t.Helper()
		cmd := exec.Command("ip", append([]string{"netns", "exec", id + space}, args...)...)
		cmd.Env = append(os.Environ(), env...)
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdout, cmd.Stderr = w, w
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); r.Close() })
		c := make(chan string, 10000)
		go func() {
			defer close(c)
			for s := bufio.NewScanner(r); s.Scan(); {
				c <- s.Text()
			}
		}()
		return cmd, c
	}
	peer := func(space, role string) <-chan string {
		_, c := start(space, []string{"EARSHOT_PEER=" + role}, os.Args[0], "-test.run=^TestWatchPeer$", "-test.v")
		return c
	}
	wait := func(c <-chan string, what ...string) string {
		t.Helper()
		end := time.After(40 * time.Second)
		var seen []string
		for {
			select {
			case l, ok := <-c:
				if !ok {
					t.Fatalf("ended without %q; said %q", what, seen)
				}
				seen = append(seen, l)
				all := true
				for _, w := range what {
					all = all && strings.Contains(l, w)
				}
				if all {
					return l
				}
			case <-end:
				t.Fatalf("no %q; said %q", what, seen)
			}
		}
	}
	asked, spared := peer("b", "server 10.99.7.2:7777"), peer("c", "server 10.99.7.3:7777")
	wait(asked, "peer ready")
	wait(spared, "peer ready")
	dir := t.TempDir()
	db, ledger := filepath.Join(dir, "w.db"), filepath.Join(dir, "ledger")
	sensor, said := start("a", nil, binary, "watch", "-i", "eth0", "--ask", "10.99.7.2/31", "--exclude", "10.99.7.3", "--grace", "2s", "--state", db, "--ledger", ledger, "-oJ", "-")
	wait(said, "listening on eth0")
	peer("d", "client 10.99.7.2:7777 10.99.7.3:7777")
	wait(said, `"host":"10.99.7.2"`, `"port":7777`, `"product":"nginx"`, `"version":"1.25.9"`, `"method":"active"`)
	time.Sleep(3 * time.Second) // in which it could ask more
	if err := sensor.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	wait(said, "asked: ")
	if err := sensor.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	questions := 0
	for len(asked) > 0 {
		if strings.Contains(<-asked, "peer asked by 10.99.7.1:") {
			questions++
		}
	}
	if questions == 0 || questions > 8 {
		t.Errorf("asked %d times", questions)
	}
	for len(spared) > 0 {
		if l := <-spared; strings.Contains(l, "peer asked by 10.99.7.1:") {
			t.Errorf("one out of scope was asked: %s", l)
		}
	}
	text, err := os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, l := range lines {
		var e struct{ Host string }
		if json.Unmarshal([]byte(l), &e) != nil || e.Host != "10.99.7.2" {
			t.Errorf("on the ledger: %s", l)
		}
	}
	if len(lines) < questions {
		t.Errorf("%d questions, and %d lines on the ledger", questions, len(lines))
	}
	why := earshot(t, "", "explain", "--state", db, "10.99.7.2:7777")
	if !strings.Contains(why.out, "active, ") || !strings.Contains(why.out, "passive, ") || strings.Count(why.out, "nginx 1.25.9, by match") != 1 {
		t.Errorf("explained: %s%s", why.out, why.errs)
	}
	if r := earshot(t, "", "report", "--state", db, "--unidentified"); !strings.Contains(r.out, "10.99.7.3") || strings.Contains(r.out, "10.99.7.2") {
		t.Errorf("unidentified: %s", r.out)
	}
}

// Wrong flags are told before anything is opened.
func TestWatchUsage(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"watch", "watch needs -i"},
		{"watch -i lo", "watch needs --ask"},
		{"watch -i lo --ask 10.0.0.0/33", "--ask"},
		{"watch -i lo --ask 10.0.0.0/24 --budget many", "--budget"},
		{"watch -i lo --ask 10.0.0.0/24 --quiet-hours noon", "--quiet-hours"},
	} {
		if r := earshot(t, "", strings.Fields(c.args)...); r.code != 2 || !strings.Contains(r.errs, c.says) || strings.Count(r.errs, "\n") != 1 {
			t.Errorf("%s: %d %q", c.args, r.code, r.errs)
		}
	}
}
