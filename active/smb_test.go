package active

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// recordedSMB is what a real Samba 4.17.12 sent, from the corpus of banners: the answer to
// negotiate, the challenge, the answer that holds the share's comment.
func recordedSMB(t *testing.T) (negotiate, challenge, share []byte) {
	t.Helper()
	text, err := os.ReadFile("../testdata/banners/smb.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range bytes.Split(text, []byte("\n")) {
		var b struct{ Data, Provenance string }
		if json.Unmarshal(l, &b) != nil || !strings.Contains(b.Provenance, "Samba 4.17.12+dfsg-0+deb12u3") {
			continue
		}
		var raw []byte
		for _, r := range b.Data {
			raw = append(raw, byte(r)) // a rune of the corpus is a byte
		}
		switch {
		case strings.HasSuffix(b.Provenance, "bookworm, negotiate"):
			negotiate = raw
		case strings.HasSuffix(b.Provenance, "NTLM challenge"):
			challenge = raw
		case strings.HasSuffix(b.Provenance, "share list"):
			share = raw
		}
	}
	if negotiate == nil || challenge == nil || share == nil {
		t.Fatal("the corpus has no Samba 4.17.12")
	}
	return negotiate, challenge, share
}

// samba answers like a Samba server: first refuse times, the server service is not there.
func samba(t *testing.T, refuse int32) func(net.Conn, *scripted) {
	negotiate, challenge, share := recordedSMB(t)
	var refused atomic.Int32
	return func(c net.Conn, s *scripted) {
		setups, ioctls := 0, 0
		for range 20 {
			head := make([]byte, 4)
			if _, err := io.ReadFull(c, head); err != nil {
				return
			}
			m := make([]byte, int(head[2])<<8|int(head[3]))
			if _, err := io.ReadFull(c, m); err != nil || string(m[:4]) != "\xfeSMB" {
				return
			}
			s.mu.Lock()
			s.first = append(s.first, string(m))
			s.mu.Unlock()
			le := binary.LittleEndian
			answer := func(status uint32, body []byte) {
				a := append([]byte(nil), m[:smbHeader]...)
				le.PutUint32(a[8:], status)
				le.PutUint32(a[36:], 7)
				le.PutUint64(a[40:], 0x1122)
				a[16] |= 1
				a = append(a, body...)
				_, _ = c.Write(append([]byte{0, 0, byte(len(a) >> 8), byte(len(a))}, a...))
			}
			switch le.Uint16(m[12:]) {
			case smbNegotiate:
				answer(0, negotiate[4+smbHeader:])
			case smbSetup:
				if setups++; setups == 1 {
					answer(statusMore, challenge[4+smbHeader:])
				} else {
					answer(0, []byte{9, 0, 2, 0, 0, 0, 0, 0})
				}
			case smbCreate:
				answer(0, append([]byte{89}, make([]byte, 87)...))
			case smbIoctl:
				switch ioctls++; {
				case ioctls == 1:
					answer(0x103, []byte{9, 0, 0, 0, 0, 0, 0, 0, 0})
					answer(0, append([]byte{49}, make([]byte, 50)...))
				case refused.Add(1) <= refuse:
					answer(0xc00000ac, []byte{9, 0, 0, 0, 0, 0, 0, 0, 0})
				default:
					answer(0, share[4+smbHeader:])
				}
			default:
				answer(0, []byte{16, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
			}
		}
	}
}

func smbProbes(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../data/probes/smb.probes")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "ports 445,139\n", "ports 445,1024-65535\n")
}

// A Samba server is asked for the comment of IPC$, which holds its version; also one that
// starts its server service only then.
func TestSMBSession(t *testing.T) {
	t.Parallel()
	for refuse := range int32(2) {
		s := serve(t, samba(t, refuse))
		r := asking(t, database(t, false, smbProbes(t)), s.port, nil)
		if r.Product != "Samba smbd" || r.Version != "4.17.12" || r.OS != "Linux" || r.Info != "Debian" {
			t.Errorf("after %d refusals: %+v\n%s", refuse, r.Belief, r.trace)
		}
		for _, q := range s.questions() {
			if strings.Contains(q, "NTLMSSP\x00\x03") && !strings.Contains(q, "NTLMSSP\x00\x03\x00\x00\x00\x01\x00\x01\x00") {
				t.Errorf("a session with a name: %q", q)
			}
		}
	}
}

// One that sends a session's questions back is an echo, also where no probe of the database
// knows SMB's words.
func TestSMBEcho(t *testing.T) {
	t.Parallel()
	var conns atomic.Int32
	s := serve(t, func(c net.Conn, _ *scripted) {
		if conns.Add(1) == 1 { // the one that finds the port open hears it, too
			_, _ = c.Write([]byte("\x00\x00\x00\x40\xfeSMB@" + strings.Repeat("\x00", 59)))
		}
		_, _ = io.Copy(c, c)
	})
	r := asking(t, database(t, false, "Probe TCP NULL q||\nmatch microsoft-ds m|^\\0\\0\\0.\\xfeSMB|s\n"), s.port, nil)
	if r.Service != "microsoft-ds" || !strings.Contains(r.trace, "SMB session") {
		t.Errorf("%+v\n%s", r.Belief, r.trace)
	}
}

// At a low intensity there is no session.
func TestSMBSessionIntensity(t *testing.T) {
	s := serve(t, samba(t, 0))
	r := asking(t, database(t, false, smbProbes(t)), s.port, func(c *Config) { c.Intensity = sessionIntensity - 1 })
	if r.Product != "Samba smbd" || r.Version != "" {
		t.Errorf("%+v", r.Belief)
	}
	for _, q := range s.questions() {
		if strings.Contains(q, "NTLMSSP") {
			t.Errorf("asked for a session: %q", q)
		}
	}
}

// Answers that are cut, too long or of something else end the session and nothing more.
func FuzzSMBFrame(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x40\xfeSMB@" + strings.Repeat("\x00", 59)))
	f.Add([]byte("\x00\xff\xff\xff\xfeSMB"))
	f.Add([]byte("\x83\x00\x00\x01\x80"))
	f.Add([]byte(strings.Repeat("\x00\x00\x00\x40\xfeSMB@\x00\x00\x00\x03\x01"+strings.Repeat("\x00", 54), 5)))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &smbTalk{q: &quiet{p: &prober{cfg: &Config{}}, t: &task{}, link: &link{conn: &canned{data: data}}}, ctx: t.Context()}
		frame, err := s.frame(0)
		if err == nil && (len(frame) < 4+smbHeader || len(frame) > 4+maxSMB || string(frame[4:8]) != "\xfeSMB") {
			t.Errorf("%q", frame)
		}
	})
}

// canned is a connection over which certain bytes come, and the end.
type canned struct {
	net.Conn
	data []byte
}

func (c *canned) SetReadDeadline(time.Time) error { return nil }

func (c *canned) Read(b []byte) (int, error) {
	if len(c.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b, c.data)
	c.data = c.data[n:]
	return n, nil
}
