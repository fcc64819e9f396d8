package capture

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// synOf makes an IPv4 packet with a SYN, its options given in hexadecimal.
func synOf(t testing.TB, src, dst string, ttl uint8, flags uint8, window uint16, df bool, id uint16, options string) []byte {
	t.Helper()
	o, err := hex.DecodeString(strings.ReplaceAll(options, " ", ""))
	if err != nil || len(o)%4 != 0 {
		t.Fatal("options", options, err)
	}
	s, d := netip.MustParseAddrPort(src), netip.MustParseAddrPort(dst)
	h := make([]byte, 20, 60)
	binary.BigEndian.PutUint16(h, s.Port())
	binary.BigEndian.PutUint16(h[2:], d.Port())
	h[12], h[13] = byte(20+len(o))/4<<4, flags
	binary.BigEndian.PutUint16(h[14:], window)
	b := ip(s.Addr().String(), d.Addr().String(), 6, append(h, o...))
	b[14+8] = ttl
	binary.BigEndian.PutUint16(b[14+4:], id)
	if df {
		b[14+6] = 0x40
	}
	return b
}

const (
	linuxOptions   = "020405b4 0402 080a 00010203 00000000 01 030307"
	windowsOptions = "020405b4 01 030308 0101 0402"
	appleOptions   = "020405b4 01 030306 0101 080a 00010203 00000000 0402 0000"
)

func TestStackText(t *testing.T) {
	v6 := ip("2001:db8::1", "2001:db8::2", 6, append([]byte{0, 80, 0, 81, 12: 0x60, 13: SYN, 14: 0xff, 15: 0xff, 19: 0}, 2, 4, 5, 0xa0))
	v6[14+3] = 7 // a flow label
	odd := synOf(t, "10.0.0.1:1", "10.0.0.2:2", 255, SYN, 4128, false, 9, "020405b4")
	odd[14+20+19] = 3 // an urgent pointer without its flag
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"Linux", synOf(t, "10.0.0.1:1", "10.0.0.2:2", 64, SYN, 64240, true, 7, linuxOptions), "64 64240 1460 7 mss,sok,ts,nop,ws df,id+"},
		{"Windows", synOf(t, "10.0.0.1:1", "10.0.0.2:2", 118, SYN, 64240, true, 7, windowsOptions), "118 64240 1460 8 mss,nop,ws,nop,nop,sok df,id+"},
		{"Windows with ECN", synOf(t, "10.0.0.1:1", "10.0.0.2:2", 118, SYN|0xc0, 64240, true, 0, windowsOptions), "118 64240 1460 8 mss,nop,ws,nop,nop,sok df,ecn"},
		{"Apple", synOf(t, "10.0.0.1:1", "10.0.0.2:2", 64, SYN|ACK, 65535, true, 0, appleOptions), "64 65535 1460 6 mss,nop,ws,nop,nop,ts,sok,eol df"},
		{"no options", synOf(t, "10.0.0.1:1", "10.0.0.2:2", 255, SYN, 1024, false, 0, ""), "255 1024 0 - - id-"},
		{"IPv6", v6, "64 65535 1440 - mss flow"},
		{"unknown option", synOf(t, "10.0.0.1:1", "10.0.0.2:2", 64, SYN, 9, false, 5, "1e040102"), "64 9 0 - ?30 -"},
		{"bytes behind the end", synOf(t, "10.0.0.1:1", "10.0.0.2:2", 64, SYN, 9, false, 5, "00000007"), "64 9 0 - eol eol+"},
		{"odd", odd, "255 4128 1460 - mss odd"},
		{"an option longer than its header", synOf(t, "10.0.0.1:1", "10.0.0.2:2", 64, SYN, 9, false, 5, "02080102"), ""},
		{"an option without a length", synOf(t, "10.0.0.1:1", "10.0.0.2:2", 64, SYN, 9, false, 5, "01010102"), ""},
	} {
		var h stack
		ttl, _, ok := h.read(c.data[14:])
		got := ""
		if ok {
			got = h.text(ttl)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// stackHints runs frames and returns what was said of stacks and clocks.
func stackHints(t *testing.T, list []Frame, c Config) []string {
	t.Helper()
	var all []string
	if _, err := Run(context.Background(), &frames{list: list}, c, func(int) Sink { return &hintSink{earSink{e: &ear{}}, &all} }); err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(s string) bool { return !strings.Contains(s, " stack ") && !strings.Contains(s, " boot ") })
	slices.Sort(all)
	return all
}

// What is read at fixed places and what the Decoder opens is told alike: here, with one tag
// and with two.
func TestStackBothWays(t *testing.T) {
	var got [3][]string
	for n := range got {
		k := newTalk()
		for _, b := range [][]byte{
			synOf(t, "10.0.0.1:4000", "10.0.0.2:80", 64, SYN, 64240, true, 7, linuxOptions),
			synOf(t, "10.0.0.2:80", "10.0.0.1:4000", 127, SYN|ACK, 8192, true, 7, windowsOptions),
		} {
			for i := range n {
				b = append(append(append([]byte{}, b[:12]...), 0x81, 0, 0, byte(i)), b[12:]...)
			}
			k.add(b)
		}
		got[n] = stackHints(t, k.frames, Config{})
		for i, s := range got[n] {
			f := strings.SplitN(s, " ", 3) // the address, the VLAN, the rest
			got[n][i] = f[0] + " " + f[2]
		}
	}
	want := []string{
		"10.0.0.1 stack 64 64240 1460 7 mss,sok,ts,nop,ws df,id+ syn 0..0",
		"10.0.0.2 stack 127 8192 1460 8 mss,nop,ws,nop,nop,sok df,id+ syn-ack 1..1",
	}
	for n := range got {
		if !slices.Equal(got[n], want) {
			t.Errorf("%d tags: %q, want %q", n, got[n], want)
		}
	}
}

// A SYN may carry data (RFC 7413): it is where it was before the headers were looked at.
func TestStackKeepsPayload(t *testing.T) {
	k := newTalk()
	b := synOf(t, "10.0.0.1:4000", "10.0.0.2:80", 64, SYN, 64240, true, 7, "2204abcd")
	b = append(b, "GET / HTTP/1.1\r\n\r\n"...)
	binary.BigEndian.PutUint16(b[16:], uint16(len(b)-14))
	k.add(b)
	src := &frames{list: k.frames}
	var f Frame
	_ = src.Next(&f)
	r := newRun(context.Background(), src, Config{}, func(int) Sink { return &deaf{} })
	var p, q unit
	if !p.peek(&f) {
		t.Fatal("peek does not read it")
	}
	var pkt Packet
	if !r.decoder.Decode(&f, &pkt) || !q.fill(&pkt) {
		t.Fatal("not for the flow table")
	}
	for _, u := range []unit{p, q} {
		if got := string(u.payload[u.skip:]); got != "GET / HTTP/1.1\r\n\r\n" || u.wire != len(got) {
			t.Errorf("%q, %d on the wire", got, u.wire)
		}
	}
}

// Senders that do not exist cannot fill the memory.
func TestStackFlood(t *testing.T) {
	k := newTalk()
	for i := range 50000 {
		k.add(synOf(t, fmt.Sprintf("10.%d.%d.%d:999", i>>16, i>>8&255, i&255), fmt.Sprintf("10.1.0.%d:80", i%250), 64, SYN, uint16(i), true, 7, linuxOptions))
	}
	if n := len(stackHints(t, k.frames, Config{})); n < 5000 || n > shards*maxCallers {
		t.Errorf("%d hosts remembered", n)
	}
	if n := len(stackHints(t, k.frames, Config{MaxFlows: 640})); n > shards*17 {
		t.Errorf("%d hosts remembered beside a small table", n)
	}
}

func TestStampClock(t *testing.T) {
	type reading struct {
		after time.Duration // since the host was started
		ts    uint32
		peer  uint64
	}
	at := func(hz uint32, offset uint32, peers uint64, secs ...int) []reading {
		var rs []reading
		for i, s := range secs {
			rs = append(rs, reading{time.Duration(s) * time.Second, offset + uint32(s)*hz, uint64(i)%peers + 1})
		}
		return rs
	}
	for _, c := range []struct {
		name string
		rs   []reading
		hz   int
		boot time.Duration // since it was really started
	}{
		{"1000 a second", at(1000, 0, 2, 100, 110, 200, 500), 1000, 0},
		{"100 a second", at(100, 0, 3, 86400, 86500, 90000, 99000), 100, 0},
		{"once round", at(1000, 1<<32-150000, 2, 100, 110, 200, 500), 1000, 150 * time.Second},
		{"one peer", at(1000, 0, 1, 100, 110, 200, 500), 0, 0},
		{"two readings", at(1000, 0, 2, 100, 110), 0, 0},
		{"each peer its own", []reading{{1e9, 5000, 1}, {10e9, 900000, 2}, {20e9, 77, 3}, {30e9, 34000, 1}}, 0, 0},
		{"it was started anew", append(at(1000, 0, 2, 100, 110, 200, 500), reading{600e9, 12, 1}), 0, 0},
		{"no reading", nil, 0, 0},
	} {
		var k stampClock
		for _, r := range c.rs {
			k.hear(r.ts, talkStart+int64(r.after), r.peer)
		}
		boot, hz := k.boot()
		if hz != c.hz {
			t.Errorf("%s: %d Hz, want %d", c.name, hz, c.hz)
			continue
		}
		if d := boot.Sub(stamp(talkStart).Add(c.boot)); hz != 0 && d.Abs() > time.Second {
			t.Errorf("%s: started %v beside the truth", c.name, d)
		}
	}
	if _, hz := (*stampClock)(nil).boot(); hz != 0 {
		t.Error("no clock runs")
	}
}

// FuzzStack reads what may stand in the headers of a segment with SYN.
func FuzzStack(f *testing.F) {
	for _, o := range []string{linuxOptions, windowsOptions, appleOptions, "", "1e040102", "00000007", "02080102"} {
		f.Add(synOf(f, "10.0.0.1:4000", "10.0.0.2:80", 64, SYN, 64240, true, 7, o)[14:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var h stack
		ttl, _, ok := h.read(b)
		if !ok {
			return
		}
		if n := len(strings.Fields(h.text(ttl))); n != 6 {
			t.Errorf("%q has %d words", h.text(ttl), n)
		}
		if len(h.text(ttl)) > maxHint {
			t.Errorf("%q is longer than a hint", h.text(ttl))
		}
		// The whole way: as a frame, whatever its lengths say.
		frame := append([]byte("\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x08\x00"), b...)
		if b[0]>>4 == 6 {
			frame[12], frame[13] = 0x86, 0xdd
		}
		_, err := Run(context.Background(), &frames{list: []Frame{{Data: frame, Time: talkStart, OrigLen: len(frame), Link: 1}}}, Config{}, func(int) Sink { return &deaf{} })
		if err != nil && err != io.EOF {
			t.Error(err)
		}
	})
}
