// Package oracle asks libpcre2 what a pattern matches.
//
// It is the yardstick of package pcre and never part of the program: without
// the build tag oracle, and without cgo, the package is empty. Its tests
// compare the byte machine with PCRE2 offset by offset; they need libpcre2's
// headers (Debian: libpcre2-dev).
package oracle
