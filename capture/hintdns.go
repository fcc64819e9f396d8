package capture

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// The types of resource records that name hosts (RFC 1035 §3.2.2, RFC 2782, RFC 3596).
const (
	rrA     = 1
	rrCNAME = 5
	rrPTR   = 12
	rrTXT   = 16
	rrAAAA  = 28
	rrSRV   = 33
)

// maxRecords bounds the resource records read of one message.
const maxRecords = 128

// dnsName reads the name at b[at:] (RFC 1035 §4.1.4) and returns it with dots between
// its labels, and where it ends. A dot inside a label is written "\.". ok is false if the
// name is broken or longer than 255 bytes.
func dnsName(b []byte, at int) (name string, next int, ok bool) {
	var text [320]byte
	n, next := 0, -1
	for jumps := 0; ; {
		if at < 0 || at >= len(b) {
			return "", 0, false
		}
		c := int(b[at])
		switch {
		case c == 0:
			if next < 0 {
				next = at + 1
			}
			return string(text[:n]), next, true
		case c >= 0xc0:
			if at+1 >= len(b) || jumps >= 16 {
				return "", 0, false
			}
			if next < 0 {
				next = at + 2
			}
			jumps++
			at = (c&0x3f)<<8 | int(b[at+1])
		case c > 63 || at+1+c > len(b):
			return "", 0, false
		default:
			if n+2*c+1 > len(text) {
				return "", 0, false
			}
			if n > 0 {
				text[n] = '.'
				n++
			}
			label := b[at+1 : at+1+c]
			if bytes.IndexByte(label, '.') < 0 {
				n += copy(text[n:], label)
			} else {
				n += copy(text[n:], bytes.ReplaceAll(label, []byte("."), []byte(`\.`)))
			}
			at += 1 + c
		}
	}
}

// record is a resource record; its data lies in msg from at to end.
type resource struct {
	name     string
	kind     uint16
	at, next int
}

// resources reads the records of a message of DNS's form: answers, authorities and
// additional ones. It passes over the questions and returns the first one's name. The list
// is good until the next message is read.
func (m *mouth) resources(b []byte) (asked string, list []resource) {
	if len(b) < 12 {
		return "", nil
	}
	list = m.records[:0]
	at := 12
	for i := range int(be16(b[4:])) {
		name, next, ok := dnsName(b, at)
		if !ok || next+4 > len(b) || i > 16 {
			return asked, nil
		}
		if i == 0 {
			asked = name
		}
		at = next + 4
	}
	n := int(be16(b[6:])) + int(be16(b[8:])) + int(be16(b[10:]))
	for range min(n, maxRecords) {
		name, next, ok := asked, at+2, true
		if asked == "" || at+2 > len(b) || b[at] != 0xc0 || b[at+1] != 12 { // most records are of the name that was asked for
			name, next, ok = dnsName(b, at)
		}
		if !ok || next+10 > len(b) {
			break
		}
		end := next + 10 + int(be16(b[next+8:]))
		if end > len(b) {
			break
		}
		list = append(list, resource{name, be16(b[next:]), next + 10, end})
		at = end
	}
	m.records = list
	return asked, list
}

// addr is the address that an A or AAAA record has.
func (r *resource) addr(b []byte) netip.Addr {
	switch d := b[r.at:r.next]; {
	case r.kind == rrA && len(d) == 4:
		return netip.AddrFrom4([4]byte(d))
	case r.kind == rrAAAA && len(d) == 16:
		return netip.AddrFrom16([16]byte(d))
	}
	return netip.Addr{}
}

// dnsHints reads what a resolver answered (RFC 1035): the names of addresses, forward and
// reverse, and the name that was asked for where it is another's alias.
func dnsHints(b []byte, m *mouth) {
	if len(b) < 12 || b[2]&0xf8 != 0x80 || b[3]&15 != 0 || be16(b[4:]) != 1 || be16(b[6:]) == 0 {
		return // no answer to a query, or an error
	}
	asked, list := m.resources(b)
	if n := int(be16(b[6:])); len(list) > n {
		list = list[:n]
	}
	for i := range list {
		r := &list[i]
		switch r.kind {
		case rrA, rrAAAA:
			a := r.addr(b)
			m.far(a, asked, "dns")
			if r.name != asked && !strings.EqualFold(r.name, asked) {
				m.far(a, r.name, "dns")
			}
		case rrPTR:
			if name, _, ok := dnsName(b, r.at); ok {
				m.far(reverseAddr(r.name), name, "ptr")
			}
		}
	}
}

// far tells a name that a resolver knows: even of its own address it is hearsay.
func (m *mouth) far(a netip.Addr, name, from string) {
	name = strings.TrimSuffix(name, ".")
	if isCommonName(name) {
		if !a.IsLoopback() {
			m.give(a, "name", name, from, true)
		}
		return
	}
	name = strings.ToLower(name)
	if isName(name) && strings.Contains(name, ".") && !a.IsLoopback() {
		m.tell(a, "name", name, from, true)
	}
}

// reverseAddr is the address that a name below in-addr.arpa or ip6.arpa stands for (RFC
// 1035 §3.5, RFC 3596 §2.5).
func reverseAddr(name string) netip.Addr {
	name = strings.ToLower(name)
	if s, ok := strings.CutSuffix(name, ".in-addr.arpa"); ok {
		var a [4]byte
		parts := strings.Split(s, ".")
		if len(parts) != 4 {
			return netip.Addr{}
		}
		for i, p := range parts {
			n, err := strconv.ParseUint(p, 10, 8)
			if err != nil {
				return netip.Addr{}
			}
			a[3-i] = byte(n)
		}
		return netip.AddrFrom4(a)
	}
	s, ok := strings.CutSuffix(name, ".ip6.arpa")
	if !ok || len(s) != 63 {
		return netip.Addr{}
	}
	var a [16]byte
	for i := range 32 {
		n, err := strconv.ParseUint(s[2*i:2*i+1], 16, 4)
		if err != nil || 2*i+1 < len(s) && s[2*i+1] != '.' {
			return netip.Addr{}
		}
		k := 31 - i
		a[k/2] |= byte(n) << (4 * uint(1-k%2))
	}
	return netip.AddrFrom16(a)
}

// dnsStreamHints reads DNS messages that have their length before them (RFC 1035 §4.2.2).
func dnsStreamHints(b []byte, m *mouth) {
	for range 8 {
		if len(b) < 2 {
			return
		}
		n := int(be16(b))
		if b = b[2:]; n > len(b) {
			return
		}
		dnsHints(b[:n], m)
		b = b[n:]
	}
}

// llmnrHints reads an answer of Link-Local Multicast Name Resolution (RFC 4795 §2.1):
// hosts answer for their own names only.
func llmnrHints(b []byte, m *mouth) {
	if len(b) < 12 || b[2]&0xf8 != 0x80 || b[3]&15 != 0 {
		return
	}
	_, list := m.resources(b)
	for i := range list {
		switch r := &list[i]; r.kind {
		case rrA, rrAAAA:
			m.name(r.addr(b), r.name, "llmnr")
		case rrPTR:
			if name, _, ok := dnsName(b, r.at); ok {
				m.name(reverseAddr(r.name), name, "llmnr")
			}
		}
	}
}
