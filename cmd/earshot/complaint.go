package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"

	"earshot/capture"
)

// maxComplaints bounds the lines that one run ends with.
const maxComplaints = 20

// complain says what went wrong: in one line, or in one for each of several errors
// that are joined.
func complain(w io.Writer, err error) {
	all := []error{err}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		all = j.Unwrap()
	}
	for i, e := range all {
		if i == maxComplaints {
			fmt.Fprintf(w, "earshot: and %d more\n", len(all)-i)
			break
		}
		fmt.Fprintln(w, "earshot:", legible(tidy(e).Error()))
	}
}

// tidy turns an error about a file into one short line of plain words.
func tidy(err error) error {
	var p *fs.PathError
	if errors.As(err, new(*capture.DamagedError)) || !errors.As(err, &p) {
		return err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no such file", p.Path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: no permission to open it", p.Path)
	}
	return fmt.Errorf("%s: %w", p.Path, p.Err)
}

// legible makes a message safe for a terminal and for one line: what is no printable
// character becomes \xNN. Names of files stay as they are in any language.
func legible(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r != utf8.RuneError && unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(printable(s[i : i+n]))
		}
		i += n
	}
	return b.String()
}
