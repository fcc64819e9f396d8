package active

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"earshot/matcher"
	"earshot/matcher/request"
)

// extraIntensity is the least intensity at which the classic strategy goes on where
// nmap -sV does by its scripts of the category "version" (nmap.org/book/vscan-post-processors.html).
const extraIntensity = 7

// extraWait is how long one of these questions waits.
const extraWait = 3 * time.Second

// extra is what the classic strategy does when all ports of a host were asked: some
// services say who they are to a question that no signature asks. What it says is said
// in nmap's manner, so that both tell the same.
func (p *prober) extra(ctx context.Context, t *task) {
	if p.cfg.Intensity < extraIntensity || t.quiet || t.closed || ctx.Err() != nil {
		return
	}
	x, ok := p.extraAnswer(ctx, t)
	if !ok {
		return
	}
	r := t.result
	r.Kind, r.Any, r.Probe, r.Service = matcher.Hard, false, "", x.service
	if x.plain {
		r.Tunnel = ""
	}
	overwrite(&r.Fields, &x.fields)
	t.extra = true
	now := time.Now()
	if t.ep.Proto != request.TCP {
		p.opened(t.ep, "udp-response", now)
	}
	p.cfg.tracef("%s: %s %s %s (%s)", t.where(), r.Service, r.Product, r.Version, r.Info)
	p.rec.claim(banner(t.ep, x.req, x.data, now, now), r)
}

// extraAnswer is what one of the extra questions got.
type extraAnswer struct {
	service   string
	req, data []byte
	fields    matcher.Fields
	plain     bool // it is of the clear, whatever the port speaks
}

// extraAnswer asks the question that fits what is known of the port, if any does. It reports
// whether the answer is of the service.
func (p *prober) extraAnswer(ctx context.Context, t *task) (x extraAnswer, ok bool) {
	tcp, port, service := t.ep.Proto == request.TCP, t.ep.Addr.Port(), t.result.Service
	is := func(name string, usual uint16) bool { return service == name || port == usual }
	inClear := t.result.Tunnel == ""
	switch {
	case inClear && tcp && is("amqp", 5672):
		x.service, x.req = "amqp", []byte("AMQP\x00\x00\x09\x01")
		x.data = p.exchange(ctx, t, request.TCP, "AMQP", x.req)
		x.fields, ok = amqpStart(x.data)
	case inClear && !tcp && is("stun", 3478):
		x.service, x.req = "stun", []byte("\x00\x01\x00\x00\x21\x12\xa4\x42earshot-0001")
		x.data = p.exchange(ctx, t, request.UDP, "STUN", x.req)
		x.fields, ok = stunSoftware(x.req, x.data)
	case inClear && !tcp && is("iax2", 4569):
		x.service, x.req = "iax2", []byte("\x80\x01\x00\x00\x00\x00\x00\x00\x00\x00\x06\x1e")
		x.data = p.exchange(ctx, t, request.UDP, "IAX2", x.req)
		ok = isIAX2(x.data)
	case is("murmur", 64738):
		x.service, x.req, x.plain = "murmur", []byte("\x00\x00\x00\x00earshot1"), tcp
		x.data = p.exchange(ctx, t, request.UDP, "Mumble ping", x.req)
		x.fields, ok = mumblePong(x.req, x.data)
		channel := "voice port"
		if tcp {
			channel = "control port"
		}
		x.fields.Info = channel + "; " + x.fields.Info
	case tcp && service == "" && strings.Contains(t.name, "http"):
		x.service = t.name
		x.data, x.fields, ok = httpServer(t.saved)
	}
	return x, ok
}

// overwrite sets the fields of f that are known in by.
func overwrite(f, by *matcher.Fields) {
	for _, x := range []struct {
		to *string
		by string
	}{{&f.Product, by.Product}, {&f.Version, by.Version}, {&f.Info, by.Info}} {
		if x.by != "" {
			*x.to = x.by
		}
	}
}

// exchange asks one question of a port, over proto, and returns the first delivery of
// what it says; nil for nothing.
func (p *prober) exchange(ctx context.Context, t *task, proto matcher.Proto, why string, req []byte) []byte {
	var l *link
	var err error
	if proto == request.UDP {
		l, err = p.dial.udp(ctx, t.host, t.ep.Addr, why)
	} else {
		l, err = p.dial.tcp(ctx, t.host, t.ep.Addr, classicConnect, why)
	}
	if err != nil {
		return nil
	}
	defer l.close("done")
	if l.send(ctx, why, req, extraWait) != nil {
		return nil
	}
	buf := make([]byte, classicBuffer)
	n, _ := l.read(buf, extraWait) // an error has no bytes
	return buf[:n]
}

// amqpStart reads Connection.Start (AMQP 0-9-1 specification §1.4.2.1, §4.2.3): the
// protocol's version and the properties "product" and "version" of the server.
func amqpStart(b []byte) (f matcher.Fields, ok bool) {
	const head = 7 // type, channel, size
	if len(b) < head+10 || b[0] != 1 || !bytes.Equal(b[head:head+4], []byte{0, 10, 0, 10}) {
		return f, false
	}
	f.Info = fmt.Sprintf("%d-%d", b[head+4], b[head+5])
	b = b[head+6:]
	size := binary.BigEndian.Uint32(b)
	b = b[4:]
	if uint64(size) < uint64(len(b)) {
		b = b[:size]
	}
	for len(b) > 0 {
		n := int(b[0])
		if len(b) < 1+n+1 {
			break
		}
		name, sort := string(b[1:1+n]), b[1+n]
		b = b[2+n:]
		long := amqpSize(sort, b)
		if long < 0 || long > len(b) {
			break
		}
		if sort == 'S' {
			switch text := printable(b[4:long]); name {
			case "product":
				f.Product = text
			case "version":
				f.Version = text
			}
		}
		b = b[long:]
	}
	return f, true
}

// amqpSize is how many bytes a value of that sort takes at the start of b, -1 if that
// cannot be said (AMQP 0-9-1 errata §3).
func amqpSize(sort byte, b []byte) int {
	switch sort {
	case 'S', 'F', 'A', 'x':
		if len(b) < 4 {
			return -1
		}
		n := binary.BigEndian.Uint32(b)
		if uint64(n) > uint64(len(b)-4) {
			return -1
		}
		return 4 + int(n)
	case 't', 'b', 'B':
		return 1
	case 's', 'u':
		return 2
	case 'I', 'i', 'f':
		return 4
	case 'D':
		return 5
	case 'L', 'l', 'd', 'T':
		return 8
	case 'V':
		return 0
	}
	return -1
}

// stunSoftware reads the answer to a Binding request (RFC 8489 §5, §14.14): the
// attribute SOFTWARE is the product.
func stunSoftware(req, b []byte) (f matcher.Fields, ok bool) {
	if len(b) < 20 || b[0] != 1 || b[1] != 1 && b[1] != 0x11 || !bytes.Equal(b[4:20], req[4:20]) {
		return f, false
	}
	for b = b[20:]; len(b) >= 4; {
		sort, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if b = b[4:]; n > len(b) {
			break
		}
		if sort == 0x8022 {
			f.Product = printable(bytes.TrimRight(b[:n], "\x00"))
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	return f, true
}

// isIAX2 reports whether a POKE was answered: a full frame of the class IAX with PONG,
// ACK, INVAL or REJECT (RFC 5456 §6.7, §8.1, §8.4).
func isIAX2(b []byte) bool {
	return len(b) >= 12 && b[0]&0x80 != 0 && b[10] == 6 && (b[11] == 3 || b[11] == 4 || b[11] == 6 || b[11] == 10)
}

// mumblePong reads the answer to a ping without a user (Mumble protocol documentation,
// "Ping packet from the server"): version, users, most users, bandwidth of one.
func mumblePong(req, b []byte) (f matcher.Fields, ok bool) {
	if len(b) != 24 || b[0] != 0 || !bytes.Equal(b[4:12], req[4:12]) {
		return f, false
	}
	f.Product = "Murmur"
	f.Version = fmt.Sprintf("%d.%d.%d", b[1], b[2], b[3])
	n := binary.BigEndian.Uint32
	f.Info = fmt.Sprintf("users: %d; max. users: %d; bandwidth: %d b/s", n(b[12:]), n(b[16:]), n(b[20:]))
	return f, true
}

// httpServer finds HTTP among the answers that no line has named, and what the field
// Server of its header says (RFC 9110 §10.2.4).
func httpServer(saved []savedAnswer) (data []byte, f matcher.Fields, ok bool) {
	for i := range saved {
		b := saved[i].data
		if !bytes.HasPrefix(b, []byte("HTTP/1.")) {
			continue
		}
		if !ok {
			data, ok = b, true
		}
		head, _, _ := bytes.Cut(b, []byte("\r\n\r\n"))
		for line := range bytes.SplitSeq(head, []byte("\r\n")) {
			name, value, _ := bytes.Cut(line, []byte(":"))
			if value = bytes.TrimSpace(value); strings.EqualFold(string(name), "server") && len(value) > 0 {
				f.Product = printable(value)
				return b, f, true
			}
		}
	}
	return data, f, ok
}

// printable is text with its other bytes as dots, at most 80 (nmap 7.93, measured).
func printable(b []byte) string {
	out := bytes.Clone(b[:min(len(b), 79)])
	for i, c := range out {
		if c < ' ' || c > '~' {
			out[i] = '.'
		}
	}
	return string(out)
}
