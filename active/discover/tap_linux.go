//go:build cgo

package discover

import (
	"bufio"
	"errors"
	"io"
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

// NewTap writes to w. Note, which may not be nil, is told what cannot be heard.
func NewTap(w io.Writer, note func(string)) (*Tap, error) {
	if err := mayPacket(); err != nil {
		return nil, err
	}
	r, err := newRouter()
	if err != nil {
		return nil, err
	}
	t := &Tap{own: map[owner]*claimed{}, file: bufio.NewWriterSize(w, 1<<16), note: note, ears: ears{wires: map[int]*tapped{}, route: r}}
	return t, nil
}

// hear opens the interface through which the kernel sends to a. t.mu is held.
func (e *ears) hear(t *Tap, a netip.Addr) {
	r, err := e.route.to(a, 0)
	if err != nil || r.index == 0 {
		return // nothing can be sent, then
	}
	if _, known := e.wires[r.index]; known {
		return
	}
	if err := e.open(t, r.index); err != nil {
		t.note("-w: " + err.Error())
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
	if err := errors.Join(in.SetSnapLen(tapSnap), in.SetTimeout(tapWait), in.SetBufferSize(tapBuffer)); err != nil {
		return said(err)
	}
	h, err := in.Activate()
	if err != nil {
		return said(err)
	}
	link := h.LinkType()
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
	w := &tapped{handle: h, done: make(chan struct{})}
	e.wires[index] = w
	go func() {
		defer close(w.done)
		for {
			b, info, err := h.ZeroCopyReadPacketData()
			switch {
			case err == nil:
				t.packet(n, link == layers.LinkTypeEthernet, info.Timestamp, info.Length, b)
			case !errors.Is(err, pcap.NextErrorTimeoutExpired):
				return
			}
		}
	}()
	return nil
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
	if e.file == nil { // nothing was sent; a file without an interface is none
		if ng, err := pcapgo.NewNgWriter(t.file, layers.LinkTypeEthernet); err == nil {
			_ = ng.Flush() // the file's own Flush tells
		}
	}
	return lost
}
