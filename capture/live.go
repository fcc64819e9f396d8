package capture

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrIdle is what Next of a live source says between two frames, when none is there or
// a quarter of a second of packet time has gone by: what waits to be put in order is
// handled then, and Config.Idle is called. It ends nothing.
var ErrIdle = errors.New("no frame just now")

const (
	idleNanos = 250e6                  // how often, in packet time, a busy live source says ErrIdle
	liveWait  = 250 * time.Millisecond // how long a read waits for a frame
)

// LiveConfig says how to listen to interfaces. The zero LiveConfig takes the defaults.
type LiveConfig struct {
	Method        Method       // how frames come from the kernel
	Rings         int          // rings for each interface that share its connections; 0 means 1; only with PacketRing
	Snaplen       int          // bytes of a frame that are looked at; 0 means 262144
	NoPromiscuous bool         // only frames for this machine
	Buffer        int          // bytes of the kernel's buffer, for each interface; 0 means 16 MiB
	Filter        *Filter      // which frames are looked at; nil for all
	Note          func(string) // says that an interface went down or came back; may be nil
}

// Method is a way in which frames come from the kernel.
type Method uint8

// The methods.
const (
	AutoMethod Method = iota // PacketRing where there is one and the interface's link type is known, else LibPcapHandle
	LibPcapHandle
	PacketRing // Linux: AF_PACKET with a TPACKET_V3 ring that both sides map
)

// String names the method as MethodNamed reads it.
func (m Method) String() string {
	switch m {
	case LibPcapHandle:
		return "libpcap"
	case PacketRing:
		return "afpacket"
	}
	return "auto"
}

// MethodNamed returns the method that a name stands for.
func MethodNamed(name string) (Method, bool) {
	for _, m := range []Method{AutoMethod, LibPcapHandle, PacketRing} {
		if m.String() == name {
			return m, true
		}
	}
	return 0, false
}

// Interface is one that can be listened to.
type Interface struct {
	Name, Description string
	Addresses         []string
	Up, Loopback      bool
}

// LiveStats are an interface's counts.
type LiveStats struct {
	Interface string
	Frames    uint64 // read
	Bytes     uint64 // of these, on the wire
	Dropped   uint64 // by the kernel, for want of room in its buffer
	Freezes   uint64 // times that the kernel found the whole buffer full; only of a PacketRing
	IfDropped uint64 // by the interface or its driver
	Down      bool   // it is not there at the moment
}

// Live listens to interfaces. It is a Source, which says ErrIdle now and then; only Stats
// may be called from another goroutine.
type Live struct {
	cfg    LiveConfig
	method Method
	from   listener
	idle   int64 // packet time of the last ErrIdle
	held   Frame // read already, and to be given next
	has    bool
}

// listener is what reads the interfaces.
type listener interface {
	next(f *Frame) error // ErrIdle if nothing came for a while
	stats() []LiveStats
	close()
}

// errNoLive is what a build without libpcap says.
var errNoLive = errors.New("this build cannot listen to interfaces: it was made without libpcap (CGO_ENABLED=0); it reads captures")

// errNotHere says that a method cannot be used here, and why.
type errNotHere struct{ error }

// OpenLive opens interfaces for listening. The error says which one and what to do.
func OpenLive(names []string, cfg LiveConfig) (*Live, error) {
	if cfg.Snaplen <= 0 {
		cfg.Snaplen = MaxFrame
	}
	if cfg.Buffer <= 0 {
		cfg.Buffer = 16 << 20
	}
	if cfg.Note == nil {
		cfg.Note = func(string) {}
	}
	cfg.Rings = max(1, cfg.Rings)
	l := &Live{cfg: cfg, method: cfg.Method}
	var err error
	if l.method != LibPcapHandle {
		l.from, err = openRings(names, &l.cfg)
		if err == nil {
			l.method = PacketRing
			return l, nil
		}
		if !errors.As(err, new(errNotHere)) || l.method == PacketRing {
			return nil, err
		}
	}
	why := err
	l.method = LibPcapHandle
	if l.from, err = openHandles(names, &l.cfg); errors.Is(err, errNoLive) && why != nil {
		err = why // the ring is all there is in this build
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Method returns how frames come from the kernel.
func (l *Live) Method() Method { return l.method }

// Next implements Source.
func (l *Live) Next(f *Frame) error {
	if l.has {
		l.has = false
		*f = l.held
		return nil
	}
	for {
		if err := l.from.next(f); err != nil {
			return err
		}
		if l.cfg.Filter == nil || l.cfg.Filter.Match(f) {
			break
		}
	}
	if f.Time-l.idle >= idleNanos || f.Time < l.idle {
		l.idle = f.Time
		l.held, l.has = *f, true
		return ErrIdle
	}
	return nil
}

// Stats returns the counts of each interface.
func (l *Live) Stats() []LiveStats { return l.from.stats() }

// Close implements Source.
func (l *Live) Close() error {
	l.from.close()
	return nil
}

// copies is memory for frames whose own is used again by whoever gave them.
type copies struct {
	pool pool
	buf  *Buffer
	fill int
}

// room returns memory for a frame of n bytes, and what it lies in.
func (c *copies) room(n int) ([]byte, *Buffer) {
	if c.buf == nil || len(c.buf.mem)-c.fill < n {
		c.pool.retire(c.buf)
		c.buf, c.fill = c.pool.get(max(chunk, n)), 0
	}
	to := c.buf.mem[c.fill : c.fill+n : c.fill+n]
	c.fill += n
	c.pool.frames++
	return to, c.buf
}

// What is said when an interface cannot be opened.
const needsRight = "this needs root or the capability CAP_NET_RAW (setcap cap_net_raw+ep on the program)"

func cannotListen(name, why string) error { return fmt.Errorf("cannot listen to %s: %s", name, why) }

// forbidden reports whether the words of an error say that this is not allowed.
func forbidden(err error) bool {
	s := strings.ToLower(err.Error())
	return strings.Contains(s, "permission") || strings.Contains(s, "not permitted")
}
