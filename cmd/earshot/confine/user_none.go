//go:build !unix

package confine

import "errors"

// Become says that this system has no such users.
func Become(string) error { return errors.New("users cannot be changed on this system") }
