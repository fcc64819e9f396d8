package active

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"
	"unicode/utf16"

	"earshot/matcher"
	"earshot/matcher/request"
)

// Commands and codes of SMB2 ([MS-SMB2] §2.2).
const (
	smbNegotiate = 0
	smbSetup     = 1
	smbTree      = 3
	smbCreate    = 5
	smbIoctl     = 11

	statusMore = 0xc0000016 // STATUS_MORE_PROCESSING_REQUIRED ([MS-ERREF] §2.3)
)

// smbHeader is the length of an SMB2 header, without NetBIOS's four bytes before it.
const smbHeader = 64

// maxSMB bounds one message.
const maxSMB = 32 << 10

var errSMB = errors.New("not an answer of SMB2")

// smb has a session without a user. The challenge of NTLM names the system of a Windows
// and its names. Samba says there only that it is Samba: it is asked for the comment of
// the share IPC$, which holds its version unless someone has changed it.
func (q *quiet) smb(ctx context.Context) {
	for range 2 {
		q.hangUp()
		if !q.connected(ctx, "SMB session") {
			return
		}
		s := &smbTalk{q: q, ctx: ctx}
		err := s.run()
		q.hangUp()
		if err == nil {
			return
		}
		q.p.cfg.tracef("%s: SMB session: %v", q.t.where(), err)
		if !s.spoke {
			if err := q.smb1(ctx); err != nil {
				q.p.cfg.tracef("%s: SMB1 session: %v", q.t.where(), err)
			}
			return
		}
		if !errors.Is(err, errStarting) || sleep(ctx, 400*time.Millisecond) != nil {
			return
		}
	}
}

// errStarting is how a server ends that starts its server service with the first question.
var errStarting = errors.New("the server service does not answer yet")

// smbTalk is a session of SMB2.
type smbTalk struct {
	q       *quiet
	ctx     context.Context //nolint:containedctx // of this one conversation
	message uint64
	spoke   bool // an answer of SMB2 came
	tree    uint32
	id      uint64
	file    [16]byte
}

func (s *smbTalk) run() error {
	if s.q.port() == 139 {
		if err := s.called(); err != nil {
			return err
		}
	}
	if _, _, err := s.ask(smbNegotiate, negotiateBody()); err != nil {
		return err
	}
	status, answer, err := s.ask(smbSetup, setupBody(spnegoInit(ntlmNegotiate())))
	if err != nil || status != statusMore {
		return cmpErr(err, errSMB)
	}
	if s.q.best.Product != "Samba smbd" || s.q.best.Version != "" {
		return nil
	}
	if !bytes.Contains(answer, []byte("NTLMSSP\x00\x02\x00\x00\x00")) {
		return errSMB
	}
	if status, _, err = s.ask(smbSetup, setupBody(spnegoResponse(ntlmAnonymous()))); err != nil || status != 0 {
		return cmpErr(err, errors.New("no session without a user"))
	}
	host := s.q.t.ep.Addr.Addr().String()
	path := utf16le(`\\` + host + `\IPC$`)
	body := binary.LittleEndian.AppendUint16([]byte{9, 0, 0, 0, smbHeader + 8, 0}, uint16(len(path)))
	if status, _, err = s.ask(smbTree, append(body, path...)); err != nil || status != 0 {
		return cmpErr(err, errors.New("IPC$ is not for us"))
	}
	status, answer, err = s.ask(smbCreate, createBody("srvsvc"))
	if err != nil || status != 0 || len(answer) < smbHeader+80 {
		return cmpErr(err, errors.New("no server service"))
	}
	copy(s.file[:], answer[smbHeader+64:])
	if status, _, err = s.ask(smbIoctl, s.pipeBody(srvsvcBind())); err != nil || status != 0 {
		return cmpErr(err, errSMB)
	}
	if status, _, err = s.ask(smbIoctl, s.pipeBody(shareInfo(host, "IPC$"))); err != nil || status != 0 {
		return cmpErr(err, errStarting)
	}
	return nil
}

func cmpErr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// called asks for a session with whatever server is there (RFC 1002 §4.3.2).
func (s *smbTalk) called() error {
	l := s.q.link
	req := append([]byte{0x81, 0, 0, 68}, netbiosName("*SMBSERVER")...)
	req = append(req, netbiosName("EARSHOT")...)
	if err := l.send(s.ctx, "NetBIOS session", req, 5*time.Second); err != nil {
		return err
	}
	var b [4]byte
	if err := s.read(b[:]); err != nil {
		return err
	}
	if b[0] != 0x82 {
		return errors.New("no NetBIOS session")
	}
	return nil
}

// netbiosName encodes a name of the first level (RFC 1001 §14.1), 34 bytes.
func netbiosName(name string) []byte {
	out := []byte{32}
	for i := range 16 {
		c := byte(' ')
		if i < len(name) {
			c = name[i]
		} else if i == 15 {
			c = 0
			if name[0] == '*' {
				c = ' '
			}
		}
		out = append(out, 'A'+c>>4, 'A'+c&15)
	}
	return append(out, 0)
}

// ask sends a command, takes its answer and learns from it.
func (s *smbTalk) ask(command uint16, body []byte) (status uint32, answer []byte, err error) {
	h := make([]byte, 4+smbHeader, 4+smbHeader+len(body))
	n := smbHeader + len(body)
	h[1], h[2], h[3] = byte(n>>16), byte(n>>8), byte(n)
	m := h[4:]
	copy(m, "\xfeSMB")
	le := binary.LittleEndian
	le.PutUint16(m[4:], smbHeader)
	le.PutUint16(m[6:], 1)
	le.PutUint16(m[12:], command)
	le.PutUint16(m[14:], 8)
	le.PutUint64(m[24:], s.message)
	le.PutUint32(m[36:], s.tree)
	le.PutUint64(m[40:], s.id)
	req := append(h, body...)
	s.message++
	l := s.q.link
	if err := l.send(s.ctx, sprintf("SMB2 command %d", command), req, 5*time.Second); err != nil {
		return 0, nil, err
	}
	begin := time.Now()
	frame, err := s.frame(command)
	if err != nil {
		return 0, nil, err
	}
	answer, s.spoke = frame[4:], true
	s.id, s.tree = le.Uint64(answer[40:]), le.Uint32(answer[36:])
	s.q.learn(s.probe(), req, frame, begin)
	return le.Uint32(answer[8:]), answer, nil
}

// frame reads the answer to a command, with NetBIOS's four bytes. Answers that say "later"
// (STATUS_PENDING) are passed over.
func (s *smbTalk) frame(command uint16) ([]byte, error) {
	for range 4 {
		frame := make([]byte, 4)
		if err := s.read(frame); err != nil {
			return nil, err
		}
		n := int(frame[1])<<16 | int(frame[2])<<8 | int(frame[3])
		if frame[0] != 0 || n < smbHeader || n > maxSMB {
			return nil, errSMB
		}
		frame = append(frame, make([]byte, n)...)
		if err := s.read(frame[4:]); err != nil {
			return nil, err
		}
		if string(frame[4:8]) != "\xfeSMB" || binary.LittleEndian.Uint16(frame[16:]) != command {
			return nil, errSMB
		}
		if binary.LittleEndian.Uint32(frame[12:]) != 0x103 {
			return frame, nil
		}
	}
	return nil, errSMB
}

// read fills b, within the patience that a known service is met with.
func (s *smbTalk) read(b []byte) error {
	until := time.Now().Add(scaled(waitKnown, s.q.t.rtt))
	for n := 0; n < len(b); {
		left := time.Until(until)
		if left <= 0 || s.ctx.Err() != nil {
			return errors.New("no answer in time")
		}
		k, err := s.q.link.read(b[n:], left)
		n += k
		if err != nil && n < len(b) {
			if errors.Is(err, io.EOF) {
				return errors.New("the connection was ended")
			}
			return err
		}
	}
	return nil
}

// probe is the one whose lines know the words of SMB.
func (s *smbTalk) probe() *matcher.Probe {
	for _, p := range s.q.p.cfg.DB.Probes() {
		if p.Proto == request.TCP && p.Ports.Has(445) && s.q.p.cfg.DB.HasService(p, s.q.best.Service) {
			return p
		}
	}
	return nil
}

func utf16le(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

// negotiateBody offers SMB 2.0.2 to 3.0.2 ([MS-SMB2] §2.2.3).
func negotiateBody() []byte {
	dialects := []uint16{0x0202, 0x0210, 0x0300, 0x0302}
	b := make([]byte, 36)
	le := binary.LittleEndian
	le.PutUint16(b, 36)
	le.PutUint16(b[2:], uint16(len(dialects)))
	le.PutUint16(b[4:], 1) // signing enabled
	le.PutUint32(b[8:], 0x7f)
	copy(b[12:], "earshot-probe-01")
	for _, d := range dialects {
		b = le.AppendUint16(b, d)
	}
	return b
}

// setupBody carries a token ([MS-SMB2] §2.2.5).
func setupBody(token []byte) []byte {
	b := make([]byte, 24)
	le := binary.LittleEndian
	le.PutUint16(b, 25)
	b[3] = 1
	le.PutUint16(b[12:], smbHeader+24)
	le.PutUint16(b[14:], uint16(len(token)))
	return append(b, token...)
}

// createBody opens a pipe for reading and writing ([MS-SMB2] §2.2.13).
func createBody(name string) []byte {
	w := utf16le(name)
	b := make([]byte, 56)
	le := binary.LittleEndian
	le.PutUint16(b, 57)
	le.PutUint32(b[4:], 2) // impersonation
	le.PutUint32(b[24:], 0x0012019f)
	le.PutUint32(b[32:], 7)
	le.PutUint32(b[36:], 1) // open what is there
	le.PutUint16(b[44:], smbHeader+56)
	le.PutUint16(b[46:], uint16(len(w)))
	return append(b, w...)
}

// pipeBody writes to the open pipe and reads from it in one (FSCTL_PIPE_TRANSCEIVE,
// [MS-SMB2] §2.2.31).
func (s *smbTalk) pipeBody(data []byte) []byte {
	b := make([]byte, 56)
	le := binary.LittleEndian
	le.PutUint16(b, 57)
	le.PutUint32(b[4:], 0x0011c017)
	copy(b[8:], s.file[:])
	le.PutUint32(b[24:], smbHeader+56)
	le.PutUint32(b[28:], uint32(len(data)))
	le.PutUint32(b[44:], 4280)
	le.PutUint32(b[48:], 1)
	return append(b, data...)
}

// srvsvcBind begins the talk with the server service ([C706] §12.6.4.3, [MS-SRVS] §1.9).
func srvsvcBind() []byte {
	b := []byte{5, 0, 11, 3, 0x10, 0, 0, 0, 72, 0, 0, 0, 1, 0, 0, 0, 0xb8, 0x10, 0xb8, 0x10, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0}
	b = append(b, 0xc8, 0x4f, 0x32, 0x4b, 0x70, 0x16, 0xd3, 0x01, 0x12, 0x78, 0x5a, 0x47, 0xbf, 0x6e, 0xe1, 0x88, 3, 0, 0, 0)
	return append(b, 0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2, 0, 0, 0)
}

// shareInfo asks for a share's type and comment (NetrShareGetInfo, level 1, [MS-SRVS]
// §3.1.4.10).
func shareInfo(server, share string) []byte {
	le := binary.LittleEndian
	text := func(b []byte, s string) []byte {
		w := append(utf16le(s), 0, 0)
		n := uint32(len(w) / 2)
		b = le.AppendUint32(le.AppendUint32(le.AppendUint32(b, n), 0), n)
		b = append(b, w...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
		return b
	}
	stub := text([]byte{0, 0, 2, 0}, server)
	stub = le.AppendUint32(text(stub, share), 1)
	b := []byte{5, 0, 0, 3, 0x10, 0, 0, 0}
	b = le.AppendUint16(b, uint16(24+len(stub)))
	b = append(b, 0, 0, 2, 0, 0, 0)
	b = le.AppendUint32(b, uint32(len(stub)))
	return append(append(b, 0, 0, 16, 0), stub...)
}
