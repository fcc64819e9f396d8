package discover

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func resolver(_ context.Context, name string) ([]netip.Addr, error) {
	switch name {
	case "two.example":
		return []netip.Addr{addr("2001:db8::2"), addr("192.0.2.2"), addr("192.0.2.3")}, nil
	case "six.example":
		return []netip.Addr{addr("2001:db8::6")}, nil
	case "evil.example":
		return []netip.Addr{addr("224.0.0.1")}, nil
	case "self.example":
		return []netip.Addr{addr("10.9.0.7")}, nil
	case "xn--bcher-kva.example":
		return []netip.Addr{addr("192.0.2.9")}, nil
	}
	return nil, errors.New("no such host")
}

func list(t *testing.T, words, exclude string, opt TargetOptions) (string, *Targets) {
	t.Helper()
	opt.Resolve = resolver
	opt.Local = []netip.Prefix{netip.MustParsePrefix("10.9.0.7/28"), netip.MustParsePrefix("127.0.0.1/8")}
	got, err := ParseTargets(context.Background(), strings.Fields(words), SplitTargets(exclude), opt)
	if err != nil {
		return "error: " + err.Error(), nil
	}
	var out []string
	for a := range got.All() {
		if len(out) == 40 {
			out = append(out, "…")
			break
		}
		out = append(out, a.String())
		if !got.Contains(a) {
			t.Errorf("%s: %s is walked but not contained", words, a)
		}
	}
	return strings.Join(out, " "), got
}

func TestTargets(t *testing.T) {
	for _, x := range []struct{ words, exclude, want, skipped string }{
		{words: "192.0.2.1", want: "192.0.2.1"},
		{words: "192.0.2.9/30", want: "192.0.2.8 192.0.2.9 192.0.2.10 192.0.2.11"},
		{words: "192.0.2.1/32", want: "192.0.2.1"},
		{words: "192.0.2.1,3,5-6", want: "192.0.2.1 192.0.2.3 192.0.2.5 192.0.2.6"},
		{words: "192.0.2,4.-1", want: "192.0.2.0 192.0.2.1 192.0.4.0 192.0.4.1"},
		{words: "192.0.2.254-", want: "192.0.2.254 192.0.2.255"},
		{words: "1-2.0.0.3/31", want: "1.0.0.2 1.0.0.3 2.0.0.2 2.0.0.3"},
		{words: "2001:db8::10/126", want: "2001:db8::10 2001:db8::11 2001:db8::12 2001:db8::13"},
		{words: "fe80::1%eth0", want: "fe80::1%eth0"},
		{words: "::ffff:192.0.2.1", want: "192.0.2.1"},
		{words: "[2001:db8::1]", want: "2001:db8::1"},
		{words: "two.example", want: "192.0.2.2", skipped: "another address"},
		{words: "two.example/31", want: "192.0.2.2 192.0.2.3", skipped: "another address"},
		{words: "six.example", want: "2001:db8::6"},
		{words: "bücher.example", want: "192.0.2.9"},
		{words: "192.0.2.1 192.0.2.0-2 192.0.2.1", want: "192.0.2.1 192.0.2.0 192.0.2.2"},
		{words: "192.0.2.0/29", exclude: "192.0.2.0/30,192.0.2.6", want: "192.0.2.4 192.0.2.5 192.0.2.7"},
		{words: "192.0.2.0/29", exclude: "192.0.2.1,3,5 192.0.2.6-7", want: "192.0.2.0 192.0.2.2 192.0.2.4"},
		{words: "192.0.2.2-3", exclude: "two.example", want: ""},
		{words: "192.0.2.2", exclude: "typo.example", want: "error: exclude: cannot resolve"},
		{words: "192.0.2.2", exclude: "300.1.1.1", want: "error: exclude:"},
		{words: "two..example 192.0.2.1", want: "192.0.2.1", skipped: "neither an address nor a host name"}, // no name server is asked
		// What no range means.
		{words: "10.9.0.0/29", want: "10.9.0.1 10.9.0.2 10.9.0.3 10.9.0.4 10.9.0.5 10.9.0.6"},
		{words: "10.9.0.13-16", want: "10.9.0.13 10.9.0.14 10.9.0.16"},
		{words: "10.9.0.7", want: "10.9.0.7"},
		{words: "10.9.0.15", want: "10.9.0.15"},
		{words: "self.example", want: "10.9.0.7"},
		{words: "127.0.0.1-2", want: "127.0.0.1 127.0.0.2"},
		{words: "223.255.255.254-255 224.0.0.0/30 239.1.1.1", want: "223.255.255.254 223.255.255.255 239.1.1.1"},
		{words: "ff02::/126 ff02::1", want: "ff02::1"},
		{words: "255.255.255.254-255 0.0.0.0/31", want: "255.255.255.254 0.0.0.1"},
		{words: "evil.example", want: "", skipped: "only when named"},
		// What cannot be read.
		{words: "256.1.1.1 10.0.0 1.2.3.4.5 192.0.2.9-3 1.2.3.4/33 ::1/129 -x a/b typo.example 1..2.3 http://x/", want: "", skipped: "no such host"},
		{words: "2001:db8::/32", want: "", skipped: "more addresses"},
		{words: strings.Repeat("1", 2000), want: "", skipped: "too long"},
	} {
		got, set := list(t, x.words, x.exclude, TargetOptions{})
		if strings.HasPrefix(x.want, "error") {
			if !strings.HasPrefix(got, x.want) {
				t.Errorf("%s without %s: %s, want %s", x.words, x.exclude, got, x.want)
			}
			continue
		}
		if got != x.want {
			t.Errorf("%s without %s:\n%s, want\n%s", x.words, x.exclude, got, x.want)
		}
		skipped := ""
		if set != nil {
			skipped = fmt.Sprint(set.Skipped())
		}
		if !strings.Contains(skipped, x.skipped) || x.skipped == "" && skipped != "[]" {
			t.Errorf("%s: skipped %s, want %q", x.words, skipped, x.skipped)
		}
	}
	if got, _ := list(t, "two.example", "", TargetOptions{ResolveAll: true, IPv6: true}); got != "2001:db8::2 192.0.2.2 192.0.2.3" {
		t.Errorf("all addresses of a name: %s", got)
	}
}

// A shuffled walk visits what an ordered one does, and holds nothing of it.
func TestShuffled(t *testing.T) {
	set, err := ParseTargets(context.Background(), []string{"10.0.0.0/22", "10.0.2.0/23", "10.3.0-3.1,7"}, []string{"10.0.1.0/25"}, TargetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Collect(set.All())
	got := slices.Collect(set.Shuffled(7))
	if slices.Equal(got, want) {
		t.Error("the order is the given one")
	}
	slices.SortFunc(got, netip.Addr.Compare)
	slices.SortFunc(want, netip.Addr.Compare)
	if len(got) != 1024-128+8 || !slices.Equal(got, want) {
		t.Errorf("%d addresses shuffled, %d in order", len(got), len(want))
	}
	big, err := ParseTargets(context.Background(), []string{"10.0.0.0/8", "2001:db8::/80"}, nil, TargetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	n, v4 := 0, 0
	for a := range big.Shuffled(1) {
		if a.Is4() {
			v4++
		}
		if n++; n == 1000 {
			break
		}
	}
	if v4 > 10 {
		t.Errorf("%d of the first 1000 of 2^24 + 2^48 addresses are among the 2^24", v4)
	}
}

func TestPermutation(t *testing.T) {
	for n := uint64(1); n < 300; n++ {
		p := newPermutation(n, n)
		seen := make([]bool, n)
		for i := range n {
			v := p.at(i)
			if v >= n || seen[v] {
				t.Fatalf("of %d: %d comes out of range or twice", n, v)
			}
			seen[v] = true
		}
	}
}

func TestReadTargetList(t *testing.T) {
	got, err := ReadTargetList(strings.NewReader("10.0.0.1 10.0.0.2\t# the two\n#all comment\n\n  fe80::1%eth0\r\nx.example#y"))
	if want := []string{"10.0.0.1", "10.0.0.2", "fe80::1%eth0", "x.example"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := ReadTargetList(strings.NewReader(strings.Repeat("x", 2<<20))); err == nil {
		t.Error("a line of 2 MiB was read")
	}
}

func FuzzTargets(f *testing.F) {
	for _, s := range []string{"10.0,2-5.-.1,7", "192.0.2.0/24", "fe80::1%eth0/64", "a.b.c/12", "1-.*.3.4", "two.example", "::/100", "[::1]"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, word, exclude string) {
		set, err := ParseTargets(context.Background(), []string{word}, []string{exclude}, TargetOptions{Resolve: resolver})
		if err != nil || set.Size() > 1<<16 {
			return
		}
		// What an exclusion names is never contained, and what is walked always is.
		out, _, _, err := parseSpan(exclude)
		n := 0
		for a := range set.All() {
			if err == nil && out.size() > 0 && out.contains(a) {
				t.Fatalf("%s is excluded by %q", a, exclude)
			}
			if !set.Contains(a) {
				t.Fatalf("%s is walked but not contained", a)
			}
			if n++; n > 100 {
				break
			}
		}
		if n := len(SplitTargets(exclude)); n > len(exclude)+1 {
			t.Fatal("more expressions than bytes")
		}
	})
}
