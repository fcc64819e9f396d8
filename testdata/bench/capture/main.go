// Command capture measures a whole run of `earshot listen` against
// `tcpdump -r X -w /dev/null`, on the same machine, in the same round.
//
//	capture [-earshot PROGRAM] [-gencap PROGRAM] [-dir DIR] [-scale 1] [-rounds 3] [-workers 0] [-kinds mix,bulk,flows]
//
// It writes the captures of gencap into DIR (a temporary one if none is named),
// runs both programs in turns, and prints the median of processor time (user and
// system) of both, of their ratio, and the most memory that earshot had.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// bounds are the ratios that are aimed at, and those that must be kept.
func bounds(kind string) (aim, must float64) {
	switch kind {
	case "mix":
		return 1.2, 2.5
	case "bulk":
		return 0.6, 1.2
	}
	return 2.0, 5
}

func main() {
	earshot := flag.String("earshot", "bin/earshot", "the program to measure")
	gencap := flag.String("gencap", "bin/gencap", "the program that writes the captures")
	dir := flag.String("dir", "", "where the captures are kept; a temporary directory if empty")
	scale := flag.Float64("scale", 1, "part of the full size")
	rounds := flag.Int("rounds", 3, "how often each is run")
	workers := flag.Int("workers", 0, "--workers of earshot; 0 leaves it out")
	kinds := flag.String("kinds", "mix,bulk,flows", "which captures")
	flag.Parse()
	if err := run(*earshot, *gencap, *dir, *scale, *rounds, *workers, strings.Split(*kinds, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "capture:", err)
		os.Exit(1)
	}
}

func run(earshot, gencap, dir string, scale float64, rounds, workers int, kinds []string) error {
	if _, err := exec.LookPath("tcpdump"); err != nil {
		return fmt.Errorf("tcpdump is the yardstick: %w", err)
	}
	if dir == "" {
		tmp, err := os.MkdirTemp("", "earshot-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		dir = tmp
	}
	fmt.Printf("processor time, user and system, median of %d rounds; %s, %d processors\n", rounds, runtime.Version(), runtime.NumCPU())
	missed := false
	for _, kind := range kinds {
		file := filepath.Join(dir, fmt.Sprintf("%s-%g.pcap", kind, scale))
		if _, err := os.Stat(file); err != nil {
			cmd := exec.Command(gencap, "-kind", kind, "-scale", fmt.Sprint(scale), file)
			cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
			if err := cmd.Run(); err != nil {
				return fmt.Errorf("%s: %w", gencap, err)
			}
		}
		args := []string{"listen", "-q", "-oJ", os.DevNull, "-r", file}
		if workers > 0 {
			args = append(args, "--workers", fmt.Sprint(workers))
		}
		var theirs, ours, ratios []float64
		var most float64
		for range rounds {
			t, _, err := measure("tcpdump", "-r", file, "-w", os.DevNull)
			if err != nil {
				return err
			}
			o, m, err := measure(earshot, args...)
			if err != nil {
				return err
			}
			theirs, ours, ratios = append(theirs, t), append(ours, o), append(ratios, o/t)
			most = max(most, m)
		}
		aim, must := bounds(kind)
		verdict := "as aimed at"
		switch r := median(ratios); {
		case r > must:
			verdict, missed = fmt.Sprintf("more than %.1f", must), true
		case r > aim:
			verdict = fmt.Sprintf("more than %.1f, not more than %.1f", aim, must)
		}
		fmt.Printf("%-5s  tcpdump %5.2f s  earshot %5.2f s  ratio %.2f (%.2f to %.2f)  %4.0f MB  %s\n",
			kind, median(theirs), median(ours), median(ratios), slices.Min(ratios), slices.Max(ratios), most, verdict)
	}
	if missed {
		return fmt.Errorf("slower than it must be")
	}
	return nil
}

// measure runs a program and returns its processor time in seconds and the most
// memory it had, in MB.
func measure(name string, args ...string) (cpu, rss float64, err error) {
	cmd := exec.Command(name, args...)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return 0, 0, fmt.Errorf("%s: %w: %s", name, err, said.String())
	}
	s := cmd.ProcessState
	if u, ok := s.SysUsage().(*syscall.Rusage); ok {
		rss = float64(u.Maxrss) / 1024
		if runtime.GOOS == "darwin" {
			rss /= 1024
		}
	}
	return (s.UserTime() + s.SystemTime()).Seconds(), rss, nil
}

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}
