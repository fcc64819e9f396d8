package capture

import "sync"

// With more than one worker, the reader cuts its packets into batches, one row of
// them for each worker, and every shard belongs to one worker. A worker that is
// behind makes the reader wait.

const (
	batchUnits = 512
	batchQueue = 8
)

// batch is a row of packets for one worker.
type batch struct {
	units []unit
	bufs  []*Buffer       // what they lie in, held
	done  *sync.WaitGroup // told when it is; nil for most
}

type worker struct {
	in   chan *batch
	back chan *batch
	fill *batch
	sum  uint32 // see run.work
}

// start begins the workers.
func (r *run) start(n int) {
	for range n {
		w := &worker{in: make(chan *batch, batchQueue), back: make(chan *batch, batchQueue+2)}
		r.crew = append(r.crew, w)
		r.wait.Add(1)
		go func() {
			defer r.wait.Done()
			for b := range w.in {
				w.sum += r.work(b.units)
				for _, x := range b.bufs {
					x.Release()
				}
				b.units, b.bufs = b.units[:0], b.bufs[:0]
				if b.done != nil {
					b.done.Done()
					continue
				}
				w.back <- b
			}
		}()
	}
}

// send gives a packet to the worker of a shard.
func (r *run) send(p *unit) {
	w := r.crew[p.shard%uint32(len(r.crew))]
	b := w.fill
	if b == nil {
		select {
		case b = <-w.back:
		default:
			b = &batch{units: make([]unit, 0, batchUnits)}
		}
		w.fill = b
	}
	if k := len(b.bufs); p.buf != nil && (k == 0 || b.bufs[k-1] != p.buf) {
		p.buf.Hold()
		b.bufs = append(b.bufs, p.buf)
	}
	b.units = append(b.units, *p)
	if len(b.units) == batchUnits {
		w.fill = nil
		w.in <- b
	}
}

// settle waits until the workers have done all that they were given, and leaves them
// waiting for more.
func (r *run) settle() {
	var all sync.WaitGroup
	for _, w := range r.crew {
		if w.fill != nil {
			w.in <- w.fill
			w.fill = nil
		}
		all.Add(1)
		w.in <- &batch{done: &all}
	}
	all.Wait()
}

// stop ends the workers and all that the shards still hold.
func (r *run) stop() {
	for _, w := range r.crew {
		if w.fill != nil {
			w.in <- w.fill
		}
		close(w.in)
	}
	r.wait.Wait()
	for _, s := range r.shards {
		s.flush()
	}
}
