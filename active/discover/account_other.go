//go:build !linux

package discover

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
)

func (a *Account) hold(syscall.RawConn) {}

// Connected ends the account of how a connection came about.
func (a *Account) Connected() {}

// Failed says what a connection that did not come about has cost: not known here.
func (a *Account) Failed(string) Closing { return Closing{} }

func segments(*net.TCPConn) (out, in int, closed, ok bool) { return 0, 0, false, false }

func bindAny(string, syscall.RawConn, netip.AddrPort) (uint16, error) {
	return 0, errors.New("packets can be written on Linux only")
}

// Complaints is a net.ListenConfig's Control that does what next does; on Linux it does more.
func Complaints(next func(network, address string, raw syscall.RawConn) error) func(network, address string, raw syscall.RawConn) error {
	return next
}

func mute(*net.TCPConn) {}

func unheard(*net.TCPConn) (n int, ok bool) { return 0, false }

func together(syscall.RawConn) {}

// Together has what comes over a connection be acknowledged with what we say next: on Linux.
func Together(*net.TCPConn) {}
