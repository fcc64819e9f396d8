//go:build !race

package matcher

import (
	"testing"

	"earshot/matcher/request"
)

// TestNoAllocations: answers that match nothing leave no garbage. (Under the
// race detector pools forget things on purpose.)
func TestNoAllocations(t *testing.T) {
	db := probesOf(t, Options{}, siftProbes)
	null, get := db.Null(), db.Probe(request.TCP, "Get")
	for _, text := range []string{"nothing", "", "a longer answer, 220 files, abcde and POSTFI, of which no line is true"} {
		b := []byte(text)
		if n := testing.AllocsPerRun(100, func() {
			db.Match(b, get)
			db.MatchProbes(b, null, get)
			db.MatchAny(b, request.TCP)
		}); n > 0 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
}
