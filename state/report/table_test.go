package report

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher"
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

// The words for a claim say what it rests on.
func TestGrounds(t *testing.T) {
	asked := func(e state.Evidence, request string) state.Evidence {
		e.Request = request
		return e
	}
	soft := matcher.Result{Kind: matcher.Soft, Service: "x", Probe: "GetRequest", File: "t.probes", Line: 9}
	for _, c := range []struct {
		e    state.Evidence
		want string
	}{
		{state.Evidence{Result: soft}, "t.probes:9, probe GetRequest"},
		{state.Evidence{Result: matcher.Result{Kind: matcher.Soft, Service: "x", File: "t.probes", Line: 9}}, "t.probes:9"},
		{asked(state.Evidence{Result: soft}, "http-get"), "t.probes:9, probe GetRequest, request http-get"},
		{state.Evidence{Result: matcher.Result{Kind: matcher.Hard, Probe: "P", File: "t.probes", Line: 9, Any: true}}, "t.probes:9, probe P, request not recognised"},
		{state.Evidence{Result: soft, Mid: true, Via: capture.Proxied}, "t.probes:9, probe GetRequest, beginning not seen, through a proxy"},
		{state.Evidence{Result: matcher.Result{Probe: "NULL"}, TLS: &capture.TLS{}, Via: capture.StartTLS}, "after STARTTLS"},
		{state.Evidence{Result: matcher.Result{Probe: "NULL"}, SSH: &capture.SSH{}, Size: 9}, "by its offer for the exchange of keys"},
		{asked(state.Evidence{Result: matcher.Result{Probe: "NULL"}}, "k"), "by what its clients send, request k"},
		{asked(state.Evidence{Result: matcher.Result{Any: true}, Size: 9}, "k"), "by what was asked and answered, request k"},
		{asked(state.Evidence{Size: 9}, "k"), "by the shape of the words, request k"},
		{state.Evidence{Result: matcher.Result{Any: true}, Size: 9}, "by the shape of the words"},
		{state.Evidence{Result: matcher.Result{Kind: matcher.Timeout, Probe: "NULL"}, Size: 9}, "by the shape of the words"},
	} {
		c.e.Count = 2
		r := row{Belief: state.Belief{By: &c.e, Method: "passive", Confidence: 8}}
		if got, want := strings.Join(grounds(&r), ", "), "passive, confidence 8, "+c.want+", 2 times"; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	e := state.Evidence{TLS: &capture.TLS{Version: 0x304, QUIC: 1, SNI: "a.example", NotAfter: at(0)}, Via: capture.Proxied}
	if got := strings.Join(handshake(&e), ", "); got != "TLSv1.3 in QUIC 1, asked for a.example, until 2026-11-20, through a proxy" {
		t.Errorf("handshake: %s", got)
	}
}

// One fingerprint needs no divider; with -v those of services that are known by a guess are shown, too.
func TestTableFingerprints(t *testing.T) {
	m := new(state.Memory)
	service(t, m, "192.0.2.1:1000", request.TCP, 0, 1, words("NULL", "?"))
	guess := words("GetRequest", "HTTP?")
	guess.Result.Kind, guess.Result.Service = matcher.Soft, "http"
	service(t, m, "192.0.2.1:1001", request.TCP, 0, 1, guess)
	o := options(t)
	got := string(write(t, Table, m, o))
	if !strings.Contains(got, "\n1 service unrecognized despite") || strings.Count(got, "SF-Port") != 1 || strings.Contains(got, "NEXT SERVICE") {
		t.Errorf("one:\n%s", got)
	}
	o.Verbose = 1
	if got := string(write(t, Table, m, o)); !strings.Contains(got, "\n2 services unrecognized despite") || strings.Count(got, "SF-Port") != 2 || strings.Count(got, "NEXT SERVICE") != 2 {
		t.Errorf("two, with -v:\n%s", got)
	}
}

// The line of what services say of their host names each thing once, and nothing of what is closed.
func TestServiceInfo(t *testing.T) {
	says := func(open bool, host, os, device string, cpe ...string) row {
		s := &state.Service{Open: state.Life{Count: 1, First: at(0), Last: at(0)}}
		if !open {
			s.Open, s.Closed = s.Closed, s.Open
		}
		r := row{Service: s}
		r.Hostname, r.OS, r.Device, r.CPE = host, os, device, cpe
		return r
	}
	for _, c := range []struct {
		own  string
		rows []row
		want string
	}{
		{"", nil, ""},
		{"", []row{says(true, "", "", "", "cpe:/a:x:y")}, ""},
		{"", []row{says(false, "a", "Linux", "router")}, ""},
		{"", []row{says(true, "a", "Linux", "router", "cpe:/o:linux"), says(true, "A", "Linux", "router", "cpe:/o:linux")}, "Service Info: Host: a; OS: Linux; Device: router; CPE: cpe:/o:linux"},
		{"", []row{says(true, "a", "Linux", "", "cpe:/h:x"), says(true, "b", "linux", "", "cpe:/o:y")}, "Service Info: Hosts: a, b; OSs: Linux, linux; CPE: cpe:/h:x, cpe:/o:y"},
		{"A", []row{says(true, "a", "Linux", ""), says(true, "b", "", "")}, "Service Info: Host: b; OS: Linux"},
	} {
		if got := serviceInfo(c.rows, c.own); got != c.want {
			t.Errorf("%q\nwant %q", got, c.want)
		}
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
