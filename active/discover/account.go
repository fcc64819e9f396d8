package discover

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"earshot/matcher/request"
)

// Account counts the packets of one TCP connection as the kernel does, and tells a Tap that
// the connection is ours. The zero Account counts.
type Account struct {
	Tap *Tap   // may be nil
	Why string // what the connection is for, for the tap

	from netip.AddrPort

	// Speaks says that we speak, or end the connection, as soon as it is there: the
	// acknowledgement that opens it goes with that, and no packet of its own.
	Speaks bool

	remote netip.Addr
	dup    int // another descriptor of the socket while it connects, plus one; 0: none
}

// Control is a net.Dialer's: it is called with the socket before it connects. Next, which
// may be nil, is called too.
func (a *Account) Control(next func(network, address string, raw syscall.RawConn) error) func(network, address string, raw syscall.RawConn) error {
	return func(network, address string, raw syscall.RawConn) error {
		if next != nil {
			if err := next(network, address, raw); err != nil {
				return err
			}
		}
		remote, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		proto := request.TCP
		if len(network) > 2 && network[:3] == "udp" {
			proto = request.UDP
		} else {
			a.remote = remote.Addr()
			a.hold(raw)
			if a.Speaks {
				together(raw)
			}
		}
		if !a.Tap.writes() {
			a.Tap.Reach(remote.Addr())
			return nil
		}
		local, err := bindAny(network, raw, a.from)
		if err != nil {
			return err
		}
		a.Tap.Own(proto, local, remote, a.Why)
		return nil
	}
}

// From has the dialer send from an address and a port, which may be zero. With a tap the
// account binds the socket, which can be done once.
func (a *Account) From(d *net.Dialer, tcp bool, from netip.AddrPort) {
	switch {
	case !from.Addr().IsValid() && from.Port() == 0:
	case a.Tap.writes():
		a.from = from
	case tcp:
		d.LocalAddr = &net.TCPAddr{IP: from.Addr().AsSlice(), Port: int(from.Port())}
	default:
		d.LocalAddr = &net.UDPAddr{IP: from.Addr().AsSlice(), Port: int(from.Port())}
	}
}

// MostSYNs is how often the kernel asks, at most, for one connection.
const MostSYNs = 4

// Closing is how a connection ended.
type Closing struct {
	Sent, Got int  // segments, from the first to the last
	Exact     bool // counted by the kernel to the end; else the end, or all, is a guess
}

// Bounds of how much of what a server still says is taken before it is hung up on: bytes,
// and small deliveries, each of which costs a packet.
const (
	mostDrained = 64 << 10
	mostDrips   = 16
	drip        = 512 // bytes
	mostEnding  = 24  // segments that the end of a connection may cost
)

// HangUp ends a connection with a FIN, waits at most that long for the other side's, and
// closes it: then everything is counted. What still comes is read, for a kernel resets a
// connection that is closed with unread bytes. A read deadline that somebody else sets
// ends the waiting, too.
func HangUp(c *net.TCPConn, most time.Duration) Closing {
	defer c.Close()
	until := time.Now().Add(most)
	_ = c.CloseWrite() // that it is closed already shows below
	c.SetReadDeadline(until)
	var err error
	n, drips := 0, 0
	begin := Segments(c)
	for buf := make([]byte, 32<<10); err == nil && n < mostDrained && drips < mostDrips && Segments(c) < begin+mostEnding; {
		var got int
		if got, err = c.Read(buf); got < drip {
			drips++
		}
		n += got
	}
	late := errors.Is(err, os.ErrDeadlineExceeded)
	for wait := 50 * time.Microsecond; ; wait *= 2 {
		out, in, closed, ok := segments(c)
		switch {
		case !ok:
			return Closing{}
		case closed:
			return Closing{out, in, true}
		case err == nil, late && n > 0: // it talks on, and would be reset with its next word
			return CutOff(c)
		case late, wait > time.Second:
			return Closing{out, in, false} // it ends without us
		}
		time.Sleep(min(wait, 5*time.Millisecond))
	}
}

// leastMuted is how long a connection that is cut off is kept without a word at least, so that
// what is on its way does not come to a port that is closed, which would answer each segment.
const leastMuted = 200 * time.Millisecond

// CutOff ends a connection with a reset, and without acknowledging what still comes: that of
// somebody who says more than is worth it.
func CutOff(c *net.TCPConn) Closing {
	defer c.Close()
	before, _ := unheard(c)
	mute(c)
	out, in, closed, ok := segments(c)
	dropped, counted := unheard(c)
	dropped -= before // those are among in
	_ = c.SetLinger(0)
	switch {
	case !ok:
		return Closing{}
	case !closed:
		out++
	}
	return Closing{out, in + dropped, counted}
}

// Segments is how many segments a connection has sent so far, 0 if that is not known.
func Segments(c *net.TCPConn) int {
	out, _, _, _ := segments(c)
	return out
}

// LocalPort is the port that a socket sends from, 0 if that is not known.
func LocalPort(c *net.UDPConn) uint16 {
	a, ok := c.LocalAddr().(*net.UDPAddr)
	if !ok {
		return 0
	}
	return uint16(a.Port)
}
