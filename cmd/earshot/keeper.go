package main

import (
	"sync"
	"time"

	"earshot/state"
)

// keeper tells and writes what a sensor learns, beside the listening: while a disk is slow
// the kernel's buffer would run over.
type keeper struct {
	work chan *state.Memory // at most one waits
	done sync.WaitGroup
}

// start begins to keep what is handed over. keep is called by one goroutine.
func (k *keeper) start(keep func(*state.Memory)) {
	k.work = make(chan *state.Memory, 1)
	k.done.Add(1)
	go func() {
		defer k.done.Done()
		for m := range k.work {
			keep(m)
		}
	}()
}

// busy reports whether what was handed over last still waits.
func (k *keeper) busy() bool { return len(k.work) > 0 }

// stop waits until everything is kept.
func (k *keeper) stop() {
	close(k.work)
	k.done.Wait()
}

// flush hands over what was learned since the last time, unless the keeper is behind: then
// the recorders go on holding it.
func (s *sensor) flush() {
	s.flushed = time.Now()
	switch {
	case s.keeper.busy():
	case s.failing.Load() && s.disk.Held() > maxUnwritten:
		s.keeper.work <- new(state.Memory) // only tries again
	default:
		s.keeper.work <- s.fresh()
	}
}

// maxUnwritten is how many things wait for a state that cannot be written. Beyond it the
// recorders go on holding, which is bounded, and what is new is told later.
const maxUnwritten = 1 << 17

// flushMost is how many services of each recorder are handed over at once: 16384 of all. In a
// flood that is what waits for the disk, and not everything.
const flushMost = 256

// fresh collects what was learned since the last time, or some of it.
func (s *sensor) fresh() *state.Memory {
	fresh := new(state.Memory)
	s.more = false
	for _, r := range s.recorders {
		more, _ := r.FlushSome(fresh, flushMost) // memory does not fail
		s.more = s.more || more
	}
	fresh.Hearsay(s.recorders...)
	return fresh
}

// keep tells what is new, lets it be asked about, and writes it.
func (s *sensor) keep(fresh *state.Memory) {
	changes := s.learn(fresh)
	if s.asker != nil {
		s.asker.heard(fresh, changes)
	}
	if s.disk == nil {
		return
	}
	begin := time.Now()
	if err := s.disk.Flush(); err != nil {
		s.fail(err)
	} else if s.failing.Swap(false) {
		s.talk.say("earshot: the state can be written again; nothing was lost")
	}
	s.meters.wrote(time.Since(begin))
}
