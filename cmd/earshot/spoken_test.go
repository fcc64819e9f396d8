package main

import (
	"bufio"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// spoken hands on the lines of a program that runs.
func spoken(r io.Reader) <-chan string {
	c := make(chan string, 100)
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
	end := time.After(20 * time.Second)
	for {
		select {
		case l, ok := <-from:
			for _, w := range []string{"CAP_NET_RAW", "made without libpcap", "this kernel has no"} {
				if strings.Contains(l, w) {
					t.Skip(l)
				}
			}
			if !ok {
				t.Fatalf("it ended without saying %q", words)
			}
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(l, w) }) {
				return l
			}
		case <-end:
			t.Fatalf("it did not say %q", words)
		}
	}
}
