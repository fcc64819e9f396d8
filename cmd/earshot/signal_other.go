//go:build !unix

package main

import "os"

// progressSignal gives none: this system has no such signal.
func progressSignal() (<-chan os.Signal, func()) { return nil, func() {} }
