package capture

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// tongue notes hints as text.
type tongue struct {
	earSink
	said []string
}

func (s *tongue) Hint(h Hint) {
	text := fmt.Sprintf("%s %s %s (%s)", h.Addr, h.Kind, h.Value, h.From)
	if h.Told {
		text += " told"
	}
	if !slices.Contains(s.said, text) {
		s.said = append(s.said, text)
	}
}

// saidBy returns what a parser hears in a message of src.
func saidBy(parse func([]byte, *mouth), src string, b []byte) []string {
	to := &tongue{}
	parse(b, &mouth{sink: to, src: netip.MustParseAddr(src), left: maxSayings})
	return to.said
}

// hintCase is a message and what is to be heard in it.
type hintCase struct {
	name  string
	parse func([]byte, *mouth)
	src   string
	msg   []byte
	want  []string
}

func (c *hintCase) check(t *testing.T) {
	t.Run(c.name, func(t *testing.T) {
		if got := saidBy(c.parse, c.src, c.msg); !slices.Equal(got, c.want) {
			t.Errorf("heard\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
		}
		for n := range c.msg { // a message that is cut off must not stop the parser
			saidBy(c.parse, c.src, c.msg[:n:n])
		}
	})
}

// fuzzHints gives a parser anything; what it says must be fit to be kept.
func fuzzHints(f *testing.F, parse func([]byte, *mouth), seeds []hintCase) {
	for i := range seeds {
		f.Add(seeds[i].msg)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		to := &fit{t: t}
		parse(b, &mouth{sink: to, src: netip.MustParseAddr("192.0.2.1"), left: maxSayings})
		if to.n > maxSayings {
			t.Fatalf("%d hints of one message", to.n)
		}
	})
}

// fit checks hints.
type fit struct {
	earSink
	t *testing.T
	n int
}

func (s *fit) Hint(h Hint) {
	s.n++
	if h.Value == "" || len(h.Value) > maxHint || plain(h.Value) != h.Value || h.Kind == "" || h.From == "" {
		s.t.Fatalf("unfit hint %+v", h)
	}
	if !h.Addr.IsValid() || h.Addr.IsMulticast() || h.Addr.IsUnspecified() {
		s.t.Fatalf("a hint of no host: %+v", h)
	}
}

func TestIsName(t *testing.T) {
	for name, want := range map[string]bool{
		"www.example": true, "host-1": true, "_x.local": true, "bürger.local": true, "2022server": true, "1": true,
		"": false, ".": false, "a..b": false, "localhost": false, "192.0.2.1": false, "1.2": false, "a b": false, "a:1": false, "-x": false, "x\xff": false,
	} {
		if got := isName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// What is known at a glance is what the whole look would say.
func TestIsCommonName(t *testing.T) {
	for name, want := range map[string]bool{
		"www.example": true, "_x.local": true, "2022.server": true, "a-b.c_d.e": true, "host-1": false, "Www.example": false, "b\u00fcrger.local": false,
		"": false, ".": false, ".a.b": false, "a..b": false, "-a.b": false, "1.2": false, "192.0.2.1": false, "a b.c": false, "x\xff.y": false, "a{.b": false, "a`.b": false, "a:.b": false, "a/.b": false,
		"localhost.localdomain": false, "localhost.local": false, strings.Repeat("a.", 127) + "a": false,
		strings.Repeat("a.", 126) + "a": true, strings.Repeat("a.", 126) + "aa": false,
	} {
		if got := isCommonName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
		if want && (!isName(name) || plain(name) != name || strings.ToLower(name) != name) {
			t.Errorf("%q is no name", name)
		}
	}
}

// What is said again at once is not read again, what another says is.
func TestAgain(t *testing.T) {
	sh := new(shard)
	b := []byte("the same")
	a, o := [2]uint64{0, 1}, [2]uint64{0, 2}
	if sh.again(a, b, 0) || !sh.again(a, b, earNanos-1) || sh.again(a, b, 2*earNanos) || sh.again(o, b, 0) {
		t.Error("wrong memory of what was said")
	}
}
