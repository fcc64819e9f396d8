package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"modernc.org/sqlite"
)

// Primary result codes (sqlite.org/rescode.html); the extended ones hold them in their
// low byte.
const (
	codePerm     = 3
	codeBusy     = 5
	codeLocked   = 6
	codeReadOnly = 8
	codeIOErr    = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

// codeNoRoomToShare is SQLITE_IOERR_SHMSIZE: there is no room for the file beside a WAL
// that its readers and writers share.
const codeNoRoomToShare = codeIOErr | 19<<8

func extended(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

func code(err error) int { return extended(err) & 0xff }

// What may be wrong with a state; errors.Is finds them in the errors of this package.
var (
	ErrNotOurs  = errors.New("this is not a state of earshot")
	ErrNewer    = errors.New("this state was made by a newer earshot")
	ErrTrial    = errors.New("this state was made by a trial version that is no longer read")
	ErrLocked   = errors.New("another process is writing to this state")
	ErrReadOnly = errors.New("this state can only be read")
	ErrFull     = errors.New("the disk is full; what was written before is kept")
	ErrDamaged  = errors.New("the file is damaged")
)

func isReadOnly(err error) bool {
	c := code(err)
	return c == codeReadOnly || c == codeCantOpen || c == codePerm || extended(err) == codeNoRoomToShare
}

// plain makes one line of plain words that begins with the file's name.
func plain(path string, err error) error {
	var done *fileError
	if err == nil || errors.As(err, &done) {
		return err
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return err // cmd says these in its own words
	}
	switch c := code(err); c {
	case codeBusy, codeLocked:
		err = ErrLocked
	case codeReadOnly, codePerm:
		err = ErrReadOnly
	case codeFull:
		err = ErrFull
	case codeCorrupt:
		err = ErrDamaged
	case codeNotADB:
		err = ErrNotOurs
	case codeCantOpen:
		if f, cause := os.Open(path); cause != nil {
			return cause
		} else {
			f.Close()
		}
		err = errors.New("it cannot be opened")
	case codeIOErr:
		if extended(err) == codeNoRoomToShare {
			err = ErrFull
			break
		}
		err = fmt.Errorf("the disk fails (%w); what was written before is kept", err)
	}
	return &fileError{path, err}
}

// fileError is what is wrong with a state's file.
type fileError struct {
	path string
	err  error
}

// Error returns the line.
func (e *fileError) Error() string { return e.path + ": " + e.err.Error() }

// Unwrap returns the cause.
func (e *fileError) Unwrap() error { return e.err }
