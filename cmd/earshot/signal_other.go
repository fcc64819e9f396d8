//go:build !unix

package main

import "os"

// progressSignal gives none: this system has no such signal.
func progressSignal() (<-chan os.Signal, func()) { return nil, func() {} }

// reloadSignal gives none: this system has no such signal.
func reloadSignal() (<-chan os.Signal, func()) { return nil, func() {} }
