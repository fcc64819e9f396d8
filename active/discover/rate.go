package discover

import (
	"context"
	"sync"
	"time"
)

// Rate keeps how many packets go out in a second, whoever sends them: the scan and the
// questions share one. A nil Rate and the zero Rate have no bounds. It is safe for use by
// several goroutines.
//
// What is sent is paid for as soon as it is known: a packet may go once all before it are.
// So no second sees more than Most packets, those of slack, and those that were begun and
// could not be known: the acknowledgements of one answer, and what the system sends again.
type Rate struct {
	Most, Least float64 // packets a second; 0: no bound. Least is the scan's only

	mu    sync.Mutex
	turn  chan struct{} // holds one while somebody waits: who came first goes first
	paid  time.Time     // when all that was sent is paid for
	began time.Time     // of the scan
	sent  float64
}

// slack is how much of what was not used is saved up: timers are not exact.
const slack = 100 * time.Millisecond

// Take waits until a packet may go, and pays for n.
func (r *Rate) Take(ctx context.Context, n int) error {
	if r == nil || r.Most <= 0 {
		r.Spend(n)
		return ctx.Err()
	}
	r.mu.Lock()
	if r.turn == nil {
		r.turn = make(chan struct{}, 1)
	}
	turn := r.turn
	r.mu.Unlock()
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		r.mu.Lock()
		now := time.Now()
		wait := r.paid.Sub(now)
		if wait <= 0 {
			r.spend(now, n)
		}
		r.mu.Unlock()
		if wait <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// Bounded reports whether there is a most.
func (r *Rate) Bounded() bool { return r != nil && r.Most > 0 }

// Due is when the next packet may go; what is sent then is to be spent.
func (r *Rate) Due() time.Time {
	if r == nil || r.Most <= 0 {
		return time.Time{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.paid
}

// Spend accounts for n packets that go out; fewer than 0 were paid for and did not.
func (r *Rate) Spend(n int) {
	if r == nil || n == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spend(time.Now(), n)
}

// spend does it; r.mu is held.
func (r *Rate) spend(now time.Time, n int) {
	r.sent += float64(n)
	if r.Most <= 0 {
		return
	}
	if r.paid.IsZero() {
		r.paid = now
	}
	if least := now.Add(-slack); r.paid.Before(least) {
		r.paid = least
	}
	r.paid = r.paid.Add(time.Duration(float64(n) / r.Most * float64(time.Second)))
}

// start begins the time over which the least is kept, once.
func (r *Rate) start(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.began.IsZero() {
		r.began = now
	}
}

// behind reports whether the least rate asks for a question now.
func (r *Rate) behind(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Least > 0 && r.sent < r.Least*now.Sub(r.began).Seconds()
}
