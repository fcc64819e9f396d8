package main

import (
	"bufio"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what must come: nothing depends on how fast it does.
const patience = 2 * time.Minute

// started starts a program, which does not outlive the test, and returns the lines that it
// says on its error output.
func started(t *testing.T, cmd *exec.Cmd) <-chan string {
	t.Helper()
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return spoken(errs)
}

// spoken hands on the lines of a program that runs. It is not held up by nobody reading them.
func spoken(r io.Reader) <-chan string {
	c := make(chan string, 1<<14) // so that nobody has to read it meanwhile
	go func() {
		defer close(c)
		for s := bufio.NewScanner(r); s.Scan(); {
			c <- s.Text()
		}
	}()
	return c
}

// await returns the next line that has every word. Where the program says that the machine
// lacks what it needs, the test is skipped.
func await(t *testing.T, from <-chan string, words ...string) string {
	t.Helper()
	l, ok := awaitFor(t, patience, from, words)
	if !ok {
		t.Fatalf("it did not say %q", words)
	}
	return l
}

// againUntil does something again and again, until a line with all those words comes.
func againUntil(t *testing.T, from <-chan string, do func(), words ...string) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < patience; {
		do()
		if _, ok := awaitFor(t, 2*time.Second, from, words); ok {
			return
		}
	}
	t.Fatalf("it did not say %q", words)
}

// awaitFor waits at most so long for a line with all those words.
func awaitFor(t *testing.T, most time.Duration, from <-chan string, words []string) (line string, ok bool) {
	t.Helper()
	end := time.After(most)
	for {
		select {
		case l, open := <-from:
			for _, w := range []string{"CAP_NET_RAW", "made without libpcap", "this kernel has no"} {
				if strings.Contains(l, w) {
					t.Skip(l)
				}
			}
			if !open {
				t.Fatalf("it ended without saying %q", words)
			}
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(l, w) }) {
				return l, true
			}
		case <-end:
			return "", false
		}
	}
}
