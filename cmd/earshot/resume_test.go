package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A run that was interrupted is gone on with: what was finished is not asked again, what was
// not is, and the report is that of a run that was not interrupted.
func TestProbeResume(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nothing interrupts there")
	}
	var slow atomic.Bool
	var slowest atomic.Int32 // which server
	var visits [6]atomic.Int32
	var ports []string
	for i := range visits {
		n := i
		at := serveTCP(t, "127.0.0.1:0", func(c net.Conn) {
			visits[n].Add(1)
			if int32(n) == slowest.Load() && slow.Load() {
				untilEnd(c)
				return
			}
			greets("SSH-2.0-OpenSSH_9." + string(rune('1'+n)) + "\r\n")(c)
		})
		ports = append(ports, at[strings.LastIndexByte(at, ':')+1:])
	}
	byNumber := slices.Clone(ports)
	slices.SortFunc(byNumber, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	slowest.Store(int32(slices.Index(ports, byNumber[3])))
	for _, how := range []string{"", "-sS"} {
		t.Run("how"+how, func(t *testing.T) {
			dir := t.TempDir()
			db, ledger := filepath.Join(dir, "run.db"), filepath.Join(dir, "ledger")
			for i := range visits {
				visits[i].Store(0)
			}
			slow.Store(true)
			args := []string{"probe", "--resume", db, "--ledger", ledger, "--in-order", "-p", strings.Join(ports, ",")}
			if how != "" {
				args = append(args, how)
			}
			cmd := exec.Command(binary, append(args, "127.0.0.1")...)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			want := int32(1)
			if how != "" {
				want = 2 // the scan connects, too
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			for visits[slowest.Load()].Load() < want && ctx.Err() == nil {
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(500 * time.Millisecond) // it knows that it is connected
			_ = cmd.Process.Signal(os.Interrupt)
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 130 {
				t.Fatalf("exit status %d, want 130\n%s%s", code, out.String(), errs.String())
			}
			slow.Store(false)
			var before [6]int32
			done := 0
			for i := range visits {
				before[i] = visits[i].Load()
				if strings.Contains(out.String(), "OpenSSH 9."+string(rune('1'+i))) {
					done++
				} else {
					before[i] = 0
				}
			}
			if done == 0 && how == "" || done == len(visits) { // a scan finds them in any order
				t.Fatalf("%d ports were known at the interruption:\n%s", done, out.String())
			}
			rest := earshot(t, "", "probe", "--resume", db).want(t, 0)
			for i := range visits {
				if !strings.Contains(rest.out, "OpenSSH 9."+string(rune('1'+i))) {
					t.Errorf("port %s is not in the report", ports[i])
				}
				switch now := visits[i].Load(); {
				case before[i] > 0 && now != before[i]:
					t.Errorf("port %s, which was known, was asked again", ports[i])
				case before[i] == 0 && now == 0:
					t.Errorf("port %s was never asked", ports[i])
				}
			}
			b, err := os.ReadFile(ledger)
			if err != nil {
				t.Fatal(err)
			}
			lines := map[string]bool{}
			for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
				var e struct {
					Outcome string `json:"outcome"`
				}
				if err := json.Unmarshal([]byte(line), &e); err != nil {
					t.Fatal(err)
				}
				lines[e.Outcome] = true
			}
			if !lines["interrupted"] {
				t.Error("the first run's ledger is gone, or has no line of the interruption")
			}
			times := regexp.MustCompile(`heard .*UTC|in [0-9.]+ seconds`)
			third := earshot(t, "", "probe", "--resume", db).want(t, 0)
			if a, b := times.ReplaceAllString(rest.out, ""), times.ReplaceAllString(third.out, ""); a != b {
				t.Errorf("once more, and the report differs:\n%s\n%s", a, b)
			}
			if !strings.Contains(third.errs, "sent about 0 packets") {
				t.Errorf("a finished run sends packets when it is resumed: %s", third.errs)
			}
		})
	}
	earshot(t, "", "probe", "--resume", put(t, t.TempDir(), "no.db", "text")).want(t, 1)
}
