package report

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher/request"
	"earshot/state"
)

// refused tells a store of ports of 192.0.2.1 that were asked and answered so.
func refused(t *testing.T, m *state.Memory, reason string, first, n int) {
	t.Helper()
	for i := range n {
		ep := capture.Endpoint{Addr: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(first+i)), Proto: request.TCP}
		if err := m.See(state.Sighting{Closed: true, Origin: "t", Sighting: capture.Sighting{Endpoint: ep, First: at(0), Last: at(0), Count: 1, Reason: reason}}); err != nil {
			t.Fatal(err)
		}
	}
}

// A host's block says how it is known to be up, what it leaves out, and its table.
func TestTableBlock(t *testing.T) {
	const heard = "earshot report for 192.0.2.1\nHost is up, heard 2026-11-20 11:30:00 UTC.\n"
	for name, c := range map[string]struct {
		o    Options
		fill func(*state.Memory)
		want string
	}{
		"heard": {
			Options{},
			func(m *state.Memory) { service(t, m, "192.0.2.1:22", request.TCP, 0, 0) },
			heard + "\nPORT   STATE SERVICE VERSION\n22/tcp open  unknown\n\n",
		},
		"heard, closed": {
			Options{All: true},
			func(m *state.Memory) { refused(t, m, "reset", 23, 1) },
			heard + "\nPORT   STATE  SERVICE VERSION\n23/tcp closed unknown\n\n",
		},
		"only a name": {
			Options{All: true},
			func(m *state.Memory) {
				_ = m.Note(capture.Hint{Addr: netip.MustParseAddr("192.0.2.1"), Kind: "name", Value: "a.example", From: "ptr", First: at(0), Last: at(0)})
			},
			"earshot report for a.example (192.0.2.1)\nHost is up, heard 2026-11-20 11:30:00 UTC.\n\nNo services heard.\n\n",
		},
		"hosts only": {
			Options{All: true, HostsOnly: true, Asked: true},
			func(m *state.Memory) {
				_ = m.Note(capture.Hint{Addr: netip.MustParseAddr("192.0.2.1"), Kind: "up", Value: "echo-reply", From: "probe", First: at(0), Last: at(0)})
			},
			heard + "\n",
		},
		"asked, few closed": {
			Options{Asked: true, All: true},
			func(m *state.Memory) {
				service(t, m, "192.0.2.1:22", request.TCP, 0, 0)
				refused(t, m, "reset", 23, 1)
			},
			heard + "\nPORT   STATE  SERVICE VERSION\n22/tcp open   unknown\n23/tcp closed unknown\n\n",
		},
		"asked, many closed": {
			Options{Asked: true},
			func(m *state.Memory) {
				service(t, m, "192.0.2.1:22", request.TCP, 0, 0)
				refused(t, m, "reset", 23, 30)
			},
			heard + "Not shown: 30 closed tcp ports (reset)\nPORT   STATE SERVICE VERSION\n22/tcp open  unknown\n\n",
		},
		"asked, all closed": {
			Options{Asked: true},
			func(m *state.Memory) { refused(t, m, "reset", 23, 30) },
			heard + "All 30 scanned ports on 192.0.2.1 are in ignored states.\nNot shown: 30 closed tcp ports (reset)\n\n",
		},
	} {
		m := new(state.Memory)
		c.fill(m)
		got, _, _ := strings.Cut(string(write(t, Table, m, &c.o)), "earshot done")
		if got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got, c.want)
		}
	}
}

// Of a host that was asked without being looked for, and of one whose time is not known, no
// time is told.
func TestTableUp(t *testing.T) {
	m := new(state.Memory)
	ep := capture.Endpoint{Addr: netip.MustParseAddrPort("192.0.2.1:22"), Proto: request.TCP}
	see := func(x state.Sighting) {
		t.Helper()
		if err := m.See(x); err != nil {
			t.Fatal(err)
		}
	}
	see(state.Sighting{Closed: true, Sighting: capture.Sighting{Endpoint: ep, First: at(0), Last: at(0), Count: 1, Reason: "no-response"}})
	text := func(o Options) string { return string(write(t, Table, m, &o)) }
	if got := text(Options{Asked: true, All: true}); !strings.Contains(got, "\nHost is up.\n") {
		t.Errorf("not looked for:\n%s", got)
	}
	if got := text(Options{All: true}); !strings.Contains(got, "\nHost is up, heard ") {
		t.Errorf("heard:\n%s", got)
	}
	m = new(state.Memory)
	see(state.Sighting{Sighting: capture.Sighting{Endpoint: ep, First: time.Time{}, Last: time.Time{}, Count: 1, Reason: "syn-ack"}})
	if got := text(Options{Reason: true}); !strings.Contains(got, "\nHost is up.\n") || !strings.Contains(got, "| heard: once\n") && !strings.Contains(got, "|_heard: once\n") {
		t.Errorf("no time:\n%s", got)
	}
}

// Lines are as wide as the terminal at most; a file has all of them whole.
func TestTableWidth(t *testing.T) {
	m := new(state.Memory)
	service(t, m, "192.0.2.1:22", request.TCP, 0, 0, hard("ssh", "OpenSSH", "9.2p1", strings.Repeat("x", 60)))
	o := options(t)
	for width, want := range map[int]int{40: 40, 3: 97, 0: 97} {
		o.Width = width
		for _, l := range strings.Split(string(write(t, Table, m, o)), "\n") {
			if strings.HasPrefix(l, "22/tcp") && len(l) != want {
				t.Errorf("width %d: %d: %s", width, len(l), l)
			}
		}
	}
	o.Width = 40
	if got := string(write(t, Normal, m, o)); !strings.Contains(got, strings.Repeat("x", 60)) || o.Width != 40 {
		t.Errorf("a file's lines are cut:\n%s", got)
	}
}

// Names beyond the first are counted.
func TestTableNames(t *testing.T) {
	m := new(state.Memory)
	service(t, m, "192.0.2.1:22", request.TCP, 0, 0)
	for i := range maxInfo + 3 {
		_ = m.Note(capture.Hint{Addr: netip.MustParseAddr("192.0.2.1"), Kind: "name", Value: fmt.Sprintf("n%d.example", i), From: "ptr", First: at(i), Last: at(i)})
	}
	got := string(write(t, Table, m, options(t)))
	i := strings.Index(got, "Other names: ")
	if i < 0 {
		t.Fatal(got)
	}
	line, _, _ := strings.Cut(got[i:], "\n")
	if n := strings.Count(line, ".example (ptr)"); n != maxInfo || !strings.HasSuffix(line, ", and 2 more") {
		t.Errorf("%d names: %s", n, line)
	}
}

// full is a disk that has no room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }

// broken is a store that cannot be read.
type broken struct{ state.Memory }

func (*broken) Hosts(func(*state.Host) error) error { return errors.New("cannot be read") }

// What cannot be read or written is told.
func TestTableFails(t *testing.T) {
	m := new(state.Memory)
	service(t, m, "192.0.2.1:22", request.TCP, 0, 0)
	for name, w := range map[string]writer{"table": Table, "normal": Normal} {
		if err := w(full{}, m, options(t)); err == nil {
			t.Errorf("%s: nobody hears of a full disk", name)
		}
		if err := w(new(strings.Builder), new(broken), options(t)); err == nil {
			t.Errorf("%s: nobody hears of a store that cannot be read", name)
		}
	}
}
