// Package sqlite keeps a state on disk, in one SQLite file that the sqlite3 shell can
// open: the tables of schema.sql, and the views services, ports and names for people.
//
// A [DB] is a [state.Store] under the merge law of package state. What Add, See and Note
// take is written in transactions, at the latest with Flush: a crash loses what was not
// flushed and never damages the file (write-ahead log). There is one writer at a time;
// readers do not wait for it.
package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

//go:embed schema.sql
var schema string

// Version is the schema's, kept in the file as user_version.
const Version = 1

// application is kept in the file as application_id: "EARS".
const application = 0x45415253

// Errors of Open.
var (
	ErrNotOurs = errors.New("this is not a state of earshot")
	ErrNewer   = errors.New("this state was made by a newer earshot")
	ErrLocked  = errors.New("another process is writing to this state")
)

// DB is a state on disk. It is not for concurrent use.
type DB struct {
	db     *sql.DB
	conn   *sql.Conn
	in     bool // a transaction is open
	stmts  map[string]*sql.Stmt
	ids    ids
	writes int
}

// Open opens the state of that name for writing, and makes it, readable for its owner
// only, if there is none. The error is ErrNotOurs, ErrNewer, ErrLocked, or one of the
// file system's or of SQLite's.
func Open(name string) (*DB, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	f.Close()
	return open(name, false)
}

// OpenForReading opens a state that is there. Others may write to it meanwhile: what is
// read is what was there at the beginning.
func OpenForReading(name string) (*DB, error) {
	st, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if st.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("is a folder")}
	}
	return open(name, true)
}

func open(name string, reading bool) (*DB, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	q := url.Values{"_pragma": {"busy_timeout(2000)", "foreign_keys(off)", "synchronous(normal)", "temp_store(memory)", "cache_size(-65536)"}}
	if reading {
		q.Set("mode", "ro")
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	d := &DB{db: db, stmts: map[string]*sql.Stmt{}}
	if err := d.prepare(reading); err != nil {
		d.db.Close()
		return nil, d.named(name, err)
	}
	return d, nil
}

// prepare takes the one connection and brings the file up to the present schema.
func (d *DB) prepare(reading bool) error {
	ctx := context.Background()
	var err error
	if d.conn, err = d.db.Conn(ctx); err != nil {
		return err
	}
	var app, version, tables int
	for _, p := range []struct {
		what string
		to   *int
	}{{"PRAGMA application_id", &app}, {"PRAGMA user_version", &version}, {"SELECT count(*) FROM sqlite_schema", &tables}} {
		if err := d.conn.QueryRowContext(ctx, p.what).Scan(p.to); err != nil {
			return err
		}
	}
	switch {
	case app == application && version > Version:
		return ErrNewer
	case app == application && version == Version:
		if reading {
			return nil
		}
		_, err := d.conn.ExecContext(ctx, "PRAGMA journal_mode = wal")
		return err
	case tables > 0 || app != 0 || reading:
		return ErrNotOurs
	}
	for _, s := range []string{
		"PRAGMA journal_mode = wal", "BEGIN IMMEDIATE", schema,
		fmt.Sprintf("PRAGMA application_id = %d", application), fmt.Sprintf("PRAGMA user_version = %d", Version), "COMMIT",
	} {
		if _, err := d.conn.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// named says in this package's and the system's words what SQLite says in its own.
func (d *DB) named(name string, err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
			err = ErrLocked
		case lib.SQLITE_NOTADB:
			err = ErrNotOurs
		case lib.SQLITE_FULL:
			err = errors.New("the disk is full")
		case lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_CANTOPEN:
			err = errors.New("cannot be written")
		case lib.SQLITE_CORRUPT:
			err = errors.New("the file is damaged")
		}
	}
	return fmt.Errorf("%s: %w", name, err)
}

// Flush writes what is not yet on disk.
func (d *DB) Flush() error {
	if !d.in {
		return nil
	}
	d.in, d.writes = false, 0
	_, err := d.conn.ExecContext(context.Background(), "COMMIT")
	return d.short(err)
}

// Close flushes and closes the state.
func (d *DB) Close() error {
	err := d.Flush()
	for _, s := range d.stmts {
		s.Close()
	}
	return errors.Join(err, d.conn.Close(), d.db.Close())
}

// short is named without a file's name.
func (d *DB) short(err error) error {
	if err == nil {
		return nil
	}
	return errors.Unwrap(d.named("state", err))
}

// statement prepares a text once.
func (d *DB) statement(text string) (*sql.Stmt, error) {
	if s := d.stmts[text]; s != nil {
		return s, nil
	}
	s, err := d.conn.PrepareContext(context.Background(), text)
	if err == nil {
		d.stmts[text] = s
	}
	return s, err
}
