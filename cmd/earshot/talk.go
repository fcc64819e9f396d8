package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"earshot/capture"
	"earshot/state"
)

// talk is what a running command says on standard error. The rules: results never
// come here; -q silences all but errors; a line that is rewritten (progress) only on
// a terminal; else, with -v, a line each half minute.
type talk struct {
	mu      sync.Mutex
	w       io.Writer
	tty     bool
	quiet   bool
	verbose bool
	debug   bool
	shown   bool // a progress line stands there and has no end of line yet
}

func newTalk(con *console, c *cli.Context) *talk {
	t := &talk{w: con.errw, quiet: c.Bool("quiet"), debug: c.Bool("debug")}
	t.verbose = verbosity(c) > 0 || t.debug
	if f, ok := con.errw.(*os.File); ok {
		t.tty = term.IsTerminal(int(f.Fd()))
	}
	return t
}

// note says something that the user may want to know.
func (t *talk) note(line string) {
	if t.quiet {
		return
	}
	t.say(legible(line))
}

func (t *talk) say(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clear()
	fmt.Fprintln(t.w, line)
}

// clear takes the progress line away.
func (t *talk) clear() {
	if t.shown {
		fmt.Fprint(t.w, "\r\x1b[K")
		t.shown = false
	}
}

// progress says how far the reading of files is, until the function it returns is
// called.
func (t *talk) progress(files *capture.Files) (stop func()) {
	signals, ignore := progressSignal()
	begin := time.Now()
	end := make(chan struct{})
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		defer done.Done()
		every := 30 * time.Second
		if t.tty {
			every = 500 * time.Millisecond
		}
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-signals:
				t.say(position(files, time.Since(begin)))
			case <-tick.C:
				switch {
				case t.quiet:
				case t.tty:
					t.mu.Lock()
					t.clear()
					fmt.Fprint(t.w, position(files, time.Since(begin)))
					t.shown = true
					t.mu.Unlock()
				case t.verbose:
					t.say(position(files, time.Since(begin)))
				}
			}
		}
	}()
	return func() {
		close(end)
		done.Wait()
		ignore()
		t.mu.Lock()
		t.clear()
		t.mu.Unlock()
	}
}

// position is one line of progress.
func position(files *capture.Files, took time.Duration) string {
	read, total := files.Progress()
	speed := float64(read) / max(took.Seconds(), 0.001)
	if total <= 0 {
		return fmt.Sprintf("%s read, %s/s", size(float64(read)), size(speed))
	}
	left := time.Duration(float64(total-read) / max(speed, 1) * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("%s of %s read (%d %%), %s/s, about %v left", size(float64(read)), size(float64(total)), 100*read/total, size(speed), left)
}

// size writes a number of bytes.
func size(n float64) string {
	for _, unit := range []string{"B", "KiB", "MiB", "GiB"} {
		if n < 1024 {
			return fmt.Sprintf("%.4g %s", n, unit)
		}
		n /= 1024
	}
	return fmt.Sprintf("%.4g TiB", n)
}

// summary says what could not be looked at, with -v what was, and with -d every count.
func (t *talk) summary(s *capture.Stats, h *state.Stats) {
	if t.quiet {
		return
	}
	d, f := &s.Decode, &s.Flow
	if d.UnknownLink > 0 {
		t.say(fmt.Sprintf("%d frames of the link type %d were passed over: earshot does not know it", d.UnknownLink, d.UnknownType))
	}
	for _, x := range []struct {
		n    uint64
		what string
	}{
		{f.EvictedOpen, "connections were forgotten for room before they were decided; --max-flows gives more"},
		{f.EvictedBuffers, "connections were cut short for room; --max-buffer gives more"},
		{h.Overflow, "banners and sightings of further services were dropped for room; --max-endpoints gives more"},
		{h.Timeout, "banners were given up because matching them took too long"},
	} {
		if x.n > 0 {
			t.say(fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	if t.verbose {
		t.say(fmt.Sprintf("%d packets, %d connections, %d banners: %d named by a match line, %d by a softmatch, %d TLS handshakes, %d unknown",
			d.Frames, f.Connections, h.Banners, h.Hard, h.Soft, h.TLS, h.None))
	}
	if t.debug {
		t.say(fmt.Sprintf("decode %+v\nflow %+v\nlate %d\nrecord %+v", *d, *f, s.Late, *h))
	}
}
