package report

import (
	encxml "encoding/xml"
	"net/netip"
	"strings"
	"testing"
	"time"

	"earshot/capture"
	"earshot/state"
)

// A report of a run counts whom the run asked, those that were not there too, and its own
// seconds; services are counted as they are without it.
func TestRun(t *testing.T) {
	m := town(t)
	// Its name was looked up, which does not make it up.
	_ = m.Note(capture.Hint{Addr: netip.MustParseAddr("192.0.2.200"), Kind: "name", Value: "gone.example", From: "ptr", First: at(0), Last: at(0)})
	_ = m.Note(capture.Hint{Addr: netip.MustParseAddr("192.0.2.201"), Kind: "up", Value: "echo-reply", From: "probe", First: at(0), Last: at(0)})
	up := 0
	_ = m.Hosts(func(h *state.Host) error {
		if len(h.Services) > 0 {
			up++
		}
		return nil
	})
	o := Options{Version: "0.1", Args: "earshot probe", Asked: true, Run: &Run{Begin: at(-10), End: at(-10).Add(22 * time.Second), Targets: 62}}
	read := func(w writer) string {
		t.Helper()
		var b strings.Builder
		if err := w(&b, m, &o); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	const counts = "62 IP addresses (5 hosts up) scanned in 22.00 seconds, 15 services found"
	if up != 4 {
		t.Fatalf("%d hosts with services, not 4", up)
	}
	if s := read(Table); !strings.HasSuffix(s, "\nearshot done: "+counts+"\n") {
		t.Errorf("table:\n%s", s)
	}
	for name, w := range map[string]writer{"normal": Normal, "greppable": Greppable} {
		s := read(w)
		if !strings.HasPrefix(s, "# earshot 0.1 scan initiated Fri Nov 20 11:29:50 2026 as: earshot probe\n") ||
			!strings.HasSuffix(s, "\n# earshot done at Fri Nov 20 11:30:12 2026 -- "+counts+"\n") {
			t.Errorf("%s:\n%s", name, s)
		}
	}
	type stats struct {
		Start    int64 `xml:"start,attr"`
		Finished struct {
			Time    int64   `xml:"time,attr"`
			Elapsed float64 `xml:"elapsed,attr"`
		} `xml:"runstats>finished"`
		Hosts struct {
			Up    int `xml:"up,attr"`
			Down  int `xml:"down,attr"`
			Total int `xml:"total,attr"`
		} `xml:"runstats>hosts"`
	}
	xmlOf := func() (x stats, text string) {
		t.Helper()
		text = read(XML)
		if err := encxml.Unmarshal([]byte(text), &x); err != nil {
			t.Fatal(err)
		}
		return x, text
	}
	x, text := xmlOf()
	if x.Start != at(-10).Unix() || x.Finished.Time != at(12).Unix() || x.Finished.Elapsed != 22 || x.Hosts.Up != 5 || x.Hosts.Down != 57 || x.Hosts.Total != 62 ||
		!strings.Contains(text, "<!-- earshot 0.1 scan initiated Fri") || !strings.Contains(text, `exit="success"`) {
		t.Errorf("%+v\n%s", x, text)
	}
	o.Run.Interrupted, o.HostsOnly = true, true
	if s := read(Table); !strings.HasSuffix(s, "(5 hosts up) scanned in 22.00 seconds, interrupted\n") {
		t.Errorf("table of hosts only, interrupted:\n%s", s)
	}
	if _, text := xmlOf(); !strings.Contains(text, `exit="error" errormsg="interrupted"`) {
		t.Error(text)
	}
	o.Run.Targets = 2 // the others were heard
	if x, _ := xmlOf(); x.Hosts.Up != 5 || x.Hosts.Down != 0 || x.Hosts.Total != 5 {
		t.Errorf("%+v", x)
	}
}
