//go:build !linux || !cgo

package discover

import (
	"context"
	"errors"
)

// rawCarrier sends frames of its own making; this build has none.
type rawCarrier struct{}

// wire is one interface.
type wire struct{}

func newRaw(context.Context, *Config, chan<- answer) (*rawCarrier, error) {
	return nil, canRaw()
}

func (*rawCarrier) adopt(*peer, carrier) {}
func (*rawCarrier) close()               {}

// canRaw says why raw frames cannot be sent, if so.
func canRaw() error {
	return errors.New("this build sends no raw frames (it needs Linux and libpcap)")
}
