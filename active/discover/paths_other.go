//go:build !linux

package discover

import "net/netip"

// paths tells how hosts are reached: not here.
type paths struct{}

func (*paths) open() {}

func (*paths) close() {}

func (*paths) to(a netip.Addr) path { return path{local: a.IsLoopback()} }

// Unroutable lists the targets, of the first so many, that the system knows no way to: here
// none are known.
func Unroutable(*Targets, int) []netip.Addr { return nil }
