//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// load is a capture in memory.
type load struct {
	mem    []byte
	frames [][2]uint32 // offset and length
	tcp    []bool
}

// read reads a pcap file in this machine's order, of Ethernet frames.
func read(name string) (*load, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if len(b) < 24 || binary.LittleEndian.Uint32(b) != 0xa1b2c3d4 {
		return nil, fmt.Errorf("%s is not what gencap writes", name)
	}
	l := &load{mem: b}
	for at := 24; at+16 <= len(b); {
		n := int(binary.LittleEndian.Uint32(b[at+8:]))
		if at += 16; at+n > len(b) || n < 34 {
			break
		}
		l.frames = append(l.frames, [2]uint32{uint32(at), uint32(n)})
		l.tcp = append(l.tcp, b[at+23] == 6)
		at += n
	}
	return l, nil
}

// sent is what a sender has done.
type sent struct {
	Frames, TCP, Bytes int
	Seconds            float64
}

// batch is how many frames are given to the kernel at once.
const batch = 64

type message struct {
	header unix.Msghdr
	len    uint32
	_      [4]byte
}

// send sends a capture over and over at a rate, each time with other clients, by several
// threads that have a part of it each.
func send(iface string, l *load, rate float64, span time.Duration, threads int) (sent, error) {
	all := make([]sent, threads)
	errs := make([]error, threads)
	var wait sync.WaitGroup
	for i := range threads {
		from, to := len(l.frames)*i/threads, len(l.frames)*(i+1)/threads
		part := &load{l.mem, l.frames[from:to], l.tcp[from:to]}
		wait.Add(1)
		go func() {
			defer wait.Done()
			all[i], errs[i] = part.send(iface, rate/float64(threads), span)
		}()
	}
	wait.Wait()
	var sum sent
	for _, s := range all {
		sum.Frames, sum.TCP, sum.Bytes, sum.Seconds = sum.Frames+s.Frames, sum.TCP+s.TCP, sum.Bytes+s.Bytes, max(sum.Seconds, s.Seconds)
	}
	return sum, errors.Join(errs...)
}

func (l *load) send(iface string, rate float64, span time.Duration) (sent, error) {
	var s sent
	card, err := net.InterfaceByName(iface)
	if err != nil {
		return s, err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		return s, err
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: card.Index}); err != nil {
		return s, err
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1) // only faster
	mem := make([]byte, batch*2048)
	messages := make([]message, batch)
	parts := make([]unix.Iovec, batch)
	begin := time.Now()
	for at, round := 0, byte(0); ; {
		took := time.Since(begin)
		if took >= span {
			s.Seconds = took.Seconds()
			return s, nil
		}
		if rate > 0 {
			if ahead := time.Duration(float64(s.Frames)/rate*1e9) - took; ahead > 0 {
				if ahead > 200*time.Microsecond {
					time.Sleep(ahead - 100*time.Microsecond)
				}
				continue
			}
		}
		for i := range messages {
			f := l.frames[at]
			b := mem[i*2048:][:copy(mem[i*2048:(i+1)*2048], l.mem[f[0]:f[0]+f[1]])]
			for _, at := range [2]int{26, 30} {
				if b[at] == 10 { // gencap's clients
					b[at+1] ^= round
				}
			}
			parts[i].Base, messages[i].header.Iov, messages[i].header.Iovlen = &b[0], &parts[i], 1
			parts[i].SetLen(len(b))
			s.Bytes += len(b)
			if l.tcp[at] {
				s.TCP++
			}
			if at++; at == len(l.frames) {
				at, round = 0, round+1
			}
		}
		for done := 0; done < batch; {
			n, _, e := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&messages[done])), uintptr(batch-done), 0, 0, 0)
			if e != 0 && e != unix.ENOBUFS && e != unix.EAGAIN {
				return s, e
			}
			done += int(n)
			s.Frames += int(n)
		}
	}
}
