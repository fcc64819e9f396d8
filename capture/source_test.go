package capture

import (
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// tcpFrame is one TCP segment in Ethernet, 192.0.2.1:40000 to 192.0.2.7:22,
// with the payload "hello" and two bytes of link padding.
func tcpFrame() []byte {
	return []byte{
		2, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 1, 8, 0, // Ethernet
		0x45, 0, 0, 45, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 7, // IPv4, 45 bytes
		0x9c, 0x40, 0, 22, 0, 0, 0, 9, 0, 0, 0, 5, 0x50, 0x18, 1, 0, 0, 0, 0, 0, // TCP
		'h', 'e', 'l', 'l', 'o', 0, 0,
	}
}

// pcapBytes builds a little endian microsecond pcap.
func pcapBytes(frames ...[]byte) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, magicMicro)
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 4)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, MaxFrame)
	b = le.AppendUint32(b, 1) // Ethernet
	for i, f := range frames {
		b = le.AppendUint32(b, uint32(1700000000+i))
		b = le.AppendUint32(b, 5)
		b = le.AppendUint32(b, uint32(len(f)))
		b = le.AppendUint32(b, uint32(len(f)))
		b = append(b, f...)
	}
	return b
}

func TestOpenAndDecode(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.pcap")
	if err := os.WriteFile(name, pcapBytes(tcpFrame(), tcpFrame()), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open([]string{name}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var f Frame
	var p Packet
	var d Decoder
	for i := range 2 {
		if err := s.Next(&f); err != nil {
			t.Fatal(err)
		}
		if !d.Decode(&f, &p) {
			t.Fatalf("not decoded: %+v", d.Stats)
		}
		if p.Time != int64(1700000000+i)*1e9+5000 || p.SrcAddrPort().String() != "192.0.2.1:40000" ||
			p.DstAddrPort().String() != "192.0.2.7:22" || string(p.Payload) != "hello" || p.Truncated() {
			t.Errorf("wrong packet %+v", p)
		}
	}
	if err := s.Next(&f); err != io.EOF {
		t.Errorf("got %v at the end, want io.EOF", err)
	}
}
