package main

import (
	"bufio"
	"bytes"
	endian "encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// conversation is one of testdata/anyport.txt: what two sides say, and what serves.
type conversation struct {
	name    string // as in the file
	service string
	tcp     bool
	middle  bool // the beginning is missing
	alike   bool // the two sides say the same: without a beginning nobody can tell who serves
	said    []saying
}

type saying struct {
	server bool
	data   string
}

// conversations reads testdata/anyport.txt, whose head describes it.
func conversations(t *testing.T) (all []conversation) {
	t.Helper()
	f, err := os.Open("testdata/anyport.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '>' || line[0] == '<':
			c := &all[len(all)-1]
			data, err := unhex(line[1:])
			if err != nil {
				t.Fatalf("line %d: %v", n, err)
			}
			c.said = append(c.said, saying{line[0] == '<', data})
		default:
			w := strings.Fields(line)
			if len(w) < 2 || w[0] != "tcp" && w[0] != "udp" {
				t.Fatalf("line %d: %s", n, line)
			}
			c := conversation{tcp: w[0] == "tcp", service: w[1], name: strings.Join(w[2:], " ")}
			c.name, c.middle = strings.CutSuffix(c.name, " (middle)")
			c.name, c.alike = strings.CutSuffix(c.name, " (alike)")
			all = append(all, c)
		}
	}
	return all
}

// unhex reads bytes in hexadecimal, with text between quotes, and *n for n times the byte before.
func unhex(s string) (string, error) {
	var out []byte
	for i, part := range strings.Split(s, "'") {
		if i%2 == 1 {
			out = append(out, part...)
			continue
		}
		for _, f := range strings.Fields(part) {
			var n int
			if _, err := fmt.Sscanf(f, "*%d", &n); err == nil {
				out = append(out, bytes.Repeat(out[len(out)-1:], n-1)...)
				continue
			}
			b, err := hex.DecodeString(f)
			if err != nil {
				return "", fmt.Errorf("%q: %w", f, err)
			}
			out = append(out, b...)
		}
	}
	return string(out), nil
}

// pcapOf writes the conversations as a capture file: each with a server of its own, on a
// port that means nothing and is higher than the client's.
func pcapOf(all []conversation, server func(i int) netip.AddrPort, mid bool) string {
	var file bytes.Buffer
	word := func(v ...uint32) {
		for _, x := range v {
			file.Write(endian.LittleEndian.AppendUint32(nil, x))
		}
	}
	word(0xa1b2c3d4, 4<<16|2, 0, 0, 65535, 101) // raw IP
	now := uint32(0)
	client := netip.MustParseAddrPort("192.0.2.77:33210")
	frame := func(from, to netip.AddrPort, proto byte, l4 []byte) {
		now += 3000
		ip := []byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, proto, 0, 0}
		endian.BigEndian.PutUint16(ip[2:], uint16(20+len(l4)))
		ip = append(append(ip, from.Addr().AsSlice()...), to.Addr().AsSlice()...)
		ip = append(ip, l4...)
		word(1_700_000_000+now/1_000_000, now%1_000_000, uint32(len(ip)), uint32(len(ip)))
		file.Write(ip)
	}
	for i, c := range all {
		s := server(i)
		seq := [2]uint32{1000, 900000}
		tcp := func(side int, flags byte, data string) {
			from, to := client, s
			if side == 1 {
				from, to = s, client
			}
			h := make([]byte, 20)
			endian.BigEndian.PutUint16(h, from.Port())
			endian.BigEndian.PutUint16(h[2:], to.Port())
			endian.BigEndian.PutUint32(h[4:], seq[side])
			if flags != 2 {
				endian.BigEndian.PutUint32(h[8:], seq[1-side])
			}
			h[12], h[13] = 5<<4, flags
			endian.BigEndian.PutUint16(h[14:], 64000)
			frame(from, to, 6, append(h, data...))
			seq[side] += uint32(len(data)) + uint32(flags&2>>1)
		}
		if c.tcp && !mid {
			tcp(0, 2, "")
			tcp(1, 0x12, "")
			tcp(0, 0x10, "")
		}
		for _, x := range c.said {
			side, from, to := 0, client, s
			if x.server {
				side, from, to = 1, s, client
			}
			if c.tcp {
				tcp(side, 0x18, x.data)
				continue
			}
			h := endian.BigEndian.AppendUint16(nil, from.Port())
			h = endian.BigEndian.AppendUint16(h, to.Port())
			h = endian.BigEndian.AppendUint16(h, uint16(8+len(x.data)))
			frame(from, to, 17, append(append(h, 0, 0), x.data...))
		}
	}
	return file.String()
}

// Protocols without a banner are known by what they say, on any port, and so is who
// serves: with the beginning of the connection, and from the middle of it.
func TestAnyPort(t *testing.T) {
	all := conversations(t)
	server := func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 9, byte(i >> 8), byte(i)}), 45123)
	}
	for _, mid := range []bool{false, true} {
		out := earshot(t, pcapOf(all, server, mid), "listen", "-q", "-oJ", "-", "-r", "-").want(t, 0).out
		found := map[string]string{}
		for line := range strings.Lines(out) {
			var d struct {
				Type, Host, Proto, Service, Method, Tunnel string
				Port                                       uint16
				First                                      time.Time
			}
			if err := json.Unmarshal([]byte(line), &d); err != nil {
				t.Fatal(err)
			}
			if d.Type == "service" {
				if d.First.Year() != 2023 { // when the conversations are said to be
					t.Errorf("%s:%d is first heard %s", d.Host, d.Port, d.First)
				}
				if d.Method == "table" {
					d.Service = "? " + d.Service
				}
				found[fmt.Sprintf("%s:%d/%s", d.Host, d.Port, d.Proto)] = d.Service
			}
		}
		for i, c := range all {
			proto := "udp"
			if c.tcp {
				proto = "tcp"
			}
			key := server(i).String() + "/" + proto
			if c.middle && !mid {
				delete(found, key)
				continue
			}
			got := found[key]
			delete(found, key)
			if mid && c.alike {
				delete(found, "192.0.2.77:33210/"+proto)
			}
			if got != c.service && !(mid && c.alike) {
				t.Errorf("mid %v: %s over %s is %q, want %q", mid, c.name, proto, got, c.service)
			}
		}
		for k, v := range found {
			t.Errorf("mid %v: %s is %q, and serves nothing", mid, k, v)
		}
	}
}
