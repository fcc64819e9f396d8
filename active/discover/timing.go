package discover

import (
	"fmt"
	"time"
)

// Timing is how patient and how forceful a run is. The zero value is template 3.
// Explicit fields are set on what Template returns (nmap.org/book/man-performance.html).
type Timing struct {
	InitialTimeout, MinTimeout, MaxTimeout time.Duration // of one question, before and within measuring

	Delay                 time.Duration // at least between two questions to one host
	MaxDelay, MaxUDPDelay time.Duration // to which loss may raise the delay
	Serial                bool          // one question in flight, over all hosts
	Retries               int           // of a question, at most; -1: none
	HostTimeout           time.Duration // for all of a host's questions; 0: no limit

	strict int // the template's number plus one
}

// Template returns nmap's timing templates -T0 to -T5.
func Template(n int) (Timing, error) {
	const ms, s = time.Millisecond, time.Second
	t := Timing{
		InitialTimeout: s, MinTimeout: 100 * ms, MaxTimeout: 10 * s,
		MaxDelay: s, MaxUDPDelay: s, Retries: 10, strict: n + 1,
	}
	switch n {
	case 0:
		t.InitialTimeout, t.MaxTimeout, t.Delay, t.Serial = 300*s, 300*s, 300*s, true
	case 1:
		t.InitialTimeout, t.MaxTimeout, t.Delay, t.Serial = 15*s, 15*s, 15*s, true
	case 2:
		t.Delay, t.Serial = 400*ms, true
	case 3:
	case 4:
		t.InitialTimeout, t.MaxTimeout, t.MaxDelay, t.Retries = 500*ms, 1250*ms, 10*ms, 6
	case 5:
		t.InitialTimeout, t.MinTimeout, t.MaxTimeout, t.MaxDelay, t.Retries = 250*ms, 50*ms, 300*ms, 5*ms, 2
		t.HostTimeout = 900 * s
	default:
		return Timing{}, fmt.Errorf("there is no timing template %d (known: 0 to 5)", n)
	}
	return t, nil
}

func (t Timing) orDefault() Timing {
	if t.InitialTimeout == 0 {
		d, err := Template(3)
		if err != nil {
			return t
		}
		d.Delay, d.HostTimeout = t.Delay, t.HostTimeout
		if t.Retries != 0 {
			d.Retries = t.Retries
		}
		return d
	}
	return t
}

// rtt estimates a host's round-trip time (nmap.org/book/port-scanning-algorithms.html, after RFC 6298 §2).
type rtt struct {
	srtt, dev time.Duration
}

func (r *rtt) sample(d time.Duration) {
	const wild = 8 * time.Second
	if d < 0 || d >= wild {
		return
	}
	if r.srtt == 0 {
		r.srtt, r.dev = max(d, 1), min(max(d, 5*time.Millisecond), 2*time.Second)
		return
	}
	if r.dev > 0 && d > r.srtt+8*r.dev && d > 2*time.Second {
		return
	}
	delta := d - r.srtt
	r.srtt += delta / 8
	r.dev += (max(delta, -delta) - r.dev) / 4
	if r.dev > 2300*time.Millisecond {
		r.dev = 2 * time.Second
	}
}

func (r *rtt) timeout(t *Timing) time.Duration {
	d := t.InitialTimeout
	if r.srtt > 0 {
		d = r.srtt + 4*r.dev
	}
	return min(max(d, t.MinTimeout), t.MaxTimeout)
}

// window bounds the questions in flight as TCP bounds its segments (RFC 5681),
// without its bytes.
type window struct {
	size, thresh, most float64
	dropped            time.Time // of the latest reduction
}

func newWindow(initial, most float64) window { return window{size: initial, thresh: 75, most: most} }

// grow takes an answer; scale says for how many questions it speaks.
func (w *window) grow(scale float64) {
	if w.size < w.thresh {
		w.size += scale
	} else {
		w.size += scale / w.size
	}
	w.size = min(w.size, w.most)
}

// hush takes a question that stayed without an answer. Silence is what a filter says
// as well as what a full queue says: it opens the window slowly, and never beyond the
// threshold.
func (w *window) hush() {
	if w.size < w.thresh {
		w.size = min(w.size+0.5, w.most)
	}
}

// drop takes a loss found at now of a question asked at asked: one reduction a burst.
func (w *window) drop(now, asked time.Time, to float64, inFlight int, divisor float64) {
	if asked.Before(w.dropped) {
		return
	}
	w.dropped = now
	w.thresh = max(float64(inFlight)/divisor, 2)
	w.size = max(min(to, w.size), 1)
}
