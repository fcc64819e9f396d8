//go:build linux && (amd64 || arm64 || riscv64)

package confine

import "testing"

// The filter fits, and no jump in it is longer than a jump can be.
func TestProgram(t *testing.T) {
	packets := make([]uint32, 100)
	for i := range packets {
		packets[i] = uint32(10 + i)
	}
	for _, p := range []Policy{{}, {Ask: true}, {Serve: true}} {
		if n := len(program(p, packets, 1)); n > 4096 {
			t.Errorf("%+v: %d instructions", p, n)
		}
	}
}
