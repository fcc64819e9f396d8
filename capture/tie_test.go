package capture

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
)

// A clock that stands still: the order of a flow's frames is told by the frames.
func TestFramesOfOneTime(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 0xfffffff0, 900).open().client(get[:7]).client(get[7:]).server(ok1)
	p.client(get).server(ok1 + "2").close()
	q := k.pair("10.0.0.2:40001", "10.0.0.1:81", 5, 7).open().server("220 hello\r\n").client("QUIT\r\n")
	k.tcp(q.s, q.c, RST, q.sn, 0, "")
	q = k.pair("10.0.0.2:40002", "10.0.0.1:82", 5, 7)
	k.tcp(q.c, q.s, SYN, 5, 0, "")
	k.tcp(q.s, q.c, RST|ACK, 0, 6, "")
	k.udp("10.0.0.2:40000", "10.0.0.1:53", dnsQ)
	k.udp("10.0.0.1:53", "10.0.0.2:40000", dnsA)
	for i := range k.frames {
		k.frames[i].Time = talkStart
	}
	want := []string{
		"open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, ok1, ""), bannerLine("1", get, ok1+"2", ""),
		"open tcp 10.0.0.1:81 syn-ack 1", `banner tcp 10.0.0.1:81<40001 0 "" "220 hello\r\n"`,
		"closed tcp 10.0.0.1:82 reset 1",
		"open udp 10.0.0.1:53 udp-response 1", udpLine("10.0.0.1:53", "40000", "0", dnsQ, dnsA),
	}
	checkTalk(t, k, want...)
	for seed := range int64(200) {
		rng := rand.New(rand.NewSource(seed))
		rng.Shuffle(len(k.frames), func(a, b int) { k.frames[a], k.frames[b] = k.frames[b], k.frames[a] })
		t.Run(fmt.Sprint(seed), func(t *testing.T) { checkTalk(t, k, want...) })
	}
}

// A connection that ends, and one between the same ports that begins, in one tick of
// the clock are not mixed.
func TestPortsUsedAgainAtOneTime(t *testing.T) {
	k := newTalk()
	k.pair(cl, srv, 100, 900).open().client(get).server(ok1).close()
	k.pair(cl, srv, 3<<30, 2<<30).open().client(get).server(ok1 + "2").close()
	for i := range k.frames {
		k.frames[i].Time = talkStart
	}
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 2", bannerLine("0", get, ok1, ""), bannerLine("0", get, ok1+"2", ""))
}

// Frames of which nothing can be told keep their order.
func TestTiesKeepTheirOrder(t *testing.T) {
	k := newTalk()
	for i := range 100 {
		k.udp("10.0.0.2:40000", "10.0.0.1:7777", fmt.Sprint("hello ", i))
		k.add([]byte("no frame at all"))
	}
	var r ring
	var st Stats
	for i := range k.frames {
		k.frames[i].Time = talkStart
		*r.room() = k.frames[i]
		r.sort(&st)
	}
	for i := range k.frames {
		if f := r.pop(); f == nil || &f.Data[0] != &k.frames[i].Data[0] {
			t.Fatalf("frame %d is not in its place", i)
		}
	}
}

// Whatever the clock's resolution, order within a window is no matter, but for which
// of several questions asked by datagrams at one time is the first.
func TestShuffledByACoarseClock(t *testing.T) {
	for seed := range int64(30) {
		rng := rand.New(rand.NewSource(seed))
		all := party(seed, 40)
		for i := range all {
			all[i].Time -= all[i].Time % 4e6
		}
		want, _ := hear(t, all, Config{}, &ear{})
		for i := 0; i < len(all); i += 64 {
			part := all[i:min(i+64, len(all))]
			rng.Shuffle(len(part), func(a, b int) { part[a], part[b] = part[b], part[a] })
		}
		got, _ := hear(t, all, Config{}, &ear{})
		datagram := func(l string) bool { return strings.HasPrefix(l, "banner udp") }
		diff(t, fmt.Sprint("seed ", seed), slices.DeleteFunc(got, datagram), slices.DeleteFunc(want, datagram))
	}
}
