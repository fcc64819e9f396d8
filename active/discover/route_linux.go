package discover

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// route is how the kernel would send to an address.
type route struct {
	index int        // of the interface
	next  netip.Addr // gateway; zero on the local link
	src   netip.Addr
	local bool // one of our own addresses
	plain bool // unicast
}

// router asks the kernel for routes over one netlink socket (rtnetlink(7)).
type router struct {
	mu  sync.Mutex
	fd  int
	seq uint32
}

func newRouter() (*router, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netlink: %w", err)
	}
	tv := unix.Timeval{Sec: 2}
	err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("netlink: %w", err)
	}
	return &router{fd: fd}, nil
}

func (r *router) close() { unix.Close(r.fd) }

// to asks for the route to a, through the interface of that index if it is not 0.
func (r *router) to(a netip.Addr, index int) (route, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	family := byte(unix.AF_INET)
	if a.Is6() {
		family = unix.AF_INET6
	}
	native := binary.NativeEndian
	b := make([]byte, 28, 64)
	native.PutUint16(b[4:], unix.RTM_GETROUTE)
	native.PutUint16(b[6:], unix.NLM_F_REQUEST)
	native.PutUint32(b[8:], r.seq)
	b[16], b[17] = family, byte(a.BitLen()) // struct rtmsg: family, length of the destination
	dst := a.AsSlice()
	b = native.AppendUint16(b, uint16(4+len(dst)))
	b = native.AppendUint16(b, unix.RTA_DST)
	b = append(b, dst...)
	if index == 0 && a.Zone() != "" {
		ifc, err := net.InterfaceByName(a.Zone())
		if err != nil {
			return route{}, err
		}
		index = ifc.Index
	}
	if index != 0 {
		b = native.AppendUint16(b, 8)
		b = native.AppendUint16(b, unix.RTA_OIF)
		b = native.AppendUint32(b, uint32(index))
	}
	m, err := r.ask(b)
	if err != nil {
		return route{}, err
	}
	return readRoute(m)
}

// unreached reports whether the kernel has no hardware address of a neighbour, and has
// looked for it.
func (r *router) unreached(a netip.Addr, index int) bool {
	return r.neighbour(a, index)&(unix.NUD_INCOMPLETE|unix.NUD_FAILED) != 0
}

// seeking reports whether the kernel looks for the hardware address of a neighbour.
func (r *router) seeking(a netip.Addr, index int) bool {
	return r.neighbour(a, index)&unix.NUD_INCOMPLETE != 0
}

// neighbour is what the kernel knows of a neighbour: a state, 0 for nothing.
func (r *router) neighbour(a netip.Addr, index int) uint16 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	native := binary.NativeEndian
	b := make([]byte, 28, 64)
	native.PutUint16(b[4:], unix.RTM_GETNEIGH)
	native.PutUint16(b[6:], unix.NLM_F_REQUEST)
	native.PutUint32(b[8:], r.seq)
	b[16] = unix.AF_INET // struct ndmsg: family, index
	if a.Is6() {
		b[16] = unix.AF_INET6
	}
	native.PutUint32(b[20:], uint32(index))
	dst := a.AsSlice()
	b = native.AppendUint16(b, uint16(4+len(dst)))
	b = native.AppendUint16(b, unix.NDA_DST)
	b = append(b, dst...)
	m, err := r.ask(b)
	if err != nil || len(m.Data) < 10 {
		return 0
	}
	return native.Uint16(m.Data[8:])
}

// ask sends a request, whose length it fills in, and returns the answer. r.mu is held.
func (r *router) ask(b []byte) (*syscall.NetlinkMessage, error) {
	native := binary.NativeEndian
	native.PutUint32(b, uint32(len(b)))
	if err := unix.Sendto(r.fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, err
	}
	buf := make([]byte, 8192)
	for range 16 {
		n, _, err := unix.Recvfrom(r.fd, buf, 0)
		if err != nil {
			return nil, err
		}
		msgs, err := syscall.ParseNetlinkMessage(buf[:n])
		if err != nil {
			return nil, err
		}
		for i := range msgs {
			m := &msgs[i]
			if m.Header.Seq != r.seq {
				continue
			}
			if m.Header.Type == unix.NLMSG_ERROR {
				if len(m.Data) >= 4 {
					if e := int32(native.Uint32(m.Data)); e < 0 {
						return nil, syscall.Errno(-e)
					}
				}
				return nil, errors.New("netlink: no route in the answer")
			}
			return m, nil
		}
	}
	return nil, errors.New("netlink: no answer")
}

func readRoute(m *syscall.NetlinkMessage) (route, error) {
	var out route
	if len(m.Data) < 12 {
		return out, errors.New("netlink: a short answer")
	}
	attrs, err := syscall.ParseNetlinkRouteAttr(m)
	if err != nil {
		return out, err
	}
	out.local = m.Data[7] == unix.RTN_LOCAL
	out.plain = m.Data[7] == unix.RTN_UNICAST
	for i := range attrs {
		v := attrs[i].Value
		switch attrs[i].Attr.Type {
		case unix.RTA_OIF:
			if len(v) == 4 {
				out.index = int(binary.NativeEndian.Uint32(v))
			}
		case unix.RTA_GATEWAY:
			out.next, _ = netip.AddrFromSlice(v)
		case unix.RTA_PREFSRC:
			out.src, _ = netip.AddrFromSlice(v)
		case unix.RTA_VIA: // a gateway of the other family: the kernel's sockets can, we cannot
			out.plain = false
		}
	}
	return out, nil
}
