package discover

import (
	"sync"
	"time"
)

// Rate keeps how many packets go out in a second, whoever sends them: the scan and the
// questions share one. A nil Rate and the zero Rate have no bounds. It is safe for use by
// several goroutines.
type Rate struct {
	Most, Least float64 // packets a second; 0: no bound. Least is the scan's only

	mu    sync.Mutex
	next  time.Time // when the next packet may go
	began time.Time // of the scan
	sent  float64
}

// slack is how much of what was not used is saved up: timers are not exact.
const slack = 100 * time.Millisecond

// Reserve takes the time of n packets, and returns when the first of them may go.
func (r *Rate) Reserve(now time.Time, n int) time.Time {
	if r == nil || r.Most <= 0 {
		return now
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next.Before(now.Add(-slack)) {
		r.next = now
	}
	at := r.next
	r.next = at.Add(r.time(n))
	return at
}

// Spend accounts for n packets that went out beyond those reserved; fewer than 0 went not.
func (r *Rate) Spend(n int) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent += float64(n)
	if r.Most > 0 && !r.next.IsZero() {
		r.next = r.next.Add(r.time(n))
	}
}

func (r *Rate) time(n int) time.Duration {
	return time.Duration(float64(n) / r.Most * float64(time.Second))
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

func (r *Rate) count() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent++
}
