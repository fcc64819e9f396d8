//go:build cgo

package discover

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcap"
	"golang.org/x/sys/unix"

	"earshot/matcher/request"
)

// rawCarrier sends frames of its own making over Ethernet, and hears what comes back.
type rawCarrier struct {
	ctx     context.Context
	cfg     *Config
	answers chan<- answer
	router  *router
	wires   map[int]*wire // by the interface's index; nil: cannot be used
	pinned  int           // index of the interface the user chose, or 0
	port    uint16        // our source port; held, so that nobody else gets it
	held    []func()
	seed    maphash.Seed
}

// wire is one interface.
type wire struct {
	c      *rawCarrier
	name   string
	mac    [6]byte
	handle *pcap.Handle
	done   chan struct{}

	mu        sync.Mutex
	zone      string // as the user wrote it in link-local targets
	neighbour map[netip.Addr][6]byte
	sought    map[netip.Addr]int // requests of ours that are not answered; the kernel has its own
}

// newRaw says whether raw frames can be sent: an interface to try it on is opened when
// the first target needs it, the permission is looked for now.
func newRaw(ctx context.Context, cfg *Config, answers chan<- answer) (*rawCarrier, error) {
	if err := mayPacket(); err != nil {
		return nil, err
	}
	c := &rawCarrier{
		ctx: ctx, cfg: cfg, answers: answers, wires: map[int]*wire{}, seed: maphash.MakeSeed(), port: cfg.SourcePort,
	}
	if cfg.Interface != "" {
		i, err := net.InterfaceByName(cfg.Interface)
		if err != nil {
			return nil, fmt.Errorf("no interface %s", cfg.Interface)
		}
		c.pinned = i.Index
	}
	var err error
	if c.router, err = newRouter(); err != nil {
		return nil, err
	}
	if c.port == 0 {
		if err := c.hold(); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

// canRaw says why raw frames cannot be sent, if so.
func canRaw() error { return mayPacket() }

// mayPacket says why packets can be neither sent nor heard as they are, if so.
func mayPacket() error {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
			return errors.New("raw frames need the capability CAP_NET_RAW")
		}
		return fmt.Errorf("no packet socket: %w", err)
	}
	return unix.Close(fd)
}

// hold takes a port of both transports. The TCP socket is bound and nothing else: to
// the kernel the port is closed, so it resets what a SYN of ours opens; the UDP socket
// spares the other side ICMP messages about answers that came.
func (c *rawCarrier) hold() error {
	for range 50 {
		u, err := net.ListenUDP("udp", &net.UDPAddr{})
		if err != nil {
			return err
		}
		port := u.LocalAddr().(*net.UDPAddr).Port
		if fd, err := bindTCP(port); err == nil {
			c.port = uint16(port)
			c.held = append(c.held, func() { u.Close() }, func() { unix.Close(fd) })
			return nil
		}
		u.Close()
	}
	return errors.New("no source port is free")
}

func bindTCP(port int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		if err = unix.Bind(fd, &unix.SockaddrInet6{Port: port}); err == nil {
			return fd, nil
		}
		unix.Close(fd)
	}
	if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return -1, err
	}
	if err = unix.Bind(fd, &unix.SockaddrInet4{Port: port}); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func (c *rawCarrier) close() {
	for _, w := range c.wires {
		if w != nil {
			w.handle.Close()
			<-w.done
		}
	}
	for _, f := range c.held {
		f()
	}
	c.router.close()
}

// adopt gives p to this carrier if a raw frame can reach it; p keeps its own
// otherwise.
func (c *rawCarrier) adopt(p *peer, _ carrier) {
	if p.addr.IsLoopback() {
		return
	}
	r, err := c.router.to(p.addr, c.pinned)
	if err != nil || r.local || !r.plain || r.index == 0 {
		return // the kernel's sockets say what is wrong
	}
	w := c.wire(r.index)
	if w == nil {
		return
	}
	src := r.src
	if s := c.cfg.Source; s.IsValid() && s.Is4() == p.addr.Is4() {
		src = s.WithZone("")
	}
	if !src.IsValid() || src.Is4() != p.addr.Is4() {
		return
	}
	if z := p.addr.Zone(); z != "" {
		w.mu.Lock()
		w.zone = z
		w.mu.Unlock()
	}
	link := !r.next.IsValid()
	if !link {
		mac, ok := w.gateway(r.next, src)
		if !ok {
			return
		}
		p.mac = mac
	}
	p.wire, p.src, p.link, p.via = w, src, link, c
}

// wire opens an interface, once.
func (c *rawCarrier) wire(index int) *wire {
	if w, ok := c.wires[index]; ok {
		return w
	}
	w, err := c.open(index)
	if err != nil {
		c.cfg.note("hosts and TCP ports are looked for by connecting: " + err.Error())
		w = nil
	}
	c.wires[index] = w
	return w
}

// Bounds of the capture behind a wire.
const (
	snapLen   = 256
	readWait  = 20 * time.Millisecond
	ringBytes = 4 << 20
)

func (c *rawCarrier) open(index int) (*wire, error) {
	i, err := net.InterfaceByIndex(index)
	if err != nil {
		return nil, err
	}
	if len(i.HardwareAddr) != 6 {
		return nil, fmt.Errorf("interface %s is no Ethernet", i.Name)
	}
	inactive, err := pcap.NewInactiveHandle(i.Name)
	if err != nil {
		return nil, fmt.Errorf("interface %s: %w", i.Name, err)
	}
	defer inactive.CleanUp()
	err = errors.Join(inactive.SetSnapLen(snapLen), inactive.SetTimeout(readWait), inactive.SetImmediateMode(true), inactive.SetBufferSize(ringBytes))
	if err != nil {
		return nil, fmt.Errorf("interface %s: %w", i.Name, err)
	}
	h, err := inactive.Activate()
	if err != nil {
		return nil, fmt.Errorf("interface %s: %w", i.Name, err)
	}
	if h.LinkType() != layers.LinkTypeEthernet {
		h.Close()
		return nil, fmt.Errorf("interface %s is no Ethernet", i.Name)
	}
	filter := fmt.Sprintf("arp or icmp or icmp6 or ((tcp or udp) and dst port %d)", c.port)
	if err := errors.Join(h.SetDirection(pcap.DirectionIn), h.SetBPFFilter(filter)); err != nil {
		h.Close()
		return nil, fmt.Errorf("interface %s: %w", i.Name, err)
	}
	w := &wire{c: c, name: i.Name, handle: h, done: make(chan struct{}), neighbour: map[netip.Addr][6]byte{}, sought: map[netip.Addr]int{}}
	copy(w.mac[:], i.HardwareAddr)
	go w.listen()
	return w, nil
}

// gateway asks for the hardware address of a next hop and waits for it.
func (w *wire) gateway(next, src netip.Addr) ([6]byte, bool) {
	for range gatewayTries {
		for i := range 25 {
			w.mu.Lock()
			mac, ok := w.neighbour[next.WithZone("")]
			if !ok {
				w.neighbour[next.WithZone("")] = [6]byte{} // wanted
			}
			w.mu.Unlock()
			if ok && mac != [6]byte{} {
				return mac, true
			}
			if i == 0 {
				w.c.cfg.Tap.claim(owner{linkProto, 0, next}, linkWord(next))
				if w.send(Sent{Addr: next, Why: linkWord(next)}, whoHas(w.mac, src, next)) != nil {
					return mac, false
				}
			}
			select {
			case <-w.c.ctx.Done():
				return mac, false
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return [6]byte{}, false
}

func (w *wire) send(s Sent, frame []byte) error {
	if s.Why == linkWord(s.Addr) {
		w.mu.Lock()
		w.sought[s.Addr.WithZone("")]++
		w.mu.Unlock()
		w.c.cfg.Tap.solicits(s.Addr)
	}
	if err := w.handle.WritePacketData(frame); err != nil {
		if errors.Is(err, syscall.ENOBUFS) || strings.Contains(err.Error(), "No buffer space") {
			return errBusy
		}
		return fmt.Errorf("interface %s: %w", w.name, err)
	}
	s.At, s.Frame, s.Closing = time.Now(), frame, Closing{Sent: 1, Exact: true}
	w.c.cfg.sent(s)
	return nil
}

// cookie is the sequence number of our SYNs to a port. A SYN that is sent again must be
// the same: another number within the window of a half-open connection is answered
// with a reset (RFC 9293 §3.10.7.4), and an open port would look closed.
func (c *rawCarrier) cookie(to netip.AddrPort) uint32 {
	return uint32(maphash.Comparable(c.seed, netip.AddrPortFrom(to.Addr().WithZone(""), to.Port())))
}

// ask implements carrier.
func (c *rawCarrier) ask(p *peer, q question, try int, _ time.Duration) error {
	if !c.cfg.allowed(p.addr) {
		return errScope
	}
	w, dst := p.wire, p.addr.WithZone("")
	kind := uint16(etherIPv4)
	if dst.Is6() {
		kind = etherIPv6
	}
	from, to := netip.AddrPortFrom(p.src, c.port), netip.AddrPortFrom(dst, q.port)
	s := Sent{Addr: p.addr, Port: q.port, Proto: request.TCP, Why: "syn"}
	b := ether(p.mac, w.mac, kind)
	known := owner{protoTCP, c.port, p.addr}
	switch q.kind {
	case askSYN:
		b = tcp(b, from, to, flagSYN, c.cookie(to), 0)
	case askACK:
		s.Why = "ack"
		b = tcp(b, from, to, flagACK, c.cookie(to)^1<<31, c.cookie(to))
	case askEcho:
		known.proto = protoICMP
		s.Why, s.Proto = "echo", 0
		b = echo(b, p.src, dst, c.port, uint16(try))
	case askTime:
		known.proto = protoICMP
		s.Why, s.Proto = "timestamp", 0
		b = inquiry(b, p.src, dst, icmpTime, c.port, uint16(try))
	case askMask:
		known.proto = protoICMP
		s.Why, s.Proto = "netmask", 0
		b = inquiry(b, p.src, dst, icmpMask, c.port, uint16(try))
	case askEmpty:
		known.proto = protoUDP
		s.Why, s.Proto = "udp", request.UDP
		b = udp(b, from, to)
	case askLink:
		known = owner{linkProto, 0, p.addr}
		s.Why, s.Proto = linkWord(dst), 0
		b = whoHas(w.mac, p.src, dst)
	default:
		return fmt.Errorf("raw frames carry no question of kind %d", q.kind)
	}
	c.cfg.Tap.claim(known, s.Why)
	return w.send(s, b)
}

// listen hears until the handle is closed.
func (w *wire) listen() {
	defer close(w.done)
	for {
		b, info, err := w.handle.ZeroCopyReadPacketData()
		switch {
		case err == nil:
		case errors.Is(err, pcap.NextErrorTimeoutExpired):
			continue
		default:
			return
		}
		h, ok := parseFrame(b)
		if !ok {
			continue
		}
		a, ok := w.c.understand(&h)
		if !ok {
			continue
		}
		if a.q.kind == askLink {
			w.mu.Lock()
			if _, wanted := w.neighbour[h.src]; wanted {
				w.neighbour[h.src] = h.mac
			}
			w.mu.Unlock()
		}
		if a.addr.Is6() && a.addr.IsLinkLocalUnicast() {
			w.mu.Lock()
			a.addr = a.addr.WithZone(w.zone)
			w.mu.Unlock()
		}
		a.at = info.Timestamp
		w.heard(&h, &a)
		select {
		case w.c.answers <- a:
		case <-w.c.ctx.Done():
			return
		}
	}
}

// heard accounts for an answer, and for the reset with which the kernel ends what we do
// not want.
func (w *wire) heard(h *heard, a *answer) {
	if a.q.kind != askLink && !w.c.cfg.allowed(a.addr) { // a gateway need not be a target
		return
	}
	if a.q.kind == askLink {
		w.mu.Lock()
		n := w.sought[h.src]
		switch n {
		case 0:
		case 1:
			delete(w.sought, h.src)
		default:
			w.sought[h.src] = n - 1
		}
		w.mu.Unlock()
		if n == 0 {
			return
		}
	}
	s := Sent{At: a.at, Addr: a.addr, Port: a.q.port, Why: "answer", Outcome: a.reason, Frame: []byte{}, Closing: Closing{Got: 1, Exact: true}}
	switch {
	case h.proto == protoTCP:
		s.Proto = request.TCP
		if h.flags&(flagSYN|flagRST) == flagSYN {
			s.Sent = 1
			w.c.cfg.Rate.Spend(1)
		}
	case h.proto == protoUDP:
		s.Proto = request.UDP
	}
	w.c.cfg.sent(s)
}

// understand says which question a packet answers.
func (c *rawCarrier) understand(h *heard) (answer, bool) {
	a := answer{addr: h.src, ttl: h.ttl, try: -1, life: true, state: Open}
	switch {
	case h.proto == 0:
		a.q, a.mac, a.reason, a.ttl = question{kind: askLink}, h.mac, "arp-response", 0
		if h.src.Is6() {
			a.reason = "nd-response"
		}
		return a, true
	case h.proto == protoTCP:
		if h.dport != c.port {
			return a, false
		}
		a.q = question{askSYN, h.sport}
		cookie := c.cookie(netip.AddrPortFrom(h.src, h.sport))
		mine := h.ack-1 == cookie
		switch {
		case h.flags&flagRST != 0:
			a.state, a.reason = Closed, "reset"
			if !mine && h.seq == cookie {
				a.q.kind = askACK
			}
		case h.flags&flagSYN != 0 && h.flags&flagACK != 0:
			a.reason = "syn-ack"
			if !mine {
				return a, false // it acknowledges what we did not send
			}
		case h.flags&flagSYN != 0:
			a.reason = "split-handshake-syn"
		default:
			return a, false
		}
		return a, true
	case h.proto == protoUDP:
		a.q, a.reason = question{askEmpty, h.sport}, "udp-response"
		return a, h.dport == c.port
	}
	if kind, word := h.alive(); kind != 0 {
		a.q, a.reason, a.try = question{kind: kind}, word, int(h.dport)
		return a, h.id == c.port
	}
	return c.complaint(h, a)
}

// complaint reads an ICMP error about a packet of ours.
func (c *rawCarrier) complaint(h *heard, a answer) (answer, bool) {
	word := unreachable(h)
	if h.about == nil || word == "" {
		return a, false
	}
	about := h.about
	a.addr, a.state, a.reason, a.life = about.dst, Filtered, word, h.src == about.dst
	switch about.proto {
	case protoTCP:
		cookie := c.cookie(netip.AddrPortFrom(about.dst, about.dport))
		switch {
		case about.seq == cookie:
			a.q = question{askSYN, about.dport}
		case about.seq == cookie^1<<31:
			a.q = question{askACK, about.dport}
		default:
			return a, false
		}
		return a, about.sport == c.port
	case protoUDP:
		a.q = question{askEmpty, about.dport}
		if word == "port-unreach" && a.life {
			a.state = Closed
		}
		return a, about.sport == c.port
	case protoICMP:
		switch a.q = (question{kind: askEcho}); about.icmp {
		case icmpTime:
			a.q.kind = askTime
		case icmpMask:
			a.q.kind = askMask
		}
		return a, about.id == c.port
	}
	return a, false
}
