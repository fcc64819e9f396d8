package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"

	"earshot/capture"
)

type null struct{ n int }

func (n *null) Banner(b *capture.Banner) capture.Verdict { n.n++; if n.n&1==0 {return capture.Enough}; return capture.Enough }
func (*null) Open(capture.Sighting)   {}
func (*null) Closed(capture.Sighting) {}
func (*null) Hint(capture.Hint)       {}

var mu sync.Mutex
var w = bufio.NewWriter(os.Stdout)
var enc = json.NewEncoder(w)
var verbose = flag.Bool("v", false, "")

type sink struct{}

func (sink) Banner(b *capture.Banner) capture.Verdict {
	if *verbose {
		mu.Lock()
		q, d := b.Request, b.Data
		if len(q) > 100 { q = q[:100] }
		if len(d) > 100 { d = d[:100] }
		fmt.Fprintf(w, "B %v %v < %v turn %d via %d gap %v mid %v q %d %q d %d %q %v\n", b.Proto, b.Addr, b.Client, b.Turn, b.Via, b.Gap, b.Mid, len(b.Request), q, len(b.Data), d, b.TLS)
		mu.Unlock()
	}
	return capture.More
}
func (sink) Open(s capture.Sighting) {
	mu.Lock()
	defer mu.Unlock()
	if *verbose { fmt.Fprintf(w, "O %v %v %s %d\n", s.Proto, s.Addr, s.Reason, s.Count); return }
	enc.Encode(map[string]any{"host": s.Addr.Addr().String(), "port": s.Addr.Port(), "proto": s.Proto.String(), "state": "open", "service": s.Reason, "count": s.Count})
}
func (sink) Closed(s capture.Sighting) {
	if *verbose { mu.Lock(); fmt.Fprintf(w, "C %v %v %s %d\n", s.Proto, s.Addr, s.Reason, s.Count); mu.Unlock() }
}
func (sink) Hint(capture.Hint)     {}

func main() {
	workers := flag.Int("w", 1, "")
	nul := flag.Bool("null", false, "")
	flag.Parse()
	src, err := capture.Open(flag.Args(), capture.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	t := time.Now()
	st, err := capture.Run(context.Background(), src, capture.Config{Workers: *workers}, func(int) capture.Sink {
		if *nul { return &null{} }
		return sink{}
	})
	w.Flush()
	fmt.Fprintln(os.Stderr, err, time.Since(t))
	if *verbose || *nul { fmt.Fprintf(os.Stderr, "%+v\n", st) }
}
