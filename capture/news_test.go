package capture

import (
	"context"
	"net/netip"
	"testing"
	"time"
)

// pausing says ErrIdle after each few frames, as a live source does.
type pausing struct {
	frames
	n    int
	idle bool
}

func (p *pausing) Next(f *Frame) error {
	if p.n++; p.n%7 == 0 && !p.idle {
		p.idle = true
		return ErrIdle
	}
	p.idle = false
	return p.frames.Next(f)
}

// lifeSink counts what it is told of endpoints, and when.
type lifeSink struct {
	earSink
	counts map[netip.AddrPort]uint64
	early  *int
	ended  *bool
}

func (s *lifeSink) Open(x Sighting) {
	s.counts[x.Addr] += x.Count
	if !*s.ended {
		*s.early++
	}
}

// A run that tells as it goes tells of every endpoint before it ends, of one that is heard
// for long again and again, and of no connection twice.
func TestTellAsItGoes(t *testing.T) {
	k := newTalk()
	for i := range 200 {
		server := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i % 5)}), 22).String()
		client := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, 1}), uint16(20000+i)).String()
		k.pair(client, server, 1, 2).open().close()
		k.wait(5e9)
	}
	for _, tells := range []time.Duration{time.Minute, 0} {
		counts, early, ended := map[netip.AddrPort]uint64{}, 0, false
		src := &pausing{frames: frames{list: k.frames}}
		_, err := Run(context.Background(), &endMark{src, &ended}, Config{Tell: tells}, func(int) Sink {
			return &lifeSink{earSink{e: &ear{}}, counts, &early, &ended}
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(counts) != 5 {
			t.Errorf("telling after %v: %d endpoints, want 5", tells, len(counts))
		}
		for a, n := range counts {
			if n != 40 {
				t.Errorf("telling after %v: %v has %d connections, want 40", tells, a, n)
			}
		}
		// 1000 seconds: each of five is new once and told again about each minute.
		if tells > 0 && (early < 5*10 || early > 5*20) || tells == 0 && early != 0 {
			t.Errorf("telling after %v: %d times before the end", tells, early)
		}
	}
}

// endMark notes that the source has ended.
type endMark struct {
	Source
	ended *bool
}

func (m *endMark) Next(f *Frame) error {
	err := m.Source.Next(f)
	*m.ended = *m.ended || err != nil && err != ErrIdle
	return err
}
