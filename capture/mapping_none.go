//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package capture

import (
	"errors"
	"os"
)

// canMap says that files are mapped on this system.
const canMap = false

const mapAlign = 64 << 10

func mapFile(*os.File, int64, int) ([]byte, error) { return nil, errors.ErrUnsupported }

func unmap([]byte) {}
