package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"earshot/state/sqlite"
)

// resumed puts the command line that a state was made with in the place of --resume: the
// words that are given beside it are added, and win. Where there is no such file a run
// begins that can be resumed.
func resumed(args []string) (out []string, err error) {
	if len(args) < 2 || args[1] != nmapCommands {
		return args, nil
	}
	file, words := "", []string(nil)
	for i, w := range args[2:] {
		if w == "--" {
			words = append(words, args[2+i:]...)
			break
		}
		if f, is := strings.CutPrefix(w, "--resume="); is {
			file = f
			continue
		}
		words = append(words, w)
	}
	if file == "" {
		return args, nil
	}
	before, err := lastWords(file)
	if err != nil {
		return nil, err
	}
	flags, targets := split(before)
	more, rest := split(words)
	out = append(slices.Clone(args[:2]), flags...)
	out = append(out, more...)
	out = append(out, "--resume="+file)
	if targets = append(targets, rest...); len(targets) > 0 && strings.HasPrefix(targets[0], "-") {
		out = append(out, "--")
	}
	return append(out, targets...), nil
}

// split parts flags, which nmapWords has put first, from targets.
func split(words []string) (flags, targets []string) {
	for i, w := range words {
		if w == "--" {
			return words[:i], words[i+1:]
		}
		if !strings.HasPrefix(w, "-") {
			return words[:i], words[i:]
		}
	}
	return words, nil
}

// lastWords are those of the latest probe that wrote to a state; none if there is no such
// file.
func lastWords(file string) ([]string, error) {
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	db, err := sqlite.OpenForReading(file)
	if err != nil {
		return nil, cannotUse(file, err)
	}
	defer db.Close()
	line, err := db.LastRun(nmapCommands)
	if err != nil {
		return nil, cannotUse(file, err)
	}
	if line == "" {
		return nil, usagef("--resume %s: no probe has written to that state", file)
	}
	return strings.Split(line, "\n")[1:], nil
}

// wordsOf is how a command line is kept: the command and its words, a line each, but those
// that say where.
func wordsOf(args []string) string {
	if len(args) < 2 || args[1] != nmapCommands {
		return ""
	}
	kept := []string{args[1]}
	for _, w := range args[2:] {
		if strings.HasPrefix(w, "--resume=") || strings.HasPrefix(w, "--state=") || strings.Contains(w, "\n") {
			continue
		}
		kept = append(kept, w)
	}
	return strings.Join(kept, "\n")
}

// journal opens a file that a resumed run goes on writing, and any other run begins anew.
func journal(c *cli.Context, path string) (io.WriteCloser, error) {
	how := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if c.String("resume") != "" {
		how = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	f, err := os.OpenFile(path, how, 0o644)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("cannot write %s: there is no such folder", path)
	} else if err != nil {
		return nil, fmt.Errorf("cannot write %w", tidy(err))
	}
	return f, nil
}

// later is a file that is written to before it is there: what comes until then is kept.
type later struct {
	mu   sync.Mutex
	kept bytes.Buffer
	file io.Writer
}

// Write implements io.Writer.
func (l *later) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		return l.file.Write(b)
	}
	return l.kept.Write(b)
}

// to names the file.
func (l *later) to(f io.Writer) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.file = f
	_, err := f.Write(l.kept.Bytes())
	l.kept = bytes.Buffer{}
	return err
}
