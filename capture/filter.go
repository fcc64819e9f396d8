package capture

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/bpf"
)

// ErrNoBPF says that this build cannot translate packet filters.
var ErrNoBPF = errors.New("this build has no BPF compiler (no libpcap)")

// FilterError is a packet filter that the compiler refused.
type FilterError struct {
	Text string // as the user wrote it
	Err  error  // libpcap's words
}

// Error returns one line.
func (e *FilterError) Error() string { return fmt.Sprintf("packet filter %q: %v", e.Text, e.Err) }

// Unwrap returns libpcap's words.
func (e *FilterError) Unwrap() error { return e.Err }

// maxTags is how many 802.1Q tags a filter looks behind.
const maxTags = 2

// Filter is a packet filter in tcpdump's language. It belongs to one goroutine.
//
// In that language "tcp port 80" does not mean a packet with an 802.1Q tag. This
// Filter means both: a frame with tags is looked at behind them, as if F were
// written "F or (vlan and F)", with "not" meaning the same in both. A raw Filter
// is exactly what was written, as tcpdump has it; so is one that speaks of tags itself
// ("vlan 7 and tcp port 80").
type Filter struct {
	text     string
	raw      bool
	note     func(string)
	programs map[program]*bpf.VM // nil if it cannot be compiled
	scratch  []byte
}

type program struct {
	link uint32
	tags int
}

// NewFilter compiles a filter. The error is a *FilterError for a filter that no
// link type understands, or ErrNoBPF. An empty text gives a nil Filter, which
// every frame passes.
func NewFilter(text string, raw bool) (*Filter, error) {
	if text == "" {
		return nil, nil
	}
	f := &Filter{text: text, raw: raw || speaksOfTags(text), programs: make(map[program]*bpf.VM), note: func(string) {}}
	var first error
	// What one link type refuses ("wlan addr1") another may know.
	for _, link := range [...]uint32{1, 12, 113, 127, 0} {
		vm, err := f.compile(program{link: link})
		if err == nil {
			f.programs[program{link: link}] = vm
			return f, nil
		}
		if errors.Is(err, ErrNoBPF) {
			return nil, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, &FilterError{text, first}
}

// speaksOfTags reports whether a filter has the word vlan.
func speaksOfTags(text string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '.' && r != '_'
	}), "vlan")
}

func (f *Filter) compile(p program) (*bpf.VM, error) {
	text := "(" + f.text + ")"
	for range p.tags {
		text = "vlan and " + text
	}
	raw, err := compileBPF(int(p.link), text)
	if err != nil {
		return nil, err
	}
	code, ok := bpf.Disassemble(raw)
	if !ok {
		return nil, errors.New("the compiled filter has unknown instructions")
	}
	return bpf.NewVM(code)
}

// Match says whether a frame passes.
func (f *Filter) Match(x *Frame) bool {
	if f == nil {
		return true
	}
	p := program{link: filterLink(x.Link)}
	data := x.Data
	if x.Link == 276 {
		data = f.asCooked(data)
	}
	if p.link == 1 && !f.raw {
		p.tags = countTags(data)
	}
	vm, ok := f.programs[p]
	if !ok {
		var err error
		if vm, err = f.compile(p); err != nil {
			vm = nil
			f.note(fmt.Sprintf("the packet filter cannot be used on link type %d (%v): its frames are passed over", x.Link, err))
		}
		f.programs[p] = vm
	}
	if vm == nil {
		return false
	}
	n, err := vm.Run(data)
	return err == nil && n > 0
}

// filterLink returns the DLT_ that libpcap compiles for, of a LINKTYPE_.
func filterLink(link uint32) uint32 {
	switch link {
	case 101, 14:
		return 12
	case 276:
		return 113
	}
	return link
}

// countTags counts the 802.1Q tags of an Ethernet frame, up to maxTags.
func countTags(b []byte) int {
	n := 0
	for at := 12; n < maxTags && at+4 <= len(b); at += 4 {
		switch be16(b[at:]) {
		case etherVLAN, etherQinQ, etherQinQ2:
			n++
		default:
			return n
		}
	}
	return n
}

// asCooked gives a frame with Linux's cooked header of version 2 that of version
// 1: gopacket's link types have 8 bits, so that version 2's 276 cannot be
// compiled for.
func (f *Filter) asCooked(b []byte) []byte {
	if len(b) < 20 {
		return nil
	}
	h := [16]byte{1: b[10], 2: b[8], 3: b[9], 5: b[11], 14: b[0], 15: b[1]}
	copy(h[6:14], b[12:20])
	f.scratch = append(append(f.scratch[:0], h[:]...), b[20:]...)
	return f.scratch
}
