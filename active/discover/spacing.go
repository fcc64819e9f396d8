package discover

import "time"

// spacing learns how far apart the questions to one host must be for the host and the network to
// bear them. As nmap does, it moves them apart when more than a few are lost
// (nmap.org/book/port-scanning-algorithms.html); one is lost that is answered when it is asked
// again. A loss speaks of the delay with which it was asked in vain: of many that were asked too
// fast, each is answered late and says nothing of the delay there is by then. Where next to
// nothing is lost for a while, a shorter delay is tried.
type spacing struct {
	delay   time.Duration // between two questions
	base    time.Duration // never less
	step    time.Duration // a delay to begin with, where less is not known to do; 0: the delay stays as it is
	top     time.Duration // never more
	since   time.Time     // when the delay was changed
	heard   int           // answers since then
	replies int           // the latest of them
	drops   int           // of these, to questions that were asked in vain since then
	proven  time.Duration // the longer delay, while a shorter one is tried; else 0
	least   time.Duration // shorter ones were tried in vain
}

// What spacing goes by. Losses are too much if they are more than so many, and than this part of the
// answers, or if one question needs so many tries; fewer are, while a shorter delay is tried. One
// is tried after so many answers with next to no loss, over so many time-outs.
const (
	manyDrops, muchLoss   = 10, 0.3
	trialDrops, trialLoss = 3, 0.1
	manyTries             = 3
	quiet, quietLoss      = 64, 0.02
	quietWaits            = 3
	latest                = 256       // answers, of which half are forgotten when they are so many
	shorter, longer       = 0.8, 1.25 // times the present delay
)

// set begins with another delay at now.
func (s *spacing) set(delay time.Duration, now time.Time) {
	s.delay, s.since, s.heard, s.replies, s.drops = delay, now, 0, 0, 0
}

func (s *spacing) hear() {
	s.heard++
	if s.replies++; s.replies == latest {
		s.replies, s.drops = s.replies/2, s.drops/2
	}
}

// answered takes an answer at now that came without a loss; wait is the time after which one is known.
func (s *spacing) answered(now time.Time, wait time.Duration) {
	s.hear()
	delay := max(time.Duration(shorter*float64(s.delay)), s.least, s.base)
	if delay < s.delay && s.replies >= quiet && float64(s.drops) <= quietLoss*float64(s.replies) && now.Sub(s.since) >= quietWaits*wait {
		s.proven = s.delay
		s.set(delay, now)
	}
}

// answeredAgain takes an answer at now to a question's try, where 0 is the first; the one before
// was asked at lost. It returns since when questions were asked too fast, if that shows now.
func (s *spacing) answeredAgain(now, lost time.Time, try int) (since time.Time, tooFast bool) {
	s.hear()
	if s.step == 0 || lost.Before(s.since) {
		return since, false
	}
	s.drops++
	most, loss := manyDrops, muchLoss
	if s.proven > 0 {
		most, loss = trialDrops, trialLoss
	}
	if (s.drops <= most || float64(s.drops) <= loss*float64(s.replies)) && try <= manyTries {
		return since, false
	}
	since = s.since
	if s.proven > 0 {
		s.least = s.proven
		s.set(s.proven, now)
		s.proven = 0
		return since, true
	}
	apart := now.Sub(since) / time.Duration(s.heard) // what came did so in this time
	apart = max(apart, time.Duration(longer*float64(s.delay)))
	s.set(min(apart, max(2*s.delay, s.step), max(s.top, s.delay)), now)
	return since, true
}
