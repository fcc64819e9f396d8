package active

import (
	"net"

	"golang.org/x/sys/unix"
)

// segments asks the kernel how many segments a TCP connection has sent and got so far.
func segments(c net.Conn) (out, in int, ok bool) {
	t, is := c.(*net.TCPConn)
	if !is {
		return 0, 0, false
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return 0, 0, false
	}
	err = raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err == nil {
			out, in, ok = int(info.Segs_out), int(info.Segs_in), true
		}
	})
	return out, in, ok && err == nil
}
