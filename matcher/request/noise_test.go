package request

import (
	"math/rand"
	"testing"
)

// Bytes of nobody are seldom taken for a protocol: each recogniser asks for enough. A third
// begins with small numbers, as many headers do, a third has small numbers and zeros in the first twelve bytes.
func TestNoise(t *testing.T) {
	const rounds = 300_000
	r := rand.New(rand.NewSource(1))
	for _, p := range []Proto{TCP, UDP, SCTP} {
		taken := map[Kind]int{}
		for i := range rounds {
			b := make([]byte, 4+r.Intn(200))
			r.Read(b)
			switch i % 3 {
			case 0:
				b[0], b[1] = b[0]&3, b[1]&15
			case 1:
				for j := range min(12, len(b)) {
					b[j] &= [...]byte{0, 0, 15, 255}[r.Intn(4)]
				}
			}
			if k, _ := Recognise(p, b); k != "" && !k.weak() {
				taken[k]++
			}
		}
		for k, n := range taken {
			if n > rounds/5000 {
				t.Errorf("%v: %q is seen in %d of %d", p, k, n, rounds)
			}
		}
	}
}
