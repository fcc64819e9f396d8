package active

import (
	"context"
	"net/netip"
	"slices"
	"testing"
)

// A name stands for what resolv.conf(5) says, and the machine's own table goes first.
func TestNames(t *testing.T) {
	n := &Names{Search: []string{"a.test", "b.test."}, Table: map[string][]netip.Addr{"box": {netip.MustParseAddr("192.0.2.1")}}}
	for _, c := range []struct {
		name string
		dots int
		want []string
	}{
		{"box", 0, []string{"box.a.test.", "box.b.test.", "box."}},
		{"box.lan", 0, []string{"box.lan.", "box.lan.a.test.", "box.lan.b.test."}},
		{"box.lan", 2, []string{"box.lan.a.test.", "box.lan.b.test.", "box.lan."}},
		{"box.lan.", 2, []string{"box.lan."}},
	} {
		if n.Dots = c.dots; !slices.Equal(n.candidates(c.name), c.want) {
			t.Errorf("%s: %q, want %q", c.name, n.candidates(c.name), c.want)
		}
	}
	asked := ""
	n.System = func(_ context.Context, name string) ([]netip.Addr, error) {
		asked = name
		return []netip.Addr{netip.MustParseAddr("192.0.2.9")}, nil
	}
	for name, want := range map[string]string{"BOX": "192.0.2.1", "localhost": "127.0.0.1", "a.localhost.": "127.0.0.1"} {
		if got, err := n.Resolve(t.Context(), name); err != nil || got[0].String() != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if asked != "" || n.Uncounted() {
		t.Errorf("the system was asked for %q", asked)
	}
	if got, err := n.Resolve(t.Context(), "printer.local"); err != nil || got[0].String() != "192.0.2.9" || !n.Uncounted() {
		t.Errorf("printer.local: %v, %v", got, err)
	}
}
