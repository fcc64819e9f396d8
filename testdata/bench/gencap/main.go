// Command gencap writes captures of made-up traffic for measuring earshot's
// capture path. The same arguments give the same bytes.
//
//	gencap [-kind mix|bulk|flows] [-scale 1] [-seed 1] FILE
//
// The kinds, at scale 1:
//
//	mix    3.35 million packets, 1.07 GB, 122,000 flows: DNS, HTTP, TLS, SSH,
//	       SMTP, IMAP, FTP, MySQL and one protocol nobody knows, to 400 servers
//	bulk   1.04 million packets, 1.07 GB, 8 flows
//	flows  8.94 million packets, 850 MB, 2 million flows: scans, DNS and short
//	       connections, to 2,000 servers
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand"
	"os"
)

func main() {
	kind := flag.String("kind", "mix", "mix, bulk or flows")
	scale := flag.Float64("scale", 1, "part of the full size")
	seed := flag.Int64("seed", 1, "seed of the random numbers")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := generate(flag.Arg(0), *kind, *scale, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "gencap:", err)
		os.Exit(1)
	}
}

func generate(name, kind string, scale float64, seed int64) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	g := &generator{w: bufio.NewWriterSize(f, 1<<20), rng: rand.New(rand.NewSource(seed)), now: 1_750_000_000_000_000}
	g.header()
	switch kind {
	case "mix":
		g.servers(400)
		g.run(int(122_000*scale), 600, 40, g.mixFlow)
	case "bulk":
		g.servers(8)
		g.scale = scale
		g.run(8, 8, 100, g.bulkFlow)
	case "flows":
		g.servers(2000)
		g.run(int(2_000_000*scale), 4000, 8, g.smallFlow)
	default:
		return fmt.Errorf("no kind %q", kind)
	}
	if err := g.w.Flush(); err != nil {
		return err
	}
	fmt.Printf("%s: %d packets, %d bytes, %d flows\n", kind, g.packets, g.bytes, g.flows)
	return f.Close()
}

// generator writes packets.
type generator struct {
	w       *bufio.Writer
	rng     *rand.Rand
	now     int64 // microseconds
	hosts   []*server
	zipf    *rand.Zipf
	scale   float64
	frame   [1600]byte
	packets int
	bytes   int
	flows   int
}

func (g *generator) header() {
	h := make([]byte, 24)
	binary.LittleEndian.PutUint32(h, 0xa1b2c3d4)
	binary.LittleEndian.PutUint16(h[4:], 2)
	binary.LittleEndian.PutUint16(h[6:], 4)
	binary.LittleEndian.PutUint32(h[16:], 262144)
	binary.LittleEndian.PutUint32(h[20:], 1)
	_, _ = g.w.Write(h) // the writer keeps an error until Flush
	g.bytes = len(h)
}

// flow is a conversation that is being written.
type flow struct {
	client, server uint32
	cport, sport   uint16
	udp            bool
	seq            [2]uint32 // 0: the client's
	script         []say
	at             int // in script
	off            int // in script[at].data
	repeat         int // how often script[at] is still to be said again
	phase          int // 0 … 2 the handshake, 3 the words, 4 … the end
	end            int // how it ends: fin, reset
	acks           int // segments since the last pure acknowledgement
}

// say is what one side says.
type say struct {
	from  int // 0 the client
	data  []byte
	times int // how often; 0 is 1
}

const (
	endFin = iota
	endReset
	endRefused // the SYN is answered with RST
	endScan    // SYN, SYN-ACK, RST
)

// run keeps some flows going at once until n were begun and all have ended.
// Between packets pass gap microseconds on average.
func (g *generator) run(n, together, gap int, begin func() *flow) {
	var live []*flow
	for {
		for len(live) < together && g.flows < n {
			live = append(live, begin())
			g.flows++
		}
		if len(live) == 0 {
			return
		}
		i := g.rng.Intn(len(live))
		// A flow says a few packets in a row, as real ones do.
		for range 1 + g.rng.Intn(3) {
			g.now += int64(g.rng.Intn(2*gap) / 2)
			if !g.step(live[i]) {
				live[i] = live[len(live)-1]
				live = live[:len(live)-1]
				break
			}
		}
	}
}

const (
	fin = 1
	syn = 2
	rst = 4
	psh = 8
	ack = 16
)

// step writes a flow's next packet and says whether more come.
func (g *generator) step(f *flow) bool {
	if f.udp {
		s := f.script[f.at]
		g.udp(f, s.from, s.data)
		f.at++
		return f.at < len(f.script)
	}
	switch f.phase {
	case 0:
		g.tcp(f, 0, syn, nil)
		f.seq[0]++
		f.phase++
		return true
	case 1:
		f.phase++
		if f.end == endRefused {
			g.tcp(f, 1, rst|ack, nil)
			return false
		}
		g.tcp(f, 1, syn|ack, nil)
		f.seq[1]++
		return true
	case 2:
		f.phase++
		if f.end == endScan {
			g.tcp(f, 0, rst, nil)
			return false
		}
		g.tcp(f, 0, ack, nil)
		if len(f.script) == 0 {
			f.phase = 4
		} else {
			f.repeat = f.script[0].times
		}
		return true
	case 3:
		s := &f.script[f.at]
		if f.acks >= 2 {
			f.acks = 0
			g.tcp(f, 1-s.from, ack, nil)
			return true
		}
		part := s.data[f.off:min(len(s.data), f.off+1448)]
		g.tcp(f, s.from, ack|psh, part)
		f.off += len(part)
		f.acks++
		if f.off == len(s.data) {
			f.off = 0
			if f.repeat > 1 {
				f.repeat--
				return true
			}
			f.at++
			if f.at == len(f.script) {
				f.phase++
			} else {
				f.repeat = f.script[f.at].times
			}
		}
		return true
	case 4:
		f.phase++
		if f.end == endReset {
			g.tcp(f, 0, rst|ack, nil)
			return false
		}
		g.tcp(f, 1, fin|ack, nil)
		f.seq[1]++
		return true
	case 5:
		f.phase++
		g.tcp(f, 0, fin|ack, nil)
		f.seq[0]++
		return true
	}
	g.tcp(f, 1, ack, nil)
	return false
}

// ip fills the headers up to the transport's and returns where that begins.
func (g *generator) ip(f *flow, from int, proto byte, n int) []byte {
	b := g.frame[:14+20+n]
	copy(b, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00\x45\x00")
	binary.BigEndian.PutUint16(b[16:], uint16(20+n))
	binary.BigEndian.PutUint16(b[18:], uint16(g.packets))
	b[20], b[21], b[22], b[23], b[24], b[25] = 0x40, 0, 64, proto, 0, 0
	src, dst, sp, dp := f.client, f.server, f.cport, f.sport
	if from == 1 {
		src, dst, sp, dp = dst, src, dp, sp
	}
	binary.BigEndian.PutUint32(b[26:], src)
	binary.BigEndian.PutUint32(b[30:], dst)
	binary.BigEndian.PutUint16(b[34:], sp)
	binary.BigEndian.PutUint16(b[36:], dp)
	return b
}

func (g *generator) tcp(f *flow, from int, flags byte, data []byte) {
	head := 32 // with the time stamp option
	if flags&rst != 0 {
		head = 20
	}
	b := g.ip(f, from, 6, head+len(data))
	t := b[34:]
	binary.BigEndian.PutUint32(t[4:], f.seq[from])
	var a uint32
	if flags&ack != 0 {
		a = f.seq[1-from]
	}
	binary.BigEndian.PutUint32(t[8:], a)
	t[12], t[13], t[14], t[15], t[16], t[17], t[18], t[19] = byte(head<<2), flags, 0xfa, 0xf0, 0, 0, 0, 0
	if head > 20 {
		copy(t[20:], "\x01\x01\x08\x0a")
		binary.BigEndian.PutUint32(t[24:], uint32(g.now/1000))
		binary.BigEndian.PutUint32(t[28:], uint32(g.now/1000-3))
	}
	copy(t[head:], data)
	f.seq[from] += uint32(len(data))
	g.write(b)
}

func (g *generator) udp(f *flow, from int, data []byte) {
	b := g.ip(f, from, 17, 8+len(data))
	t := b[34:]
	binary.BigEndian.PutUint16(t[4:], uint16(8+len(data)))
	t[6], t[7] = 0, 0
	copy(t[8:], data)
	g.write(b)
}

func (g *generator) write(b []byte) {
	var h [16]byte
	binary.LittleEndian.PutUint32(h[:], uint32(g.now/1e6))
	binary.LittleEndian.PutUint32(h[4:], uint32(g.now%1e6))
	binary.LittleEndian.PutUint32(h[8:], uint32(len(b)))
	binary.LittleEndian.PutUint32(h[12:], uint32(len(b)))
	_, _ = g.w.Write(h[:])
	_, _ = g.w.Write(b)
	g.packets++
	g.bytes += 16 + len(b)
}
