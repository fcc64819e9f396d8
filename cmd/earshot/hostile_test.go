//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// forever writes a text again and again until the other side has enough, at most a
// gigabyte.
func forever(c net.Conn, text string, sent *atomic.Int64) {
	b := bytes.Repeat([]byte(text), 1+65536/len(text))
	for range 1 << 30 / len(b) {
		n, err := c.Write(b)
		sent.Add(int64(n))
		if err != nil {
			return
		}
	}
}

// bomb is a gzip stream of a few kilobytes that holds 64 megabytes.
func bomb(t *testing.T) string {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 64 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Servers that mean ill: the run ends, says that every port is open, takes little memory and
// little of what is thrown at it.
func TestProbeHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("servers that let wait")
	}
	var sent atomic.Int64
	request := func(c net.Conn) { _, _ = c.Read(make([]byte, 2048)) }
	var redirects atomic.Int64
	bad := selfSigned(t)
	bad.Certificate = [][]byte{bytes.Repeat([]byte{0x30, 0x82, 0xff, 0xff}, 4000)}
	zip := bomb(t)
	servers := []struct {
		name string
		m    manner
	}{
		{"drip", drips(strings.Repeat("220-still here ", 1000), 30*time.Millisecond)},
		{"flood", func(c net.Conn) { forever(c, "\x00\xff flood", &sent) }},
		{"banner of a gigabyte", func(c net.Conn) { forever(c, "x", &sent) }},
		{"lines without end", func(c net.Conn) { forever(c, "220-welcome\r\n", &sent) }},
		{"reset", resets},
		{"reset after the question", func(c net.Conn) { request(c); resets(c) }},
		{"close", closes},
		{"silence", untilEnd},
		{"TLS that hangs", func(c net.Conn) {
			request(c)
			_, _ = c.Write([]byte{22, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc, 3, 3})
			untilEnd(c)
		}},
		{"TLS with a bad certificate", func(c net.Conn) {
			s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{bad}})
			_ = s.Handshake()
			untilEnd(c)
		}},
		{"headers without end", func(c net.Conn) {
			request(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			forever(c, "X-More: and more\r\n", &sent)
		}},
		{"body without end", func(c net.Conn) {
			request(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nServer: nginx/1.25.9\r\nTransfer-Encoding: chunked\r\n\r\n")
			forever(c, "5\r\nhello\r\n", &sent)
		}},
		{"length of an exabyte", answersWeb("Server: nginx/1.25.9\r\nContent-Length: 1152921504606846976", "<title>big</title>")},
		{"zip bomb", answersWeb(fmt.Sprintf("Server: nginx/1.25.9\r\nContent-Encoding: gzip\r\nContent-Length: %d", len(zip)), zip)},
		{"redirects without end", func(c net.Conn) {
			for range 1000 {
				if n, _ := c.Read(make([]byte, 2048)); n == 0 {
					return
				}
				_, _ = fmt.Fprintf(c, "HTTP/1.1 302 Found\r\nServer: nginx/1.25.9\r\nLocation: /%d\r\nContent-Length: 0\r\n\r\n", redirects.Add(1))
			}
		}},
		{"terminal codes", greets("SSH-2.0-\x1b]0;owned\x07\x1b[2J\x9b31m\r\n")},
	}
	var ports []string
	for _, s := range servers {
		at := serveTCP(t, "127.0.0.1:0", s.m)
		ports = append(ports, at[strings.LastIndexByte(at, ':')+1:])
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "probe", "--version-light", "--favicon", "-n", "-p", strings.Join(ports, ","), "127.0.0.1")
	cmd.Env = append(os.Environ(), "GOMEMLIMIT=off")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), errs.String())
	}
	for i, s := range servers {
		if !strings.Contains(out.String(), ports[i]+"/tcp open") {
			t.Errorf("%s (port %s) is not shown as open", s.name, ports[i])
		}
	}
	if strings.ContainsAny(out.String()+errs.String(), "\x1b\a\u009b") {
		t.Error("what a server said reaches the terminal")
	}
	if t.Failed() {
		t.Log(out.String(), errs.String())
	}
	if mb := sent.Load() >> 20; mb > 200 {
		t.Errorf("%d MiB of floods were taken", mb)
	}
	if use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok && runtime.GOOS == "linux" {
		if mb := use.Maxrss >> 10; mb > 400 {
			t.Errorf("%d MiB of memory", mb)
		} else {
			t.Logf("%d MiB of memory, %d MiB of floods", mb, sent.Load()>>20)
		}
	}
}
