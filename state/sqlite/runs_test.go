package sqlite

import (
	"errors"
	"net/netip"
	"path/filepath"
	"testing"
	"time"
)

// The latest run of a command is known, also of one that came by merging; a state that is
// merged twice does not count it twice.
func TestRuns(t *testing.T) {
	dir := t.TempDir()
	at := time.Unix(1700000000, 0)
	one, two := open(t, filepath.Join(dir, "one.db")), open(t, filepath.Join(dir, "two.db"))
	for _, r := range []struct {
		db      *DB
		command string
		at      time.Time
	}{
		{one, "probe\n-p\n22", at},
		{one, "probe\n-p\n23", at.Add(-time.Second)},
		{one, "probes\n-p\n24", at.Add(time.Hour)}, // another command
		{one, "listen", at.Add(time.Hour)},
		{two, "probe\n-p\n25", at.Add(time.Minute)},
	} {
		if err := r.db.Started(r.command, "s", "v", r.at); err != nil {
			t.Fatal(err)
		}
	}
	asked := Question{Time: at, Addr: netip.MustParseAddr("192.0.2.7"), Port: 22, Proto: "tcp", Why: "questions", Outcome: "answered", Sent: 7}
	if err := two.Asked(asked); err != nil {
		t.Fatal(err)
	}
	last := func(db *DB, word, want string) {
		t.Helper()
		if got, err := db.LastRun(word); err != nil || got != want {
			t.Errorf("the last %s is %q, want %q (%v)", word, got, want, err)
		}
	}
	last(one, "probe", "probe\n-p\n22")
	last(one, "listen", "listen")
	last(two, "listen", "")
	if err := two.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := one.Merge(filepath.Join(dir, "two.db")); err != nil {
			t.Fatal(err)
		}
		last(one, "probe", "probe\n-p\n25")
		questions := 0
		err := one.Ledger(func(q *Question) error {
			questions++
			if !q.Time.Equal(asked.Time) || q.Addr != asked.Addr || q.Port != 22 || q.Why != asked.Why || q.Sent != 7 {
				t.Errorf("%+v, want %+v", *q, asked)
			}
			return nil
		})
		if err != nil || questions != 1 {
			t.Errorf("%d questions on the ledger, want 1 (%v)", questions, err)
		}
	}
	runs := 0
	if err := one.read.QueryRow("SELECT count(*) FROM run").Scan(&runs); err != nil || runs != 5 {
		t.Errorf("%d runs, want 5 (%v)", runs, err)
	}
}

// What cannot be merged is an error.
func TestMergeRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "one.db")
	one := open(t, path)
	if err := one.Merge(filepath.Join(dir, "none.db")); err == nil {
		t.Error("a file that is not there was merged")
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	reader, err := OpenForReading(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := reader.Merge(path); !errors.Is(err, ErrReadOnly) {
		t.Errorf("a state opened for reading was merged into: %v", err)
	}
	if err := reader.Started("probe", "s", "v", time.Unix(1, 0)); !errors.Is(err, ErrReadOnly) {
		t.Errorf("a state opened for reading took a run: %v", err)
	}
}
