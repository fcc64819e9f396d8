//go:build linux

// Command flood sends earshot what nobody should, and prints how much memory it takes
// while it hears that: one run for each flood, over a cable of this machine (a veth pair
// between two network namespaces that it makes) to listen -i with a state, or with -file
// through a pipe to listen -r, as fast as it goes. It needs root, but for -file.
//
//	flood [-earshot PROGRAM] [-scale 1] [-only NAME,…] [-file]
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"earshot/testdata/bench/cable"

	"golang.org/x/sys/unix"
)

func main() {
	earshot := flag.String("earshot", "bin/earshot", "the program to measure")
	scale := flag.Float64("scale", 1, "part of the full number of packets")
	only := flag.String("only", "", "only these floods, a comma list")
	file := flag.Bool("file", false, "through a pipe instead of an interface")
	flag.Parse()
	if err := run(*earshot, *scale, *only, *file); err != nil {
		fmt.Fprintln(os.Stderr, "flood:", err)
		os.Exit(1)
	}
}

func run(earshot string, scale float64, only string, file bool) error {
	fmt.Printf("%-10s %10s %8s   %s\n", "flood", "packets", "seconds", "MiB resident after 0, 10, 25, 50, 75, 100 % of the packets, and 5 s later; the most; the state's file; missed")
	for _, f := range floods() {
		if only != "" && !strings.Contains(","+only+",", ","+f.name+",") {
			continue
		}
		n := int(float64(f.packets) * scale)
		var err error
		if file || f.time != nil {
			err = piped(earshot, &f, n)
		} else {
			err = wired(earshot, &f, n)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

// gauge takes the size of a process at parts of a run.
type gauge struct {
	pid   int
	at    []int // packets
	sizes []int // MiB
}

func newGauge(pid, n int) *gauge {
	return &gauge{pid: pid, at: []int{0, n / 10, n / 4, n / 2, n * 3 / 4}}
}

func (g *gauge) look(i int) {
	if len(g.sizes) < len(g.at) && i >= g.at[len(g.sizes)] {
		g.sizes = append(g.sizes, resident(g.pid, "VmRSS"))
	}
}

func (g *gauge) end() { g.sizes = append(g.sizes, resident(g.pid, "VmRSS")) }

// resident reads a size from a process's status, in MiB.
func resident(pid int, name string) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return -1
	}
	for _, l := range strings.Split(string(b), "\n") {
		var kib int
		if n, _ := fmt.Sscanf(l, name+": %d kB", &kib); n == 1 {
			return kib >> 10
		}
	}
	return -1
}

func report(f *flood, n int, took time.Duration, g *gauge, most int, state, missed string) {
	sizes := make([]string, len(g.sizes))
	for i, s := range g.sizes {
		sizes[i] = fmt.Sprintf("%5d", s)
	}
	size := int64(0)
	for _, end := range []string{"", "-wal"} {
		if st, err := os.Stat(state + end); err == nil {
			size += st.Size()
		}
	}
	fmt.Printf("%-10s %10d %8.1f   %s; %5d; %d MiB; %s\n", f.name, n, took.Seconds(), strings.Join(sizes, " "), most, size>>20, missed)
}

// piped gives a flood to listen -r as a capture without end.
func piped(earshot string, f *flood, n int) error {
	dir, err := os.MkdirTemp("", "earshot-flood-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	state := filepath.Join(dir, "state.db")
	cmd := exec.Command(earshot, "listen", "-q", "-r", "-", "--state", state, "-oJ", "/dev/null")
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	var says bytes.Buffer
	cmd.Stderr = &says
	if err := cmd.Start(); err != nil {
		return err
	}
	w := bufio.NewWriterSize(in, 1<<20)
	h := make([]byte, 24)
	binary.LittleEndian.PutUint32(h, 0xa1b23c4d) // nanoseconds
	binary.LittleEndian.PutUint32(h[4:], 2|4<<16)
	binary.LittleEndian.PutUint32(h[16:], 262144)
	binary.LittleEndian.PutUint32(h[20:], 1)
	_, _ = w.Write(h) // the writer keeps an error until Flush
	g := newGauge(cmd.Process.Pid, n)
	b, begin := new(builder), time.Now()
	for i := range uint32(n) {
		if i&4095 == 0 {
			g.look(int(i))
		}
		at := int64(1_750_000_000e9) + int64(i)*2000
		if f.time != nil {
			at = f.time(i, at)
		}
		frame := f.frame(b, i)
		binary.LittleEndian.PutUint32(h, uint32(at/1e9))
		binary.LittleEndian.PutUint32(h[4:], uint32(at%1e9))
		binary.LittleEndian.PutUint32(h[8:], uint32(len(frame)))
		binary.LittleEndian.PutUint32(h[12:], uint32(len(frame)))
		_, _ = w.Write(h[:16])
		if _, err := w.Write(frame); err != nil {
			_ = cmd.Wait()
			return fmt.Errorf("%w: %s", err, says.String())
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	g.end()
	took := time.Since(begin)
	time.Sleep(time.Second)
	g.end()
	if err := in.Close(); err != nil && err != io.ErrClosedPipe {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, says.String())
	}
	most := int(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10)
	report(f, n, took, g, most, state, "from a pipe")
	return nil
}

// wired sends a flood over a cable to listen -i.
func wired(earshot string, f *flood, n int) error {
	dir, err := os.MkdirTemp("", "earshot-flood-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	here, there, cut, err := cable.Lay("ef")
	defer cut()
	if err != nil {
		return err
	}
	state := filepath.Join(dir, "state.db")
	cmd := exec.Command("ip", "netns", "exec", here, earshot, "listen", "-i", "v1", "--state", state, "-oJ", "/dev/null")
	said := new(lines)
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() { _ = cmd.Process.Kill() }()
	if !said.wait("listening on", 20*time.Second) {
		return fmt.Errorf("it does not listen: %s", said)
	}
	g := newGauge(cmd.Process.Pid, n)
	begin := time.Now()
	if err := within(there, func() error { return send(f, n, g) }); err != nil {
		return err
	}
	g.end()
	took := time.Since(begin)
	time.Sleep(5 * time.Second)
	g.end()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	most := int(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10)
	report(f, n, took, g, most, state, said.last("v1: "))
	return nil
}

// within does something in a network namespace.
func within(name string, do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocks it: the thread ends with the goroutine
		fd, err := unix.Open("/run/netns/"+name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			err = unix.Setns(fd, unix.CLONE_NEWNET)
		}
		if err == nil {
			err = do()
		}
		done <- err
	}()
	return <-done
}

// send sends a flood, not faster than a sensor on one core can be expected to hear.
func send(f *flood, n int, g *gauge) error {
	const rate = 400_000
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq("v0")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, req); err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: int(req.Uint32())}); err != nil {
		return err
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1) // only faster
	b, begin := new(builder), time.Now()
	for i := range uint32(n) {
		if i&255 == 0 {
			g.look(int(i))
			if ahead := time.Duration(float64(i)/rate*1e9) - time.Since(begin); ahead > time.Millisecond {
				time.Sleep(ahead)
			}
		}
		if _, err := unix.Write(fd, f.frame(b, i)); err != nil && err != unix.ENOBUFS {
			return err
		}
	}
	return nil
}
