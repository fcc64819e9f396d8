package main

import (
	"context"
	"io"
)

// interruptible is a reader that stops waiting when its context is done. A read of a
// pipe cannot be taken back, so it goes on in a goroutine that nobody waits for.
type interruptible struct {
	ctx  context.Context
	r    io.Reader
	busy chan piece // the read under way
	buf  []byte
	left []byte // of what the last read gave
	err  error  // what that read ended with
}

type piece struct {
	b   []byte
	err error
}

// Read implements io.Reader.
func (i *interruptible) Read(p []byte) (int, error) {
	if len(i.left) > 0 {
		n := copy(p, i.left)
		i.left = i.left[n:]
		return n, nil
	}
	if i.err != nil {
		return 0, i.err
	}
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	if i.busy == nil {
		i.busy, i.buf = make(chan piece, 1), make([]byte, 256<<10)
	}
	go func() {
		n, err := i.r.Read(i.buf)
		i.busy <- piece{i.buf[:n], err}
	}()
	select {
	case got := <-i.busy:
		n := copy(p, got.b)
		i.left, i.err = got.b[n:], got.err
		return n, nil
	case <-i.ctx.Done():
		return 0, i.ctx.Err()
	}
}
