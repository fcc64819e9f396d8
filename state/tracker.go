package state

import (
	"cmp"
	"slices"
	"time"

	"earshot/capture"
)

// Tracker tells what changes while a network is heard: what Host.Changes would tell, as
// soon as it is known, once. It goes by what is known at that time: where an old version
// is heard again later, so that Changes takes it all for several servers behind one
// address, the change has been told already.
//
// It keeps what it needs and not the evidence: about 200 bytes for each service. When it
// is full it forgets a quarter, at most once an hour of packet time: what was heard longest
// ago is new when it is heard again. The zero
// Tracker knows nothing and is ready. It is not for concurrent use.
type Tracker struct {
	Names *PortNames    // may be nil
	Quiet time.Duration // a service that is not heard for so long has gone quiet; 0: never
	Max   int           // services it knows at most, of the others it tells nothing until it forgets; 0: 524288

	hosts    map[hostKey]*trackedHost
	services map[capture.Endpoint]*tracked
	began    int64 // packet time at which listening began
	waits    bool  // it has begun, and nothing was heard since
	now      int64 // packet time that has been reached
	forgot   int64 // and when something was forgotten
	swept    int64
}

type trackedHost struct {
	mac      spell
	services int
}

// tracked is what is remembered of a service.
type tracked struct {
	name    string // the service's, for what has no version
	version spell
	certs   []spellFor // few
	heard   int64      // packet time
	quiet   bool       // and that was told
}

// spell is a thing that is so until another is.
type spell struct {
	what        string
	first, last int64
}

type spellFor struct {
	name string
	spell
}

// maxCerts bounds the names of a service whose certificates are followed.
const maxCerts = 8

// next takes the thing's periods and reports where it changed: the first of what comes
// after what was so. Periods that overlap are no change.
func (s *spell) next(periods []period) (from, to string, at time.Time, changed bool) {
	slices.SortFunc(periods, func(a, b period) int { return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.what, b.what)) })
	for _, p := range periods {
		first, last := instant(p.first), instant(p.last)
		switch {
		case s.what == "":
			*s = spell{p.what, first, last}
		case s.what == p.what:
			s.last = max(s.last, last)
		case first > s.first && first >= s.last && s.last != 0:
			from, to, at, changed = s.what, p.what, p.first, true
			*s = spell{p.what, first, last}
		}
	}
	return from, to, at, changed
}

func instant(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// Recall takes what was known before listening began, of which nothing is told.
func (t *Tracker) Recall(h *Host) { t.Learn(h) }

// Learn takes what has become known of a host, as a store yields it: all that the store
// knows of each service in it. It returns what is new.
func (t *Tracker) Learn(h *Host) []Change {
	before := t.now
	defer func() {
		if t.waits && t.now > before {
			t.began, t.waits = t.now, false
		}
	}()
	out := changesOf{host: h}
	th := t.track(h, &out)
	if th == nil {
		return nil
	}
	var macs []period
	for _, x := range h.Hints {
		if x.Kind == "mac" {
			macs = extend(macs, period{x.Value, x.First, x.Last})
		}
		t.now = max(t.now, instant(x.Last))
	}
	if from, to, at, changed := th.mac.next(macs); changed {
		out.tell(at, "address-moved", from, to)
	}
	for i := range h.Services {
		if s := &h.Services[i]; s.State() == "open" {
			t.learnService(th, s, &out)
		}
	}
	return out.list
}

// changesOf collects what is told of a host.
type changesOf struct {
	host *Host
	list []Change
}

// tell adds a change of the host.
func (c *changesOf) tell(at time.Time, kind, from, to string) *Change {
	h := c.host
	c.list = append(c.list, Change{Time: at, Kind: kind, Addr: h.Addr, VLAN: h.VLAN, VNI: h.VNI, From: from, To: to})
	return &c.list[len(c.list)-1]
}

// tellOf adds a change of one of its services.
func (c *changesOf) tellOf(s *Service, at time.Time, kind, from, to string) {
	x := c.tell(at, kind, from, to)
	x.Port, x.Proto = s.Endpoint.Addr.Port(), s.Endpoint.Proto.String()
}

// track finds what is remembered of a host, and begins to remember; nil if there is no room.
func (t *Tracker) track(h *Host, out *changesOf) *trackedHost {
	if len(t.hosts) >= t.most() || len(t.services) >= t.most() {
		t.forget()
	}
	k := hostKey{h.Addr, h.VLAN, h.VNI}
	if th := t.hosts[k]; th != nil {
		return th
	}
	if len(h.Services) > 0 && len(t.services) >= t.most() || len(t.hosts) >= t.most() {
		return nil
	}
	if t.hosts == nil {
		t.hosts = map[hostKey]*trackedHost{}
	}
	th := &trackedHost{}
	t.hosts[k] = th
	if l := h.Life(); !l.First.IsZero() {
		out.tell(l.First, "new-host", "", "")
	}
	return th
}

// learnService takes what has become known of an open service.
func (t *Tracker) learnService(th *trackedHost, s *Service, out *changesOf) {
	l := s.Life()
	b := Believe(s, t.Names)
	x := t.services[s.Endpoint]
	if x == nil {
		if len(t.services) >= t.most() {
			return
		}
		if t.services == nil {
			t.services = map[capture.Endpoint]*tracked{}
		}
		th.services++
		x = &tracked{}
		t.services[s.Endpoint] = x
		out.tellOf(s, l.First, "new-service", "", cmp.Or(title(&b.Fields), b.Service))
	}
	x.name = b.Service
	if at := instant(l.Last); at > x.heard {
		x.heard, x.quiet = at, false
	}
	t.now = max(t.now, x.heard)
	if from, to, at, changed := x.version.next(versions(s)); changed {
		out.tellOf(s, at, "version-changed", from, to)
	}
	for _, c := range certificates(s) {
		i := slices.IndexFunc(x.certs, func(o spellFor) bool { return o.name == c.name })
		if i < 0 {
			if len(x.certs) == maxCerts {
				continue
			}
			i = len(x.certs)
			x.certs = append(x.certs, spellFor{name: c.name})
		}
		if from, to, at, changed := x.certs[i].next(c.shown); changed {
			out.tellOf(s, at, "certificate-changed", from, to)
		}
	}
}

func (t *Tracker) most() int {
	if t.Max > 0 {
		return t.Max
	}
	return 1 << 19
}

// Begin says that listening begins: from when on what was known before was quiet, nobody
// can say but for the time before it. What was quiet then is not told again.
func (t *Tracker) Begin() {
	t.waits = true
	for _, x := range t.services {
		x.quiet = t.Quiet > 0 && t.now-x.heard >= int64(t.Quiet)
	}
}

// Sweep returns the services that have gone quiet, by the time that packets have reached.
// It looks once in a minute of packet time.
func (t *Tracker) Sweep() []Change {
	if t.Quiet <= 0 || t.now-t.swept < int64(time.Minute) && t.now-t.swept < int64(t.Quiet) {
		return nil
	}
	t.swept = t.now
	var out []Change
	for ep, x := range t.services {
		if x.quiet || t.now-max(x.heard, t.began) < int64(t.Quiet) {
			continue
		}
		x.quiet = true
		out = append(out, Change{
			Time: time.Unix(0, max(x.heard, t.began)).Add(t.Quiet).UTC(), Kind: "gone-quiet", Addr: ep.Addr.Addr(), VLAN: ep.VLAN, VNI: ep.VNI,
			Port: ep.Addr.Port(), Proto: ep.Proto.String(), From: cmp.Or(x.version.what, x.name),
		})
	}
	slices.SortFunc(out, func(a, b Change) int {
		return cmp.Or(a.Time.Compare(b.Time), a.Addr.Compare(b.Addr), cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.Port, b.Port), cmp.Compare(a.VLAN, b.VLAN))
	})
	return out
}
