package capture

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// SSH holds what the two sides of an SSH connection say of themselves in the clear before
// they agree on keys (RFC 4253 §4.2, §7.1): lists of algorithms, in the order in which
// they are liked. The lists are the server's; of the client the fingerprint is enough.
type SSH struct {
	Client      string // the client's identification without "SSH-2.0-": software and comment
	HASSH       string // MD5 of the client's algorithms, as Salesforce defined it; empty if not heard
	HASSHServer string // MD5 of the server's algorithms
	Kex         string // methods of key exchange, with commas between
	HostKeys    string // algorithms of the host's keys
	Ciphers     string // from the server to the client
	MACs        string // from the server to the client
	Compression string // from the server to the client
}

// The places of the lists in a KEXINIT message (RFC 4253 §7.1).
const (
	kexMethods = iota
	kexHostKeys
	kexCiphersOut // from client to server
	kexCiphersIn  // from server to client
	kexMACsOut
	kexMACsIn
	kexCompressOut
	kexCompressIn
	kexLanguagesOut
	kexLanguagesIn
	kexLists
)

// maxKexInit is the longest packet that SSH allows in the clear (RFC 4253 §6.1).
const maxKexInit = 35000

// kexInit finds the KEXINIT message behind a side's identification line. more says that
// it is not whole yet; without it and without a message there is none. ident is the line
// without "SSH-2.0-".
func kexInit(b []byte) (ident string, message []byte, more bool) {
	for range 32 { // a server may say other lines first (§4.2)
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return "", nil, len(b) < 1024
		}
		line := bytes.TrimSuffix(b[:i], []byte("\r"))
		b = b[i+1:]
		if !bytes.HasPrefix(line, []byte("SSH-")) {
			continue
		}
		v, ok := bytes.CutPrefix(line, []byte("SSH-2.0-"))
		if !ok {
			v, ok = bytes.CutPrefix(line, []byte("SSH-1.99-"))
		}
		if !ok || len(v) > 255 {
			return "", nil, false
		}
		if len(b) < 6 {
			return string(v), nil, true
		}
		n := binary.BigEndian.Uint32(b)
		padding := uint32(b[4])
		if n < 1+17+4*kexLists+5 || n > maxKexInit || padding+1 >= n || b[5] != 20 {
			return string(v), nil, false
		}
		if uint32(len(b)-4) < n {
			return string(v), nil, true
		}
		return string(v), b[6 : 4+n-padding], false
	}
	return "", nil, false
}

// kexNames takes the ten name-lists out of a KEXINIT message, behind its number.
func kexNames(message []byte) (lists [kexLists]string, ok bool) {
	if len(message) < 16 {
		return lists, false
	}
	b := message[16:] // a cookie
	for i := range lists {
		if len(b) < 4 {
			return lists, false
		}
		n := binary.BigEndian.Uint32(b)
		if b = b[4:]; n > uint32(len(b)) {
			return lists, false
		}
		lists[i] = string(b[:n])
		b = b[n:]
	}
	return lists, true
}

// readSSH reads what both sides said from their identifications on. It returns nil if
// neither list of algorithms is there; more says that one that is not there may come.
func readSSH(client, server []byte) (s *SSH, more bool) {
	ident, ours, moreOurs := kexInit(client)
	_, theirs, moreTheirs := kexInit(server)
	more = moreOurs || moreTheirs
	if ours == nil && theirs == nil {
		return nil, more
	}
	s = &SSH{Client: ident}
	if l, ok := kexNames(ours); ok {
		s.HASSH = hassh(l[kexMethods], l[kexCiphersOut], l[kexMACsOut], l[kexCompressOut])
	}
	if l, ok := kexNames(theirs); ok {
		s.HASSHServer = hassh(l[kexMethods], l[kexCiphersIn], l[kexMACsIn], l[kexCompressIn])
		s.Kex, s.HostKeys, s.Ciphers, s.MACs, s.Compression = l[kexMethods], l[kexHostKeys], l[kexCiphersIn], l[kexMACsIn], l[kexCompressIn]
	}
	if s.HASSH == "" && s.HASSHServer == "" {
		return nil, more
	}
	return s, more
}

// hassh is the MD5 of the four lists with semicolons between.
func hassh(lists ...string) string {
	sum := md5.Sum([]byte(strings.Join(lists, ";")))
	return hex.EncodeToString(sum[:])
}

// hearSSH keeps what a side says after the identifications, until both lists are there.
func (sh *shard) hearSSH(c *conn, x uint8, data []byte, wire int) {
	s := sh.table.slots.at(c.slot - 1)
	room := sh.cfg.depth - len(c.buf[x])
	if n := min(room, len(data)); n > 0 {
		sh.store(c, x, data[:n])
	}
	if len(data) < wire {
		c.cutHere(x)
	}
	_, _, a := kexInit(c.buf[c.orig])
	_, _, b := kexInit(c.buf[1-c.orig])
	if !a && !b || len(data) < wire || len(data) > room {
		sh.tellSSH(s, c)
		sh.release(s.conn, flowDecided)
	}
}

// tellSSH delivers the lists that were heard.
func (sh *shard) tellSSH(s *slot, c *conn) {
	o := c.orig
	facts, _ := readSSH(c.buf[o], c.buf[1-o])
	if facts == nil || len(c.buf[1-o]) == 0 {
		return
	}
	b := sh.introduce(s, c, c.buf[o], c.buf[1-o])
	b.SSH = facts
	sh.stats.Banners++
	sh.sink.Banner(b) // nothing more comes in the clear, whatever it answers
}
