package state

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"earshot/capture"
)

// What resolvers say: many names of many addresses, some of them often.
func BenchmarkHearsay(b *testing.B) {
	at := time.Unix(1700000000, 0).UTC()
	hints := make([]capture.Hint, 1<<20)
	for i := range hints {
		k := uint32(i) * 0x9e3779b1
		hints[i] = capture.Hint{
			Addr: netip.AddrFrom4([4]byte{192, 0, 2, byte(k >> 24)}), Kind: "name", From: "dns", Told: true,
			Value: fmt.Sprintf("www.host%d.example.net", k>>8%5000), First: at, Last: at,
		}
	}
	list := make([]hearsay, 64)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		list[i&63].note(&hints[i*31&(1<<20-1)])
		i++
	}
}
