package capture

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"testing"
)

// deaf is a sink that has heard enough of everything.
type deaf struct{ banners int }

func (d *deaf) Banner(b *Banner) Verdict { d.banners++; return Enough }
func (d *deaf) Open(Sighting)            {}
func (d *deaf) Closed(Sighting)          {}
func (d *deaf) Hint(Hint)                {}

// keen is a sink that never has enough.
type keen struct{ deaf }

func (k *keen) Banner(b *Banner) Verdict { k.banners++; return More }

// feedAll gives frames to a run as its reader does, at later times every time.
func feedAll(r *run, list []Frame, later int64) {
	for i := range list {
		f := r.ring.room()
		*f = list[i]
		f.Time += later
		r.ring.sort(&r.stats)
		if f = r.ring.ripe(); f != nil {
			r.frame(f)
		}
	}
	_ = r.drain(nil)
}

// Once tables and buffers have grown to what the traffic needs, packets cost no
// memory: neither those of new flows, nor those of known ones.
func TestNoAllocations(t *testing.T) {
	list := party(7, 2000)
	for name, sink := range map[string]Sink{"enough": &deaf{}, "more": &keen{}} {
		r := newRun(context.Background(), &frames{}, Config{}, func(int) Sink { return sink })
		pass := int64(0)
		once := func() {
			pass++
			feedAll(r, list, pass*2*3600e9) // by then, all flows are out of time
		}
		for range 5 {
			once()
		}
		if n := testing.AllocsPerRun(3, once); n > float64(len(list))/1000 {
			t.Errorf("%s: %v allocations for %d packets", name, n, len(list))
		}
		r.stop()
	}
}

func BenchmarkRun(b *testing.B) {
	list := party(7, 20000)
	var bytes int64
	for i := range list {
		bytes += int64(len(list[i].Data))
	}
	// One after the other in memory, as a Source has them.
	all := make([]byte, 0, bytes)
	for i := range list {
		at := len(all)
		all = append(all, list[i].Data...)
		list[i].Data = all[at:]
	}
	for _, workers := range []int{1, 4} {
		b.Run(fmt.Sprint("workers=", workers), func(b *testing.B) {
			b.SetBytes(bytes)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Run(context.Background(), &frames{list: list}, Config{Workers: workers}, func(int) Sink { return &deaf{} }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(list)), "ns/packet")
		})
	}
}

// BenchmarkNewFlows is the price of a flow that says nothing.
func BenchmarkNewFlows(b *testing.B) {
	b.ReportAllocs()
	src := &flood{max: b.N}
	if _, err := Run(context.Background(), src, Config{}, func(int) Sink { return &deaf{} }); err != nil && err != io.EOF {
		b.Fatal(err)
	}
}

// BenchmarkResolver is the price of a resolver's answer, of which each names another host.
func BenchmarkResolver(b *testing.B) {
	var list [][]byte
	for i := range 1000 {
		list = append(list, newDNS(0x8180, 1, 1).ask(fmt.Sprintf("www/host%d/example/net", i), 1).raw("\xc0\x0c", rrA, string([]byte{192, 0, 2, byte(i)})).b)
	}
	m := mouth{src: netip.MustParseAddr("192.0.2.53"), sink: &deaf{}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.left = maxSayings
		dnsHints(list[i%len(list)], &m)
	}
}

// BenchmarkSlowClock is the price of frames whose clock stands still for a few of them.
func BenchmarkSlowClock(b *testing.B) {
	k := newTalk()
	for i := range 2000 {
		k.udp(fmt.Sprintf("10.0.0.2:%d", 40000+i), "10.0.0.1:53", dnsQ)
		k.udp("10.0.0.1:53", fmt.Sprintf("10.0.0.2:%d", 40000+i), dnsA)
	}
	for i := range k.frames {
		k.frames[i].Time = talkStart + int64(i/3)
	}
	var r ring
	var st Stats
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f := r.room()
		*f = k.frames[i%len(k.frames)]
		f.Time += int64(i/len(k.frames)) * 1e9
		r.sort(&st)
		r.ripe()
	}
}
