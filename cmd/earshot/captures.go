package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"earshot/capture"
	"earshot/state"
)

// capturesIn lists the files that are read for these paths: those in folders, too.
func capturesIn(paths []string) []string {
	var out []string
	for _, p := range paths {
		if st, err := os.Stat(p); err != nil || !st.IsDir() {
			out = append(out, p)
			continue
		}
		_ = filepath.WalkDir(p, func(name string, _ fs.DirEntry, err error) error {
			if err == nil {
				if st, serr := os.Stat(name); serr == nil && st.Mode().IsRegular() {
					out = append(out, name)
				}
			}
			return nil // what cannot be read has been told of already
		})
	}
	return out
}

// oneByOne reports whether captures are heard each by itself: into a state, where it must
// come to the same whether they are given at once, one after the other, or to two machines.
func oneByOne(paths []string, limited bool) ([]string, bool) {
	if limited || slices.Contains(paths, "-") {
		return nil, false
	}
	all := capturesIn(paths)
	return all, len(all) > 1
}

// hearEach listens to each capture as a pass of its own, and unites what was heard.
func hearEach(ctx context.Context, paths []string, opts capture.Options, conf capture.Config, cfg *state.Config, talk *talk) (*state.Memory, error) {
	all := new(state.Memory)
	var errs []error
	for _, p := range paths {
		if err := ctx.Err(); err != nil {
			return all, err
		}
		files, err := capture.Open([]string{p}, opts)
		if err != nil {
			if !errors.Is(err, capture.ErrNotCapture) { // a file of another kind in a folder of captures
				errs = append(errs, err)
			}
			continue
		}
		cfg.Origin = originOf([]string{p})
		known, err := hear(ctx, files, files, conf, cfg, talk)
		files.Close()
		if err != nil && !errors.Is(err, capture.ErrPartial) {
			return all, errors.Join(err, known.Replay(all))
		}
		if err != nil {
			errs = append(errs, err)
		}
		if err := known.Replay(all); err != nil {
			return all, err
		}
	}
	return all, errors.Join(errs...)
}
