package capture

import "errors"

// ErrIdle is what Next of a live source says between two frames, when none is there or
// a quarter of a second of packet time has gone by: what waits to be put in order is
// handled then, and Config.Idle is called. It ends nothing.
var ErrIdle = errors.New("no frame just now")

// idleNanos is how often, in packet time, a busy live source says ErrIdle.
const idleNanos = 250e6

// LiveConfig says how to listen to interfaces. The zero LiveConfig takes the defaults.
type LiveConfig struct {
	Snaplen       int          // bytes of a frame that are looked at; 0 means 262144
	NoPromiscuous bool         // only frames for this machine
	Buffer        int          // bytes of the kernel's buffer, for each interface; 0 means 16 MiB
	Filter        *Filter      // which frames are looked at; nil for all
	Note          func(string) // says that an interface went down or came back; may be nil
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
	IfDropped uint64 // by the interface or its driver
	Down      bool   // it is not there at the moment
}
