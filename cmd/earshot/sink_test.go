package main

import (
	"net/netip"
	"strings"
	"testing"
)

// Who takes what is sent and never says a word is named by that, and it is said that this is
// all there is to go by; who answers is named by the answer.
func TestSink(t *testing.T) {
	lines := saying{false, "servers.web1.load 0.42 1732200000\nservers.web1.disk 81 1732200000\n"}
	server := func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 9, 0, byte(i)}), 45123)
	}
	for _, c := range []struct {
		said []saying
		want string
	}{
		{[]saying{lines}, "graphite? syn-ack"},
		{[]saying{lines, {true, "220 mail.example.org ESMTP Postfix\r\n"}}, "smtp    syn-ack"},
		{[]saying{{false, "who is there\n"}}, "unknown syn-ack"},
	} {
		heard := pcapOf([]conversation{{tcp: true, said: c.said}}, server, false)
		out := earshot(t, heard, "listen", "-q", "--reason", "-r", "-").want(t, 0).out
		if !strings.Contains(out, c.want) || strings.Contains(out, "by what its clients send") != strings.HasPrefix(c.want, "graphite") {
			t.Errorf("want %q in:\n%s", c.want, out)
		}
	}
}
