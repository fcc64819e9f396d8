//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The loop: a sensor on a port where everything is heard listens to two servers that it
// does not recognise, asks the one that it may ask, and knows it; its own questions are no
// evidence, the other server gets no packet, and everything is on the ledger.
func TestWatchStory(t *testing.T) {
	if os.Getenv("EARSHOT_TEST_NETWORKS") == "" || os.Geteuid() != 0 {
		t.Skip("builds a network: make test-net, as root")
	}
	l := newLAN(t, map[string]string{"a": "10.99.7.1", "b": "10.99.7.2", "c": "10.99.7.3", "d": "10.99.7.4"})
	asked, spared := l.peer("b", "stranger 10.99.7.2:7777"), l.peer("c", "stranger 10.99.7.3:7777")
	l.wait(asked, "peer ready")
	l.wait(spared, "peer ready")
	dir := t.TempDir()
	db, ledger := filepath.Join(dir, "w.db"), filepath.Join(dir, "ledger")
	sensor, said := l.start("a", nil, binary, "watch", "-i", "eth0", "--ask", "10.99.7.2/31", "--exclude", "10.99.7.3", "--grace", "2s", "--state", db, "--ledger", ledger, "-oJ", "-")
	l.wait(said, "listening on eth0")
	l.peer("d", "clients 10.99.7.2:7777 10.99.7.3:7777")
	l.wait(said, `"host":"10.99.7.2"`, `"port":7777`, `"product":"nginx"`, `"version":"1.25.9"`, `"method":"active"`)
	time.Sleep(3 * time.Second) // in which it could ask more
	if err := sensor.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	l.wait(said, "asked: ")
	if err := sensor.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	questions := 0
	for len(asked) > 0 {
		if strings.Contains(<-asked, "peer asked by 10.99.7.1:") {
			questions++
		}
	}
	if questions == 0 || questions > 20 { // more where it takes an answer for late
		t.Errorf("asked %d times", questions)
	}
	for len(spared) > 0 {
		if line := <-spared; strings.Contains(line, "peer asked by 10.99.7.1:") {
			t.Errorf("one out of scope was asked: %s", line)
		}
	}
	text, err := os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines {
		var e struct{ Host, Why string }
		if json.Unmarshal([]byte(line), &e) != nil || e.Host != "10.99.7.2" || !strings.HasPrefix(e.Why, "heard, not identified: ") {
			t.Errorf("on the ledger: %s", line)
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

// What changes is told as it happens: a new host and port, a version, an address with
// another card, a port that is quiet. What has changed is asked at once; a port that never
// said anything is asked; so is a host behind a VLAN tag, whose answers lie there. The
// next run on the same state asks nobody.
func TestWatchChanges(t *testing.T) {
	l := newLAN(t, map[string]string{"a": "10.99.7.1", "b": "10.99.7.2", "d": "10.99.7.4"})
	for host, addr := range map[string]string{"a": "10.99.8.1", "b": "10.99.8.2", "d": "10.99.8.4"} {
		l.in(host, "ip addr add "+addr+"/24 dev eth0")
	}
	l.in("a", "ip link add eth1 type veth peer name mirror netns "+l.id+"s")
	l.in("a", "ip link set eth1 up")
	l.in("s", "ip link set mirror up")
	l.wait(l.peer("s", "trunk pb mirror"), "peer ready")
	dir := t.TempDir()
	version := filepath.Join(dir, "version")
	is := func(v string) {
		put(t, dir, "next", v) // never half of it
		if err := os.Rename(filepath.Join(dir, "next"), version); err != nil {
			t.Fatal(err)
		}
	}
	is("9.2p1")
	l.wait(l.peer("b", "greeter 10.99.7.2:22 "+version), "peer ready")
	l.wait(l.peer("b", "stranger 10.99.8.2:7070"), "peer ready")
	db, ledger, changes := filepath.Join(dir, "w.db"), filepath.Join(dir, "ledger"), filepath.Join(dir, "changes")
	args := []string{
		binary, "watch", "-i", "eth1", "--ask", "10.99.7.0/24", "--ask", "10.99.8.0/24", "--ask-vlan", "20", "--grace", "1s", "--stale", "15s",
		"--state", db, "--ledger", ledger, "--changes", changes, "-oJ", "-",
	}
	sensor, said := l.start("a", nil, args...)
	l.wait(said, "listening on eth1")
	l.peer("d", "visitor 10.99.7.2:22 100000") // to the end
	l.wait(said, `"kind":"new-service"`, `"host":"10.99.7.2"`, `"port":22`)
	l.peer("d", "visitor 10.99.8.2:7070 6")
	l.wait(said, `"host":"10.99.8.2"`, `"port":7070`, `"vlan":20`, `"product":"nginx"`, `"method":"active"`)
	is("9.6p1")
	l.wait(said, `"kind":"version-changed"`, `"port":22`, `"from":"OpenSSH 9.2p1"`, `"to":"OpenSSH 9.6p1"`)
	l.in("d", "ip link set eth0 address 02:00:5e:00:53:77")
	l.in("d", "ip neigh flush dev eth0")
	l.wait(said, `"kind":"address-moved"`, `"host":"10.99.7.4"`, `"to":"02:00:5e:00:53:77"`)
	gone := regexp.MustCompile(`"kind":"gone-quiet".*"port":7070\b.*"vlan":20\b`)
	holds(t, changes, gone.Match) // on a busy machine it may have been told before the line above
	holds(t, ledger, func(b []byte) bool { return strings.Contains(string(b), `"why":"its version has changed: `) })
	if err := sensor.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	l.wait(said, "asked: ")
	if err := sensor.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	text, err := os.ReadFile(changes)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"new-host", "new-service", "version-changed", "address-moved", "gone-quiet"} {
		if !strings.Contains(string(text), `{"type":"change","time":"`) || !strings.Contains(string(text), `"kind":"`+kind+`"`) {
			t.Errorf("%s is not in the file of changes: %s", kind, text)
		}
	}
	text, err = os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), `"host":"10.99.7.4"`) {
		t.Errorf("the ledger: %s", text)
	}
	before := strings.Count(string(text), "\n")

	sensor, said = l.start("a", nil, args...)
	l.wait(said, "listening on eth1")
	l.peer("d", "visitor 10.99.8.2:7070 6")
	time.Sleep(6 * time.Second)
	if err := sensor.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	l.wait(said, "asked: 0 connections, 0 datagrams")
	_ = sensor.Wait()
	if text, err = os.ReadFile(ledger); err != nil || strings.Count(string(text), "\n") != before {
		t.Errorf("the second run asked: %s (%v)", text, err)
	}
}

// holds waits until a file holds what is looked for.
func holds(t *testing.T, path string, has func([]byte) bool) {
	t.Helper()
	var text []byte
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(100 * time.Millisecond) {
		if text, _ = os.ReadFile(path); has(text) {
			return
		}
	}
	t.Fatalf("%s never has it: %s", path, text)
}

// Wrong flags are told before anything is opened.
func TestWatchUsage(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"watch", "watch needs -i"},
		{"watch -i lo", "watch needs --ask"},
		{"watch -i lo --ask 10.0.0.0/33", "--ask"},
		{"watch -i lo --ask 10.0.0.0/24 --budget many", "--budget"},
		{"watch -i lo --ask 10.0.0.0/24 --quiet-hours noon", "--quiet-hours"},
		{"watch -i lo --ask 10.0.0.0/24 --ask-vlan 4095", "--ask-vlan"},
		{"watch -i lo --ask 10.0.0.0/24 --stale never", "--stale"},
		{"watch -i lo --ask 10.0.0.0/24 --enough much", "--enough"},
		{"watch -i lo --ask 10.0.0.0/24 --changes - -oJ -", "standard output"},
	} {
		if r := earshot(t, "", strings.Fields(c.args)...); r.code != 2 || !strings.Contains(r.errs, c.says) || strings.Count(r.errs, "\n") != 1 {
			t.Errorf("%s: %d %q", c.args, r.code, r.errs)
		}
	}
}

// A file that cannot be written is told before anything is asked, whichever it is.
func TestWatchUnwritable(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	file := filepath.Join(t.TempDir(), "none", "x")
	for _, flag := range []string{"--changes", "--ledger", "--state", "-oJ"} {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		out, err := exec.CommandContext(ctx, binary, "watch", "-i", "lo", "--ask", "127.0.0.0/32", flag, file).CombinedOutput()
		cancel()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), file) {
			t.Errorf("%s: %v\n%s", flag, err, out)
		}
	}
}
