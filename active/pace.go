package active

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"earshot/active/discover"
)

// pace keeps the rates. It is the only place that sleeps.
type pace struct {
	rate  *discover.Rate
	delay time.Duration // between two connections or datagrams to one host
}

// Bounds of the back-off at one host.
const (
	firstBackoff = 20 * time.Millisecond
	mostBackoff  = 500 * time.Millisecond
)

// hostPace is what one host has to be spared. It is used by one goroutine at a time.
type hostPace struct {
	mu      sync.Mutex
	last    time.Time     // when the last connection or datagram to it began
	backoff time.Duration // grows with losses and resets, shrinks with answers
}

// wait returns when n more packets may be sent to the host, or when ctx is done.
func (p *pace) wait(ctx context.Context, h *hostPace, n int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := time.Now()
	until := p.rate.Reserve(now, n)
	if h != nil {
		h.mu.Lock()
		if gap := max(p.delay, h.backoff); gap > 0 && !h.last.IsZero() {
			gap = max(p.delay, time.Duration(float64(gap)*(0.8+0.4*rand.Float64())))
			if t := h.last.Add(gap); t.After(until) {
				until = t
			}
		}
		h.last = now
		if until.After(now) {
			h.last = until
		}
		h.mu.Unlock()
	}
	return sleep(ctx, until.Sub(now))
}

// sleep returns after d, or with an error when ctx is done.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hurt notes that a port that was open a moment ago takes no connection: it may be too
// much for the host.
func (h *hostPace) hurt() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.backoff = min(max(2*h.backoff, firstBackoff), mostBackoff)
}

// well notes that a host answered.
func (h *hostPace) well() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.backoff /= 2; h.backoff < firstBackoff {
		h.backoff = 0
	}
}
