package capture

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ringBlock is the unit in which the kernel hands over frames: a block is given when it is
// full or, with anything in it, ringRetire milliseconds old.
const (
	ringBlock  = 1 << 20
	ringRetire = 50
)

// rings listen to interfaces by AF_PACKET sockets, each with a ring of memory that the
// kernel writes frames to (TPACKET_V3, Documentation/networking/packet_mmap.rst).
//
// One goroutine reads them all: reading costs little beside what is done with a frame, and
// that way frames of several rings come in the order of time as far as they are there.
type rings struct {
	cfg    *LiveConfig
	nets   []*netif
	all    []*packetRing
	copies copies
	poll   []unix.PollFd
}

// netif is an interface and its rings.
type netif struct {
	name  string
	at    int // place among those listened to
	index int // the kernel's number
	link  uint32
	loop  bool // what it sends comes in again
	rings []*packetRing

	frames, bytes atomic.Uint64
	down          atomic.Bool
	missed        uint64 // the interface's own count when it was opened

	mu             sync.Mutex // of the counts
	drops, freezes uint64
}

// packetRing is a socket with its ring.
type packetRing struct {
	net    *netif
	fd     int
	mem    []byte
	blocks int
	block  int // the next one to be read, or being read
	left   int // frames of it that were not read; 0 between blocks
	off    int // of the next of them, in mem
}

func openRings(names []string, cfg *LiveConfig) (listener, error) {
	r := &rings{cfg: cfg}
	for i, name := range names {
		n := &netif{name: name, at: i}
		r.nets = append(r.nets, n)
		for range cfg.Rings {
			p := &packetRing{net: n, fd: -1}
			if err := p.open(cfg); err != nil {
				r.close()
				return nil, err
			}
			n.rings = append(n.rings, p)
			r.all = append(r.all, p)
			r.poll = append(r.poll, unix.PollFd{Fd: int32(p.fd), Events: unix.POLLIN | unix.POLLERR})
		}
		n.missed = n.missing()
		if cfg.Rings > 1 {
			// Connections go whole to one ring. The number is that of nobody else's group.
			how := uint32(os.Getpid()+i)&0xffff | (unix.PACKET_FANOUT_HASH|unix.PACKET_FANOUT_FLAG_DEFRAG)<<16
			for _, p := range n.rings {
				if err := unix.SetsockoptInt(p.fd, unix.SOL_PACKET, unix.PACKET_FANOUT, int(int32(how))); err != nil {
					r.close()
					return nil, cannotListen(name, "its connections cannot be shared by several rings: "+err.Error())
				}
			}
		}
	}
	return r, nil
}

// open makes the socket and its ring, and begins to listen.
func (p *packetRing) open(cfg *LiveConfig) (err error) {
	name := p.net.name
	if name == "any" {
		return errNotHere{cannotListen(name, "a packet ring listens to one interface; there is --capture libpcap")}
	}
	// Of no protocol until it is bound: it hears nothing of other interfaces.
	p.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		p.fd = -1
		if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
			return cannotListen(name, needsRight)
		}
		return errNotHere{cannotListen(name, err.Error())} // a kernel without AF_PACKET
	}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	index, up, err := p.look()
	switch {
	case err != nil:
		return cannotListen(name, "there is no such interface; earshot listen -D lists them")
	case !up:
		return cannotListen(name, "it is down (ip link set up)")
	}
	if p.net.link, err = p.linkType(); err != nil {
		return errNotHere{err}
	}
	p.blocks = max(2, cfg.Buffer/cfg.Rings/ringBlock)
	req := unix.TpacketReq3{
		Block_size: ringBlock, Block_nr: uint32(p.blocks), Frame_size: 1 << 11, Frame_nr: uint32(p.blocks) * (ringBlock >> 11), Retire_blk_tov: ringRetire,
	}
	for _, step := range []func() error{
		func() error { return unix.SetsockoptInt(p.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3) },
		func() error { return unix.SetsockoptTpacketReq3(p.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req) },
		func() error {
			p.mem, err = unix.Mmap(p.fd, 0, p.blocks*ringBlock, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
			return err
		},
	} {
		if err := step(); err != nil {
			return errNotHere{cannotListen(name, fmt.Sprintf("no ring of %d MiB: %v", p.blocks*ringBlock>>20, err))}
		}
	}
	return p.bind(index, cfg)
}

// bind listens to the interface that has a number.
func (p *packetRing) bind(index int, cfg *LiveConfig) error {
	if err := unix.Bind(p.fd, &unix.SockaddrLinklayer{Protocol: be(unix.ETH_P_ALL), Ifindex: index}); err != nil {
		return cannotListen(p.net.name, err.Error())
	}
	p.net.index = index
	if cfg.NoPromiscuous || p.net.loop {
		return nil
	}
	m := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(p.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &m); err != nil {
		return cannotListen(p.net.name, "it cannot be made promiscuous: "+err.Error())
	}
	return nil
}

// be returns a number of 16 bits with its bytes in the order of the network.
func be(v uint16) uint16 {
	var b [2]byte
	b[0], b[1] = byte(v>>8), byte(v)
	return *(*uint16)(unsafe.Pointer(&b))
}

// look returns the number of the interface and whether it is up. It needs no right and
// no other socket.
func (p *packetRing) look() (index int, up bool, err error) {
	req, err := unix.NewIfreq(p.net.name)
	if err != nil {
		return 0, false, err
	}
	if err := unix.IoctlIfreq(p.fd, unix.SIOCGIFINDEX, req); err != nil {
		return 0, false, err
	}
	index = int(req.Uint32())
	if err := unix.IoctlIfreq(p.fd, unix.SIOCGIFFLAGS, req); err != nil {
		return 0, false, err
	}
	return index, req.Uint16()&unix.IFF_UP != 0, nil
}

// linkType returns the LINKTYPE_ of the interface.
func (p *packetRing) linkType() (uint32, error) {
	req, err := unix.NewIfreq(p.net.name)
	if err == nil {
		err = unix.IoctlIfreq(p.fd, unix.SIOCGIFHWADDR, req)
	}
	if err != nil {
		return 0, cannotListen(p.net.name, err.Error())
	}
	switch kind := req.Uint16(); kind {
	case unix.ARPHRD_LOOPBACK:
		p.net.loop = true
		return 1, nil
	case unix.ARPHRD_ETHER:
		return 1, nil
	case unix.ARPHRD_NONE, unix.ARPHRD_RAWIP:
		return 101, nil
	default:
		return 0, cannotListen(p.net.name, fmt.Sprintf("a packet ring is for Ethernet and IP, not for hardware of the kind %d; there is --capture libpcap", kind))
	}
}

// next implements listener.
func (r *rings) next(f *Frame) error {
	for waited := false; ; waited = true {
		var best *packetRing
		if len(r.all) == 1 {
			if p := r.all[0]; p.ready() {
				best = p
			}
		} else {
			best = r.earliest()
		}
		if best != nil {
			if best.take(r, f) {
				return nil
			}
			waited = false
			continue
		}
		if waited {
			r.check()
			return ErrIdle
		}
		if _, err := unix.Poll(r.poll, int(liveWait.Milliseconds())); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("listening: %w", err)
		}
		for i := range r.poll {
			if r.poll[i].Revents&unix.POLLERR != 0 {
				r.trouble(r.all[i])
			}
		}
	}
}

// earliest returns the ring whose next frame came first.
func (r *rings) earliest() (best *packetRing) {
	var first int64
	for _, p := range r.all {
		if p.ready() {
			if t := p.time(); best == nil || t < first {
				best, first = p, t
			}
		}
	}
	return best
}

// Offsets in a block's descriptor, struct tpacket_block_desc.
const (
	blockStatus = 8
	blockFrames = 12
	blockFirst  = 16
)

func (p *packetRing) status() *uint32 {
	return (*uint32)(unsafe.Pointer(&p.mem[p.block*ringBlock+blockStatus]))
}

func (p *packetRing) word(at int) int { return int(*(*uint32)(unsafe.Pointer(&p.mem[at]))) }

// ready reports whether there is a frame to be read, in this block or in the next.
func (p *packetRing) ready() bool {
	for p.left == 0 {
		if p.mem == nil || atomic.LoadUint32(p.status())&unix.TP_STATUS_USER == 0 {
			return false
		}
		at := p.block * ringBlock
		p.left, p.off = p.word(at+blockFrames), at+p.word(at+blockFirst)
		if p.left == 0 {
			p.done()
		}
	}
	return true
}

// done gives the block back to the kernel.
func (p *packetRing) done() {
	atomic.StoreUint32(p.status(), unix.TP_STATUS_KERNEL)
	p.block = (p.block + 1) % p.blocks
}

func (p *packetRing) header() *unix.Tpacket3Hdr {
	return (*unix.Tpacket3Hdr)(unsafe.Pointer(&p.mem[p.off]))
}

func (p *packetRing) time() int64 {
	h := p.header()
	return int64(h.Sec)*1e9 + int64(h.Nsec)
}

// take reads a frame, and says whether it is one that counts.
func (p *packetRing) take(r *rings, f *Frame) bool {
	n := p.net
	h := p.header()
	kind := p.mem[p.off+unix.SizeofTpacket3Hdr+10] // sll_pkttype
	good := !n.loop || kind != unix.PACKET_OUTGOING
	if good {
		data := p.mem[p.off+int(h.Mac):][:h.Snaplen]
		wire := int(h.Len)
		tag := n.link == 1 && h.Status&unix.TP_STATUS_VLAN_VALID != 0 && len(data) >= 12
		size := len(data)
		if tag { // which the kernel, or the card, has taken out
			size, wire = size+4, wire+4
		}
		size = min(size, r.cfg.Snaplen)
		to, buf := r.copies.room(size)
		if tag {
			ether := uint16(etherVLAN)
			if h.Status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
				ether = h.Hv1.Vlan_tpid
			}
			copy(to, data[:12])
			to[12], to[13], to[14], to[15] = byte(ether>>8), byte(ether), byte(h.Hv1.Vlan_tci>>8), byte(h.Hv1.Vlan_tci)
			copy(to[16:], data[12:])
		} else {
			copy(to, data)
		}
		*f = Frame{Data: to, Time: int64(h.Sec)*1e9 + int64(h.Nsec), OrigLen: max(wire, size), Link: n.link, Interface: n.at, Buf: buf}
		n.frames.Add(1)
		n.bytes.Add(uint64(wire))
		if n.down.Load() {
			r.back(n)
		}
	}
	p.off += int(h.Next_offset)
	if p.left--; p.left == 0 || h.Next_offset == 0 {
		p.left = 0
		p.done()
	}
	return good
}

// trouble notes that an interface went down. The socket hears again when it is up again.
func (r *rings) trouble(p *packetRing) {
	code, err := unix.GetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 && p.net.down.CompareAndSwap(false, true) {
		r.cfg.Note(p.net.name + ": it is down or was taken away; waiting for it to come back")
	}
}

func (r *rings) back(n *netif) {
	n.down.Store(false)
	r.cfg.Note(n.name + ": listening again")
}

// check looks whether interfaces that are down are there again, and binds to one that was
// made anew. That needs no privileges.
func (r *rings) check() {
	for _, n := range r.nets {
		if !n.down.Load() {
			continue
		}
		p := n.rings[0]
		index, up, err := p.look()
		switch {
		case err != nil || !up:
		case index == n.index:
			r.back(n)
		case len(n.rings) == 1:
			if p.bind(index, r.cfg) == nil {
				r.back(n)
			}
		case r.again(n):
			r.back(n)
		}
	}
}

// again opens the rings of an interface anew: one that shares cannot be bound again.
func (r *rings) again(n *netif) bool {
	one := *r.cfg
	fresh, err := openRings([]string{n.name}, &one)
	if err != nil {
		return false
	}
	opened := fresh.(*rings)
	n.count()
	n.mu.Lock()
	for i, p := range n.rings {
		p.close()
		*p = *opened.all[i]
		p.net = n
	}
	n.mu.Unlock()
	n.index = opened.nets[0].index
	for i, p := range r.all {
		r.poll[i].Fd = int32(p.fd)
	}
	return true
}

// missing returns how many frames the interface says that it had no room for.
func (n *netif) missing() (sum uint64) {
	for _, name := range []string{"rx_missed_errors", "rx_fifo_errors"} {
		if b, err := os.ReadFile(filepath.Join("/sys/class/net", n.name, "statistics", name)); err == nil {
			if v, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64); err == nil {
				sum += v
			}
		}
	}
	return sum
}

// count takes the kernel's counts of drops, which begin anew each time, and returns the sums.
func (n *netif) count() (drops, freezes uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range n.rings {
		if s, err := unix.GetsockoptTpacketStatsV3(p.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			n.drops += uint64(s.Drops)
			n.freezes += uint64(s.Freeze_q_cnt)
		}
	}
	return n.drops, n.freezes
}

func (r *rings) stats() []LiveStats {
	out := make([]LiveStats, len(r.nets))
	for i, n := range r.nets {
		drops, freezes := n.count()
		missed := n.missing()
		out[i] = LiveStats{
			Interface: n.name, Frames: n.frames.Load(), Bytes: n.bytes.Load(), Dropped: drops, Freezes: freezes,
			IfDropped: missed - min(missed, n.missed), Down: n.down.Load(),
		}
	}
	return out
}

func (r *rings) close() {
	for _, p := range r.all {
		p.close()
	}
}

func (p *packetRing) close() {
	if p.mem != nil {
		_ = unix.Munmap(p.mem) // it was mapped
		p.mem = nil
	}
	if p.fd >= 0 {
		unix.Close(p.fd)
		p.fd = -1
	}
}
