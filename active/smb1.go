package active

import (
	"context"
	"encoding/binary"
	"errors"
	"time"
)

// smb1 has a session without a user with a server that has not learned SMB2: the answer to
// SMB_COM_SESSION_SETUP_ANDX names the system and the server, in its own words
// ([MS-CIFS] §2.2.4.53).
func (q *quiet) smb1(ctx context.Context) error {
	if !q.connected(ctx, "SMB1 session") {
		return errors.New("no connection")
	}
	s := &smbTalk{q: q, ctx: ctx}
	if q.port() == 139 {
		if err := s.called(); err != nil {
			return err
		}
	}
	for _, m := range []struct {
		command byte
		message []byte
	}{
		{0x72, smb1Message(0x72, append([]byte{0, 12, 0, 2}, "NT LM 0.12\x00"...))},
		{0x73, smb1Message(0x73, smb1Setup())},
	} {
		if err := q.link.send(ctx, sprintf("SMB1 command %#x", m.command), m.message, 5*time.Second); err != nil {
			return err
		}
		begin := time.Now()
		frame, err := s.frame1(m.command)
		if err != nil {
			return err
		}
		q.learn(s.probe(), m.message, frame, begin)
	}
	return nil
}

// smb1Message is a message of SMB1 with NetBIOS's four bytes ([MS-CIFS] §2.2.3.1): codes of
// 32 bits, no Unicode, so that strings are short.
func smb1Message(command byte, body []byte) []byte {
	const header = 32
	m := make([]byte, 4+header, 4+header+len(body))
	binary.BigEndian.PutUint32(m, uint32(header+len(body)))
	copy(m[4:], "\xffSMB")
	m[8] = command
	m[13] = 0x18                                    // caseless, canonical paths
	binary.LittleEndian.PutUint16(m[14:], 0x4001)   // NT's codes, long names
	binary.LittleEndian.PutUint16(m[4+24:], 0xffff) // no tree
	binary.LittleEndian.PutUint16(m[4+26:], 0x6165) // whoever asks
	binary.LittleEndian.PutUint16(m[4+30:], 1)      // the message's number
	return append(m, body...)
}

// smb1Setup asks for a session of nobody. It is not the first virtual circuit (0): old
// servers end a client's other sessions at that.
func smb1Setup() []byte {
	le := binary.LittleEndian
	b := []byte{13, 0xff, 0, 0, 0}
	b = le.AppendUint16(b, 4356) // the longest message
	b = le.AppendUint16(b, 2)    // of which so many at once
	b = le.AppendUint16(b, 1)    // virtual circuit
	b = le.AppendUint32(b, 0)    // session key
	b = le.AppendUint16(b, 1)    // password: a zero
	b = le.AppendUint16(b, 0)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, 0x50) // NT's messages, NT's codes
	words := "\x00" + "\x00" + "\x00" + "earshot\x00" + "earshot\x00"
	b = le.AppendUint16(b, uint16(len(words)))
	return append(b, words...)
}

// frame1 reads the answer to a command, with NetBIOS's four bytes.
func (s *smbTalk) frame1(command byte) ([]byte, error) {
	frame := make([]byte, 4)
	if err := s.read(frame); err != nil {
		return nil, err
	}
	n := int(frame[1]&1)<<16 | int(frame[2])<<8 | int(frame[3])
	if frame[0] != 0 || n < 33 || n > maxSMB {
		return nil, errSMB
	}
	frame = append(frame, make([]byte, n)...)
	if err := s.read(frame[4:]); err != nil {
		return nil, err
	}
	if string(frame[4:8]) != "\xffSMB" || frame[8] != command {
		return nil, errSMB
	}
	return frame, nil
}
