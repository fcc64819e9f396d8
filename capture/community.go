package capture

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"net/netip"

	"earshot/matcher/request"
)

// CommunityID is the Community ID, version 1 with seed 0, of the flow between two ends: the
// hash by which Zeek, Suricata and others name a flow, whichever end is which
// (github.com/corelight/community-id-spec). It is "" where an end is not known.
func CommunityID(p Proto, a, b netip.AddrPort) string {
	if !a.IsValid() || !b.IsValid() || a.Addr().Is4() != b.Addr().Is4() {
		return ""
	}
	number := byte(6)
	switch p {
	case request.UDP:
		number = 17
	case request.SCTP:
		number = 132
	}
	if c := a.Addr().WithZone("").Compare(b.Addr().WithZone("")); c > 0 || c == 0 && a.Port() > b.Port() {
		a, b = b, a
	}
	in := make([]byte, 2, 40) // of the seed, 0
	in = append(in, a.Addr().AsSlice()...)
	in = append(in, b.Addr().AsSlice()...)
	in = append(in, number, 0)
	in = binary.BigEndian.AppendUint16(in, a.Port())
	in = binary.BigEndian.AppendUint16(in, b.Port())
	sum := sha1.Sum(in)
	return "1:" + base64.StdEncoding.EncodeToString(sum[:])
}
