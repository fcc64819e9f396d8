//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// progressSignal gives the signals that ask for a line of progress.
func progressSignal() (<-chan os.Signal, func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	return c, func() { signal.Stop(c) }
}

// reloadSignal gives the signals that ask for the signatures to be read again.
func reloadSignal() (<-chan os.Signal, func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}
