//go:build !linux

package discover

import (
	"errors"
	"syscall"
)

// descriptors returns how many files the process may open, 0 if that is not known.
func descriptors() int { return 250 }

// socketControl refuses what only Linux can do.
func (c *Config) socketControl(bool) func(network, address string, raw syscall.RawConn) error {
	if c.Interface == "" {
		return nil
	}
	return func(string, string, syscall.RawConn) error {
		return errors.New("an interface can be chosen on Linux only")
	}
}
