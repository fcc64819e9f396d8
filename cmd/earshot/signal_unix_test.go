//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// taken waits until a program has read so many bytes of its capture, as it says itself. It
// must have read some already: until it listens to signals, one ends it.
func taken(t *testing.T, cmd *exec.Cmd, said <-chan string, bytes int) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < patience; {
		if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		if _, ok := awaitFor(t, 100*time.Millisecond, said, []string{size(float64(bytes)) + " read, "}); ok {
			return
		}
	}
	t.Fatalf("it does not read all of %d bytes", bytes)
}

// fed starts a program that reads a capture from its input.
func fed(t *testing.T) (cmd *exec.Cmd, in io.WriteCloser, out *bytes.Buffer, said <-chan string) {
	t.Helper()
	cmd, out = exec.Command(binary, "listen", "-r", "-", "-oJ", "-"), new(bytes.Buffer)
	cmd.Stdout = out
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	return cmd, in, out, started(t, cmd)
}

// SIGUSR1 says how far the reading is and disturbs nothing.
func TestProgressSignal(t *testing.T) {
	cmd, in, out, said := fed(t)
	b := packets(t)
	if _, err := in.Write(b); err != nil { // more than a pipe holds
		t.Fatal(err)
	}
	taken(t, cmd, said, len(b))
	in.Close()
	for range said {
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(out.String(), "OpenSSH") {
		t.Error("the report is missing")
	}
}

// Ctrl-C while reading reports what is known by then.
func TestInterrupted(t *testing.T) {
	cmd, in, out, said := fed(t)
	b := packets(t)
	if _, err := in.Write(b[:len(b)-100]); err != nil {
		t.Fatal(err)
	}
	taken(t, cmd, said, len(b)-100)
	interrupted(t, cmd, said, syscall.SIGINT)
	if !strings.Contains(out.String(), "OpenSSH") {
		t.Error("what was known is not reported")
	}
}

// interrupted ends a program by a signal, and sees to it that it ends as one does that was
// interrupted.
func interrupted(t *testing.T, cmd *exec.Cmd, said <-chan string, by syscall.Signal) {
	t.Helper()
	if err := cmd.Process.Signal(by); err != nil {
		t.Fatal(err)
	}
	if code, last := ended(t, cmd, said); code != exitInterrupted {
		t.Errorf("exit status %d, want %d: %s", code, exitInterrupted, last)
	}
}

// ended waits until a program ends, and returns its exit status (-1: a signal ended it) and
// the last that it said.
func ended(t *testing.T, cmd *exec.Cmd, said <-chan string) (code int, last string) {
	t.Helper()
	stuck := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	for line := range said {
		last = line
	}
	_ = cmd.Wait() // the caller looks at how
	if !stuck.Stop() {
		t.Fatal("it does not end")
	}
	return cmd.ProcessState.ExitCode(), last
}

// A pipe that nobody writes to, or that a writer leaves open, does not hold the program
// when it is told to end.
func TestInterruptedPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	run := func() (*exec.Cmd, <-chan string, *bytes.Buffer) {
		cmd := exec.Command(binary, "listen", "-r", path, "-oJ", "-")
		out := new(bytes.Buffer)
		cmd.Stdout = out
		return cmd, started(t, cmd), out
	}
	// Nobody sees from outside whether it waits for a writer, or is being loaded still: who
	// was ended by the signal itself did not listen to it yet.
	for wait := 300 * time.Millisecond; ; wait *= 2 {
		cmd, said, _ := run()
		time.Sleep(wait)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if code, _ := ended(t, cmd, said); code >= 0 {
			break
		}
		if wait > patience/4 {
			t.Fatal("it does not listen to the signal")
		}
	}
	cmd, said, out := run()
	w, err := os.OpenFile(path, os.O_WRONLY, 0) // waits for the reader
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	b := packets(t)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	taken(t, cmd, said, len(b))
	interrupted(t, cmd, said, syscall.SIGTERM)
	if !strings.Contains(out.String(), "OpenSSH") {
		t.Error("what was heard before is not reported")
	}
}
