package discover

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// descriptors returns how many files the process may open, 0 if that is not known.
func descriptors() int {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil || l.Cur > 1<<30 {
		return 0
	}
	return int(l.Cur)
}

// socketControl ties sockets to the interface of the configuration, and lets those for
// UDP, and those that shall have a source port that the user chose, share it.
func (c *Config) socketControl(udp bool) func(network, address string, raw syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		var err error
		cerr := raw.Control(func(fd uintptr) {
			if c.Interface != "" {
				err = unix.BindToDevice(int(fd), c.Interface)
			}
			if err == nil && (udp || c.SourcePort != 0) {
				err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
			}
		})
		if cerr != nil {
			return cerr
		}
		return err
	}
}
