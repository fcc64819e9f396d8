package capture

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"sort"
	"strings"
	"testing"
)

// A talk is a hand-made capture: frames are added one after the other, a
// millisecond apart unless the test says otherwise.
type talk struct {
	frames []Frame
	now    int64
}

const talkStart = int64(1_700_000_000e9)

func newTalk() *talk { return &talk{now: talkStart} }

func (k *talk) wait(nanos int64) { k.now += nanos }

func (k *talk) add(data []byte) {
	k.frames = append(k.frames, Frame{Data: data, Time: k.now, OrigLen: len(data), Link: 1})
	k.now += 1e6
}

// cutLast takes the last n bytes of the last frame away, as a snapshot length does.
func (k *talk) cutLast(n int) {
	f := &k.frames[len(k.frames)-1]
	f.Data = f.Data[:len(f.Data)-n]
}

// ip makes an Ethernet frame around a transport header and payload.
func ip(src, dst string, proto uint8, t []byte) []byte {
	s, d := netip.MustParseAddr(src), netip.MustParseAddr(dst)
	b := make([]byte, 14, 54+len(t))
	if s.Is4() {
		b[12], b[13] = 8, 0
		h := make([]byte, 20)
		h[0], h[8], h[9] = 0x45, 64, proto
		binary.BigEndian.PutUint16(h[2:], uint16(20+len(t)))
		copy(h[12:], s.AsSlice())
		copy(h[16:], d.AsSlice())
		return append(append(b, h...), t...)
	}
	b[12], b[13] = 0x86, 0xdd
	h := make([]byte, 40)
	h[0], h[6], h[7] = 0x60, proto, 64
	binary.BigEndian.PutUint16(h[4:], uint16(len(t)))
	copy(h[8:], s.AsSlice())
	copy(h[24:], d.AsSlice())
	return append(append(b, h...), t...)
}

func (k *talk) tcp(src, dst netip.AddrPort, flags uint8, seq, ack uint32, data string) {
	h := make([]byte, 20, 20+len(data))
	binary.BigEndian.PutUint16(h, src.Port())
	binary.BigEndian.PutUint16(h[2:], dst.Port())
	binary.BigEndian.PutUint32(h[4:], seq)
	binary.BigEndian.PutUint32(h[8:], ack)
	h[12], h[13] = 5<<4, flags
	k.add(ip(src.Addr().String(), dst.Addr().String(), 6, append(h, data...)))
}

func (k *talk) udp(src, dst string, data string) {
	s, d := netip.MustParseAddrPort(src), netip.MustParseAddrPort(dst)
	h := make([]byte, 8, 8+len(data))
	binary.BigEndian.PutUint16(h, s.Port())
	binary.BigEndian.PutUint16(h[2:], d.Port())
	binary.BigEndian.PutUint16(h[4:], uint16(8+len(data)))
	k.add(ip(s.Addr().String(), d.Addr().String(), 17, append(h, data...)))
}

// A peer pair speaks TCP with right sequence and acknowledgement numbers.
type pair struct {
	k    *talk
	c, s netip.AddrPort
	cn   uint32 // next sequence number of the client
	sn   uint32 // and of the server
}

func (k *talk) pair(client, server string, cisn, sisn uint32) *pair {
	return &pair{k, netip.MustParseAddrPort(client), netip.MustParseAddrPort(server), cisn, sisn}
}

func (p *pair) open() *pair {
	p.k.tcp(p.c, p.s, SYN, p.cn, 0, "")
	p.cn++
	p.k.tcp(p.s, p.c, SYN|ACK, p.sn, p.cn, "")
	p.sn++
	p.k.tcp(p.c, p.s, ACK, p.cn, p.sn, "")
	return p
}

func (p *pair) client(data string) *pair {
	p.k.tcp(p.c, p.s, ACK|PSH, p.cn, p.sn, data)
	p.cn += uint32(len(data))
	return p
}

func (p *pair) server(data string) *pair {
	p.k.tcp(p.s, p.c, ACK|PSH, p.sn, p.cn, data)
	p.sn += uint32(len(data))
	return p
}

func (p *pair) close() *pair {
	p.k.tcp(p.s, p.c, ACK|FIN, p.sn, p.cn, "")
	p.sn++
	p.k.tcp(p.c, p.s, ACK|FIN, p.cn, p.sn, "")
	p.cn++
	p.k.tcp(p.s, p.c, ACK, p.sn, p.cn, "")
	return p
}

// frames is a Source.
type frames struct {
	list []Frame
	at   int
}

func (f *frames) Next(to *Frame) error {
	if f.at == len(f.list) {
		return io.EOF
	}
	*to = f.list[f.at]
	f.at++
	return nil
}

func (f *frames) Close() error { return nil }

// ear is what the sinks heard, as lines.
type ear struct {
	verdict func(*Banner) Verdict
	short   bool // no times
}

type earSink struct {
	e     *ear
	lines []string
}

func cut(b []byte) string {
	if len(b) <= 40 {
		return fmt.Sprintf("%q", b)
	}
	return fmt.Sprintf("%q…%d#%x", b[:32], len(b), digest(b))
}

func (s *earSink) Banner(b *Banner) Verdict {
	l := fmt.Sprintf("banner %v %v<%v %d %s %s", b.Proto, b.Addr, b.Client.Port(), b.Turn, cut(b.Request), cut(b.Data))
	if b.Carries != 0 {
		l += fmt.Sprintf(" carries %d", b.Carries)
	}
	if b.VLAN != 0 || b.VNI != 0 {
		l += fmt.Sprintf(" net %d/%d", b.VLAN, b.VNI)
	}
	if b.Gap {
		l += " gap"
	}
	if b.Cut > 0 {
		l += fmt.Sprintf(" cut %d", b.Cut)
	}
	if b.Mid {
		l += " mid"
	}
	if b.Via != Direct {
		l += fmt.Sprintf(" via %d %s", b.Via, b.Target)
	}
	if !s.e.short {
		l += fmt.Sprintf(" +%d..%d", (b.First.UnixNano()-talkStart)/1e6, (b.Last.UnixNano()-talkStart)/1e6)
	}
	s.lines = append(s.lines, l)
	if s.e.verdict != nil {
		return s.e.verdict(b)
	}
	return More
}

func (s *earSink) sighting(what string, x Sighting) {
	l := fmt.Sprintf("%s %v %v %s %d", what, x.Proto, x.Addr, x.Reason, x.Count)
	if !s.e.short {
		l += fmt.Sprintf(" +%d..%d", (x.First.UnixNano()-talkStart)/1e6, (x.Last.UnixNano()-talkStart)/1e6)
	}
	s.lines = append(s.lines, l)
}

func (s *earSink) Open(x Sighting)   { s.sighting("open", x) }
func (s *earSink) Closed(x Sighting) { s.sighting("closed", x) }
func (s *earSink) Hint(h Hint)       {}

// hear runs frames and returns what was heard, sorted.
func hear(t testing.TB, list []Frame, cfg Config, e *ear) ([]string, Stats) {
	t.Helper()
	if e == nil {
		e = &ear{short: true}
	}
	var all []*earSink
	st, err := Run(context.Background(), &frames{list: list}, cfg, func(int) Sink {
		s := &earSink{e: e}
		all = append(all, s)
		return s
	})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range all {
		out = append(out, s.lines...)
	}
	sort.Strings(out)
	return out, st
}

// checkTalk compares what was heard of a talk, whatever the order.
func checkTalk(t *testing.T, k *talk, want ...string) Stats {
	t.Helper()
	got, st := hear(t, k.frames, Config{}, nil)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("heard\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	return st
}

// endProbe calls f before the input ends.
type endProbe struct {
	Source
	f func()
}

func (p *endProbe) Next(f *Frame) error {
	err := p.Source.Next(f)
	if err != nil {
		p.f()
	}
	return err
}

// cancelAt cancels after so many frames.
type cancelAt struct {
	Source
	n      int
	cancel context.CancelFunc
}

func (c *cancelAt) Next(f *Frame) error {
	if c.n--; c.n == 0 {
		c.cancel()
	}
	return c.Source.Next(f)
}
