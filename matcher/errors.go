package matcher

import (
	"fmt"
	"strings"
)

// Error is one thing wrong with a probe file, at the line it stands on.
type Error struct {
	File string // base name
	Line int    // from 1; 0 if the file as a whole is meant
	Msg  string
}

// Error returns "file:line: what is wrong".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// Errors are all the errors of one or several probe files, in file order.
// errors.As finds the first *Error in it.
type Errors []*Error

// Error returns the first few errors, one a line.
func (es Errors) Error() string {
	const shown = 5
	var b strings.Builder
	for i, e := range es {
		if i == shown {
			fmt.Fprintf(&b, "\n(and %d more)", len(es)-shown)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Error())
	}
	return b.String()
}

// Unwrap gives errors.As and errors.Is the single errors.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// orNil returns es as an error, or a nil error if there is none.
func (es Errors) orNil() error {
	if len(es) == 0 {
		return nil
	}
	return es
}
