//go:build !cgo && !windows

package capture

import "golang.org/x/net/bpf"

// compileBPF cannot: libpcap is not in this build.
func compileBPF(int, string) ([]bpf.RawInstruction, error) { return nil, ErrNoBPF }
