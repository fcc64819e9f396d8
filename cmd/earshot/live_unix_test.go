//go:build unix

package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A sensor on the loopback interface tells of a server as soon as it is heard, reads its
// signatures again, says how it is doing, and ends with everything on disk and status 0.
func TestLiveStory(t *testing.T) {
	if r := earshot(t, "", "listen", "-i", "no-such-interface"); r.code != 1 || !strings.Contains(r.errs, "no-such-interface") || strings.Count(r.errs, "\n") != 1 {
		t.Errorf("an interface that is not there: %+v", r)
	}
	if r := earshot(t, "", "listen", "-i", "lo", "--metrics", "9464"); r.code != 2 || !strings.Contains(r.errs, "an address and a port") {
		t.Errorf("--metrics without a colon: %+v", r)
	}
	db := filepath.Join(t.TempDir(), "live.db")
	name := "lo"
	if _, err := os.Stat("/proc"); err != nil {
		name = "lo0"
	}
	settings, probes := filepath.Join(t.TempDir(), "earshot.yaml"), filepath.Join(t.TempDir(), "own.probes")
	if err := os.WriteFile(settings, []byte("listen:\n  versiondb: ["+probes+"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	own := func(text string) {
		if err := os.WriteFile(probes, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	own("Probe TCP NULL q||\n")
	cmd := exec.Command(binary, "listen", "--config", settings, "-i", name, "--state", db, "--metrics", ":0", "-oJ", "-", "tcp")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, told := started(t, cmd), spoken(out)
	counters := await(t, said, "counters at http://127.0.0.1:")
	counters = counters[strings.Index(counters, "http://"):]
	await(t, said, "listening on "+name)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", "nginx/1.25.9")
		_, _ = io.WriteString(w, "hello")
	}))
	defer server.Close()
	port := server.URL[strings.LastIndexByte(server.URL, ':')+1:]
	// What else goes over the interface may be more than can be heard: what was lost is said again.
	againUntil(t, told, func() {
		r, err := http.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
	}, `"type":"service"`, `"port":`+port, `"product":"nginx"`, `"version":"1.25.9"`)
	for try := 0; ; try++ { // while it listens; what is told is on disk within a second
		r := earshot(t, "", "report", "--state", db)
		if strings.Contains(r.out, "nginx 1.25.9") {
			break
		}
		if try == 1200 {
			t.Fatalf("the state does not know yet: %+v", r)
		}
		time.Sleep(100 * time.Millisecond)
	}
	scrape := ""
	for range 1200 { // the picture is drawn once a second
		r, err := http.Get(counters)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", counters, r.Status, err)
		}
		if scrape = string(b); strings.Contains(scrape, `earshot_services{identified="yes"}`) && !strings.Contains(scrape, `earshot_banners_total{proto="tcp"} 0`) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, want := range []string{
		`earshot_capture_packets_total{interface="` + name + `"} `, `earshot_capture_dropped_packets_total{interface="` + name + `",reason="kernel"} `,
		`earshot_matches_total{kind="match",source="passive"} `, "earshot_match_duration_seconds_count ", "earshot_state_write_duration_seconds_count ",
		`earshot_service_changes_total{kind="new-service"} `, "earshot_last_packet_timestamp_seconds ",
		`earshot_flows{proto="tcp"} `, `earshot_flows{proto="udp"} `, "earshot_flows_evicted_total{", "earshot_stream_gap_bytes_total ", "earshot_decode_errors_total{", "earshot_hosts ", "earshot_capture_bytes_total{", "earshot_build_info{", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(scrape, want) {
			t.Errorf("the counters do not have %s", want)
		}
	}
	if strings.Contains(scrape, `earshot_banners_total{proto="tcp"} 0`) || strings.Contains(scrape, "127.0.0.1") {
		t.Errorf("counters: %s", scrape)
	}
	for _, s := range []struct {
		signal syscall.Signal
		own    string
		says   string
	}{
		{syscall.SIGHUP, "Probe TCP NULL q||\nmatch twelfth m|^twelve ([\\d.]+)\\n| p/Twelfth/ v/$1/\n", "signatures and settings read again"},
		{syscall.SIGHUP, "Probe TCP\n", "stay as they are"},
		{syscall.SIGUSR1, "", "endpoints known"},
	} {
		own(s.own)
		if err := cmd.Process.Signal(s.signal); err != nil {
			t.Fatal(err)
		}
		await(t, said, s.says)
	}
	greeter := serveTCP(t, "127.0.0.1:0", func(c net.Conn) { _, _ = io.WriteString(c, "twelve 12.12\n") })
	againUntil(t, told, func() {
		guest, err := net.Dial("tcp", greeter)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, guest)
		guest.Close()
	}, `"product":"Twelfth"`, `"version":"12.12"`)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	await(t, said, "dropped by the kernel")
	for range told {
	}
	for range said {
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if r := earshot(t, "", "report", "--state", db, "--product", "nginx"); r.code != 0 || !strings.Contains(r.out, port+"/tcp") {
		t.Errorf("%+v", r)
	}
}
