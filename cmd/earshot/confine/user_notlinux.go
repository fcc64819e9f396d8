//go:build unix && !linux

package confine

func beforeUser() error { return nil }
