package request

import "testing"

// An identifier is any two bytes: none of them makes another protocol's message of a query
// of DNS, or of an answer.
func TestDNSWhateverItsIdentifier(t *testing.T) {
	const name = "\x03www\x07example\x03net\x00\x00\x01\x00\x01"
	for _, c := range []struct {
		kind Kind
		side Side
		rest string // behind the identifier
	}{
		{"dns-query", Originator, "\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + name},
		{"dns-query", Originator, "\x01\x20\x00\x01\x00\x00\x00\x00\x00\x01" + name + "\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00"},
		{"dns-answer", Responder, "\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + name + "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04abcd"},
	} {
		for id := range 1 << 16 {
			b := append([]byte{byte(id >> 8), byte(id)}, c.rest...)
			if k, s := Recognise(UDP, b); k != c.kind || s != c.side {
				t.Fatalf("%q: %s of side %d, want %s of side %d", b, k, s, c.kind, c.side)
			}
			if b = b[:len(b)-1]; c.side == Originator && strictly(b) {
				t.Fatalf("%q: cut short, and said to be DNS", b)
			}
		}
	}
}

func strictly(b []byte) bool {
	_, ok := isDNS(b)
	return ok
}
