package request

// names recognises the messages of the DNS format (RFC 1035 §4): DNS itself,
// multicast DNS (RFC 6762), LLMNR (RFC 4795) and the NetBIOS name service
// (RFC 1002 §4.2). They are told apart by content: identifiers, flags, names.
func names(b []byte) (Kind, Side) {
	if len(b) < 12 {
		return "", Unknown
	}
	q, ok := readName(b, 12)
	return namesAfter(b, &q, ok)
}

// namesAfter is names of at least 12 bytes whose first name, q, was read, or is none.
func namesAfter(b []byte, q *name, named bool) (Kind, Side) {
	h, ok := readNameHeader(b)
	switch {
	case !ok:
		return "", Unknown
	case h.flags&0x8000 != 0:
		return nameAnswer(b, &h, q, named)
	}
	return nameQuestion(b, &h, q, named)
}

// nameHeader is the header of the DNS format (RFC 1035 §4.1.1): identifier, flags, and how
// many questions, answers, authorities and additional records follow.
type nameHeader struct{ id, flags, qd, an, ns, ar int }

// readNameHeader reads the header of at least 12 bytes, and is false if no sane message has
// such numbers.
func readNameHeader(b []byte) (h nameHeader, ok bool) {
	h = nameHeader{be16(b, 0), be16(b, 2), be16(b, 4), be16(b, 6), be16(b, 8), be16(b, 10)}
	return h, h.opcode() <= 9 && h.qd <= 64 && h.an <= 512 && h.ns <= 128 && h.ar <= 256
}

func (h *nameHeader) opcode() int { return h.flags >> 11 & 15 }

// records is how many stand behind the questions.
func (h *nameHeader) records() int { return h.an + h.ns + h.ar }

// nameQuestion recognises an originator's message of the DNS format.
func nameQuestion(b []byte, h *nameHeader, q *name, named bool) (Kind, Side) {
	opcode := h.opcode()
	if opcode == 2 && h.qd == 0 && h.an == 0 && len(b) == 12 {
		return "dns-status", Originator
	}
	if h.qd == 0 || h.flags&0x000f != 0 && opcode != 5 {
		return "", Unknown
	}
	typ, class := be16(b, q.end), be16(b, q.end+2)
	if !named || class < 0 || typ == 0 {
		return "", Unknown
	}
	if q.netbios && (typ == 0x20 || typ == 0x21) && class == 1 {
		return netbiosQuestion(opcode, typ), Originator
	}
	if opcode > 5 || h.records() == 0 && h.qd == 1 && len(b) != q.end+4 {
		return "", Unknown
	}
	if k := questionKind(b, h, q, typ, class); k != "" {
		return k, Originator
	}
	return "", Unknown
}

// netbiosQuestion tells a question to the NetBIOS name service from a registration.
func netbiosQuestion(opcode, typ int) Kind {
	switch {
	case typ == 0x21:
		return "nbns-status"
	case opcode == 0:
		return "nbns-query"
	}
	return "nbns-register"
}

// questionKind tells whose question it is by the class, the name q and how it is asked.
func questionKind(b []byte, h *nameHeader, q *name, typ, class int) Kind {
	unicast := class&0x8000 != 0 // an answer is wanted so (RFC 6762 §5.4)
	switch c := class & 0x7fff; {
	case !isClass(c):
		return ""
	case c == 3 && typ == 16:
		if hasFold(b, 12, "\x07VERSION\x04BIND\x00") {
			return "dns-version"
		}
		return "dns-chaos"
	case q.local && (h.id == 0 || h.flags&0x0100 == 0) || h.id == 0 && h.flags == 0 && unicast:
		if hasFold(b, 12, "\x09_SERVICES\x07_DNS-SD\x04_UDP\x05LOCAL\x00") && typ == 12 {
			return "mdns-services"
		}
		return "mdns-query"
	case unicast:
		return ""
	case h.id != 0 && h.flags == 0 && h.qd == 1 && h.records() == 0 && asksNeighbours(q, typ):
		return "llmnr-query"
	}
	return "dns-query"
}

// asksNeighbours reports whether LLMNR is asked for such a name: one label, an address or all.
func asksNeighbours(q *name, typ int) bool {
	return q.labels == 1 && (typ == 1 || typ == 28 || typ == 255)
}

// isClass reports whether there is such a class (RFC 6895 §3.2), which a question may be of.
func isClass(c int) bool { return c == 1 || c == 3 || c == 4 || c == 254 || c == 255 }

// isDNS reports whether b can be nothing but a query of DNS for one name of more than one
// label, or a resolver's answer to one, and returns that name. It is strict: what it refuses
// may still be DNS.
func isDNS(b []byte) (q name, ok bool) {
	if len(b) < 17 || b[2]&0x78 != 0 || b[4] != 0 || b[5] != 1 || b[8] != 0 || b[10] != 0 { // one question
		return q, false
	}
	q, ok = readName(b, 12)
	if !ok || q.labels < 2 || q.end+4 > len(b) || b[q.end] != 0 || b[q.end+2] != 0 || b[q.end+3] != 1 {
		return q, false
	}
	rest := b[q.end+4:]
	if b[2]&0x80 == 0 {
		return q, isDNSQuery(b, rest)
	}
	return q, b[6] == 0 && b[7] != 0 && has(rest, 0, "\xc0\x0c") && has(rest, 4, "\x00\x01") // the first record is of that name
}

// isDNSQuery is isDNS for a query, which ends with its question, or with an OPT record (RFC
// 6891 §6.1.2); rest is what stands behind the question.
func isDNSQuery(b, rest []byte) bool {
	if b[6]|b[7]|b[9] != 0 || b[3]&0xcf != 0 {
		return false
	}
	return b[11] == 0 && len(rest) == 0 || b[11] == 1 && len(rest) >= 11 && has(rest, 0, "\x00\x00\x29") && be16(rest, 9) == len(rest)-11
}

// nameAnswer recognises a responder's message of the DNS format.
func nameAnswer(b []byte, h *nameHeader, q *name, named bool) (Kind, Side) {
	switch {
	case h.qd > 4 && h.id != 0:
		return "", Unknown
	case h.qd == 0 && h.records() == 0:
		if len(b) == 12 {
			return "dns-answer", Responder
		}
		return "", Unknown
	}
	typ, class := be16(b, q.end), be16(b, q.end+2)
	if !named || class < 0 {
		return "", Unknown
	}
	if k := answerKind(h, q, typ, class&0x7fff); k != "" {
		return k, Responder
	}
	return "", Unknown
}

// answerKind tells whose answer it is by its header and the first name, its type and class.
func answerKind(h *nameHeader, q *name, typ, class int) Kind {
	recursive := h.flags&0x0100 != 0 // wanted
	switch {
	case q.netbios && (typ == 0x20 || typ == 0x21):
		return "nbns-answer"
	case h.flags&0x0480 == 0x0400 && (q.local && !recursive || h.id == 0 && (q.reverse || h.qd == 0)):
		return "mdns-answer"
	case isClass(class):
		if h.flags&0x0480 == 0 && !recursive && q.labels == 1 && h.id != 0 && h.qd == 1 && h.an > 0 {
			return "llmnr-answer"
		}
		return "dns-answer"
	case typ == 41: // an OPT record alone: its class is a size
		return "dns-answer"
	}
	return ""
}

// name is what is worth knowing of a name in wire format.
type name struct {
	end     int  // offset behind it
	labels  int  // how many, without the root
	local   bool // below "local"
	reverse bool // below "arpa"
	netbios bool // one label of 32 letters A to P (RFC 1001 §14.1)
}

// readName walks the name at offset i, which must not be compressed unless it
// is nothing but a pointer behind a first name's place.
func readName(b []byte, i int) (n name, ok bool) {
	start, last := i, -1
	for uint(i) < uint(len(b)) && i-start <= 255 {
		c := int(b[i])
		if c == 0 {
			n.end = i + 1
			n.local = last >= 0 && b[last] == 5 && hasFold(b, last, "\x05LOCAL\x00")
			n.reverse = last >= 0 && b[last] == 4 && hasFold(b, last, "\x04ARPA\x00")
			n.netbios = n.labels >= 1 && b[start] == 32 && encodedNetBIOS(b[start+1:start+33])
			return n, true
		}
		if c > 63 || i+1+c > len(b) {
			break
		}
		last = i
		n.labels++
		i += 1 + c
	}
	return n, false
}

func encodedNetBIOS(b []byte) bool {
	for _, c := range b {
		if c < 'A' || c > 'P' {
			return false
		}
	}
	return true
}

// dnsStream recognises a DNS message behind its length (RFC 1035 §4.2.2).
func dnsStream(b []byte) (Kind, Side) {
	n := be16(b, 0)
	if n < 12 || n > len(b)-2 {
		return "", Unknown
	}
	switch k, s := names(b[2 : 2+n]); k {
	case "dns-query", "dns-version", "dns-chaos", "dns-status", "dns-answer":
		return k, s
	case "mdns-query", "llmnr-query": // their own transport is UDP
		return "dns-query", s
	}
	return "", Unknown
}
