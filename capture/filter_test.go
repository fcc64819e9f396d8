package capture

import (
	"errors"
	"testing"
)

// tagged puts 802.1Q tags into an Ethernet frame.
func tagged(b []byte, vlans ...uint16) []byte {
	out := append([]byte(nil), b[:12]...)
	for _, v := range vlans {
		out = append(out, 0x81, 0, byte(v>>8), byte(v))
	}
	return append(out, b[12:]...)
}

func TestFilter(t *testing.T) {
	if _, err := compileBPF(1, "tcp"); errors.Is(err, ErrNoBPF) {
		if _, err := NewFilter("tcp", false); !errors.Is(err, ErrNoBPF) {
			t.Errorf("without libpcap: got %v, want ErrNoBPF", err)
		}
		return
	}
	plain := tcpFrame()
	cooked := append([]byte{0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}, plain[14:]...)
	cooked2 := append([]byte{8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0}, plain[14:]...)
	radio := append([]byte{
		0, 0, 8, 0, 0, 0, 0, 0, 8, 1, 0, 0, 2, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 7, 0, 0,
		0xaa, 0xaa, 3, 0, 0, 0, 8, 0,
	}, plain[14:]...)
	for _, c := range []struct {
		name, text string
		raw        bool
		link       uint32
		data       []byte
		want       bool
	}{
		{"plain", "tcp port 22", false, 1, plain, true},
		{"plain, other port", "tcp port 23", false, 1, plain, false},
		{"tagged", "tcp port 22", false, 1, tagged(plain, 5), true},
		{"tagged twice", "tcp port 22", false, 1, tagged(plain, 5, 6), true},
		{"tagged, not", "not port 22", false, 1, tagged(plain, 5), false},
		{"tagged, raw", "tcp port 22", true, 1, tagged(plain, 5), false},
		{"tagged, and said", "vlan 5 and tcp port 22", false, 1, tagged(plain, 5), true},
		{"tagged otherwise than said", "(vlan 6)and(tcp port 22)", false, 1, tagged(plain, 5), false},
		{"tagged, raw and said", "vlan 5 and tcp port 22", true, 1, tagged(plain, 5), true},
		{"cooked", "dst port 22", false, 113, cooked, true},
		{"cooked version 2", "dst port 22", false, 276, cooked2, true},
		{"cooked version 2, other", "dst port 23", false, 276, cooked2, false},
		{"raw IP", "host 192.0.2.7", false, 101, plain[14:], true},
		{"raw IP, other", "host 192.0.2.8", false, 228, plain[14:], false},
		{"radiotap", "port 22", false, 127, radio, true},
		{"short frame", "port 22", false, 1, plain[:20], false},
		{"unknown link type", "port 22", false, 4000, plain, false},
	} {
		f, err := NewFilter(c.text, c.raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Match(&Frame{Data: c.data, Link: c.link}); got != c.want {
			t.Errorf("%s: %q gives %v, want %v", c.name, c.text, got, c.want)
		}
	}
	var fe *FilterError
	if _, err := NewFilter("no such thing", false); !errors.As(err, &fe) || fe.Text != "no such thing" {
		t.Errorf("a bad filter gives %v, want a FilterError", err)
	}
	if f, err := NewFilter("", false); f != nil || err != nil || !f.Match(&Frame{}) {
		t.Errorf("no filter gives %v, %v", f, err)
	}
	f, err := NewFilter("tcp port 22", false)
	if err != nil {
		t.Fatal(err)
	}
	x := &Frame{Data: tagged(plain, 5), Link: 1}
	f.Match(x)
	if n := testing.AllocsPerRun(100, func() { f.Match(x) }); n != 0 {
		t.Errorf("%v allocations a frame, want 0", n)
	}
}
