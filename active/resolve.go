package active

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"

	"earshot/active/discover"
)

// Names looks up the addresses of the names that the user gave, as the system does, but with
// packets that are counted: the table of the machine first, then the name servers. The zero
// Names knows none.
type Names struct {
	Table   map[string][]netip.Addr // names of this machine's own table, in lower case (hosts(5))
	Servers []netip.AddrPort        // asked in this order
	Search  []string                // what is put behind short names
	Dots    int                     // how many dots a name has that is no short one; 0: one
	System  discover.Resolver       // asked about what the others do not know, if somebody else may; nil: nobody
	MaxRate float64                 // packets a second; 0: no limit
	Ledger  *Ledger                 // may be nil
	Tap     *discover.Tap           // may be nil

	mu        sync.Mutex
	rate      *discover.Rate
	uncounted bool
}

// Uncounted reports whether the system was asked, whose packets are not on the ledger.
func (n *Names) Uncounted() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.uncounted
}

// Resolve is a discover.Resolver.
func (n *Names) Resolve(ctx context.Context, name string) ([]netip.Addr, error) {
	low := strings.ToLower(strings.TrimSuffix(name, "."))
	if a := n.Table[low]; len(a) > 0 {
		return a, nil
	}
	if low == "localhost" || strings.HasSuffix(low, ".localhost") { // RFC 6761 §6.3
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	unknown := errors.New("the name " + name + " cannot be found")
	others := !strings.Contains(low, ".") || strings.HasSuffix(low, ".local") // what is not for name servers (RFC 6762 §3)
	if len(n.Servers) > 0 && !strings.HasSuffix(low, ".local") {
		heard := false
		for _, full := range n.candidates(name) {
			addrs, err := n.ask(ctx, full)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if len(addrs) > 0 {
				return addrs, nil
			}
			heard = heard || !errors.Is(err, errNoAnswer)
		}
		if !heard {
			unknown = errors.New("no name server answers")
		}
	}
	if n.System == nil || len(n.Servers) > 0 && !others {
		return nil, unknown
	}
	n.mu.Lock()
	n.uncounted = true
	n.mu.Unlock()
	return n.System(ctx, name)
}

// candidates are the whole names that a name may stand for, in the order of resolv.conf(5).
func (n *Names) candidates(name string) []string {
	if strings.HasSuffix(name, ".") {
		return []string{name}
	}
	var out []string
	for _, s := range n.Search {
		out = append(out, name+"."+strings.TrimSuffix(s, ".")+".")
	}
	if strings.Count(name, ".") >= max(n.Dots, 1) {
		return append([]string{name + "."}, out...)
	}
	return append(out, name+".")
}

// ask asks for the addresses of both families.
func (n *Names) ask(ctx context.Context, full string) (addrs []netip.Addr, err error) {
	n.mu.Lock()
	if n.rate == nil {
		n.rate = &discover.Rate{Most: n.MaxRate}
	}
	d := &dialer{ledger: n.Ledger, tap: n.Tap, pace: &pace{rate: n.rate}}
	n.mu.Unlock()
	r := &Reverse{Servers: n.Servers}
	for _, kind := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
		out, aerr := r.ask(ctx, d, addressOf+strings.TrimSuffix(full, "."), full, kind)
		addrs = append(addrs, out.addrs...)
		if err = aerr; errors.Is(err, errNoAnswer) {
			break
		}
	}
	return addrs, err
}
