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

// hostPace is what one host has to be spared.
type hostPace struct {
	mu      sync.Mutex
	turn    chan struct{} // holds one while somebody waits for the host's time
	last    time.Time     // when the last connection or datagram to it began
	backoff time.Duration // grows with losses and resets, shrinks with answers
	costs   costs
}

// wait returns when n more packets may be sent to the host, or when ctx is done.
func (p *pace) wait(ctx context.Context, h *hostPace, n int) error {
	if h == nil {
		return p.rate.Take(ctx, n)
	}
	h.mu.Lock()
	if h.turn == nil {
		h.turn = make(chan struct{}, 1)
	}
	h.mu.Unlock()
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	h.mu.Lock()
	gap := max(p.delay, h.backoff)
	if gap > 0 {
		gap = max(p.delay, time.Duration(float64(gap)*(0.8+0.4*rand.Float64())))
	}
	free := h.last.Add(gap)
	h.mu.Unlock()
	if err := sleep(ctx, time.Until(free)); err != nil {
		return err
	}
	err := p.rate.Take(ctx, n)
	h.mu.Lock()
	h.last = time.Now()
	h.mu.Unlock()
	return err
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
