package sqlite

import (
	"context"
	"database/sql"
	_ "embed" // the schema
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"earshot/capture"
	"earshot/state"

	_ "modernc.org/sqlite" // the driver
)

//go:embed schema.sql
var schemaSQL string

//go:embed views.sql
var viewsSQL string

// applicationID marks the file as ours: "EARS".
const applicationID = 0x45415253

// batch is how many things are held before they are written, whatever the time.
const batch = 1 << 15

// DB is a state on disk. It implements state.Store and is safe for use by several
// goroutines. What is added is written at most a second later; Flush writes it at once.
type DB struct {
	path  string
	write *sql.DB // one connection; nil if the file is only read
	read  *sql.DB

	withoutClients bool // an older schema that is only read

	mu      sync.Mutex // of what is held
	pending pending
	failed  error // the last flush
	err     error // of the last flush that was not asked for

	flushing sync.Mutex // one writer
	w        *writer

	stop   chan struct{}
	wake   chan struct{}
	done   sync.WaitGroup
	closed bool
}

// pending is what was told and is not written yet.
type pending struct {
	evidence  []state.Evidence
	sightings []state.Sighting
	hints     []capture.Hint
	questions []Question
}

func (p *pending) len() int {
	return len(p.evidence) + len(p.sightings) + len(p.hints) + len(p.questions)
}

// Open opens the state at path, or makes it, mode 0600, and brings an older one up to
// this program's schema. Its errors are one plain line that names the file.
func Open(path string) (*DB, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, plain(path, err)
	}
	if err := f.Close(); err != nil {
		return nil, plain(path, err)
	}
	d := &DB{path: path, stop: make(chan struct{}), wake: make(chan struct{}, 1)}
	if d.write, err = connect(path, "rw", "&_pragma=busy_timeout(5000)&_txlock=immediate"); err != nil {
		return nil, plain(path, err)
	}
	d.write.SetMaxOpenConns(1)
	if err := d.prepare(); err != nil {
		d.write.Close()
		return nil, plain(path, err)
	}
	if d.read, err = connect(path, "ro", ""); err != nil {
		d.write.Close()
		return nil, plain(path, err)
	}
	if d.w, err = newWriter(d.write); err != nil {
		return nil, plain(path, errors.Join(err, d.read.Close(), d.write.Close()))
	}
	d.done.Add(1)
	go d.flushEachSecond()
	return d, nil
}

// OpenForReading opens a state to read it only, one of an older schema, too. Others may
// write it meanwhile.
func OpenForReading(path string) (*DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, plain(path, err)
	}
	d := &DB{path: path}
	var err error
	for _, how := range [...]string{"", "&immutable=1"} {
		if d.read, err = connect(path, "ro", how); err != nil {
			return nil, plain(path, err)
		}
		var version, id int
		if version, id, err = versions(d.read); err == nil {
			if err = acceptable(version, id); err == nil {
				d.withoutClients = version < clientsVersion
				return d, nil
			}
			break
		}
		d.read.Close()
		// A folder that cannot be written to has no room for the files beside a WAL; if
		// there are none, nobody writes.
		if st, serr := os.Stat(path + "-wal"); serr == nil && st.Size() > 0 || !isReadOnly(err) {
			return nil, plain(path, err)
		}
	}
	d.read.Close()
	return nil, plain(path, err)
}

// connect opens a pool of connections; how is what follows in the address.
func connect(path, mode, how string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	u := url.URL{Path: filepath.ToSlash(abs)}
	name := "file:" + u.EscapedPath() + "?mode=" + mode + "&_pragma=cache_size(-65536)&_pragma=temp_store(2)"
	if mode == "ro" {
		name += "&_pragma=busy_timeout(5000)&_pragma=query_only(1)"
	}
	return sql.Open("sqlite", name+how)
}

// clientSQL adds to evidence who heard the bytes first, address and port, where that is known.
const clientSQL = "ALTER TABLE evidence ADD COLUMN client TEXT"

// versions reads user_version and application_id.
func versions(db *sql.DB) (version, id int, err error) {
	if err = db.QueryRow("PRAGMA user_version").Scan(&version); err == nil {
		err = db.QueryRow("PRAGMA application_id").Scan(&id)
	}
	return version, id, err
}

// Version is the newest schema's.
const Version = 5

// clientsVersion is that of the first schema whose evidence has a client.
const clientsVersion = 4

// firstVersion is that of the oldest schema that is still read.
const firstVersion = 2

// step returns what brings a schema from version-1 to version. The views are made anew by
// the last.
func step(version int) string {
	switch version {
	case firstVersion:
		return schemaSQL
	case clientsVersion:
		return clientSQL
	case Version:
		return viewsSQL
	}
	return ""
}

func acceptable(version, id int) error {
	switch {
	case id != applicationID:
		return ErrNotOurs
	case version > Version:
		return fmt.Errorf("%w: its schema is %d, this one knows %d", ErrNewer, version, Version)
	case version < firstVersion:
		return ErrTrial
	}
	return nil
}

// prepare makes the schema what it should be.
func (d *DB) prepare() error {
	// The schema of a file that is not ours is never touched.
	version, id, err := versions(d.write)
	if err != nil {
		return err
	}
	var tables int
	if err := d.write.QueryRow("SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil {
		return err
	}
	if fresh := version == 0 && id == 0 && tables == 0; !fresh {
		if err := acceptable(version, id); err != nil {
			return err
		}
	} else if _, err := d.write.Exec("PRAGMA journal_mode=WAL"); err != nil {
		return err
	}
	for _, p := range [...]string{"PRAGMA synchronous=NORMAL", "PRAGMA journal_size_limit=67108864", "PRAGMA wal_autocheckpoint=16384"} {
		if _, err := d.write.Exec(p); err != nil {
			return err
		}
	}
	if version == Version {
		return nil
	}
	tx, err := d.write.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	// Another process may have done it since.
	if err := tx.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	for version = max(version, firstVersion-1); version < Version; version++ {
		if _, err := tx.Exec(step(version + 1)); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(fmt.Sprintf("PRAGMA application_id=%d; PRAGMA user_version=%d", applicationID, version)); err != nil {
		return err
	}
	return tx.Commit()
}

// flushEachSecond writes what is held until Close.
func (d *DB) flushEachSecond() {
	defer d.done.Done()
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-d.stop:
			return
		case <-d.wake:
		case <-t.C:
		}
		// What could not be written stays held and is tried again.
		err := d.Flush()
		d.mu.Lock()
		d.err = err
		d.mu.Unlock()
	}
}

// Err returns the error of the last batch that was written by itself; nil if the last
// one went well.
func (d *DB) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// hold takes something into the batch.
func (d *DB) hold(take func(*pending)) error {
	if d.w == nil {
		return ErrReadOnly
	}
	d.mu.Lock()
	take(&d.pending)
	n, failed := d.pending.len(), d.failed
	d.mu.Unlock()
	switch {
	case failed != nil && n >= 8*batch:
		return failed
	case failed != nil: // it is tried again each second
	case n >= 2*batch: // faster than it can be written
		return d.Flush()
	case n >= batch:
		select {
		case d.wake <- struct{}{}:
		default: // it has been told
		}
	}
	return nil
}

// Add implements state.Store. The claim's slices must not be changed afterwards.
func (d *DB) Add(e state.Evidence) error {
	return d.hold(func(p *pending) { p.evidence = append(p.evidence, e) })
}

// See implements state.Store.
func (d *DB) See(s state.Sighting) error {
	return d.hold(func(p *pending) { p.sightings = append(p.sightings, s) })
}

// Note implements state.Store.
func (d *DB) Note(h capture.Hint) error {
	return d.hold(func(p *pending) { p.hints = append(p.hints, h) })
}

// Flush writes what is held, in one transaction: all of it or, with an error, nothing,
// and then it stays held.
func (d *DB) Flush() error {
	if d.w == nil {
		return nil
	}
	d.flushing.Lock()
	defer d.flushing.Unlock()
	d.mu.Lock()
	p := d.pending
	d.pending = pending{}
	d.mu.Unlock()
	if p.len() == 0 {
		return nil
	}
	if err := d.w.put(&p); err != nil {
		d.mu.Lock()
		p.evidence = append(p.evidence, d.pending.evidence...)
		p.sightings = append(p.sightings, d.pending.sightings...)
		p.hints = append(p.hints, d.pending.hints...)
		p.questions = append(p.questions, d.pending.questions...)
		err = plain(d.path, err)
		d.pending, d.failed = p, err
		d.mu.Unlock()
		return err
	}
	d.mu.Lock()
	d.failed = nil
	d.mu.Unlock()
	return nil
}

// Held is how many things were told and are not written yet.
func (d *DB) Held() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pending.len()
}

// Close flushes and closes the file. With an error what was held is lost.
func (d *DB) Close() error {
	if d.w == nil {
		return d.read.Close()
	}
	d.mu.Lock()
	again := d.closed
	d.closed = true
	d.mu.Unlock()
	if again {
		return nil
	}
	close(d.stop)
	d.done.Wait()
	err := d.Flush()
	d.flushing.Lock()
	defer d.flushing.Unlock()
	d.w.close()
	_ = d.read.Close() // nothing is lost by it
	if cerr := d.write.Close(); err == nil && cerr != nil {
		err = plain(d.path, cerr)
	}
	return err
}

// Started notes a run of a command by a sensor.
func (d *DB) Started(command, sensor, version string, at time.Time) error {
	if d.w == nil {
		return ErrReadOnly
	}
	d.flushing.Lock()
	defer d.flushing.Unlock()
	_, err := d.write.ExecContext(context.Background(),
		"INSERT INTO run (command, sensor, version, started) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", command, sensor, version, at.UnixNano())
	if err != nil {
		return plain(d.path, err)
	}
	return nil
}

// LastRun is the command of the latest run whose command is word or begins with word and the
// end of a line; "" if there is none.
func (d *DB) LastRun(word string) (string, error) {
	var line string
	err := d.read.QueryRow("SELECT command FROM run WHERE command = ?1 OR instr(command, ?1 || char(10)) = 1 ORDER BY started DESC, id DESC LIMIT 1", word).Scan(&line)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return line, plain(d.path, err)
}
