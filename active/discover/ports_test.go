package discover

import (
	"slices"
	"strings"
	"testing"

	"earshot/data"
	"earshot/matcher/request"
	"earshot/state"
)

func tables(t testing.TB) (*CommonPorts, func(request.Proto, uint16) string) {
	t.Helper()
	common, err := ReadCommonPorts(data.CommonPorts)
	if err != nil {
		t.Fatal(err)
	}
	names, err := state.ReadPortNames(data.Services)
	if err != nil {
		t.Fatal(err)
	}
	return common, names.Name
}

func TestPortChoice(t *testing.T) {
	common, name := tables(t)
	seq := func(a, b int) (out []uint16) {
		for ; a <= b; a++ {
			out = append(out, uint16(a))
		}
		return out
	}
	for _, x := range []struct {
		c        PortChoice
		tcp, udp []uint16
		err      string
		warn     string
	}{
		{c: PortChoice{Spec: "22,80,443"}, tcp: []uint16{22, 80, 443}},
		{c: PortChoice{Spec: "-3"}, tcp: seq(1, 3)},
		{c: PortChoice{Spec: "65533-"}, tcp: seq(65533, 65535)},
		{c: PortChoice{Spec: "-"}, tcp: seq(1, 65535)},
		{c: PortChoice{Spec: "0-2"}, tcp: seq(0, 2)},
		{c: PortChoice{Spec: "T:22,U:53"}, tcp: []uint16{22}, udp: []uint16{53}},
		{c: PortChoice{Spec: "80,U:53"}, tcp: []uint16{80}, udp: []uint16{53, 80}},
		{c: PortChoice{Spec: "U:53,161"}, udp: []uint16{53, 161}},
		{c: PortChoice{Spec: "53", UDP: true}, udp: []uint16{53}},
		{c: PortChoice{Spec: "53", UDP: true, TCP: true}, udp: []uint16{53}, tcp: []uint16{53}},
		{c: PortChoice{Spec: "T:22,U:53", TCP: true}, tcp: []uint16{22}, warn: "udp is not asked"},
		{c: PortChoice{Spec: "T:22,S:53"}, tcp: []uint16{22}, warn: "sctp is not asked"},
		{c: PortChoice{Spec: "22,20-25"}, tcp: seq(20, 25), warn: "twice"},
		{c: PortChoice{Spec: "ssh,domain"}, tcp: []uint16{22, 53}},
		{c: PortChoice{Spec: "pop3*"}, tcp: []uint16{110, 995}},
		{c: PortChoice{Spec: "[1-8]"}, tcp: []uint16{1, 5, 7}}, // the register names no other
		{c: PortChoice{Spec: " 22 , 80 "}, tcp: []uint16{22, 80}},
		{c: PortChoice{Spec: "20-25", Exclude: "21-24"}, tcp: []uint16{20, 25}},
		{c: PortChoice{Spec: "22,80,5000-5999", Top: 3}, tcp: []uint16{22, 80, 5900}},
		{c: PortChoice{Top: 3}, tcp: []uint16{22, 80, 443}},
		{c: PortChoice{Top: 3, Exclude: "T:22"}, tcp: []uint16{80, 443, 445}},
		{c: PortChoice{Spec: "99999"}, err: "65535"},
		{c: PortChoice{Spec: "9-3"}, err: "backwards"},
		{c: PortChoice{Spec: "nosuchservice"}, err: "nosuchservice"},
		{c: PortChoice{Spec: "Q:1"}, err: "prefix"},
		{c: PortChoice{Spec: "22,"}, err: "empty"},
		{c: PortChoice{Spec: "[22"}, err: "]"},
		{c: PortChoice{Spec: "22", Fast: true}, err: "-F"},
		{c: PortChoice{Spec: "22", Exclude: "22"}, err: "no port"},
		{c: PortChoice{Top: 70000}, err: "65536"},
	} {
		x.c.Common, x.c.Name, x.c.InOrder = common, name, true
		got, warn, err := x.c.Ports()
		if (err != nil) != (x.err != "") || err != nil && !strings.Contains(err.Error(), x.err) {
			t.Errorf("%+v: error %v, want %q", x.c.Spec, err, x.err)
			continue
		}
		if err == nil && (!slices.Equal(got.TCP, x.tcp) || !slices.Equal(got.UDP, x.udp)) {
			t.Errorf("%+v: got %v, want tcp %v udp %v", x.c.Spec, got, x.tcp, x.udp)
		}
		if all := strings.Join(warn, "\n"); (all != "") != (x.warn != "") || !strings.Contains(all, x.warn) {
			t.Errorf("%+v: warnings %q, want %q", x.c.Spec, all, x.warn)
		}
	}
}

func TestCommonPorts(t *testing.T) {
	common, _ := tables(t)
	if len(common.tcp) != defaultTop || len(common.udp) != defaultTop {
		t.Errorf("the ranking has %d TCP and %d UDP ports, want %d each", len(common.tcp), len(common.udp), defaultTop)
	}
	for _, x := range []struct {
		c    PortChoice
		want int
	}{{PortChoice{}, 1000}, {PortChoice{Fast: true}, 100}, {PortChoice{Top: 65536}, 65535}} {
		x.c.Common = common
		got, _, err := x.c.Ports()
		if err != nil || len(got.TCP) != x.want || len(got.UDP) != 0 {
			t.Errorf("%+v: %d TCP ports, %d UDP, %v; want %d TCP", x.c, len(got.TCP), len(got.UDP), err, x.want)
		}
		head := got.TCP[:first]
		for _, p := range common.tcp[:first] {
			if !slices.Contains(head, p) {
				t.Errorf("port %d is not among the first asked", p)
			}
		}
		if slices.IsSorted(got.TCP) {
			t.Error("the order is not shuffled")
		}
	}
	for _, bad := range []string{"x/tcp", "80", "80/sctp", "80/tcp\n80/tcp", "65536/udp"} {
		if _, err := ReadCommonPorts(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func FuzzPorts(f *testing.F) {
	for _, s := range []string{"22", "T:22,U:53,[http*,1-]", "-", "?ssh", "[", "1-2-3", "T:"} {
		f.Add(s, s)
	}
	common, err := ReadCommonPorts("80/tcp\n22/tcp\n53/udp\n")
	if err != nil {
		f.Fatal(err)
	}
	name := func(_ request.Proto, port uint16) string {
		if port == 22 {
			return "ssh"
		}
		return ""
	}
	f.Fuzz(func(t *testing.T, spec, exclude string) {
		if len(spec)+len(exclude) > 60 {
			return // every item is looked at for every port
		}
		c := PortChoice{Spec: spec, Exclude: exclude, Common: common, Name: name}
		got, _, err := c.Ports()
		if err != nil {
			return
		}
		for _, l := range [][]uint16{got.TCP, got.UDP} {
			slices.Sort(l)
			if len(slices.Compact(slices.Clone(l))) != len(l) {
				t.Errorf("%q lists a port twice", spec)
			}
		}
	})
}
