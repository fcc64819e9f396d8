//go:build cgo || windows

package capture

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/pcap"
)

// liveQueue is how many frames wait between the readers of several interfaces and next.
const liveQueue = 4096

// handles listen to interfaces through libpcap.
type handles struct {
	cfg    *LiveConfig
	taps   []*tap
	copies copies
	frames chan Frame
	lost   chan error // from a reader that will read nothing more
	alive  int        // readers that are not lost
	stop   chan struct{}
	wait   sync.WaitGroup
}

// tap is one interface.
type tap struct {
	name   string
	index  int
	handle *pcap.Handle
	link   uint32

	mu            sync.Mutex // of the handle, against Stats
	frames, bytes atomic.Uint64
	lost          pcap.Stats // of handles that were closed
	down          atomic.Bool
}

// openHandles opens interfaces.
func openHandles(names []string, cfg *LiveConfig) (listener, error) {
	l := &handles{cfg: cfg, stop: make(chan struct{})}
	for i, name := range names {
		t := &tap{name: name, index: i}
		h, err := activate(name, cfg)
		if err != nil {
			l.close()
			return nil, cannotListen(name, remedy(err))
		}
		t.use(h)
		l.taps = append(l.taps, t)
	}
	if len(l.taps) > 1 {
		l.frames = make(chan Frame, liveQueue)
		l.lost, l.alive = make(chan error, len(l.taps)), len(l.taps)
		for _, t := range l.taps {
			l.wait.Add(1)
			go l.follow(t)
		}
	}
	return l, nil
}

func (t *tap) use(h *pcap.Handle) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.handle, t.link = h, uint32(h.LinkType())
	if t.link == 12 || t.link == 14 { // DLT_RAW has other numbers than LINKTYPE_RAW
		t.link = 101
	}
	t.down.Store(false)
}

func activate(name string, cfg *LiveConfig) (*pcap.Handle, error) {
	in, err := pcap.NewInactiveHandle(name)
	if err != nil {
		return nil, err
	}
	defer in.CleanUp()
	for _, set := range []func() error{
		func() error { return in.SetSnapLen(cfg.Snaplen) },
		func() error { return in.SetPromisc(!cfg.NoPromiscuous && name != "any") },
		func() error { return in.SetTimeout(liveWait) },
		func() error { return in.SetBufferSize(cfg.Buffer) },
	} {
		if err := set(); err != nil {
			return nil, err
		}
	}
	return in.Activate()
}

// remedy says what to do about libpcap's words.
func remedy(err error) string {
	s := strings.ToLower(err.Error())
	switch {
	case forbidden(err):
		return needsRight
	case strings.Contains(s, "no such device"), strings.Contains(s, "doesn't exist"):
		return "there is no such interface; earshot listen -D lists them"
	case strings.Contains(s, "not up"), strings.Contains(s, "is down"):
		return "it is down (ip link set up)"
	}
	return err.Error()
}

// next takes a frame from whichever interface has one.
func (l *handles) next(f *Frame) error {
	if l.frames == nil {
		t := l.taps[0]
		data, ci, err := t.read()
		if err != nil {
			return l.trouble(t, err)
		}
		kept, buf := l.copies.room(len(data))
		copy(kept, data)
		l.frame(t, f, kept, buf, ci)
		return nil
	}
	timer := time.NewTimer(liveWait)
	defer timer.Stop()
	select {
	case *f = <-l.frames:
		return nil
	case <-timer.C:
		return ErrIdle
	case err := <-l.lost:
		if l.alive--; l.alive > 0 {
			return ErrIdle
		}
		return err
	case <-l.stop:
		return io.EOF
	}
}

// frame describes a frame of an interface.
func (l *handles) frame(t *tap, f *Frame, data []byte, b *Buffer, ci gopacket.CaptureInfo) {
	if t.frames.Add(1); t.down.CompareAndSwap(true, false) {
		l.cfg.Note(t.name + ": listening again")
	}
	t.bytes.Add(uint64(ci.Length))
	*f = Frame{Data: data, Time: ci.Timestamp.UnixNano(), OrigLen: max(ci.Length, len(data)), Link: t.link, Interface: t.index, Buf: b}
}

// read reads what comes next, for at most liveWait.
func (t *tap) read() ([]byte, gopacket.CaptureInfo, error) { return t.handle.ZeroCopyReadPacketData() }

// trouble says what an error of reading means: ErrIdle where there is just nothing, or
// where the interface is down and may come back; io.EOF at the end; else that nothing can
// come any more.
//
// What was opened while an interface was up hears again when it is up again. An interface
// that was taken away and made anew must be opened anew, which not everybody may.
func (l *handles) trouble(t *tap, err error) error {
	select {
	case <-l.stop:
		return io.EOF
	default:
	}
	if errors.Is(err, pcap.NextErrorTimeoutExpired) && !t.down.Load() {
		return ErrIdle
	}
	if t.down.CompareAndSwap(false, true) {
		l.cfg.Note(t.name + ": it is down or was taken away; waiting for it to come back")
	}
	time.Sleep(liveWait)
	h, err := activate(t.name, l.cfg)
	switch {
	case err == nil:
		t.close()
		t.use(h)
		l.cfg.Note(t.name + ": listening again")
	case forbidden(err) && absent(t.name):
		return fmt.Errorf("%s was taken away, and nothing can be opened any more without privileges", t.name)
	}
	return ErrIdle
}

// absent reports whether there is no such interface, where that can be told.
func absent(name string) bool {
	_, err := os.Stat(filepath.Join("/sys/class/net", name))
	return runtime.GOOS == "linux" && errors.Is(err, os.ErrNotExist)
}

// follow reads one of several interfaces. Its frames lie in memory of their own.
func (l *handles) follow(t *tap) {
	defer l.wait.Done()
	for {
		data, ci, err := t.read()
		if err != nil {
			switch err := l.trouble(t, err); {
			case err == io.EOF:
				return
			case err != ErrIdle:
				l.cfg.Note(err.Error())
				l.lost <- err
				return
			}
			continue
		}
		var f Frame
		l.frame(t, &f, append(make([]byte, 0, len(data)), data...), nil, ci)
		select {
		case l.frames <- f:
		case <-l.stop:
			return
		}
	}
}

func (t *tap) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.handle == nil {
		return
	}
	if st, err := t.handle.Stats(); err == nil {
		t.lost.PacketsDropped += st.PacketsDropped
		t.lost.PacketsIfDropped += st.PacketsIfDropped
	}
	t.handle.Close()
	t.handle = nil
}

func (l *handles) stats() []LiveStats {
	out := make([]LiveStats, len(l.taps))
	for i, t := range l.taps {
		s := LiveStats{Interface: t.name, Frames: t.frames.Load(), Bytes: t.bytes.Load(), Down: t.down.Load()}
		t.mu.Lock()
		s.Dropped, s.IfDropped = uint64(t.lost.PacketsDropped), uint64(t.lost.PacketsIfDropped)
		if t.handle != nil {
			if st, err := t.handle.Stats(); err == nil {
				s.Dropped += uint64(st.PacketsDropped)
				s.IfDropped += uint64(st.PacketsIfDropped)
			}
		}
		t.mu.Unlock()
		out[i] = s
	}
	return out
}

func (l *handles) close() {
	select {
	case <-l.stop:
		return
	default:
	}
	close(l.stop)
	l.wait.Wait()
	for _, t := range l.taps {
		t.close()
	}
}

// Interfaces lists what can be listened to.
func Interfaces() ([]Interface, error) {
	devs, err := pcap.FindAllDevs()
	if err != nil {
		return nil, err
	}
	var out []Interface
	for _, d := range devs {
		i := Interface{Name: d.Name, Description: d.Description, Loopback: d.Flags&1 != 0, Up: d.Flags&2 != 0}
		for _, a := range d.Addresses {
			i.Addresses = append(i.Addresses, a.IP.String())
		}
		out = append(out, i)
	}
	return out, nil
}

// LibPcap names the library and its version.
func LibPcap() string { return pcap.Version() }
