//go:build !cgo && !windows

package capture

// openHandles says that this build cannot.
func openHandles([]string, *LiveConfig) (listener, error) { return nil, errNoLive }

// Interfaces says that this build cannot.
func Interfaces() ([]Interface, error) { return nil, errNoLive }

// LibPcap returns "".
func LibPcap() string { return "" }
