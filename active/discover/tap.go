package discover

import (
	"net/netip"

	"earshot/matcher/request"
)

// Tap is told which packets are ours.
type Tap struct{}

// Own says that a socket of ours sends from the local port to remote.
func (t *Tap) Own(proto request.Proto, local uint16, remote netip.AddrPort, why string) {}
