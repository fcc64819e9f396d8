//go:build benchpcre

// Command matcher prints how much faster earshot finds the line that matches an
// answer than a scanner that tries one pattern after the other with libpcre.
//
//	go run -tags benchpcre ./testdata/bench/matcher [PROBEFILE]
//
// Both run in this process, in turns, over the same probe file (that of an
// installed nmap by default) and the same answers, and must name the same line
// for every answer. Times are processor time, garbage collection included, and
// of both the median of several rounds. It needs libpcre 8 (libpcre3-dev).
package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/testdata/bench/banner"
)

const (
	rounds = 7
	slice  = 0.04 // seconds of one measurement, at least
)

// wanted is the least ratio for a scenario to be as fast as promised.
func wanted(name string) float64 {
	switch name {
	case "SSH banner", "FTP banner", "SMTP banner", "HTTP response":
		return 50
	case "unknown binary 390 B":
		return 400
	case "HTML 64 KB, no match", "HTML 8 KB, no match":
		return 300
	case "text banners, whole database":
		return 45
	}
	return 0
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench-matcher:", err)
		os.Exit(1)
	}
}

func run() error {
	path := "/usr/share/nmap/nmap-service-probes"
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	runtime.GOMAXPROCS(1)
	start, cpu := time.Now(), cpuSeconds()
	db, err := matcher.Load(matcher.Options{Depth: -1}, nil, path)
	if err != nil {
		return err
	}
	first := db.MatchAny([]byte("SSH-2.0-OpenSSH_9.6\r\n"), request.TCP)
	fmt.Printf("%s\nfirst answer (line %d) after %d ms, %.0f ms of processor time: file read, patterns parsed, index built\n",
		db, first.Line, time.Since(start).Milliseconds(), 1000*(cpuSeconds()-cpu))
	lib, bad := compileAll(db.Lines())
	fmt.Printf("libpcre %s compiled %d lines, refused %d\n\n", version(), len(db.Lines())-bad, bad)

	fmt.Printf("%-30s %9s %13s %13s %8s %7s  %s\n", "answer", "bytes", "libpcre, us", "earshot, us", "ratio", "wanted", "winner")
	failed := 0
	for _, s := range banner.Scenarios() {
		var p *matcher.Probe
		if s.Chain != "" {
			if p = db.Probe(request.TCP, s.Chain); p == nil {
				return fmt.Errorf("%s has no TCP probe %s", path, s.Chain)
			}
		}
		ids := listOf(db, p)
		order := chain(ids)
		ours := func(b []byte) matcher.Result {
			if p == nil {
				return db.MatchAny(b, request.TCP)
			}
			return db.Match(b, p)
		}
		bytes, named, same := 0, 0, "same"
		for i, b := range s.Data {
			bytes += len(b)
			r := ours(b)
			at, limits := lib.match(b, order)
			if r.Line > 0 {
				named++
			}
			if want := lineAt(db, ids, at); r.Line != want {
				same = fmt.Sprintf("DIFFERS: answer %d, earshot line %d, libpcre line %d", i+1, r.Line, want)
				if limits > 0 || r.Degraded {
					same += fmt.Sprintf(" (limits: %d in libpcre, earshot %v)", limits, r.Degraded)
				} else {
					failed++
				}
			}
		}
		var slow, fast []float64
		for range rounds {
			slow = append(slow, measure(len(s.Data), func(i int) { lib.match(s.Data[i], order) }))
			fast = append(fast, measure(len(s.Data), func(i int) { ours(s.Data[i]) }))
		}
		x, y := median(slow), median(fast)
		goal := ""
		if w := wanted(s.Name); w > 0 {
			goal = fmt.Sprintf(">= %.0f", w)
			if x/y < w {
				goal = "!! " + goal
			}
		}
		fmt.Printf("%-30s %9d %13.2f %13.2f %7.0fx %7s  %s\n", s.Name, bytes/len(s.Data), x*1e6, y*1e6, x/y, goal, fmt.Sprintf("%s (%d of %d answers matched)", same, named, len(s.Data)))
	}
	if failed > 0 {
		return fmt.Errorf("%d winners differ", failed)
	}
	return nil
}

// listOf returns the lines Match tries for p, or MatchAny for nil, in order.
func listOf(db *matcher.DB, p *matcher.Probe) []int32 {
	var probes []*matcher.Probe
	switch {
	case p == nil:
		probes = append(probes, db.Null())
		for _, q := range db.Probes() {
			if q.Proto == request.TCP {
				probes = append(probes, q)
			}
		}
	default:
		probes = append(append([]*matcher.Probe{p}, p.Fallback...), db.Null())
	}
	var ids []int32
	for i, q := range probes {
		if slices.Contains(probes[:i], q) {
			continue
		}
		for _, l := range db.Lines() {
			if l.Probe == q {
				ids = append(ids, l.ID)
			}
		}
	}
	return ids
}

func lineAt(db *matcher.DB, ids []int32, at int) int {
	if at < 0 {
		return 0
	}
	return db.Lines()[ids[at]].Line
}

// measure returns the processor seconds one call takes.
func measure(n int, f func(i int)) float64 {
	for times := 1; ; times *= 4 {
		start := cpuSeconds()
		for range times {
			for i := range n {
				f(i)
			}
		}
		if d := cpuSeconds() - start; d >= slice || times > 1<<24 {
			return d / float64(times*n)
		}
	}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
