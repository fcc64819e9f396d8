package sqlite

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/state"
	"earshot/state/report"
)

// The view of changes and report's agree on what changed, where nothing went quiet.
func TestChanges(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "state.db"))
	at := func(s int) time.Time { return time.Unix(1_700_000_000+int64(s), 0).UTC() }
	ep := capture.Endpoint{Addr: netip.MustParseAddrPort("192.0.2.1:22"), Proto: 1}
	for i, c := range []struct {
		version     string
		first, last int
	}{{"1.0", 0, 10}, {"1.1", 20, 30}, {"1.2", 25, 40}} { // the last two overlap: no change
		err := d.Add(state.Evidence{
			Endpoint: ep, First: at(c.first), Last: at(c.last), Origin: fmt.Sprint(i), Count: 1,
			Result: matcher.Result{Kind: matcher.Hard, Service: "ssh", Line: 1, Fields: matcher.Fields{Product: "S", Version: c.version}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, mac := range []string{"00:00:5e:00:53:01", "00:00:5e:00:53:02"} {
		if err := d.Note(capture.Hint{Addr: ep.Addr.Addr(), Kind: "mac", Value: mac, From: "arp", First: at(50 * i), Last: at(50*i + 5)}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := (&report.Options{}).Changes(d, report.History{})
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for i := range list {
		want = append(want, list[i].Time.Format(time.RFC3339)+" "+list[i].Kind)
	}
	rows, err := d.read.Query("SELECT time, change FROM changes")
	if err != nil {
		t.Fatal(err)
	}
	err = each(rows, func() error {
		var when, kind string
		err := rows.Scan(&when, &kind)
		got = append(got, when+" "+kind)
		return err
	})
	slices.Sort(want)
	slices.Sort(got)
	if err != nil || len(want) != 4 || !slices.Equal(got, want) {
		t.Errorf("the view says %q, report %q (%v)", got, want, err)
	}
}
