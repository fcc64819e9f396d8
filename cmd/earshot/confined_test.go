//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// statusOf returns a line of each thread's status.
func statusOf(t *testing.T, pid int, name string) []string {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(files) == 0 {
		t.Fatalf("no threads of %d: %v", pid, err)
	}
	var out []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // a thread that has ended
		}
		for _, l := range strings.Split(string(b), "\n") {
			if key, v, _ := strings.Cut(l, ":"); key == name {
				out = append(out, strings.Join(strings.Fields(v), " "))
			}
		}
	}
	return out
}

// Every thread of a sensor has given up what it does not need, and it still reads its
// signatures again, also those of a file that stands in another's place.
func TestSensorConfined(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("/tmp", "earshot") // where nobody gets to
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	var uid, gid int
	fmt.Sscan(nobody.Uid, &uid)
	fmt.Sscan(nobody.Gid, &gid)
	state := filepath.Join(dir, "state")
	for _, d := range []string{dir, state} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(state, uid, gid); err != nil {
		t.Fatal(err)
	}
	probes := filepath.Join(dir, "own.probes")
	if err := os.WriteFile(probes, []byte("Probe TCP NULL q||\nmatch one m|^one|\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"listen"}, {"watch", "--ask", "192.0.2.0/24", "--ledger", filepath.Join(state, "ledger")}} {
		t.Run(command[0], func(t *testing.T) {
			db := filepath.Join(state, command[0]+".db")
			cmd := exec.Command(binary, append(command, "-i", "lo", "-Z", "nobody", "--versiondb", probes, "--state", db)...)
			said := started(t, cmd)
			await(t, said, "listening on lo")
			for name, want := range map[string]string{
				"Uid": strings.Repeat(nobody.Uid+" ", 3) + nobody.Uid, "CapEff": "0000000000000000", "CapPrm": "0000000000000000", "CapInh": "0000000000000000",
				"CapBnd": "0000000000000000", "CapAmb": "0000000000000000", "NoNewPrivs": "1", "Seccomp": "2",
			} {
				for _, got := range statusOf(t, cmd.Process.Pid, name) {
					if got != want {
						t.Errorf("%s of a thread is %s, not %s", name, got, want)
					}
				}
			}
			if err := os.WriteFile(probes+".new", []byte("Probe TCP NULL q||\nmatch two m|^two|\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(probes+".new", probes); err != nil {
				t.Fatal(err)
			}
			for _, s := range []struct {
				signal syscall.Signal
				says   string
			}{{syscall.SIGHUP, "settings read again"}, {syscall.SIGUSR1, "endpoints known"}, {syscall.SIGTERM, "dropped by the kernel"}} {
				if err := cmd.Process.Signal(s.signal); err != nil {
					t.Fatal(err)
				}
				await(t, said, s.says)
			}
			for range said {
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("it ended with %v", err)
			}
			st, err := os.Stat(db)
			if err != nil || st.Sys().(*syscall.Stat_t).Uid != uint32(uid) {
				t.Errorf("the state is not nobody's: %v %v", st, err)
			}
			if left, _ := filepath.Glob(db + "-*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	// A reader of captures does the same, and writes its report as nobody.
	report := filepath.Join(state, "day.xml")
	earshot(t, "", "listen", "-r", day, "-Z", "nobody", "-oX", report, "--state", filepath.Join(state, "day.db")).want(t, 0)
	if st, err := os.Stat(report); err != nil || st.Size() == 0 || st.Sys().(*syscall.Stat_t).Uid != uint32(uid) {
		t.Errorf("the report: %v %v", st, err)
	}
	if r := earshot(t, "", "listen", "-r", day, "-Z", "no-such-user-here"); r.code != 1 || !strings.Contains(r.errs, "no user no-such-user-here") {
		t.Errorf("%+v", r)
	}
	if r := earshot(t, "", "listen", "-r", day, "-Z", "nobody", "--state", filepath.Join(dir, "denied.db")); r.code != 1 || !strings.Contains(r.errs, "denied.db") {
		t.Errorf("%+v", r)
	}
}
