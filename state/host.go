package state

import (
	"cmp"
	"net/netip"
	"strings"
	"time"

	"earshot/capture"
	"earshot/matcher/request"
)

// Life is the span over which something was heard. The zero Life was never heard.
type Life struct {
	First, Last time.Time
	Count       uint64
	Reason      string // nmap's word: how it was known; of several the strongest
}

// Heard reports whether there was anything to hear.
func (l Life) Heard() bool { return l.Count > 0 }

// Sighting is a capture's word about the life of an endpoint.
type Sighting struct {
	capture.Sighting
	Closed bool   // a refusal, not a welcome
	Origin string // the pass that counted Count
}

// Service is all that is known of one endpoint.
type Service struct {
	Endpoint     capture.Endpoint
	Open, Closed Life
	Evidence     []Evidence // strongest first, as Believe weighs them
}

// State returns "open", "closed", "filtered" or "open|filtered" (nmap.org/book/man-port-scanning-basics.html). An
// endpoint that was ever heard to serve is open; one that only refused is closed; of
// one that was asked and never answered, a TCP port is filtered, and a UDP port may
// be either.
func (s *Service) State() string {
	if s.Open.Heard() || len(s.Evidence) > 0 || !s.Closed.Heard() {
		return "open"
	}
	switch s.Closed.Reason {
	case "no-response":
		if s.Endpoint.Proto == request.UDP {
			return "open|filtered"
		}
		return "filtered"
	case "host-unreach", "net-unreach", "perm-denied", "admin-prohibited", "proto-unreach":
		return "filtered"
	}
	return "closed"
}

// Life returns the span over which the service was heard in its present state. Its
// count is that of connections; of banners, where no connection was counted.
func (s *Service) Life() Life {
	if s.State() != "open" {
		return s.Closed
	}
	l := s.Open
	var n uint64
	for i := range s.Evidence {
		e := &s.Evidence[i]
		l.First, l.Last = earlier(l.First, e.First), later(l.Last, e.Last)
		n += e.Count
	}
	if l.Count == 0 {
		l.Count = n
	}
	if l.Reason == "" {
		l.Reason = "tcp-response"
		if s.Endpoint.Proto == request.UDP {
			l.Reason = "udp-response"
		}
	}
	return l
}

// Hint is a fact about a host, and where it was heard.
type Hint struct {
	Kind, Value, From string
	First, Last       time.Time
}

// Host is one address on one network, with what is known of it.
type Host struct {
	Addr     netip.Addr
	VLAN     uint16
	VNI      uint32
	Hints    []Hint    // by kind, value and source
	Services []Service // tcp, udp, sctp; each by port
}

// Hinted returns the values of the host's hints of a kind, sorted, each once.
func (h *Host) Hinted(kind string) []string {
	var v []string
	for _, x := range h.Hints {
		if x.Kind == kind && (len(v) == 0 || v[len(v)-1] != x.Value) {
			v = append(v, x.Value)
		}
	}
	return v
}

// Life returns the span over which anything of the host was heard.
func (h *Host) Life() Life {
	var l Life
	add := func(x Life) {
		l.First, l.Last = earlier(l.First, x.First), later(l.Last, x.Last)
		l.Count += x.Count
	}
	for i := range h.Services {
		add(h.Services[i].Life())
	}
	for _, x := range h.Hints {
		add(Life{First: x.First, Last: x.Last})
	}
	return l
}

// earlier returns the earlier of two times; the zero time is no time.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// compareEndpoints orders endpoints as reports show them: by transport (tcp, udp,
// sctp), then port.
func compareEndpoints(a, b capture.Endpoint) int {
	return cmp.Or(cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.Addr.Port(), b.Addr.Port()))
}

func compareHints(a, b *Hint) int {
	if c := strings.Compare(a.Kind, b.Kind); c != 0 {
		return c
	}
	if c := strings.Compare(a.Value, b.Value); c != 0 {
		return c
	}
	return strings.Compare(a.From, b.From)
}
