package sqlite

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"earshot/state"
)

// FuzzFile opens files that were states once: part of one is overwritten, or is missing.
// What is wrong is said, and nobody has it read for ever.
func FuzzFile(f *testing.F) {
	path := filepath.Join(f.TempDir(), "state.db")
	d, err := Open(path)
	if err != nil {
		f.Fatal(err)
	}
	for _, x := range madeUp(rand.New(rand.NewPCG(1, 2)), 60) {
		if err := x.tell(d); err != nil {
			f.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(0), []byte("SQLite format 4\x00"), uint32(len(whole)))
	f.Add(uint32(18), []byte{9, 9}, uint32(len(whole)))
	f.Add(uint32(60), []byte{0, 0, 0, 255}, uint32(len(whole)))
	f.Add(uint32(4096*3), []byte{13, 0, 0, 0xff, 0xff, 0, 0}, uint32(len(whole)))
	f.Add(uint32(0), []byte{}, uint32(5000))
	f.Add(uint32(len(whole)-200), []byte(`{"Names":[`), uint32(len(whole)))
	file := filepath.Join(f.TempDir(), "broken.db")
	f.Fuzz(func(t *testing.T, at uint32, bytes []byte, length uint32) {
		b := append([]byte(nil), whole...)
		copy(b[int(at)%len(b):], bytes)
		b = b[:min(int(length), len(b))]
		for _, beside := range []string{"-wal", "-shm"} { // of the file before
			_ = os.Remove(file + beside)
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, open := range []func(string) (*DB, error){OpenForReading, Open} {
			d, err := open(file)
			if err != nil {
				continue
			}
			n := 0
			_ = d.Hosts(func(h *state.Host) error { // its error is that the file is damaged
				for i := range h.Services {
					state.Believe(&h.Services[i], nil)
				}
				if n++; n > 1000 {
					t.Error("more hosts than there ever were")
				}
				return nil
			})
			_ = d.Ledger(func(*Question) error { return nil })
			_, _ = d.LastRun("probe")
			_, _, _, _ = d.Count()
			_ = d.Close()
		}
	})
}
