package active

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
)

// oldSamba answers like a Samba server that is held to SMB1: a recording of 4.17.12 with
// "server max protocol = NT1".
func oldSamba(c net.Conn, s *scripted) {
	for range 4 {
		head := make([]byte, 4)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		m := make([]byte, binary.BigEndian.Uint32(head)&0xffff)
		if _, err := io.ReadFull(c, m); err != nil || string(m[:4]) != "\xffSMB" {
			return
		}
		s.mu.Lock()
		s.first = append(s.first, string(m))
		s.mu.Unlock()
		body := "\x11\x00\x00\x03\x32\x00\x01\x00\x04\x41\x00\x00\x00\x00\x01\x00\x17\x00\x00\x00\xfd\xe3\x80\x00" + strings.Repeat("\x00", 10) + "\x08\x08\x00OLD\x00ABCD"
		if m[4] == 0x73 {
			body = "\x03\xff\x00\x52\x00\x01\x00\x29\x00Unix\x00Samba 4.17.12-Debian\x00OLD\x00"
		}
		a := append([]byte{0, 0, 0, byte(32 + len(body))}, m[:32]...)
		a[4+9] |= 0x88
		_, _ = c.Write(append(a, body...))
	}
}

// A server without SMB2 is had a session of SMB1: its answer has the version. The session
// is nobody's, and not the first virtual circuit.
func TestSMB1Session(t *testing.T) {
	s := serve(t, oldSamba)
	r := asking(t, database(t, false, strings.ReplaceAll(smbProbes(t), "ports 139,445\n", "ports 1024-65535\n")), s.port, nil)
	if r.Product != "Samba smbd" || r.Version != "4.17.12" || r.Info != "Debian" {
		t.Errorf("%+v\n%s", r.Belief, r.trace)
	}
	setups := 0
	for _, q := range s.questions() {
		if q[4] != 0x73 {
			continue
		}
		setups++
		if vc := q[32+9 : 32+11]; vc != "\x01\x00" || !strings.HasSuffix(q, "\x00\x00\x00earshot\x00earshot\x00") {
			t.Errorf("session of %q", q)
		}
	}
	if setups != 1 {
		t.Errorf("%d sessions", setups)
	}
}

// Answers that are cut, too long or of something else end the session and nothing more.
func FuzzSMB1Frame(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x23\xffSMBs" + strings.Repeat("\x00", 30)))
	f.Add([]byte("\x00\xff\xff\xff\xffSMB"))
	f.Add([]byte("\x83\x00\x00\x01\x80"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &smbTalk{q: &quiet{p: &prober{cfg: &Config{}}, t: &task{}, link: &link{conn: &canned{data: data}}}, ctx: t.Context()}
		frame, err := s.frame1(0x73)
		if err == nil && (len(frame) < 4+33 || len(frame) > 4+maxSMB || string(frame[4:9]) != "\xffSMBs") {
			t.Errorf("%q", frame)
		}
	})
}
