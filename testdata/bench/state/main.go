// Command state measures the store on disk: how many pieces of evidence a second it
// takes, how soon a host's report is there, and how many bytes a piece takes.
//
// The network is made up: ten services a host, ten pieces of evidence a service, told in
// ten passes as listen tells them, of 20,000 things that are said in each; one in twenty is
// said by one service only, and one in five comes with bytes that no other service sent.
// Then comes one in a hundred again in no order at all, as a live sensor tells them.
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
	"earshot/state/report"
	"earshot/state/sqlite"
)

func main() {
	services := flag.Int("services", 1_000_000, "services, with ten pieces of evidence each")
	dir := flag.String("dir", "", "folder for the file; it is taken away at the end")
	flag.Parse()
	if err := bench(*services, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "bench-state:", err)
		os.Exit(1)
	}
}

const passes = 10

func evidence(service, pass int) state.Evidence {
	host := service / 10
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], uint64(service))
	binary.BigEndian.PutUint64(b[8:], uint64(pass))
	h := sha256.Sum256(b[:])
	n := binary.BigEndian.Uint64(h[:])
	said := int(n>>8) % 20000
	at := time.Unix(1_800_000_000+int64(pass)*86400+int64(service%86400), int64(n>>40)).UTC()
	e := state.Evidence{
		Endpoint: capture.Endpoint{
			Addr:  netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(host >> 16), byte(host >> 8), byte(host)}), uint16(20+service%10*111)),
			Proto: request.TCP,
		},
		First: at, Last: at.Add(time.Duration(n%3600) * time.Second), Origin: fmt.Sprintf("day-%d", pass), Count: 1 + n%50,
		Result: matcher.Result{
			Kind: matcher.Hard, Service: "http", Probe: "GetRequest", File: "http.probes", Line: 1 + said%4000,
			Fields: matcher.Fields{Product: fmt.Sprintf("Server %d", said%500), Version: fmt.Sprintf("%d.%d.%d", pass, said/500, said%7), CPE: []string{fmt.Sprintf("cpe:/a:vendor:server_%d:%d.%d", said%500, pass, said/500)}},
		},
		Request: "http-get",
	}
	if n%20 == 0 {
		e.Result.Hostname = "host-" + hex.EncodeToString(h[:6])
	}
	words := fmt.Sprintf("HTTP/1.1 200 OK\r\nServer: Server-%d/%d\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n", said%500, pass)
	if n%5 == 0 {
		words += "Set-Cookie: id=" + hex.EncodeToString(h[:16]) + "\r\n"
	}
	e.Banner, e.Size = []byte(words), len(words)
	return e
}

func bench(services int, dir string) error {
	dir, err := os.MkdirTemp(dir, "earshot-bench-state")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "state.db")
	d, err := sqlite.Open(path)
	if err != nil {
		return err
	}
	total, began := 0, time.Now()
	for pass := range passes {
		from := time.Now()
		for s := range services {
			if err := d.Add(evidence(s, pass)); err != nil {
				return err
			}
		}
		if err := d.Flush(); err != nil {
			return err
		}
		total += services
		fmt.Printf("pass %2d: %9d pieces, %7.0f a second\n", pass+1, total, float64(services)/time.Since(from).Seconds())
	}
	took := time.Since(began)
	r := rand.New(rand.NewPCG(1, 2))
	extra := max(1, services/10)
	from := time.Now()
	for range extra {
		e := evidence(r.IntN(services), r.IntN(passes))
		e.Last = e.Last.Add(time.Hour)
		if err := d.Add(e); err != nil {
			return err
		}
	}
	if err := d.Flush(); err != nil {
		return err
	}
	live := float64(extra) / time.Since(from).Seconds()

	// Reports of single hosts, each by a reader of its own, as a command is.
	var times []time.Duration
	for range 50 {
		e := evidence(r.IntN(services), 0)
		a := e.Endpoint.Addr.Addr()
		from := time.Now()
		ro, err := sqlite.OpenForReading(path)
		if err != nil {
			return err
		}
		if err := report.Table(io.Discard, ro.Within([]netip.Prefix{netip.PrefixFrom(a, 32)}), &report.Options{All: true}); err != nil {
			return err
		}
		if err := ro.Close(); err != nil {
			return err
		}
		times = append(times, time.Since(from))
	}
	slices.Sort(times)
	if err := d.Close(); err != nil {
		return err
	}
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	fmt.Printf("%d services, %d pieces of evidence\n", services, total)
	fmt.Printf("written:       %7.0f a second; in no order %.0f a second (asked for: 50000)\n", float64(total)/took.Seconds(), live)
	fmt.Printf("host's report: %7.2f ms in the middle, %.2f ms at most, of %d (asked for: 50)\n", ms(times[len(times)/2]), ms(times[len(times)-1]), len(times))
	fmt.Printf("on disk:       %7.1f bytes a piece, %d MiB (asked for: 200)\n", float64(st.Size())/float64(total), st.Size()>>20)
	return nil
}
