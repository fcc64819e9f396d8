package capture

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// Bounds of what is read of a QUIC handshake. All of it lies in the datagrams that
// are kept of a flow, at most Depth bytes a side.
const (
	maxQUICDatagrams = 8       // that are kept of a side
	maxQUICKeys      = 4       // connection identifiers that keys are derived from
	maxQUICCrypto    = 1 << 14 // bytes of a side's handshake messages
	maxQUICPieces    = 256     // that they lie in
)

// readQUIC reads the facts of a QUIC handshake out of the datagrams that the two sides
// sent, each with its length in two bytes before it. The Initial packets of QUIC are
// protected by keys that everybody who hears the first of them can derive (RFC 9001
// §5.2). It returns nil if no Initial packet of the client could be read: without it
// there are no keys. more reports that further datagrams could tell more.
func readQUIC(client, server []byte) (t *TLS, more bool) {
	h := quicHello{scratch: make([]byte, 0, len(client)+len(server))}
	eachDatagram(client, func(d []byte) { h.take(d, 0) })
	if len(h.keys) == 0 {
		return nil, false
	}
	eachDatagram(server, func(d []byte) { h.take(d, 1) })
	t = &TLS{QUIC: h.keys[len(h.keys)-1].version}
	if h.chosen != 0 {
		t.QUIC = h.chosen
	}
	whole := false
	messages(h.crypto(0), func(typ byte, body []byte, cut bool) bool {
		if typ == helloClient && t.SNI == "" && t.Offered == nil {
			t.clientHello(body, overQUIC, cut)
			whole = !cut
		}
		return true
	})
	answered := false
	messages(h.crypto(1), func(typ byte, body []byte, cut bool) bool {
		if typ != helloServer {
			return true
		}
		t.serverHello(body, cut)
		answered = !cut && !isRetryRandom(body)
		return !answered
	})
	return t, !h.closed && !(answered && whole)
}

// eachDatagram takes datagrams out of a buffer in which each has its length before it.
func eachDatagram(b []byte, take func(d []byte)) {
	for len(b) >= 2 {
		n := min(int(binary.BigEndian.Uint16(b)), len(b)-2)
		take(b[2 : 2+n])
		b = b[2+n:]
	}
}

// messages hands over handshake messages that follow each other, until take says false;
// one that is cut off with cut set.
func messages(b []byte, take func(typ byte, body []byte, cut bool) bool) {
	for len(b) > 4 {
		n := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		if n > len(b)-4 {
			take(b[0], b[4:], true)
			return
		}
		if !take(b[0], b[4:4+n], false) {
			return
		}
		b = b[4+n:]
	}
}

// quicHello collects the handshake messages of both sides' Initial packets.
type quicHello struct {
	keys    []quicSecret // the newest last
	pieces  [2][]quicPiece
	scratch []byte // packets that were opened
	tries   int    // identifiers tried
	chosen  uint32 // version of the server's packets, 0 if none was read
	closed  bool   // a side gave up
}

// quicSecret is the keys of one version that were derived from one identifier.
type quicSecret struct {
	version uint32
	dcid    []byte
	group   int // counts the identifiers: after a Retry everything is said again
	side    [2]quicKeys
}

// quicPiece is a part of the messages of a side.
type quicPiece struct {
	group, at int
	data      []byte
}

// take reads the Initial packets in one datagram of a side, 0 the client.
func (h *quicHello) take(d []byte, side int) {
	for range 8 {
		p, rest, ok := nextQUIC(d)
		if !ok {
			return
		}
		if p.initial {
			h.packet(&p, side)
		}
		if len(rest) == 0 {
			return
		}
		d = rest
	}
}

// packet opens one Initial packet with the keys that are known, the newest first, or,
// if it is the client's, with those of its own identifier: it is the first packet, or
// the first after a Retry.
func (h *quicHello) packet(p *quicPacket, side int) {
	for i := len(h.keys) - 1; i >= 0; i-- {
		if h.keys[i].version == p.version && h.open(&h.keys[i], p, side) {
			return
		}
	}
	for i := len(h.keys) - 1; i >= 0; i-- {
		// Versions that are agreed upon on the way keep the identifier (RFC 9368 §2.3).
		if k := &h.keys[i]; k.version != p.version && h.begin(quicSecret{version: p.version, dcid: k.dcid, group: k.group}, p, side) {
			return
		}
	}
	if side == 0 && len(p.dcid) > 0 {
		h.begin(quicSecret{version: p.version, dcid: p.dcid, group: len(h.keys)}, p, 0)
	}
}

// begin derives keys and keeps them if they open the packet.
func (h *quicHello) begin(s quicSecret, p *quicPacket, side int) bool {
	if h.tries++; h.tries > maxQUICKeys {
		return false
	}
	var ok [2]bool
	s.side[0], ok[0] = quicInitialKeys(s.version, s.dcid, "client in")
	s.side[1], ok[1] = quicInitialKeys(s.version, s.dcid, "server in")
	if !ok[0] || !ok[1] || !h.open(&s, p, side) {
		return false
	}
	h.keys = append(h.keys, s)
	return true
}

// open takes a packet apart if the keys are its own.
func (h *quicHello) open(s *quicSecret, p *quicPacket, side int) bool {
	frames, ok := s.side[side].open(p, h.scratch)
	if !ok {
		return false
	}
	h.scratch = h.scratch[:len(h.scratch)+len(p.all)]
	if side == 1 {
		h.chosen = p.version
	}
	h.frames(frames, s.group, side)
	return true
}

// frames reads the frames of an Initial packet (RFC 9000 §17.2.2): no others than these
// are allowed in it.
func (h *quicHello) frames(b []byte, group, side int) {
	num := func() (v uint64) {
		v, n := quicInt(b)
		if n == 0 {
			b, v = nil, 0
		}
		b = b[n:]
		return v
	}
	for len(b) > 0 {
		typ := b[0]
		b = b[1:]
		switch typ {
		case 0x00, 0x01: // PADDING, PING
		case 0x02, 0x03: // ACK (§19.3)
			num()
			num()
			ranges := num()
			num()
			for range 2 * min(ranges, uint64(len(b))) {
				num()
			}
			if typ == 0x03 {
				num()
				num()
				num()
			}
		case 0x06, 0x08: // CRYPTO (§19.6), and Google's number for it, which is of no frame that may be here
			at, n := num(), num()
			if n > uint64(len(b)) || at+n > maxQUICCrypto || at > maxQUICCrypto || len(h.pieces[side]) >= maxQUICPieces {
				return
			}
			if n > 0 {
				h.pieces[side] = append(h.pieces[side], quicPiece{group, int(at), b[:n]})
			}
			b = b[n:]
		case 0x1c: // CONNECTION_CLOSE (§19.19)
			h.closed = true
			return
		default:
			return
		}
	}
}

// crypto puts the pieces of a side together, as far as they follow each other. Of bytes
// that were sent twice the first in the order of their places count.
func (h *quicHello) crypto(side int) []byte {
	if len(h.keys) == 0 {
		return nil
	}
	group := h.keys[len(h.keys)-1].group
	pieces := slices.DeleteFunc(h.pieces[side], func(p quicPiece) bool { return p.group != group })
	slices.SortStableFunc(pieces, func(a, b quicPiece) int { return cmp.Compare(a.at, b.at) })
	if len(pieces) == 1 && pieces[0].at == 0 {
		return pieces[0].data
	}
	var out []byte
	for _, p := range pieces {
		if p.at > len(out) {
			break
		}
		if known := len(out) - p.at; known < len(p.data) {
			out = append(out, p.data[known:]...)
		}
	}
	return out
}
