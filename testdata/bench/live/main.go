//go:build linux

// Command live sends made-up traffic over a cable of this machine (a veth pair between two
// network namespaces that it makes) at rising rates, and counts what listeners at the other
// end miss: earshot by both ways of capture, tcpdump -w /dev/null, and p0f, one after the
// other at each rate. It needs root.
//
// With several rounds what is printed is the one in the middle, and the most that was missed.
//
//	live [-earshot PROGRAM] [-gencap PROGRAM] [-rates 100000,…] [-seconds 4] [-rounds 1] [-tools …]
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"earshot/testdata/bench/cable"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "send" {
		sender(os.Args[2:])
		return
	}
	earshot := flag.String("earshot", "bin/earshot", "the program to measure")
	gencap := flag.String("gencap", "bin/gencap", "the program that writes the captures")
	kind := flag.String("kind", "mix", "which kind of traffic of gencap")
	scale := flag.Float64("scale", 0.1, "part of gencap's full size that is sent over and over")
	rates := flag.String("rates", "100000,200000,400000,600000,800000,1000000,0", "packets a second; 0 is as fast as it goes")
	seconds := flag.Float64("seconds", 4, "how long each rate is sent")
	rounds := flag.Int("rounds", 1, "how often each listener hears each rate, in turns")
	names := flag.String("tools", "", "only these, a comma list")
	flag.Parse()
	if err := run(*earshot, *gencap, *kind, *scale, *rates, *seconds, max(1, *rounds), *names); err != nil {
		fmt.Fprintln(os.Stderr, "live:", err)
		os.Exit(1)
	}
}

// sender is the part that runs in the namespace at the other end.
func sender(args []string) {
	f := flag.NewFlagSet("send", flag.ExitOnError)
	iface := f.String("i", "", "the interface")
	rate := f.Float64("rate", 0, "packets a second")
	seconds := f.Float64("seconds", 1, "how long")
	threads := f.Int("threads", 2, "by how many threads")
	_ = f.Parse(args) // it exits
	l, err := read(f.Arg(0))
	if err == nil {
		var s sent
		if s, err = send(*iface, l, *rate, time.Duration(*seconds*1e9), *threads); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(s)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "send:", err)
		os.Exit(1)
	}
}

// tool is a listener.
type tool struct {
	name string
	args []string
	says *regexp.Regexp // how many packets it has had
	tcp  bool           // it looks at nothing else
}

func tools(earshot, p0fLog string) []tool {
	heard := regexp.MustCompile(`v1: (\d+) packets`)
	listen := func(more ...string) []string {
		return append([]string{earshot, "listen", "-i", "v1", "-oJ", "/dev/null"}, more...)
	}
	return []tool{
		{"earshot afpacket", listen("--capture", "afpacket"), heard, false},
		{"earshot afpacket --rings 2 --workers 2", listen("--capture", "afpacket", "--rings", "2", "--workers", "2"), heard, false},
		{"earshot libpcap", listen("--capture", "libpcap"), heard, false},
		{"tcpdump -w /dev/null", []string{"tcpdump", "-i", "v1", "-n", "-B", "16384", "-w", "/dev/null"}, regexp.MustCompile(`(\d+) packets captured`), false},
		{"p0f", []string{"p0f", "-p", "-i", "v1", "-o", p0fLog}, regexp.MustCompile(`Processed (\d+) packets`), true},
	}
}

func run(earshot, gencap, kind string, scale float64, rates string, seconds float64, rounds int, names string) error {
	dir, err := os.MkdirTemp("", "earshot-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	capture := filepath.Join(dir, kind+".pcap")
	if out, err := exec.Command(gencap, "-kind", kind, "-scale", fmt.Sprint(scale), capture).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", gencap, err, out)
	}
	if earshot, err = filepath.Abs(earshot); err != nil {
		return err
	}
	here, there, cut, err := cable.Lay("eb")
	defer cut()
	if err != nil {
		return err
	}
	fmt.Printf("%-38s %12s %12s %10s %10s %10s %16s\n", "listener", "packets/s", "Mbit/s", "missed", "missed %", "at most %", "CPU s / Mpacket")
	for _, w := range strings.Split(rates, ",") {
		rate, err := strconv.ParseFloat(w, 64)
		if err != nil {
			return err
		}
		all := tools(earshot, filepath.Join(filepath.Dir(capture), "p0f.log"))
		all = slices.DeleteFunc(all, func(k tool) bool {
			_, err := exec.LookPath(k.args[0])
			return err != nil || names != "" && !strings.Contains(","+names+",", ","+k.name+",")
		})
		rows := make([][]row, len(all))
		for range rounds {
			for i := range all {
				r, err := measure(&all[i], here, there, capture, rate, seconds)
				if err != nil {
					return fmt.Errorf("%s: %w", all[i].name, err)
				}
				rows[i] = append(rows[i], r)
			}
		}
		for i, l := range rows {
			slices.SortFunc(l, func(a, b row) int { return cmp.Compare(a.part, b.part) })
			r := l[len(l)/2]
			fmt.Printf("%-38s %12.0f %12.0f %10d %10.3f %10.3f %16.2f\n", all[i].name, r.rate, r.mbit, r.missed, 100*r.part, 100*l[len(l)-1].part, r.cpu)
		}
	}
	return nil
}

// row is what came of one listener at one rate.
type row struct {
	rate, mbit float64 // packets and megabits that were sent, a second
	missed     int
	part       float64 // of what was sent
	cpu        float64 // seconds a million packets
}

// measure lets a listener hear one rate.
func measure(k *tool, here, there, capture string, rate, seconds float64) (row, error) {
	cmd := exec.Command("ip", append([]string{"netns", "exec", here}, k.args...)...)
	var says bytes.Buffer
	cmd.Stdout, cmd.Stderr = &says, &says
	if err := cmd.Start(); err != nil {
		return row{}, err
	}
	time.Sleep(2 * time.Second) // till it listens, on a busy machine
	self, err := os.Executable()
	if err != nil {
		return row{}, err
	}
	out, err := exec.Command("ip", "netns", "exec", there, self, "send", "-i", "v0", "-rate", fmt.Sprint(rate), "-seconds", fmt.Sprint(seconds), capture).Output()
	if err != nil {
		_ = cmd.Process.Kill()
		var e *exec.ExitError
		if errors.As(err, &e) {
			err = fmt.Errorf("%w: %s", err, e.Stderr)
		}
		return row{}, err
	}
	var s sent
	if err := json.Unmarshal(out, &s); err != nil {
		return row{}, err
	}
	time.Sleep(time.Second) // till it has read what waits
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		return row{}, err
	}
	_ = cmd.Wait() // p0f says that it was interrupted
	m := k.says.FindSubmatch(says.Bytes())
	if m == nil {
		return row{}, fmt.Errorf("it did not say what it heard: %s", says.String())
	}
	had, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return row{}, err
	}
	want := s.Frames
	if k.tcp {
		want = s.TCP
	}
	missed := max(0, want-had)
	cpu := (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	frames := float64(s.Frames)
	return row{frames / s.Seconds, float64(s.Bytes) * 8 / s.Seconds / 1e6, missed, float64(missed) / float64(want), cpu / frames * 1e6}, nil
}
