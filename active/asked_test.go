package active

import (
	"net/netip"
	"testing"

	"earshot/matcher/request"
)

// What was asked is not asked again; a port of which only its being open is known is.
func TestHistory(t *testing.T) {
	var h History
	at := func(a string, port uint16) netip.AddrPort { return netip.AddrPortFrom(netip.MustParseAddr(a), port) }
	h.Note(at("192.0.2.1", 22), "tcp", []string{"NULL"}, "answered")
	h.Note(at("192.0.2.1", 80), "tcp", nil, "conn-refused")
	h.Note(at("192.0.2.1", 53), "udp", []string{"DNSVersionBindReq"}, "silent")
	h.Note(at("192.0.2.2", 22), "tcp", []string{"NULL"}, "silent")
	h.Note(at("192.0.2.2", 22), "tcp", nil, unfinished)
	h.Sought(netip.MustParseAddr("192.0.2.3"))
	for _, c := range []struct {
		addr          string
		proto         request.Proto
		port          uint16
		tried, spoken bool
	}{
		{"192.0.2.1", request.TCP, 22, true, true},
		{"192.0.2.1", request.TCP, 80, true, false},
		{"192.0.2.1", request.TCP, 53, false, false},
		{"192.0.2.1", request.UDP, 53, true, true},
		{"192.0.2.1", request.TCP, 443, false, false},
		{"192.0.2.2", request.TCP, 22, false, false},
		{"192.0.2.3", request.TCP, 0, true, false}, // given up as down
		{"192.0.2.2", request.TCP, 0, false, false},
		{"192.0.2.9", request.TCP, 22, false, false},
	} {
		tried, spoken := h.Asked(netip.MustParseAddr(c.addr), map[bool]Port{false: {c.proto, c.port}}[c.port == 0])
		if tried != c.tried || spoken != c.spoken {
			t.Errorf("%s %d/%s: tried %v, spoken %v", c.addr, c.port, c.proto, tried, spoken)
		}
	}
}
