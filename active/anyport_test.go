package active

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"

	"earshot/matcher/request"
)

// A TFTP server answers from a port of its own (RFC 1350 §4), and is heard all the same.
func TestTFTPFromAnotherPort(t *testing.T) {
	port := serveUDP(t, func(b []byte, to netip.AddrPort, _ func(string)) {
		if !bytes.HasPrefix(b, []byte("\x00\x01")) {
			return
		}
		if from, err := net.ListenPacket("udp4", "127.0.0.1:0"); err == nil {
			_, _ = from.WriteTo([]byte("\x00\x05\x00\x01X 1.2 has no such file\x00"), net.UDPAddrFromAddrPort(to))
			from.Close()
		}
	})
	db := database(t, false, "Probe UDP Read q|\\0\\x01earshot\\0octet\\0|\nrarity 1\nports 1-65535\nmatch tftp m|^\\0\\x05..X (\\S+) |s p/X/ v/$1/\n")
	r := asking(t, db, 0, func(c *Config) { c.Ports = []Port{{request.UDP, port}} })
	if r.Product != "X" || r.Version != "1.2" || r.state != "open" {
		t.Errorf("%+v %s", r.Belief, r.state)
	}
}

// An IRC server says its name only when it has looked up ours.
func TestLookingUp(t *testing.T) {
	for s, want := range map[string]bool{
		":irc.test NOTICE * :*** Looking up your hostname...\r\n":                                     true,
		":irc.test NOTICE AUTH :*** Checking Ident\r\n":                                               true,
		":irc.test NOTICE * :*** Looking up your hostname...\r\n:irc.test 001 x :Welcome\r\n":         false,
		":irc.test NOTICE * :*** Looking up your hostname...\r\nERROR :Closing Link: x (No more)\r\n": false,
		":irc.test NOTICE * :Hello\r\n":                                                               false,
		"220 x NOTICE * :*** \r\n":                                                                    false,
		"":                                                                                            false,
	} {
		if got := lookingUp([]byte(s)); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
	if g := gap([]byte(":irc.test NOTICE * :*** Found your hostname\r\n"), time.Millisecond); g != waitLookup {
		t.Errorf("gap %v", g)
	}
}
