//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Ctrl-C at any moment prints what is known by then, and that at once.
func TestProbeInterrupt(t *testing.T) {
	if testing.Short() {
		t.Skip("twenty runs")
	}
	var ports []string
	for i := range 24 {
		m := greets("SSH-2.0-OpenSSH_9.2p1\r\n")
		switch i % 4 {
		case 1:
			m = untilEnd
		case 2:
			m = drips("220-slow and slower\r\n", 20*time.Millisecond)
		case 3:
			m = answersWeb("Server: nginx/1.25.9", "hello")
		}
		at := serveTCP(t, "127.0.0.1:0", m)
		ports = append(ports, at[strings.LastIndexByte(at, ':')+1:])
	}
	known := 0
	for n := 0; n < 20 || known == 0; n++ {
		dir := t.TempDir()
		xmlFile, jsonFile := filepath.Join(dir, "x"), filepath.Join(dir, "j")
		args := []string{"probe", "-p", strings.Join(ports, ","), "-oX", xmlFile, "-oJ", jsonFile, "--state", filepath.Join(dir, "db")}
		switch n % 4 {
		case 1:
			args = append(args, "-sS")
		case 2:
			args = append(args, "--strategy", "nmap")
		case 3:
			args = append(args, "-sSU", "127.0.3.0/24")
		}
		cmd := exec.Command(binary, append(args, "127.0.0.1", "127.0.0.2")...)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		after := time.Duration(120+n*n*7) * time.Millisecond // 0.1 to 2.6 s, and more where nothing is known by then
		if after > patience/4 {
			t.Fatal("nothing was ever known")
		}
		time.Sleep(after)
		_ = cmd.Process.Signal(os.Interrupt)
		told := time.Now()
		hang := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		if !hang.Stop() {
			t.Fatalf("%q, interrupted after %v, did not end", args, after)
		}
		took := time.Since(told)
		code := cmd.ProcessState.ExitCode()
		early := code == -1 && out.Len() == 0 && errs.Len() == 0 // it did not listen to signals yet
		switch {
		case early:
		case code == -1 || strings.Contains(errs.String(), "panic"):
			t.Fatalf("%q, interrupted after %v: exit status %d\n%s", args, after, code, errs.String())
		case code == 0: // it was done
		case code != 130:
			t.Errorf("%q, interrupted after %v: exit status %d\n%s", args, after, code, errs.String())
		case !strings.Contains(errs.String(), "earshot: interrupted"):
			t.Errorf("%q, interrupted after %v, says %q", args, after, errs.String())
		}
		if out.Len() == 0 {
			continue // before the first packet
		}
		if code == 130 {
			known += strings.Count(out.String(), "/tcp open")
		}
		if !strings.Contains(out.String(), "earshot done") {
			t.Errorf("%q, interrupted after %v: the report is cut off:\n%s", args, after, out.String())
		}
		b, err := os.ReadFile(xmlFile)
		if err == nil {
			err = xml.Unmarshal(b, new(struct{}))
		}
		if err != nil {
			t.Errorf("%q, interrupted after %v: the XML: %v", args, after, err)
		}
		if b, err = os.ReadFile(jsonFile); err != nil {
			t.Error(err)
		}
		for _, line := range bytes.Split(bytes.TrimSpace(b), []byte("\n")) {
			if len(line) > 0 && !json.Valid(line) {
				t.Errorf("%q, interrupted after %v: a line of JSON is %q", args, after, line)
			}
		}
		t.Logf("after %v: %d open ports, ended within %v", after, strings.Count(out.String(), "/tcp open"), took.Round(time.Millisecond))
	}
}
