//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package capture

import (
	"os"
	"syscall"
)

// canMap says that files are mapped on this system.
const canMap = true

// mapAlign is a multiple of every page size.
const mapAlign = 64 << 10

func mapFile(f *os.File, at int64, n int) ([]byte, error) {
	return syscall.Mmap(int(f.Fd()), at, n, syscall.PROT_READ, syscall.MAP_SHARED|mapFlags)
}

func unmap(b []byte) {
	// Nothing can be done about an error, and nothing depends on it.
	_ = syscall.Munmap(b)
}
