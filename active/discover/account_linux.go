package discover

import (
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// hold keeps the socket from being forgotten when the connection fails.
func (a *Account) hold(raw syscall.RawConn) {
	bounded(raw)
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

// Failed says what a connection that did not come about has cost, given why. A refusal that
// came before the question was over is not in the kernel's books, nor is an ICMP message.
func (a *Account) Failed(reason string) Closing {
	if a.dup == 0 {
		return Closing{}
	}
	out, in, _, ok := counters(a.dup - 1)
	a.Connected()
	switch {
	case !ok:
		return Closing{}
	case reason == "conn-refused":
		out, in = max(out, 1), max(in, 1)
	case in > 0:
	case out == 0: // there is no way to it
	case unsent(a.remote): // the kernel looked for the host in vain
		out = 0
	case reason != "" && reason != "no-response":
		in = 1
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
func bindAny(network string, raw syscall.RawConn, from netip.AddrPort) (port uint16, err error) {
	cerr := raw.Control(func(fd uintptr) {
		s := int(fd)
		four, six := &unix.SockaddrInet4{Port: int(from.Port())}, &unix.SockaddrInet6{Port: int(from.Port())}
		var at unix.Sockaddr = four
		if network[len(network)-1] == '6' {
			at = six
		}
		switch a := from.Addr(); {
		case a.Is4():
			four.Addr = a.As4()
		case a.Is6():
			six.Addr = a.As16()
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

// Complaints is a net.ListenConfig's Control that has ICMP messages about what the socket
// sends told as errors of it, as those of a connected socket are (ip(7), IP_RECVERR). Next,
// which may be nil, is called too.
func Complaints(next func(network, address string, raw syscall.RawConn) error) func(network, address string, raw syscall.RawConn) error {
	return func(network, address string, raw syscall.RawConn) error {
		if next != nil {
			if err := next(network, address, raw); err != nil {
				return err
			}
		}
		return raw.Control(func(fd uintptr) { // a kernel without it tells nothing, which is no error
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVERR, 1)
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
		})
	}
}

// unsent reports whether the kernel waits for the hardware address of a host on the local
// link, or has given up: then nothing was sent to it.
func unsent(a netip.Addr) bool {
	if a.IsLoopback() {
		return false
	}
	r, err := newRouter()
	if err != nil {
		return false
	}
	defer r.close()
	at, err := r.to(a, 0)
	if err != nil || at.local {
		return false
	}
	if at.next.IsValid() {
		a = at.next
	}
	return r.unreached(a, at.index)
}

// mute has the kernel drop what still comes to a socket, before it is acknowledged
// (socket(7), SO_ATTACH_FILTER), and waits until what was on its way has come.
func mute(c *net.TCPConn) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	wait := leastMuted
	drop := [1]unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K}}
	cerr := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &drop[0]})
		if info, ierr := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); ierr == nil {
			wait = min(max(wait, 2*time.Duration(info.Rtt)*time.Microsecond), 2*time.Second)
		}
	})
	if err == nil && cerr == nil {
		time.Sleep(wait)
	}
}

// unheard is how many segments that came to a socket the kernel has dropped, among them all
// those to a muted one.
func unheard(c *net.TCPConn) (n int, ok bool) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, false
	}
	cerr := raw.Control(func(fd uintptr) {
		// Of the nine numbers that SO_MEMINFO is (linux/sock_diag.h) the last is that of
		// drops; it lies where this structure has another one.
		var info *unix.TCPInfo
		if info, err = unix.GetsockoptTCPInfo(int(fd), unix.SOL_SOCKET, unix.SO_MEMINFO); err == nil {
			n = int(info.Lost)
		}
	})
	return n, err == nil && cerr == nil
}

// bounded has a connection that does not come about cost at most MostSYNs packets.
func bounded(raw syscall.RawConn) {
	_ = raw.Control(func(fd uintptr) { // then the time that is waited bounds it
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_SYNCNT, MostSYNs-1)
	})
}

// Together has what comes over a connection be acknowledged with what we say next, or two
// segments at a time, and not each at once, as Linux does with the first sixteen.
func Together(c *net.TCPConn) {
	if raw, err := c.SyscallConn(); err == nil {
		together(raw)
	}
}

// together has the next acknowledgement wait for what we say: tcp(7), TCP_QUICKACK.
func together(raw syscall.RawConn) {
	_ = raw.Control(func(fd uintptr) { // it saves a packet, no more
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 0)
	})
}
