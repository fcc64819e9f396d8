package sqlite

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

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
	if _, err := d.write.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	d.Close()
	foreign := filepath.Join(dir, "foreign.db")
	if d, err = Open(foreign); err != nil {
		t.Fatal(err)
	}
	if _, err := d.write.Exec("PRAGMA application_id = 5"); err != nil {
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
}
