//go:build !linux || !cgo

package discover

import (
	"errors"
	"io"
	"net/netip"
)

// ears are the interfaces that are heard; this build hears none.
type ears struct{}

// NewTap returns an error: this build hears no packets.
func NewTap(io.Writer, func(string)) (*Tap, error) {
	return nil, errors.New("this build cannot hear its packets (it needs Linux and libpcap)")
}

func (*ears) hear(*Tap, netip.Addr) (next netip.Addr, index int) { return next, 0 }
func (*ears) patient(*Tap)                                       {}
func (*ears) quiet(*Tap) int                                     { return 0 }
