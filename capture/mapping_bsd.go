//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package capture

// mapFlags: nothing beyond a shared mapping.
const mapFlags = 0
