package state

import (
	"math"

	"earshot/capture"
)

// Replay tells another store everything that m holds, account by account, so that the
// other's count of each origin is at least m's. By the merge law it may be done any
// number of times. It returns the first error of the other store.
func (m *Memory) Replay(to Store) error {
	m.sort()
	for _, ep := range m.order {
		if err := m.services[ep].replay(to, ep); err != nil {
			return err
		}
	}
	for _, k := range m.noted {
		if err := m.hosts[k].replay(to, k); err != nil {
			return err
		}
	}
	return nil
}

// replay tells another store of a service.
func (r *record) replay(to Store, ep capture.Endpoint) error {
	if err := replaySpan(to, ep, &r.open, false); err != nil {
		return err
	}
	if r.closed != nil {
		if err := replaySpan(to, ep, r.closed, true); err != nil {
			return err
		}
	}
	for _, c := range r.claims {
		for _, t := range c.counts {
			e := c.Evidence
			e.Origin, e.Count = t.origin, t.n
			if err := to.Add(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// replay tells another store of a host's hints.
func (f *facts) replay(to Store, k hostKey) error {
	for _, h := range f.hints {
		err := to.Note(capture.Hint{Addr: k.addr, VLAN: k.vlan, VNI: k.vni, Kind: h.Kind, Value: h.Value, From: h.From, First: h.First, Last: h.Last})
		if err != nil {
			return err
		}
	}
	return nil
}

// Flush tells another store what a recorder has learned since the last Flush. It needs
// Config.Track, and an origin of the recorder's own (Own): counts of one origin do not
// add up.
func (r *Recorder) Flush(to Store) error {
	_, err := r.FlushSome(to, math.MaxInt)
	return err
}

// FlushSome tells of at most n services, and n hosts, so that in a flood what is handed over does
// not take as much memory as all that is known. It reports whether more is left.
func (r *Recorder) FlushSome(to Store, n int) (more bool, err error) {
	left := n
	for ep := range r.touched {
		if left == 0 {
			break
		}
		if err := r.known.services[ep].replay(to, ep); err != nil {
			return true, err
		}
		delete(r.touched, ep)
		left--
	}
	left = n
	for k := range r.noted {
		if left == 0 {
			break
		}
		if err := r.known.hosts[k].replay(to, k); err != nil {
			return true, err
		}
		delete(r.noted, k)
		left--
	}
	if len(r.touched)+len(r.noted) > 0 {
		return true, nil
	}
	r.forget()
	return false, nil
}

func replaySpan(to Store, ep capture.Endpoint, s *span, closed bool) error {
	for _, t := range s.counts {
		err := to.See(Sighting{
			Closed: closed, Origin: t.origin,
			Sighting: capture.Sighting{Endpoint: ep, First: s.first, Last: s.last, Count: t.n, Reason: s.reason},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
