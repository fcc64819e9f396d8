package active

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"earshot/active/discover"
	"earshot/capture"
	"earshot/matcher/request"
)

// Reverse looks up the names of addresses: PTR records, and whether the name leads back
// to the address. It asks the name servers that it was given and nobody else; what it
// sends is on the ledger.
type Reverse struct {
	Servers []netip.AddrPort // asked in this order
	All     bool             // also of hosts that are not up
	Local   bool             // also of addresses that mean something on this machine or link only (RFC 6303)

	once  sync.Once
	slots chan struct{}
	wg    sync.WaitGroup
	mu    sync.Mutex
	mute  int // lookups in a row that no server answered
}

// Bounds of looking names up.
const (
	lookupsAtOnce = 16
	lookupWait    = time.Second
	lookupTries   = 2
	mostNames     = 4 // of an address, that are looked up in turn
	maxMute       = 3 // then the servers are taken to be away
	longestName   = 253
)

// reserved reports addresses whose names no server of the Internet knows (RFC 6303 §4.2
// to 4.5): who asks for them tells others about this machine only.
func reserved(a netip.Addr) bool {
	return a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.Zone() != ""
}

// begin looks an address up while other work goes on; wait returns when all is done.
func (r *Reverse) begin(ctx context.Context, d *dialer, a netip.Addr, tell func(name, from string)) {
	if !r.asks(a) || r.away() {
		return
	}
	r.once.Do(func() { r.slots = make(chan struct{}, lookupsAtOnce) })
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		defer func() { <-r.slots }()
		names, err := r.ask(ctx, d, nameOf+a.String(), pointer(a), dnsmessage.TypePTR)
		if err != nil {
			return
		}
		for _, n := range names.names[:min(len(names.names), mostNames)] {
			if !plain(n) {
				continue
			}
			kind := dnsmessage.TypeA
			if a.Is6() {
				kind = dnsmessage.TypeAAAA
			}
			from := "ptr-only" // the name does not lead back: whoever runs the address may write any
			back, err := r.ask(ctx, d, nameOf+a.String(), n+".", kind)
			if err == nil {
				for _, b := range back.addrs {
					if b == a {
						from = "ptr"
					}
				}
			}
			tell(n, from)
		}
	}()
}

// asks reports whether the names of an address are looked up at all.
func (r *Reverse) asks(a netip.Addr) bool {
	return r != nil && len(r.Servers) > 0 && (!reserved(a) || r.Local) && a.Zone() == ""
}

func (r *Reverse) wait() {
	if r != nil {
		r.wg.Wait()
	}
}

func (r *Reverse) away() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mute >= maxMute
}

// plain reports whether a name can be one of a host: letters, digits, dots, hyphens and
// underscores.
func plain(n string) bool {
	if n == "" || len(n) > longestName || n[0] == '.' || n[0] == '-' {
		return false
	}
	for i := range len(n) {
		c := n[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// pointer is the name under which an address's names stand (RFC 1035 §3.5, RFC 3596 §2.5).
func pointer(a netip.Addr) string {
	if a.Is4() {
		b := a.As4()
		return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa.", b[3], b[2], b[1], b[0])
	}
	const hex = "0123456789abcdef"
	b := a.As16()
	out := make([]byte, 0, 73)
	for i := 15; i >= 0; i-- {
		out = append(out, hex[b[i]&15], '.', hex[b[i]>>4], '.')
	}
	return string(out) + "ip6.arpa."
}

var errNoAnswer = errors.New("no name server answers")

// ask sends one question to the servers in turn until one answers.
func (r *Reverse) ask(ctx context.Context, d *dialer, why, name string, kind dnsmessage.Type) (lookedUp, error) {
	heard := false
	for range lookupTries {
		for _, s := range r.Servers {
			if r.away() {
				return lookedUp{}, errNoAnswer
			}
			out, err := d.lookup(ctx, s, why, name, kind)
			if ctx.Err() != nil {
				return lookedUp{}, ctx.Err()
			}
			if err == nil {
				r.mu.Lock()
				r.mute = 0
				r.mu.Unlock()
				return out, nil
			}
			heard = heard || errors.Is(err, errRefused)
		}
		if heard {
			return lookedUp{}, errRefused
		}
	}
	r.mu.Lock()
	r.mute++
	r.mu.Unlock()
	return lookedUp{}, errNoAnswer
}

var errRefused = errors.New("the name server knows nothing of it")

// lookup asks one server one question, over UDP from a socket of its own. The server is
// the user's own choice and the only one beside the targets that anything is sent to.
func (d *dialer) lookup(ctx context.Context, server netip.AddrPort, why, name string, kind dnsmessage.Type) (out lookedUp, err error) {
	id := uint16(rand.Uint32())
	msg, err := dnsQuestion(id, name, kind)
	if err != nil {
		return out, err
	}
	if err := d.pace.wait(ctx, nil, 1); err != nil {
		return out, err
	}
	e := newEntry(server, "udp", why)
	e.Asked = []string{strings.TrimPrefix(kind.String(), "Type") + " " + strings.TrimSuffix(name, ".")}
	e.Outcome = "silent"
	defer func() { d.ledger.add(&e, false, e.Sent) }()
	c, err := new(net.Dialer).DialContext(ctx, "udp", server.String())
	if err != nil {
		e.Outcome = "net-unreach"
		return out, err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if u, ok := c.(*net.UDPConn); ok {
		d.tap.Own(request.UDP, discover.LocalPort(u), server, e.Asked[0])
	}
	if _, err := c.Write(msg); err != nil {
		e.Outcome = reason(err)
		return out, err
	}
	e.Sent, e.SentData = 1, len(msg)
	c.SetReadDeadline(time.Now().Add(lookupWait))
	buf := make([]byte, 4096)
	for range 4 { // forged answers, or those to nobody's question, are passed over
		n, err := c.Read(buf)
		if err != nil {
			if reason(err) == "conn-refused" {
				e.Outcome, e.Got = "port-unreach", 1
			}
			return out, err
		}
		e.Got++
		e.GotData += n
		out, err = readNames(buf[:n], id, name, kind)
		if err == nil || errors.Is(err, errRefused) {
			e.Outcome = "answered"
			return out, err
		}
	}
	return out, errNoAnswer
}

// nameOf begins the reason of a lookup on the ledger, addressOf that of one of a name.
const (
	nameOf    = "name of "
	addressOf = "address of "
)

// IsLookup reports whether a ledger's entry is of a name server and not of a target.
func IsLookup(why string) bool {
	return strings.HasPrefix(why, nameOf) || strings.HasPrefix(why, addressOf)
}

func dnsQuestion(id uint16, name string, kind dnsmessage.Type) ([]byte, error) {
	n, err := dnsmessage.NewName(name)
	if err != nil {
		return nil, err
	}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: n, Type: kind, Class: dnsmessage.ClassINET}},
	}
	return m.Pack()
}

// lookedUp is what an answer says.
type lookedUp struct {
	names []string // PTR
	addrs []netip.Addr
}

var errNotOurs = errors.New("not the answer to this question")

// readNames reads the answer to a question. An error that is errRefused means that it is
// the answer and says no. At most 32 records are looked at.
func readNames(msg []byte, id uint16, name string, kind dnsmessage.Type) (out lookedUp, err error) {
	var p dnsmessage.Parser
	h, err := p.Start(msg)
	if err != nil || !h.Response || h.ID != id {
		return out, errNotOurs
	}
	q, err := p.Question()
	if err != nil || q.Type != kind || !strings.EqualFold(q.Name.String(), name) {
		return out, errNotOurs
	}
	if h.RCode != dnsmessage.RCodeSuccess {
		return out, errRefused
	}
	if err := p.SkipAllQuestions(); err != nil {
		return out, errNotOurs
	}
	for range 32 {
		r, err := p.AnswerHeader()
		if err != nil {
			break // their end, or damage: what came before it counts
		}
		switch {
		case r.Type != kind:
			err = p.SkipAnswer()
		case kind == dnsmessage.TypePTR:
			var x dnsmessage.PTRResource
			if x, err = p.PTRResource(); err == nil {
				out.names = append(out.names, strings.TrimSuffix(x.PTR.String(), "."))
			}
		case kind == dnsmessage.TypeA:
			var x dnsmessage.AResource
			if x, err = p.AResource(); err == nil {
				out.addrs = append(out.addrs, netip.AddrFrom4(x.A))
			}
		case kind == dnsmessage.TypeAAAA:
			var x dnsmessage.AAAAResource
			if x, err = p.AAAAResource(); err == nil {
				out.addrs = append(out.addrs, netip.AddrFrom16(x.AAAA))
			}
		default:
			err = p.SkipAnswer()
		}
		if err != nil {
			break
		}
	}
	if len(out.names)+len(out.addrs) == 0 {
		return out, errRefused
	}
	return out, nil
}

// up records how a host was found to be there, and its hardware address if it is known.
func (r *recorder) up(a netip.Addr, reason string, mac [6]byte, at time.Time) {
	r.hint(capture.Hint{Addr: a, Kind: "up", Value: reason, From: "probe", First: at, Last: at})
	if mac != [6]byte{} {
		from := "arp"
		if a.Is6() {
			from = "ndp"
		}
		r.hint(capture.Hint{Addr: a, Kind: "mac", Value: net.HardwareAddr(mac[:]).String(), From: from, First: at, Last: at})
	}
}

func (r *recorder) hint(h capture.Hint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(r.store.Note(h))
}
