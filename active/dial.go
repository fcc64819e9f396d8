package active

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"earshot/active/discover"
	"earshot/capture"
	"earshot/matcher/request"
)

// ErrScope is what a dial outside the scope ends with; no packet was sent.
var ErrScope = errors.New("out of scope")

// ErrDenied is what a connection or datagram ends with that Config.May denied; no packet
// was sent.
var ErrDenied = errors.New("not now")

// dialer opens sockets. Nothing else in this program does.
type dialer struct {
	scope  *discover.Targets
	ledger *Ledger
	pace   *pace
	slots  chan struct{} // bounds the open sockets

	may     func(netip.AddrPort, string) bool
	allowed func(request.Proto) int // packets that a port may cost, 0: any
	acks    int                     // that a connection may cost beside its questions
	contact string                  // who asks, "" for nobody
	tap     *discover.Tap
	source  netip.Addr
	control func(network, address string, raw syscall.RawConn) error // ties a socket to an interface or an address; may be nil
	closing sync.WaitGroup                                           // connections that are being ended

	mu        sync.Mutex
	lingering map[*net.TCPConn]bool // of these, those with time
	ending    bool
}

// maxSockets bounds the sockets open at once.
const maxSockets = 800

func newDialer(cfg *Config) *dialer {
	return &dialer{
		source: cfg.Source, control: discover.Through(cfg.Interface),
		scope: cfg.Scope, ledger: cfg.Ledger, pace: &pace{rate: cfg.rate(), delay: cfg.ScanDelay},
		slots: make(chan struct{}, discover.Sockets(maxSockets)), may: cfg.May, allowed: cfg.allowed, acks: cfg.acks(), contact: cfg.contact(), tap: cfg.Tap, lingering: map[*net.TCPConn]bool{},
	}
}

// link is one connection, or one datagram socket, and its account.
type link struct {
	conn   net.Conn // what is read and written: raw, or TLS over it
	raw    net.Conn
	tls    *capture.TLS // facts of the handshake, if there was one
	alert  byte         // with which the server refused it, 0 for none
	opened time.Time    // when the connection, or the handshake, was complete
	rtt    time.Duration

	d       *dialer
	to      netip.Addr
	host    *hostPace
	entry   Entry
	asks    int // questions sent
	paid    int // packets that the rate knows of
	port    Port
	most    int  // segments that it may cost, beside those for questions
	dear    bool // it has cost more
	charged int  // packets on the port's account
	reads   int  // deliveries of data
	eof     bool // the other side has ended it
	closed  bool
	stop    func() bool
}

// Packets that a TCP connection costs us at least: what the pace is told of.
const connectPackets = 4

// tcp connects. The error is one that reason can name.
func (d *dialer) tcp(ctx context.Context, h *hostPace, a netip.AddrPort, timeout time.Duration, why string) (*link, error) {
	return d.connect(ctx, h, a, timeout, why, false)
}

// speak connects to say something at once.
func (d *dialer) speak(ctx context.Context, h *hostPace, a netip.AddrPort, timeout time.Duration, why string) (*link, error) {
	return d.connect(ctx, h, a, timeout, why, true)
}

func (d *dialer) connect(ctx context.Context, h *hostPace, a netip.AddrPort, timeout time.Duration, why string, speaks bool) (*link, error) {
	if !d.scope.Contains(a.Addr()) {
		return nil, ErrScope
	}
	port := Port{request.TCP, a.Port()}
	if d.left(h, port) < leastSpare {
		return nil, ErrEnough
	}
	if err := d.pace.wait(ctx, h, connectPackets); err != nil {
		return nil, err
	}
	if err := d.take(ctx); err != nil {
		return nil, err
	}
	if d.may != nil && !d.may(a, "tcp") {
		<-d.slots
		return nil, ErrDenied
	}
	l := &link{d: d, to: a.Addr(), host: h, entry: newEntry(a, "tcp", why), paid: connectPackets, port: port, most: d.acks}
	begin := time.Now()
	within, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	account := discover.Account{Tap: d.tap, Why: why, Speaks: speaks}
	dial := net.Dialer{Control: account.Control(d.control), KeepAlive: -1}
	dial.SetMultipathTCP(false)
	account.From(&dial, true, netip.AddrPortFrom(d.source, 0))
	conn, err := dial.DialContext(within, "tcp", a.String())
	if err != nil {
		if within.Err() == context.DeadlineExceeded && ctx.Err() == nil {
			err = os.ErrDeadlineExceeded
		}
		l.entry.Outcome = reason(err)
		cost := account.Failed(l.entry.Outcome)
		<-d.slots
		if l.entry.Sent, l.entry.Got, l.entry.Exact = cost.Sent, cost.Got, cost.Exact; !cost.Exact {
			l.entry.Sent = 1
			if l.entry.Outcome == "conn-refused" {
				l.entry.Got = 1
			} else if time.Since(begin) > time.Second {
				l.entry.Sent = 2 // the system asks again after a second
			}
		}
		d.ledger.add(&l.entry, false, 0)
		d.pace.rate.Spend(l.entry.Sent - l.paid)
		if why != isItOpen {
			l.charge(l.entry.Sent)
		}
		return nil, err
	}
	account.Connected()
	l.opened = time.Now()
	l.rtt = l.opened.Sub(begin)
	l.conn, l.raw = conn, conn
	l.stop = context.AfterFunc(ctx, func() { conn.Close() })
	return l, nil
}

// udp makes a socket that sends to and hears a alone.
func (d *dialer) udp(ctx context.Context, h *hostPace, a netip.AddrPort, why string) (*link, error) {
	if !d.scope.Contains(a.Addr()) {
		return nil, ErrScope
	}
	if err := d.take(ctx); err != nil {
		return nil, err
	}
	account := discover.Account{Tap: d.tap, Why: why}
	dial := net.Dialer{Control: account.Control(d.control)}
	account.From(&dial, false, netip.AddrPortFrom(d.source, 0))
	conn, err := dial.DialContext(ctx, "udp", a.String())
	if err != nil {
		<-d.slots
		return nil, err
	}
	l := &link{d: d, to: a.Addr(), host: h, conn: conn, raw: conn, opened: time.Now(), entry: newEntry(a, "udp", why), port: Port{request.UDP, a.Port()}}
	l.stop = context.AfterFunc(ctx, func() { conn.Close() })
	return l, nil
}

// udpAnyPort makes a socket that sends to a, and hears a's host from whatever port it
// answers: a TFTP server answers from a new one (RFC 1350 §4). A closed port is not told.
func (d *dialer) udpAnyPort(ctx context.Context, h *hostPace, a netip.AddrPort, why string) (*link, error) {
	if !d.scope.Contains(a.Addr()) {
		return nil, ErrScope
	}
	if err := d.take(ctx); err != nil {
		return nil, err
	}
	pc, err := (&net.ListenConfig{Control: discover.Complaints(d.control)}).ListenPacket(ctx, "udp", ":0")
	if err != nil {
		<-d.slots
		return nil, err
	}
	conn := &anyPort{UDPConn: pc.(*net.UDPConn), to: a}
	d.tap.Own(request.UDP, discover.LocalPort(conn.UDPConn), a, why)
	l := &link{d: d, to: a.Addr(), host: h, conn: conn, raw: conn, opened: time.Now(), entry: newEntry(a, "udp", why), port: Port{request.UDP, a.Port()}}
	l.stop = context.AfterFunc(ctx, func() { conn.Close() })
	return l, nil
}

// anyPort is a datagram socket for one host, whose ports may be several.
type anyPort struct {
	*net.UDPConn
	to netip.AddrPort
}

// Write sends a datagram to the port that is asked.
func (c *anyPort) Write(b []byte) (int, error) { return c.WriteToUDPAddrPort(b, c.to) }

// Read takes the next datagram of the host, from whatever port; those of others are dropped.
func (c *anyPort) Read(b []byte) (int, error) {
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if err != nil || from.Addr().Unmap().WithZone("") == c.to.Addr().Unmap().WithZone("") {
			return n, err
		}
	}
}

func (d *dialer) take(ctx context.Context) error {
	select {
	case d.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// send writes one question.
func (l *link) send(ctx context.Context, name string, payload []byte, timeout time.Duration) error {
	datagram := l.entry.Proto == "udp"
	var h *hostPace
	if datagram {
		h = l.host
	}
	if l.dear || l.host != nil && l.d.left(l.host, l.port) <= 0 {
		return ErrEnough
	}
	if err := l.d.pace.wait(ctx, h, 1); err != nil {
		return err
	}
	l.paid++
	if datagram && l.d.may != nil && !l.d.may(netip.AddrPortFrom(l.to, l.entry.Port), "udp") {
		return ErrDenied
	}
	l.asks++
	l.says(name)
	l.conn.SetWriteDeadline(time.Now().Add(timeout))
	n, err := l.conn.Write(signed(payload, l.d.contact))
	l.entry.SentData += n
	if datagram && err == nil {
		l.entry.Sent++
		l.charge(l.entry.Sent)
	}
	return err
}

// says notes what the next packets are for.
func (l *link) says(question string) {
	l.entry.Asked = append(l.entry.Asked, question)
	if c, ok := l.raw.(*net.TCPConn); ok {
		discover.Together(c)
	}
	if l.d.tap == nil {
		return
	}
	local, lerr := netip.ParseAddrPort(l.raw.LocalAddr().String())
	remote, rerr := netip.ParseAddrPort(net.JoinHostPort(l.entry.Host, strconv.Itoa(int(l.entry.Port))))
	if lerr == nil && rerr == nil {
		proto := request.TCP
		if l.entry.Proto == "udp" {
			proto = request.UDP
		}
		l.d.tap.Own(proto, local.Port(), remote, question)
	}
}

// read delivers what comes next, within wait. At the end of the connection the error
// is io.EOF, after wait os.ErrDeadlineExceeded.
func (l *link) read(buf []byte, wait time.Duration) (int, error) {
	if l.dear {
		l.eof = true
		return 0, io.EOF
	}
	l.conn.SetReadDeadline(time.Now().Add(wait))
	n, err := l.conn.Read(buf)
	if n > 0 {
		l.reads++
		l.entry.GotData += n
		l.pay()
		if l.entry.Proto == "udp" {
			l.entry.Got++
		}
		return n, nil
	}
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		l.eof = true
		if l.entry.Proto == "udp" && l.complaint(err) {
			l.entry.Got++ // an ICMP message
		}
	}
	return n, err
}

// close ends the connection with a FIN. What it has cost is known when the other side has
// ended it, too, which is waited for elsewhere.
func (l *link) close(outcome string) {
	if l == nil || l.closed {
		return
	}
	l.closed = true
	l.stop()
	l.entry.Outcome = outcome
	t, tcp := l.raw.(*net.TCPConn)
	if tcp {
		l.charge(max(discover.Segments(t), 3) + tailCost)
	}
	l.d.closing.Add(1)
	go func() {
		defer l.d.closing.Done()
		defer func() { <-l.d.slots }()
		if tcp {
			cost := l.d.hangUp(t, l.dear)
			if l.entry.Sent, l.entry.Got, l.entry.Exact = cost.Sent, cost.Got, cost.Exact; cost.Sent == 0 {
				l.entry.Sent, l.entry.Got = 4+l.asks+l.reads, 3+l.asks+l.reads
			}
		} else {
			l.late()
		}
		l.d.ledger.add(&l.entry, true, l.datagrams())
		l.d.pace.rate.Spend(l.entry.Sent - l.paid)
		if tcp && l.host != nil {
			l.host.costs.add(l.port, l.entry.Sent-l.charged)
		}
	}()
}

// hangUp ends the connection, if there is one, as one that was answered or was not.
func (l *link) hangUp() {
	outcome := "silent"
	if l != nil && l.entry.GotData > 0 {
		outcome = "answered"
	}
	l.close(outcome)
}

// Bounds of how long a connection or a datagram socket is kept after the last question.
const (
	leastLinger = 50 * time.Millisecond
	mostLinger  = 500 * time.Millisecond // after the run, or while many wait
	longLinger  = 15 * time.Second
	maxLong     = 64 // connections that wait so long
)

// hangUp ends a connection and waits for the other side to do so: long, if there are few
// such and while there is other work.
func (d *dialer) hangUp(c *net.TCPConn, dear bool) discover.Closing {
	if dear {
		return discover.CutOff(c)
	}
	most := mostLinger
	d.mu.Lock()
	if !d.ending && len(d.lingering) < maxLong {
		most = longLinger
		d.lingering[c] = true
	}
	d.mu.Unlock()
	out := discover.HangUp(c, most)
	d.mu.Lock()
	delete(d.lingering, c)
	d.mu.Unlock()
	return out
}

// end waits until every connection is at its end, but not for those who do not end theirs.
func (d *dialer) end() {
	d.mu.Lock()
	d.ending = true
	for c := range d.lingering {
		c.SetReadDeadline(time.Now().Add(mostLinger))
	}
	d.mu.Unlock()
	d.closing.Wait()
}

// late takes what still comes to a datagram socket: the system would tell the other side
// that nobody is there.
func (l *link) late() {
	defer l.raw.Close()
	if l.entry.Got < l.entry.Sent || l.entry.Got > l.entry.Sent { // who was silent may be slow, who says much may say more
		l.raw.SetReadDeadline(time.Now().Add(leastLinger))
	} else {
		l.raw.SetReadDeadline(time.Now().Add(time.Millisecond))
	}
	buf := make([]byte, 2048)
	for range 256 {
		n, err := l.raw.Read(buf)
		if n > 0 {
			l.entry.Got++
			l.entry.GotData += n
		}
		if err != nil {
			if l.complaint(err) {
				l.entry.Got++
				continue
			}
			return
		}
	}
}

// complaint reports whether an error of a datagram socket is an ICMP message.
func (l *link) complaint(err error) bool {
	switch reason(err) {
	case "conn-refused", "host-unreach", "net-unreach", "perm-denied":
		return true
	}
	return false
}

func (l *link) datagrams() int {
	if l.entry.Proto == "udp" {
		return l.entry.Sent
	}
	return 0
}

// reason is nmap's word for why a connection did not come about.
// "" means that the cause is here and not there: nothing is known of the port.
func reason(err error) string {
	switch {
	case err == nil:
		return "syn-ack"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return "no-response"
	case errors.Is(err, syscall.ECONNREFUSED), strings.Contains(err.Error(), "refused"):
		return "conn-refused"
	case errors.Is(err, syscall.EHOSTUNREACH):
		return "host-unreach"
	case errors.Is(err, syscall.ENETUNREACH):
		return "net-unreach"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.ECONNABORTED):
		return "reset"
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return "perm-denied"
	}
	return ""
}

// startTLS makes a TLS connection of a plain one. Nothing is verified: what is behind
// it is to be known, not trusted. Old versions and weak ciphers are offered, too. The
// facts of the handshake are in l.tls, as far as they were learned.
func (l *link) startTLS(ctx context.Context, sni string, alpn []string, timeout time.Duration) error {
	if err := l.d.pace.wait(ctx, nil, 2); err != nil {
		return err
	}
	l.paid += 2
	l.asks++
	l.says("TLS")
	facts := &capture.TLS{SNI: sni, Offered: alpn}
	counted := &counting{Conn: l.raw, l: l}
	c := tls.Client(counted, &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // see above
		ServerName:         sni,
		MinVersion:         tls.VersionTLS10,
		CipherSuites:       allCiphers(),
		NextProtos:         alpn,
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) > 0 {
				facts.ReadCertificate(raw[0])
			}
			return nil
		},
		Renegotiation: tls.RenegotiateFreelyAsClient,
	})
	l.raw.SetDeadline(time.Now().Add(timeout)) // a context would close the connection, and its account
	if err := c.Handshake(); err != nil {
		l.tls = l.refusal(counted, sni, alpn)                         // of a server that speaks TLS, and not with us
		if l.tls != nil && l.tls.SHA256 == "" && facts.SHA256 != "" { // in cipher, in TLS 1.3
			facts.Version, facts.Cipher, facts.JA3S = l.tls.Version, l.tls.Cipher, l.tls.JA3S
			l.tls = facts
		}
		l.eof = true
		return err
	}
	l.raw.SetDeadline(time.Time{})
	counted.done()
	s := c.ConnectionState()
	facts.Version, facts.Cipher, facts.ALPN = s.Version, s.CipherSuite, s.NegotiatedProtocol
	l.tls, l.conn, l.opened = facts, c, time.Now()
	return nil
}

// counting keeps the account below TLS, and sees whether the other side speaks it.
type counting struct {
	net.Conn
	l     *link
	hello bool   // a TLS record came: a handshake message or an alert
	seen  bool   // anything came
	over  bool   // the handshake is
	head  []byte // the first of what came until then
}

// maxHead bounds what is kept of a handshake: its certificates may be long.
const maxHead = 16 << 10

// done notes that the handshake has succeeded.
func (c *counting) done() { c.over, c.head = true, nil }

// Read implements net.Conn.
func (c *counting) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && !c.seen {
		c.seen = true
		c.hello = n >= 2 && (b[0] == 22 || b[0] == 21) && b[1] == 3
	}
	if n > 0 {
		c.l.reads++
		c.l.pay()
	}
	if n > 0 && !c.over {
		c.head = append(c.head, b[:min(n, maxHead-len(c.head))]...)
	}
	return n, err
}

// allCiphers lists every suite of TLS up to 1.2 that the library knows, the weak too.
func allCiphers() []uint16 {
	var ids []uint16
	for _, s := range tls.CipherSuites() {
		ids = append(ids, s.ID)
	}
	for _, s := range tls.InsecureCipherSuites() {
		ids = append(ids, s.ID)
	}
	return ids
}

// Lookup looks names up with the system's resolver.
func Lookup(r *net.Resolver) discover.Resolver {
	return func(ctx context.Context, name string) ([]netip.Addr, error) {
		addrs, err := r.LookupNetIP(ctx, "ip", name)
		if err != nil {
			return nil, errors.New("the name " + name + " cannot be found")
		}
		for i, a := range addrs {
			addrs[i] = a.Unmap()
		}
		return addrs, nil
	}
}
