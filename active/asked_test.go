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
	for port := range uint16(silentPorts) {
		h.Note(at("192.0.2.2", 1+port), "tcp", nil, "no-response")
		if port > 0 {
			h.Note(at("192.0.2.2", 100+port), "tcp", nil, "") // cut off as the host was given up
			h.Note(at("192.0.2.3", port), "tcp", nil, "no-response")
		}
	}
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
		{"192.0.2.2", request.TCP, 9999, true, false}, // given up as down
		{"192.0.2.3", request.TCP, 9999, false, false},
		{"192.0.2.9", request.TCP, 22, false, false},
	} {
		tried, spoken := h.Asked(netip.MustParseAddr(c.addr), Port{c.proto, c.port})
		if tried != c.tried || spoken != c.spoken {
			t.Errorf("%s %d/%s: tried %v, spoken %v", c.addr, c.port, c.proto, tried, spoken)
		}
	}
}
