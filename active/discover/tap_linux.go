//go:build cgo

package discover

import (
	"bufio"
	"errors"
	"io"
	"maps"
	"net"
	"net/netip"
	"time"

	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcap"
	"github.com/google/gopacket/pcapgo"
)

// ears are the interfaces that are heard.
type ears struct {
	wires map[int]*tapped // by the interface's index; nil: cannot be heard
	route *router
	file  *pcapgo.NgWriter // its heads: of the file and of the interfaces
}

// tapped is one interface.
type tapped struct {
	handle *pcap.Handle
	done   chan struct{}
}

// Bounds of how an interface is heard.
const (
	tapSnap   = 1 << 18
	tapBuffer = 16 << 20
	tapWait   = 50 * time.Millisecond
)

// NewTap writes to w; nil is no file. Note, which may not be nil, is told what cannot be heard.
func NewTap(w io.Writer, note func(string)) (*Tap, error) {
	if err := mayPacket(); err != nil {
		return nil, err
	}
	r, err := newRouter()
	if err != nil {
		return nil, err
	}
	t := &Tap{own: map[owner]*claimed{}, note: note, ears: ears{wires: map[int]*tapped{}, route: r}}
	if w != nil {
		t.file = bufio.NewWriterSize(w, 1<<16)
	}
	return t, nil
}

// hear opens the interface through which the kernel sends to a, and returns the neighbour
// that a packet goes to. t.mu is held.
func (e *ears) hear(t *Tap, a netip.Addr) (next netip.Addr, index int) {
	r, err := e.route.to(a, 0)
	if err != nil || r.index == 0 {
		return next, 0 // nothing can be sent, then
	}
	if _, known := e.wires[r.index]; !known {
		if err := e.open(t, r.index); err != nil && t.file != nil {
			t.note("-w: " + err.Error())
		}
	}
	switch {
	case r.local:
		return next, 0
	case r.next.IsValid():
		return r.next, r.index
	}
	return a, r.index
}

// patience bounds how long the kernel is waited for.
const patience = 3500 * time.Millisecond

// patient returns when the kernel looks for no neighbour any more on our behalf.
func (e *ears) patient(t *Tap) {
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		t.mu.Lock()
		links := maps.Clone(t.links)
		t.mu.Unlock()
		busy := false
		for a, index := range links {
			if busy = e.route.seeking(a, index); busy {
				break
			}
		}
		if !busy {
			return
		}
	}
}

// open hears an interface. t.mu is held, or nobody else knows t.
func (e *ears) open(t *Tap, index int) error {
	e.wires[index] = nil
	i, err := net.InterfaceByIndex(index)
	if err != nil {
		return err
	}
	said := func(err error) error { return errors.New("interface " + i.Name + ": " + err.Error()) }
	in, err := pcap.NewInactiveHandle(i.Name)
	if err != nil {
		return said(err)
	}
	defer in.CleanUp()
	snap, buffer := tapSnap, tapBuffer
	if t.file == nil {
		snap, buffer = snapLen, ringBytes/4
	}
	if err := errors.Join(in.SetSnapLen(snap), in.SetTimeout(tapWait), in.SetBufferSize(buffer)); err != nil {
		return said(err)
	}
	h, err := in.Activate()
	if err != nil {
		return said(err)
	}
	link := h.LinkType()
	if t.file == nil {
		if link != layers.LinkTypeEthernet {
			h.Close()
			return said(errors.New("no Ethernet"))
		}
		if err := h.SetBPFFilter("arp or (icmp6 and (ip6[40] = 135 or ip6[40] = 136))"); err != nil {
			h.Close()
			return said(err)
		}
	}
	if link != layers.LinkTypeEthernet && link != layers.LinkTypeRaw && link != 12 { // 12: as OpenBSD and Linux number it
		h.Close()
		return said(errors.New("neither Ethernet nor IP"))
	}
	n := uint32(0)
	for _, w := range e.wires {
		if w != nil {
			n++
		}
	}
	if t.file == nil {
		e.listen(t, index, h, i, n)
		return nil
	}
	wire := pcapgo.NgInterface{Name: i.Name, LinkType: link, SnapLength: tapSnap, OS: "Linux"}
	if n == 0 {
		o := pcapgo.DefaultNgWriterOptions
		o.SectionInfo.Application = "earshot"
		e.file, err = pcapgo.NewNgWriterInterface(t.file, wire, o)
	} else {
		_, err = e.file.AddInterface(wire)
	}
	if err == nil {
		err = e.file.Flush()
	}
	if err != nil {
		h.Close()
		return said(err)
	}
	e.listen(t, index, h, i, n)
	return nil
}

// listen begins to hear an interface, the n-th of the file.
func (e *ears) listen(t *Tap, index int, h *pcap.Handle, i *net.Interface, n uint32) {
	w := &tapped{handle: h, done: make(chan struct{})}
	e.wires[index] = w
	var mac *[6]byte
	if h.LinkType() == layers.LinkTypeEthernet {
		mac = new([6]byte)
		copy(mac[:], i.HardwareAddr)
	}
	go func() {
		defer close(w.done)
		for {
			b, info, err := h.ZeroCopyReadPacketData()
			switch {
			case err == nil:
				t.packet(n, mac, info.Timestamp, info.Length, b)
			case !errors.Is(err, pcap.NextErrorTimeoutExpired):
				return
			}
		}
	}()
}

// quiet ends the hearing, and says how many packets were missed.
func (e *ears) quiet(t *Tap) (lost int) {
	for _, w := range e.wires {
		if w == nil {
			continue
		}
		if s, err := w.handle.Stats(); err == nil {
			lost += s.PacketsDropped
		}
		w.handle.Close()
		<-w.done
	}
	e.route.close()
	if e.file == nil && t.file != nil { // nothing was sent; a file without an interface is none
		if ng, err := pcapgo.NewNgWriter(t.file, layers.LinkTypeEthernet); err == nil {
			_ = ng.Flush() // the file's own Flush tells
		}
	}
	return lost
}
