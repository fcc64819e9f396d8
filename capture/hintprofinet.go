package capture

import (
	"net/netip"
	"strings"
)

// profinetHints reads a frame of PROFINET's Discovery and Configuration Protocol (IEC
// 61158-6-10 §4.3) in which a device says who it is: an answer, or a device that comes up.
// Devices have addresses of their own in it, which others may not have heard yet.
func profinetHints(b []byte, m *mouth) {
	if len(b) < 12 {
		return
	}
	switch id, service := be16(b), b[2]; {
	case id == 0xfeff && service == 5 && b[3] == 1: // Identify, its answer
	case id == 0xfefc && service == 6: // Hello
	case id == 0xfefd && service == 3 && b[3] == 1: // Get, its answer
	default:
		return
	}
	b = b[10:min(len(b), 12+int(be16(b[10:])))]
	w := neighbourWord{from: "profinet"}
	for b = b[2:]; len(b) >= 6; {
		n := int(be16(b[2:]))
		if n < 2 || n > len(b)-4 {
			break
		}
		v := b[6 : 4+n] // behind two bytes of information
		switch be16(b) {
		case 0x0102: // IP parameters
			if len(v) >= 12 && be32(v) != 0 {
				w.addrs = append(w.addrs, netip.AddrFrom4([4]byte(v)))
			}
		case 0x0201: // type of station
			w.model = strings.TrimRight(string(v), " \x00")
		case 0x0202: // name of station
			w.name = string(v)
		case 0x0204: // role
			if len(v) >= 1 && v[0]&7 != 0 {
				w.device = "specialized"
			}
		}
		b = b[min(len(b), 4+n+n&1):]
	}
	w.tell(m)
}
