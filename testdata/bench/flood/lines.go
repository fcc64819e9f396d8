//go:build linux

package main

import (
	"strings"
	"sync"
	"time"
)

// lines are what a program says on standard error.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait waits until something is said.
func (l *lines) wait(word string, span time.Duration) bool {
	for end := time.Now().Add(span); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if strings.Contains(l.String(), word) {
			return true
		}
	}
	return false
}

// last returns the last line that begins in some way.
func (l *lines) last(begin string) (found string) {
	for _, w := range strings.Split(l.String(), "\n") {
		if strings.HasPrefix(w, begin) {
			found = w
		}
	}
	return found
}
