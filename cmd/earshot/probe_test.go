package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// webServer is a server to be asked, and its port.
func webServer(t *testing.T) (port string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Server", "nginx/1.22.1")
	}))
	s.Listener.Close()
	s.Listener = ordinaryPort(t, "127.0.0.1:0")
	s.Start()
	t.Cleanup(s.Close)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port, asked
}

func TestProbe(t *testing.T) {
	port, asked := webServer(t)
	dir := t.TempDir()
	j, x, l := filepath.Join(dir, "o.jsonl"), filepath.Join(dir, "o.xml"), filepath.Join(dir, "ledger")
	r := earshot(t, "", "probe", "-oJ", j, "-oX", x, "--ledger", l, "-p", port+",1", "127.0.0.1").want(t, 0)
	if !strings.Contains(r.out, "nginx 1.22.1") || !strings.Contains(r.out, "1/tcp") || !strings.Contains(r.out, "closed") {
		t.Errorf("table:\n%s", r.out)
	}
	if !strings.Contains(r.out, "\nearshot done: 1 IP address (1 host up) scanned in ") || !strings.HasSuffix(r.out, " seconds, 1 service found\n") {
		t.Errorf("the run is not summed up:\n%s", r.out)
	}
	if asked.Load() != 1 {
		t.Errorf("it was asked %d times", asked.Load())
	}
	text, err := os.ReadFile(j)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for line := range strings.Lines(string(text)) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		found = found || v["method"] == "active" && v["product"] == "nginx" && v["version"] == "1.22.1"
	}
	if !found {
		t.Errorf("JSON:\n%s", text)
	}
	if text, _ = os.ReadFile(x); !strings.Contains(string(text), `product="nginx" version="1.22.1"`) || !strings.Contains(string(text), `method="probed"`) {
		t.Errorf("XML:\n%s", text)
	}
	if text, _ = os.ReadFile(l); strings.Count(string(text), "\n") < 2 {
		t.Errorf("ledger:\n%s", text)
	}
}

// A dry run tells the plan and sends nothing; what is excluded is never asked.
func TestProbeSendsNothing(t *testing.T) {
	port, asked := webServer(t)
	r := earshot(t, "", "probe", "--dry-run", "-p", port, "127.0.0.1").want(t, 0)
	if !strings.Contains(r.out, "GetRequest") || !strings.Contains(r.out, "at most") {
		t.Errorf("plan:\n%s", r.out)
	}
	earshot(t, "", "probe", "-q", "-p", port, "--exclude", "127.0.0.1", "127.0.0.0/30").want(t, 0)
	if n := asked.Load(); n != 0 {
		t.Errorf("it was asked %d times", n)
	}
}

func TestProbeUsage(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"-p", "70000", "127.0.0.1"},
		{"-p", "9-2", "127.0.0.1"},
		{"-p", "", "127.0.0.1"},
		{"--strategy", "loud", "127.0.0.1"},
		{"--version-intensity", "10", "127.0.0.1"},
		{"--host-timeout", "soon", "127.0.0.1"},
		{"-p", "80", "--exclude", "1.2.3.4/99", "127.0.0.1"},
		{"-p", "80", "fe80::1"},
		{"-p", "80", "fe80::1%nosuch"},
	} {
		r := earshot(t, "", append([]string{"probe"}, args...)...)
		if r.code != 2 || strings.Count(r.errs, "\n") != 1 {
			t.Errorf("%q: exit status %d, %q", args, r.code, r.errs)
		}
	}
}

// Hosts of a capture that the user did not name are not asked, and what listening
// identified is not asked again.
func TestProbeAfterCapture(t *testing.T) {
	r := earshot(t, "", "probe", "--dry-run", "-r", day, "127.0.0.1").want(t, 0)
	if !strings.Contains(r.out, "0 ports of 0 hosts") {
		t.Errorf("plan:\n%s", r.out)
	}
	r = earshot(t, "", "probe", "--dry-run", "-r", day, "10.77.0.0/24").want(t, 0)
	if !strings.Contains(r.out, "not asked: known: tcp ssh OpenSSH") {
		t.Errorf("plan:\n%s", r.out)
	}
}

// Ctrl-C ends the asking; what is known is printed.
func TestProbeInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals")
	}
	port, _ := webServer(t)
	taken := make(chan bool, 9)
	_, silent, _ := net.SplitHostPort(serveTCP(t, "127.0.0.1:0", func(c net.Conn) {
		taken <- true
		untilEnd(c)
	}))
	var out strings.Builder
	cmd := exec.Command(binary, "probe", "-p", fmt.Sprintf("%s,%s", port, silent), "127.0.0.1")
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-taken
	time.Sleep(1200 * time.Millisecond)
	_ = cmd.Process.Signal(syscall.SIGINT)
	err := cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit status %d (%v)", code, err)
	}
	if !strings.Contains(out.String(), "earshot report for 127.0.0.1") || !strings.Contains(out.String(), silent+"/tcp") {
		t.Errorf("report:\n%s", out.String())
	}
}
