package state

import (
	"strings"
	"testing"
	"time"

	"earshot/data"
)

func embedded(t testing.TB) *Stacks {
	t.Helper()
	s, err := ReadStacks(data.Stacks, data.DHCPLists)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStacksTCP(t *testing.T) {
	s := embedded(t)
	for _, c := range []struct{ side, value, family, name string }{
		// Measured: two Linux 6.18, one of them behind three routers.
		{"syn", "64 64240 1460 10 mss,sok,ts,nop,ws df,id+", "Linux", "Linux 4.19 or later"},
		{"syn-ack", "61 65160 1460 10 mss,sok,ts,nop,ws df", "Linux", "Linux 4.19 or later"},
		{"syn", "52 29200 1460 7 mss,sok,ts,nop,ws df,id+", "Linux", "Linux 3.x to 4.18"},
		{"syn", "64 5840 1460 5 mss,sok,ts,nop,ws df,id+", "Linux", "Linux 2.4 or 2.6"},
		{"syn", "64 65535 1460 8 mss,sok,ts,nop,ws df,id+", "Linux", "Linux (Android, or a tuned receive window)"},
		{"syn", "64 12345 1400 3 mss,sok,ts,nop,ws df,id+", "Linux", "Linux"},
		{"syn", "64 64240 1440 7 mss,sok,ts,nop,ws flow", "Linux", "Linux"},
		{"syn", "128 64240 1460 8 mss,nop,ws,nop,nop,sok df,id+", "Windows", "Windows 10, 11, Server 2016 or later"},
		{"syn", "113 8192 1460 2 mss,nop,ws,nop,nop,sok df,id+", "Windows", "Windows Vista to 8.1, Server 2008 to 2012 R2"},
		{"syn", "128 65535 1460 - mss,nop,nop,sok df,id+", "Windows", "Windows XP or Server 2003"},
		{"syn-ack", "128 8192 1460 8 mss,nop,ws,sok,ts df,id+", "Windows", "Windows"},
		{"syn", "64 65535 1460 6 mss,nop,ws,nop,nop,ts,sok,eol df", "Apple", "macOS or iOS"},
		{"syn", "64 65535 1460 6 mss,nop,ws,nop,nop,ts,sok,eol,eol df,ecn", "Apple", "macOS or iOS"},
		{"syn", "64 16384 1460 6 mss,nop,nop,sok,nop,ws,nop,nop,ts df,id+", "OpenBSD", "OpenBSD"},
		{"syn", "64 65535 1460 6 mss,nop,ws,sok,ts df,id+", "FreeBSD", "FreeBSD 9 or later"},
		{"syn", "64 65535 1460 3 mss,nop,ws,sok,ts df,id+", "FreeBSD", "FreeBSD 7 or 8"},
		{"syn", "57 32768 1440 6 mss,nop,ws,sok,nop,nop,nop,nop,ts flow", "NetBSD", "NetBSD"},
		{"syn", "64 64800 1440 8 mss,nop,ws,nop,nop,sok flow", "Windows", "Windows"},
		{"syn", "64 64800 1440 8 mss,nop,ws,nop,nop,sok df", "", ""},
		{"syn", "64 64240 1460 7 mss,nop,nop,sok,nop,ws df,id+", "Linux", "Linux 4.19 or later"},
		{"syn", "64 64240 1460 7 mss,sok,ts,nop,ws,?34,nop,nop df,id+", "Linux", "Linux 4.19 or later"},
		{"syn", "64 64240 1460 7 mss,sok,ts,nop,ws -", "Linux", "Linux"},
		{"syn-ack", "64 65160 1460 10 mss,nop,nop,ts,nop,ws df", "Linux", "Linux 4.19 or later"},
		{"syn-ack", "64 64240 1460 - mss df", "Linux", "Linux 4.19 or later"},
		{"syn-ack", "43 16384 1460 - mss,nop,nop,sok df,id+", "OpenBSD", "OpenBSD"},
		{"syn-ack", "57 65535 1460 - mss df,id+", "", ""},
		{"syn-ack", "255 4128 536 - mss -", "Cisco", "Cisco IOS"},
		// What no system sends: scanners, bytes behind the options' end, broken hints.
		{"syn", "255 1024 1460 - mss -", "", ""},
		{"syn", "64 64240 1460 7 mss,sok,ts,nop,ws df,odd", "", ""},
		{"syn", "20 64240 1460 7 mss,sok,ts,nop,ws df", "", ""}, // too far away
		{"syn", "200 64240 1460 7 mss,sok,ts,nop,ws df", "", ""},
		{"syn", "64 64240 1460 7 ws,mss df", "", ""},
		{"syn", "64 x 1460 7 mss df", "", ""},
		{"syn", "64", "", ""},
		{"syn", "", "", ""},
	} {
		got, ok := s.TCP(c.side, c.value, strings.Contains(c.value, "flow"))
		if got.Family != c.family || got.Name != c.name || ok != (c.family != "") {
			t.Errorf("%s %q: %v %v, want %s, %s", c.side, c.value, got, ok, c.family, c.name)
		}
	}
	if _, ok := (*Stacks)(nil).TCP("syn", "64 64240 1460 10 mss,sok,ts,nop,ws df,id+", false); ok {
		t.Error("no table, and a system")
	}
}

func TestStacksAmbiguous(t *testing.T) {
	s, err := ReadStacks("any\t64\t*\tmss\t*\t*\tOne\tOne 1\t5\tx\nany\t64\t100\tmss\t-\t*\tOther\tOther\t5\tx\n", "")
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := s.TCP("syn", "64 100 1460 - mss df", false); ok {
		t.Errorf("two families: %v", c)
	}
	if c, ok := s.TCP("syn", "64 101 1460 - mss df", false); !ok || c.Name != "One 1" {
		t.Errorf("one family: %v", c)
	}
}

func TestReadStacksRejects(t *testing.T) {
	for _, c := range []struct{ tcp, dhcp, want string }{
		{"any\t64\n", "", "line 1 has 2 columns, not 10"},
		{"# a\nany\tx\t*\tmss\t*\t*\tF\tN\t5\ts\n", "", "line 2"},
		{"any\t64\t*\tmss\t*\t*\tF\tN\tmuch\ts\n", "", "line 1"},
		{"any\t64\t*\tmss\t1-x\t*\tF\tN\t5\ts\n", "", "line 1"},
		{"", "1,2\tF\tN\tx\ts\n", "DHCP clients: line 1"},
		{"", "1,2\tF\n", "line 1 has 2 columns, not 5"},
	} {
		if _, err := ReadStacks(c.tcp, c.dhcp); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %q: %v, want %q", c.tcp, c.dhcp, err, c.want)
		}
	}
}

// The embedded tables have no line that another one hides, and say where each is from.
func TestStacksTables(t *testing.T) {
	for _, text := range []string{data.Stacks, data.DHCPLists} {
		seen := map[string]bool{}
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' {
				continue
			}
			f := strings.Split(line, "\t")
			key := strings.Join(f[:len(f)-4], "\t")
			if seen[key] {
				t.Errorf("twice: %s", key)
			}
			seen[key] = true
			if src := f[len(f)-1]; !strings.HasPrefix(src, "measured") && !strings.HasPrefix(src, "documented") {
				t.Errorf("no source: %s", line)
			}
			if sure := f[len(f)-2]; len(sure) != 1 || sure < "1" || sure > "5" {
				t.Errorf("%q is no degree: %s", sure, line)
			}
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		values []string
		want   int
	}{
		{nil, 0},
		{[]string{"64 1 0 - - -"}, 1},
		{[]string{"116 1 0 - - -", "115 1 0 - - -"}, 13},
		{[]string{"250 1 0 - - -"}, 6},
		{[]string{"20 1 0 - - -"}, 0},
		{[]string{"rubbish"}, 0},
	} {
		var h Host
		for _, v := range c.values {
			h.Hints = append(h.Hints, Hint{Kind: "stack", Value: v, From: "syn"})
		}
		if got := h.Distance(); got != c.want {
			t.Errorf("%q: %d, want %d", c.values, got, c.want)
		}
	}
}

func TestBooted(t *testing.T) {
	at := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	h := Host{Hints: []Hint{
		{Kind: "boot", Value: "2026-11-01T00:00:00Z", Last: at},
		{Kind: "boot", Value: "2026-11-20T00:00:00Z", Last: at.Add(time.Hour)},
		{Kind: "boot", Value: "rubbish", Last: at.Add(2 * time.Hour)},
	}}
	boot, heard := h.Booted()
	if boot.Day() != 20 || !heard.Equal(at.Add(time.Hour)) {
		t.Error(boot, heard)
	}
	if boot, _ := new(Host).Booted(); !boot.IsZero() {
		t.Error(boot)
	}
}

// FuzzStackHint reads whatever a state file may say of a stack.
func FuzzStackHint(f *testing.F) {
	s := embedded(f)
	f.Add("syn", "64 64240 1460 10 mss,sok,ts,nop,ws df,id+")
	f.Add("syn-ack", "255 4128 1460 - mss -")
	f.Add("syn", "-1 99999999999999999999 0 - - -")
	f.Fuzz(func(t *testing.T, side, v string) {
		if c, ok := s.TCP(side, v, len(v)%2 == 0); ok != (c.Family != "") || c.Sure > 5 {
			t.Errorf("%q: %v %v", v, c, ok)
		}
		h := Host{Hints: []Hint{{Kind: "stack", Value: v, From: side}, {Kind: "software", Value: v, From: side}, {Kind: "dhcp-vendor", Value: v}, {Kind: "description", Value: v}}}
		if d := h.Distance(); d < 0 || d > 33 {
			t.Errorf("%q: %d hops", v, d)
		}
		h.Systems(nil, s)
	})
}
