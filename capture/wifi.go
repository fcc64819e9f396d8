package capture

// prism opens the header of old wireless drivers, or AVS's. Both tell their
// length in the second word, in either byte order.
func (d *Decoder) prism(b []byte, p *Packet, depth int) verdict {
	if len(b) < 8 {
		return d.short()
	}
	n := le32(b[4:])
	if n > 0xffff {
		n = be32(b[4:])
	}
	if n < 8 || n > 0xffff {
		return d.malformed()
	}
	return d.wifi(b[min(int(n), len(b)):], false, p, depth)
}

// ppi opens a Per-Packet Information header.
func (d *Decoder) ppi(b []byte, p *Packet, depth int) verdict {
	if len(b) < 8 {
		return d.short()
	}
	n, inner := int(le16(b[2:])), le32(b[4:])
	if b[0] != 0 || n < 8 || inner == 192 || inner == 258 || inner == 149 {
		return d.malformed()
	}
	return d.link(inner, b[min(n, len(b)):], p, depth)
}

// radiotap opens a radiotap header (radiotap.org): its length, and of its fields
// the flag that the 802.11 header is padded.
func (d *Decoder) radiotap(b []byte, p *Packet, depth int) verdict {
	if len(b) < 8 {
		return d.short()
	}
	n := int(le16(b[2:]))
	if b[0] != 0 || n < 8 {
		return d.malformed()
	}
	if n > len(b) {
		return d.short()
	}
	present := le32(b[4:])
	at := 8
	for more := present; more&(1<<31) != 0; at += 4 {
		if at+4 > n {
			return d.malformed()
		}
		more = le32(b[at:])
	}
	if present&1 != 0 { // TSFT, aligned to 8 bytes
		at = (at+7)&^7 + 8
	}
	padded := present&2 != 0 && at < n && b[at]&0x20 != 0
	return d.wifi(b[n:], padded, p, depth)
}

// wifi opens an 802.11 data frame.
func (d *Decoder) wifi(b []byte, padded bool, p *Packet, depth int) verdict {
	if len(b) < 24 {
		if len(b) >= 1 && b[0]&0x0c != 0x08 {
			return d.notIP() // control frames are short
		}
		return d.short()
	}
	kind, flags := b[0], b[1]
	if kind&3 != 0 && flags&0x0f == 0x08 { // some controllers send the two bytes in the other order, which no version of 802.11 has
		kind, flags = flags, kind
	}
	if kind&0x0c != 0x08 || kind&0x40 != 0 { // no data frame, or one without data
		return d.notIP()
	}
	if flags&0x40 != 0 {
		return d.encrypted()
	}
	n, source := 24, 10
	switch flags & 3 {
	case 2: // from the distribution system
		source = 16
	case 3: // between access points
		n, source = 30, 24
	}
	qos := 0
	if kind&0x80 != 0 {
		qos = n
		n += 2
		if flags&0x80 != 0 { // HT control
			n += 4
		}
	}
	if padded {
		n = (n + 3) &^ 3
	}
	if len(b) < n+8 {
		return d.short()
	}
	p.MAC, p.HasMAC = [6]byte(b[source:source+6]), true
	var control, mesh byte
	if qos != 0 {
		control, mesh = b[qos], b[qos+1]&1
	}
	b = b[n:]
	if control&0x80 != 0 { // aggregated: the first subframe stands for all
		if len(b) < 14+8 {
			return d.short()
		}
		p.MAC = [6]byte(b[6:12])
		b = b[14:min(len(b), 14+int(be16(b[12:])))]
	} else if mesh != 0 && b[0] != 0xaa { // mesh control
		b = b[min(len(b), 6+6*int(b[0]&3)):]
	}
	return d.llc(b, p, depth)
}
