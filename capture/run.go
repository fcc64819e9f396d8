package capture

import (
	"context"
	"io"
	"net/netip"
	"sync"
	"time"
)

// Config bounds a Run. The zero value is ready: every field says what 0 means.
type Config struct {
	Workers      int                        // goroutines that shards are spread over; 0 or 1: all work is done by the caller's
	Depth        int                        // bytes kept of each side of a turn; 0: 8192; at most 65536
	MaxTurns     int                        // turns delivered of one connection; 0: 12
	MaxFlows     int                        // flows remembered, decided or not; 0: 8388608 (about 55 bytes each)
	MaxEndpoints int                        // endpoints remembered, open or closed; 0: 1048576 (about 100 bytes each)
	MaxBuffered  int64                      // bytes held of undecided connections; 0: 64 MiB
	Skip         func(a, b netip.Addr) bool // packets between which addresses are not looked at; nil for none
	Tell         time.Duration              // tell of endpoints and hosts as they come, when src says ErrIdle, and of what is known again after so much packet time, 10 s at least; 0: at the end only
	Clients      bool                       // tell who was served by whom, as hints of the kind "client"
	Idle         func(now func() Stats)     // called when src says ErrIdle, while no sink is called, with what counts the run so far. May be nil
}

// limits is a shard's part of a Config.
type limits struct {
	depth, turns     int
	flows, endpoints int
	buffered         int64
	clients          bool
}

func (c *Config) limits() *limits {
	or := func(v, def int) int {
		if v <= 0 {
			return def
		}
		return v
	}
	buffered := c.MaxBuffered
	if buffered <= 0 {
		buffered = 64 << 20
	}
	return &limits{
		depth:     min(or(c.Depth, 8192), 65536),
		turns:     or(c.MaxTurns, 12),
		flows:     max(1, or(c.MaxFlows, 8<<20)/shards),
		endpoints: max(1, or(c.MaxEndpoints, 1<<20)/shards),
		buffered:  buffered / shards,
		clients:   c.Clients,
	}
}

// Stats counts what a Run saw, by reason.
type Stats struct {
	Decode  DecodeStats
	Flow    FlowStats
	Late    uint64 // frames that were put back in the order of time
	First   int64  // packet time of the earliest and latest frame, nanoseconds since the Unix epoch
	Last    int64
	Held    int // flows that are remembered now
	HeldUDP int // of these: of UDP
}

// ringSize is how many frames wait to be put in the order of time: a frame that
// is late by fewer than that many still comes in its place.
const ringSize = 256

// tickNanos is how often, in packet time, silent connections are looked for.
const tickNanos = 10e9

// Run reads src to its end, or until ctx is done, and gives what it hears to the
// sinks. sinks is called once for each of the virtual shards, in order, before
// the first frame. What the sinks are told does not depend on cfg.Workers.
//
// The error is what ended the reading: nil at the end of the input, else what
// src said (errors.Is ErrPartial: all that could be read was), or ctx's. What
// was heard until then has been given to the sinks in any case.
func Run(ctx context.Context, src Source, cfg Config, sinks func(shard int) Sink) (Stats, error) {
	r := newRun(ctx, src, cfg, sinks)
	err := r.read()
	r.stop()
	if err == nil {
		err = ctx.Err()
	}
	return r.count(), err
}

// count sums what the shards have counted so far. Only one goroutine may be at work.
func (r *run) count() Stats {
	st := r.stats
	st.Decode = r.decoder.Stats
	for _, s := range r.shards {
		st.Flow.add(&s.stats)
		st.Held += s.table.slots.used()
		st.HeldUDP += s.table.udp
	}
	return st
}

func newRun(ctx context.Context, src Source, cfg Config, sinks func(shard int) Sink) *run {
	r := &run{src: src, idle: cfg.Idle, tells: int64(cfg.Tell), skip: cfg.Skip, done: ctx.Done()}
	lim := cfg.limits()
	for i := range r.shards {
		r.shards[i] = &shard{cfg: lim, sink: sinks(i), news: news{on: r.tells > 0}}
	}
	if cfg.Workers > 1 {
		r.start(min(cfg.Workers, shards))
	}
	return r
}

// run is the reader and, with one worker, the only one to work.
type run struct {
	src     Source
	idle    func(func() Stats)
	skip    func(a, b netip.Addr) bool
	done    <-chan struct{}
	decoder Decoder
	packet  Packet
	row     [row]unit
	rowed   int
	sum     uint32 // see work
	shards  [shards]*shard
	stats   Stats
	ticked  int64
	tells   int64 // nanoseconds
	retold  int64 // packet time at which everything that is known was last told again

	ring ring

	crew []*worker
	wait sync.WaitGroup
}

// read is the reader's loop.
func (r *run) read() error {
	for n := 0; ; n++ {
		if n&1023 == 0 {
			select {
			case <-r.done:
				return r.drain(nil)
			default:
			}
		}
		f := r.ring.room()
		if err := r.src.Next(f); err != nil {
			if err == ErrIdle {
				_ = r.drain(nil)
				if r.tells > 0 || r.idle != nil {
					r.settle()
				}
				if r.tells > 0 {
					r.tell()
				}
				if r.idle != nil {
					r.idle(r.count)
				}
				n = -1 // look whether it is done
				continue
			}
			if err == io.EOF {
				err = nil
			}
			return r.drain(err)
		}
		r.ring.sort(&r.stats)
		if f = r.ring.ripe(); f != nil {
			r.frame(f)
		}
	}
}

// drain handles what waits in the ring.
func (r *run) drain(err error) error {
	for f := r.ring.pop(); f != nil; f = r.ring.pop() {
		r.frame(f)
	}
	r.finishRow()
	return err
}

// row is how many packets are handled together. Looking up a flow is waiting for
// memory most of the time; the memory that the packets of a row need is asked for
// at once, before the first of them is looked at.
const row = 32

// frame takes a frame in the order of time.
func (r *run) frame(f *Frame) {
	if f.Time-r.ticked >= tickNanos {
		r.tick(f.Time)
	}
	p := &r.row[r.rowed]
	if p.peek(f) {
		st := &r.decoder.Stats
		st.Frames++
		st.Bytes += uint64(len(f.Data))
		st.Packets++
	} else if !r.decoder.Decode(f, &r.packet) || !p.fill(&r.packet) {
		return
	}
	if r.skip != nil && r.skip(p.ip(0), p.ip(1)) {
		return
	}
	p.hash = p.tuple.hash()
	p.end = p.endpointHash(p.lower())
	if p.what == Neighbour || p.what == Said {
		p.end = p.endpointHash(p.from) // whoever it is told to
	}
	p.shard = shardOf(p.end)
	r.rowed++
	if r.rowed == row {
		r.finishRow()
	}
}

// finishRow handles the packets of a row.
func (r *run) finishRow() {
	units := r.row[:r.rowed]
	r.rowed = 0
	if r.crew == nil {
		r.sum += r.work(units)
		return
	}
	for i := range units {
		r.send(&units[i])
	}
}

// work gives packets to their shards, in order. What it returns means nothing:
// it keeps the compiler from leaving out what is read only to have it near.
func (r *run) work(units []unit) (sum uint32) {
	for len(units) > 0 {
		part := units[:min(row, len(units))]
		units = units[len(part):]
		for i := range part {
			p := &part[i]
			s := r.shards[p.shard&(shards-1)]
			p.entry = s.table.index.hint(uint32(p.hash))
			if p.what == Datagram || p.flags&(SYN|RST) != 0 {
				p.endEntry = s.ends.index.hint(p.end)
			} else {
				p.endEntry = 0
			}
		}
		for i := range part {
			p := &part[i]
			s := r.shards[p.shard&(shards-1)]
			p.slot = s.table.index.seek(uint32(p.hash), p.entry)
			if p.slot != 0 {
				x := s.table.slots.at(p.slot - 1)
				sum += x.a + x.seen // its first and last field may lie in two cache lines
			}
			if n := s.ends.index.seek(p.end, p.endEntry); n != 0 {
				sum += uint32(s.ends.list.at(n - 1).port)
			}
		}
		for i := range part {
			p := &part[i]
			if s := r.shards[p.shard&(shards-1)]; p.what == 0 {
				s.tick(p.time)
			} else {
				s.take(p)
			}
		}
	}
	return sum
}

// tick lets all shards know that time has passed. A jump far ahead is one tick.
func (r *run) tick(now int64) {
	first := r.ticked == 0
	r.ticked = now
	if first {
		return
	}
	r.finishRow()
	if r.crew == nil {
		for _, s := range r.shards {
			s.tick(now)
		}
		return
	}
	for i := range r.shards {
		r.send(&unit{time: now, shard: uint32(i)})
	}
}

// fill takes what the flow table needs of a decoded packet, and says whether it
// is one for the flow table.
func (p *unit) fill(k *Packet) bool {
	switch k.What {
	case Segment, Datagram, SCTPPacket, Unreachable, Neighbour, Said:
	default:
		return false
	}
	p.tuple = tuple{port: [2]uint16{k.SrcPort, k.DstPort}, vni: k.VNI, vlan: k.VLAN, proto: k.Proto, v6: k.V6}
	if k.V6 {
		p.addr[0] = [2]uint64{be64(k.Src[:]), be64(k.Src[8:])}
		p.addr[1] = [2]uint64{be64(k.Dst[:]), be64(k.Dst[8:])}
	} else {
		p.addr[0] = [2]uint64{0, uint64(be32(k.Src[12:]))}
		p.addr[1] = [2]uint64{0, uint64(be32(k.Dst[12:]))}
	}
	p.from = p.normalise()
	p.time, p.payload, p.wire = k.Time, k.Payload, k.WireLen
	p.seq, p.ack, p.flags, p.what, p.buf = k.Seq, k.Ack, k.Flags, k.What, k.Buf
	p.skip = 0
	switch k.What {
	case Segment:
		if n := len(k.Head) - len(k.Payload); k.Flags&SYN != 0 && k.Payload != nil && n >= 40 && n < 256 {
			p.payload, p.skip = k.Head, uint8(n)
		}
	case SCTPPacket, Said:
		p.flags = k.Chunk
	case Neighbour:
		p.flags = k.Chunk
		p.seq, p.ack = be32(k.MAC[:]), uint32(be16(k.MAC[4:]))
	}
	return true
}

func be64(b []byte) uint64 { return uint64(be32(b))<<32 | uint64(be32(b[4:])) }
