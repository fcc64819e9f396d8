package capture

import (
	"context"
	"encoding/binary"
	"testing"
)

// script makes frames out of bytes: 12 bytes say what a packet is, the next ones
// are its payload. Few addresses, ports and numbers, so that they meet.
func script(b []byte) []Frame {
	k := newTalk()
	for len(b) >= 12 && len(k.frames) < 400 {
		op, who, flags, n := b[0], b[1], b[2], int(b[3])
		seq, ack := binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
		if op&1 == 0 { // numbers close to each other
			seq, ack = seq%4096+0xfffff800, ack%4096+0xfffff800
		}
		b = b[12:]
		n = min(n, len(b))
		data := string(b[:n])
		b = b[n:]
		hosts := [...]string{"10.0.0.1", "10.0.0.2", "224.0.0.251", "10.0.0.255", "0.0.0.0"}
		ports := [...]uint16{80, 40000, 53, 67, 68, 1}
		p := k.pair(hosts[who&1]+":80", hosts[1-who&1]+":80", 0, 0)
		src, dst := ports[who>>1&3%4], ports[who>>3&3]
		switch op >> 1 & 7 {
		case 0, 1, 2, 3:
			h := make([]byte, 20, 20+len(data))
			binary.BigEndian.PutUint16(h, src)
			binary.BigEndian.PutUint16(h[2:], dst)
			binary.BigEndian.PutUint32(h[4:], seq)
			binary.BigEndian.PutUint32(h[8:], ack)
			h[12], h[13] = 5<<4, flags
			k.add(ip(p.c.Addr().String(), p.s.Addr().String(), 6, append(h, data...)))
		case 4, 5:
			h := make([]byte, 8, 8+len(data))
			binary.BigEndian.PutUint16(h, src)
			binary.BigEndian.PutUint16(h[2:], dst)
			binary.BigEndian.PutUint16(h[4:], uint16(8+len(data)))
			k.add(ip(p.c.Addr().String(), hosts[int(flags)%len(hosts)], 17, append(h, data...)))
		case 6:
			k.sctp(p.c.Addr().String(), p.s.Addr().String(), src, dst, flags%8, data)
		case 7:
			if m := len(k.frames); m > 0 {
				quoted := k.frames[int(flags)%m].Data[14:]
				k.add(ip(p.s.Addr().String(), p.c.Addr().String(), 1, append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, quoted...)))
			}
		}
		// Time goes on, stands still, jumps, and goes back.
		k.wait(int64(int8(op)>>4) * int64(ack%7) * 1e9)
		if m := len(k.frames); m > 0 && op&8 != 0 && n > 2 { // cut by the capture
			f := &k.frames[m-1]
			f.Data = f.Data[:max(14, len(f.Data)-n/2)] // an Ethernet header stays
		}
	}
	return k.frames
}

// sane checks what every sink may rely on.
type sane struct {
	t     testing.TB
	depth int
	more  bool
}

func (s *sane) Banner(b *Banner) Verdict {
	if len(b.Data) == 0 || len(b.Data) > s.depth || len(b.Request) > s.depth {
		s.t.Errorf("banner of %d bytes to %d", len(b.Data), len(b.Request))
	}
	if !b.Addr.IsValid() || b.Addr.Addr().IsMulticast() {
		s.t.Errorf("banner of %v", b.Addr)
	}
	if s.more = !s.more; s.more {
		return More
	}
	return Enough
}

func (s *sane) Open(x Sighting) {
	if x.Count == 0 || x.Reason == "" || x.Last.Before(x.First) || x.Addr.Addr().IsMulticast() {
		s.t.Errorf("%+v", x)
	}
}
func (s *sane) Closed(x Sighting) { s.Open(x) }
func (s *sane) Hint(Hint)         {}

// leftovers checks that nothing is held when a shard is done.
func leftovers(t testing.TB, r *run) {
	for i, s := range r.shards {
		if s.buf != 0 || s.conns.used() != 0 || s.live[0].head != 0 || s.live[1].head != 0 {
			t.Errorf("shard %d holds %d bytes, %d connections", i, s.buf, s.conns.used())
		}
		if s.table.index.used != s.table.slots.used() || s.ends.index.used != s.ends.list.used() {
			t.Errorf("shard %d: %d of %d flows in the index", i, s.table.index.used, s.table.slots.used())
		}
	}
}

// runWith is Run with a look at what is left.
func runWith(t testing.TB, list []Frame, cfg Config, sink Sink) {
	r := newRun(context.Background(), &frames{list: list}, cfg, func(int) Sink { return sink })
	if err := r.read(); err != nil {
		t.Fatal(err)
	}
	r.stop()
	leftovers(t, r)
}

func FuzzFlow(f *testing.F) {
	// A request and its answer, out of order; a flood; datagrams.
	f.Add([]byte("\x00\x02\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "\x00\x05\x12\x00\x00\x00\x00\x10\x00\x00\x00\x01" +
		"\x00\x02\x18\x04\x00\x00\x00\x03\x00\x00\x00\x11T / " + "\x00\x02\x18\x02\x00\x00\x00\x01\x00\x00\x00\x11GE" + "\x00\x05\x11\x04\x00\x00\x00\x11\x00\x00\x00\x07HTTP"))
	f.Add([]byte("\x08\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00ask?" + "\x08\x05\x01\x04\x00\x00\x00\x00\x00\x00\x00\x00yes!" + "\x0e\x05\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x0c\x02\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "\x0c\x05\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "\x0c\x05\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00hello"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list := script(b)
		runWith(t, list, Config{}, &sane{t: t, depth: 8192})
		runWith(t, list, Config{Depth: 16, MaxTurns: 2, MaxFlows: 128, MaxEndpoints: 64, MaxBuffered: 64 * 1000}, &sane{t: t, depth: 16})
		one, _ := hear(t, list, Config{}, &ear{})
		two, _ := hear(t, list, Config{Workers: 3}, &ear{})
		diff(t, "workers", two, one)
	})
}
