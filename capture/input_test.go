package capture

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// FuzzOpen reads what comes by standard input, packed in any way: every error is one that
// says what is wrong, and what could be read before it has been.
func FuzzOpen(f *testing.F) {
	plain := pcapBytes(tcpFrame(), tcpFrame())
	var packed bytes.Buffer
	g := gzip.NewWriter(&packed)
	_, _ = g.Write(plain)
	_ = g.Close()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, b := range [][]byte{plain, packed.Bytes(), packed.Bytes()[:packed.Len()-9], z.EncodeAll(plain, nil), append(z.EncodeAll(plain[:60], nil), z.EncodeAll(plain[60:], nil)...), []byte("BZh91AY&SY"), nil} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Open([]string{"-"}, Options{Stdin: bytes.NewReader(b)})
		if err != nil {
			if s != nil || err.Error() == "" {
				t.Errorf("%v with %v", err, s)
			}
			return
		}
		defer s.Close()
		var frame Frame
		for range 10_000 {
			if err := s.Next(&frame); err != nil {
				if err != io.EOF && !errors.Is(err, ErrPartial) {
					t.Errorf("neither the end nor a part: %v", err)
				}
				return
			}
			if len(frame.Data) > 1<<18 {
				t.Fatalf("a frame of %d bytes", len(frame.Data))
			}
		}
	})
}
