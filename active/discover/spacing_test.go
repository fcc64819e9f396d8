package discover

import (
	"testing"
	"time"
)

// What is lost of many questions that were asked at once speaks of the delay that they had, however
// late each is answered; what is lost after it was raised raises it again.
func TestSpacing(t *testing.T) {
	const ms = time.Millisecond
	began := time.Unix(0, 0)
	at := func(d time.Duration) time.Time { return began.Add(d) }
	s := spacing{step: 50 * ms, top: time.Second, since: began.Add(-1)}
	for i := range 30 {
		s.answered(at(time.Duration(i)*ms), 100*ms)
	}
	raised := 0
	for i := range 100 { // all asked in the first 10 ms, answered in the next second
		if _, tooFast := s.answeredAgain(at(100*ms+time.Duration(i)*10*ms), at(time.Duration(i)*ms/10), 1); tooFast {
			raised++
		}
	}
	first := s.delay
	if raised != 1 || first < 4*ms || first > 6*ms { // 43 answers in 220 ms
		t.Errorf("raised %d times, to %v", raised, first)
	}
	now := time.Second
	for range 60 {
		now += 10 * ms
		if since, tooFast := s.answeredAgain(at(now), at(now-ms), 1); tooFast && since.Before(at(200*ms)) {
			t.Errorf("too fast since %v", since)
		}
	}
	if s.delay < first*5/4 || s.delay > 50*ms {
		t.Errorf("%v after losses with %v", s.delay, first)
	}
	worst := s.delay
	for range 1000 { // all is answered: shorter delays are tried, but none below what is allowed
		now += 10 * ms
		s.answered(at(now), 100*ms)
	}
	if s.delay >= worst/2 {
		t.Errorf("%v after a thousand answers, %v before", s.delay, worst)
	}
	tried := s.delay
	for range 40 {
		now += 10 * ms
		if _, tooFast := s.answeredAgain(at(now), at(now-ms), 1); tooFast {
			break
		}
	}
	if s.delay <= tried || s.least != s.delay {
		t.Errorf("%v where %v was too short, least %v", s.delay, tried, s.least)
	}
	s = spacing{delay: 2 * ms, base: 2 * ms, since: began}
	for range 100 {
		now += 10 * ms
		s.answered(at(now), ms)
		s.answeredAgain(at(now), at(now-ms), 9)
	}
	if s.delay != 2*ms {
		t.Errorf("a delay that is to stay became %v", s.delay)
	}
}

// lossy feeds s so many answers that come at now, of which the last so many came to a second
// try at questions asked after the delay was last changed. It returns whether that was too fast.
func lossy(s *spacing, answers, lost int, now time.Time, try int) bool {
	for range answers - lost {
		s.answered(now, time.Hour)
	}
	for i := range lost {
		if _, tooFast := s.answeredAgain(now, s.since, try); tooFast {
			return i == lost-1
		}
	}
	return false
}

// Where what spacing goes by begins and ends: each case, and the one that just does not reach it.
func TestSpacingBounds(t *testing.T) {
	const ms = time.Millisecond
	began := time.Unix(0, 0)
	whole := spacing{delay: 100 * ms, step: 50 * ms, top: time.Second, since: began}
	trial := spacing{delay: 80 * ms, proven: 100 * ms, step: 50 * ms, top: time.Second, since: began}
	for name, c := range map[string]struct {
		space          spacing
		answers, lost  int
		try            int
		after          time.Duration
		tooFast        bool
		delay, least   time.Duration
		proven         time.Duration
		replies, drops int
	}{
		"ten losses of ten":                {whole, 10, 10, 1, 20 * time.Second, false, 100 * ms, 0, 0, 10, 10},
		"eleven losses":                    {whole, 11, 11, 1, 1100 * ms, true, 125 * ms, 0, 0, 0, 0},
		"eleven, as few as came":           {whole, 11, 11, 1, 20 * time.Second, true, 200 * ms, 0, 0, 0, 0},
		"eleven, one each 150 ms":          {whole, 11, 11, 1, 1650 * ms, true, 150 * ms, 0, 0, 0, 0},
		"less than three of ten":           {whole, 60, 18, 1, time.Second, false, 100 * ms, 0, 0, 60, 18},
		"more than three of ten":           {whole, 61, 19, 1, 6 * time.Second, true, 125 * ms, 0, 0, 0, 0},
		"a third try":                      {whole, 1, 1, 3, time.Second, false, 100 * ms, 0, 0, 1, 1},
		"a fourth try":                     {whole, 1, 1, 4, time.Second, true, 200 * ms, 0, 0, 0, 0},
		"no delay as yet":                  {spacing{step: 50 * ms, top: time.Second, since: began}, 1, 1, 4, time.Second, true, 50 * ms, 0, 0, 0, 0},
		"not above the top":                {spacing{delay: 900 * ms, step: 50 * ms, top: time.Second, since: began}, 1, 1, 4, time.Minute, true, time.Second, 0, 0, 0, 0},
		"above the top already":            {spacing{delay: 2 * time.Second, step: 50 * ms, top: time.Second, since: began}, 1, 1, 4, time.Minute, true, 2 * time.Second, 0, 0, 0, 0},
		"a delay that stays":               {spacing{delay: 100 * ms, top: time.Second, since: began}, 20, 20, 9, time.Minute, false, 100 * ms, 0, 0, 20, 0},
		"three losses in a trial":          {trial, 3, 3, 1, time.Second, false, 80 * ms, 0, 100 * ms, 3, 3},
		"four losses in a trial":           {trial, 4, 4, 1, time.Second, true, 100 * ms, 100 * ms, 0, 0, 0},
		"a tenth in a trial":               {trial, 40, 4, 1, time.Second, false, 80 * ms, 0, 100 * ms, 40, 4},
		"more than a tenth in a trial":     {trial, 39, 4, 1, time.Second, true, 100 * ms, 100 * ms, 0, 0, 0},
		"all but as many as are forgotten": {whole, 255, 0, 0, 0, false, 100 * ms, 0, 0, 255, 0},
	} {
		s := c.space
		if tooFast := lossy(&s, c.answers, c.lost, began.Add(c.after), c.try); tooFast != c.tooFast || s.delay != c.delay || s.least != c.least ||
			s.proven != c.proven || s.replies != c.replies || s.drops != c.drops {
			t.Errorf("%s: %v, %+v", name, tooFast, s)
		}
	}
}

// A shorter delay is tried after enough answers with next to no loss, in enough time, and is never
// one that was tried in vain, nor less than was asked for.
func TestSpacingTriesLess(t *testing.T) {
	const ms = time.Millisecond
	began := time.Unix(0, 0)
	for name, c := range map[string]struct {
		space         spacing
		answers, lost int
		after, want   time.Duration
	}{
		"64 answers":           {spacing{delay: 100 * ms}, 64, 0, 300 * ms, 80 * ms},
		"63 answers":           {spacing{delay: 100 * ms}, 63, 0, 300 * ms, 100 * ms},
		"too early":            {spacing{delay: 100 * ms}, 64, 0, 299 * ms, 100 * ms},
		"two of a hundred":     {spacing{delay: 100 * ms, drops: 2, replies: 99}, 1, 0, 300 * ms, 80 * ms},
		"three of 149":         {spacing{delay: 100 * ms, drops: 3, replies: 148}, 1, 0, 300 * ms, 100 * ms},
		"what was in vain":     {spacing{delay: 100 * ms, least: 90 * ms}, 64, 0, 300 * ms, 90 * ms},
		"as little as allowed": {spacing{delay: 100 * ms, base: 85 * ms}, 64, 0, 300 * ms, 85 * ms},
		"nothing less is left": {spacing{delay: 100 * ms, base: 100 * ms}, 64, 0, 300 * ms, 100 * ms},
		"half are forgotten":   {spacing{delay: 100 * ms, drops: 6, replies: 255}, 1, 0, 300 * ms, 100 * ms},
	} {
		s := c.space
		s.since = began
		for range c.answers {
			s.answered(began.Add(c.after), 100*ms)
		}
		proven := time.Duration(0)
		if c.want < c.space.delay {
			proven = c.space.delay
		}
		if s.delay != c.want || s.proven != proven {
			t.Errorf("%s: %+v", name, s)
		}
	}
	s := spacing{replies: latest - 1, drops: 7, since: began}
	if s.answered(began, ms); s.replies != latest/2 || s.drops != 3 {
		t.Errorf("of %d answers, half forgotten, %d are left, and %d losses", latest, s.replies, s.drops)
	}
}
