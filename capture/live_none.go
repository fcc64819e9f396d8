//go:build !cgo && !windows

package capture

import "errors"

// errNoLive is what a build without libpcap says.
var errNoLive = errors.New("this build cannot listen to interfaces: it was made without libpcap (CGO_ENABLED=0); it reads captures")

// Live listens to interfaces; this build cannot.
type Live struct{}

// OpenLive says that this build cannot.
func OpenLive([]string, LiveConfig) (*Live, error) { return nil, errNoLive }

// Interfaces says that this build cannot.
func Interfaces() ([]Interface, error) { return nil, errNoLive }

// Next implements Source.
func (l *Live) Next(*Frame) error { return errNoLive }

// Close implements Source.
func (l *Live) Close() error { return nil }

// Stats returns nothing.
func (l *Live) Stats() []LiveStats { return nil }

// LibPcap returns "".
func LibPcap() string { return "" }
