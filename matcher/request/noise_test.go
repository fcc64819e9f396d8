package request

import (
	"math/rand"
	"testing"
)

// Bytes of nobody are seldom taken for a protocol: each recogniser asks for enough. A third
// begins with small numbers, as many headers do.
func TestNoise(t *testing.T) {
	const rounds = 300_000
	r := rand.New(rand.NewSource(1))
	for _, p := range []Proto{TCP, UDP, SCTP} {
		taken := map[Kind]int{}
		for i := range rounds {
			b := make([]byte, 4+r.Intn(200))
			r.Read(b)
			if i%3 == 0 {
				b[0], b[1] = b[0]&3, b[1]&15
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
