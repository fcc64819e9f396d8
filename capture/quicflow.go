package capture

import "encoding/binary"

// A QUIC handshake is many datagrams. Those that hold Initial packets are kept, each
// with its length before it, until the two hellos are read or nothing more comes.

// quicStart says whether a datagram begins with an Initial packet that can be opened.
func quicStart(b []byte) bool {
	if len(b) < 7 || b[0]&0x80 == 0 {
		return false
	}
	p, _, ok := nextQUIC(b)
	return ok && p.initial
}

// keepQUIC keeps a datagram, and says whether there was room for it.
func (sh *shard) keepQUIC(c *conn, x uint8, d []byte) bool {
	n := 0
	eachDatagram(c.buf[x], func([]byte) { n++ })
	if n >= maxQUICDatagrams || len(c.buf[x])+2+len(d) > sh.cfg.depth || len(d) > 1<<16-1 {
		return false
	}
	var head [2]byte
	binary.BigEndian.PutUint16(head[:], uint16(len(d)))
	sh.store(c, x, head[:])
	sh.store(c, x, d)
	return true
}

// askQUIC keeps what a client says in its handshake; the rest is cipher text.
func (sh *shard) askQUIC(c *conn, p *unit) {
	if !c.quic {
		c.buf[p.from] = c.buf[p.from][:0]
		c.quic, c.answers = true, 0
	}
	if quicStart(p.payload) {
		sh.keepQUIC(c, p.from, p.payload)
	}
	c.asks = 1 // one answer is waited for
}

// answerQUIC takes what the server says to it.
func (sh *shard) answerQUIC(s *slot, c *conn, p *unit) {
	x := p.from
	if !quicStart(p.payload) {
		if len(c.buf[x]) == 0 || len(p.payload) > 5 && binary.BigEndian.Uint32(p.payload[1:]) == 0 {
			// A version negotiation, a Retry, or what came before was not captured.
			t, _ := readQUIC(c.buf[c.orig], nil)
			if p.payload[0]&0x80 != 0 {
				t = nil // no handshake yet: the words speak for themselves
			}
			sh.tellQUIC(s, c, p.payload[:min(len(p.payload), sh.cfg.depth)], t)
		}
		return
	}
	if !sh.keepQUIC(c, x, p.payload) {
		sh.doneQUIC(s, c)
		return
	}
	if t, more := readQUIC(c.buf[c.orig], c.buf[x]); !more {
		sh.tellQUIC(s, c, firstDatagram(c.buf[x]), t)
	}
}

// doneQUIC delivers the datagrams that were kept, and says whether the flow goes on.
func (sh *shard) doneQUIC(s *slot, c *conn) bool {
	t, _ := readQUIC(c.buf[c.orig], c.buf[1-c.orig])
	return sh.tellQUIC(s, c, firstDatagram(c.buf[1-c.orig]), t)
}

// tellQUIC delivers an answer with what is known of the handshake.
func (sh *shard) tellQUIC(s *slot, c *conn, data []byte, t *TLS) bool {
	c.answers++
	o := c.orig
	if !sh.handOver(s, c, firstDatagram(c.buf[o]), data, t) {
		return false
	}
	c.quic, c.asks, c.answers = false, 0, 0
	c.buf[o], c.buf[1-o] = c.buf[o][:0], c.buf[1-o][:0]
	return true
}

// firstDatagram returns the first of the datagrams in a buffer.
func firstDatagram(b []byte) []byte {
	if len(b) < 2 {
		return nil
	}
	return b[2:min(len(b), 2+int(binary.BigEndian.Uint16(b)))]
}
