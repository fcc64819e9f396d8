package capture

import (
	"context"
	"fmt"
	"io"
	"math/rand"
	"runtime"
	"slices"
	"sort"
	"strings"
	"testing"
)

// party is many hosts talking at once, in the order of time.
func party(seed int64, flows int) []Frame {
	rng := rand.New(rand.NewSource(seed))
	var all []Frame
	for i := range flows {
		k := &talk{now: talkStart + rng.Int63n(2e9)}
		step := func() { k.wait(rng.Int63n(3e6)) }
		client := fmt.Sprintf("10.0.%d.%d", rng.Intn(4), 1+rng.Intn(250))
		server := fmt.Sprintf("10.1.0.%d", 1+rng.Intn(6))
		if i%7 == 3 {
			client, server = fmt.Sprintf("2001:db8::%x", rng.Intn(999)), fmt.Sprintf("2001:db8:1::%x", 1+rng.Intn(5))
		}
		cp := fmt.Sprintf(":%d", 32768+rng.Intn(20000))
		join := func(a, p string) string {
			if strings.Contains(a, ":") {
				return "[" + a + "]" + p
			}
			return a + p
		}
		switch i % 5 {
		case 0, 1: // a client asks several times
			p := k.pair(join(client, cp), join(server, ":80"), rng.Uint32(), rng.Uint32())
			if rng.Intn(8) > 0 {
				p.open()
			}
			for n := range 1 + rng.Intn(4) {
				q := get
				for len(q) > 0 {
					m := 1 + rng.Intn(len(q))
					p.client(q[:m])
					q = q[m:]
					step()
				}
				a := fmt.Sprintf("HTTP/1.1 200 OK\r\nServer: x/%d.%d\r\n\r\n%s", i, n, strings.Repeat("z", rng.Intn(3000)))
				for len(a) > 0 {
					m := min(len(a), 1+rng.Intn(1400))
					p.server(a[:m])
					a = a[m:]
					step()
				}
			}
			switch rng.Intn(3) {
			case 0:
				p.close()
			case 1:
				k.tcp(p.c, p.s, RST|ACK, p.cn, p.sn, "")
			}
		case 2: // a server greets
			p := k.pair(join(client, cp), join(server, ":25"), rng.Uint32(), rng.Uint32()).open()
			step()
			p.server(fmt.Sprintf("220 mail%d ESMTP\r\n", i))
			step()
			p.client("EHLO x\r\n").server("250 ok\r\n").client("QUIT\r\n").server("221 bye\r\n").close()
		case 3: // nobody listens, or nobody talks
			p := k.pair(join(client, cp), join(server, fmt.Sprint(":", 1000+rng.Intn(50))), rng.Uint32(), rng.Uint32())
			if rng.Intn(2) == 0 {
				k.tcp(p.c, p.s, SYN, p.cn, 0, "")
				k.tcp(p.s, p.c, RST|ACK, 0, p.cn+1, "")
			} else {
				p.open().close()
			}
		case 4: // datagrams
			for n := range 1 + rng.Intn(3) {
				k.udp(join(client, cp), join(server, ":53"), fmt.Sprintf("%c%c\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01", n, i))
				step()
				k.udp(join(server, ":53"), join(client, cp), fmt.Sprintf("%c%c\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01 %d", n, i, i))
				step()
			}
		}
		all = append(all, k.frames...)
	}
	// Times are made different, so that there is one order.
	slices.SortStableFunc(all, func(a, b Frame) int { return int(max(-1, min(1, a.Time-b.Time))) })
	for i := 1; i < len(all); i++ {
		all[i].Time = max(all[i].Time, all[i-1].Time+1)
	}
	return all
}

func diff(t *testing.T, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for _, l := range want {
		if !slices.Contains(got, l) {
			t.Logf("%s: missing %s", what, l)
		}
	}
	for _, l := range got {
		if !slices.Contains(want, l) {
			t.Logf("%s: not expected %s", what, l)
		}
	}
	t.Fatalf("%s: %d lines, want %d", what, len(got), len(want))
}

// Packets that come twice or in another order, with their times, change nothing.
func TestDuplicatedAndShuffled(t *testing.T) {
	for seed := range int64(30) {
		rng := rand.New(rand.NewSource(seed))
		all := party(seed, 120)
		want, _ := hear(t, all, Config{}, &ear{})
		var twice []Frame
		for _, f := range all {
			twice = append(twice, f)
			if rng.Intn(3) == 0 {
				twice = append(twice, f)
			}
		}
		got, _ := hear(t, twice, Config{}, &ear{})
		diff(t, fmt.Sprint("duplicated, seed ", seed), got, want)
		for i := 0; i < len(twice); i += 64 {
			part := twice[i:min(i+64, len(twice))]
			rng.Shuffle(len(part), func(a, b int) { part[a], part[b] = part[b], part[a] })
		}
		got, st := hear(t, twice, Config{}, &ear{})
		diff(t, fmt.Sprint("shuffled, seed ", seed), got, want)
		if st.Late == 0 {
			t.Fatal("nothing was late")
		}
	}
}

// Without the help of time stamps, the two sides of a connection are still put
// together by their numbers: segments that only changed places with a neighbour
// give the same turns.
func TestSwappedWithoutTimes(t *testing.T) {
	for seed := range int64(20) {
		rng := rand.New(rand.NewSource(seed))
		k := newTalk()
		p := k.pair(cl, srv, 100, 900).open()
		for range 4 {
			p.client(get[:9]).client(get[9:])
			for a := ok1 + strings.Repeat("y", 100); a != ""; {
				m := 1 + rng.Intn(len(a))
				p.server(a[:m])
				a = a[m:]
			}
		}
		p.close()
		want, _ := hear(t, k.frames, Config{}, nil)
		for i := 4; i+1 < len(k.frames)-3; i += 1 + rng.Intn(3) {
			f := k.frames
			f[i].Data, f[i+1].Data = f[i+1].Data, f[i].Data
			f[i].OrigLen, f[i+1].OrigLen = f[i+1].OrigLen, f[i].OrigLen
		}
		got, _ := hear(t, k.frames, Config{}, nil)
		diff(t, fmt.Sprint("seed ", seed), got, want)
	}
}

// The number of workers is not seen: each shard's sink hears the same in the same order.
func TestWorkers(t *testing.T) {
	all := party(99, 3000)
	for i := range all {
		all[i].Time = talkStart + 100*(all[i].Time-talkStart) // minutes, so that connections fall silent
	}
	run := func(workers int, cfg Config) ([]string, Stats) {
		cfg.Workers = workers
		e := &ear{verdict: func(b *Banner) Verdict {
			if b.Turn%2 == 1 {
				return Enough
			}
			return More
		}}
		var sinks []*earSink
		st, err := Run(context.Background(), &frames{list: all}, cfg, func(int) Sink {
			s := &earSink{e: e}
			sinks = append(sinks, s)
			return s
		})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for i, s := range sinks {
			for _, l := range s.lines {
				out = append(out, fmt.Sprint(i, " ", l))
			}
		}
		return out, st
	}
	for _, cfg := range []Config{{}, {MaxFlows: 64 * 8, MaxBuffered: 64 * 4096, MaxEndpoints: 64 * 2}} {
		want, wantStats := run(1, cfg)
		if cfg.MaxFlows > 0 && (wantStats.Flow.EvictedFlows == 0 || wantStats.Flow.EvictedBuffers == 0 || wantStats.Flow.EvictedEndpoints == 0) {
			t.Errorf("the limits were not reached: %+v", wantStats.Flow)
		}
		for _, n := range []int{2, 3, 8, 100} {
			got, st := run(n, cfg)
			if !slices.Equal(got, want) {
				diff(t, fmt.Sprint(n, " workers"), got, want)
				t.Fatalf("%d workers: another order", n)
			}
			if st != wantStats {
				t.Errorf("%d workers: %+v, want %+v", n, st, wantStats)
			}
		}
	}
}

// A flood of connection requests takes what the limits say, and no more.
type flood struct {
	n, max int
	buf    []byte
}

func (f *flood) Next(to *Frame) error {
	if f.n == f.max {
		return io.EOF
	}
	f.n++
	if f.buf == nil {
		k := newTalk()
		k.pair(cl, srv, 1, 2).open()
		f.buf = k.frames[0].Data
	}
	be := f.n
	f.buf[26], f.buf[27], f.buf[28], f.buf[29] = byte(be>>24), byte(be>>16), byte(be>>8), byte(be)
	f.buf[33] = byte(be >> 3)
	*to = Frame{Data: f.buf, Time: talkStart + int64(f.n), OrigLen: len(f.buf), Link: 1}
	return nil
}

func (f *flood) Close() error { return nil }

func TestFlood(t *testing.T) {
	const most = 1 << 16
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	var during uint64
	src := &flood{max: 1 << 20}
	probe := func() { during = heap() }
	_, err := Run(context.Background(), &endProbe{src, probe}, Config{MaxFlows: most}, func(int) Sink { return &earSink{e: &ear{}} })
	if err != nil {
		t.Fatal(err)
	}
	if limit := uint64(most*(48+16) + 1<<20); during > before+limit {
		t.Errorf("%d flows take %d bytes, more than %d", most, during-before, limit)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	src := &flood{max: 1 << 30}
	_, err := Run(ctx, &cancelAt{src, 100000, cancel}, Config{Workers: 2}, func(int) Sink { return &earSink{e: &ear{}} })
	if err != context.Canceled {
		t.Errorf("error %v", err)
	}
	if src.n > 110000 {
		t.Errorf("read on for %d frames", src.n-100000)
	}
}

// What is heard until a cancellation is told.
func TestCancelTells(t *testing.T) {
	k := newTalk()
	k.pair(cl, srv, 1, 2).open().client(get).server(ok1)
	var s *earSink
	ctx, cancel := context.WithCancel(context.Background())
	src := &cancelAt{&frames{list: append(k.frames, party(1, 2000)...)}, len(k.frames), cancel}
	_, _ = Run(ctx, src, Config{}, func(i int) Sink {
		if s == nil {
			s = &earSink{e: &ear{short: true}}
		}
		return s
	})
	sort.Strings(s.lines)
	if !slices.Contains(s.lines, "open tcp 10.0.0.1:80 syn-ack 1") {
		t.Errorf("%q", s.lines)
	}
}
