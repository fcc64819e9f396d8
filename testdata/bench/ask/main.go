// Command ask measures earshot probe on many hosts: it serves five ports on every address of
// 127.0.0.0/8, has ten thousand of them asked, and says what it took.
//
// usage: ask [-hosts N] EARSHOT [flags of probe…]
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// serve answers on a port of every loopback address, and returns the port.
func serve(visits *atomic.Int64, say func(net.Conn)) (string, error) {
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		return "", err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				continue
			}
			visits.Add(1)
			go func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(30 * time.Second))
				say(c)
				_, _ = io.Copy(io.Discard, c)
			}()
		}
	}()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// greet says a line, and another to all that is said to it.
func greet(line, other string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, line)
		b := make([]byte, 512)
		for {
			if n, _ := c.Read(b); n == 0 {
				return
			}
			_, _ = io.WriteString(c, other)
		}
	}
}

func web(c net.Conn) {
	if n, _ := c.Read(make([]byte, 2048)); n > 0 {
		_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\nServer: nginx/1.25.9\r\nContent-Length: 0\r\n\r\n")
	}
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.CloseWrite()
	}
}

func run() error {
	hosts := flag.Int("hosts", 10000, "how many addresses are asked")
	flag.Parse()
	if flag.NArg() < 1 {
		return fmt.Errorf("usage: ask [-hosts N] EARSHOT [flags of probe…]")
	}
	var visits atomic.Int64
	var ports []string
	for _, say := range []func(net.Conn){
		greet("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", ""), greet("220 (vsFTPd 3.0.5)\r\n", "530 no\r\n"), web, greet("220 mail.test ESMTP Postfix\r\n", "502 no\r\n"), greet("+OK Dovecot ready.\r\n", "-ERR no\r\n"),
	} {
		p, err := serve(&visits, say)
		if err != nil {
			return err
		}
		ports = append(ports, p)
	}
	list, err := os.CreateTemp("", "targets")
	if err != nil {
		return err
	}
	defer os.Remove(list.Name())
	w := bufio.NewWriter(list)
	for i := range *hosts {
		fmt.Fprintf(w, "127.1.%d.%d\n", i/250, 1+i%250)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	args := append([]string{"probe", "-n", "-p", strings.Join(ports, ","), "-iL", list.Name()}, flag.Args()[1:]...)
	cmd := exec.Command(flag.Arg(0), args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	var most atomic.Int64
	go func() {
		for {
			files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", cmd.Process.Pid))
			if err == nil && int64(len(files)) > most.Load() {
				most.Store(int64(len(files)))
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	open, known := 0, 0
	s := bufio.NewScanner(out)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		if strings.Contains(s.Text(), "/tcp open") {
			open++
			for _, product := range []string{"OpenSSH", "vsftpd", "nginx", "Postfix", "Dovecot"} {
				if strings.Contains(s.Text(), product) {
					known++
				}
			}
		}
	}
	if err := cmd.Wait(); err != nil {
		return err
	}
	took := time.Since(began)
	use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return fmt.Errorf("no usage")
	}
	cpu := time.Duration(use.Utime.Nano() + use.Stime.Nano())
	fmt.Printf("| %d | %d | %d | %d | %.1f s | %.1f s | %d MiB | %d |\n", *hosts, open, known, visits.Load(), took.Seconds(), cpu.Seconds(), use.Maxrss>>10, most.Load())
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "ask:", err)
		os.Exit(1)
	}
}
