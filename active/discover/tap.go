package discover

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"earshot/matcher/request"
)

// Tap hears the packets that are ours, those we send and the answers to them. It tells of
// what the system asks its neighbours because of us, which nobody else counts, and with a
// file writes all of them into it as pcapng, each with the question that it belongs to. A nil
// Tap does nothing. It is safe for use by several goroutines.
type Tap struct {
	System  func(Sent) // is told of the system's ARP and neighbour discovery; may be nil
	Patient bool       // Close waits for what the system still asks
	mu      sync.Mutex
	own     map[owner]*claimed
	oldest  []owner // in the order of their coming, a ring once it is full
	next    int
	file    *bufio.Writer // nil: nothing is written
	ears    ears
	note    func(string)
	kept    uint64
	err     error

	reached map[netip.Addr]bool // whom we send to
	links   map[netip.Addr]int  // neighbours on the way there, with the interface
	asked   map[netip.Addr]int  // requests of our own making that were not heard yet
	due     map[netip.Addr]int  // and those whose answer was not
}

// writes reports whether packets are written.
func (t *Tap) writes() bool { return t != nil && t.file != nil }

// owner is how a packet is known to be ours. Local is the port we send from, of an ICMP
// request its identifier; with link-layer requests it is 0 and Proto is linkProto.
type owner struct {
	proto  uint8
	local  uint16
	remote netip.Addr
}

// linkProto stands for ARP and neighbour discovery.
const linkProto = 255

// claimed is what a socket's packets are for, and were for until since.
type claimed struct {
	why, before string
	since       time.Time
}

// maxOwned bounds the sockets that are remembered: the oldest are forgotten, and their late
// packets missed.
const maxOwned = 1 << 17

// Own says that a socket of ours sends from the local port to remote, and why.
func (t *Tap) Own(proto request.Proto, local uint16, remote netip.AddrPort, why string) {
	if t == nil {
		return
	}
	if t.file == nil {
		t.Reach(remote.Addr())
		return
	}
	p := uint8(protoTCP)
	if proto == request.UDP {
		p = protoUDP
	}
	t.claim(owner{p, local, remote.Addr()}, why)
}

// Reach says that a packet goes to an address next.
func (t *Tap) Reach(a netip.Addr) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reach(a)
}

// reach learns how an address is reached, once. t.mu is held.
func (t *Tap) reach(a netip.Addr) {
	if t.reached[a] || a.IsLoopback() && t.file == nil {
		return
	}
	if t.reached == nil || len(t.reached) >= maxOwned {
		t.reached, t.links = map[netip.Addr]bool{}, map[netip.Addr]int{}
	}
	t.reached[a] = true
	if next, index := t.ears.hear(t, a); next.IsValid() {
		t.links[next.WithZone("").Unmap()] = index
	}
}

// solicits says that a request of our own making for a hardware address goes out next: it is
// accounted for, and so is the answer to it.
func (t *Tap) solicits(a netip.Addr) {
	if t == nil {
		return
	}
	a = a.WithZone("").Unmap()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asked == nil {
		t.asked, t.due = map[netip.Addr]int{}, map[netip.Addr]int{}
	}
	t.asked[a]++
	t.due[a]++
}

// neighbourly takes a message of ARP or neighbour discovery with a neighbour: it reports
// whether the system exchanges it because of us. t.mu is held.
func (t *Tap) neighbourly(n *neighbourMessage) bool {
	if _, ours := t.links[n.with]; !ours {
		return false
	}
	count := t.asked
	switch {
	case n.answer && n.out, !n.answer && !n.out: // the neighbour wants to know ours
		return true
	case n.answer:
		count = t.due
	}
	switch count[n.with] {
	case 0:
		return true
	case 1:
		delete(count, n.with)
	default:
		count[n.with]--
	}
	return false
}

// neighbourMessage is a message of ARP (RFC 826) or of neighbour discovery (RFC 4861).
type neighbourMessage struct {
	with   netip.Addr // the other side
	out    bool       // we send it
	answer bool
}

// readNeighbour reads an Ethernet frame of an interface with that hardware address.
func readNeighbour(b []byte, mac [6]byte) (n neighbourMessage, ok bool) {
	if len(b) < 14 {
		return n, false
	}
	n.out = [6]byte(b[6:12]) == mac
	kind := binary.BigEndian.Uint16(b[12:])
	b = b[14:]
	switch {
	case kind == etherARP && len(b) >= 28 && b[4] == 6 && b[5] == 4:
		n.answer = b[7] == 2
		n.with = netip.AddrFrom4([4]byte(b[14:18]))
		if n.out {
			n.with = netip.AddrFrom4([4]byte(b[24:28]))
		}
		return n, true
	case kind == etherIPv6 && len(b) >= 64 && b[0]>>4 == 6 && b[6] == protoICMPv6 && (b[40] == 135 || b[40] == 136):
		n.answer = b[40] == 136
		src, dst, target := netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40])), netip.AddrFrom16([16]byte(b[48:64]))
		switch {
		case n.out != n.answer: // the target is the other side's
			n.with = target
		case n.out:
			n.with = dst
		default:
			n.with = src
		}
		return n, true
	}
	return n, false
}

func (t *Tap) claim(o owner, why string) {
	if t == nil {
		return
	}
	zoned := o.remote
	o.remote = o.remote.WithZone("").Unmap()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return
	}
	t.reach(zoned)
	if t.file == nil {
		return
	}
	if c := t.own[o]; c != nil {
		if c.why != why {
			c.before, c.why, c.since = c.why, why, time.Now()
		}
		return
	}
	if len(t.oldest) < maxOwned {
		t.oldest = append(t.oldest, o)
	} else {
		delete(t.own, t.oldest[t.next])
		t.oldest[t.next] = o
		t.next = (t.next + 1) % maxOwned
	}
	t.own[o] = &claimed{why: why}
}

// packet takes one that an interface saw, as the link has it.
func (t *Tap) packet(iface uint32, mac *[6]byte, at time.Time, length int, b []byte) {
	if mac != nil {
		if n, ok := readNeighbour(b, *mac); ok {
			t.neighbour(&n, iface, at, length, b)
			return
		}
	}
	o, ok := owners(b, mac != nil)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !ok || t.err != nil || t.file == nil {
		return
	}
	for _, o := range o {
		if c := t.own[o]; c != nil {
			why := c.why
			if at.Before(c.since) {
				why = c.before
			}
			t.kept++
			_, t.err = t.file.Write(enhanced(iface, at, length, b, why))
			return
		}
	}
}

// neighbour takes a message between us and a neighbour.
func (t *Tap) neighbour(n *neighbourMessage, iface uint32, at time.Time, length int, b []byte) {
	t.mu.Lock()
	system := t.neighbourly(n)
	why := linkWord(n.with)
	if system {
		why = "system: " + why
	}
	if _, ours := t.links[n.with]; ours && t.file != nil && t.err == nil {
		t.kept++
		_, t.err = t.file.Write(enhanced(iface, at, length, b, why))
	}
	t.mu.Unlock()
	if !system || t.System == nil {
		return
	}
	s := Sent{At: at, Addr: n.with, Why: why, Outcome: "asked", Closing: Closing{Got: 1, Exact: true}}
	if n.answer {
		s.Outcome = "answered"
	}
	if n.out {
		s.Sent, s.Got = 1, 0
	}
	t.System(s)
}

func linkWord(a netip.Addr) string {
	if a.Is4() {
		return "arp"
	}
	return "nd"
}

// owners says whose a packet may be: sent by the first, answered to the second.
func owners(b []byte, ethernet bool) (o [2]owner, ok bool) {
	if ethernet {
		if len(b) < 14 {
			return o, false
		}
		kind := binary.BigEndian.Uint16(b[12:])
		b = b[14:]
		if kind == etherVLAN && len(b) >= 4 {
			kind = binary.BigEndian.Uint16(b[2:])
			b = b[4:]
		}
		switch kind {
		case etherARP:
			if len(b) < 28 || b[4] != 6 || b[5] != 4 {
				return o, false
			}
			o[0] = owner{linkProto, 0, netip.AddrFrom4([4]byte(b[24:28]))}
			o[1] = owner{linkProto, 0, netip.AddrFrom4([4]byte(b[14:18]))}
			return o, true
		case etherIPv4, etherIPv6:
		default:
			return o, false
		}
	}
	h, ok := parseIP(b, false)
	if !ok {
		return o, false
	}
	if h.about != nil { // of an ICMP error, whose packet it is about
		a := h.about
		o[1] = owner{a.proto, a.sport, a.dst}
		if a.proto == protoICMP {
			o[1].local = a.id
		}
		return o, true
	}
	switch {
	case h.proto == 0: // an advertisement
		o[1] = owner{linkProto, 0, h.src}
	case h.proto == protoICMP && h.v6 && h.icmp == 135 && len(b) >= 64: // a solicitation (RFC 4861 §4.3)
		o[0] = owner{linkProto, 0, netip.AddrFrom16([16]byte(b[48:64]))}
	case h.proto == protoICMP:
		o[0], o[1] = owner{protoICMP, h.id, h.dst}, owner{protoICMP, h.id, h.src}
	default:
		o[0], o[1] = owner{h.proto, h.sport, h.dst}, owner{h.proto, h.dport, h.src}
	}
	return o, true
}

// enhanced is an enhanced packet block with a comment (draft-ietf-opsawg-pcapng §4.3); the
// library that writes the rest of the file has none.
func enhanced(iface uint32, at time.Time, length int, b []byte, comment string) []byte {
	comment = strings.ToValidUTF8(comment, "?")
	if len(comment) > 200 {
		comment = comment[:200]
	}
	pad := func(n int) int { return (n + 3) &^ 3 }
	options := 0
	if comment != "" {
		options = 4 + pad(len(comment)) + 4
	}
	total := 28 + pad(len(b)) + options + 4
	out := make([]byte, 0, total)
	le := binary.LittleEndian
	ns := uint64(at.UnixNano())
	for _, v := range []uint32{6, uint32(total), iface, uint32(ns >> 32), uint32(ns), uint32(len(b)), uint32(max(length, len(b)))} {
		out = le.AppendUint32(out, v)
	}
	out = append(out, b...)
	out = append(out, make([]byte, pad(len(b))-len(b))...)
	if comment != "" {
		out = le.AppendUint16(out, 1)
		out = le.AppendUint16(out, uint16(len(comment)))
		out = append(out, comment...)
		out = append(out, make([]byte, pad(len(comment))-len(comment)+4)...) // and the end of the options
	}
	return le.AppendUint32(out, uint32(total))
}

// settle is how long after the last packet was sent answers, and what the kernel has in its
// buffers, are waited for.
const settle = 300 * time.Millisecond

// Close waits for what is on its way and ends the file. It returns how many packets are in
// it.
func (t *Tap) Close() (packets uint64, err error) {
	if t == nil {
		return 0, nil
	}
	wait := settle
	if t.file == nil {
		wait = settle / 6
	}
	time.Sleep(wait)
	if t.Patient {
		t.ears.patient(t)
	}
	lost := t.ears.quiet(t)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return 0, nil
	}
	if lost > 0 {
		t.note(fmt.Sprintf("-w: the system dropped %d packets that it should have shown", lost))
	}
	if t.err == nil {
		t.err = t.file.Flush()
	}
	return t.kept, t.err
}
