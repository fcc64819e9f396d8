package capture

import (
	"errors"
	"fmt"
	"io"
)

// ErrPartial is what errors.Is finds in an error after which everything that
// could be read has been given out.
var ErrPartial = errors.New("part of the input could not be read")

// DamagedError says where a capture file broke. What stood before that place
// was given out; errors.Is(err, ErrPartial) holds.
type DamagedError struct {
	File   string // as the user named it; "-" for standard input
	Offset int64  // in the file after decompression, in bytes
	What   string // what is wrong there
	Err    error  // the cause below, if there is one
}

// Error returns one line.
func (e *DamagedError) Error() string {
	s := fmt.Sprintf("%s: at byte %d: %s", called(e.File), e.Offset, e.What)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// called is how a capture is spoken of.
func called(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// Unwrap returns the cause below.
func (e *DamagedError) Unwrap() error { return e.Err }

// Is makes a DamagedError an ErrPartial.
func (e *DamagedError) Is(target error) bool { return target == ErrPartial }

// damage makes the error for the place where the feed stands.
func damage(d *feed, name, what string) error {
	e := &DamagedError{File: name, Offset: d.offset(), What: what}
	if d.err != nil && d.err != io.EOF {
		e.What, e.Err = "reading stopped", d.err
	}
	return e
}
