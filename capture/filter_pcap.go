//go:build cgo || windows

package capture

import (
	"fmt"

	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcap"
	"golang.org/x/net/bpf"
)

// compileBPF has libpcap compile a filter for a DLT_.
func compileBPF(link int, text string) ([]bpf.RawInstruction, error) {
	if link > 255 {
		return nil, fmt.Errorf("no filter for link type %d", link) // gopacket would cut it to 8 bits
	}
	code, err := pcap.CompileBPFFilter(layers.LinkType(link), MaxFrame, text)
	if err != nil {
		return nil, err
	}
	raw := make([]bpf.RawInstruction, len(code))
	for i, c := range code {
		raw[i] = bpf.RawInstruction{Op: c.Code, Jt: c.Jt, Jf: c.Jf, K: c.K}
	}
	return raw, nil
}
