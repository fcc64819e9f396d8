package state

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/capture"
	"earshot/matcher"
)

// Change is something that became otherwise on the network.
type Change struct {
	Time     time.Time
	Kind     string // "new-host", "new-service", "version-changed", "certificate-changed", "gone-quiet", "address-moved"
	Addr     netip.Addr
	VLAN     uint16
	VNI      uint32
	Port     uint16 // 0 for a host
	Proto    string
	From, To string // what it was and what it is now; empty where that says nothing
}

// Changes says what changed on a host, by time. It is a pure function of what is known:
//
//   - A host and a service are new when they were first heard.
//   - A version has changed where the claims for one product or version end before those
//     for another begin. Claims that overlap in time are several servers behind one
//     address, or disagreement, and no change.
//   - A certificate has changed in the same way: of those shown in the clear, to clients
//     that asked for the same name.
//   - An address has moved where one hardware address ends before another begins.
//   - A service has gone quiet when it was not heard for quiet, if that is before now, the
//     time that the state has reached; never if quiet is 0.
func (h *Host) Changes(names *PortNames, now time.Time, quiet time.Duration) []Change {
	var out []Change
	c := func(at time.Time, kind string) *Change {
		out = append(out, Change{Time: at, Kind: kind, Addr: h.Addr, VLAN: h.VLAN, VNI: h.VNI})
		return &out[len(out)-1]
	}
	if l := h.Life(); !l.First.IsZero() {
		c(l.First, "new-host")
	}
	beliefs := h.Beliefs(names)
	for i := range h.Services {
		s := &h.Services[i]
		if s.State() != "open" {
			continue
		}
		on := func(at time.Time, kind, from, to string) {
			x := c(at, kind)
			x.Port, x.Proto, x.From, x.To = s.Endpoint.Addr.Port(), s.Endpoint.Proto.String(), from, to
		}
		l := s.Life()
		became := turns(versions(s))
		if !l.First.IsZero() {
			what := cmp.Or(title(&beliefs[i].Fields), beliefs[i].Service)
			if len(became) > 0 {
				what = became[0].from
			}
			on(l.First, "new-service", "", what)
		}
		for _, t := range became {
			on(t.at, "version-changed", t.from, t.to)
		}
		for _, name := range certificates(s) {
			for _, t := range turns(name.shown) {
				on(t.at, "certificate-changed", t.from, t.to)
			}
		}
		if quiet > 0 && !l.Last.IsZero() && now.Sub(l.Last) >= quiet {
			on(l.Last.Add(quiet), "gone-quiet", cmp.Or(title(&beliefs[i].Fields), beliefs[i].Service), "")
		}
	}
	var macs []period
	for _, x := range h.Hints {
		if x.Kind == "mac" {
			macs = append(macs, period{x.Value, x.First, x.Last})
		}
	}
	for _, t := range turns(macs) {
		x := c(t.at, "address-moved")
		x.From, x.To = t.from, t.to
	}
	slices.SortStableFunc(out, func(a, b Change) int { return a.Time.Compare(b.Time) })
	return out
}

// Where writes the endpoint or the host that a change is of.
func (c *Change) Where() string {
	w := c.Addr.String()
	if c.Port != 0 || c.Proto != "" {
		w = netip.AddrPortFrom(c.Addr, c.Port).String() + "/" + c.Proto
	}
	if c.VLAN != 0 {
		w += " VLAN " + strconv.Itoa(int(c.VLAN))
	}
	if c.VNI != 0 {
		w += " VNI " + strconv.Itoa(int(c.VNI))
	}
	return w
}

func title(f *matcher.Fields) string {
	if f.Product == "" || f.Version == "" {
		return f.Product
	}
	return f.Product + " " + f.Version
}

// period is a thing that was so from one time to another.
type period struct {
	what        string
	first, last time.Time
}

// versions are the times of each product with a version that was heard, joined.
func versions(s *Service) []period {
	var out []period
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if e.TLS != nil || e.Result.Kind != matcher.Hard || e.Result.Version == "" || e.Result.Product == "" || e.Target != "" {
			continue
		}
		out = extend(out, period{title(&e.Result.Fields), e.First, e.Last})
	}
	return out
}

// shownTo is what a service showed to clients that asked for one name.
type shownTo struct {
	name  string
	shown []period
}

// certificates are the certificates that a service showed, by the name that it was asked
// for.
func certificates(s *Service) []shownTo {
	var out []shownTo
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if e.TLS == nil || e.TLS.NotAfter.IsZero() || e.Via == capture.Proxied {
			continue
		}
		k := slices.IndexFunc(out, func(x shownTo) bool { return x.name == e.TLS.SNI })
		if k < 0 {
			k = len(out)
			out = append(out, shownTo{name: e.TLS.SNI})
		}
		out[k].shown = extend(out[k].shown, period{certificate(e.TLS), e.First, e.Last})
	}
	return out
}

// certificate tells a certificate from the next for the same name.
func certificate(t *capture.TLS) string {
	w := cmp.Or(t.Subject, strings.Join(t.Names, " "), "a certificate")
	if t.Issuer != "" && t.Issuer != t.Subject {
		w += " by " + t.Issuer
	}
	return w + ", " + t.NotBefore.UTC().Format(time.DateOnly) + " to " + t.NotAfter.UTC().Format(time.DateOnly)
}

// extend adds a period to those of other things.
func extend(all []period, p period) []period {
	if k := slices.IndexFunc(all, func(o period) bool { return o.what == p.what }); k >= 0 {
		all[k].first, all[k].last = earlier(all[k].first, p.first), later(all[k].last, p.last)
		return all
	}
	return append(all, p)
}

// turn is where one period ends before another begins.
type turn struct {
	at       time.Time
	from, to string
}

func turns(p []period) []turn {
	slices.SortFunc(p, func(a, b period) int { return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.what, b.what)) })
	var out []turn
	for i := 1; i < len(p); i++ {
		if a, b := p[i-1], p[i]; !a.first.IsZero() && !b.first.Before(a.last) && b.first.After(a.first) {
			out = append(out, turn{b.first, a.what, b.what})
		}
	}
	return out
}
