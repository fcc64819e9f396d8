package capture

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
)

type hintSink struct {
	earSink
	all *[]string
}

func (s *hintSink) Hint(h Hint) {
	*s.all = append(*s.all, fmt.Sprint(h.Addr, " ", h.VLAN, " ", h.Kind, " ", h.Value, " ", h.From, " ", (h.First.UnixNano()-talkStart)/1e6, "..", (h.Last.UnixNano()-talkStart)/1e6))
}

// arp adds an ARP reply.
func (k *talk) arp(mac, addr string) {
	b := []byte("\xff\xff\xff\xff\xff\xff" + mac + "\x08\x06" + "\x00\x01\x08\x00\x06\x04\x00\x02" + mac + addr + "\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x09")
	k.add(b)
}

func TestNeighbours(t *testing.T) {
	k := newTalk()
	k.arp("\x02\x00\x00\x00\x00\x01", "\x0a\x00\x00\x01")
	k.arp("\x02\x00\x00\x00\x00\x01", "\x0a\x00\x00\x01")
	k.arp("\x02\x00\x00\x00\x00\x02", "\x0a\x00\x00\x01") // another one says it has the address
	k.arp("\x01\x00\x00\x00\x00\x02", "\x0a\x00\x00\x01") // a group has none
	k.arp("\x00\x00\x00\x00\x00\x00", "\x0a\x00\x00\x01")
	k.arp("\x02\x00\x00\x00\x00\x03", "\x00\x00\x00\x00") // asks whether the address is free
	var got []string
	if _, err := Run(context.Background(), &frames{list: k.frames}, Config{}, func(int) Sink { return &hintSink{earSink{e: &ear{}}, &got} }); err != nil {
		t.Fatal(err)
	}
	want := []string{"10.0.0.1 0 mac 02:00:00:00:00:01 arp 0..1", "10.0.0.1 0 mac 02:00:00:00:00:02 arp 2..2"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Who was served by whom is told if it is asked for, each pair once.
func TestClients(t *testing.T) {
	k := newTalk()
	for i := range 3 {
		k.pair(fmt.Sprintf("10.0.0.9:%d", 30000+i), "10.0.0.1:22", 1, 2).open().close()
	}
	k.pair("10.0.0.8:30000", "10.0.0.1:22", 1, 2).open().close()
	for _, asked := range []bool{true, false} {
		var got []string
		if _, err := Run(context.Background(), &frames{list: k.frames}, Config{Clients: asked}, func(int) Sink { return &hintSink{earSink{e: &ear{}}, &got} }); err != nil {
			t.Fatal(err)
		}
		want := []string{"10.0.0.1 0 client 10.0.0.9 22/tcp flow 1..13", "10.0.0.1 0 client 10.0.0.8 22/tcp flow 19..19"}
		if !asked {
			want = nil
		}
		got = slices.DeleteFunc(got, func(s string) bool { return strings.Contains(s, " stack ") })
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A network in which everybody tells the gateway is known as a whole.
func TestManyNeighbours(t *testing.T) {
	k := newTalk()
	const n = 10000
	for i := range n {
		k.arp("\x02\x00\x00\x00"+string([]byte{byte(i >> 8), byte(i)}), "\x0a\x01"+string([]byte{byte(i >> 8), byte(i)}))
	}
	var got []string
	if _, err := Run(context.Background(), &frames{list: k.frames}, Config{}, func(int) Sink { return &hintSink{earSink{e: &ear{}}, &got} }); err != nil {
		t.Fatal(err)
	}
	if len(got) != n {
		t.Errorf("%d of %d hosts", len(got), n)
	}
}
