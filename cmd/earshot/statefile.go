package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"earshot/active"
	"earshot/capture"
	"earshot/state"
	"earshot/state/sqlite"
)

// stateFlag names the state on disk.
func stateFlag() cli.Flag {
	return &cli.StringFlag{Name: "state", EnvVars: []string{"EARSHOT_STATE"}, Usage: "keep what is learned in the state `FILE`, made if there is none"}
}

// openState opens the state that --state names for writing; nil if there is none.
func openState(c *cli.Context, con *console) (*sqlite.DB, error) {
	name := c.String("state")
	if name == "" {
		return nil, nil
	}
	db, err := sqlite.Open(name)
	if err != nil {
		return nil, cannotUse(name, err)
	}
	sensor, err := os.Hostname()
	if err != nil {
		sensor = "" // a machine need not have a name
	}
	if err := db.Started(cmp.Or(con.words, c.Command.Name), sensor, version(), time.Now()); err != nil {
		_ = db.Close() // nothing is held
		return nil, cannotUse(name, err)
	}
	return db, nil
}

// readState opens the state that a command is about.
func readState(c *cli.Context) (*sqlite.DB, error) {
	name := c.String("state")
	if name == "" {
		return nil, usagef("%s needs --state FILE (or EARSHOT_STATE): the state that listen and probe keep with the same flag", c.Command.Name)
	}
	db, err := sqlite.OpenForReading(name)
	if err != nil {
		return nil, cannotUse(name, err)
	}
	return db, nil
}

// cannotUse says in one line why a state cannot be used.
func cannotUse(name string, err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("cannot use the state %s: there is no such file or folder", name)
	case errors.Is(err, sqlite.ErrLocked):
		return fmt.Errorf("cannot use the state %s: another process is writing to it", name)
	case errors.Is(err, sqlite.ErrNewer):
		return fmt.Errorf("cannot use the state %s: a newer earshot made it; this one leaves it as it is", name)
	case errors.Is(err, sqlite.ErrNotOurs):
		return fmt.Errorf("cannot use the state %s: it is no state of earshot", name)
	}
	if info, serr := os.Stat(name); serr == nil && info.IsDir() {
		return fmt.Errorf("cannot use the state %s: it is a folder", name)
	}
	if f, oerr := os.OpenFile(name, os.O_RDWR, 0); errors.Is(oerr, os.ErrPermission) { // another user's, it may be
		return fmt.Errorf("cannot use the state %s: no permission to open it", name)
	} else if oerr == nil {
		f.Close()
	}
	return fmt.Errorf("cannot use the state %w", tidy(err))
}

// keep writes what a run has learned to the state and closes it. A run is told apart from
// others by its origin, so that the same again counts once.
func keep(db *sqlite.DB, known *state.Memory) error {
	if db == nil {
		return nil
	}
	if err := errors.Join(known.Replay(db), db.Close()); err != nil {
		return fmt.Errorf("what was learned is not in the state %w", err)
	}
	return nil
}

// originOf names a pass over captures by their content: the same captures again, wherever
// they lie, are the same pass. Standard input has no content to look at beforehand: see
// marked.
func originOf(paths []string) string {
	var marks []string
	for _, p := range paths {
		marks = append(marks, markOf(p)...)
	}
	slices.Sort(marks)
	sum := sha256.Sum256([]byte(strings.Join(marks, "\n")))
	return "listen:" + hex.EncodeToString(sum[:8])
}

// marked adds to the name of a pass what its first frame is and when it came: standard
// input is known by that. The recorders look at the name when they have that frame.
type marked struct {
	capture.Source
	cfg *state.Config
	had bool
}

// Next implements capture.Source.
func (m *marked) Next(f *capture.Frame) error {
	err := m.Source.Next(f)
	if err == nil && !m.had {
		m.had = true
		h := sha256.New()
		fmt.Fprintln(h, f.Time, f.OrigLen, f.Link)
		h.Write(f.Data)
		m.cfg.Origin += ":" + hex.EncodeToString(h.Sum(nil)[:8])
	}
	return err
}

// markOf tells a capture by its size and its first and last bytes; a folder by those of
// the captures in it.
func markOf(path string) []string {
	const part = 64 << 10
	unknown := []string{fmt.Sprintf("%s@%d", path, time.Now().UnixNano())}
	if path == "-" {
		return []string{path}
	}
	st, err := os.Stat(path) // opening a pipe would wait for its writer
	switch {
	case err != nil:
		return unknown
	case st.IsDir():
		entries, err := os.ReadDir(path)
		if err != nil {
			return unknown
		}
		var all []string
		for _, e := range entries {
			if !e.IsDir() {
				all = append(all, markOf(filepath.Join(path, e.Name()))...)
			}
		}
		return all
	case !st.Mode().IsRegular():
		return unknown
	}
	f, err := os.Open(path)
	if err != nil {
		return unknown
	}
	defer f.Close()
	h := sha256.New()
	fmt.Fprintln(h, st.Size())
	_, err = io.CopyN(h, f, part)
	if err == nil {
		_, err = io.Copy(h, io.NewSectionReader(f, max(part, st.Size()-part), part))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return unknown
	}
	return []string{hex.EncodeToString(h.Sum(nil))}
}

// both is memory that is also kept on disk: what a run has learned is there a second
// later, whatever becomes of the run.
type both struct {
	*state.Memory
	disk *sqlite.DB
}

func alsoOn(m *state.Memory, disk *sqlite.DB) state.Store {
	if disk == nil {
		return m
	}
	return &both{m, disk}
}

// Add implements state.Store.
func (b *both) Add(e state.Evidence) error { return errors.Join(b.Memory.Add(e), b.disk.Add(e)) }

// See implements state.Store.
func (b *both) See(s state.Sighting) error { return errors.Join(b.Memory.See(s), b.disk.See(s)) }

// Note implements state.Store.
func (b *both) Note(h capture.Hint) error { return errors.Join(b.Memory.Note(h), b.disk.Note(h)) }

// keepEntry puts a line of the ledger into the state. That it could not be written shows
// when the state is closed.
func keepEntry(disk *sqlite.DB, e *active.Entry) {
	a, err := netip.ParseAddr(e.Host)
	if err != nil {
		return
	}
	_ = disk.Asked(sqlite.Question{
		Time: e.Time, Addr: a, Port: e.Port, Proto: e.Proto, Why: e.Why, Asked: slices.Clone(e.Asked), Outcome: e.Outcome,
		Sent: e.Sent, Got: e.Got, SentData: e.SentData, GotData: e.GotData, Took: e.Took,
	})
}

// askedBefore reads the state's ledger.
func askedBefore(disk *sqlite.DB, wanted func(netip.Addr) bool) (active.Asked, error) {
	var h active.History
	err := disk.Ledger(func(q *sqlite.Question) error {
		search, inVain := active.Search(q.Why, q.Proto)
		switch {
		case !wanted(q.Addr), active.IsLookup(q.Why):
		case inVain:
			h.Sought(q.Addr)
		case search:
		default:
			h.Note(netip.AddrPortFrom(q.Addr, q.Port), q.Proto, q.Asked, q.Outcome)
		}
		return nil
	})
	return h.Asked, err
}
