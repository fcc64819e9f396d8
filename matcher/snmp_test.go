package matcher

import (
	"bytes"
	"os"
	"testing"

	"earshot/data"
)

// A device whose sysDescr is followed by another object is read as one that sends its
// sysDescr alone: no value takes in the tag that comes after the text.
func TestSysDescrFollowed(t *testing.T) {
	samples, err := ReadCorpusFS(os.DirFS("../testdata/banners"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := Load(Options{}, data.Probes)
	if err != nil {
		t.Fatal(err)
	}
	sysDescr := []byte("\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00\x04")
	var longer []Sample
	for _, s := range samples {
		if s.Service != "snmp" {
			continue
		}
		_, text, found := bytes.Cut(s.Data, sysDescr)
		if !found || len(text) < 2 {
			continue
		}
		n, head := int(text[0]), 1
		switch n {
		case 0x81:
			n, head = int(text[1]), 2
		case 0x82:
			n, head = int(text[1])<<8|int(text[2]), 3
		}
		if n == 0 || head+n != len(text) {
			continue // something else follows already
		}
		s.Data = sysDescrFollowed(text[head:])
		longer = append(longer, s)
	}
	if len(longer) < 600 {
		t.Fatalf("%d records have a sysDescr alone", len(longer))
	}
	for _, f := range db.TestCorpus(longer, nil).Failures {
		t.Errorf("%s:%d, read by %s:%d: %s", f.Sample.File, f.Sample.Line, f.Got.File, f.Got.Line, f.Why)
	}
}

// sysDescrFollowed is a response with the text as sysDescr and a sysObjectID under an
// enterprise number that IANA gave to nobody.
func sysDescrFollowed(text []byte) []byte {
	object := []byte("\x06\x08\x2b\x06\x01\x02\x01\x01\x02\x00\x06\x0a\x2b\x06\x01\x04\x01\x86\x8d\x1f\x01\x02")
	binds := append(tlv(0x30, append([]byte("\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00"), tlv(4, text)...)), tlv(0x30, object)...)
	pdu := append([]byte("\x02\x04ears\x02\x01\x00\x02\x01\x00"), tlv(0x30, binds)...)
	return tlv(0x30, append([]byte("\x02\x01\x00\x04\x06public"), tlv(0xa2, pdu)...))
}

// tlv is one BER value with its tag and length.
func tlv(tag byte, value []byte) []byte {
	n := len(value)
	head := []byte{tag, byte(n)}
	if n > 255 {
		head = []byte{tag, 0x82, byte(n >> 8), byte(n)}
	} else if n > 127 {
		head = []byte{tag, 0x81, byte(n)}
	}
	return append(head, value...)
}
