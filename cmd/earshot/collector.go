package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// heapFloor is how far the heap grows before the first collection. Most runs
// end below it.
const heapFloor = 160 << 20

// heapSpare is the most that the heap grows beyond what was in use at the last
// collection: who has very much, as in a flood, collects more often rather than have more.
const heapSpare = 128 << 20

// tuneCollector lets the heap grow to heapFloor, and from then on to a third as much
// again as was in use at the last collection, within heapSpare. The collector's own measure, twice
// what is in use, would collect often while little is in use and leave much
// garbage beside a large flow table. The user's own settings stand.
func tuneCollector() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(heapFloor)
	afterCollection(func() {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		if live[0].Value.Kind() == metrics.KindUint64 {
			// The stacks and the collector's own tables count, too.
			n := int64(live[0].Value.Uint64())
			debug.SetMemoryLimit(max(heapFloor, n+min(n/3, heapSpare)+32<<20))
		}
	})
}

// afterCollection calls f after each collection.
func afterCollection(f func()) {
	type mark struct{ _ [16]byte } // not so small that it shares its memory with others
	var again func(*mark)
	again = func(*mark) {
		f()
		runtime.SetFinalizer(new(mark), again)
	}
	runtime.SetFinalizer(new(mark), again)
}
