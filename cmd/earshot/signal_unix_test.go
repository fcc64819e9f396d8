//go:build unix

package main

import (
	"bufio"
	"bytes"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// SIGUSR1 says how far the reading is and disturbs nothing.
func TestProgressSignal(t *testing.T) {
	cmd := exec.Command(binary, "listen", "-r", "-", "-oJ", "-")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := packets(t)
	if _, err := in.Write(b); err != nil {
		t.Fatal(err)
	}
	// Once its input is taken the program listens to signals.
	time.Sleep(300 * time.Millisecond)
	if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil || !strings.Contains(line, " read, ") {
		t.Errorf("says %q (%v)", line, err)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(out.String(), "OpenSSH") {
		t.Error("the report is missing")
	}
}
