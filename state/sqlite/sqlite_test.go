package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
	"earshot/state/report"
)

// account is one thing that a store can be told.
type account func(state.Store) error

// accounts makes things to tell, many of them about the same few endpoints.
func accounts(r *rand.Rand, n int) []account {
	at := func() time.Time {
		return time.Date(2026, 11, 20, 12, 0, 0, 123456789, time.UTC).Add(time.Duration(r.IntN(9000)) * time.Second)
	}
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	endpoint := func() capture.Endpoint {
		a := netip.MustParseAddr(pick("192.0.2.1", "192.0.2.2", "2001:db8::1", "fe80::1%eth0", "::ffff:192.0.2.9"))
		p := []capture.Proto{request.TCP, request.UDP}[r.IntN(2)]
		return capture.Endpoint{Addr: netip.AddrPortFrom(a, uint16(20+r.IntN(4))), Proto: p, VLAN: uint16(r.IntN(2) * 7), VNI: uint32(r.IntN(2) * 5001)}
	}
	var out []account
	for range n {
		ep, first := endpoint(), at()
		last := first.Add(time.Duration(r.IntN(100)) * time.Second)
		origin, count := pick("a", "b", "c"), uint64(1+r.IntN(9))
		switch r.IntN(4) {
		case 0:
			s := state.Sighting{Closed: r.IntN(3) == 0, Origin: origin, Sighting: capture.Sighting{
				Endpoint: ep, First: first, Last: last, Count: count, Reason: pick("syn-ack", "tcp-response", "udp-response", "reset", "no-response"),
			}}
			out = append(out, func(to state.Store) error { return to.See(s) })
		case 1:
			h := capture.Hint{
				Addr: ep.Addr.Addr(), VLAN: ep.VLAN, VNI: ep.VNI, Kind: pick("name", "mac", "os"),
				Value: pick("x", "y", "z\xff\x00") + fmt.Sprint(r.IntN(50)), From: pick("dhcp", "arp"), First: first, Last: last,
			}
			out = append(out, func(to state.Store) error { return to.Note(h) })
		default:
			e := state.Evidence{
				Endpoint: ep, Source: state.Source(r.IntN(2)), Sensor: pick("", "s1"), Request: pick("", "http.get"), Mid: r.IntN(5) == 0,
				First: first, Last: last, Origin: origin, Count: count, Banner: []byte(pick("hello", "\x00\xff\xfe", "", "SSH-2.0-x\r\n")), Size: 1 + r.IntN(20),
				Result: matcher.Result{
					Kind: matcher.Kind(r.IntN(4)), Service: pick("ssh", "http", ""), Probe: pick("NULL", "GetRequest"), File: "t.probes", Line: 1 + r.IntN(30),
					Fields: matcher.Fields{Product: pick("A", "B", ""), Version: pick("1", "2", ""), CPE: [][]string{nil, {"cpe:/a:x:y"}, {"cpe:/a:x:y", "cpe:/o:z:z"}}[r.IntN(3)]},
				},
			}
			if r.IntN(4) == 0 {
				e.TLS = &capture.TLS{SNI: pick("a.example", "\xe9\x00"), Names: []string{"n1", "\xff"}, Version: 0x303, Cipher: 5, Offered: []string{"h2"}, NotAfter: first}
			}
			out = append(out, func(to state.Store) error { c := e; c.Banner = bytes.Clone(e.Banner); return to.Add(c) })
		}
	}
	return out
}

// reports writes everything a state says.
func reports(t *testing.T, s state.Store) string {
	t.Helper()
	var b bytes.Buffer
	o := &report.Options{All: true, Reason: true, Version: "t", Shape: "x"}
	for _, w := range []func(*bytes.Buffer) error{
		func(b *bytes.Buffer) error { return report.JSON(b, s, o) },
		func(b *bytes.Buffer) error { return report.XML(b, s, o) },
		func(b *bytes.Buffer) error { return report.Table(b, s, o) },
	} {
		if err := w(&b); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func fresh(t *testing.T) *DB {
	t.Helper()
	d, err := Open(filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// The merge law: any order, any repetition and any partition of what is told, through any
// number of states on disk merged in any order, gives byte-equal reports, those of memory.
func TestMergeLaw(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		told := accounts(r, 400)
		m := new(state.Memory)
		for _, a := range told {
			if err := a(m); err != nil {
				t.Fatal(err)
			}
		}
		want := reports(t, m)
		parts := make([]*DB, 1+r.IntN(4))
		for i := range parts {
			parts[i] = fresh(t)
		}
		r.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
		for _, a := range told {
			for range 1 + r.IntN(2) { // some of it twice, in different states, too
				if err := a(parts[r.IntN(len(parts))]); err != nil {
					t.Fatal(err)
				}
			}
		}
		into := fresh(t)
		r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		for _, p := range append(parts, parts[0]) {
			if err := p.Recall(into, nil); err != nil {
				t.Fatal(err)
			}
		}
		if got := reports(t, into); got != want {
			t.Fatalf("seed %d: the reports differ:\n%s\nand\n%s", seed, want, got)
		}
	}
}

// What was flushed is there after a crash, and the file stays as it was if the same is told again.
func TestReopen(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.db")
	d, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	told := accounts(rand.New(rand.NewPCG(7, 7)), 200)
	tell := func() {
		t.Helper()
		for _, a := range told {
			if err := a(d); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	tell()
	want := reports(t, d)
	var before, after int
	count := "SELECT (SELECT count(*) FROM evidence) + (SELECT count(*) FROM banner) + (SELECT count(*) FROM hint) + (SELECT count(*) FROM life_count) + (SELECT count(*) FROM finding)"
	if err := d.conn.QueryRowContext(t.Context(), count).Scan(&before); err != nil {
		t.Fatal(err)
	}
	tell()
	if err := d.conn.QueryRowContext(t.Context(), count).Scan(&after); err != nil {
		t.Fatal(err)
	}
	if before != after || before == 0 {
		t.Errorf("%d rows, and %d after the same again", before, after)
	}
	if st, err := os.Stat(name); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	r, err := OpenForReading(name) // while the other is still open
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := reports(t, r); got != want {
		t.Error("a reader sees something else")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

// What is not a state of ours, or of another time, is refused in so many words and left alone.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	text := file("text", "this is a shopping list, and no database at all, however long one makes it")
	newer := filepath.Join(dir, "newer.db")
	d, err := Open(newer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.conn.ExecContext(t.Context(), "PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	d.Close()
	foreign := filepath.Join(dir, "foreign.db")
	if d, err = Open(foreign); err != nil {
		t.Fatal(err)
	}
	if _, err := d.conn.ExecContext(t.Context(), "PRAGMA application_id = 5"); err != nil {
		t.Fatal(err)
	}
	d.Close()
	for _, c := range []struct {
		name string
		want error
	}{{text, ErrNotOurs}, {newer, ErrNewer}, {foreign, ErrNotOurs}, {filepath.Join(dir, "no", "folder.db"), os.ErrNotExist}} {
		before, _ := os.ReadFile(c.name)
		if _, err := Open(c.name); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if after, _ := os.ReadFile(c.name); !bytes.Equal(before, after) {
			t.Errorf("%s was changed", c.name)
		}
	}
	if _, err := OpenForReading(filepath.Join(dir, "none.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reading what is not there: %v", err)
	}
	a, err := Open(filepath.Join(dir, "two.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	hint := capture.Hint{Addr: netip.MustParseAddr("192.0.2.1"), Kind: "name", Value: "x"}
	if err := a.Note(hint); err != nil {
		t.Fatal(err)
	}
	b, err := Open(filepath.Join(dir, "two.db"))
	if err == nil {
		defer b.Close()
		err = b.Note(hint)
	}
	if !errors.Is(err, ErrLocked) {
		t.Errorf("a second writer: %v", err)
	}
}
