package discover

import (
	"errors"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// paths tells how hosts are reached. Where it cannot, it says what costs most.
type paths struct {
	router   *router
	ethernet map[int]bool // by the interface's index
	asked    int
}

// mostPaths bounds the routes that are asked for: beyond them a host is taken to be a
// neighbour like the last one.
const mostPaths = 1 << 16

func (p *paths) open() {
	r, err := newRouter()
	if err == nil {
		p.router, p.ethernet = r, map[int]bool{}
	}
}

func (p *paths) close() {
	if p.router != nil {
		p.router.close()
	}
}

func (p *paths) to(a netip.Addr) path {
	if a.IsLoopback() {
		return path{local: true}
	}
	if p.router == nil || p.asked >= mostPaths {
		return path{}
	}
	p.asked++
	r, err := p.router.to(a, 0)
	if err != nil || r.index == 0 {
		return path{local: true} // nothing can be sent
	}
	ether, known := p.ethernet[r.index]
	if !known {
		i, err := net.InterfaceByIndex(r.index)
		ether = err == nil && len(i.HardwareAddr) == 6 && i.Flags&net.FlagLoopback == 0
		p.ethernet[r.index] = ether
	}
	return path{local: r.local || !ether, raw: ether && r.plain && !r.local, next: r.next}
}

// Unroutable lists the targets, of the first so many, that the system knows no way to.
func Unroutable(t *Targets, first int) (out []netip.Addr) {
	r, err := newRouter()
	if err != nil {
		return nil
	}
	defer r.close()
	for a := range t.All() {
		if first--; first < 0 {
			break
		}
		if _, err := r.to(a, 0); errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EHOSTUNREACH) {
			out = append(out, a)
		}
	}
	return out
}
