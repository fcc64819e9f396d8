package discover

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"
)

// kind is what is sent to learn something.
type kind uint8

const (
	askSYN     kind = iota + 1 // a raw SYN
	askACK                     // a raw ACK, to learn whether the host lives
	askEcho                    // an ICMP echo request
	askEmpty                   // a raw empty UDP datagram, to learn whether the host lives
	askLink                    // an ARP request or a neighbour solicitation
	askConnect                 // the kernel connects
	askUDP                     // the kernel sends a payload
	askTime                    // an ICMP timestamp request
	askMask                    // an ICMP address mask request
)

// connectPackets is what a connection costs that comes about: its opening and its end.
const connectPackets = 4

// packets is what a question costs as far as that is known when it is asked.
func (k kind) packets() int {
	if k == askConnect {
		return connectPackets
	}
	return 1
}

// question is one thing to be asked of a host.
type question struct {
	kind kind
	port uint16
}

// plan is the questions asked of every host of a run, in order.
type plan struct {
	qs     []question
	index  map[question]int32
	stages []int // a question from here on waits until none before it is in flight
	ping   bool  // the first answer that shows life ends it
	once   kind  // not repeated
}

func newPlan(qs []question) *plan {
	p := &plan{qs: qs, index: make(map[question]int32, len(qs))}
	for i, q := range qs {
		p.index[q] = int32(i)
	}
	return p
}

// carrier sends questions and brings answers.
type carrier interface {
	// ask sends a question. It must not wait. errBusy means that it cannot take another
	// one now; any other error, that the question cannot be sent to this host.
	ask(p *peer, q question, try int, timeout time.Duration) error
}

var errBusy = errors.New("too many questions at once")

// peer is a host as the carriers see it; it outlives a plan.
type peer struct {
	addr netip.Addr
	via  carrier
	mac  [6]byte // next hop's, for raw frames
	wire *wire   // for raw frames
	src  netip.Addr
	link bool // on the local link
	rtt  rtt
	up   HostState
}

// answer is what a carrier heard.
type answer struct {
	addr   netip.Addr
	q      question
	try    int // -1: not known
	at     time.Time
	state  State
	reason string
	ttl    uint8
	life   bool // it came from the host itself
	mac    [6]byte
	asked  []byte
	data   []byte
	failed error // the carrier could not ask
}

// mark is what is known of one question at one host.
type mark struct {
	asked  time.Duration // since the run began
	lost   time.Duration // when the latest try was asked that was given up
	reason string
	rtt    time.Duration
	tries  uint8
	free   uint8 // tries that do not count: the host could not answer so many
	state  State
	ttl    uint8
	out    bool // the latest try is in flight
	silent bool // given up
	queued bool // waits to be asked again
	told   bool // the sink knows
}

// flight is a try in flight.
type flight struct {
	q   int32
	try uint8
	at  time.Duration
}

// host is one host under one plan.
type host struct {
	*peer
	plan    *plan
	marks   []mark
	next    int // first question never asked
	retry   []int32
	flights []flight
	out     int
	win     window
	last    time.Time // of the latest question
	began   time.Time
	best    int // highest number of a try that was answered; try 0 is the first
	asked   float64
	heard   float64
	space   spacing
	refuses bool // it said of a port that it is closed
	eager   int  // more than 0: what was silent is asked again before what was not asked yet
	fresh   int  // asked for the first time since one was asked again
	life    *answer
	nobody  bool      // it is not there
	gone    error     // cannot be asked
	failing time.Time // since when no try could be made; zero: the last could

	limits limits // of its ICMP messages
}

// engine paces one plan over many hosts.
type engine struct {
	timing  Timing
	rate    *Rate
	answers chan answer
	active  []*host
	by      map[netip.Addr]*host
	group   window
	out     int
	began   time.Time
	turn    int
	step    time.Duration // first adaptive delay
	top     time.Duration // last adaptive delay
	busy    bool
	grace   time.Duration // a host with silent questions is left that long after the last of them

	known  func(h *host, i int, a *answer) // a question's state was learned
	finish func(h *host, timedOut bool)
	widest time.Duration // between questions to a host that limits its ICMP messages; 0: there is no such thing

	skip func(h *host, q question) bool // questions not to be asked; may be nil
}

// skipped is the state of a question that was not to be asked.
const skipped State = 255

// maxFailing is how long a host is tried that cannot be asked for reasons of our own: sockets
// and ports become free again, an interface that is gone does not come back.
const maxFailing = 3 * time.Second

// maxActive is how many hosts are asked at once.
const (
	maxActive    = 256
	maxMarks     = 1 << 20 // over all active hosts
	answersAhead = 4096
)

// run asks the hosts that next yields; next returns nil when there are no more. It
// ends early when ctx does.
func (e *engine) run(ctx context.Context, next func() *host) error {
	e.began = time.Now()
	e.rate.start(e.began)
	e.by = map[netip.Addr]*host{}
	timer := time.NewTimer(0)
	defer timer.Stop()
	more := true
	for {
		now := time.Now()
		for more && len(e.active) < maxActive && (len(e.active) == 0 || len(e.active)*len(e.active[0].marks) < maxMarks) {
			h := next()
			if h == nil {
				more = false
				break
			}
			e.start(h, now)
		}
		if len(e.active) == 0 {
			return ctx.Err()
		}
		wake := e.sweep(now)
		e.retire(now)
		if len(e.active) == 0 {
			continue
		}
		e.send(now, &wake)
		timer.Reset(max(time.Until(wake), 0))
		select {
		case <-ctx.Done():
			for _, h := range e.active {
				e.finish(h, true)
			}
			return ctx.Err()
		case a := <-e.answers:
			e.take(&a)
		case <-timer.C:
		}
		for drained := false; !drained; {
			select {
			case a := <-e.answers:
				e.take(&a)
			default:
				drained = true
			}
		}
	}
}

func (e *engine) start(h *host, now time.Time) {
	h.marks = make([]mark, len(h.plan.qs))
	h.began = now
	h.space = spacing{delay: e.timing.Delay, base: e.timing.Delay, step: e.step, top: e.top, since: now.Add(-1)}
	initial := 10.0
	if e.timing.Serial {
		initial = 1
	}
	h.win = newWindow(initial, e.group.most)
	h.limits = newLimits(e.widest, len(h.marks))
	e.active = append(e.active, h)
	e.by[h.addr] = h
}

func (e *engine) timeout(h *host) time.Duration {
	return max(h.rtt.timeout(&e.timing), h.space.delay)
}

// allowed is how often a question may be asked: once more than the highest try that
// was ever answered on the host, at least twice (nmap.org/book/port-scanning-algorithms.html).
func (e *engine) allowed(h *host, q int32) int {
	if h.plan.once != 0 && h.plan.qs[q].kind == h.plan.once || e.timing.Retries < 0 {
		return 1
	}
	return min(1+e.timing.Retries, 1+max(1, h.best+1)+int(h.marks[q].free))
}

// sweep gives up tries that took too long, and says when to look again.
func (e *engine) sweep(now time.Time) time.Time {
	wake := now.Add(250 * time.Millisecond)
	since := now.Sub(e.began)
	for _, h := range e.active {
		limit := e.timeout(h)
		if l := &h.limits; l.out >= 0 {
			if due := l.outAt.Add(limit); !due.After(now) {
				e.untouched(h)
			} else if due.Before(wake) {
				wake = due
			}
		}
		n := 0
		for _, f := range h.flights {
			m := &h.marks[f.q]
			if !m.out || m.tries != f.try+1 {
				n++
				continue
			}
			if due := f.at + limit; due > since {
				if t := e.began.Add(due); t.Before(wake) {
					wake = t
				}
				break
			}
			n++
			m.out, m.lost = false, f.at
			h.out--
			e.out--
			if f.try > 0 && h.eager > 0 {
				h.eager--
			}
			h.win.hush()
			e.group.hush()
			h.limits.lost()
			if int(m.tries) < e.allowed(h, f.q) {
				m.queued = true
				h.retry = append(h.retry, f.q)
			} else {
				m.silent = true
			}
		}
		if n == len(h.flights) {
			h.flights = h.flights[:0]
		} else {
			h.flights = h.flights[n:]
		}
	}
	return wake
}

// untouched takes it that a host's touchstone stayed without an answer.
func (e *engine) untouched(h *host) {
	if at, tooFast := h.limits.untouched(); tooFast {
		e.tooFast(h, at)
	}
}

// tooFast takes it that what was asked of a host since then and is silent was asked too fast.
func (e *engine) tooFast(h *host, at time.Time) {
	since := at.Sub(e.began) // far in the past if nothing was ever asked slowly enough
	for i := range h.marks {
		if m := &h.marks[i]; m.tries > 0 && m.state == 0 && m.asked > since && m.free < maxFree {
			m.free++
		}
	}
}

// manyRefusals is how many answers a host gives over UDP before it is asked as fast as others.
const manyRefusals = 64

// maxFree is how many tries of a question do not count.
const maxFree = 6

// send asks as much as windows, delays and rates allow, one question a host and round.
func (e *engine) send(now time.Time, wake *time.Time) {
	e.busy = false
	for progress := true; progress; {
		progress = false
		for range e.active {
			e.turn = (e.turn + 1) % len(e.active)
			h := e.active[e.turn]
			if due := e.rate.Due(); due.After(now) {
				if due.Before(*wake) {
					*wake = due
				}
				return
			}
			forced := e.rate.behind(now)
			if !forced && (float64(e.out) >= e.group.size || e.timing.Serial && e.out > 0) {
				return
			}
			if !forced && float64(h.out) >= h.win.size {
				continue
			}
			if due := h.last.Add(h.space.delay); !forced && due.After(now) {
				if due.Before(*wake) {
					*wake = due
				}
				continue
			}
			if e.ask(h, now, forced, wake) {
				progress = true
			}
			if e.busy {
				*wake = now.Add(5 * time.Millisecond)
				return
			}
		}
	}
}

// ask sends a host's next question, if it has one to be sent now; else wake may become sooner.
func (e *engine) ask(h *host, now time.Time, forced bool, wake *time.Time) bool {
	if h.gone != nil || h.nobody || h.plan.ping && h.life != nil {
		return false
	}
	fresh, again := e.fresh(h), h.waits()
	if !fresh && !again {
		if h.out > 0 || !h.silent() {
			return false
		}
		if h.limits.state == watching && h.limits.doubtful() {
			return e.touch(h, now, wake)
		}
		if at, tooFast := h.limits.end(); tooFast {
			e.tooFast(h, at)
			*wake = now // they are asked again
		}
		return false
	}
	if fresh && again && h.sooner() {
		fresh = false
	}
	question, touchstone, until := h.limits.turn(now, h.out)
	if wait, late := h.limits.late(now, h.last, h.out); wait && !fresh {
		question, touchstone, until = false, false, late
	}
	switch {
	case forced, question:
	case touchstone:
		return e.touch(h, now, wake)
	default:
		if until.Before(*wake) {
			*wake = until
		}
		return false
	}
	q := int32(h.next)
	if !fresh {
		q = h.retry[0]
	}
	m := &h.marks[q]
	if !e.put(h, q, int(m.tries), now, wake) {
		return false
	}
	if fresh {
		h.next++
		h.fresh++
	} else {
		h.retry = h.retry[1:]
		m.queued = false
		h.fresh = 0
	}
	if h.gone != nil {
		return false
	}
	h.limits.asked(now, fresh, false)
	m.asked = now.Sub(e.began)
	h.flights = append(h.flights, flight{q, m.tries, m.asked})
	m.tries++
	m.out = true
	h.out++
	e.out++
	h.asked++
	h.last = now
	e.until(h, now, wake)
	return true
}

// until is woken when what is asked of a host now has taken too long.
func (e *engine) until(h *host, now time.Time, wake *time.Time) {
	if due := now.Add(e.timeout(h)); due.Before(*wake) {
		*wake = due
	}
}

// put sends question q of a host, and reports whether it could be sent now; a host that cannot
// be asked at all is gone.
func (e *engine) put(h *host, q int32, try int, now time.Time, wake *time.Time) bool {
	err := h.via.ask(h.peer, h.plan.qs[q], try, e.timeout(h))
	switch {
	case errors.Is(err, errBusy):
		e.busy = true
		return false
	case err != nil:
		h.gone = err
		*wake = now // it is left
	default:
		e.rate.Spend(h.plan.qs[q].kind.packets())
	}
	return true
}

// touch asks the touchstone of a host.
func (e *engine) touch(h *host, now time.Time, wake *time.Time) bool {
	q := h.limits.stone
	if !e.put(h, q, int(h.marks[q].tries), now, wake) || h.gone != nil {
		return false
	}
	h.limits.asked(now, false, true)
	h.last = now
	e.until(h, now, wake)
	return true
}

// fresh passes over what is not to be asked, and reports whether the host's next question is
// one that it was not asked yet: a stage begins when all before it is answered or given up.
func (e *engine) fresh(h *host) bool {
	for e.skip != nil && h.next < len(h.plan.qs) && e.skip(h, h.plan.qs[h.next]) {
		h.marks[h.next].state = skipped
		h.next++
	}
	return h.next < len(h.plan.qs) && (h.out == 0 || !slices.Contains(h.plan.stages, h.next))
}

// waits reports whether a question waits to be asked again: the first of h.retry.
func (h *host) waits() bool {
	for len(h.retry) > 0 && h.marks[h.retry[0]].state != 0 {
		h.marks[h.retry[0]].queued = false
		h.retry = h.retry[1:]
	}
	return len(h.retry) > 0
}

// What a host does not answer that refuses others is asked again at the end, as elsewhere, but for
// one after so many others, and for all from when one is answered until so many are not: what is
// lost, because the questions come too fast, is known early.
const (
	sampled  = 8
	eagerFor = 8
)

// sooner reports whether a question is to be asked again before those that were not asked yet.
func (h *host) sooner() bool {
	return h.refuses && h.limits.unlimited() && (h.eager > 0 || h.fresh >= sampled)
}

// take believes an answer.
func (e *engine) take(a *answer) {
	h := e.by[a.addr]
	if h == nil {
		return
	}
	i, ok := h.plan.index[a.q]
	if !ok || h.marks[i].tries == 0 {
		return // not asked: somebody else's, or forged
	}
	if a.failed != nil {
		e.failed(h, i, a.failed)
		return
	}
	h.failing = time.Time{}
	m := &h.marks[i]
	asked := e.began.Add(m.asked)
	if a.reason == "port-unreach" {
		switch {
		case i == h.limits.out:
			h.limits.refused(i, h.limits.outAt)
		case m.state == 0:
			h.limits.refused(i, asked)
		}
	} else if m.out {
		h.limits.refund()
	}
	if m.state != 0 && !(m.state != Open && a.state == Open) {
		return
	}
	inTime := m.out
	e.landed(h, m)
	try := a.try
	if try < 0 || try >= int(m.tries) {
		try = int(m.tries) - 1
	}
	late := h.late(m, a, try, asked, e.timing.MinTimeout)
	if took := a.at.Sub(asked); !late && (a.try >= 0 || m.tries == 1) {
		m.rtt = took
		// What comes long after its time-out was sent again by the other side.
		if inTime || h.rtt.srtt == 0 || took < 3*e.timeout(h) {
			h.rtt.sample(took)
		}
	}
	first := m.state == 0
	m.state, m.reason, m.ttl, m.silent = a.state, a.reason, a.ttl, false
	if first {
		e.pace(h, m, a, try, late)
	}
	if h.plan.ping && !a.life && a.reason == "host-unreach" {
		h.nobody = true // a router looked for it in vain
	}
	if a.life && h.life == nil {
		c := *a
		h.life = &c
	}
	e.known(h, int(i), a)
}

// failed takes it that question i could not be sent after all: that try does not count. A
// host that fails for long is gone.
func (e *engine) failed(h *host, i int32, err error) {
	if now := time.Now(); h.failing.IsZero() {
		h.failing = now
	} else if now.Sub(h.failing) > maxFailing {
		h.gone = err
	}
	m := &h.marks[i]
	if !m.out {
		return
	}
	e.landed(h, m)
	m.tries--
	if !m.queued {
		m.queued = true
		h.retry = append(h.retry, i)
	}
}

// landed takes a question out of those that are in flight.
func (e *engine) landed(h *host, m *mark) {
	if m.out {
		m.out = false
		h.out--
		e.out--
	}
}

// late reports whether an answer is for an earlier try than the last, which was sent at
// asked. Where it does not say which it is for, one that comes sooner than this host answers
// is, if the host is so far away that a time-out, at least least, may have been too short.
func (h *host) late(m *mark, a *answer, try int, asked time.Time, least time.Duration) bool {
	far := h.rtt.srtt > least/4
	return try < int(m.tries)-1 || a.try < 0 && try > 0 && far && a.at.Sub(asked) < h.rtt.srtt/2
}

// pace learns from a question's first answer how much the host and the network bear. If it was
// for another try than the first, the one before it was lost.
func (e *engine) pace(h *host, m *mark, a *answer, try int, late bool) {
	h.heard++
	h.refuses = h.refuses || a.state == Closed
	if try > 0 && !late && !h.limits.limited {
		lost := e.began.Add(m.lost)
		h.best = max(h.best, try-int(m.free))
		h.eager = eagerFor
		h.win.drop(a.at, lost, 1, h.out+1, 1.5)
		e.group.drop(a.at, lost, e.group.size/2, e.out+1, 1.5)
		if since, tooFast := h.space.answeredAgain(a.at, lost, try); tooFast {
			e.tooFast(h, since)
		}
		return
	}
	h.space.answered(a.at, h.rtt.timeout(&e.timing))
	scale := min(h.asked/h.heard, 50)
	if h.limits.top > 0 && h.heard < manyRefusals {
		scale = 1 // it may be a host that has few ICMP messages left to send
	}
	h.win.grow(scale)
	e.group.grow(scale)
}

// retire ends the hosts of which all is known.
func (e *engine) retire(now time.Time) {
	kept := e.active[:0]
	for _, h := range e.active {
		late := e.timing.HostTimeout > 0 && now.Sub(h.began) >= e.timing.HostTimeout
		if !late && h.gone == nil && !h.nobody && !(h.plan.ping && h.life != nil) {
			if h.next < len(h.plan.qs) || h.out > 0 || e.again(h) || e.grace > 0 && now.Sub(h.last) < e.grace && h.silent() {
				kept = append(kept, h)
				continue
			}
		}
		e.out -= h.out
		delete(e.by, h.addr)
		e.finish(h, late)
	}
	clear(e.active[len(kept):])
	e.active = kept
	if len(kept) > 0 {
		e.turn %= len(kept)
	}
}

// again reports whether a question is to be asked again: one that waits, or one that
// was given up before the host was seen to lose as much as it does.
func (e *engine) again(h *host) bool {
	if h.waits() {
		return true
	}
	for i := range h.marks {
		if m := &h.marks[i]; m.silent && int(m.tries) < e.allowed(h, int32(i)) {
			m.silent, m.queued = false, true
			h.retry = append(h.retry, int32(i))
		}
	}
	return len(h.retry) > 0
}

// silent reports whether a question was given up.
func (h *host) silent() bool {
	for i := range h.marks {
		if h.marks[i].silent {
			return true
		}
	}
	return false
}
