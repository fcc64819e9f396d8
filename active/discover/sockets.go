package discover

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"earshot/matcher/request"
)

// sockets asks through the kernel: TCP connections and UDP sockets. It needs no
// privileges and reaches whatever the kernel reaches.
type sockets struct {
	ctx     context.Context
	cfg     *Config
	answers chan<- answer
	slots   chan struct{} // bounds the sockets open at once
	wg      sync.WaitGroup
	udpPort int // all questions over UDP come from it; 0: each from its own
	sink    net.PacketConn
}

// Bounds of the kernel's sockets.
const (
	maxSockets  = 1000            // fewer where the process may open fewer
	lingerUDP   = 2 * time.Second // an answer may be slower than the round trip: the server has to think
	lingerClose = 500 * time.Millisecond

	lingerAnyPort = 300 * time.Millisecond
)

// Sockets returns how many sockets may be open at once, at most most: a third of what the
// process may open, for a socket that connects takes two, and there are other files.
func Sockets(most int) int {
	if limit := descriptors(); limit > 0 {
		return max(min(most, (limit-32)/3), 4)
	}
	return most
}

func newSockets(ctx context.Context, cfg *Config, answers chan<- answer) *sockets {
	n := Sockets(maxSockets)
	s := &sockets{ctx: ctx, cfg: cfg, answers: answers, slots: make(chan struct{}, n), udpPort: int(cfg.SourcePort)}
	if control := cfg.socketControl(true); control != nil {
		// What comes too late, or from another address than was asked, ends here: without
		// it the kernel would send an ICMP message, and to whom, nobody could say.
		port := ":" + strconv.Itoa(int(cfg.SourcePort))
		if sink, err := (&net.ListenConfig{Control: control}).ListenPacket(ctx, "udp", port); err == nil {
			s.sink, s.udpPort = sink, sink.LocalAddr().(*net.UDPAddr).Port
			if u, ok := sink.(*net.UDPConn); ok {
				_ = u.SetReadBuffer(1) // nobody reads it; the kernel has its own least
			}
		}
	}
	return s
}

// ask implements carrier.
func (s *sockets) ask(p *peer, q question, try int, timeout time.Duration) error {
	if !s.cfg.allowed(p.addr) {
		return errScope
	}
	select {
	case s.slots <- struct{}{}:
	default:
		return errBusy
	}
	s.wg.Add(1)
	a := answer{addr: p.addr, q: q, try: try}
	to := netip.AddrPortFrom(p.addr, q.port)
	go func() {
		defer s.wg.Done()
		defer func() { <-s.slots }()
		if q.kind == askUDP {
			s.udp(a, to, timeout)
		} else {
			s.connect(a, to, timeout)
		}
	}()
	return nil
}

// wait returns when no socket is open any more.
func (s *sockets) wait() {
	s.wg.Wait()
	if s.sink != nil {
		s.sink.Close()
	}
}

func (s *sockets) tell(a answer) {
	a.at = time.Now()
	s.give(a)
}

func (s *sockets) give(a answer) {
	select {
	case s.answers <- a:
	case <-s.ctx.Done():
	}
}

func (s *sockets) dialer(tcp bool) *net.Dialer {
	d := &net.Dialer{Control: s.cfg.socketControl(!tcp), KeepAlive: -1}
	d.SetMultipathTCP(false)
	port := int(s.cfg.SourcePort)
	if !tcp {
		port = s.udpPort
	}
	var ip net.IP
	if s.cfg.Source.IsValid() {
		ip = s.cfg.Source.AsSlice()
	}
	switch {
	case ip == nil && port == 0:
	case tcp:
		d.LocalAddr = &net.TCPAddr{IP: ip, Port: port}
	default:
		d.LocalAddr = &net.UDPAddr{IP: ip, Port: port}
	}
	return d
}

func (s *sockets) connect(a answer, to netip.AddrPort, timeout time.Duration) {
	ctx, cancel := context.WithTimeout(s.ctx, timeout)
	defer cancel()
	sent := Sent{At: time.Now(), Addr: to.Addr(), Port: to.Port(), Proto: request.TCP, Why: "connect"}
	account := Account{Tap: s.cfg.Tap, Why: "connect", Speaks: true}
	d := s.dialer(true)
	d.Control, d.LocalAddr = account.Control(d.Control), nil
	account.From(d, true, netip.AddrPortFrom(s.cfg.Source, s.cfg.SourcePort))
	c, err := d.DialContext(ctx, "tcp", to.String())
	at := time.Now()
	if err == nil {
		account.Connected()
		a.at, a.state, a.reason, a.life = at, Open, "syn-ack", true
		s.give(a)
		t, ok := c.(*net.TCPConn)
		if !ok {
			c.Close()
			return
		}
		sent.Outcome = "open"
		if sent.Closing = HangUp(t, lingerClose); sent.Sent == 0 {
			sent.Closing = Closing{Sent: 4, Got: 3}
		}
		s.cfg.sent(sent)
		s.cfg.Rate.Spend(sent.Sent - connectPackets)
		return
	}
	refused := errors.Is(err, syscall.ECONNREFUSED)
	silent := ctx.Err() != nil && !refused
	if a.at = at; silent {
		sent.Outcome = "no-response"
	} else {
		a.state, a.reason, a.life = verdict(err)
		sent.Outcome = a.reason
	}
	if !silent && a.state == 0 && a.reason != "no-response" { // nothing was sent
		account.Connected()
		s.cfg.Rate.Spend(-connectPackets)
		a.failed = err
		time.Sleep(10 * time.Millisecond)
		s.give(a)
		return
	}
	if sent.Closing = account.Failed(sent.Outcome); !sent.Exact {
		sent.Closing = Closing{Sent: 1}
		if refused {
			sent.Got = 1
		}
	}
	s.cfg.sent(sent)
	s.cfg.Rate.Spend(sent.Sent - connectPackets)
	if silent {
		return // the engine keeps the time
	}
	if a.state != 0 {
		s.give(a)
	}
}

// verdict says what a connect's error tells of the port. No state and no reason mean
// that the cause is here: too many descriptors or ports in use.
func verdict(err error) (State, string, bool) {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), strings.Contains(err.Error(), "refused"):
		return Closed, "conn-refused", true
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.ECONNABORTED):
		return Closed, "reset", true
	case errors.Is(err, syscall.EHOSTUNREACH):
		return Filtered, "host-unreach", false
	case errors.Is(err, syscall.ENETUNREACH):
		return Filtered, "net-unreach", false
	case errors.Is(err, syscall.ENOPROTOOPT), errors.Is(err, syscall.EPROTO):
		return Filtered, "proto-unreach", false
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return Filtered, "admin-prohibited", false
	case errors.Is(err, syscall.ETIMEDOUT), errors.Is(err, os.ErrDeadlineExceeded):
		return 0, "no-response", false
	}
	return 0, "", false
}

// udp sends a port's payloads, all from one socket, and waits for an answer: one payload a while
// after the other, within the time in which the engine expects an answer, for a port that is closed
// has said so by then, and one that has answered the first needs no other. What two were sent
// to at once is told by the kernel as refused once, however many messages came.
func (s *sockets) udp(a answer, to netip.AddrPort, timeout time.Duration) {
	account := Account{Tap: s.cfg.Tap, Why: "udp"}
	d := s.dialer(false)
	if d.LocalAddr == nil {
		d.Control = account.Control(d.Control)
	} else {
		s.cfg.Tap.Own(request.UDP, uint16(s.udpPort), to, account.Why)
	}
	c, err := d.DialContext(s.ctx, "udp", to.String())
	if err != nil {
		s.wrong(a, err)
		return
	}
	defer c.Close()
	stop := context.AfterFunc(s.ctx, func() { c.Close() })
	defer stop()
	payloads := [][]byte{nil}
	if s.cfg.Payloads != nil {
		if p := s.cfg.Payloads(to.Port()); len(p) > 0 {
			payloads = p
		}
	}
	sent := Sent{At: time.Now(), Addr: to.Addr(), Port: to.Port(), Proto: request.UDP, Why: "udp", Outcome: "no-response"}
	defer func() { s.cfg.sent(sent) }()
	wrote := func() {
		if sent.Sent++; sent.Sent > 1 { // the first is paid for
			s.cfg.Rate.Spend(1)
		}
	}
	buf, n := make([]byte, 4096), 0
	pause := timeout / time.Duration(2*len(payloads))
	for i, b := range payloads {
		a.asked = b
		if request.Classify(request.UDP, b).Family() == "tftp" {
			if data := s.fromAnyPort(to, b, &sent, wrote); data != nil {
				a.state, a.reason, a.life, a.data = Open, "udp-response", true, data
				s.tell(a)
				return
			}
		}
		if _, err = c.Write(b); err != nil {
			break
		}
		wrote()
		sent.Data += len(b)
		wait := pause
		if i == len(payloads)-1 {
			wait = max(timeout, lingerUDP)
		}
		c.SetReadDeadline(time.Now().Add(wait))
		if n, err = c.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
	}
	if err != nil {
		s.complained(&sent, err)
		s.wrong(a, err)
	} else {
		sent.Outcome, sent.Got = "udp-response", sent.Got+1
		a.state, a.reason, a.life, a.data = Open, "udp-response", true, buf[:n:n]
		s.tell(a)
	}
	s.rest(c, &sent, pause)
}

// rest accounts for what else comes of what was sent a pause apart: answers, and ICMP messages.
func (s *sockets) rest(c net.Conn, sent *Sent, pause time.Duration) {
	if sent.Got == 0 || sent.Got >= sent.Sent && sent.Outcome != "udp-response" {
		return
	}
	outcome, buf, linger := sent.Outcome, make([]byte, 2048), lingerClose/4
	if sent.Sent > 1 {
		linger += pause
	}
	for range 2 * sent.Sent {
		c.SetReadDeadline(time.Now().Add(linger))
		switch _, err := c.Read(buf); {
		case err == nil:
			sent.Got++
		case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed):
			return
		default:
			s.complained(sent, err)
			sent.Outcome = outcome
		}
	}
}

// fromAnyPort asks what is answered from another port than was asked, as TFTP's servers do
// (RFC 1350 §4), and waits a little. Nothing comes of a closed port, so it is asked again.
func (s *sockets) fromAnyPort(to netip.AddrPort, b []byte, sent *Sent, wrote func()) []byte {
	c, err := (&net.ListenConfig{Control: Complaints(s.cfg.socketControl(true))}).ListenPacket(s.ctx, "udp", ":0")
	if err != nil {
		return nil
	}
	defer c.Close()
	u, ok := c.(*net.UDPConn)
	if !ok {
		return nil
	}
	s.cfg.Tap.Own(request.UDP, LocalPort(u), to, "udp")
	if _, err := u.WriteToUDPAddrPort(b, to); err != nil {
		return nil
	}
	wrote()
	sent.Data += len(b)
	u.SetReadDeadline(time.Now().Add(lingerAnyPort))
	buf := make([]byte, 4096)
	for {
		n, from, err := u.ReadFromUDPAddrPort(buf)
		if errors.Is(err, syscall.ECONNREFUSED) {
			sent.Got++
		}
		if err != nil {
			return nil
		}
		if from.Addr().Unmap().WithZone("") == to.Addr().Unmap().WithZone("") {
			sent.Outcome, sent.Got = "udp-response", sent.Got+1
			return buf[:n:n]
		}
	}
}

// complained accounts for an ICMP message, which is what an error of a UDP socket is.
func (s *sockets) complained(sent *Sent, err error) {
	if state, word, _ := verdict(err); state != 0 {
		if word == "conn-refused" {
			word = "port-unreach"
		}
		sent.Outcome, sent.Got = word, sent.Got+1
	}
}

// wrong tells what an error of a UDP socket says: of the port, if it is an ICMP message
// that the kernel passed on.
func (s *sockets) wrong(a answer, err error) {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed), s.ctx.Err() != nil:
		return
	case errors.Is(err, syscall.ECONNREFUSED):
		a.state, a.reason, a.life = Closed, "port-unreach", true
	default:
		if a.state, a.reason, a.life = verdict(err); a.state == 0 {
			a.failed = err
			time.Sleep(10 * time.Millisecond)
		}
	}
	s.tell(a)
}

// Through is a net.Dialer's Control that ties sockets to an interface; nil if that is "".
func Through(name string) func(network, address string, raw syscall.RawConn) error {
	if name == "" {
		return nil
	}
	c := &Config{Interface: name}
	return c.socketControl(false)
}
