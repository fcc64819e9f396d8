package discover

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// hold keeps the socket from being forgotten when the connection fails.
func (a *Account) hold(raw syscall.RawConn) {
	_ = raw.Control(func(fd uintptr) {
		if d, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			a.dup = d + 1
		}
	})
}

// Connected ends the account of how a connection came about.
func (a *Account) Connected() {
	if a.dup > 0 {
		unix.Close(a.dup - 1)
		a.dup = 0
	}
}

// Failed says what a connection that did not come about has cost. A refusal that came
// before the question was over is not in the kernel's books.
func (a *Account) Failed(refused bool) Closing {
	if a.dup == 0 {
		return Closing{}
	}
	out, in, _, ok := counters(a.dup - 1)
	a.Connected()
	switch {
	case !ok:
		return Closing{}
	case out == 0 && refused:
		return Closing{1, 1, true}
	case refused:
		in = max(in, 1)
	}
	return Closing{out, in, true}
}

// counters asks the kernel how many segments a TCP socket has sent and got so far, and
// whether its connection is over.
func counters(fd int) (out, in int, closed, ok bool) {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return 0, 0, false, false
	}
	const tcpClose = 7 // TCP_CLOSE of enum tcp_state, net/tcp_states.h
	return int(info.Segs_out), int(info.Segs_in), info.State == tcpClose, true
}

func segments(c *net.TCPConn) (out, in int, closed, ok bool) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, 0, false, false
	}
	err = raw.Control(func(fd uintptr) { out, in, closed, ok = counters(int(fd)) })
	return out, in, closed, ok && err == nil
}

// bindAny gives a socket that is to connect a port now, and not when it connects, so that
// it is known before the first packet.
func bindAny(network string, raw syscall.RawConn) (port uint16, err error) {
	cerr := raw.Control(func(fd uintptr) {
		s := int(fd)
		var at unix.Sockaddr = &unix.SockaddrInet4{}
		if network[len(network)-1] == '6' {
			at = &unix.SockaddrInet6{}
		}
		if err = unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return
		}
		if err = unix.Bind(s, at); err != nil {
			return
		}
		var name unix.Sockaddr
		if name, err = unix.Getsockname(s); err != nil {
			return
		}
		switch n := name.(type) {
		case *unix.SockaddrInet4:
			port = uint16(n.Port)
		case *unix.SockaddrInet6:
			port = uint16(n.Port)
		}
	})
	if cerr != nil {
		return 0, cerr
	}
	return port, err
}
