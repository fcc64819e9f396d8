package discover

import (
	"math"
	"time"
)

// limits learns how many ICMP messages a host sends. Many send few: Linux one a second to each
// of its peers, and six that it has saved up (net.ipv4.icmp_ratelimit), routers two, others ten or a
// hundred. Of a host that is asked faster most closed UDP ports stay silent, as filtered
// ones do. What tells them apart is a touchstone: a port that was refused before is asked
// once more. Where it is silent now, the host has a limit, and questions are asked further
// apart from then on; where it is not, silence is silence. The host's rate is what it has
// refused between two moments at which it had nothing saved up; it is asked a little faster,
// so that such moments come.
type limits struct {
	top  time.Duration // the longest gap; 0: nothing is learned
	most int           // touchstones that may be asked

	state   limitState
	limited bool          // it was seen to have a limit
	gap     time.Duration // between two questions
	hit     time.Time     // when the latest question that was refused was asked
	clean   time.Time     // what was asked until then was not asked too fast
	empty   time.Time     // when it last had nothing saved up
	hits    int           // refused since then
	misses  int           // questions without an answer; while watching, fewer with each that is refused
	check   int           // so many ask for a touchstone
	since   int           // questions asked since they are so many
	scout   scouting      // of a host that has refused nothing
	vain    int           // touchstones in a row that the longest gap did not help
	next    time.Time     // when the next question may be asked
	lower   bool          // a shorter gap is being tried
	run     int           // refused since the gap was changed

	ends int // how often all was asked

	stone   int32 // the touchstone's question, the last that was refused; -1: none
	out     int32 // the one that is asked; -1: none
	outAt   time.Time
	touched int // how often one was
}

// scouting is the asking of one question again, late.
type scouting uint8

const (
	notScouted scouting = iota
	scoutSent
	scouted
)

type limitState uint8

const (
	watching limitState = iota // questions go as fast as they may
	finding                    // only touchstones are asked, each twice as late, until one is refused
	pacing                     // questions are asked a gap apart
)

// What limits goes by.
const (
	firstCheck  = 8 // while watching
	amidst      = 4 // so many questions go before the touchstone, which would else have what was saved up meanwhile
	pacedCheck  = 3
	pacedFlight = 8  // questions at once, for they may all be lost
	trust       = 32 // so many refusals and no silence show that a gap is longer than need be
	lowerTrust  = 5  // while a shorter one is tried
	sureTrust   = 64 // before there is taken to be no limit, for it may have saved up many
	noCheck     = math.MaxInt
	leastGap    = time.Millisecond // a limit that is no hindrance
	firstGap    = 10 * time.Millisecond
	lowerGap    = 0.6  // times the gap is tried
	closeGap    = 0.97 // times what a host needs is kept
	maxVain     = 3
	maxEnds     = 2
	goodMeasure = 3 // refusals that a rate is told from
)

func newLimits(top time.Duration, questions int) limits {
	return limits{top: top, most: mostTouchstones(questions), check: firstCheck, stone: -1, out: -1}
}

// mostTouchstones is how many are asked at most of a host that is asked so many questions.
func mostTouchstones(questions int) int {
	if questions < firstCheck {
		return 0
	}
	return 24 + questions/8
}

// doubtful reports whether a touchstone is to tell what the silence is.
func (l *limits) doubtful() bool {
	return l.stone >= 0 && l.out < 0 && l.touched < l.most && l.misses >= l.check
}

// unlimited reports whether a touchstone has shown that silence has another reason, or none can.
func (l *limits) unlimited() bool {
	return l.top == 0 || l.state == watching && l.check > firstCheck
}

// late reports whether what was silent is not to be asked again yet; last is when the latest
// question was asked. A host that refused nothing may have had nothing saved up: it is given
// the time for one message, and one question that it may answer by it.
func (l *limits) late(now, last time.Time, inFlight int) (wait bool, until time.Time) {
	switch {
	case l.top == 0 || l.most == 0 || l.stone >= 0 || l.misses < l.check || l.scout == scouted:
	case l.scout == notScouted:
		until = last.Add(l.top)
		return now.Before(until), until
	case inFlight > 0:
		return true, now.Add(l.top)
	default:
		l.scout = scouted
	}
	return false, now
}

// turn says what may be asked now: a question, or the touchstone; until is when to look again
// if neither. In flight are so many questions.
func (l *limits) turn(now time.Time, inFlight int) (question, touchstone bool, until time.Time) {
	wants := l.doubtful() && (l.state == pacing || l.since >= amidst)
	switch {
	case l.top == 0:
		return true, false, now
	case l.state != pacing && l.out >= 0:
		return false, false, now.Add(l.top) // or when it has taken too long, which sweep looks after
	case l.state == finding:
		due := l.hit.Add(l.gap)
		return false, !now.Before(due), due
	case l.state == watching:
		return !wants, wants, now
	case wants && l.since > 0: // right after a question: is there anything saved up?
		return false, true, now
	case now.Before(l.next):
		return false, false, l.next
	case inFlight >= pacedFlight:
		return false, false, now.Add(l.top)
	}
	return true, false, now
}

// asked takes it that a question, for the first time or again, or the touchstone was asked.
func (l *limits) asked(now time.Time, fresh, touchstone bool) {
	if touchstone {
		l.out, l.outAt = l.stone, now
		l.touched++
	}
	if !fresh && l.stone < 0 && l.misses >= l.check && l.scout == notScouted {
		l.scout = scoutSent
	}
	if l.since++; touchstone || l.misses < l.check {
		l.since = 0
	}
	if l.state == pacing {
		if l.next.Before(now) {
			l.next = now
		}
		l.next = l.next.Add(l.gap)
	}
}

// end is called when all was asked. It returns since when too fast, perhaps: the last silences are too
// few for a touchstone, and are asked again.
func (l *limits) end() (since time.Time, tooFast bool) {
	if l.state != pacing || l.misses == 0 || l.ends == maxEnds {
		return since, false
	}
	l.ends++
	l.misses, since, l.clean = 0, l.clean, l.next
	return since, true
}

// refund takes it that the host sent no ICMP message about a question: the next may come
// sooner.
func (l *limits) refund() {
	if l.state == pacing {
		l.next = l.next.Add(-l.gap)
	}
}

// refused takes an ICMP port unreachable about question q, asked at asked.
func (l *limits) refused(q int32, asked time.Time) {
	gap := asked.Sub(l.hit)
	if gap > 0 {
		l.hit = asked
	}
	l.hits++
	touchstone := q == l.out
	if touchstone {
		l.out, l.vain = -1, 0
	} else {
		l.stone = q
	}
	switch {
	case l.state == finding && touchstone:
		l.state = pacing
		l.attempt(max(gap, leastGap))
	case l.state == finding:
	case touchstone: // silence is silence, for now
		l.misses, l.check, l.clean = 0, 2*l.check, asked
	case l.state == watching && l.scout == scoutSent: // it has nothing saved up now: the touchstone may follow
		l.scout, l.since = scouted, amidst
	case l.state == watching:
		l.misses /= 2
	default:
		l.shorter()
	}
}

// shorter tries a shorter gap where the present one has proved enough.
func (l *limits) shorter() {
	l.run++
	switch {
	case l.touched >= l.most, l.misses > 0 && !l.lower:
	case l.gap <= leastGap:
		if l.run >= sureTrust {
			l.state, l.check, l.limited = watching, noCheck, false
		}
	case l.run >= trust, l.lower && l.run >= lowerTrust:
		l.attempt(max(time.Duration(lowerGap*float64(l.gap)), leastGap))
	}
}

// attempt tries a gap that may be too short. What the host has saved up by now is not known,
// and taken for nothing: so much too fast is found out soon.
func (l *limits) attempt(gap time.Duration) {
	if !l.lower {
		l.lower, l.empty, l.hits = true, l.hit, 0
	}
	l.pace(gap)
}

// pace begins with another gap.
func (l *limits) pace(gap time.Duration) {
	l.gap, l.run, l.misses, l.check = min(gap, l.top), 0, 0, pacedCheck
	l.clean, l.next = l.hit, l.hit.Add(l.gap)
}

// lost takes it that a question stayed without an answer.
func (l *limits) lost() {
	if l.misses++; l.check > pacedCheck { // else it may have been asked too early
		l.refund()
	}
}

// untouched takes it that the touchstone stayed without an answer: the host has nothing saved
// up. It returns since when it was asked too fast.
func (l *limits) untouched() (since time.Time, tooFast bool) {
	since, tooFast = l.clean, l.state != finding
	late := l.outAt.Sub(l.hit)
	l.out = -1
	switch l.state {
	case watching:
		l.state, l.limited = finding, true
		l.gap = min(2*max(late, firstGap), l.top)
	case finding:
		if l.gap < l.top {
			l.gap = min(2*l.gap, l.top)
			break
		}
		if l.gap += l.top; late >= l.top {
			l.vain++
		}
		if l.vain >= maxVain || l.touched >= l.most {
			l.state, l.check, l.limited = watching, noCheck, false
		}
	case pacing:
		l.lengthen()
	}
	l.empty, l.hits = l.outAt, 0
	return since, tooFast
}

// lengthen takes it that the gap is too short.
func (l *limits) lengthen() {
	gap := l.gap * 2
	if l.hits >= goodMeasure {
		gap = time.Duration(closeGap * float64(l.outAt.Sub(l.empty)) / float64(l.hits))
		l.vain = 0
	}
	l.lower = false
	l.pace(gap)
	l.next = l.outAt.Add(l.gap)
	if l.vain++; l.vain >= maxVain {
		l.state, l.vain = finding, 0
	}
}
