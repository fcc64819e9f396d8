// Command changed makes worse captures out of good ones whose truth is known: services on ports that mean nothing,
// conversations without their beginning, frames lost, doubled, mixed up, late or cut short. What earshot says of
// them is then scored as it is of the captures themselves (make score-changed).
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// change is what is done to a capture.
type change struct {
	port   bool          // each service on an unusual port
	middle bool          // without SYN and SYN-ACK
	copies int           // of every frame, besides itself
	window int           // frames that are mixed up with each other
	loss   float64       // share of the frames that is left out
	late   time.Duration // that the servers' frames are seen later
	snap   int           // bytes that are kept of a frame; 0: all
}

func changes() map[string]change {
	return map[string]change{
		"port":   {port: true},
		"middle": {middle: true},
		"both":   {port: true, middle: true},
		"twice":  {copies: 1},
		"mixed":  {window: 5},
		"lossy":  {loss: 0.1},
		"late":   {late: 50 * time.Millisecond},
		"cut":    {snap: 96},
	}
}

func main() {
	how := flag.String("how", "", "port, middle, both, twice, mixed, lossy, late or cut")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: changed -how CHANGE CAPTURES OUT\n\nCAPTURES has a truth.jsonl and the captures that it names; OUT gets the same, changed.")
		flag.PrintDefaults()
	}
	flag.Parse()
	c, ok := changes()[*how]
	if !ok || flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(c, flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintln(os.Stderr, "changed:", err)
		os.Exit(1)
	}
}

func run(c change, from, to string) error {
	all, err := readTruth(filepath.Join(from, "truth.jsonl"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(to, "pcap"), 0o755); err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(to, "truth.jsonl"))
	if err != nil {
		return err
	}
	defer out.Close()
	done := 0
	for _, t := range all {
		link, frames, err := readFrames(filepath.Join(from, t.file()))
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s is left out: %v\n", t.file(), err)
			continue
		}
		if c.port {
			t.moveServers()
		}
		frames = c.apply(link, frames, t)
		if unmet := t.unmet(); unmet > 0 && (c.port || c.middle || c.late > 0) {
			fmt.Fprintf(os.Stderr, "%s is left out: %d servers stand in frames that are not understood here\n", t.file(), unmet)
			continue
		}
		name := filepath.Join("pcap", t.head["cap"].(string)+".pcap")
		if err := writeFrames(filepath.Join(to, name), link, frames); err != nil {
			return err
		}
		t.head["file"] = name
		for _, line := range append([]record{t.head}, t.endpoints...) {
			if err := line.writeTo(out); err != nil {
				return err
			}
		}
		done++
	}
	fmt.Printf("%d of %d captures changed\n", done, len(all))
	return out.Close()
}

// record is a line of the truth; what is not asked for is kept as it is.
type record map[string]any

// writeTo writes a line with a space behind colons and commas, which scripts that look for "kind": "capture" want.
func (r record) writeTo(w io.Writer) error {
	tight, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, tight, "", ""); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", bytes.ReplaceAll(b.Bytes(), []byte("\n"), []byte(" ")))
	return err
}

// server is an end that serves.
type server struct {
	addr  netip.AddrPort
	proto string // "tcp" or "udp"
}

// truth is what is known of one capture.
type truth struct {
	head      record
	endpoints []record
	servers   map[server]bool   // those that were met in a frame are true
	moved     map[uint16]uint16 // servers' ports, and what becomes of them
}

func (t *truth) file() string { return t.head["file"].(string) }

// unmet counts the servers that no frame was seen of.
func (t *truth) unmet() int {
	n := 0
	for _, met := range t.servers {
		if !met {
			n++
		}
	}
	return n
}

func readTruth(path string) ([]*truth, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	byCap := map[string]*truth{}
	var all []*truth
	dec := json.NewDecoder(bufio.NewReader(f))
	for {
		var r record
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			for _, t := range all {
				if t.head == nil || t.head["file"] == nil {
					return nil, fmt.Errorf("%s: a server of a capture that no line describes", path)
				}
			}
			return all, nil
		} else if err != nil {
			return nil, err
		}
		id, _ := r["cap"].(string)
		t := byCap[id]
		if t == nil {
			t = &truth{servers: map[server]bool{}}
			byCap[id] = t
			all = append(all, t)
		}
		if r["kind"] == "capture" {
			t.head = r
			continue
		}
		s, err := endOf(r["host"], r["port"], r["proto"])
		if err != nil {
			return nil, err
		}
		t.endpoints = append(t.endpoints, r)
		t.servers[s] = false
	}
}

func endOf(host, port, proto any) (server, error) {
	a, err := netip.ParseAddr(fmt.Sprint(host))
	if err != nil {
		return server{}, err
	}
	p, ok := port.(float64)
	if !ok {
		return server{}, fmt.Errorf("port %v is no number", port)
	}
	return server{netip.AddrPortFrom(a.Unmap().WithZone(""), uint16(p)), fmt.Sprint(proto)}, nil
}

// moveServers gives every port of a server a number between 40000 and 59999 that nobody has in this capture. Who
// has the same port on the other side (NTP, BGP's collisions) goes with it.
func (t *truth) moveServers() {
	taken := map[uint16]bool{}
	for _, p := range listed(t.head["clients"]) {
		taken[uint16((*p).(float64))] = true
	}
	moved := map[uint16]uint16{}
	for _, r := range t.endpoints {
		moved[uint16(r["port"].(float64))] = 0
	}
	for _, old := range slices.Sorted(maps.Keys(moved)) {
		p := 40000 + uint16(uint32(old)*7919%20000)
		for taken[p] {
			p = 40000 + (p-40000+1)%20000
		}
		taken[p], moved[old] = true, p
	}
	t.moved = moved
	for _, r := range t.endpoints {
		r["port"] = float64(moved[uint16(r["port"].(float64))])
	}
	for _, list := range []any{t.head["optional"], t.head["clients"]} {
		for _, p := range listed(list) {
			if to := moved[uint16((*p).(float64))]; to != 0 {
				*p = float64(to)
			}
		}
	}
}

// listed are the ports of a list of [address, port, protocol].
func listed(list any) []*any {
	var ports []*any
	l, _ := list.([]any)
	for _, end := range l {
		if end, ok := end.([]any); ok && len(end) == 3 {
			if _, ok := end[1].(float64); ok {
				ports = append(ports, &end[1])
			}
		}
	}
	return ports
}

// frame is a frame as it was seen.
type frame struct {
	info gopacket.CaptureInfo
	data []byte
}

// readFrames reads a capture of one link layer, in the formats that package pcapgo has.
func readFrames(path string) (layers.LinkType, []frame, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	var r io.Reader = bufio.NewReader(f)
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(r); err != nil {
			return 0, nil, err
		}
	}
	whole, err := io.ReadAll(r)
	if err != nil {
		return 0, nil, err
	}
	var source interface {
		gopacket.PacketDataSource
		LinkType() layers.LinkType
	}
	if source, err = pcapgo.NewReader(strings.NewReader(string(whole))); err != nil {
		if source, err = pcapgo.NewNgReader(strings.NewReader(string(whole)), pcapgo.DefaultNgReaderOptions); err != nil {
			return 0, nil, err
		}
	}
	var frames []frame
	for {
		data, info, err := source.ReadPacketData()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return source.LinkType(), frames, nil
		} else if err != nil {
			return 0, nil, err
		}
		frames = append(frames, frame{info, data})
	}
}

func writeFrames(path string, link layers.LinkType, frames []frame) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	b := bufio.NewWriter(f)
	w := pcapgo.NewWriterNanos(b)
	if err := w.WriteFileHeader(262144, link); err != nil {
		return err
	}
	for _, fr := range frames {
		fr.info.InterfaceIndex = 0
		if err := w.WritePacket(fr.info, fr.data); err != nil {
			return err
		}
	}
	if err := b.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// apply changes frames. Chance is the same each time.
func (c change) apply(link layers.LinkType, frames []frame, t *truth) []frame {
	r := rand.New(rand.NewPCG(1, uint64(len(frames))))
	var kept []frame
	for _, f := range frames {
		saw := c.rewrite(link, f.data, t)
		if c.middle && saw.syn || r.Float64() < c.loss {
			continue
		}
		if saw.served {
			f.info.Timestamp = f.info.Timestamp.Add(c.late)
		}
		if c.snap > 0 && len(f.data) > c.snap {
			f.data = f.data[:c.snap]
			f.info.CaptureLength = c.snap
		}
		for range 1 + c.copies {
			kept = append(kept, f)
		}
	}
	slices.SortStableFunc(kept, func(a, b frame) int { return a.info.Timestamp.Compare(b.info.Timestamp) })
	if c.window > 0 {
		mix(r, kept, c.window)
	}
	return kept
}

// mix changes places within each n frames; the times stay where they are.
func mix(r *rand.Rand, frames []frame, n int) {
	for part := range slices.Chunk(frames, n) {
		r.Shuffle(len(part), func(i, j int) {
			part[i], part[j] = part[j], part[i]
			a, b := &part[i].info, &part[j].info
			a.Timestamp, b.Timestamp = b.Timestamp, a.Timestamp
		})
	}
}

// saw is what a frame was.
type saw struct {
	syn    bool // a TCP segment that opens a connection
	served bool // a server sent it
}

// rewrite moves servers' ports in place, in every header of a frame that names one, and says what the frame was.
func (c change) rewrite(link layers.LinkType, data []byte, t *truth) saw {
	var s saw
	var src, dst netip.Addr
	p := gopacket.NewPacket(data, link, gopacket.DecodeOptions{NoCopy: true})
	for _, l := range p.Layers() {
		head := l.LayerContents()
		proto, sum := "", 0
		switch l := l.(type) {
		case *layers.IPv4:
			src, dst = addr(l.SrcIP), addr(l.DstIP)
		case *layers.IPv6:
			src, dst = addr(l.SrcIP), addr(l.DstIP)
		case *layers.TCP:
			proto, sum = "tcp", 16
			s.syn = s.syn || l.SYN
		case *layers.UDP:
			proto, sum = "udp", 6
		}
		if proto == "" || len(head) < sum+2 {
			continue
		}
		for i, a := range []netip.Addr{src, dst} {
			at := head[2*i:]
			port := uint16(at[0])<<8 | uint16(at[1])
			end := server{netip.AddrPortFrom(a, port), proto}
			if _, ok := t.servers[end]; ok {
				t.servers[end] = true
				s.served = s.served || i == 0
			}
			if to := t.moved[port]; to != 0 {
				at[0], at[1] = byte(to>>8), byte(to)
				updateSum(head[sum:], port, to, proto)
			}
		}
	}
	return s
}

func addr(ip []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}

// updateSum keeps a checksum right where a word of what it covers changes (RFC 1624 §3). A datagram without one
// stays without.
func updateSum(at []byte, from, to uint16, proto string) {
	old := uint16(at[0])<<8 | uint16(at[1])
	if old == 0 && proto == "udp" {
		return
	}
	n := uint32(^old) + uint32(^from) + uint32(to)
	n = n&0xffff + n>>16
	n = n&0xffff + n>>16
	sum := ^uint16(n)
	at[0], at[1] = byte(sum>>8), byte(sum)
}
