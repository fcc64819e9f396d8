package active

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"

	"earshot/active/discover"
)

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// Entry is one connection, or one datagram socket's life, from its first packet to its
// last: a line of the ledger.
type Entry struct {
	Time     time.Time `json:"time"`
	Host     string    `json:"host"`
	Port     uint16    `json:"port"`
	Proto    string    `json:"proto"`
	Why      string    `json:"why"`             // what it was for
	Asked    []string  `json:"asked,omitempty"` // the probes sent over it, in order
	Outcome  string    `json:"outcome"`         // "open", "conn-refused", "no-response", "answered", "silent", "reset", …
	SentData int       `json:"bytes_sent"`      // payload
	GotData  int       `json:"bytes_received"`
	Sent     int       `json:"packets_sent"`
	Got      int       `json:"packets_received"`
	Exact    bool      `json:"packets_exact"` // counted by the kernel, not estimated by us
	Took     float64   `json:"ms"`
	Raw      bool      `json:"raw,omitempty"` // a frame of our own making; what came of it is not here
}

// Totals sums up a ledger.
type Totals struct {
	Connections uint64 // tried
	Opened      uint64 // of these: established
	Datagrams   uint64 // UDP questions sent
	Sent, Got   uint64 // packets
	SentData    uint64 // payload bytes
	GotData     uint64
}

// Ledger keeps account of everything that was sent. The zero Ledger sums up and writes
// nothing. It is safe for use by several goroutines.
type Ledger struct {
	W    io.Writer    // where JSON lines go; may be nil
	Keep func(*Entry) // is given every entry, one at a time, before it is written, and may change it; may be nil

	mu     sync.Mutex
	totals Totals
	held   []Entry
	hold   bool
	err    error
}

// Hold has the ledger keep its entries until Release, for W and Keep that are not there yet.
func (l *Ledger) Hold() { l.hold = true }

// Release writes what was kept, and what comes from now on.
func (l *Ledger) Release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hold = false
	for i := range l.held {
		l.write(&l.held[i])
	}
	l.held = nil
}

// add takes an entry whose last packet was sent.
func (l *Ledger) add(e *Entry, opened bool, datagrams int) {
	if l == nil {
		return
	}
	e.Took = float64(time.Since(e.Time).Microseconds()) / 1000
	e.Time = e.Time.UTC()
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &l.totals
	if e.Proto == "tcp" && !e.Raw {
		t.Connections++
		if opened {
			t.Opened++
		}
	}
	t.Datagrams += uint64(datagrams)
	t.Sent += uint64(e.Sent)
	t.Got += uint64(e.Got)
	t.SentData += uint64(e.SentData)
	t.GotData += uint64(e.GotData)
	l.write(e)
}

// System takes what the system asked its neighbours, and what they answered and asked: of ARP
// and neighbour discovery that our packets caused.
func (l *Ledger) System(s discover.Sent) {
	e := newEntry(netip.AddrPortFrom(s.Addr, 0), "", s.Why)
	e.Time, e.Sent, e.Got, e.Exact, e.Raw, e.Outcome = s.At, s.Sent, s.Got, s.Exact, true, s.Outcome
	l.add(&e, false, 0)
}

// note takes an entry about no packets.
func (l *Ledger) note(e *Entry) {
	if l == nil {
		return
	}
	e.Time = e.Time.UTC()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write(e)
}

// write keeps an entry. l.mu is held.
func (l *Ledger) write(e *Entry) {
	if l.hold {
		l.held = append(l.held, *e)
		return
	}
	if l.Keep != nil {
		l.Keep(e)
	}
	if l.W == nil || l.err != nil {
		return
	}
	line, err := json.Marshal(e)
	if err == nil {
		_, err = l.W.Write(append(line, '\n'))
	}
	l.err = err
}

// Totals returns the sums so far.
func (l *Ledger) Totals() Totals {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.totals
}

// Err returns the first error of writing.
func (l *Ledger) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func newEntry(a netip.AddrPort, proto, why string) Entry {
	return Entry{Time: time.Now(), Host: a.Addr().String(), Port: a.Port(), Proto: proto, Why: why}
}
