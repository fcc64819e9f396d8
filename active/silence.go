package active

import (
	"sync"

	"earshot/matcher/request"
)

// silences knows what the hosts of one run have in common that say nothing: a firewall or
// a tarpit before a whole network takes connections to a port on each of its addresses and
// never answers. Such a port is asked everything on the first hosts and then, where it
// meets the first questions as it did there, these only, and what it is registered for.
// Once it answers a later question anywhere, it is asked everything everywhere.
type silences struct {
	mu    sync.Mutex
	hosts map[silence]int // -1: somewhere it spoke after the first questions
}

// silence is a port and how it says nothing.
type silence struct {
	Port
	closes bool // it ends the connection, and is not still
}

// Bounds of what is taken to be alike.
const (
	alikeHosts  = 8 // on so many hosts a port must have said nothing to anything
	alikeAsked  = 2 // questions that it is asked on every other
	maxSilences = 8192
)

// said notes that a port was asked all there is to ask, and said nothing.
func (s *silences) said(k silence) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, known := s.hosts[k]
	if n < 0 || !known && len(s.hosts) >= maxSilences {
		return
	}
	if s.hosts == nil {
		s.hosts = map[silence]int{}
	}
	s.hosts[k] = n + 1
}

// spoke notes that a port answered a question after the first ones.
func (s *silences) spoke(p Port) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range []silence{{p, false}, {p, true}} {
		if _, known := s.hosts[k]; known || len(s.hosts) < maxSilences {
			if s.hosts == nil {
				s.hosts = map[silence]int{}
			}
			s.hosts[k] = -1
		}
	}
}

// alike returns on how many hosts it was so, 0 if those are too few.
func (s *silences) alike(k silence) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.hosts[k]; n >= alikeHosts {
		return n
	}
	return 0
}

// likeOthers reports whether the port has met the first questions as the same port of many
// other hosts did, which said nothing to all that followed, and next is one of many.
func (q *quiet) likeOthers(next question) bool {
	if next.score < scoreGet || q.heard || q.tunnel || q.spokeTLS || q.silent < alikeAsked || q.quietly && q.cut || q.failed > 0 {
		return false
	}
	n := q.p.silences.alike(silence{q.t.port(), q.cut})
	if n == 0 {
		return false
	}
	how := "silent"
	if q.cut {
		how = "closes"
	}
	why := sprintf("left after %d questions: %s, as on %d other hosts that were asked everything", q.silent, how, n)
	q.p.cfg.tracef("%s: %s", q.t.where(), why)
	q.left = true
	x := newEntry(q.t.ep.Addr, q.t.ep.Proto.String(), why)
	x.Outcome, x.Exact = "silent", true
	q.p.cfg.Ledger.note(&x)
	return true
}

// remember adds what came of the port to what is known of its like on other hosts.
func (q *quiet) remember() {
	switch {
	case q.left:
	case q.speaks > alikeAsked:
		q.p.silences.spoke(q.t.port())
	case !q.heard && !q.spokeTLS && q.quietly != q.cut && q.failed == 0 && (q.silent > alikeAsked || q.t.ep.Proto == request.UDP && q.silent > 0):
		q.p.silences.said(silence{q.t.port(), q.cut})
	}
}
